//! Migrations: from the changes of the tables to steps that keep every row, proved before
//! they are written. Knows tables and dialects; has never heard of the disk or of YAML.
//!
//! # On the disk
//!
//! ```text
//! migrations/
//!   svcgen.sum                    one line a migration, each chained to the one before
//!   0002_add_phone_to_authors/
//!     plan.json                   what changes, and each step with its class, phase, lock …
//!     tables.json                 what it changes of the tables that are remembered
//!     sqlite.sql                  the steps for SQLite
//!     sqlite.down.sql             the steps back
//!     postgres.sql                the steps for PostgreSQL
//!     postgres.down.sql           the steps back
//! ```
//!
//! A number stands in front, because a date would make two runs differ. Two branches that
//! both add a migration both add a line at the end of `svcgen.sum`, and change its head: git
//! reports a conflict, on purpose, and `svcgen migrate merge` plans one on top of the other.
//! The formats of the SQL files and of the sum are in [`script`] and [`sum`].

mod checks;
pub mod folder;
mod guards;
pub mod json;
pub mod lint;
mod names;
mod postgres;
pub mod record;
mod references;
pub mod script;
mod search;
mod sqlite;
pub mod step;
pub mod sum;
mod title;
mod values;
pub mod verify;

use crate::dialect::{self, Dialect, quoted};
use crate::tables::delta::{self, Delta, Pair};

pub use folder::{Migration, next_number};
use step::Step;

/// Which way a migration is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the old tables to the new.
    There,
    /// From the new tables to the old.
    Back,
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::There => "on the way there",
            Self::Back => "on the way back",
        })
    }
}

/// A migration for one database, there and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The database.
    pub dialect: &'static str,
    /// The steps there, in order.
    pub up: Vec<Step>,
    /// The steps back, in order.
    pub down: Vec<Step>,
}

impl Plan {
    /// The plan of a migration.
    pub fn of(dialect: &dyn Dialect, delta: &Delta, id: &str) -> Self {
        let back = delta.reversed();
        let mut down = steps(dialect, &back, id, Way::Back);
        down.extend(forget_stashes(delta, id));
        let mut up = checks::letting_go(dialect, delta);
        up.extend(steps(dialect, delta, id, Way::There));
        Self {
            dialect: dialect.name(),
            up,
            down,
        }
    }

    /// The text of the way there.
    pub fn up_text(&self) -> String {
        text(&self.up)
    }

    /// The text of the way back.
    pub fn down_text(&self) -> String {
        text(&self.down)
    }
}

fn text(steps: &[Step]) -> String {
    let steps: Vec<_> = steps.iter().map(Step::script).collect();
    script::write(&steps)
}

/// The steps for one database, in order: what one needs done comes before it, and what is
/// done at the same place keeps the order of the tables.
fn steps(dialect: &dyn Dialect, delta: &Delta, id: &str, way: Way) -> Vec<Step> {
    let mut steps = match dialect.name() {
        "sqlite" => sqlite::steps(dialect, delta, id),
        _ => postgres::steps(dialect, delta, id, way),
    };
    steps.extend(search::steps(dialect, delta));
    steps.extend(guards::steps(dialect, delta));
    steps.extend(references::steps(delta));
    steps.sort_by_key(|step| step.place);
    if dialect.name() == "postgres" {
        steps = postgres::after::proved(steps);
    }
    steps
}

/// The table that keeps what a migration drops of another table. Of the two names of a table
/// that is renamed it takes the lesser, which is the same on the way there and back.
pub fn stash_name(id: &str, pair: &Pair) -> String {
    let number = id.split('_').next().unwrap_or(id);
    let table = pair.old.name.as_str().min(pair.new.name.as_str());
    delta::stash_name(number, table)
}

/// Copies the columns that go, with the key, to a table of their own.
fn keep_in_stash(pair: &Pair, stash: &str) -> String {
    let all: Vec<&String> = pair.old.primary_key.iter().chain(&pair.stashed).collect();
    format!(
        "create table {} as select {} from {};\n",
        quoted(stash),
        dialect::columns(&all),
        quoted(&pair.old.name)
    )
}

/// What the way there copied away has come back by now.
fn forget_stashes(delta: &Delta, id: &str) -> Vec<Step> {
    let stashed = delta.pairs.iter().filter(|pair| !pair.stashed.is_empty());
    stashed
        .map(|pair| {
            let stash = stash_name(id, pair);
            Step::new(
                step::Place::Contract,
                &pair.old.name,
                format!("Drops the copy `{stash}`, whose values are back."),
                format!("drop table {};\n", quoted(&stash)),
            )
            .run(script::Mode::Transaction, step::Lock::None)
        })
        .collect()
}
