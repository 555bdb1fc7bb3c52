//! What changed between the tables of the last generation and those of this one.
//!
//! The set of changes is closed. [`Change::Refused`] holds what no migration is
//! written for yet: it stops the generation before anything is written, so that
//! code and database cannot drift apart in silence.

use super::{Index, Schema, Table, TableKind};

/// One difference, in the order in which a migration makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A table that was not there.
    AddTable(Table),
    /// A column that was not there; existing rows get its default or null.
    AddColumn {
        /// The table as it will be.
        table: Table,
        /// The new column's name.
        column: String,
    },
    /// An index that is no longer wanted.
    DropIndex {
        /// The index.
        index: Index,
    },
    /// An index that was not there.
    AddIndex {
        /// The table as it will be.
        table: Table,
        /// The new index.
        index: Index,
    },
    /// A change that cannot be made by adding.
    Refused {
        /// The table.
        table: String,
        /// What would have to happen, as a sentence's end.
        what: String,
    },
}

/// The changes that turn `old` into `new`.
pub fn diff(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut changes = Vec::new();
    for table in creation_order(new) {
        match old.table(&table.name) {
            None => {
                changes.push(Change::AddTable(table.clone()));
                for index in &table.indexes {
                    changes.push(Change::AddIndex {
                        table: table.clone(),
                        index: index.clone(),
                    });
                }
            }
            Some(before) => changes.extend(table_changes(before, table)),
        }
    }
    for table in &old.tables {
        // An archive outlives the table it mirrors.
        let kept = table.kind == TableKind::Archive;
        if new.table(&table.name).is_none() && !kept {
            changes.push(refused(table, "would be dropped with all its rows"));
        }
    }
    changes
}

fn refused(table: &Table, what: &str) -> Change {
    Change::Refused {
        table: table.name.clone(),
        what: what.to_owned(),
    }
}

fn table_changes(old: &Table, new: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    for column in &new.columns {
        match old.column(&column.name) {
            None if column.nullable || column.default.is_some() => {
                changes.push(Change::AddColumn {
                    table: new.clone(),
                    column: column.name.clone(),
                });
            }
            None => changes.push(refused(
                new,
                &format!(
                    "gets the required column `{}`, and existing rows have no value for it",
                    column.name
                ),
            )),
            Some(before) if before != column => changes.push(refused(
                new,
                &format!("changes its column `{}`", column.name),
            )),
            Some(_) => {}
        }
    }
    for column in &old.columns {
        if new.column(&column.name).is_none() && new.kind != TableKind::Archive {
            changes.push(refused(new, &format!("loses its column `{}`", column.name)));
        }
    }
    if old.primary_key != new.primary_key || old.identity != new.identity {
        changes.push(refused(new, "changes its primary key"));
    }
    changes.extend(rule_changes(old, new));
    changes.extend(index_changes(old, new));
    changes
}

fn rule_changes(old: &Table, new: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_new = |column: &str| old.column(column).is_none();
    let checks_differ = new
        .checks
        .iter()
        .any(|check| !is_new(&check.column) && !old.checks.contains(check))
        || old.checks.iter().any(|check| !new.checks.contains(check));
    if checks_differ {
        changes.push(refused(new, "changes a rule on its values"));
    }
    let keys_differ = new
        .foreign_keys
        .iter()
        .any(|key| !is_new(&key.column) && !old.foreign_keys.contains(key))
        || old
            .foreign_keys
            .iter()
            .any(|key| !new.foreign_keys.contains(key));
    if keys_differ {
        changes.push(refused(new, "changes a reference"));
    }
    changes
}

fn index_changes(old: &Table, new: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    for index in &old.indexes {
        if !new.indexes.contains(index) {
            changes.push(Change::DropIndex {
                index: index.clone(),
            });
        }
    }
    for index in &new.indexes {
        if old.indexes.contains(index) {
            continue;
        }
        let on_new_columns = index
            .terms
            .iter()
            .any(|term| old.column(&term.column).is_none());
        if index.unique && !on_new_columns {
            changes.push(refused(
                new,
                &format!(
                    "gets `{}`, and existing rows may already break it",
                    index.name
                ),
            ));
        } else {
            changes.push(Change::AddIndex {
                table: new.clone(),
                index: index.clone(),
            });
        }
    }
    changes
}

/// The tables such that each stands after those it refers to, by name otherwise.
///
/// The check of the schema refuses cycles of required references. Where optional
/// ones close a cycle, the rest follows by name: SQLite takes a reference to a
/// table that is yet to come, and the PostgreSQL migration adds such keys last.
pub fn creation_order(schema: &Schema) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    let mut waiting: Vec<&Table> = schema.tables.iter().collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|table| {
            table.foreign_keys.iter().all(|key| {
                key.table == table.name || ordered.iter().any(|done| done.name == key.table)
            })
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}
