//! One database handle for SQLite and PostgreSQL; the URL decides at run time.
//!
//! A service speaks to its database through [`Db`] alone: single statements take the
//! fast path of the engine, [`Db::transaction`] holds several together, and the driver
//! itself is at hand for what does not fit. Statements are [`Sql`], parameters
//! [`Value`]s made by [`params!`](crate::params), rows are read by [`FromRow`].
//!
//! This module does not know HTTP, nor what a violated constraint means to a client.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("svcgen-runtime needs the feature `sqlite` or `postgres`");

pub(crate) mod bounds;
mod collect;
mod column;
mod config;
pub(crate) mod decimal;
mod each;
mod error;
pub(crate) mod exact;
pub mod migrate;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
mod secret;
#[cfg(feature = "testing")]
mod seen;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod text;
mod transaction;
pub(crate) mod types;
mod value;
mod work;

use std::fmt;
use std::sync::Arc;

pub use self::column::{Cell, FromColumn, Mismatch};
pub use self::config::{DbConfig, Span, Synchronous};
pub use self::each::FailedAt;
pub use self::error::DbError;
pub use self::migrate::Migration;
pub(crate) use self::row::Cells;
pub use self::row::{FromRow, Row};
pub use self::sql::Sql;
pub use self::text::{joined, text_length, text_of};
pub use self::transaction::Transaction;
pub use self::types::{Bytes, Json, Scaled, TextEnum};
pub use self::value::{IntoValue, Value};
pub use self::work::{ATTEMPTS, Work};
pub use crate::{held, params, text};

/// The drivers, for people's own queries.
#[cfg(feature = "postgres")]
pub use deadpool_postgres;
#[cfg(feature = "sqlite")]
pub use rusqlite;
#[cfg(feature = "postgres")]
pub use tokio_postgres;

#[cfg(feature = "sqlite")]
pub(crate) use self::sqlite::{Step, Wants};

use self::collect::{Affected, All, Collect, One, Optional};
use self::sql::Text;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite, inside the process.
    Sqlite,
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// The database of a service. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    #[cfg(feature = "testing")]
    seen: seen::Seen,
    config: DbConfig,
    backend: Backend,
}

enum Backend {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Postgres>),
}

/// Does the same on whichever engine is behind.
macro_rules! on_engine {
    ($db:expr, |$backend:ident| $call:expr) => {
        match &$db.0.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite($backend) => $call,
            #[cfg(feature = "postgres")]
            Backend::Postgres($backend) => $call,
        }
    };
}

impl Db {
    /// Opens the database. A SQLite file and its directory are created when they are missing;
    /// PostgreSQL is tried until `connect_timeout` has passed.
    ///
    /// # Errors
    ///
    /// [`DbError::Unavailable`] when it cannot be reached, [`DbError::Other`] when the settings are wrong.
    pub async fn connect(config: &DbConfig) -> Result<Self, DbError> {
        let backend = match config.engine()? {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite => {
                let location = sqlite::Location::parse(&config.url)?;
                let config = config.clone();
                // Opening waits for the disk, and perhaps for another process.
                let opened =
                    tokio::task::spawn_blocking(move || sqlite::Sqlite::open(&config, location));
                Backend::Sqlite(opened.await.map_err(DbError::other)??)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres => {
                Backend::Postgres(Box::new(postgres::Postgres::connect(config).await?))
            }
            #[allow(unreachable_patterns)]
            engine => {
                return Err(DbError::other(format!(
                    "this service is built without {engine}"
                )));
            }
        };
        Ok(Self(Arc::new(Inner {
            #[cfg(feature = "testing")]
            seen: seen::Seen::default(),
            config: config.clone(),
            backend,
        })))
    }

    /// The engine behind.
    pub fn engine(&self) -> Engine {
        match &self.0.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// The settings it was opened with.
    pub fn config(&self) -> &DbConfig {
        &self.0.config
    }

    /// How many statements have run outside of transactions, so that a test can count those of a request.
    #[cfg(feature = "testing")]
    pub fn statements(&self) -> u64 {
        self.0.seen.statements()
    }

    /// The reads outside of transactions since the last call, each with its values, so that a test
    /// can ask the engine for its plan. The first call has none: they are remembered from then on.
    #[cfg(feature = "testing")]
    pub fn reads(&self) -> Vec<(String, Vec<Value>)> {
        self.0.seen.reads()
    }

    /// Reads the first row, if there is one.
    #[inline]
    pub async fn fetch_optional<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        self.read::<Optional<T>>(sql, params).await
    }

    /// Reads the first row, or fails with [`DbError::NoRow`].
    #[inline]
    pub async fn fetch_one<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        self.read::<One<T>>(sql, params).await
    }

    /// Reads all rows.
    #[inline]
    pub async fn fetch_all<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        self.read::<All<T>>(sql, params).await
    }

    /// Reads all rows of a statement that gives no more than so many.
    #[inline]
    pub(crate) async fn fetch_up_to<T: FromRow + Send + 'static>(
        &self,
        most: usize,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        self.read_with_room::<All<T>>(most, sql, params).await
    }

    /// Writes, and reads the first row of `returning`, if there is one.
    #[inline]
    pub async fn write_optional<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        self.write::<Optional<T>>(sql, params).await
    }

    /// Writes, and reads the first row of `returning`, or fails with [`DbError::NoRow`].
    #[inline]
    pub async fn write_one<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        self.write::<One<T>>(sql, params).await
    }

    /// Writes, and reads all rows of `returning`.
    #[inline]
    pub async fn write_all<T: FromRow + Send + 'static>(
        &self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        self.write::<All<T>>(sql, params).await
    }

    /// Writes, and tells how many rows.
    #[inline]
    pub async fn execute(&self, sql: &Sql, params: Vec<Value>) -> Result<u64, DbError> {
        self.write::<Affected>(sql, params).await
    }

    /// Prepares a statement, to find out whether the schema knows what it names.
    pub async fn prepare(&self, sql: &Sql) -> Result<(), DbError> {
        let text = self.text(sql);
        on_engine!(self, |backend| backend.prepare(text).await)
    }

    /// Asks whether the database can be read and takes what is written, without writing to it for good.
    pub async fn ping(&self) -> Result<(), DbError> {
        on_engine!(self, |backend| backend.ping().await)
    }

    /// Refuses new work, waits until everything accepted is answered, and closes the database.
    pub async fn close(&self) {
        match &self.0.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(backend) => backend.close().await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(backend) => backend.close().await,
        }
    }

    /// Runs a function over a SQLite connection that cannot write, on a reader thread;
    /// fails on PostgreSQL.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite_read<T, F>(&self, function: F) -> Result<T, DbError>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        match &self.0.backend {
            Backend::Sqlite(backend) => backend.function(function).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(_) => Err(not_this_engine(Engine::Sqlite)),
        }
    }

    /// An exclusive PostgreSQL connection from the pool, to which it returns when dropped;
    /// fails on SQLite.
    #[cfg(feature = "postgres")]
    pub async fn postgres(&self) -> Result<deadpool_postgres::Object, DbError> {
        match &self.0.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(_) => Err(not_this_engine(Engine::Postgres)),
            Backend::Postgres(backend) => backend.exclusive().await,
        }
    }

    /// Runs several statements as one job of SQLite's writer; fails on PostgreSQL.
    #[cfg(feature = "sqlite")]
    pub(crate) async fn steps(&self, steps: Vec<sqlite::Step>) -> Result<bool, DbError> {
        match &self.0.backend {
            Backend::Sqlite(backend) => backend.steps(steps).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(_) => Err(not_this_engine(Engine::Sqlite)),
        }
    }

    #[inline]
    async fn read<C: Collect>(&self, sql: &Sql, params: Vec<Value>) -> Result<C::Output, DbError> {
        self.read_with_room::<C>(0, sql, params).await
    }

    #[inline]
    async fn read_with_room<C: Collect>(
        &self,
        most: usize,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        let text = self.text(sql);
        #[cfg(feature = "testing")]
        self.0.seen.read(text.as_str(), &params);
        #[cfg(feature = "postgres")]
        if sql.is_grouped()
            && let Backend::Postgres(backend) = &self.0.backend
        {
            return backend.read_grouped::<C>(text, params).await;
        }
        on_engine!(self, |backend| backend
            .read(text, params, C::with_room(most))
            .await)
    }

    #[inline]
    async fn write<C: Collect>(&self, sql: &Sql, params: Vec<Value>) -> Result<C::Output, DbError> {
        let text = self.text(sql);
        #[cfg(feature = "postgres")]
        if sql.is_grouped()
            && let Backend::Postgres(backend) = &self.0.backend
        {
            return backend.write_grouped::<C>(text, params).await;
        }
        on_engine!(self, |backend| backend.write::<C>(text, params).await)
    }

    #[inline]
    fn text(&self, sql: &Sql) -> Text {
        #[cfg(feature = "testing")]
        self.0.seen.statement();
        sql.variant(self.engine()).clone()
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Db")
            .field(&self.0.config.display_url())
            .finish()
    }
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
fn not_this_engine(wanted: Engine) -> DbError {
    DbError::other(format!("the database is not {wanted}"))
}
