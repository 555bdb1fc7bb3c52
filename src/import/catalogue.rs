//! A database as it describes itself, the same for every engine.
//!
//! Types, defaults and rules are still in the database's words here.

use super::Note;

/// The engine that a catalogue was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Where it was read from.
    pub engine: Engine,
    /// The database's name.
    pub name: String,
    /// Whether the migrations of a service of svcgen made it: its ledger has rows. One without
    /// any is left by a service that was started, or tried something, over tables of others.
    pub is_ours: bool,
    /// Its tables, sorted by name.
    pub tables: Vec<Table>,
    /// What the reader saw and did not put in: views, triggers and the like.
    pub omitted: Vec<Note>,
}

/// The table in which a service notes the migrations that it ran.
pub const LEDGER: &str = "svcgen_migrations";

impl Catalogue {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What its comment says.
    pub comment: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in order.
    pub primary_key: Vec<String>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Unique constraints and indexes, and plain indexes.
    pub indexes: Vec<Index>,
    /// Rules on its rows.
    pub checks: Vec<Check>,
    /// Whether other tables inherit from it, so that a query of it finds their rows as well.
    pub has_heirs: bool,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: DeclaredType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Its default, as an expression of SQL.
    pub default: Option<String>,
    /// Whether the database computes it.
    pub generated: bool,
    /// What its comment says.
    pub comment: Option<String>,
}

/// A type as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeclaredType {
    /// Lower-case, without arguments, such as `character varying`.
    pub name: String,
    /// What stood in brackets.
    pub arguments: Vec<u32>,
    /// Whether it is an array of these.
    pub array: bool,
    /// The labels, where the database declares an enum.
    pub labels: Vec<String>,
    /// The domain that it was declared as.
    pub domain: Option<String>,
}

impl DeclaredType {
    /// Splits `numeric(10,2)[]` and `timestamp(6) without time zone` into their parts.
    pub fn parse(text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        let array = lower.ends_with("[]");
        let lower = lower.trim_end_matches("[]");
        let (name, arguments) = match (lower.find('('), lower.find(')')) {
            (Some(open), Some(close)) if open < close => {
                let arguments = lower[open + 1..close]
                    .split(',')
                    .filter_map(|it| it.trim().parse().ok())
                    .collect();
                let name = format!("{}{}", &lower[..open], &lower[close + 1..]);
                (name, arguments)
            }
            _ => (lower.to_owned(), Vec::new()),
        };
        Self {
            name: name.split_whitespace().collect::<Vec<_>>().join(" "),
            arguments,
            array,
            ..Self::default()
        }
    }
}

/// What happens to a row when the one it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDelete {
    /// The deletion is refused.
    #[default]
    Refuse,
    /// The row is deleted too.
    Cascade,
    /// The reference becomes null.
    SetNull,
    /// The reference gets its default.
    SetDefault,
}

/// A reference to another table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignKey {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub table: String,
    /// The columns referred to; none means that table's primary key.
    pub targets: Vec<String>,
    /// What a deletion does.
    pub on_delete: OnDelete,
}

/// An index or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Its name; some constraints have none.
    pub name: String,
    /// Whether no two rows agree in it.
    pub unique: bool,
    /// Its terms, in order.
    pub terms: Vec<Term>,
    /// The condition of a partial index.
    pub condition: Option<String>,
    /// How it is made, where that is not a B-tree.
    pub method: Option<String>,
}

/// A term of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A column.
    Column {
        /// Its name.
        name: String,
        /// Whether larger values come first.
        descending: bool,
    },
    /// Anything computed.
    Expression(String),
}

/// A rule on rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// The constraint's name, if it has one.
    pub name: Option<String>,
    /// What must hold, in SQL.
    pub expression: String,
    /// The column, where the rule belongs to a column's domain and calls it `value`.
    pub domain_of: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_is_taken_apart() {
        let parts = |text: &str| {
            let it = DeclaredType::parse(text);
            (it.name, it.arguments, it.array)
        };
        assert_eq!(
            parts("NUMERIC(10, 2)"),
            ("numeric".to_owned(), vec![10, 2], false)
        );
        assert_eq!(
            parts("timestamp(6) without  time zone"),
            ("timestamp without time zone".to_owned(), vec![6], false)
        );
        assert_eq!(
            parts("character varying(40)[]"),
            ("character varying".to_owned(), vec![40], true)
        );
        assert_eq!(parts(""), (String::new(), vec![], false));
    }
}
