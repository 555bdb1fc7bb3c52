//! How a database spells what the tables mean.
//!
//! A dialect has never heard of entities: it is given tables, columns and
//! fragments of statements, and gives SQL text. One file and one line in
//! [`ALL`] is everything a new database needs here.

pub mod postgres;
mod postgres_convert;
mod sqlite;
mod sqlite_convert;
pub mod tokens;

/// The identifier as SQL writes it: in double quotes where either database reserves it.
pub use crate::model::name::sql as quoted;

use crate::tables::{
    Check, CheckRule, Column, ColumnType, ForeignKey, Index, IndexTerm, Literal, Table,
    derived_name,
};

/// Every dialect.
pub const ALL: &[&dyn Dialect] = &[&sqlite::Sqlite, &postgres::Postgres];

/// The spellings in which databases differ.
pub trait Dialect: Sync {
    /// The dialect's name, as the schema and file names write it.
    fn name(&self) -> &'static str;

    /// The type of a column.
    fn column_type(&self, ty: ColumnType) -> String;

    /// What stands after a table's closing parenthesis.
    fn table_options(&self) -> &'static str;

    /// The type and options of a primary key whose integers the database makes.
    fn identity(&self) -> &'static str;

    /// A constant, as a value of this type.
    fn literal(&self, literal: &Literal, ty: ColumnType) -> String;

    /// Whether a new table may refer to one that is created after it.
    fn takes_references_to_later_tables(&self) -> bool;

    /// The length in characters of a text column, or in octets of a binary one.
    fn length(&self, column: &str, ty: ColumnType) -> String;

    /// What makes nulls the smallest values, which both databases then agree on.
    fn nulls(&self, descending: bool) -> &'static str;

    /// Whether a column equals a parameter, where two nulls are equal.
    fn same(&self, column: &str, number: usize) -> String;

    /// The database's clock.
    fn now(&self) -> &'static str;

    /// A moment plus a calendar span.
    fn plus(&self, moment: &str, years: u32, months: u32, days: u32) -> String;

    /// Today, in UTC.
    fn today(&self) -> &'static str;

    /// A value of one type as a value of another that [`crate::tables::convert::fit`]s.
    fn convert(&self, expression: &str, from: ColumnType, to: ColumnType) -> String;

    /// What holds for a value of one type that is no value of another; `None` where all are.
    fn unfit(&self, expression: &str, from: ColumnType, to: ColumnType) -> Option<String>;

    /// A fresh UUID.
    fn new_uuid(&self) -> &'static str;

    /// A fresh UUID in a statement of a service, in the order of time where the engine has such.
    fn new_ordered_uuid(&self) -> &'static str;

    /// What lets an insert name an id that the database would otherwise make.
    fn overriding(&self) -> &'static str;

    /// A null among UUIDs.
    fn null_uuid(&self) -> &'static str;

    /// A value as the runtime can show it, whatever its type.
    fn shown(&self, expression: &str) -> String;

    /// A value as text, for columns that hold ids of several types.
    fn as_text(&self, expression: &str, ty: ColumnType) -> String;

    /// A parameter whose type the statement itself does not tell.
    fn parameter(&self, number: usize, ty: ColumnType) -> String;

    /// What a select ends in when its rows must stay as they are until the transaction ends.
    fn for_update(&self) -> &'static str;

    /// What holds the rows of a select whose ids stay, so that others may still refer to them.
    fn for_change(&self) -> &'static str;

    /// What has to be there before the first guard.
    fn before_guards(&self) -> &'static str;

    /// What lets rows of a table leave only through its archive.
    fn guard(&self, table: &Table) -> String;

    /// The end of a guard.
    fn unguard(&self, table: &Table) -> String;

    /// An index of the words in a table's searchable texts, filled with what is there, and what keeps it up.
    fn search(&self, table: &Table) -> String;

    /// The end of such an index.
    fn unsearch(&self, table: &Table) -> String;

    /// Text that [`Dialect::as_text`] made, as a value again.
    fn text_as(&self, expression: &str, ty: ColumnType) -> String;

    /// A query for one JSON array: `column` of `table` where `own_column` is `owner`.
    fn json_array(&self, select: &JsonArray<'_>) -> String;

    /// A table expression `element` with one column `value`: the elements of a JSON array parameter.
    fn json_elements(&self, number: usize) -> String;

    /// Such an element as a value of a type.
    fn json_element(&self, ty: ColumnType) -> String;
}

/// What [`Dialect::json_array`] collects.
#[derive(Debug, Clone, Copy)]
pub struct JsonArray<'a> {
    /// The table, quoted where necessary.
    pub table: &'a str,
    /// The column collected.
    pub column: &'a str,
    /// Its type.
    pub ty: ColumnType,
    /// The column that must equal the owner.
    pub own_column: &'a str,
    /// The owner's identifier.
    pub owner: &'a str,
}

/// The statement that creates a table; its indexes are statements of their own.
pub fn create_table(dialect: &dyn Dialect, table: &Table) -> String {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| column_definition(dialect, table, column))
        .collect();
    if table.primary_key.len() > 1 {
        lines.push(format!("primary key ({})", columns(&table.primary_key)));
    }
    format!(
        "create table {} (\n    {}\n){};\n",
        quoted(&table.name),
        lines.join(",\n    "),
        dialect.table_options()
    )
}

/// The statement that adds a column, its rules included.
pub fn add_column(dialect: &dyn Dialect, table: &Table, column: &Column) -> String {
    format!(
        "alter table {} add column {};\n",
        quoted(&table.name),
        column_definition(dialect, table, column)
    )
}

/// The statement that creates an index.
pub fn create_index(dialect: &dyn Dialect, table: &Table, index: &Index) -> String {
    // The place of nulls matters where the index serves an order.
    let is_ordered = !index.unique && index.terms.len() > 1;
    let terms: Vec<String> = index
        .terms
        .iter()
        .map(|term| {
            let column = table.column(&term.column);
            let nullable = is_ordered && column.is_some_and(|column| column.nullable);
            order_term(dialect, term, nullable)
        })
        .collect();
    format!(
        "create {}index {} on {} ({});\n",
        if index.unique { "unique " } else { "" },
        index.name,
        quoted(&table.name),
        terms.join(", ")
    )
}

/// The statement that adds a reference to a table that is there.
pub fn add_foreign_key(table: &Table, key: &ForeignKey) -> String {
    format!(
        "alter table {} add constraint {} foreign key ({}) references {} (id);\n",
        quoted(&table.name),
        key.name,
        quoted(&key.column),
        quoted(&key.table)
    )
}

/// The statement that drops an index.
pub fn drop_index(index: &Index) -> String {
    format!("drop index {};\n", index.name)
}

/// A list of column names.
pub fn columns<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| quoted(name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A column in an order, with the place of nulls where it can hold any.
pub fn order_term(dialect: &dyn Dialect, term: &IndexTerm, nullable: bool) -> String {
    format!(
        "{}{}{}",
        quoted(&term.column),
        if term.descending { " desc" } else { "" },
        if nullable {
            dialect.nulls(term.descending)
        } else {
            ""
        }
    )
}

/// A column as `create table` and `add column` write it, its rules included.
pub fn column_definition(dialect: &dyn Dialect, table: &Table, column: &Column) -> String {
    let mut words = vec![quoted(&column.name)];
    let is_key = table.primary_key == [column.name.clone()];
    if is_key && table.identity {
        words.push(dialect.identity().to_owned());
        return words.join(" ");
    }
    words.push(dialect.column_type(column.ty));
    if !column.nullable {
        words.push("not null".to_owned());
    }
    if is_key {
        words.push("primary key".to_owned());
    }
    if let Some(default) = &column.default {
        words.push(format!("default {}", dialect.literal(default, column.ty)));
    }
    for key in &table.foreign_keys {
        if key.column == column.name {
            words.push(format!(
                "constraint {} references {} (id)",
                key.name,
                quoted(&key.table)
            ));
        }
    }
    for check in &table.checks {
        if check.column == column.name {
            words.push(check_clause(dialect, check, column.ty));
        }
    }
    words.join(" ")
}

/// A check as a definition writes it.
pub fn check_clause(dialect: &dyn Dialect, check: &Check, ty: ColumnType) -> String {
    format!(
        "constraint {} check ({})",
        check.name,
        check_condition(dialect, check, ty)
    )
}

/// What a check demands.
pub fn check_condition(dialect: &dyn Dialect, check: &Check, ty: ColumnType) -> String {
    let column = quoted(&check.column);
    let rules: Vec<String> = check
        .rules
        .iter()
        .map(|rule| match rule {
            CheckRule::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| text_literal(value)).collect();
                format!("{column} in ({})", values.join(", "))
            }
            CheckRule::MinLength(length) => {
                format!("{} >= {length}", dialect.length(&column, ty))
            }
            CheckRule::MaxLength(length) => {
                format!("{} <= {length}", dialect.length(&column, ty))
            }
            CheckRule::AtLeast(value) => format!("{column} >= {}", dialect.literal(value, ty)),
            CheckRule::AtMost(value) => format!("{column} <= {}", dialect.literal(value, ty)),
        })
        .collect();
    rules.join(" and ")
}

/// The name of the trigger that guards a table.
fn guard_name(table: &Table) -> String {
    derived_name(&[&table.name], "guard")
}

/// A text constant.
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
