//! What a list may be asked about: tables and columns, as the generated code declares them.
//!
//! Only what stands here ever reaches the text of a statement; values never do.

use crate::db::{Sql, TextEnum, Value};

/// A table that can be listed. Generated code declares one for each entity.
#[derive(Debug)]
pub struct Table {
    /// The table's name; also what callers call its records.
    pub name: &'static str,
    /// The columns of a record, as its `FromRow` reads them: what stands between `select` and `from`.
    pub record: Sql,
    /// The members of a record as callers see it: what a `read_mask` may name.
    pub members: &'static [&'static str],
    /// The relations of a record: what `include` may name.
    pub relations: &'static [&'static str],
    /// The columns that callers may filter or order by, and those of the default order.
    pub columns: &'static [Column],
    /// The order where the caller names none. The identifier breaks ties.
    pub default_order: &'static [Term],
    /// The column that identifies a record, and breaks ties.
    pub key: &'static str,
    /// The page size where the caller names none.
    pub page_size: i64,
    /// The largest page.
    pub most: i64,
    /// The statements of the plain list: no filter, the default order.
    pub plain: Option<Plain>,
    /// The index of words over its texts, where it can be searched.
    pub search: Option<Search>,
}

/// An index of the words in some columns.
#[derive(Debug)]
pub struct Search {
    /// Its name: an FTS5 table on SQLite, a column with a text search vector on PostgreSQL.
    pub index: &'static str,
    /// The columns, the most telling first.
    pub columns: &'static [&'static str],
}

/// The constant statements of a list in its default order.
#[derive(Debug)]
pub struct Plain {
    /// The first page: `$1` is the limit.
    pub first: Sql,
    /// The page after a cursor `$2, $3 …`, where one range of an index holds it.
    pub after: Option<Sql>,
}

/// One term of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The column's name.
    pub column: &'static str,
    /// Whether larger values come first.
    pub descending: bool,
}

impl Term {
    /// Smaller values first; nulls before all of them.
    pub const fn ascending(column: &'static str) -> Self {
        Self {
            column,
            descending: false,
        }
    }

    /// Larger values first; nulls after all of them.
    pub const fn descending(column: &'static str) -> Self {
        Self {
            column,
            descending: true,
        }
    }
}

/// A column that a list knows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) filter: bool,
    pub(crate) order: bool,
    pub(crate) refers: Option<(&'static str, &'static Table)>,
}

impl Column {
    /// A column that is never null, and that nobody may ask about yet.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            filter: false,
            order: false,
            refers: None,
        }
    }

    /// It may hold null.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Callers may filter by it.
    #[must_use]
    pub const fn filter(mut self) -> Self {
        self.filter = true;
        self
    }

    /// Callers may order by it.
    #[must_use]
    pub const fn order(mut self) -> Self {
        self.order = true;
        self
    }

    /// It refers to a record of another table; filters reach its columns as `name.column`.
    #[must_use]
    pub const fn refers(mut self, name: &'static str, table: &'static Table) -> Self {
        self.refers = Some((name, table));
        self
    }

    /// The column as a statement names it.
    pub(crate) fn sql(&self) -> String {
        quoted(self.name)
    }

    /// Whether a caller may call it so: by its own name, or as the reference that it is.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.refers.is_some_and(|(alias, _)| alias == name)
    }
}

/// A name in double quotes, which every engine takes for every word. Names come from the schema, which has no quotes in them.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// What a column holds, and so what it can be compared with.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// One of a closed set of texts; `list::names::<OrderStatus>` tells them.
    Enum(fn() -> Vec<&'static str>),
    /// A 32-bit integer.
    Int,
    /// A 64-bit integer.
    Bigint,
    /// A 64-bit floating point number.
    Float,
    /// An exact decimal.
    Decimal {
        /// All digits.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// A sum or an average: an exact decimal of as many digits as it takes.
    Exact {
        /// Digits after the point.
        scale: u8,
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
}

/// The texts of an enum.
pub fn names<T: TextEnum>() -> Vec<&'static str> {
    T::ALL.iter().map(|value| value.as_str()).collect()
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that a caller means.
    pub(crate) fn called(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.is_called(name))
    }
}

/// A record that can be listed.
pub trait Record {
    /// What the record holds in a column that lists may be ordered by.
    fn value(&self, column: &str) -> Value;
}

/// A condition that a list has on top of what the caller asks: the children of a parent, for instance.
#[derive(Debug, Clone, Default)]
pub struct Within {
    /// What must hold; `$1`, `$2` … are its values.
    pub condition: &'static str,
    /// The values.
    pub values: Vec<Value>,
}
