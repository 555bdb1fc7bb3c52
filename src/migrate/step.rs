//! One step of a plan: what it does, how it is run, and what a reviewer wants to know of it.

use serde::{Deserialize, Serialize};

use crate::tables::change::{Class, Reversible};

use super::script::{Keep, Mode, ScriptStep};

/// Where in the life of a release a step belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The old release goes on as before.
    Expand,
    /// Rows are filled or rewritten.
    Backfill,
    /// What must hold is proved, and holds from then on.
    Validate,
    /// What only the old release used goes.
    Contract,
}

impl Phase {
    /// As the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Backfill => "backfill",
            Self::Validate => "validate",
            Self::Contract => "contract",
        }
    }
}

/// The strongest lock that a step takes on a table with rows, on `PostgreSQL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// None that anybody waits for.
    None,
    /// Rows, a batch at a time.
    Rows,
    /// Only other changes of the table wait.
    ShareUpdateExclusive,
    /// Writers wait.
    ShareRowExclusive,
    /// Everybody waits, for a moment that does not depend on how many rows there are.
    AccessExclusive,
    /// Everybody waits until every row is read, and what goes is copied.
    AccessExclusiveScan,
    /// Everybody waits until every row is rewritten.
    AccessExclusiveRewrite,
}

/// The order of a plan: what a step needs done has a lower place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// What has to hold before anything is touched.
    Precheck,
    /// Guards that would stand in the way.
    Unguard,
    /// What goes at once, because something takes its name.
    Clear,
    /// Names.
    Rename,
    /// New tables.
    Create,
    /// Rules that go.
    Loosen,
    /// Columns that come, and types.
    Expand,
    /// Values.
    Backfill,
    /// Rules that come.
    Validate,
    /// Indexes that come.
    Index,
    /// References that come.
    Reference,
    /// What goes.
    Contract,
    /// Guards, over the tables as they are now.
    Guard,
}

impl Place {
    fn phase(self) -> Phase {
        match self {
            Self::Precheck | Self::Validate | Self::Reference => Phase::Validate,
            Self::Unguard
            | Self::Guard
            | Self::Rename
            | Self::Create
            | Self::Loosen
            | Self::Expand
            | Self::Index => Phase::Expand,
            Self::Backfill => Phase::Backfill,
            Self::Clear | Self::Contract => Phase::Contract,
        }
    }
}

/// The checks that are part of the transaction of a step.
pub fn under_its_lock(steps: &[Step], at: usize) -> &[Step] {
    let before = &steps[..at];
    let count = before.iter().rev().take_while(|it| !it.locks.is_empty());
    &before[at - count.count()..]
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where in the order.
    pub place: Place,
    /// The table, by its new name.
    pub table: String,
    /// What it does, or, for a check, what must hold; one line.
    pub title: String,
    /// How it is run.
    pub mode: Mode,
    /// How grave it is.
    pub class: Class,
    /// The strongest lock that it takes.
    pub lock: Lock,
    /// The way back from it.
    pub reversible: Reversible,
    /// Tables whose number of rows it must not change.
    pub keeps: Vec<Keep>,
    /// Tables whose indexes, triggers and views outlive it.
    pub carries: Vec<String>,
    /// Of a check: tables that everybody is kept out of until the step after it is committed, which
    /// it belongs to the transaction of.
    pub locks: Vec<String>,
    /// Whether it is a check of the step right before it.
    pub proves_last: bool,
    /// The statements.
    pub sql: String,
}

impl Step {
    /// A step in a transaction, harmless so far.
    pub fn new(
        place: Place,
        table: &str,
        title: impl Into<String>,
        sql: impl Into<String>,
    ) -> Self {
        Self {
            place,
            table: table.to_owned(),
            title: title.into(),
            mode: Mode::Transaction,
            class: Class::Additive,
            lock: Lock::AccessExclusive,
            reversible: Reversible::Exact,
            keeps: Vec::new(),
            carries: Vec::new(),
            locks: Vec::new(),
            proves_last: false,
            sql: sql.into(),
        }
    }

    /// A query that must return no row.
    pub fn check(
        place: Place,
        table: &str,
        title: impl Into<String>,
        sql: impl Into<String>,
    ) -> Self {
        Self {
            mode: Mode::Check,
            lock: Lock::None,
            ..Self::new(place, table, title, sql)
        }
    }

    /// The same check at another place, asked with everybody kept out of its table until the step
    /// after it is committed.
    #[must_use]
    pub fn under_lock(self, place: Place) -> Self {
        Self {
            place,
            locks: vec![self.table.clone()],
            ..self
        }
    }

    /// The same, run in another way.
    #[must_use]
    pub fn run(self, mode: Mode, lock: Lock) -> Self {
        Self { mode, lock, ..self }
    }

    /// The same, as grave as this.
    #[must_use]
    pub fn grave(self, class: Class, reversible: Reversible) -> Self {
        Self {
            class,
            reversible,
            ..self
        }
    }

    /// Where in the life of a release it belongs.
    pub fn phase(&self) -> Phase {
        match self.mode {
            Mode::Batches => Phase::Backfill,
            Mode::Check | Mode::Transaction | Mode::Autocommit => self.place.phase(),
        }
    }

    /// As the script writes it.
    pub fn script(&self) -> ScriptStep {
        ScriptStep {
            mode: self.mode,
            title: self.title.clone(),
            keeps: self.keeps.clone(),
            carries: self.carries.clone(),
            locks: self.locks.clone(),
            sql: self.sql.clone(),
        }
    }
}
