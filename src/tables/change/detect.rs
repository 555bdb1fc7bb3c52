//! The changes between matched tables, one by one.

use super::super::delta::{Delta, Pair, Source};
use super::super::{Column, Index, convert, diff, rules};
use super::{Change, Fit};

/// The changes of a delta.
pub fn of(delta: &Delta) -> Vec<Change> {
    let mut changes: Vec<Change> = delta
        .created
        .iter()
        .cloned()
        .map(Change::CreateTable)
        .collect();
    let (stashed, pairs): (Vec<&Pair>, Vec<&Pair>) = delta.pairs.iter().partition(|it| it.is_stash);
    for pair in pairs {
        changes.extend(of_pair(pair, delta));
    }
    changes.extend(stashed.into_iter().map(|pair| Change::DropTable {
        table: pair.old.clone(),
        stash: Some(pair.new.name.clone()),
    }));
    changes.extend(
        delta
            .dropped
            .iter()
            .cloned()
            .map(|table| Change::DropTable { table, stash: None }),
    );
    changes
}

/// The changes of one table.
pub fn of_pair(pair: &Pair, delta: &Delta) -> Vec<Change> {
    let mut changes = Vec::new();
    let table = &pair.new.name;
    if pair.old.name != pair.new.name {
        changes.push(Change::RenameTable {
            from: pair.old.name.clone(),
            to: table.clone(),
        });
    }
    if pair.new.past.retired && !pair.old.past.retired {
        changes.push(Change::RetireTable {
            table: table.clone(),
        });
    }
    if key_under_new_names(pair).as_ref() != Some(&pair.new.primary_key) {
        changes.push(Change::ChangeKey {
            table: table.clone(),
            columns: pair.new.primary_key.clone(),
        });
    }
    for column in &pair.new.columns {
        of_column(pair, column, &mut changes);
    }
    for column in &pair.old.columns {
        if pair.new_of(&column.name).is_none() {
            changes.push(Change::DropColumn {
                table: table.clone(),
                column: column.clone(),
                stash: pair.stashed.contains(&column.name),
            });
        }
    }
    of_checks(pair, &mut changes);
    of_keys(pair, delta, &mut changes);
    of_indexes(pair, &mut changes);
    let table = table.clone();
    if pair.old.search != pair.new.search {
        let table = || table.clone();
        let ends = pair.old.search.as_ref();
        changes.extend(ends.map(|_| Change::DropSearch { table: table() }));
        let begins = pair.new.search.as_ref();
        changes.extend(begins.map(|_| Change::AddSearch { table: table() }));
    }
    match (pair.old.guarded, pair.new.guarded) {
        (false, true) => changes.push(Change::Guard { table }),
        (true, false) => changes.push(Change::Unguard { table }),
        _ => {}
    }
    changes
}

/// The columns that told rows apart, as they are called now, if all of them are still there.
fn key_under_new_names(pair: &Pair) -> Option<Vec<String>> {
    let columns = pair.old.primary_key.iter();
    columns
        .map(|it| pair.new_of(it).map(str::to_owned))
        .collect()
}

fn of_column(pair: &Pair, column: &Column, changes: &mut Vec<Change>) {
    let table = pair.new.name.clone();
    let name = column.name.clone();
    let Some(source) = pair.columns.iter().find(|it| it.name == column.name) else {
        return;
    };
    let (values, fill) = match &source.source {
        Source::New { fill } => {
            return changes.push(Change::AddColumn {
                table,
                column: column.clone(),
                fill: fill.clone(),
            });
        }
        Source::Stash { .. } => {
            return changes.push(Change::AddColumn {
                table,
                column: column.clone(),
                fill: None,
            });
        }
        Source::Converted { name: from } => {
            changes.push(Change::AddColumn {
                table: table.clone(),
                column: column.clone(),
                fill: None,
            });
            return changes.push(Change::Convert {
                table,
                column: name,
                from: from.clone(),
            });
        }
        Source::Column { values, fill, .. } => (values, fill),
    };
    let Some(before) = pair.old_of(&column.name) else {
        return;
    };
    if before.name != column.name {
        changes.push(Change::RenameColumn {
            table: table.clone(),
            from: before.name.clone(),
            to: name.clone(),
        });
    }
    if column.past.retired && !before.past.retired && !pair.new.past.retired {
        changes.push(Change::RetireColumn {
            table: table.clone(),
            column: name.clone(),
        });
    }
    if before.ty != column.ty {
        changes.push(Change::ChangeType {
            table: table.clone(),
            column: name.clone(),
            from: before.ty,
            to: column.ty,
            fit: convert::fit(before.ty, column.ty).unwrap_or(Fit::Lossy),
        });
    }
    if !values.is_empty() {
        changes.push(Change::RenameValues {
            table: table.clone(),
            column: name.clone(),
            values: values.clone(),
        });
    }
    if before.default != column.default {
        changes.push(Change::ChangeDefault {
            table: table.clone(),
            column: name.clone(),
            from: before.default.clone(),
            to: column.default.clone(),
        });
    }
    match (before.nullable, column.nullable) {
        (false, true) => changes.push(Change::Relax {
            table,
            column: name,
        }),
        (true, false) => changes.push(Change::Require {
            table,
            column: name,
            fill: fill.clone(),
        }),
        _ => {}
    }
}

fn of_checks(pair: &Pair, changes: &mut Vec<Change>) {
    let table = &pair.new.name;
    for check in &pair.new.checks {
        let before_column = pair.old_of(&check.column);
        let Some(before_column) = before_column else {
            // A new column brings its rules along.
            continue;
        };
        let before = pair.old.check_of(&before_column.name);
        let retyped = pair
            .new
            .column(&check.column)
            .is_some_and(|it| it.ty != before_column.ty);
        match before {
            Some(before) if before.rules == check.rules && !retyped => {
                if before.name != check.name {
                    changes.push(Change::RenameConstraint {
                        table: table.clone(),
                        from: before.name.clone(),
                        to: check.name.clone(),
                    });
                }
            }
            _ => changes.push(Change::ChangeCheck {
                table: table.clone(),
                column: check.column.clone(),
                from: before.cloned(),
                to: Some(check.clone()),
                narrows: rules::narrows(
                    &diff::with_values(before, &renames(pair, &check.column)),
                    &check.rules,
                ),
            }),
        }
    }
    for check in &pair.old.checks {
        if let Some(column) = pair.new_of(&check.column)
            && pair.new.check_of(column).is_none()
        {
            changes.push(Change::ChangeCheck {
                table: table.clone(),
                column: column.to_owned(),
                from: Some(check.clone()),
                to: None,
                narrows: false,
            });
        }
    }
}

fn renames(pair: &Pair, column: &str) -> Vec<(String, String)> {
    let source = pair.columns.iter().find(|it| it.name == column);
    match source.map(|it| &it.source) {
        Some(Source::Column { values, .. }) => values.clone(),
        _ => Vec::new(),
    }
}

fn of_keys(pair: &Pair, delta: &Delta, changes: &mut Vec<Change>) {
    let table = &pair.new.name;
    for key in &pair.new.foreign_keys {
        let before_column = pair.old_of(&key.column).map(|it| it.name.as_str());
        let before = before_column.and_then(|it| pair.old.key_of(it));
        match before {
            Some(before) if delta.new_name(&before.table) == key.table => {
                if before.name != key.name {
                    changes.push(Change::RenameConstraint {
                        table: table.clone(),
                        from: before.name.clone(),
                        to: key.name.clone(),
                    });
                }
            }
            _ => changes.push(Change::AddForeignKey {
                table: table.clone(),
                key: key.clone(),
                fresh: before_column.is_none(),
            }),
        }
    }
    for key in &pair.old.foreign_keys {
        let Some(column) = pair.new_of(&key.column) else {
            // It goes with its column.
            continue;
        };
        let still = pair.new.key_of(column);
        if still.is_none_or(|it| it.table != delta.new_name(&key.table)) {
            changes.push(Change::DropForeignKey {
                table: table.clone(),
                key: key.clone(),
            });
        }
    }
}

/// Whether an index under its new names is one that is wanted. The place of nulls is part of
/// an order, where there can be any.
fn same_index(pair: &Pair, carried: &Index, wanted: &Index) -> bool {
    let is_ordered = !wanted.unique && wanted.terms.len() > 1;
    let same_nulls = |column: &str| {
        let now = pair.new.column(column).is_some_and(|it| it.nullable);
        pair.old_of(column).is_some_and(|it| it.nullable) == now
    };
    carried.terms == wanted.terms
        && carried.unique == wanted.unique
        && (!is_ordered || wanted.terms.iter().all(|term| same_nulls(&term.column)))
}

/// An index as it would be if only names had changed.
fn carried(pair: &Pair, index: &Index) -> Option<Index> {
    let mut carried = index.clone();
    for term in &mut carried.terms {
        pair.new_of(&term.column)?.clone_into(&mut term.column);
    }
    Some(carried)
}

fn of_indexes(pair: &Pair, changes: &mut Vec<Change>) {
    let table = &pair.new.name;
    let carried: Vec<(&Index, Option<Index>)> = pair
        .old
        .indexes
        .iter()
        .map(|index| (index, carried(pair, index)))
        .collect();
    let before = |index: &Index| {
        carried
            .iter()
            .find(|(_, it)| it.as_ref().is_some_and(|it| same_index(pair, it, index)))
    };
    for (index, now) in &carried {
        let stays = now.as_ref().is_some_and(|now| {
            let mut new = pair.new.indexes.iter();
            new.any(|it| same_index(pair, now, it))
        });
        if !stays {
            changes.push(Change::DropIndex {
                table: table.clone(),
                index: (*index).clone(),
            });
        }
    }
    for index in &pair.new.indexes {
        match before(index) {
            None => changes.push(Change::AddIndex {
                table: table.clone(),
                index: index.clone(),
            }),
            Some((old, _)) if old.name != index.name => changes.push(Change::RenameIndex {
                table: table.clone(),
                from: (*old).clone(),
                to: index.clone(),
            }),
            Some(_) => {}
        }
    }
}
