//! A transaction on a connection of its own. Dropping it rolls back.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::{FutureExt, TryStreamExt as _};
use tokio_postgres::{Client, Statement};

use super::error::plan_is_stale;
use super::many;
use super::shared::{Trouble, collect};
use super::vitals::Vitals;
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, FailedAt, Row, Value};

/// How long a rollback may take before the connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(5);

/// How many statements are under way at once, so that what is sent and not answered stays small.
const WINDOW: usize = 1000;

/// From how many rows on they are inserted by one statement: below it the savepoint costs more.
const MANY: usize = 8;

/// An open transaction.
pub(crate) struct Exclusive {
    /// Absent once the transaction has ended.
    connection: Option<Object>,
    vitals: Arc<Vitals>,
    /// Whether a statement has written.
    has_written: AtomicBool,
}

impl Exclusive {
    pub(super) async fn begin(connection: Object, vitals: Arc<Vitals>) -> Result<Self, DbError> {
        // Held already, so that a caller who gives up here leaves no open transaction in the pool.
        let transaction = Self {
            connection: Some(connection),
            vitals,
            has_written: AtomicBool::new(false),
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
        let outcome = collect(connection, &statement, values, C::default(), |error| {
            failed(connection, error)
        })
        .await
        .map_err(Trouble::into_error);
        self.note(text, outcome.as_ref().err());
        outcome
    }

    /// Notes how a statement went, where it writes.
    fn note(&self, text: &Text, error: Option<&DbError>) {
        match error {
            Some(error) => self.vitals.failed(error),
            None if self.has_written.load(Ordering::Relaxed) || text.only_reads() => {}
            None => self.has_written.store(true, Ordering::Relaxed),
        }
    }

    /// Runs a statement in the transaction for each set of values.
    pub(crate) async fn run_each<C: Collect>(
        &self,
        text: &Text,
        rows: &[Vec<Value>],
    ) -> Result<Vec<C::Output>, FailedAt> {
        let outcome = self.run_all::<C>(text, rows).await;
        self.note(text, outcome.as_ref().err().map(|it| &it.error));
        outcome
    }

    async fn run_all<C: Collect>(
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
        if rows.len() >= MANY
            && let Some(many) = many::of(text.as_str(), statement.params())
            && let Some(outputs) = together::<C>(connection, &many, rows)
                .await
                .map_err(at_first)?
        {
            return Ok(outputs);
        }
        one_by_one::<C>(connection, &statement, rows).await
    }

    /// The driver's client.
    pub(crate) fn client(&self) -> Result<&Client, DbError> {
        self.connection.as_ref().map(|it| &***it).ok_or_else(ended)
    }

    pub(crate) async fn commit(mut self) -> Result<(), DbError> {
        // In a transaction that failed through the driver itself, `commit` alone would roll back
        // and report success; the statement before it fails then.
        let ended = self.client()?.batch_execute("select 1; commit").await;
        let ended = ended.map_err(DbError::from);
        match &ended {
            Ok(()) if *self.has_written.get_mut() => self.vitals.written(),
            Ok(()) => {}
            Err(error) => self.vitals.failed(error),
        }
        ended?;
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

/// Sends all statements before the first answer is awaited; after one that fails, PostgreSQL
/// refuses the others.
async fn one_by_one<C: Collect>(
    connection: &Object,
    statement: &Statement,
    rows: &[Vec<Value>],
) -> Result<Vec<C::Output>, FailedAt> {
    let mut outputs = Vec::with_capacity(rows.len());
    for window in rows.chunks(WINDOW) {
        let mut sent: Vec<_> = window
            .iter()
            .map(|values| {
                Box::pin(collect(
                    connection,
                    statement,
                    values,
                    C::default(),
                    |error| failed(connection, error),
                ))
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

/// Inserts all rows by one statement. `None` where one of them cannot be inserted, and nothing
/// has changed then: one by one they tell which it is.
async fn together<C: Collect>(
    connection: &Object,
    many: &str,
    rows: &[Vec<Value>],
) -> Result<Option<Vec<C::Output>>, DbError> {
    let statement = connection.prepare_cached(many).await?;
    let columns: Vec<Vec<&Value>> = (0..statement.params().len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).collect())
        .collect();
    connection.batch_execute("savepoint svcgen_many").await?;
    let outputs = match insert::<C>(connection, &statement, columns).await {
        Ok(outputs) if outputs.len() == rows.len() => Some(outputs),
        Err(Trouble::Final(error)) if is_about_a_row(&error) => None,
        Err(trouble) => return Err(trouble.into_error()),
        // Somebody's trigger leaves rows out.
        Ok(_) => None,
    };
    let end = match outputs {
        Some(_) => "release savepoint svcgen_many",
        None => "rollback to savepoint svcgen_many",
    };
    connection.batch_execute(end).await?;
    Ok(outputs)
}

async fn insert<C: Collect>(
    connection: &Object,
    statement: &Statement,
    columns: Vec<Vec<&Value>>,
) -> Result<Vec<C::Output>, Trouble> {
    let failed = |error| failed(connection, error);
    let rows = connection
        .query_raw(statement, columns)
        .await
        .map_err(failed)?;
    let mut rows = pin!(rows);
    let mut outputs = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let mut collected = C::default();
        let output = collected
            .take(&Row::postgres(&row))
            .and_then(|()| collected.finish(1));
        outputs.push(output.map_err(Trouble::Final)?);
    }
    let inserted = rows.rows_affected().unwrap_or_default();
    if outputs.is_empty() && statement.columns().is_empty() {
        for _ in 0..inserted {
            outputs.push(C::default().finish(1).map_err(Trouble::Final)?);
        }
    }
    Ok(outputs)
}

/// Whether the values of some row are to blame, and not the connection or somebody else.
const fn is_about_a_row(error: &DbError) -> bool {
    !matches!(
        error,
        DbError::Timeout
            | DbError::Serialization
            | DbError::Unavailable(_)
            | DbError::DiskFull
            | DbError::ReadOnly
    )
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
