//! What changed between the tables of the last generation and those of this one.
//!
//! The set of changes is closed. What is no longer in the schema stays in the
//! database, retired: no row is lost by a generation. [`Change::Refused`] holds
//! what no migration is written for yet: it stops the generation before anything
//! is written, so that code and database cannot drift apart in silence.

use super::{Index, Schema, Table};

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
    /// The database refuses, from here on, to delete rows of the table that are not archived.
    Guard {
        /// The table.
        table: Table,
    },
    /// Rows of the table may be deleted again.
    Unguard {
        /// The table.
        table: Table,
    },
    /// An index of words that is no longer wanted.
    DropSearch {
        /// The table as it was.
        table: Table,
    },
    /// An index of words that was not there; it is filled with what the table holds.
    AddSearch {
        /// The table as it will be.
        table: Table,
    },
    /// A table, or one of its columns, that the schema no longer has. It stays in the database.
    Retire {
        /// The table.
        table: String,
        /// The column, or the whole table.
        column: Option<String>,
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
                changes.extend(guard_change(None, table));
                changes.extend(search_changes(None, table));
            }
            Some(before) => changes.extend(table_changes(before, table)),
        }
    }
    for table in &old.tables {
        if new.table(&table.name).is_none() {
            changes.push(Change::Retire {
                table: table.name.clone(),
                column: None,
            });
        }
    }
    changes
}

/// The new tables together with what is retired, as the database will have them.
pub fn with_retired(old: &Schema, new: &Schema) -> Schema {
    let mut tables = new.tables.clone();
    for before in &old.tables {
        match tables.iter_mut().find(|table| table.name == before.name) {
            None => tables.push(before.clone()),
            Some(table) => {
                for column in &before.columns {
                    if table.column(&column.name).is_none() {
                        table.columns.push(column.clone());
                    }
                }
            }
        }
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Schema { tables }
}

/// What a person should know before they run the migration, a sentence each.
pub fn cautions(changes: &[Change]) -> Vec<String> {
    changes.iter().filter_map(caution).collect()
}

fn caution(change: &Change) -> Option<String> {
    match change {
        Change::AddColumn { table, column } => {
            let added = table.column(column)?;
            let filled = added.nullable || added.default.is_some();
            (!filled).then(|| {
                format!(
                    "the migration adds the required column `{column}` to `{}`, which works while the table is empty; \
                     for a table with rows give the field a default, or make it optional",
                    table.name
                )
            })
        }
        Change::AddIndex { table, index } if index.unique => Some(format!(
            "the migration makes `{}` unique, which works while no two rows of `{}` agree in it",
            index.name, table.name
        )),
        Change::Retire {
            table,
            column: None,
        } => Some(format!(
            "the table `{table}` is no longer in the schema; it stays in the database with its rows"
        )),
        Change::Retire {
            table,
            column: Some(column),
        } => Some(format!(
            "the column `{column}` of `{table}` is no longer in the schema; it stays in the database with its values"
        )),
        _ => None,
    }
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
            None => changes.push(Change::AddColumn {
                table: new.clone(),
                column: column.name.clone(),
            }),
            Some(before) if before != column => changes.push(refused(
                new,
                &format!("changes its column `{}`", column.name),
            )),
            Some(_) => {}
        }
    }
    for column in &old.columns {
        if new.column(&column.name).is_some() {
            continue;
        }
        if column.nullable || column.default.is_some() {
            changes.push(Change::Retire {
                table: new.name.clone(),
                column: Some(column.name.clone()),
            });
        } else {
            changes.push(refused(
                new,
                &format!(
                    "loses its required column `{}`, which every new row would have to fill",
                    column.name
                ),
            ));
        }
    }
    if old.primary_key != new.primary_key || old.identity != new.identity {
        changes.push(refused(new, "changes its primary key"));
    }
    changes.extend(rule_changes(old, new));
    changes.extend(index_changes(old, new));
    changes.extend(guard_change(Some(old), new));
    changes.extend(search_changes(Some(old), new));
    changes
}

fn search_changes(old: Option<&Table>, new: &Table) -> Vec<Change> {
    let before = old.filter(|old| old.search.is_some());
    if before.and_then(|old| old.search.as_ref()) == new.search.as_ref() {
        return Vec::new();
    }
    let drop = before.map(|old| Change::DropSearch { table: old.clone() });
    let add = new.search.as_ref().map(|_| Change::AddSearch {
        table: new.clone(),
    });
    drop.into_iter().chain(add).collect()
}

fn guard_change(old: Option<&Table>, new: &Table) -> Option<Change> {
    let table = new.clone();
    match (old.is_some_and(|old| old.guarded), new.guarded) {
        (false, true) => Some(Change::Guard { table }),
        (true, false) => Some(Change::Unguard { table }),
        _ => None,
    }
}

fn rule_changes(old: &Table, new: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_new = |column: &str| old.column(column).is_none();
    let checks_differ = new
        .checks
        .iter()
        .any(|check| !is_new(&check.column) && !old.checks.contains(check))
        || old
            .checks
            .iter()
            .any(|check| new.column(&check.column).is_some() && !new.checks.contains(check));
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
            .any(|key| new.column(&key.column).is_some() && !new.foreign_keys.contains(key));
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
        changes.push(Change::AddIndex {
            table: new.clone(),
            index: index.clone(),
        });
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
