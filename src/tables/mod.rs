//! The physical tables that a service needs, the same for every database.
//!
//! Knows the model; has never heard of a dialect's spelling. The text that
//! remembers the tables of the last generation is this model itself, which is
//! why these types, unlike the rest of the core, carry serde.

pub mod advice;
pub mod build;
pub mod change;
pub mod convert;
mod default;
pub mod delta;
pub mod diff;
pub mod idempotency;
pub mod indexes;
pub mod intent;
pub mod lists;
pub mod question;
pub mod rules;
pub mod search;

pub use build::of;
pub use search::Search;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// All tables of a service, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// The tables, sorted by name.
    pub tables: Vec<Table>,
}

impl Schema {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Where the rows of a table go when they are removed; an archive that was switched off is
    /// none.
    pub fn archive_of(&self, table: &str) -> Option<&Table> {
        let archive = self.table(&build::archive_name(table))?;
        (!archive.past.retired).then_some(archive)
    }

    /// The tables as a service works with them: what only the database still has of a field leaves
    /// with its record and comes back with it, unless the archive has let go of it.
    #[must_use]
    pub fn in_use(&self) -> Self {
        let mut tables = self.tables.clone();
        for table in &mut tables {
            if let Some(archive) = self.archive_of(&table.name) {
                let is_kept = |it: &Column| !it.past.retired || archive.column(&it.name).is_some();
                table.columns.retain(is_kept);
            }
        }
        Self { tables }
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name, unquoted.
    pub name: String,
    /// What it holds.
    pub kind: TableKind,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key.
    pub primary_key: Vec<String>,
    /// Whether the database makes the primary key's integers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub identity: bool,
    /// Whether a row leaves only through the archive: any other deletion is refused by the database.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// The index of words over some of its texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// References to other tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Rules on one column's values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Indexes, the unique ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// What became of it since it was created.
    #[serde(default, skip_serializing_if = "Past::is_plain")]
    pub past: Past,
}

/// What became of a table or a column since it was created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Past {
    /// The name it was created under, which identifies it through renames; with a number
    /// where another had that name before. `None` where it is the name it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Whether the schema no longer has it; it stays in the database with what it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// In an archive, what rows without a value get when they are restored, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<LateFill>,
    /// In an archive, the renames of an enum's values, oldest first: archived rows keep the old.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_values: Vec<RenamedValue>,
    /// In an archive, the column with the values of another type that this one was made of;
    /// what could not be converted is there only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<String>,
}

/// What archived rows would have got from a migration, had they been live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateFill {
    /// The number of the migration. Rows that were archived under a smaller one missed it.
    pub migration: u64,
    /// What it gave to rows without a value.
    pub fill: Fill,
    /// The type of the column then.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// The table's name then, which an expression may speak of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub table: String,
    /// The columns that an expression may speak of: their names then, and in the archive now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<(String, String)>,
}

/// A value of an enum that got another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenamedValue {
    /// The number of the migration. Rows that were archived under a smaller one missed it.
    pub migration: u64,
    /// The old name.
    pub was: String,
    /// The new name.
    pub now: String,
}

impl Past {
    /// Whether nothing has become of it.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What a new column holds in the rows that are there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The same value everywhere.
    Value(Literal),
    /// The value of another column.
    Copy(String),
    /// An expression over the row, as each database spells it.
    Sql {
        /// For `SQLite`.
        sqlite: String,
        /// For `PostgreSQL`.
        postgres: String,
    },
    /// The moment of the migration.
    Now,
    /// The day of the migration, in UTC.
    Today,
    /// A UUID of its own for each row.
    NewUuid,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What identifies it through renames.
    pub fn origin(&self) -> &str {
        self.past.origin.as_deref().unwrap_or(&self.name)
    }

    /// The rules on a column's values.
    pub fn check_of(&self, column: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.column == column)
    }

    /// The reference that a column is.
    pub fn key_of(&self, column: &str) -> Option<&ForeignKey> {
        self.foreign_keys.iter().find(|key| key.column == column)
    }
}

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// The records of an entity.
    Live,
    /// The links between two entities.
    Link,
    /// Removed records, or removed links.
    Archive,
    /// The references that removals cut, so that a restore can tie them again.
    ArchiveReferences,
    /// The answers to requests with idempotency keys.
    Idempotency,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, unquoted.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// Whether it may be null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// What an insert that leaves it out stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
    /// What became of it since it was created.
    #[serde(default, skip_serializing_if = "Past::is_plain")]
    pub past: Past,
}

impl Column {
    /// What identifies it through renames.
    pub fn origin(&self) -> &str {
        self.past.origin.as_deref().unwrap_or(&self.name)
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text, enums included.
    Text,
    /// A 32-bit integer.
    Int,
    /// A 64-bit integer.
    Bigint,
    /// A 64-bit floating point number.
    Float,
    /// An exact decimal.
    Decimal {
        /// All digits.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// True or false.
    Bool,
    /// A UUID.
    Uuid,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Duration,
    /// Any JSON value, and lists.
    Json,
    /// Octets.
    Bytes,
}

/// A constant as a column default or a check names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// Text; also dates, times and UUIDs in their standard form.
    Text(String),
    /// An integer; also durations in microseconds.
    Int(i64),
    /// A floating point number in its shortest exact form.
    Float(String),
    /// A decimal in plain notation.
    Decimal(String),
    /// True or false.
    Bool(bool),
    /// A point in time, microseconds since 1970.
    Timestamp(i64),
    /// A JSON text.
    Json(String),
    /// Octets, as lower-case hexadecimal.
    Bytes(String),
}

/// A reference to another table's primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The referring column.
    pub column: String,
    /// The table referred to, by its `id`.
    pub table: String,
}

/// A rule on one column's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The constraint's name.
    pub name: String,
    /// The column.
    pub column: String,
    /// What must hold, all of it.
    pub rules: Vec<CheckRule>,
}

/// What a check demands of a value that is not null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckRule {
    /// It is one of these.
    OneOf(Vec<String>),
    /// It has at least so many characters or octets.
    MinLength(u32),
    /// It has at most so many characters or octets.
    MaxLength(u32),
    /// It is at least this.
    AtLeast(Literal),
    /// It is at most this.
    AtMost(Literal),
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its name; a unique index is known to clients' errors by it.
    pub name: String,
    /// Whether no two rows may agree in all its columns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// Its columns, in order.
    pub terms: Vec<IndexTerm>,
}

/// One column of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexTerm {
    /// The column.
    pub column: String,
    /// Whether larger values come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

/// Octets as lower-case hexadecimal.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// The longest identifier that PostgreSQL keeps whole, in bytes.
const LONGEST_IDENTIFIER: usize = 63;

/// Joins the parts of a derived name, and shortens it where it would be cut off:
/// the end then is a digest, so that two long names stay two.
pub fn derived_name(parts: &[&str], suffix: &str) -> String {
    use sha2::{Digest, Sha256};
    let whole = format!("{}_{suffix}", parts.join("_"));
    if whole.len() <= LONGEST_IDENTIFIER {
        return whole;
    }
    let digest = hex(&Sha256::digest(whole.as_bytes())[..4]);
    let keep = LONGEST_IDENTIFIER - digest.len() - suffix.len() - 2;
    let head: String = whole.chars().take(keep).collect();
    format!("{head}_{digest}_{suffix}")
}
