//! The removal of a record with all that goes with it.
//!
//! Knows the order in which statements must run so that nothing is lost; what
//! the statements are is the generated code's. On SQLite the writer runs them one after
//! the other, on PostgreSQL one statement does everything. An interactive transaction is
//! held for a hook that runs in it, for many rows, on PostgreSQL for records that take their
//! own kind along, and when somebody else was faster.

mod batch;
mod preview;
mod run;

pub use batch::Batch;
pub use preview::{Effect, Preview};

use crate::Error;
use crate::db::{Engine, Migration, Sql};
use crate::hooks::InsideById;
use crate::http::Removal as Request;

/// What the removal of one kind of record takes along. `$1` is the record's id in every statement.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of what is removed"
)]
pub struct Removal {
    /// The table of the record.
    pub table: &'static str,
    /// Whether `$2` of [`Removal::root`] is the version that the record must have.
    pub versioned: bool,
    /// Whether any row goes into an archive.
    pub archives: bool,
    /// Whether records take records of their own kind along.
    pub is_tree: bool,
    /// Whether more than the record and its links can be touched.
    pub reaches: bool,
    /// The number of the schema that archived rows are of.
    pub schema: i64,
    /// Finds the record, and holds it in a transaction.
    pub root: &'static Sql,
    /// Counts what would happen.
    pub preview: &'static Sql,
    /// The records that go along, from the top down.
    pub along: &'static [Along],
    /// How it goes on SQLite.
    pub sqlite: Option<Steps>,
    /// How it goes on PostgreSQL.
    pub postgres: Option<Whole>,
}

/// Records of one kind that go along with the one that is removed.
#[derive(Debug)]
pub struct Along {
    /// Their table.
    pub table: &'static str,
    /// Their ids; holds them in a transaction.
    pub ids: &'static Sql,
    /// What a service adds to the removal of each.
    pub rules: &'static Rules,
}

/// What a service adds to the removal of a record that goes along with another.
#[derive(Debug)]
pub struct Rules {
    /// Whether it adds anything.
    pub are_written: fn() -> bool,
    /// Runs in the transaction, before the record goes.
    pub inside: InsideById,
}

/// The statements of a removal on SQLite.
#[derive(Debug)]
pub struct Steps {
    /// Finds out whether anything keeps the record.
    pub restricted: Option<&'static Sql>,
    /// Copies into the archives: `$2` the batch, `$3` who, `$4` why, `$5` the request, `$6` the
    /// schema, `$7` the id as text, `$8` when.
    pub copies: &'static [&'static Sql],
    /// Remembers references; `$2` is the batch.
    pub remembered: &'static [&'static Sql],
    /// Cuts references.
    pub cuts: &'static [&'static Sql],
    /// The ends of the rows, children first.
    pub ends: &'static [End],
}

/// The end of the rows of one table.
#[derive(Debug)]
pub struct End {
    /// The deletion.
    pub delete: &'static Sql,
    /// Which of the copies has the rows.
    pub copy: Option<usize>,
}

/// The statements of a removal on PostgreSQL.
#[derive(Debug)]
pub struct Whole {
    /// Does everything, and counts the records that went. After the id, and the version where
    /// there is one: the batch, who, why, the request, the schema, the id as text.
    pub statement: &'static Sql,
    /// How many of these it takes after the id and the version.
    pub takes: usize,
}

impl Removal {
    /// Every statement of an engine, for the test that prepares them.
    pub fn statements(&self, engine: Engine) -> Vec<&'static Sql> {
        let mut all = vec![self.root, self.preview];
        all.extend(self.along.iter().map(|it| it.ids));
        match (engine, &self.sqlite, &self.postgres) {
            (Engine::Sqlite, Some(steps), _) => {
                all.extend(steps.restricted);
                all.extend(steps.copies);
                all.extend(steps.remembered);
                all.extend(steps.cuts);
                all.extend(steps.ends.iter().map(|end| end.delete));
            }
            (Engine::Postgres, _, Some(whole)) => {
                all.push(whole.statement);
            }
            _ => {}
        }
        all
    }
}

/// The number of the last of these migrations: which columns an archived row can have.
pub const fn schema_number(migrations: &[Migration]) -> i64 {
    if migrations.is_empty() {
        return 0;
    }
    let id = migrations[migrations.len() - 1].id.as_bytes();
    let mut number: i64 = 0;
    let mut at = 0;
    while at < id.len() && id[at].is_ascii_digit() && at < 18 {
        number = number * 10 + (id[at] - b'0') as i64;
        at += 1;
    }
    number
}

impl Request {
    /// Refuses a removal that does not say why.
    pub fn require_reason(&self) -> Result<(), Error> {
        match self.reason {
            Some(_) => Ok(()),
            None => Err(Error::bad_request(
                "REASON_REQUIRED",
                "Say why: `?reason=…` is kept with the record in the archive.",
            )),
        }
    }
}
