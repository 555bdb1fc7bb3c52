//! Old tables and new, matched: which became which, and where each column's values come from.
//!
//! A delta knows nothing of how a database gets there. It can be turned around, which is
//! the way back.

use super::{CheckRule, Column, Fill, Table};

/// Old tables and new, matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta {
    /// Tables that were not there.
    pub created: Vec<Table>,
    /// Tables that go with all their rows.
    pub dropped: Vec<Table>,
    /// Tables that were there and still are.
    pub pairs: Vec<Pair>,
}

/// A table before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// As it was.
    pub old: Table,
    /// As it will be, what is retired included.
    pub new: Table,
    /// For each column of `new`, in its order, where its values come from.
    pub columns: Vec<ColumnPair>,
    /// Columns of `old` that go, whose values are copied to a table of their own.
    pub stashed: Vec<String>,
    /// Whether the table itself goes: the one of its two sides that keeps the rows is called
    /// [`stash_name`], and belongs to no schema.
    pub is_stash: bool,
}

/// The table that keeps what the migration of this number takes away from a table.
pub fn stash_name(number: &str, table: &str) -> String {
    super::derived_name(&["svcgen", "stash", number], table)
}

/// A column as it will be, and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPair {
    /// Its new name.
    pub name: String,
    /// Where its values come from.
    pub source: Source,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column of the old table.
    Column {
        /// Its old name.
        name: String,
        /// An enum's values that get other names: old and new.
        values: Vec<(String, String)>,
        /// What nulls become, where the column is required from now on.
        fill: Option<Fill>,
    },
    /// What can be converted of an old column that is itself kept under another name.
    Converted {
        /// Its old name.
        name: String,
    },
    /// The rows that are there get this, or the default, or null.
    New {
        /// What they get.
        fill: Option<Fill>,
    },
    /// The table that a drop left the values in.
    Stash {
        /// The column's name there.
        name: String,
    },
}

impl Delta {
    /// The way back. What a drop loses comes back empty, or from its stash.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            created: self.dropped.clone(),
            dropped: self.created.clone(),
            pairs: self.pairs.iter().map(Pair::reversed).collect(),
        }
    }

    /// The name that a table had before.
    pub fn old_name<'a>(&'a self, new: &'a str) -> &'a str {
        self.pairs
            .iter()
            .find(|pair| pair.new.name == new)
            .map_or(new, |pair| &pair.old.name)
    }

    /// The name that a table gets.
    pub fn new_name<'a>(&'a self, old: &'a str) -> &'a str {
        self.pairs
            .iter()
            .find(|pair| pair.old.name == old)
            .map_or(old, |pair| &pair.new.name)
    }

    /// The pair of this new table.
    pub fn pair(&self, new: &str) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.new.name == new)
    }
}

impl Pair {
    /// A table that stays as it is.
    pub fn same(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| ColumnPair {
            name: column.name.clone(),
            source: Source::Column {
                name: column.name.clone(),
                values: Vec::new(),
                fill: None,
            },
        });
        Self {
            old: table.clone(),
            new: table.clone(),
            columns: columns.collect(),
            stashed: Vec::new(),
            is_stash: false,
        }
    }

    /// A table that goes, and what keeps its rows under this name: its columns and its key, and
    /// nothing that would be in anybody's way or that anybody else could be in the way of.
    pub fn to_stash(table: &Table, name: String) -> Self {
        let stash = Table {
            name,
            guarded: false,
            search: None,
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            ..table.clone()
        };
        Self {
            new: stash,
            is_stash: true,
            ..Self::same(table)
        }
    }

    /// The old column that a new one was, if it was one.
    pub fn old_of(&self, new: &str) -> Option<&Column> {
        let pair = self.columns.iter().find(|pair| pair.name == new)?;
        match &pair.source {
            Source::Column { name, .. } => self.old.column(name),
            _ => None,
        }
    }

    /// The values that a column could have, where it was an enum.
    pub fn values_of(&self, column: &ColumnPair) -> &[String] {
        let Source::Column { name, .. } = &column.source else {
            return &[];
        };
        let rules = self.old.check_of(name).map(|it| it.rules.as_slice());
        let mut rules = rules.unwrap_or_default().iter();
        let values = rules.find_map(|rule| match rule {
            CheckRule::OneOf(values) => Some(values.as_slice()),
            _ => None,
        });
        values.unwrap_or_default()
    }

    /// What an old column is called now, if it is still there.
    pub fn new_of(&self, old: &str) -> Option<&str> {
        self.columns.iter().find_map(|pair| match &pair.source {
            Source::Column { name, .. } if name == old => Some(pair.name.as_str()),
            _ => None,
        })
    }

    /// Whether the values of a new column can become values of the old one again.
    fn comes_back(&self, old: &Column, new: &str) -> bool {
        let new = self.new.column(new);
        new.is_some_and(|it| super::convert::fit(it.ty, old.ty).is_some())
    }

    fn reversed(&self) -> Self {
        let columns = self.old.columns.iter().map(|column| {
            let source = self
                .columns
                .iter()
                .find_map(|pair| match &pair.source {
                    Source::Column { name, values, .. }
                        if *name == column.name && self.comes_back(column, &pair.name) =>
                    {
                        Some(Source::Column {
                            name: pair.name.clone(),
                            values: values.iter().map(|(a, b)| (b.clone(), a.clone())).collect(),
                            fill: None,
                        })
                    }
                    _ => None,
                })
                .unwrap_or_else(|| {
                    if self.stashed.contains(&column.name) {
                        Source::Stash {
                            name: column.name.clone(),
                        }
                    } else {
                        Source::New { fill: None }
                    }
                });
            ColumnPair {
                name: column.name.clone(),
                source,
            }
        });
        Self {
            old: self.new.clone(),
            new: self.old.clone(),
            columns: columns.collect(),
            stashed: Vec::new(),
            is_stash: self.is_stash,
        }
    }
}
