//! Databases for tests: SQLite in a temporary directory, and a PostgreSQL server of our own,
//! started from the installed binaries on a free port.

#![allow(dead_code)] // Each test binary uses another part.

pub mod disk;
pub mod items;
pub mod people;
pub mod server;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use svcgen_runtime::db::{Db, DbConfig, DbError, Sql};
use tempfile::TempDir;

pub use server::Server;

/// A database and whatever must live as long as it.
pub struct TestDb {
    pub db: Db,
    pub label: &'static str,
    directory: Option<TempDir>,
}

/// A SQLite file of its own.
pub async fn sqlite() -> TestDb {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/data/test.db", directory.path().display());
    let db = Db::connect(&DbConfig::new(url)).await.unwrap();
    TestDb {
        db,
        label: "SQLite",
        directory: Some(directory),
    }
}

/// SQLite in memory.
pub async fn memory() -> TestDb {
    let db = Db::connect(&DbConfig::new("sqlite::memory:"))
        .await
        .unwrap();
    TestDb {
        db,
        label: "SQLite in memory",
        directory: None,
    }
}

/// A database of its own on the server that the tests of this binary share.
pub async fn postgres() -> TestDb {
    let db = Db::connect(&DbConfig::new(fresh_postgres_url().await))
        .await
        .unwrap();
    TestDb {
        db,
        label: "PostgreSQL",
        directory: None,
    }
}

/// Every engine, for tests that must hold on each.
pub async fn every() -> Vec<TestDb> {
    vec![sqlite().await, memory().await, postgres().await]
}

/// The URL of a new empty database on the shared server.
pub async fn fresh_postgres_url() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let server = SERVER.get_or_init(Server::start);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = Db::connect(&DbConfig::new(server.url("postgres")))
        .await
        .unwrap();
    let create = format!("create database {name}");
    admin
        .execute(&Sql::owned(String::new(), create), Vec::new())
        .await
        .unwrap();
    admin.close().await;
    server.url(&name)
}

/// Sets a pragma of the connection that writes.
#[cfg(feature = "sqlite")]
pub async fn set_pragma(db: &Db, name: &'static str, value: u32) {
    db.transaction::<(), DbError, _>(move |tx| {
        Box::pin(async move {
            tx.sqlite(move |it| Ok(it.pragma_update(None, name, value)?))
                .await
        })
    })
    .await
    .unwrap();
}
