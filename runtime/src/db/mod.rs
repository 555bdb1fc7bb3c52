//! One database handle for SQLite and PostgreSQL; the URL decides at run time.
//!
//! A stand-in with the names of the real module.
#![allow(missing_docs, clippy::unused_async, clippy::missing_errors_doc)]

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbConfig {
    pub url: String,
    pub readers: usize,
    pub pool_size: usize,
    pub application_name: String,
}
impl Default for DbConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            readers: 2,
            pool_size: 8,
            application_name: String::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone)]
pub struct Db(Engine);
impl Db {
    pub async fn connect(config: &DbConfig) -> Result<Self, DbError> {
        if config.url.starts_with("nowhere") {
            return Err(DbError::Unavailable("nowhere".into()));
        }
        Ok(Self(Engine::Sqlite))
    }
    pub fn engine(&self) -> Engine {
        self.0
    }
    pub async fn ping(&self) -> Result<(), DbError> {
        Ok(())
    }
    pub async fn close(&self) {}
    pub async fn secret(&self, _name: &str) -> Result<[u8; 32], DbError> {
        Ok([7; 32])
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("unique")]
    Unique {
        constraint: Option<String>,
        table: String,
        columns: Vec<String>,
    },
    #[error("foreign key")]
    ForeignKey {
        constraint: Option<String>,
        table: Option<String>,
    },
    #[error("check")]
    Check { constraint: String },
    #[error("not null")]
    NotNull { table: String, column: String },
    #[error("timeout")]
    Timeout,
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("read-only")]
    ReadOnly,
    #[error("disk full")]
    DiskFull,
    #[error("serialization")]
    Serialization,
    #[error("no row")]
    NoRow,
    #[error("column {column}: {reason}")]
    Decode { column: usize, reason: String },
    #[error("other")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

pub trait TextEnum: Copy + 'static {
    const ALL: &'static [Self];
    fn as_str(self) -> &'static str;
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Text(String),
}
pub trait IntoValue {
    fn into_value(self) -> Value;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub id: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

pub mod migrate {
    use super::{Db, Migration};
    #[derive(Debug, thiserror::Error)]
    #[error("migrate")]
    pub struct MigrateError;
    #[derive(Debug)]
    pub enum State {
        Applied(jiff::Timestamp),
        Pending,
        Changed,
        Unknown,
    }
    #[derive(Debug)]
    pub struct Status {
        pub id: String,
        pub state: State,
    }
    pub async fn run(_db: &Db, all: &[Migration]) -> Result<Vec<&'static str>, MigrateError> {
        Ok(all.iter().map(|it| it.id).collect())
    }
    pub async fn status(_db: &Db, all: &[Migration]) -> Result<Vec<Status>, MigrateError> {
        Ok(all
            .iter()
            .map(|it| Status {
                id: it.id.into(),
                state: State::Pending,
            })
            .collect())
    }
}
