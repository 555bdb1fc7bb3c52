//! The settings of the database. It does not know where they come from.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DbError, Engine};

/// How to reach the database and how hard to use it. Every setting has a default;
/// an unknown one is an error.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbConfig {
    /// `sqlite://PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    /// With `?sslmode=require` PostgreSQL is reached over TLS, and its certificate and name are verified.
    /// In memory, reads wait for open transactions; in a file they do not.
    pub url: String,
    /// SQLite: threads that read.
    pub readers: usize,
    /// SQLite: whether a commit waits for the disk.
    pub synchronous: Synchronous,
    /// The longest that one statement may take.
    pub statement_timeout: Span,
    /// The longest that a transaction may pause between two statements.
    pub transaction_idle_timeout: Span,
    /// The longest that a transaction may take.
    pub transaction_timeout: Span,
    /// SQLite: how long to wait for another process that writes to the file.
    pub busy_timeout: Span,
    /// SQLite: page cache of each connection, in MiB.
    pub cache_mib: u32,
    /// SQLite: how much of the file is mapped into memory, in MiB.
    pub mmap_mib: u32,
    /// Prepared statements that each connection keeps.
    pub statement_cache: usize,
    /// PostgreSQL: pipelined connections that all single statements share.
    pub shared_connections: usize,
    /// PostgreSQL: connections for transactions and for people's own queries.
    pub pool_size: usize,
    /// PostgreSQL: the longest that opening a connection may take.
    pub connect_timeout: Span,
    /// PostgreSQL: how long a call waits for a connection, when there is none at the moment.
    pub acquire_timeout: Span,
    /// PostgreSQL: a PEM file with the certificates to trust for `sslmode=require`, instead of the system's.
    pub root_certificates: Option<PathBuf>,
    /// PostgreSQL: the name under which the server lists the connections.
    pub application_name: String,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self {
            url: "sqlite://data/service.db".to_owned(),
            readers: 2,
            synchronous: Synchronous::Full,
            statement_timeout: Span::seconds(5),
            transaction_idle_timeout: Span::seconds(5),
            transaction_timeout: Span::seconds(30),
            busy_timeout: Span::seconds(5),
            cache_mib: 16,
            mmap_mib: 64,
            statement_cache: 512,
            shared_connections: 2,
            pool_size: 8,
            connect_timeout: Span::seconds(5),
            acquire_timeout: Span::seconds(1),
            root_certificates: None,
            application_name: "svcgen".to_owned(),
        }
    }
}

impl DbConfig {
    /// The defaults for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// The engine that the URL chooses.
    pub fn engine(&self) -> Result<Engine, DbError> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Engine::Sqlite),
            Some("postgres" | "postgresql") => Ok(Engine::Postgres),
            _ => Err(DbError::other(
                "the database URL must begin with `sqlite:`, `postgres:` or `postgresql:`",
            )),
        }
    }

    /// The URL with its password, and whatever else could be one, left out.
    pub fn display_url(&self) -> String {
        let shown = self.url.split(['?', '#']).next().unwrap_or_default();
        match (shown.split_once("://"), shown.rsplit_once('@')) {
            (Some((scheme, _)), Some((credentials, host))) => {
                let user = credentials
                    .split_once("://")
                    .map_or("", |(_, it)| it.split(':').next().unwrap_or_default());
                format!("{scheme}://{user}@{host}")
            }
            _ => shown.to_owned(),
        }
    }
}

impl fmt::Debug for DbConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DbConfig")
            .field("url", &self.display_url())
            .field("readers", &self.readers)
            .field("synchronous", &self.synchronous)
            .field("statement_timeout", &self.statement_timeout)
            .field("transaction_idle_timeout", &self.transaction_idle_timeout)
            .field("transaction_timeout", &self.transaction_timeout)
            .field("busy_timeout", &self.busy_timeout)
            .field("cache_mib", &self.cache_mib)
            .field("mmap_mib", &self.mmap_mib)
            .field("statement_cache", &self.statement_cache)
            .field("shared_connections", &self.shared_connections)
            .field("pool_size", &self.pool_size)
            .field("connect_timeout", &self.connect_timeout)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("root_certificates", &self.root_certificates)
            .field("application_name", &self.application_name)
            .finish()
    }
}

/// Whether a commit waits until the disk has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// An acknowledged write survives a power cut.
    #[default]
    Full,
    /// A power cut may take the last moments of acknowledged writes, never the file's integrity.
    Normal,
}

/// A length of time in the settings, written as `500ms`, `5s` or `1m 30s`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// Milliseconds.
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = SignedDuration::deserialize(deserializer)?;
        Duration::try_from(span)
            .map(Self)
            .map_err(|_| serde::de::Error::custom("a length of time must not be negative"))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}ms", self.0.as_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let config = DbConfig::new("postgres://anna:s3cr3t@db.example:5432/shop?password=s3cr3t");
        assert!(!format!("{config:?}").contains("s3cr3t"));
        assert_eq!(config.display_url(), "postgres://anna@db.example:5432/shop");
        let odd = DbConfig::new("postgres://anna:s3cr3t@with@at@host/shop");
        assert!(!format!("{odd:?}").contains("s3cr3t"));
    }

    #[test]
    fn unknown_settings_are_errors_and_times_are_readable() {
        let config: DbConfig =
            serde_json::from_str(r#"{"statement_timeout":"250ms","synchronous":"normal"}"#)
                .unwrap();
        assert_eq!(config.statement_timeout, Span::millis(250));
        assert_eq!(config.synchronous, Synchronous::Normal);
        assert!(serde_json::from_str::<DbConfig>(r#"{"reader":3}"#).is_err());
        assert!(serde_json::from_str::<DbConfig>(r#"{"statement_timeout":"-1s"}"#).is_err());
        let again: DbConfig =
            serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }

    #[test]
    fn the_url_chooses_the_engine() {
        assert_eq!(
            DbConfig::new("sqlite://data/x.db").engine().unwrap(),
            Engine::Sqlite
        );
        assert_eq!(
            DbConfig::new("postgresql://h/x").engine().unwrap(),
            Engine::Postgres
        );
        assert!(DbConfig::new("mysql://h/x").engine().is_err());
        assert!(DbConfig::new("").engine().is_err());
    }
}
