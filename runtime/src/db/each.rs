//! One statement of a transaction for several rows: sent at once, and the first row that fails is known.
//!
//! SQLite's writer runs all rows before it answers. PostgreSQL gets many rows of an insert in one
//! statement, and everything else without waiting for one another, so that a thousand rows cost
//! one way there and back. Callers write the same statement as for one row.

use super::collect::{Affected, Collect, One, Optional};
use super::{DbError, FromRow, Sql, Transaction, Value};

/// Which of several rows failed, and how.
#[derive(Debug, Clone)]
pub struct FailedAt {
    /// Its place among the rows.
    pub index: usize,
    /// What was wrong.
    pub error: DbError,
}

impl Transaction<'_> {
    /// Reads the first row for each set of parameters, or of each `returning`, if there is one.
    ///
    /// # Errors
    ///
    /// That of the first set that fails; the transaction can only be rolled back then.
    pub async fn optional_each<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Option<T>>, FailedAt> {
        self.each::<Optional<T>>(sql, rows).await
    }

    /// Reads the first row for each set of parameters, or of each `returning`, which must be there.
    ///
    /// # Errors
    ///
    /// That of the first set that fails; the transaction can only be rolled back then.
    pub async fn one_each<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<T>, FailedAt> {
        self.each::<One<T>>(sql, rows).await
    }

    /// Writes with each set of parameters, and tells how many rows in all.
    ///
    /// # Errors
    ///
    /// That of the first set that fails; the transaction can only be rolled back then.
    pub async fn execute_each(
        &mut self,
        sql: &Sql,
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, FailedAt> {
        let affected = self.each::<Affected>(sql, rows).await?;
        Ok(affected.into_iter().sum())
    }

    async fn each<C: Collect>(
        &mut self,
        sql: &Sql,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<C::Output>, FailedAt> {
        self.require_sound()
            .map_err(|error| FailedAt { index: 0, error })?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = self.deadline;
        let outcome = tokio::time::timeout_at(deadline, self.each_now::<C>(sql, rows))
            .await
            .unwrap_or(Err(FailedAt {
                index: 0,
                error: DbError::Timeout,
            }));
        self.failed = outcome.is_err();
        outcome
    }
}
