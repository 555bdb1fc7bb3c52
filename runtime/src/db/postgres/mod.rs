//! PostgreSQL: shared pipelined connections for single statements, a pool of exclusive
//! ones for transactions and for people's own queries.

mod connect;
pub(crate) mod decode;
pub(crate) mod encode;
mod error;
mod exclusive;
mod grouped;
mod many;
mod shared;
mod tls;
mod vitals;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, HookError, Object, Pool, PoolError, Runtime, Timeouts};

pub(crate) use connect::{Connected, Settings};
pub(crate) use exclusive::Exclusive;

use self::grouped::{Answer, Groups, Kind, Place};
use self::shared::{Shared, Trouble};
use self::vitals::{TRIAL, Vitals};
use super::collect::{Collect, One};
use super::sql::Text;
use super::{DbConfig, DbError, Value, bounds};

/// How much longer than the server's own limit a caller waits before it gives up on the server.
const GRACE: Duration = Duration::from_secs(1);
const PING: Text = Text::constant("select current_setting('transaction_read_only')::bool");

/// The connections to one database.
pub(crate) struct Postgres {
    settings: Settings,
    shared: Arc<Shared>,
    groups: Groups,
    pool: Pool,
    vitals: Arc<Vitals>,
    /// The longest that a call on a shared connection may take, its wait included.
    limit: Duration,
}

impl Postgres {
    /// Connects, trying again for as long as the server cannot be reached and the time to connect has not passed.
    pub(crate) async fn connect(config: &DbConfig) -> Result<Self, DbError> {
        let settings = Settings::new(config)?;
        let first = first_connection(&settings, config.connect_timeout.0).await?;
        let shared = Shared::start(
            first,
            &settings,
            config.shared_connections,
            config.statement_cache,
            config.acquire_timeout.0,
        );
        let pool = pool(config, &settings)?;
        let limit = config.statement_timeout.0 + GRACE;
        Ok(Self {
            settings,
            shared: Arc::new(shared),
            groups: Groups::default(),
            pool,
            vitals: Arc::default(),
            limit,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs a statement that only reads; it is run once more when its connection dies.
    pub(crate) async fn read<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
        into: C,
    ) -> Result<C::Output, DbError> {
        let again = |trouble: &Trouble| matches!(trouble, Trouble::Unsent(_) | Trouble::Lost(_));
        self.bounded(self.run(&text, &values, into, Access::Read, again))
            .await
    }

    /// Whether the server answers, and takes what is written: a standby does not, nor does one
    /// that was set so, nor one without room.
    pub(crate) async fn ping(&self) -> Result<(), DbError> {
        let (read_only,) = self
            .read(PING, Vec::new(), One::<(bool,)>::default())
            .await?;
        if read_only {
            return Err(DbError::ReadOnly);
        }
        if self.vitals.wants_trial() {
            let outcome = self.bounded(self.try_to_write()).await;
            self.vitals.tried(&outcome);
        }
        self.vitals.verdict()
    }

    /// Writes something and leaves nothing behind.
    async fn try_to_write(&self) -> Result<(), DbError> {
        let transaction = self.begin().await?;
        transaction.client()?.batch_execute(TRIAL).await?;
        transaction.rollback().await
    }

    /// Runs a statement that writes; it is run once more only when it certainly has not run.
    pub(crate) async fn write<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        let again = |trouble: &Trouble| matches!(trouble, Trouble::Unsent(_));
        self.written(self.run(&text, &values, C::default(), Access::Write, again))
            .await
    }

    /// Runs an insert of one row, together with others of the same statement where some are under way.
    pub(crate) async fn write_grouped<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        let again = |trouble: &Trouble| matches!(trouble, Trouble::Unsent(_));
        self.written(self.grouped::<C>(Kind::Insert, &text, values, Access::Write, again))
            .await
    }

    /// Looks for one row, together with others whom the same statement looks for where some are under way.
    pub(crate) async fn read_grouped<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        let again = |trouble: &Trouble| matches!(trouble, Trouble::Unsent(_) | Trouble::Lost(_));
        self.bounded(self.grouped::<C>(Kind::Look, &text, values, Access::Read, again))
            .await
    }

    async fn grouped<C: Collect>(
        &self,
        kind: Kind,
        text: &Text,
        values: Vec<Value>,
        access: Access,
        again: impl Fn(&Trouble) -> bool,
    ) -> Result<C::Output, DbError> {
        let (values, _turn) = match self.groups.enter(kind, text, values, &self.shared) {
            Place::Alone(values, turn) => (values, turn),
            Place::Together(answer) => match answer.answered().await? {
                Answer::Row(row) => return grouped::read::<C>(row.as_ref()),
                Answer::Alone(values) => (values, None),
            },
        };
        self.run(text, &values, C::default(), access, again).await
    }

    /// Waits for a write as long as it may take, and notes how it went.
    async fn written<T>(
        &self,
        work: impl Future<Output = Result<T, DbError>>,
    ) -> Result<T, DbError> {
        let outcome = self.bounded(work).await;
        match &outcome {
            Ok(_) => self.vitals.written(),
            Err(error) => self.vitals.failed(error),
        }
        outcome
    }

    pub(crate) async fn prepare(&self, text: Text) -> Result<(), DbError> {
        self.bounded(async {
            self.shared
                .prepare(&text)
                .await
                .map_err(Trouble::into_error)
        })
        .await
    }

    /// An exclusive connection, for whatever its holder wants.
    pub(crate) async fn exclusive(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => DbError::Unavailable(
                "all exclusive connections to PostgreSQL are in use, or it does not answer"
                    .to_owned(),
            ),
            PoolError::Backend(error) => connect::unreachable(&error),
            PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            other => DbError::Unavailable(other.to_string()),
        })
    }

    /// Begins a transaction on an exclusive connection.
    pub(crate) async fn begin(&self) -> Result<Exclusive, DbError> {
        self.bounded(async {
            let begin = async || {
                let connection = self.exclusive().await?;
                Exclusive::begin(connection, Arc::clone(&self.vitals)).await
            };
            match begin().await {
                // The pool did not know yet that the server had gone away.
                Err(DbError::Unavailable(_)) => begin().await,
                outcome => outcome,
            }
        })
        .await
    }

    /// Waits until what is under way is answered, as long as a call may take, and closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close();
        let _ = tokio::time::timeout(self.limit, self.shared.idle()).await;
        self.shared.stop();
    }

    async fn run<C: Collect>(
        &self,
        text: &Text,
        values: &[Value],
        into: C,
        access: Access,
        again: impl Fn(&Trouble) -> bool,
    ) -> Result<C::Output, DbError> {
        if access == Access::Read && !text.only_reads() {
            return Err(DbError::other(format!(
                "`fetch` was given a statement that writes: {}",
                bounds::excerpt(text.as_str())
            )));
        }
        let mut stale = 0;
        let mut tries = 0;
        let mut into = Some(into);
        loop {
            let into = into.take().unwrap_or_default();
            match self.shared.attempt(text, values, into).await {
                // Each connection may hold a statement that the schema has left behind.
                Err(Trouble::Stale(_)) if stale < self.shared.connections() => stale += 1,
                Err(trouble) if tries == 0 && again(&trouble) => tries += 1,
                outcome => return outcome.map_err(Trouble::into_error),
            }
        }
    }

    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, DbError>>,
    ) -> Result<T, DbError> {
        tokio::time::timeout(self.limit, work)
            .await
            .unwrap_or(Err(DbError::Timeout))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

async fn first_connection(settings: &Settings, patience: Duration) -> Result<Connected, DbError> {
    let started = Instant::now();
    loop {
        match settings.connect().await {
            Err(DbError::Unavailable(reason)) if started.elapsed() < patience => {
                tracing::warn!(reason, "PostgreSQL cannot be reached yet");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            outcome => return outcome,
        }
    }
}

fn pool(config: &DbConfig, settings: &Settings) -> Result<Pool, DbError> {
    let manager = settings.manager();
    let session = settings.session().to_owned();
    Pool::builder(manager)
        .max_size(config.pool_size.max(1))
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(config.acquire_timeout.0),
            create: Some(config.connect_timeout.0),
            recycle: Some(config.acquire_timeout.0),
        })
        .post_create(Hook::async_fn(
            move |client: &mut deadpool_postgres::ClientWrapper, _| {
                let session = session.clone();
                Box::pin(async move {
                    client
                        .batch_execute(&session)
                        .await
                        .map_err(HookError::Backend)
                })
            },
        ))
        .build()
        .map_err(DbError::other)
}
