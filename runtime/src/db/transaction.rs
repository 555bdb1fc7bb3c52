//! Transactions as closures. The closure gets a handle with the verbs of [`Db`]; what it
//! returns decides: `Ok` commits, `Err` rolls back, and so do a panic, a limit of time, and
//! a caller that goes away.

use std::marker::PhantomData;

use super::collect::{Affected, All, Collect, One, Optional};
use super::{Backend, Db, DbError, FailedAt, FromRow, Sql, Value};
use crate::BoxFuture;

#[cfg(feature = "postgres")]
const NO_TIMEOUT: Sql = Sql::new("select set_config('statement_timeout', '0', true)");

/// An open transaction. After a statement has failed it can only be rolled back, on both
/// engines alike. `'s` is the lifetime of what the closure borrows.
pub struct Transaction<'s> {
    held: Held,
    pub(super) failed: bool,
    pub(super) deadline: tokio::time::Instant,
    scope: PhantomData<&'s ()>,
}

enum Held {
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::Session),
    #[cfg(feature = "postgres")]
    Postgres(Box<super::postgres::Exclusive>),
}

impl Db {
    /// Runs a closure in a transaction: `db.transaction(|tx| Box::pin(async move { … })).await`.
    ///
    /// On SQLite the transaction holds the only writer, so others wait: do nothing slow in it,
    /// and never write through the `Db` itself from inside.
    ///
    /// # Errors
    ///
    /// The closure's own error after a rollback, or that of beginning or committing;
    /// [`DbError::Timeout`] when it idled or lasted too long.
    pub async fn transaction<'s, T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Transaction<'s>) -> BoxFuture<'t, Result<T, E>> + Send,
        E: From<DbError>,
    {
        let mut transaction = self.open().await?;
        let limit = self.0.config.transaction_timeout.0;
        // Leaving early by an error or a panic drops the transaction, which rolls it back.
        let outcome = tokio::time::timeout(limit, run(&mut transaction))
            .await
            .unwrap_or_else(|_| Err(DbError::Timeout.into()));
        match outcome {
            Ok(value) => transaction.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                transaction.roll_back().await;
                Err(error)
            }
        }
    }

    /// Begins a transaction that is held like any other value: `commit` ends it,
    /// and one that is dropped is rolled back.
    ///
    /// # Errors
    ///
    /// When there is no connection to be had.
    pub async fn begin(&self) -> Result<Transaction<'static>, DbError> {
        self.open().await
    }

    async fn open<'s>(&self) -> Result<Transaction<'s>, DbError> {
        let held = match &self.0.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(backend) => Held::Sqlite(backend.begin().await?),
            #[cfg(feature = "postgres")]
            Backend::Postgres(backend) => Held::Postgres(Box::new(backend.begin().await?)),
        };
        Ok(Transaction {
            held,
            failed: false,
            deadline: tokio::time::Instant::now() + self.0.config.transaction_timeout.0,
            scope: PhantomData,
        })
    }
}

impl Transaction<'_> {
    /// Reads the first row, if there is one.
    pub async fn fetch_optional<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        self.run::<Optional<T>>(sql, params).await
    }

    /// Reads the first row, or fails with [`DbError::NoRow`].
    pub async fn fetch_one<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        self.run::<One<T>>(sql, params).await
    }

    /// Reads all rows.
    pub async fn fetch_all<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        self.run::<All<T>>(sql, params).await
    }

    /// Writes, and reads the first row of `returning`, if there is one.
    pub async fn write_optional<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        self.run::<Optional<T>>(sql, params).await
    }

    /// Writes, and reads the first row of `returning`, or fails with [`DbError::NoRow`].
    pub async fn write_one<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        self.run::<One<T>>(sql, params).await
    }

    /// Writes, and reads all rows of `returning`.
    pub async fn write_all<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        self.run::<All<T>>(sql, params).await
    }

    /// Writes, and tells how many rows.
    pub async fn execute(&mut self, sql: &Sql, params: Vec<Value>) -> Result<u64, DbError> {
        self.run::<Affected>(sql, params).await
    }

    /// Runs a function over the SQLite connection of this transaction, on the writer thread.
    /// It must not begin, commit or roll back. Fails on PostgreSQL.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite<T, F>(&mut self, function: F) -> Result<T, DbError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        match &self.held {
            Held::Sqlite(session) => session.function(function).await,
            #[cfg(feature = "postgres")]
            Held::Postgres(_) => Err(super::not_this_engine(super::Engine::Sqlite)),
        }
    }

    /// The PostgreSQL client of this transaction; none on SQLite. It must not begin, commit or roll back.
    #[cfg(feature = "postgres")]
    pub fn postgres(&self) -> Option<&tokio_postgres::Client> {
        match &self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(_) => None,
            Held::Postgres(exclusive) => exclusive.client().ok(),
        }
    }

    /// The engine behind.
    pub fn engine(&self) -> super::Engine {
        match &self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(_) => super::Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Held::Postgres(_) => super::Engine::Postgres,
        }
    }

    async fn run<C: Collect>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        self.require_sound()?;
        let outcome = tokio::time::timeout_at(self.deadline, self.run_now::<C>(sql, params))
            .await
            .unwrap_or(Err(DbError::Timeout));
        self.failed = outcome
            .as_ref()
            .is_err_and(|error| !matches!(error, DbError::NoRow | DbError::Encode { .. }));
        outcome
    }

    pub(super) fn require_sound(&self) -> Result<(), DbError> {
        if self.failed {
            return Err(DbError::other(
                "a statement of this transaction has failed; it can only be rolled back",
            ));
        }
        Ok(())
    }

    pub(super) async fn each_now<C: Collect>(
        &self,
        sql: &Sql,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<C::Output>, FailedAt> {
        match &self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(session) => {
                let text = sql.variant(super::Engine::Sqlite).clone();
                session.run_each::<C>(text, rows).await
            }
            #[cfg(feature = "postgres")]
            Held::Postgres(exclusive) => {
                let text = sql.variant(super::Engine::Postgres);
                exclusive.run_each::<C>(text, &rows).await
            }
        }
    }

    async fn run_now<C: Collect>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        match &self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(session) => {
                session
                    .run::<C>(sql.variant(super::Engine::Sqlite).clone(), params)
                    .await
            }
            #[cfg(feature = "postgres")]
            Held::Postgres(exclusive) => {
                exclusive
                    .run::<C>(sql.variant(super::Engine::Postgres), &params)
                    .await
            }
        }
    }

    /// Lets each statement take as long as the transaction may: for those that touch many rows.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "PostgreSQL has to be told")
    )]
    pub(crate) async fn be_patient(&mut self) -> Result<(), DbError> {
        match &self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(session) => session.be_patient(),
            #[cfg(feature = "postgres")]
            Held::Postgres(_) => {
                let _: Option<(Option<String>,)> =
                    self.fetch_optional(&NO_TIMEOUT, Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// Makes what the transaction did last.
    ///
    /// # Errors
    ///
    /// When one of its statements had failed: then nothing of it lasts. Or when
    /// the database could not commit.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.failed {
            self.roll_back().await;
            return Err(DbError::other(
                "the transaction was rolled back, because one of its statements had failed",
            ));
        }
        match self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(session) => session.commit().await,
            #[cfg(feature = "postgres")]
            Held::Postgres(exclusive) => exclusive.commit().await,
        }
    }

    pub(super) async fn roll_back(self) {
        let outcome = match self.held {
            #[cfg(feature = "sqlite")]
            Held::Sqlite(session) => session.rollback().await,
            #[cfg(feature = "postgres")]
            Held::Postgres(exclusive) => exclusive.rollback().await,
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a transaction ended before it was rolled back");
        }
    }
}
