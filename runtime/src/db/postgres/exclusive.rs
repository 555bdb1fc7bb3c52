//! A transaction on a connection of its own. Dropping it rolls back.

use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::FutureExt;
use tokio_postgres::Client;

use super::error::plan_is_stale;
use super::shared::{Trouble, collect};
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, FailedAt, Value};

/// How long a rollback may take before the connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(5);

/// How many statements are under way at once, so that what is sent and not answered stays small.
const WINDOW: usize = 1000;

/// An open transaction.
pub(crate) struct Exclusive {
    /// Absent once the transaction has ended.
    connection: Option<Object>,
}

impl Exclusive {
    pub(super) async fn begin(connection: Object) -> Result<Self, DbError> {
        // Held already, so that a caller who gives up here leaves no open transaction in the pool.
        let transaction = Self {
            connection: Some(connection),
        };
        transaction.client()?.batch_execute("begin").await?;
        Ok(transaction)
    }

    /// Runs a statement in the transaction.
    pub(crate) async fn run<C: Collect>(
        &self,
        text: &Text,
        values: &[Value],
    ) -> Result<C::Output, DbError> {
        let connection = self.connection.as_ref().ok_or_else(ended)?;
        let statement = connection.prepare_cached(text.as_str()).await?;
        collect::<C>(connection, &statement, values, |error| {
            failed(connection, error)
        })
        .await
        .map_err(Trouble::into_error)
    }

    /// Runs a statement in the transaction for each set of values. All are sent before the first
    /// answer is awaited; after one that fails, PostgreSQL refuses the others.
    pub(crate) async fn run_each<C: Collect>(
        &self,
        text: &Text,
        rows: &[Vec<Value>],
    ) -> Result<Vec<C::Output>, FailedAt> {
        let at_first = |error| FailedAt { index: 0, error };
        let connection = self.connection.as_ref().ok_or_else(|| at_first(ended()))?;
        let statement = connection
            .prepare_cached(text.as_str())
            .await
            .map_err(|error| at_first(error.into()))?;
        let mut outputs = Vec::with_capacity(rows.len());
        for window in rows.chunks(WINDOW) {
            let mut sent: Vec<_> = window
                .iter()
                .map(|values| {
                    Box::pin(collect::<C>(connection, &statement, values, |error| {
                        failed(connection, error)
                    }))
                })
                .collect();
            // The first look at each sends it, in this order, which is that of the answers too.
            let mut done: Vec<_> = sent.iter_mut().map(FutureExt::now_or_never).collect();
            for (answer, done) in sent.into_iter().zip(&mut done) {
                let output = match done.take() {
                    Some(output) => output,
                    None => answer.await,
                };
                outputs.push(output.map_err(|trouble| FailedAt {
                    index: outputs.len(),
                    error: trouble.into_error(),
                })?);
            }
        }
        Ok(outputs)
    }

    /// The driver's client.
    pub(crate) fn client(&self) -> Result<&Client, DbError> {
        self.connection.as_ref().map(|it| &***it).ok_or_else(ended)
    }

    pub(crate) async fn commit(mut self) -> Result<(), DbError> {
        // In a transaction that failed through the driver itself, `commit` alone would roll back
        // and report success; the statement before it fails then.
        self.client()?.batch_execute("select 1; commit").await?;
        self.connection = None;
        Ok(())
    }

    pub(crate) async fn rollback(mut self) -> Result<(), DbError> {
        self.client()?.batch_execute("rollback").await?;
        self.connection = None;
        Ok(())
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(roll_back(connection))),
            // Without a runtime nothing can be sent; closing the connection rolls back as well.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

fn failed(connection: &Object, error: tokio_postgres::Error) -> Trouble {
    if plan_is_stale(&error) {
        // The transaction is lost to a change of the schema, but the next one is not.
        connection.statement_cache.clear();
        return Trouble::Stale(DbError::Serialization);
    }
    Trouble::Final(error.into())
}

async fn roll_back(connection: Object) {
    let outcome = tokio::time::timeout(ROLLBACK, connection.batch_execute("rollback")).await;
    if !matches!(outcome, Ok(Ok(()))) {
        drop(Object::take(connection));
    }
}

fn ended() -> DbError {
    DbError::other("the transaction has ended")
}
