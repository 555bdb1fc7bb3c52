//! One statement for several rows as one command of a transaction: the caller waits once.

use std::time::Duration;

use super::job::{Outcome, Reply, Write, guarded, panicked};
use super::statement::{Failure, Statements};
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, FailedAt, Value};

/// What each row gives, or which row failed.
pub(super) type Each<T> = Result<Vec<T>, FailedAt>;

/// The rows on their way to the writer and back.
pub(super) struct EachJob<C: Collect> {
    pub(super) text: Text,
    pub(super) rows: Vec<Vec<Value>>,
    pub(super) reply: Reply<Each<C::Output>>,
    pub(super) kept: Option<Each<C::Output>>,
}

impl<C: Collect> EachJob<C> {
    fn run_all(&self, statements: &mut Statements<'_>) -> Each<C::Output> {
        let mut outputs = Vec::with_capacity(self.rows.len());
        for (index, values) in self.rows.iter().enumerate() {
            let output = guarded(
                || statements.write::<C>(&self.text, values),
                |panic| Err(Failure::Kept(panicked(panic))),
            );
            outputs.push(output.map_err(|failure| FailedAt {
                index,
                error: failure.into_error(),
            })?);
        }
        Ok(outputs)
    }
}

impl<C: Collect> Write for EachJob<C> {
    fn run(&mut self, statements: &mut Statements<'_>) -> Outcome {
        let all = self.run_all(statements);
        let outcome = match &all {
            Ok(_) => Outcome::Done,
            Err(_) => Outcome::MustUndo,
        };
        self.kept = Some(all);
        outcome
    }

    fn is_stale(&self, _limit: Duration) -> bool {
        self.reply.is_closed()
    }

    fn answer(self: Box<Self>) {
        let kept = self.kept;
        let _ = self
            .reply
            .send(kept.ok_or_else(|| DbError::other("the statement did not run")));
    }

    fn fail(self: Box<Self>, error: DbError) {
        let _ = self.reply.send(Err(error));
    }
}
