//! The plan for SQLite: in place what can be done in place, everything else of a table by
//! one rebuild, as its manual describes it.
//!
//! The runner turns foreign keys off before the transaction begins; inside of one that does
//! nothing, and dropping the old table would then delete the rows that refer to it.

use crate::dialect::{self, Dialect, quoted};
use crate::tables::change::{self, Change, Class, Reversible};
use crate::tables::delta::{Delta, Pair, Source};
use crate::tables::{Table, diff};

use super::checks;
use super::script::Keep;
use super::step::{Lock, Place, Step};
use super::values::Values;

/// The steps, in no order yet.
pub fn steps(dialect: &dyn Dialect, delta: &Delta, stash: &str) -> Vec<Step> {
    let mut steps = super::names::of_tables(delta);
    for table in diff::creation_order(&delta.created) {
        steps.push(create(dialect, table));
    }
    for pair in &delta.pairs {
        let changes = change::of_pair(pair, delta);
        steps.extend(checks::before(
            dialect,
            delta,
            pair,
            &changes,
            &super::stash_name(stash, pair),
        ));
        if !changes.iter().any(Change::is_physical) {
            continue;
        }
        let worst = changes
            .iter()
            .map(Change::class)
            .max()
            .unwrap_or(Class::Additive);
        let back = changes
            .iter()
            .map(Change::reversible)
            .max()
            .unwrap_or(Reversible::Exact);
        if is_in_place(pair, &changes) {
            steps.extend(in_place(dialect, pair, &changes));
        } else {
            // Before the rebuild: it carries every index that is there when it begins.
            steps.extend(changes.iter().filter_map(|it| forget_index(pair, it)));
            let mut step = rebuild(dialect, delta, pair, stash);
            (step.class, step.reversible) = (worst, back);
            steps.push(step);
        }
    }
    for table in &delta.dropped {
        steps.push(
            Step::new(
                Place::Contract,
                &table.name,
                format!("Drops `{}` with all its rows.", table.name),
                format!("drop table {};\n", quoted(&table.name)),
            )
            .grave(Class::Destructive, Reversible::No),
        );
    }
    // Everything is one transaction of a file that nobody else can write to meanwhile.
    for step in &mut steps {
        step.lock = Lock::None;
    }
    steps
}

fn create(dialect: &dyn Dialect, table: &Table) -> Step {
    let mut sql = dialect::create_table(dialect, table);
    for index in &table.indexes {
        sql.push_str(&dialect::create_index(dialect, table, index));
    }
    Step::new(
        Place::Create,
        &table.name,
        format!("Creates `{}`.", table.name),
        sql,
    )
    .grave(Class::Additive, Reversible::Lossy)
}

/// Whether a table is made anew, and its triggers with it.
pub fn is_rebuilt(delta: &Delta, pair: &Pair) -> bool {
    let changes = change::of_pair(pair, delta);
    changes.iter().any(Change::is_physical) && !is_in_place(pair, &changes)
}

/// Whether every change of a table is one that `alter table` can make.
fn is_in_place(pair: &Pair, changes: &[Change]) -> bool {
    changes.iter().all(|change| match change {
        Change::RenameTable { .. }
        | Change::RetireTable { .. }
        | Change::RetireColumn { .. }
        | Change::Guard { .. }
        | Change::Unguard { .. }
        | Change::AddSearch { .. }
        | Change::DropSearch { .. }
        | Change::AddIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. } => true,
        Change::AddColumn {
            table: _,
            column,
            fill,
        } => {
            let is_plain =
                fill.is_none() && matches!(source(pair, &column.name), Some(Source::New { .. }));
            let is_key = pair.new.key_of(&column.name).is_some();
            // Rows that are there get the default; a reference may only be null in them.
            is_plain
                && (column.nullable || column.default.is_some())
                && !(is_key && column.default.is_some())
        }
        Change::RenameColumn { from, to, .. } => {
            // A rule's name is made of the column's, and only a rebuild gives it a new one.
            pair.old.check_of(from).is_none()
                && pair.old.key_of(from).is_none()
                && pair.new.check_of(to).is_none()
                && pair.new.key_of(to).is_none()
                && pair.old.column(to).is_none()
        }
        _ => false,
    })
}

fn source<'a>(pair: &'a Pair, column: &str) -> Option<&'a Source> {
    let mut columns = pair.columns.iter();
    columns.find(|it| it.name == column).map(|it| &it.source)
}

fn in_place(dialect: &dyn Dialect, pair: &Pair, changes: &[Change]) -> Vec<Step> {
    let table = &pair.new;
    let mut steps = Vec::new();
    for change in changes {
        let (place, title, sql) = match change {
            Change::AddColumn { column, .. } => (
                Place::Expand,
                format!("Adds `{}` to `{}`.", column.name, table.name),
                dialect::add_column(dialect, table, column),
            ),
            Change::RenameColumn { from, to, .. } => (
                Place::Rename,
                format!("Renames `{from}` of `{}` to `{to}`.", table.name),
                format!(
                    "alter table {} rename column {} to {};\n",
                    quoted(&table.name),
                    quoted(from),
                    quoted(to)
                ),
            ),
            Change::AddIndex { index, .. } => (
                Place::Index,
                format!("Makes `{}`.", index.name),
                dialect::create_index(dialect, table, index),
            ),
            Change::DropIndex { index, .. } => (
                Place::Loosen,
                format!("Drops `{}`.", index.name),
                dialect::drop_index(index),
            ),
            Change::RenameIndex { from, to, .. } => (
                Place::Index,
                format!("Makes `{}` of `{}`.", to.name, from.name),
                format!(
                    "{}{}",
                    dialect::drop_index(from),
                    dialect::create_index(dialect, table, to)
                ),
            ),
            _ => continue,
        };
        let step = Step::new(place, &table.name, title, sql);
        steps.push(step.grave(change.class(), change.reversible()));
    }
    steps
}

/// Lets go of an index that is not wanted, or not under its old name.
fn forget_index(pair: &Pair, change: &Change) -> Option<Step> {
    let (Change::DropIndex { index, .. } | Change::RenameIndex { from: index, .. }) = change else {
        return None;
    };
    let title = format!("Drops `{}`.", index.name);
    let step = Step::new(
        Place::Loosen,
        &pair.new.name,
        title,
        dialect::drop_index(index),
    );
    Some(step.grave(change.class(), change.reversible()))
}

/// One rebuild for all changes of a table: a new table, the old rows, the old name.
fn rebuild(dialect: &dyn Dialect, delta: &Delta, pair: &Pair, stash: &str) -> Step {
    let name = &pair.new.name;
    // Tables have their new names by now, columns still their old ones.
    let renamed = Pair {
        old: Table {
            name: name.clone(),
            ..pair.old.clone()
        },
        ..pair.clone()
    };
    let interim = format!("svcgen_new_{name}");
    let stash = super::stash_name(stash, pair);
    let (values, from) = Values::of(dialect, &renamed, &stash).select();
    let columns: Vec<&str> = pair.new.columns.iter().map(|it| it.name.as_str()).collect();
    let mut sql = String::new();
    if !pair.stashed.is_empty() {
        sql.push_str(&super::keep_in_stash(&renamed, &stash));
    }
    sql.push_str(&dialect::create_table(
        dialect,
        &Table {
            name: interim.clone(),
            ..pair.new.clone()
        },
    ));
    sql.extend([format!(
        "insert into {} ({})\nselect {}\nfrom {from};\n",
        quoted(&interim),
        dialect::columns(&columns),
        values.join(", "),
    )]);
    if pair.new.identity {
        // Ids of rows that are gone must not be given out again.
        sql.extend([format!(
            "delete from sqlite_sequence where name = '{interim}';\n\
             insert into sqlite_sequence (name, seq) select '{interim}', seq from sqlite_sequence where name = '{name}';\n"
        )]);
    }
    sql.extend([format!(
        "drop table {old};\nalter table {} rename to {old};\n",
        quoted(&interim),
        old = quoted(name)
    )]);
    for index in &pair.new.indexes {
        sql.push_str(&dialect::create_index(dialect, &pair.new, index));
    }
    let mut step = Step::new(Place::Expand, name, format!("Rebuilds `{name}`."), sql);
    step.keeps.push(Keep::of(name));
    step.keeps
        .extend(referrers(delta, name).into_iter().map(|it| Keep::of(&it)));
    step.carries.push(name.clone());
    step
}

/// The tables that refer to this one, by their new names: a rebuild gone wrong loses their rows.
fn referrers(delta: &Delta, table: &str) -> Vec<String> {
    let refers = |it: &Table| it.foreign_keys.iter().any(|key| key.table == table);
    let mut names: Vec<String> = delta
        .pairs
        .iter()
        .filter(|pair| pair.new.name != table && refers(&pair.new))
        .map(|pair| pair.new.name.clone())
        .collect();
    names.sort();
    names
}
