//! The plan for PostgreSQL: people are at work meanwhile.
//!
//! No statement holds a lock that others wait for longer than a moment. Rules come as `not valid`, which takes a moment, and are validated
//! after, which lets everybody work; indexes are made concurrently; rows are filled a batch at
//! a time, and once more after the rule is there that keeps new ones right.
//!
//! What cannot be brought back is worth a longer wait. Hours may lie between the checks that come
//! before everything and the step by which something goes, so what protects rows is asked again
//! inside of its transaction, once everybody is kept out; and values that go are copied away there,
//! so that no row is written between the copy and the drop.

pub mod after;
mod columns;
mod enums;
mod filling;
mod leaving;
mod retype;
pub mod search;
mod strangers;

use crate::dialect::{self, Dialect, quoted};
use crate::tables::change::{self, Change, Class, Reversible};
use crate::tables::delta::{Delta, Pair};
use crate::tables::{ForeignKey, Index, Table, TableKind, derived_name, diff};

use super::script::Mode;
use super::step::{Lock, Place, Step};
use super::{Way, checks, names};

/// The steps, in no order yet.
pub fn steps(dialect: &dyn Dialect, delta: &Delta, stash: &str, way: Way) -> Vec<Step> {
    let mut steps = names::of_tables(delta);
    steps.extend(create(dialect, &delta.created));
    for pair in &delta.pairs {
        let changes = change::of_pair(pair, delta);
        let stash = super::stash_name(stash, pair);
        steps.extend(checks::before(dialect, delta, pair, &changes, &stash));
        steps.extend(rename_parts(pair, &changes));
        let of_columns = columns::Columns {
            dialect,
            pair,
            changes: &changes,
            stash: &stash,
            way,
        };
        steps.extend(of_columns.steps());
        for change in &changes {
            steps.extend(of_rest(dialect, pair, change));
        }
    }
    steps.extend(drop(dialect, &delta.dropped, way));
    steps
}

/// The new names of columns, constraints and indexes of one table.
fn rename_parts(pair: &Pair, changes: &[Change]) -> Vec<Step> {
    let table = quoted(&pair.new.name);
    let mut sql = String::new();
    let columns = names::ordered(pair.new.columns.iter().filter_map(|column| {
        let old = pair.old_of(&column.name)?;
        Some((old.name.as_str(), column.name.as_str()))
    }));
    for (from, to) in columns {
        sql.extend([format!(
            "alter table {table} rename column {} to {};\n",
            quoted(&from),
            quoted(&to)
        )]);
    }
    let (old_key, new_key) = (key_name(&pair.old.name), key_name(&pair.new.name));
    if old_key != new_key {
        sql.push_str(&rename_constraint(&table, &old_key, &new_key));
    }
    for change in changes {
        match change {
            Change::RenameConstraint { from, to, .. } => {
                sql.push_str(&rename_constraint(&table, from, to));
            }
            Change::RenameIndex { from, to, .. } => sql.extend([format!(
                "alter index {} rename to {};\n",
                quoted(&from.name),
                quoted(&to.name)
            )]),
            _ => {}
        }
    }
    if sql.is_empty() {
        return Vec::new();
    }
    let title = format!("Gives the parts of `{}` their new names.", pair.new.name);
    let step = Step::new(Place::Rename, &pair.new.name, title, sql);
    vec![step.grave(Class::Widening, Reversible::Exact)]
}

fn rename_constraint(table: &str, from: &str, to: &str) -> String {
    format!(
        "alter table {table} rename constraint {} to {};\n",
        quoted(from),
        quoted(to)
    )
}

/// The name that PostgreSQL itself gives to a primary key: cut where it gets too long.
fn key_name(table: &str) -> String {
    let mut end = table.len().min(58);
    while !table.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_pkey", &table[..end])
}

/// New tables in one transaction, each after those it refers to; where they refer to each
/// other in a circle, the references that close it come last.
fn create(dialect: &dyn Dialect, created: &[Table]) -> Option<Step> {
    let order = diff::creation_order(created);
    let names: Vec<&str> = order.iter().map(|it| it.name.as_str()).collect();
    let mut sql = String::new();
    let mut later: Vec<(&Table, &ForeignKey)> = Vec::new();
    for (index, table) in order.iter().enumerate() {
        let mut now = (*table).clone();
        now.foreign_keys
            .retain(|key| !names[index + 1..].contains(&key.table.as_str()));
        let keys = table.foreign_keys.iter();
        later.extend(
            keys.filter(|key| !now.foreign_keys.contains(key))
                .map(|key| (*table, key)),
        );
        if !sql.is_empty() {
            sql.push('\n');
        }
        sql.push_str(&dialect::create_table(dialect, &now));
        for index in &table.indexes {
            sql.push_str(&dialect::create_index(dialect, table, index));
        }
    }
    for (table, key) in later {
        sql.push_str(&dialect::add_foreign_key(table, key));
    }
    let quoted_names: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    let title = match quoted_names.as_slice() {
        [] => return None,
        [one] => format!("Creates {one}."),
        several => format!("Creates {} tables.", several.len()),
    };
    let refers = created.iter().any(|table| {
        let mut keys = table.foreign_keys.iter();
        keys.any(|key| !names.contains(&key.table.as_str()))
    });
    let lock = if refers {
        Lock::ShareRowExclusive
    } else {
        Lock::None
    };
    let step = Step::new(Place::Create, names[0], title, sql).run(Mode::Transaction, lock);
    Some(step.grave(Class::Additive, Reversible::Lossy))
}

/// References and indexes.
fn of_rest(dialect: &dyn Dialect, pair: &Pair, change: &Change) -> Vec<Step> {
    let table = &pair.new;
    match change {
        Change::DropForeignKey { key, .. } => vec![
            Step::new(
                Place::Loosen,
                &table.name,
                format!("Drops the reference `{}`.", key.name),
                format!(
                    "alter table {} drop constraint if exists {};\n",
                    quoted(&table.name),
                    quoted(&key.name)
                ),
            )
            .grave(Class::Widening, Reversible::Exact),
        ],
        Change::ChangeKey { columns, .. } => change_key(pair, columns, change),
        Change::AddForeignKey { key, .. } => refer(table, key, change),
        Change::AddIndex { index, .. } => make_index(dialect, pair, index, change),
        Change::DropIndex { index, .. } => {
            // What takes its name, or forbids what is allowed from now on, goes first.
            let is_in_the_way =
                index.unique || table.indexes.iter().any(|new| new.name == index.name);
            let place = if is_in_the_way {
                Place::Loosen
            } else {
                Place::Contract
            };
            vec![
                Step::new(
                    place,
                    &table.name,
                    format!("Drops `{}`.", index.name),
                    format!(
                        "drop index concurrently if exists {};\n",
                        quoted(&index.name)
                    ),
                )
                .run(Mode::Autocommit, Lock::ShareUpdateExclusive)
                .grave(Class::Widening, Reversible::Exact),
            ]
        }
        _ => Vec::new(),
    }
}

/// Another primary key, over an index that is made while people work.
fn change_key(pair: &Pair, columns: &[String], change: &Change) -> Vec<Step> {
    let table = &pair.new.name;
    let (name, key) = (quoted(table), quoted(&key_name(table)));
    let index = quoted(&derived_name(&["svcgen", table], "key"));
    let step = |place, title: String, sql| {
        Step::new(place, table, title, sql).grave(change.class(), change.reversible())
    };
    let mut steps = Vec::new();
    if columns.iter().any(|it| pair.old_of(it).is_none()) {
        // A part of the old key that stays may be null from now on. There are no rows yet.
        steps.push(step(
            Place::Loosen,
            format!("Drops the key of `{table}`."),
            format!("alter table {name} drop constraint if exists {key};\n"),
        ));
    }
    let make = format!(
        "drop index concurrently if exists {index};\ncreate unique index concurrently if not exists {index} on {name} ({});\n",
        dialect::columns(columns)
    );
    steps.push(
        step(
            Place::Index,
            format!("Makes the index of the key of `{table}`."),
            make,
        )
        .run(Mode::Autocommit, Lock::ShareUpdateExclusive),
    );
    let take = format!(
        "alter table {name} drop constraint if exists {key},\n    add constraint {key} primary key using index {index};\n"
    );
    let said: Vec<String> = columns.iter().map(|it| format!("`{it}`")).collect();
    let title = format!("Tells rows of `{table}` apart by {}.", said.join(" and "));
    steps.push(step(Place::Index, title, take));
    steps
}

fn refer(table: &Table, key: &ForeignKey, change: &Change) -> Vec<Step> {
    let name = quoted(&table.name);
    let add = format!(
        "alter table {name} add constraint {} foreign key ({}) references {} (id) not valid;\n",
        quoted(&key.name),
        quoted(&key.column),
        quoted(&key.table)
    );
    let validate = format!(
        "alter table {name} validate constraint {};\n",
        quoted(&key.name)
    );
    vec![
        Step::new(
            Place::Reference,
            &table.name,
            format!("Adds the reference `{}`, for new rows.", key.name),
            add,
        )
        .run(Mode::Transaction, Lock::ShareRowExclusive)
        .grave(change.class(), change.reversible()),
        Step::new(
            Place::Reference,
            &table.name,
            format!("Proves the reference `{}` for every row.", key.name),
            validate,
        )
        .run(Mode::Transaction, Lock::ShareUpdateExclusive)
        .grave(change.class(), change.reversible()),
    ]
}

fn make_index(dialect: &dyn Dialect, pair: &Pair, index: &Index, change: &Change) -> Vec<Step> {
    let table = &pair.new;
    let mut steps = Vec::new();
    let all_old = index
        .terms
        .iter()
        .all(|term| pair.old_of(&term.column).is_some());
    if index.unique && !all_old {
        let columns: Vec<String> = index.terms.iter().map(|it| quoted(&it.column)).collect();
        steps.push(checks::duplicates(
            Place::Index,
            pair,
            &columns,
            &quoted(&table.name),
        ));
    }
    let sql = concurrently(dialect, table, index);
    steps.push(
        Step::new(
            Place::Index,
            &table.name,
            format!("Makes `{}`.", index.name),
            sql,
        )
        .run(Mode::Autocommit, Lock::ShareUpdateExclusive)
        .grave(change.class(), change.reversible()),
    );
    steps
}

/// The statements that make an index while people work.
fn concurrently(dialect: &dyn Dialect, table: &Table, index: &Index) -> String {
    let make = dialect::create_index(dialect, table, index);
    // What an interrupted attempt left is invalid, and in the way.
    format!(
        "drop index concurrently if exists {};\n{}",
        quoted(&index.name),
        make.replacen("index ", "index concurrently if not exists ", 1)
    )
}

fn drop(dialect: &dyn Dialect, dropped: &[Table], way: Way) -> Vec<Step> {
    if dropped.is_empty() {
        return Vec::new();
    }
    let is_asked = |it: &&Table| it.kind == TableKind::Archive && way == Way::There;
    let archives = dropped.iter().filter(is_asked);
    let mut steps: Vec<Step> = archives
        .map(|it| checks::may_go(dialect, it).under_lock(Place::Contract))
        .collect();
    let lock = if steps.is_empty() {
        Lock::AccessExclusive
    } else {
        Lock::AccessExclusiveScan
    };
    // References between them go with either; one statement takes them all.
    let names: Vec<String> = dropped.iter().map(|it| quoted(&it.name)).collect();
    let said: Vec<String> = dropped.iter().map(|it| format!("`{}`", it.name)).collect();
    let title = format!("Drops {} with all rows.", said.join(", "));
    let sql = format!("drop table {};\n", names.join(", "));
    let step = Step::new(Place::Contract, &dropped[0].name, title, sql);
    let step = step.run(Mode::Transaction, lock);
    steps.push(step.grave(Class::Destructive, Reversible::No));
    steps
}
