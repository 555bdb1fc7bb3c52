//! Migrations: SQL files that were compiled in, applied once each, in order.
//!
//! The ledger, the table `svcgen_migrations`, is written in the transaction of the migration
//! it records. What is in the ledger must be in the binary, unchanged; otherwise nothing is done.
//! This module does not know what a migration means, only that it must not lose rows by accident.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Backend, Db, DbError, Engine};

/// One step of the schema, with its SQL for each engine.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Sorts in the order of application, such as `0001_initial`.
    pub id: &'static str,
    /// The statements for SQLite.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
}

/// Where one migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The migration.
    pub id: String,
    /// Its state in this database.
    pub state: State,
}

/// The state of a migration in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was applied then.
    Applied(Timestamp),
    /// It is not applied yet.
    Pending,
    /// It was applied with another text.
    Changed,
    /// The database has it, this binary does not.
    Unknown,
}

/// Why the schema was not brought up to date. What was applied before stays applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// An applied migration has another text now.
    #[error(
        "the migration `{0}` was changed after it had been applied; restore its text and write a new migration instead"
    )]
    Changed(String),
    /// The database is ahead of this binary.
    #[error(
        "the database has the migration `{0}`, which this service does not know; it was written by a newer version"
    )]
    Unknown(String),
    /// A pending migration comes before an applied one.
    #[error(
        "the migration `{id}` is not applied, but the later `{applied}` is; give it a later name"
    )]
    OutOfOrder {
        /// The pending one.
        id: String,
        /// The applied one that comes after it.
        applied: String,
    },
    /// The list itself is wrong.
    #[error("the migrations are not in ascending order at `{0}`")]
    Unsorted(String),
    /// The migration would have lost rows; it was rolled back.
    #[error(
        "the migration `{id}` rebuilds tables, and `{table}` would have {after} rows instead of {before}; it was rolled back"
    )]
    RowsLost {
        /// The migration.
        id: String,
        /// The table that would have lost rows.
        table: String,
        /// Its rows before.
        before: i64,
        /// Its rows after.
        after: i64,
    },
    /// The migration would have left references to nothing; it was rolled back.
    #[error(
        "the migration `{id}` leaves {rows} rows of `{table}` that refer to nothing; it was rolled back"
    )]
    DanglingReferences {
        /// The migration.
        id: String,
        /// The table with the references.
        table: String,
        /// How many rows.
        rows: usize,
    },
    /// The migration contains `begin`, `commit` or the like.
    #[error(
        "the migration `{0}` ends its transaction itself; remove `commit` and `rollback` from it"
    )]
    EndsTransaction(String),
    /// Another instance migrates, and did not finish in time.
    #[error("another instance is migrating the database and did not finish in time")]
    Locked,
    /// A statement of the migration failed; it was rolled back.
    #[error("the migration `{id}` failed and was rolled back: {source}")]
    Failed {
        /// The migration.
        id: String,
        /// What the database said.
        source: DbError,
    },
    /// The ledger cannot be read or written.
    #[error("the ledger of migrations cannot be used: {0}")]
    Ledger(#[from] DbError),
}

/// Brings the schema up to date and tells what was applied. Instances that start at once
/// wait for one another.
pub async fn run(
    db: &Db,
    migrations: &'static [Migration],
) -> Result<Vec<&'static str>, MigrateError> {
    check_order(migrations)?;
    match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => {
            let (location, config) = (backend.location().clone(), db.0.config.clone());
            let run = move || sqlite::run(&location, &config, migrations);
            tokio::task::spawn_blocking(run)
                .await
                .map_err(DbError::other)?
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => postgres::run(backend.settings(), migrations).await,
    }
}

/// Tells where each migration stands, in order; those that only the database knows come last.
pub async fn status(
    db: &Db,
    migrations: &'static [Migration],
) -> Result<Vec<Status>, MigrateError> {
    let ledger = match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => backend.function(sqlite::ledger).await?,
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            let connection = backend.exclusive().await?;
            postgres::ledger(&connection).await?
        }
    };
    let engine = db.engine();
    let known = migrations.iter().map(|migration| {
        let state = match ledger.iter().find(|it| it.id == migration.id) {
            None => State::Pending,
            Some(entry) if entry.checksum == migration.checksum(engine) => {
                State::Applied(entry.applied_at)
            }
            Some(_) => State::Changed,
        };
        Status {
            id: migration.id.to_owned(),
            state,
        }
    });
    let is_unknown = |entry: &&Entry| migrations.iter().all(|it| it.id != entry.id);
    let unknown = ledger.iter().filter(is_unknown).map(|entry| Status {
        id: entry.id.clone(),
        state: State::Unknown,
    });
    Ok(known.chain(unknown).collect())
}

/// One row of the ledger.
#[derive(Debug, Clone)]
struct Entry {
    id: String,
    checksum: String,
    applied_at: Timestamp,
}

impl Migration {
    fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    /// SHA-256 of the text, blind to how lines end and to space at their ends, because editors
    /// and version control change those.
    fn checksum(&self, engine: Engine) -> String {
        let mut hash = Sha256::new();
        for line in self.text(engine).trim_end().lines() {
            hash.update(line.trim_end());
            hash.update(b"\n");
        }
        hash.finalize()
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                // Writing to a string cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

fn check_order(migrations: &[Migration]) -> Result<(), MigrateError> {
    match migrations.windows(2).find(|pair| pair[0].id >= pair[1].id) {
        Some(pair) => Err(MigrateError::Unsorted(pair[1].id.to_owned())),
        None => Ok(()),
    }
}

/// The migrations that are still to be applied, if the ledger agrees with the binary.
fn pending(
    migrations: &'static [Migration],
    ledger: &[Entry],
    engine: Engine,
) -> Result<Vec<&'static Migration>, MigrateError> {
    for entry in ledger {
        match migrations.iter().find(|it| it.id == entry.id) {
            None => return Err(MigrateError::Unknown(entry.id.clone())),
            Some(migration) if migration.checksum(engine) != entry.checksum => {
                return Err(MigrateError::Changed(entry.id.clone()));
            }
            Some(_) => {}
        }
    }
    let last = ledger.iter().map(|it| it.id.as_str()).max();
    let pending: Vec<_> = migrations
        .iter()
        .filter(|it| ledger.iter().all(|entry| entry.id != it.id))
        .collect();
    match (pending.first(), last) {
        (Some(first), Some(last)) if first.id < last => Err(MigrateError::OutOfOrder {
            id: first.id.to_owned(),
            applied: last.to_owned(),
        }),
        _ => Ok(pending),
    }
}

#[cfg(test)]
mod tests;
