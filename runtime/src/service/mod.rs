//! A service, from its `main` to its end.
//!
//! [`run()`] reads the command line and the configuration, starts the log, then
//! does what was asked: `serve`, `migrate`, `help` or `version`. Knows nothing
//! of requests.

mod arguments;
mod migrate;
mod run;

use axum::Router;

use crate::config::{Config, ConfigError};
use crate::db::{Db, DbError, Migration};
use crate::page::PageTokens;

#[cfg(feature = "testing")]
pub(crate) use run::assemble;
pub use run::run;

/// What a generated service tells the runtime about itself.
pub trait Service: Clone + Send + Sync + 'static {
    /// Its name, in kebab case: the prefix of its environment variables, and the domain of its errors.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// Its migrations, in order.
    const MIGRATIONS: &'static [Migration] = &[];
    /// Its `OpenAPI` document, served at `/openapi.json`.
    const OPENAPI: Option<&'static str> = None;

    /// Whether its database has the table `idempotency_keys`, from which expired answers are removed.
    const KEEPS_ANSWERS: bool = false;

    /// Makes its state, once the database is there and migrated.
    fn start(resources: Resources) -> impl Future<Output = Result<Self, StartError>> + Send;

    /// Its routes.
    fn router(self) -> Router;
}

/// What a service is given to start with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resources {
    /// The database.
    pub db: Db,
    /// Seals page tokens.
    pub pages: PageTokens,
    /// The configuration, the service's own section `app` included.
    pub config: Config,
}

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Db(#[from] DbError),
    /// A migration cannot be run.
    #[error("the migrations cannot be run")]
    Migrate(#[from] crate::db::migrate::MigrateError),
    /// Nothing can listen at the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The process cannot be set up.
    #[error("the process cannot be set up")]
    Process(#[from] std::io::Error),
    /// What the service itself says in [`Service::start`].
    #[error("{0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StartError {
    /// Any other reason, as an error or as a sentence.
    pub fn other(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(reason.into())
    }
}
