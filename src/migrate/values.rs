//! What a new column holds, as an expression over the old row.

use crate::dialect::{Dialect, quoted, text_literal};
use crate::tables::delta::{ColumnPair, Pair, Source};
use crate::tables::{Column, Fill};

/// How deep one column may be filled from another.
pub const DEPTH: usize = 4;

/// The expressions of one table's new columns.
pub struct Values<'a> {
    dialect: &'a dyn Dialect,
    pair: &'a Pair,
    /// The name of the table that drops left values in, where one column comes from it.
    stash: &'a str,
}

impl<'a> Values<'a> {
    /// Of a table.
    pub fn of(dialect: &'a dyn Dialect, pair: &'a Pair, stash: &'a str) -> Self {
        Self {
            dialect,
            pair,
            stash,
        }
    }

    /// The value of a new column, over the old names. Where an expression of the schema is
    /// part of it, it is over the new names: see [`Self::source`].
    pub fn value(&self, column: &Column) -> String {
        self.expression(column, true, DEPTH)
    }

    /// The value that a column has by itself, before nulls are filled.
    pub fn carried(&self, column: &Column) -> String {
        self.expression(column, false, DEPTH)
    }

    fn expression(&self, column: &Column, filled: bool, depth: usize) -> String {
        let Some(ColumnPair { source, .. }) =
            self.pair.columns.iter().find(|it| it.name == column.name)
        else {
            return "null".to_owned();
        };
        match source {
            Source::Column { name, values, fill } => {
                let Some(old) = self.pair.old.column(name) else {
                    return "null".to_owned();
                };
                let value = renamed(&quoted(name), values);
                let value = self.dialect.convert(&value, old.ty, column.ty);
                match fill.as_ref().filter(|_| filled) {
                    Some(fill) => {
                        format!("coalesce({value}, {})", self.fill(fill, column, depth))
                    }
                    None => value,
                }
            }
            Source::Converted { name } => {
                let Some(old) = self.pair.old.column(name) else {
                    return "null".to_owned();
                };
                let value = self.dialect.convert(&quoted(name), old.ty, column.ty);
                match self.dialect.unfit(&quoted(name), old.ty, column.ty) {
                    Some(unfit) => format!("case when {unfit} then null else {value} end"),
                    None => value,
                }
            }
            Source::New { fill: Some(fill) } => self.fill(fill, column, depth),
            Source::New { fill: None } => match &column.default {
                Some(default) => self.dialect.literal(default, column.ty),
                None => "null".to_owned(),
            },
            Source::Stash { name } => {
                let key = &self.pair.new.primary_key[0];
                let old_key = self
                    .pair
                    .old_of(key)
                    .map_or(key.as_str(), |it| it.name.as_str());
                format!(
                    "(select svcgen_stash.{} from {} as svcgen_stash where svcgen_stash.{} = {}.{})",
                    quoted(name),
                    quoted(self.stash),
                    quoted(key),
                    quoted(&self.pair.old.name),
                    quoted(old_key)
                )
            }
        }
    }

    /// What rows that are there get, over the new names.
    pub fn fill(&self, fill: &Fill, column: &Column, depth: usize) -> String {
        match fill {
            Fill::Value(value) => self.dialect.literal(value, column.ty),
            Fill::Copy(name) => match self.pair.new.column(name) {
                Some(other) if depth > 0 => {
                    let value = self.copied(other, depth - 1);
                    self.dialect.convert(&value, other.ty, column.ty)
                }
                _ => "null".to_owned(),
            },
            Fill::Sql { sqlite, postgres } => {
                let text = if self.dialect.name() == "sqlite" {
                    sqlite
                } else {
                    postgres
                };
                format!("({text})")
            }
            Fill::Now => self.dialect.now().to_owned(),
            Fill::Today => self.dialect.today().to_owned(),
            Fill::NewUuid => self.dialect.new_uuid().to_owned(),
        }
    }

    /// The value of a column that another is filled from, which may be filled itself.
    fn copied(&self, other: &Column, depth: usize) -> String {
        let own = quoted(&other.name);
        let pair = self.pair.columns.iter().find(|it| it.name == other.name);
        match pair.map(|it| &it.source) {
            // In a rebuild it is not there before.
            Some(Source::New { fill: Some(fill) }) if self.dialect.name() == "sqlite" => {
                self.fill(fill, other, depth)
            }
            Some(
                Source::New { fill: Some(fill) }
                | Source::Column {
                    fill: Some(fill), ..
                },
            ) => format!("coalesce({own}, {})", self.fill(fill, other, depth)),
            _ => own,
        }
    }

    /// Whether an expression of the schema, which is over the new names, is part of any value.
    fn is_over_new_names(&self) -> bool {
        self.pair.columns.iter().any(|it| {
            matches!(
                &it.source,
                Source::New {
                    fill: Some(Fill::Sql { .. } | Fill::Copy(_))
                } | Source::Column {
                    fill: Some(Fill::Sql { .. } | Fill::Copy(_)),
                    ..
                }
            )
        })
    }

    /// The values of all new columns, and what they are selected from.
    pub fn select(&self) -> (Vec<String>, String) {
        let columns = &self.pair.new.columns;
        if !self.is_over_new_names() {
            let values = columns.iter().map(|column| self.value(column)).collect();
            return (values, quoted(&self.pair.old.name));
        }
        let values = columns.iter().map(|column| self.outer(column)).collect();
        (values, self.source())
    }

    /// The value of a new column over the rows of [`Self::source`].
    fn outer(&self, column: &Column) -> String {
        let pair = self.pair.columns.iter().find(|it| it.name == column.name);
        let own = quoted(&column.name);
        match pair.map(|it| &it.source) {
            Some(Source::New { fill: Some(fill) }) => self.fill(fill, column, DEPTH),
            Some(Source::Column {
                fill: Some(fill), ..
            }) => format!("coalesce({own}, {})", self.fill(fill, column, DEPTH)),
            _ => own,
        }
    }

    /// These columns of the rows as they will be.
    pub fn filled(&self, columns: &[&Column]) -> String {
        let source = self.source();
        let values = columns.iter().map(|it| (quoted(&it.name), self.outer(it)));
        let values: Vec<(String, String)> = values.collect();
        if values.iter().all(|(name, value)| name == value) {
            return source;
        }
        let values = values
            .iter()
            .map(|(name, value)| format!("{value} as {name}"));
        format!(
            "(select {} from {source}) as svcgen_filled",
            values.collect::<Vec<_>>().join(", ")
        )
    }

    /// The old rows with what is carried over under the new names, so that expressions of the
    /// schema can speak of the columns as the schema does.
    pub fn source(&self) -> String {
        let columns = self.pair.new.columns.iter().filter(|column| {
            let pair = self.pair.columns.iter().find(|it| it.name == column.name);
            !matches!(
                pair.map(|it| &it.source),
                Some(Source::New { fill: Some(_) }) | None
            )
        });
        let columns: Vec<String> = columns
            .map(|column| {
                let (value, name) = (self.carried(column), quoted(&column.name));
                if value == name {
                    name
                } else {
                    format!("{value} as {name}")
                }
            })
            .collect();
        format!(
            "(select {} from {}) as {}",
            columns.join(", "),
            quoted(&self.pair.old.name),
            quoted(&self.pair.new.name)
        )
    }
}

/// A value under the new names of an enum's values.
pub fn renamed(value: &str, values: &[(String, String)]) -> String {
    if values.is_empty() {
        return value.to_owned();
    }
    let arms: Vec<String> = values
        .iter()
        .map(|(was, now)| format!("when {} then {}", text_literal(was), text_literal(now)))
        .collect();
    format!("case {value} {} else {value} end", arms.join(" "))
}
