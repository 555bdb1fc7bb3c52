//! The configuration of a service: defaults, then a TOML file, then the
//! environment, then flags; the later one wins.
//!
//! An unknown key is an error wherever it stands, every error is told at once,
//! and no secret is ever printed. `layers` gathers what was set and where,
//! `typed` makes the sections of it, `print` shows the outcome.

mod fields;
mod layers;
mod print;
mod span;
mod typed;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::db::DbConfig;

pub(crate) use layers::prefix as environment_prefix;
pub use layers::{ConfigError, Sources};
pub use typed::load;

/// Everything that can be set.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where the server listens, and its limits.
    pub server: ServerConfig,
    /// The database.
    pub db: DbConfig,
    /// When migrations run; part of the section `db`.
    pub migration: MigrationConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// How callers are told apart.
    pub caller: CallerConfig,
    /// Which pages of other origins may use the API.
    pub cors: CorsConfig,
    /// How long answers to requests with an idempotency key are kept.
    pub idempotency: IdempotencyConfig,
    /// The pages that describe the API.
    pub docs: DocsConfig,
    /// 32 bytes in base64 that seal page tokens; without it, a key is kept in the database.
    pub secret_key: Option<SecretKey>,
    /// The keys before it: what they sealed still opens, so that a key can be replaced.
    pub previous_secret_keys: Vec<SecretKey>,
    /// The section `app`, which is the service's own.
    pub app: toml::Table,
}

impl Config {
    /// The section `app` as the service's own type.
    pub fn app<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let app = toml::Value::Table(self.app.clone());
        app.try_into()
            .map_err(|error| ConfigError::one(format!("section `app`: {}", error.message())))
    }
}

/// The section `server`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// The address to listen on; `0.0.0.0` or `::` for all.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The most connections at once; more of them wait.
    pub max_connections: usize,
    /// The most bytes of a request's body.
    pub body_limit: usize,
    /// The most bytes of a request's head.
    pub header_limit: usize,
    /// How long a client may take to send the head of a request, and to be idle between two.
    #[serde(with = "span")]
    pub header_timeout: Duration,
    /// How long a request may take, its body included.
    #[serde(with = "span")]
    pub request_timeout: Duration,
    /// How long the service still takes requests after it was told to stop, and said that it is not ready.
    #[serde(with = "span")]
    pub drain_delay: Duration,
    /// How long requests in flight may then take to finish.
    #[serde(with = "span")]
    pub grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8080,
            max_connections: 10_000,
            body_limit: 1 << 20,
            header_limit: 64 << 10,
            header_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            drain_delay: Duration::from_secs(5),
            grace: Duration::from_secs(20),
        }
    }
}

/// When migrations run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MigrationConfig {
    /// Whether `serve` runs what is pending before it takes requests.
    pub migrate_on_start: bool,
    /// How long to wait for another instance that migrates.
    #[serde(with = "span")]
    pub migrate_wait: Duration,
    /// PostgreSQL: how long a statement of a migration waits for a lock, which everybody behind it waits for too.
    #[serde(with = "span")]
    pub migrate_lock_timeout: Duration,
    /// PostgreSQL: the longest that a statement of a migration may take; `0s` for as long as it needs.
    #[serde(with = "span")]
    pub migrate_statement_timeout: Duration,
}

impl Default for MigrationConfig {
    fn default() -> Self {
        Self {
            migrate_on_start: true,
            migrate_wait: Duration::from_secs(60),
            migrate_lock_timeout: Duration::from_secs(3),
            migrate_statement_timeout: Duration::ZERO,
        }
    }
}

/// The section `log`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`), or directives such as `info,shop=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
    /// Which requests are logged.
    pub requests: LoggedRequests,
    /// From when on a request counts as slow.
    #[serde(with = "span")]
    pub slow: Duration,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: LogFormat::Auto,
            requests: LoggedRequests::Failed,
            slow: Duration::from_secs(1),
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// For machines, an object a line.
    Json,
}

/// Which requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggedRequests {
    /// Every one.
    All,
    /// Those that were refused, failed, or were slow.
    Failed,
    /// None; the sources of failures are logged all the same.
    None,
}

/// The section `caller`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallerConfig {
    /// The header in which a proxy names the caller. Set it only where no client can reach the service past that proxy.
    pub header: Option<String>,
}

/// The section `cors`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// The origins whose pages may use the API, such as `https://app.example`; `*` for all. None unless named.
    pub origins: Vec<String>,
    /// Whether their requests may carry cookies and other credentials; not with `*`.
    pub credentials: bool,
    /// Headers that they may send, beyond those that the API itself reads.
    pub headers: Vec<String>,
    /// Headers of answers that they may read, beyond those that the API itself sets.
    pub exposed: Vec<String>,
    /// How long a browser may remember what it may do.
    #[serde(with = "span")]
    pub max_age: Duration,
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            credentials: false,
            headers: Vec::new(),
            exposed: Vec::new(),
            max_age: Duration::from_secs(3600),
        }
    }
}

/// The section `idempotency`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdempotencyConfig {
    /// How long the answer to a request with an `Idempotency-Key` is kept, and given again to a repetition.
    #[serde(with = "span")]
    pub ttl: Duration,
}

impl Default for IdempotencyConfig {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// The section `docs`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocsConfig {
    /// Whether `/docs` and `/openapi.json` are served.
    pub enabled: bool,
}

impl Default for DocsConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// A key of 32 bytes, given in base64. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretKey(…)")
    }
}

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok());
        key.map(Self).ok_or_else(|| {
            serde::de::Error::custom(
                "must be 32 random bytes in base64, as `openssl rand -base64 32` makes them",
            )
        })
    }
}
