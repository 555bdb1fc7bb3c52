//! Guards: what lets rows of a table leave only through its archive.
//!
//! A guard is written over the columns of its table and of the archive, so it is taken away
//! before any of them changes, and put back when everything else is done.

use crate::dialect::Dialect;
use crate::tables::build::archive_name;
use crate::tables::change::{Class, Reversible};
use crate::tables::delta::{Delta, Pair};
use crate::tables::{Table, TableKind};

use super::script::Mode;
use super::sqlite;
use super::step::{Lock, Place, Step};

/// The steps that take guards away and put them back.
pub fn steps(dialect: &dyn Dialect, delta: &Delta) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut kept: Vec<&Table> = Vec::new();
    for pair in &delta.pairs {
        let stays = pair.old.guarded && pair.new.guarded && !is_touched(dialect, delta, pair);
        if pair.old.guarded && !stays {
            steps.push(unguard(dialect, &pair.old));
        }
        if pair.new.guarded && !stays {
            kept.push(&pair.new);
        }
    }
    // The guard of a table that goes speaks of the archive that stays, which may change before.
    if dialect.name() == "sqlite" {
        let gone = delta.dropped.iter().filter(|it| it.guarded);
        steps.extend(gone.map(|table| unguard(dialect, table)));
    }
    let created: Vec<&Table> = delta.created.iter().filter(|it| it.guarded).collect();
    if dialect.name() == "sqlite" {
        // A step of its own for each can be proved without the others.
        steps.extend(kept.iter().filter_map(|it| guard(dialect, &[*it], delta)));
        steps.extend(guard(dialect, &created, delta));
    } else {
        // All of them are one function's.
        steps.extend(guard(dialect, &[kept, created].concat(), delta));
    }
    steps
}

/// The step that puts these guards back, if there are any.
fn guard(dialect: &dyn Dialect, tables: &[&Table], delta: &Delta) -> Option<Step> {
    let first = tables.first()?;
    let all_new = tables.iter().all(|it| delta.created.contains(it));
    let lock = if all_new {
        Lock::None
    } else {
        Lock::ShareRowExclusive
    };
    let mut sql = dialect.before_guards().to_owned();
    for table in tables {
        sql.push_str(&dialect.guard(table));
    }
    let title = match tables {
        [one] => format!(
            "Lets rows of `{}` leave only through the archive.",
            one.name
        ),
        several => format!(
            "Lets rows of {} tables leave only through the archive.",
            several.len()
        ),
    };
    let step = Step::new(Place::Guard, &first.name, title, sql).run(Mode::Transaction, lock);
    Some(step.grave(Class::Widening, Reversible::Exact))
}

fn unguard(dialect: &dyn Dialect, table: &Table) -> Step {
    let title = format!("Lets rows of `{}` be deleted.", table.name);
    Step::new(Place::Unguard, &table.name, title, dialect.unguard(table))
        .grave(Class::Widening, Reversible::Exact)
}

/// Whether the text of a guard would be another, or the migration touches what it speaks of.
fn is_touched(dialect: &dyn Dialect, delta: &Delta, pair: &Pair) -> bool {
    if dialect.guard(&pair.old) != dialect.guard(&pair.new) {
        return true;
    }
    let archive = archive_name(&pair.new.name);
    let is_of = |it: &&Pair| it.new.name == archive && it.new.kind == TableKind::Archive;
    let archive = delta.pairs.iter().find(is_of);
    // Only SQLite rebuilds tables, under a guard that speaks of them.
    dialect.name() == "sqlite"
        && [Some(pair), archive]
            .into_iter()
            .flatten()
            .any(|it| sqlite::is_rebuilt(delta, it))
}
