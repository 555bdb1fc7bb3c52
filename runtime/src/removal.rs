//! The removal of a record with all that goes with it.
//!
//! Knows the order in which statements must run so that nothing is lost; what
//! the statements are is the generated code's.

use crate::db::{DbError, IntoValue, Sql, Transaction, Value};
use crate::http::{Caller, Removal as Request};
use crate::{Error, params};

/// What the removal of one kind of record takes along.
///
/// `$1` is the record's id in every statement.
#[derive(Debug)]
pub struct Removal {
    /// Locks the rows that go along, from the top down.
    pub locks: &'static [&'static Sql],
    /// Remembers references that are about to be cut; `$2` is the batch.
    pub remembered: &'static [&'static Sql],
    /// Cuts references.
    pub cut: &'static [&'static Sql],
    /// The rows that go, children first.
    pub moves: &'static [Move],
}

/// The rows of one table that go.
#[derive(Debug)]
pub struct Move {
    /// The table, for the log.
    pub table: &'static str,
    /// The copy into the archive: `$2` the batch, `$3` who, `$4` why, `$5` the request.
    pub archive: Option<&'static Sql>,
    /// The deletion.
    pub delete: &'static Sql,
}

impl Removal {
    /// Removes a record that the transaction holds already.
    ///
    /// Everything is locked before anything is copied, and everything is copied
    /// before anything is deleted: a copy is of what the deletion takes away.
    ///
    /// # Errors
    ///
    /// That of the first statement that fails: nothing has happened then once
    /// the transaction is rolled back.
    pub async fn run(
        &self,
        tx: &mut Transaction<'_>,
        id: impl IntoValue,
        caller: &Caller,
        request: &Request,
    ) -> Result<(), DbError> {
        let id: Value = id.into_value();
        let batch = uuid::Uuid::now_v7();
        for lock in self.locks {
            tx.fetch_all::<(bool,)>(lock, vec![id.clone()]).await?;
        }
        for statement in self.remembered {
            tx.execute(statement, params![id.clone(), batch]).await?;
        }
        for statement in self.cut {
            tx.execute(statement, vec![id.clone()]).await?;
        }
        let mut copied = Vec::with_capacity(self.moves.len());
        for step in self.moves {
            let Some(archive) = step.archive else {
                copied.push(None);
                continue;
            };
            let parameters = params![
                id.clone(),
                batch,
                &caller.subject,
                request.reason.as_ref(),
                &caller.request_id,
            ];
            copied.push(Some(tx.execute(archive, parameters).await?));
        }
        for (step, copied) in self.moves.iter().zip(copied) {
            let deleted = tx.execute(step.delete, vec![id.clone()]).await?;
            if copied.is_some_and(|copied| copied != deleted) {
                // Cannot happen under the locks; if it does, no record may be lost by it.
                return Err(DbError::other(format!(
                    "{deleted} rows of `{}` would be deleted, and {copied:?} are in the archive",
                    step.table
                )));
            }
        }
        Ok(())
    }
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
