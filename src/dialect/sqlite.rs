//! SQLite, version 3.41 and newer, with STRICT tables.

mod search;

use rust_decimal::Decimal;

use crate::tables::build::archive_name;
use crate::tables::{ColumnType, Literal, Table};

use super::{Dialect, JsonArray, guard_name, quoted, sqlite_convert, text_literal};

/// SQLite.
pub struct Sqlite;

/// The most digits that fit a 64-bit integer; wider decimals are kept as text that sorts right.
pub const INTEGER_DIGITS: u32 = 18;

/// The digits of a wide decimal's text.
const WIDE_DIGITS: usize = 28;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn column_type(&self, ty: ColumnType) -> String {
        match ty {
            ColumnType::Decimal { precision, .. } if precision > INTEGER_DIGITS => "text",
            ColumnType::Text | ColumnType::Date | ColumnType::Time | ColumnType::Json => "text",
            ColumnType::Int
            | ColumnType::Bigint
            | ColumnType::Bool
            | ColumnType::Timestamp
            | ColumnType::Duration
            | ColumnType::Decimal { .. } => "integer",
            ColumnType::Float => "real",
            ColumnType::Uuid | ColumnType::Bytes => "blob",
        }
        .to_owned()
    }

    fn table_options(&self) -> &'static str {
        " strict"
    }

    fn identity(&self) -> &'static str {
        // AUTOINCREMENT: an id that was ever given out is never given out again.
        "integer primary key autoincrement"
    }

    fn literal(&self, literal: &Literal, ty: ColumnType) -> String {
        match literal {
            Literal::Text(text) if ty == ColumnType::Time => text_literal(text),
            Literal::Text(text) | Literal::Json(text) => text_literal(text),
            Literal::Int(value) | Literal::Timestamp(value) => value.to_string(),
            Literal::Float(value) => value.clone(),
            Literal::Decimal(value) => decimal_literal(value, ty),
            Literal::Bool(value) => i64::from(*value).to_string(),
            Literal::Bytes(hex) => format!("x'{hex}'"),
        }
    }

    fn takes_references_to_later_tables(&self) -> bool {
        true
    }

    fn length(&self, column: &str, _ty: ColumnType) -> String {
        format!("length({column})")
    }

    fn nulls(&self, _descending: bool) -> &'static str {
        // Nulls are the smallest values here already.
        ""
    }

    fn same(&self, column: &str, number: usize) -> String {
        format!("{column} is ${number}")
    }

    fn now(&self) -> &'static str {
        "cast(unixepoch('subsec') * 1000000 as integer)"
    }

    fn plus(&self, moment: &str, years: u32, months: u32, days: u32) -> String {
        let span = [(years, "years"), (months, "months"), (days, "days")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!(", '+{count} {unit}'"));
        format!(
            "unixepoch({moment} / 1000000, 'unixepoch'{}) * 1000000",
            span.collect::<String>()
        )
    }

    fn today(&self) -> &'static str {
        "date('now')"
    }

    fn convert(&self, expression: &str, from: ColumnType, to: ColumnType) -> String {
        sqlite_convert::convert(expression, from, to)
    }

    fn unfit(&self, expression: &str, from: ColumnType, to: ColumnType) -> Option<String> {
        sqlite_convert::unfit(expression, from, to)
    }

    fn new_uuid(&self) -> &'static str {
        "randomblob(16)"
    }

    fn new_ordered_uuid(&self) -> &'static str {
        "uuid7()"
    }

    fn overriding(&self) -> &'static str {
        ""
    }

    fn null_uuid(&self) -> &'static str {
        "null"
    }

    fn shown(&self, expression: &str) -> String {
        // A row of SQLite holds a value of any type.
        expression.to_owned()
    }

    fn as_text(&self, expression: &str, ty: ColumnType) -> String {
        match ty {
            ColumnType::Uuid | ColumnType::Bytes => format!("lower(hex({expression}))"),
            _ => format!("cast({expression} as text)"),
        }
    }

    fn parameter(&self, number: usize, _ty: ColumnType) -> String {
        format!("${number}")
    }

    fn for_update(&self) -> &'static str {
        // A writing transaction holds the whole database from its beginning.
        ""
    }

    fn for_change(&self) -> &'static str {
        self.for_update()
    }

    fn before_guards(&self) -> &'static str {
        ""
    }

    fn guard(&self, table: &Table) -> String {
        let copied: Vec<String> = table
            .columns
            .iter()
            .filter(|column| !changes_on_the_way_out(table, column))
            .map(|column| format!("copy.{0} is old.{0}", quoted(&column.name)))
            .collect();
        format!(
            "create trigger {} before delete on {}
when not exists (
    select 1 from {} as copy
    where {}
)
begin
    select raise(abort, 'rows of {} leave only through their archive');
end;
",
            guard_name(table),
            quoted(&table.name),
            quoted(&archive_name(&table.name)),
            copied.join("\n        and "),
            table.name,
        )
    }

    fn unguard(&self, table: &Table) -> String {
        format!("drop trigger {};\n", guard_name(table))
    }

    fn search(&self, table: &Table) -> String {
        let id = table.column("id").map(|id| self.column_type(id.ty));
        let search = table.search.as_ref().zip(id);
        search.map_or(String::new(), |(search, id)| {
            search::create(table, search, &id)
        })
    }

    fn unsearch(&self, table: &Table) -> String {
        table.search.as_ref().map_or(String::new(), search::remove)
    }

    fn text_as(&self, expression: &str, ty: ColumnType) -> String {
        match ty {
            ColumnType::Uuid | ColumnType::Bytes => format!("unhex({expression})"),
            ColumnType::Text => expression.to_owned(),
            _ => format!("cast({expression} as {})", self.column_type(ty)),
        }
    }

    fn json_array(&self, select: &JsonArray<'_>) -> String {
        let JsonArray {
            table,
            column,
            ty,
            own_column,
            owner,
        } = *select;
        let element = match ty {
            // JSON has no octets.
            ColumnType::Uuid => format!("lower(hex({column}))"),
            _ => column.to_owned(),
        };
        format!(
            "(select json_group_array({element} order by {column}) from {table} where {table}.{own_column} = {owner})"
        )
    }

    fn json_elements(&self, number: usize) -> String {
        format!("json_each(${number}) as element")
    }

    fn json_element(&self, ty: ColumnType) -> String {
        match ty {
            ColumnType::Uuid => "unhex(element.value, '-')".to_owned(),
            _ => "element.value".to_owned(),
        }
    }
}

/// Whether a removal may still change this column of a row after it was copied: it cuts references
/// between rows that go together, which counts the version up.
fn changes_on_the_way_out(table: &Table, column: &crate::tables::Column) -> bool {
    let is_cut = column.nullable && table.key_of(&column.name).is_some();
    // What the schema no longer has, no archive gets.
    column.past.retired || column.name == "version" || is_cut
}

/// A decimal as the column stores it: scaled to an integer, or as text that sorts right.
fn decimal_literal(value: &str, ty: ColumnType) -> String {
    let ColumnType::Decimal { precision, scale } = ty else {
        return value.to_owned();
    };
    let mut decimal: Decimal = value.parse().unwrap_or_default();
    decimal.rescale(scale);
    let scaled = decimal.mantissa();
    if precision <= INTEGER_DIGITS {
        return scaled.to_string();
    }
    let digits = format!("{:0width$}", scaled.unsigned_abs(), width = WIDE_DIGITS);
    if scaled < 0 {
        let complement: String = digits
            .bytes()
            .map(|digit| char::from(b'0' + b'9' - digit))
            .collect();
        format!("'0{complement}'")
    } else {
        format!("'1{digits}'")
    }
}
