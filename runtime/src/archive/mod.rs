//! The archive: removed records, read and restored.
//!
//! Knows what a restore must find out and do, and in which order; what the
//! statements are is the generated code's. Every statement takes the batch as
//! `$1` and a record of the archive, or null for all of the batch, as `$2`.

mod conflict;
mod entry;
mod request;
mod restorability;
mod restore;

pub use entry::{Entry, columns, table};
pub use request::{ByRecord, Overrides, Reading, note_listing, note_reading};
pub use restorability::Restorability;
pub use restore::{Restored, RestoredRecord};

use crate::db::{Engine, Sql, Value};
use crate::hooks::InsideById;
use crate::input::Violations;

/// Everything of a service that can be restored.
#[derive(Debug)]
pub struct Archives {
    /// The archives of its records, each after those that its records refer to.
    pub records: &'static [&'static Archive],
    /// What ties restored records to each other, and to what was detached from them.
    pub ties: &'static [Tie],
}

/// The archive of one kind of record.
#[derive(Debug)]
pub struct Archive {
    /// The table of the live records.
    pub table: &'static str,
    /// What one of them is called.
    pub sentence: &'static str,
    /// Finds one archived record.
    pub find: &'static Sql,
    /// Finds the batch of the archived record `$1`, and holds it.
    pub batch: &'static Sql,
    /// Holds the archived records of the batch `$1`, and gives their ids.
    pub hold: &'static Sql,
    /// Tells what stands in the way. From `$3` on come pairs: whether a value is overridden, and by what.
    pub conflicts: &'static Sql,
    /// Makes the live records, with the same pairs, and gives their ids.
    pub restore: &'static Sql,
    /// Ends the archived records.
    pub forget: &'static Sql,
    /// Writes other values over the archived record `$2`, with the same pairs as
    /// [`Archive::restore`]; it is then as if it were removed under the schema of today.
    pub amend: &'static Sql,
    /// The pairs of what a request has for one record.
    pub read: fn(serde_json::Value) -> Result<Vec<Value>, Violations>,
    /// How many pairs there are.
    pub overrides: usize,
    /// Which of them are references to records that may be restored only later.
    pub late: &'static [usize],
    /// Sets those references again.
    pub refer: Option<&'static Sql>,
    /// Moves the sequence of ids beyond the restored ones, on PostgreSQL.
    pub sequence: Option<&'static Sql>,
    /// What a service adds.
    pub inside: InsideById,
}

/// Ties that a removal cut, and that a restore ties again once both ends are live.
#[derive(Debug)]
pub struct Tie {
    /// What it changes of the records that show it and were there all the time; `$1` is the batch.
    pub touches: &'static [&'static Sql],
    /// Ties them again; `$1` is the batch.
    pub tie: &'static Sql,
    /// Ends what remembered them.
    pub forget: &'static Sql,
}

impl Tie {
    fn statements(&self) -> impl Iterator<Item = &'static Sql> {
        let touches = self.touches.iter().copied();
        touches.chain([self.tie, self.forget])
    }
}

impl Archive {
    /// Every statement, for the test that prepares them.
    pub fn statements(&self, engine: Engine) -> Vec<&'static Sql> {
        let mut all = vec![
            self.find,
            self.batch,
            self.hold,
            self.conflicts,
            self.restore,
            self.forget,
            self.amend,
        ];
        all.extend(self.refer);
        all.extend(self.sequence.filter(|_| engine == Engine::Postgres));
        all
    }
}

impl Archives {
    /// Every statement, for the test that prepares them.
    pub fn statements(&self, engine: Engine) -> Vec<&'static Sql> {
        let records = self.records.iter().flat_map(|it| it.statements(engine));
        let ties = self.ties.iter().flat_map(Tie::statements);
        records.chain(ties).collect()
    }
}
