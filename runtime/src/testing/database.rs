//! A database of its own for each test server.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names a PostgreSQL to test on.
const VARIABLE: &str = "TEST_DATABASE_URL";

/// A database that goes when it is dropped.
pub(super) struct Database {
    url: String,
    kind: Kind,
}

enum Kind {
    /// A directory with the file in it.
    Sqlite(PathBuf),
    /// The server's own URL, and the schema.
    #[cfg(feature = "postgres")]
    Postgres { server: String, schema: String },
}

impl Database {
    pub(super) async fn create(service: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("svcgen_test_{}_{number}", uuid::Uuid::now_v7().simple());
        match std::env::var(VARIABLE) {
            Ok(server) if !server.is_empty() => Self::schema(server, unique).await,
            _ => {
                let directory = std::env::temp_dir().join(unique);
                std::fs::create_dir_all(&directory).expect("a temporary directory");
                let url = format!("sqlite://{}/{service}.db", directory.display());
                Self {
                    url,
                    kind: Kind::Sqlite(directory),
                }
            }
        }
    }

    #[cfg(feature = "postgres")]
    async fn schema(server: String, schema: String) -> Self {
        execute(&server, &format!("create schema {schema}")).await;
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-c%20search_path%3D{schema}");
        Self {
            url,
            kind: Kind::Postgres { server, schema },
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_async, reason = "the other one waits")]
    async fn schema(_server: String, _schema: String) -> Self {
        panic!("{VARIABLE} is set, and this build has no PostgreSQL");
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(feature = "postgres")]
async fn execute(server: &str, statement: &str) {
    let connecting = tokio_postgres::connect(server, tokio_postgres::NoTls).await;
    let (client, connection) = connecting.expect("TEST_DATABASE_URL reaches a PostgreSQL");
    let driver = tokio::spawn(connection);
    client.batch_execute(statement).await.expect(statement);
    drop(client);
    let _ = driver.await;
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.kind {
            // The server may still hold the file open, which does no harm where it can be unlinked.
            Kind::Sqlite(directory) => drop(std::fs::remove_dir_all(directory)),
            #[cfg(feature = "postgres")]
            Kind::Postgres { server, schema } => {
                // A test's own runtime cannot be waited on from here.
                let (server, statement) = (server.clone(), format!("drop schema {schema} cascade"));
                let dropping = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build();
                    runtime
                        .expect("a runtime")
                        .block_on(execute(&server, &statement));
                });
                let dropped = dropping.join();
                if !std::thread::panicking() {
                    dropped.expect("the test's schema is dropped");
                }
            }
        }
    }
}
