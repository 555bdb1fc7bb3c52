//! Opening connections to PostgreSQL with the settings that every one of them has.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};

use super::error::chain;
use super::tls::Encryption;
use crate::db::{DbConfig, DbError};

/// What is needed to open a connection.
#[derive(Clone)]
pub(crate) struct Settings {
    config: Config,
    encryption: Encryption,
    connect_timeout: Duration,
    /// Statements that every connection runs first.
    session: String,
}

/// A connection and the task that drives it.
pub(crate) struct Connected {
    pub(crate) client: Client,
    driver: JoinHandle<()>,
    /// Its other end is dropped when the connection ends.
    ended: watch::Receiver<()>,
}

impl Settings {
    /// Reads the URL; nothing is opened yet.
    pub(crate) fn new(settings: &DbConfig) -> Result<Self, DbError> {
        let mut config: Config = settings
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| {
                DbError::other(format!("the database URL is wrong: {}", chain(&error)))
            })?;
        let encryption = Encryption::choose(&config, settings)?;
        if config.get_application_name().is_none() {
            config.application_name(&settings.application_name);
        }
        config
            .connect_timeout(settings.connect_timeout.0)
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(settings.statement_timeout.0 + Duration::from_secs(10));
        let session = format!(
            "set statement_timeout = {}; set idle_in_transaction_session_timeout = {}; set timezone = 'UTC'",
            settings.statement_timeout.0.as_millis(),
            settings.transaction_idle_timeout.0.as_millis(),
        );
        Ok(Self {
            config,
            encryption,
            connect_timeout: settings.connect_timeout.0,
            session,
        })
    }

    /// What opens connections for the pool.
    pub(super) fn manager(&self) -> Manager {
        let (config, recycling) = (
            self.config.clone(),
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        match &self.encryption {
            Encryption::None(none) => Manager::from_config(config, *none, recycling),
            #[cfg(feature = "tls")]
            Encryption::Tls(tls) => Manager::from_config(config, tls.clone(), recycling),
        }
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Opens one connection.
    pub(crate) async fn connect(&self) -> Result<Connected, DbError> {
        match tokio::time::timeout(self.connect_timeout, self.open()).await {
            Ok(opened) => opened,
            Err(_) => Err(DbError::Unavailable(
                "PostgreSQL did not answer in time".to_owned(),
            )),
        }
    }

    async fn open(&self) -> Result<Connected, DbError> {
        let connected = match &self.encryption {
            Encryption::None(none) => self.open_with(*none).await,
            #[cfg(feature = "tls")]
            Encryption::Tls(tls) => self.open_with(tls.clone()).await,
        }?;
        connected.client.batch_execute(&self.session).await?;
        Ok(connected)
    }

    async fn open_with<T>(&self, tls: T) -> Result<Connected, DbError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self
            .config
            .connect(tls)
            .await
            .map_err(|error| unreachable(&error))?;
        let (alive, ended) = watch::channel(());
        let driver = tokio::spawn(async move {
            let _alive = alive;
            if let Err(error) = connection.await {
                tracing::debug!(error = chain(&error), "a connection to PostgreSQL ended");
            }
        });
        Ok(Connected {
            client,
            driver,
            ended,
        })
    }
}

impl Connected {
    /// Waits until the connection is lost.
    pub(super) async fn ended(&self) {
        // Nothing is ever sent; the error is the end.
        let _ = self.ended.clone().changed().await;
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A connection that cannot be opened is an outage, unless the server refused it for a lasting reason.
pub(super) fn unreachable(error: &tokio_postgres::Error) -> DbError {
    let message = chain(error);
    match error.code().map(tokio_postgres::error::SqlState::code) {
        // Wrong password, role, database or privilege.
        Some(code)
            if code.starts_with("28") || code.starts_with("3D") || code.starts_with("42") =>
        {
            DbError::other(message)
        }
        _ => DbError::Unavailable(message),
    }
}
