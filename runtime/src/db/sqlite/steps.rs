//! Several statements as one job of the writer: nobody waits between them, and they share
//! their commit with whatever else waits.

use std::time::{Duration, Instant};

use super::job::{Outcome, Reply, Write, guarded, panicked};
use super::statement::{Failure, Statements};
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, Row, Value};

/// One statement among several.
pub(crate) struct Step {
    pub(crate) text: Text,
    pub(crate) values: Vec<Value>,
    pub(crate) wants: Wants,
}

/// What a step's rows mean for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// It writes as many as there are.
    Anything,
    /// It reads, and without a row there is nothing to do.
    SomeRow,
    /// It reads, and a row is something that refers to what shall go.
    NoRow,
    /// It writes as many as the step of this number did.
    AsMany(usize),
}

/// Steps on their way to the writer and back. The answer is whether there was anything to do.
pub(super) struct StepsJob {
    pub(super) steps: Vec<Step>,
    pub(super) reply: Reply<bool>,
    pub(super) since: Instant,
    pub(super) kept: Option<Result<bool, DbError>>,
}

impl StepsJob {
    fn run_all(&self, statements: &mut Statements<'_>) -> Result<bool, Failure> {
        let mut counts = Vec::with_capacity(self.steps.len());
        let mut wrote = false;
        for step in &self.steps {
            let count = statements
                .write::<Count>(&step.text, &step.values)
                .map_err(|failure| match failure {
                    // What the steps before it wrote is still there.
                    Failure::Undone(error) if wrote => Failure::Kept(error),
                    failure => failure,
                })?;
            match step.wants {
                Wants::Anything => wrote |= count > 0,
                Wants::SomeRow if count == 0 => return Ok(false),
                Wants::NoRow if count > 0 => {
                    return Err(Failure::Undone(DbError::ForeignKey {
                        constraint: None,
                        table: None,
                    }));
                }
                Wants::SomeRow | Wants::NoRow => {}
                Wants::AsMany(other) => {
                    wrote |= count > 0;
                    if counts.get(other) != Some(&count) {
                        return Err(Failure::Kept(DbError::other(format!(
                            "{count} rows would go, and {:?} are kept: {}",
                            counts.get(other),
                            step.text.as_str()
                        ))));
                    }
                }
            }
            counts.push(count);
        }
        Ok(true)
    }
}

impl Write for StepsJob {
    fn run(&mut self, statements: &mut Statements<'_>) -> Outcome {
        let result = guarded(
            || self.run_all(statements),
            |panic| Err(Failure::Kept(panicked(panic))),
        );
        let outcome = match &result {
            Ok(_) => Outcome::Done,
            Err(Failure::Undone(_)) => Outcome::Undone,
            Err(Failure::Kept(_)) => Outcome::MustUndo,
        };
        self.kept = Some(result.map_err(Failure::into_error));
        outcome
    }

    fn is_stale(&self, limit: Duration) -> bool {
        self.reply.is_closed() || self.since.elapsed() > limit
    }

    fn answer(self: Box<Self>) {
        let kept = self
            .kept
            .unwrap_or_else(|| Err(DbError::other("the statements did not run")));
        let _ = self.reply.send(kept);
    }

    fn fail(self: Box<Self>, error: DbError) {
        let _ = self.reply.send(Err(error));
    }
}

/// How many rows a statement read, or else wrote.
#[derive(Default)]
struct Count(u64);

impl Collect for Count {
    type Output = u64;

    fn take(&mut self, _row: &Row<'_>) -> Result<(), DbError> {
        self.0 += 1;
        Ok(())
    }

    fn is_open(&self) -> bool {
        true
    }

    fn finish(self, affected: u64) -> Result<u64, DbError> {
        Ok(self.0.max(affected))
    }
}
