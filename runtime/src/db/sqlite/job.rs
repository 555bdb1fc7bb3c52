//! Work for the database threads: one boxed job for each call, which carries the
//! statement, its values and the way back to the caller.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statement::{Failure, Statements};
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, Value};

/// The way back to the caller.
pub(super) type Reply<T> = oneshot::Sender<Result<T, DbError>>;

/// A job for a reader thread.
pub(super) trait Read: Send {
    /// Runs it and answers; whoever has stopped waiting is not served.
    fn run(self: Box<Self>, statements: &mut Statements<'_>);
    /// Since when it waits, if it may run in a transaction beside others.
    fn shares_since(&self) -> Option<Instant> {
        None
    }
}

/// A job for the writer thread. It can run more than once before it is answered,
/// because a group that cannot be committed is tried again without the culprit.
pub(super) trait Write: Send {
    /// Runs it and keeps the outcome.
    fn run(&mut self, statements: &mut Statements<'_>) -> Outcome;
    /// Whether nobody waits for the answer, or has waited too long.
    fn is_stale(&self, limit: Duration) -> bool;
    /// Sends the kept outcome.
    fn answer(self: Box<Self>);
    /// Sends an error instead.
    fn fail(self: Box<Self>, error: DbError);
}

/// What a job has done to the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its changes are wanted.
    Done,
    /// It failed and changed nothing.
    Undone,
    /// It failed and its changes are still there.
    MustUndo,
}

/// A statement that reads, with its values and the place for its rows.
///
/// The caller makes the place: what one thread takes from the allocator and another gives back,
/// both wait for, and the place for many rows is the largest piece of a list.
pub(super) struct ReadJob<C: Collect> {
    pub(super) text: Text,
    pub(super) values: Vec<Value>,
    pub(super) into: C,
    pub(super) reply: Reply<C::Output>,
    pub(super) since: Instant,
    pub(super) limit: Duration,
}

impl<C: Collect> Read for ReadJob<C> {
    fn run(self: Box<Self>, statements: &mut Statements<'_>) {
        let job = *self;
        if job.reply.is_closed() {
            return;
        }
        let answer = if job.since.elapsed() > job.limit {
            Err(DbError::Timeout)
        } else {
            guarded(
                || statements.read(&job.text, &job.values, job.into),
                statements_panicked,
            )
        };
        // A caller that went away needs no answer.
        let _ = job.reply.send(answer);
    }

    fn shares_since(&self) -> Option<Instant> {
        Some(self.since)
    }
}

/// A statement that may write, with its values.
pub(super) struct WriteJob<C: Collect> {
    pub(super) text: Text,
    pub(super) values: Vec<Value>,
    pub(super) reply: Reply<C::Output>,
    pub(super) since: Instant,
    pub(super) kept: Option<Result<C::Output, DbError>>,
}

impl<C: Collect> Write for WriteJob<C> {
    fn run(&mut self, statements: &mut Statements<'_>) -> Outcome {
        let result = guarded(
            || statements.write::<C>(&self.text, &self.values),
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
            .unwrap_or_else(|| Err(DbError::other("the statement did not run")));
        let _ = self.reply.send(kept);
    }

    fn fail(self: Box<Self>, error: DbError) {
        let _ = self.reply.send(Err(error));
    }
}

/// A function over the connection itself.
pub(super) struct FunctionJob<F, T> {
    pub(super) function: F,
    pub(super) reply: Reply<T>,
}

impl<F, T> Read for FunctionJob<F, T>
where
    F: FnOnce(&Connection) -> Result<T, DbError> + Send,
    T: Send,
{
    fn run(self: Box<Self>, statements: &mut Statements<'_>) {
        if self.reply.is_closed() {
            return;
        }
        let connection = statements.connection;
        let Self { function, reply } = *self;
        statements.deadline.arm();
        let answer = guarded(|| function(connection), statements_panicked);
        statements.deadline.disarm();
        let _ = reply.send(answer);
    }
}

/// Prepares a statement and forgets it again.
pub(super) struct PrepareJob {
    pub(super) text: Text,
    pub(super) reply: Reply<()>,
}

impl Read for PrepareJob {
    fn run(self: Box<Self>, statements: &mut Statements<'_>) {
        let answer = statements.prepare(&self.text);
        let _ = self.reply.send(answer);
    }
}

/// Runs people's code so that its panic becomes an error and the thread lives on.
pub(super) fn guarded<T>(
    run: impl FnOnce() -> T,
    on_panic: impl FnOnce(&(dyn Any + Send)) -> T,
) -> T {
    // What a panic leaves behind is a statement, which the driver resets on unwinding, and a
    // transaction, which the caller rolls back.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| on_panic(&*panic))
}

fn statements_panicked<T>(panic: &(dyn Any + Send)) -> Result<T, DbError> {
    Err(panicked(panic))
}

/// The error that stands for a panic.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> DbError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    DbError::other(format!(
        "reading a row panicked: {}",
        message.unwrap_or("no message")
    ))
}
