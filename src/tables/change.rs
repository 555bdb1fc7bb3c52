//! The closed set of changes that a migration is made of, and how grave each is.

mod detect;

pub use detect::{of, of_pair};

use serde::{Deserialize, Serialize};

use super::convert::{self, Fit};
use super::{Check, Column, ColumnType, Fill, ForeignKey, Index, Literal, Table};

/// One difference between old tables and new. Names are the new ones, unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A table that was not there, with all that belongs to it.
    CreateTable(Table),
    /// A table goes, with all its rows.
    DropTable {
        /// The table as it was.
        table: Table,
        /// The table beside the schema that keeps its rows, if one does.
        stash: Option<String>,
    },
    /// The schema no longer has a table; it stays.
    RetireTable {
        /// The table.
        table: String,
    },
    /// A table gets another name.
    RenameTable {
        /// Its old name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// A column that was not there.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: Column,
        /// What the rows that are there get; the default or null otherwise.
        fill: Option<Fill>,
    },
    /// A column goes, with all its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column as it was.
        column: Column,
        /// Whether its values are copied to a table of their own before.
        stash: bool,
    },
    /// The schema no longer has a column; it stays.
    RetireColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column gets another name.
    RenameColumn {
        /// The table.
        table: String,
        /// Its old name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// A column gets another type.
    ChangeType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The old type.
        from: ColumnType,
        /// The new type.
        to: ColumnType,
        /// How well values of the one fit the other.
        fit: Fit,
    },
    /// What can be converted of an old column, which is kept under another name.
    Convert {
        /// The table.
        table: String,
        /// The new column.
        column: String,
        /// The old one's old name.
        from: String,
    },
    /// A column may be null from now on.
    Relax {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column may not be null any longer.
    Require {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What nulls become.
        fill: Option<Fill>,
    },
    /// What an insert that leaves a column out stores is another.
    ChangeDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The old default.
        from: Option<Literal>,
        /// The new default.
        to: Option<Literal>,
    },
    /// Values of an enum get other names.
    RenameValues {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Old names and new.
        values: Vec<(String, String)>,
    },
    /// The rules on a column's values are others.
    ChangeCheck {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The old rules.
        from: Option<Check>,
        /// The new rules.
        to: Option<Check>,
        /// Whether values that were good may not be any longer.
        narrows: bool,
    },
    /// A constraint gets another name.
    RenameConstraint {
        /// The table.
        table: String,
        /// Its old name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Rows are told apart by other columns, or by the same in another order.
    ChangeKey {
        /// The table.
        table: String,
        /// The columns of its primary key.
        columns: Vec<String>,
    },
    /// A reference to another table begins.
    AddForeignKey {
        /// The table.
        table: String,
        /// The reference.
        key: ForeignKey,
        /// Whether the column is new, so that no row can break it.
        fresh: bool,
    },
    /// A reference to another table ends.
    DropForeignKey {
        /// The table.
        table: String,
        /// The reference, with its old names.
        key: ForeignKey,
    },
    /// An index comes.
    AddIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// An index goes.
    DropIndex {
        /// The table.
        table: String,
        /// The index, with its old names.
        index: Index,
    },
    /// From here on rows leave only through the archive.
    Guard {
        /// The table.
        table: String,
    },
    /// Rows may be deleted again.
    Unguard {
        /// The table.
        table: String,
    },
    /// From here on the table can be searched for words.
    AddSearch {
        /// The table.
        table: String,
    },
    /// The table can no longer be searched, or the search in it becomes another.
    DropSearch {
        /// The table.
        table: String,
    },
    /// An index gets another name.
    RenameIndex {
        /// The table.
        table: String,
        /// The index with its old names.
        from: Index,
        /// The index with its new names.
        to: Index,
    },
}

/// How grave a change is, from harmless to final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Something comes; nothing that is there changes.
    Additive,
    /// More is possible than before.
    Widening,
    /// Rows are rewritten.
    Data,
    /// Rows that are there may stand in its way.
    Narrowing,
    /// Something is lost.
    Destructive,
}

impl Class {
    /// As the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Widening => "widening",
            Self::Data => "data",
            Self::Narrowing => "narrowing",
            Self::Destructive => "destructive",
        }
    }
}

/// The way back from a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversible {
    /// Everything is as it was before.
    Exact,
    /// The tables are as before; what was written since may be lost.
    Lossy,
    /// What is gone is gone.
    No,
}

impl Change {
    /// The table it is about, by its new name where it has one.
    pub fn table(&self) -> &str {
        match self {
            Self::CreateTable(table) | Self::DropTable { table, .. } => &table.name,
            Self::RenameTable { to, .. } => to,
            Self::RetireTable { table }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RetireColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::ChangeType { table, .. }
            | Self::Convert { table, .. }
            | Self::Relax { table, .. }
            | Self::Require { table, .. }
            | Self::ChangeDefault { table, .. }
            | Self::RenameValues { table, .. }
            | Self::ChangeCheck { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::ChangeKey { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. }
            | Self::AddIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::Guard { table }
            | Self::Unguard { table }
            | Self::AddSearch { table }
            | Self::DropSearch { table }
            | Self::RenameIndex { table, .. } => table,
        }
    }

    /// How grave it is.
    pub fn class(&self) -> Class {
        match self {
            Self::CreateTable(_) | Self::RetireTable { .. } | Self::RetireColumn { .. } => {
                Class::Additive
            }
            Self::DropTable { stash: None, .. } | Self::DropColumn { stash: false, .. } => {
                Class::Destructive
            }
            Self::DropTable { .. }
            | Self::DropColumn { .. }
            | Self::Convert { .. }
            | Self::RenameValues { .. } => Class::Data,
            Self::AddColumn { column, fill, .. } => match (column.nullable, fill) {
                (false, None) if column.default.is_none() => Class::Narrowing,
                (_, Some(Fill::Value(_)) | None) => Class::Additive,
                _ => Class::Data,
            },
            Self::AddIndex { index, .. } if index.unique => Class::Narrowing,
            Self::AddIndex { .. }
            | Self::AddSearch { .. }
            | Self::AddForeignKey { fresh: true, .. } => Class::Additive,
            Self::AddForeignKey { .. } => Class::Narrowing,
            Self::ChangeType { fit, .. } => match fit {
                Fit::Wider => Class::Widening,
                Fit::Checked => Class::Narrowing,
                Fit::Lossy => Class::Destructive,
            },
            Self::Require { fill, .. } => {
                if fill.is_some() {
                    Class::Data
                } else {
                    Class::Narrowing
                }
            }
            Self::ChangeCheck { narrows, .. } => {
                if *narrows {
                    Class::Narrowing
                } else {
                    Class::Widening
                }
            }
            Self::RenameTable { .. }
            | Self::RenameColumn { .. }
            | Self::Relax { .. }
            | Self::ChangeDefault { .. }
            | Self::RenameConstraint { .. }
            | Self::ChangeKey { .. }
            | Self::DropForeignKey { .. }
            | Self::DropIndex { .. }
            | Self::Guard { .. }
            | Self::Unguard { .. }
            | Self::DropSearch { .. }
            | Self::RenameIndex { .. } => Class::Widening,
        }
    }

    /// The way back from it.
    pub fn reversible(&self) -> Reversible {
        match self {
            Self::DropTable { stash: None, .. } | Self::DropColumn { stash: false, .. } => {
                Reversible::No
            }
            Self::ChangeType { from, to, fit, .. }
                if *fit == Fit::Lossy || convert::fit(*to, *from).is_none() =>
            {
                Reversible::No
            }
            Self::CreateTable(_)
            | Self::AddColumn { .. }
            | Self::DropColumn { .. }
            | Self::ChangeType { .. }
            | Self::Convert { .. }
            | Self::Require { .. }
            | Self::Relax { .. }
            | Self::RetireColumn { .. }
            | Self::RetireTable { .. } => Reversible::Lossy,
            // Nobody could write to it meanwhile.
            Self::DropTable { .. }
            | Self::RenameTable { .. }
            | Self::RenameColumn { .. }
            | Self::ChangeDefault { .. }
            | Self::RenameValues { .. }
            | Self::ChangeCheck { .. }
            | Self::RenameConstraint { .. }
            | Self::ChangeKey { .. }
            | Self::AddForeignKey { .. }
            | Self::DropForeignKey { .. }
            | Self::AddIndex { .. }
            | Self::DropIndex { .. }
            | Self::Guard { .. }
            | Self::Unguard { .. }
            | Self::AddSearch { .. }
            | Self::DropSearch { .. }
            | Self::RenameIndex { .. } => Reversible::Exact,
        }
    }

    /// Whether the database has to do anything for it.
    pub fn is_physical(&self) -> bool {
        !matches!(self, Self::RetireTable { .. } | Self::RetireColumn { .. })
    }
}

/// What becomes of things that no migration touches, a sentence each; what a migration may break
/// is a finding of its lint.
pub fn cautions(changes: &[Change]) -> Vec<String> {
    changes.iter().filter_map(caution).collect()
}

fn caution(change: &Change) -> Option<String> {
    match change {
        Change::RetireTable { table } => Some(format!(
            "the table `{table}` is no longer in the schema; it stays in the database with its rows"
        )),
        Change::RetireColumn { table, column } => Some(format!(
            "the column `{column}` of `{table}` is no longer in the schema; it stays in the database with its values"
        )),
        _ => None,
    }
}
