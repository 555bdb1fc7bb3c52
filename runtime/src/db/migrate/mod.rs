//! Migrations: SQL files that were compiled in, applied once each, in order.
//!
//! A file is a list of steps, each with the way it is run (see the module `script`). On SQLite a file is
//! one transaction; on PostgreSQL every step is recorded when it is done, so that what was
//! stopped goes on where it stopped. The ledger, the table `svcgen_migrations`, remembers what
//! was applied and the catalogue that it left. What is in the ledger must be in the binary,
//! unchanged; otherwise nothing is done.
//! This module does not know what a migration means, only that it must not lose rows by accident.

mod adopt;
mod drift;
mod error;
mod event;
mod neighbours;
#[cfg(feature = "postgres")]
mod postgres;
mod script;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use adopt::{Adopt, Adopted, adopt};
pub use drift::Drift;
pub use error::MigrateError;
pub(crate) use event::Pace;
pub use event::{Event, Watcher, log};
pub(crate) use neighbours::told as told_of_neighbours;
pub use script::{Keep, Mode, Step, steps};

use std::fmt::Write as _;
use std::time::Duration;

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
    /// The way back on SQLite; empty when there is none.
    pub sqlite_down: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
    /// The way back on PostgreSQL; empty when there is none.
    pub postgres_down: &'static str,
}

/// The migration in a folder of `migrations/` of the crate that says this, built in with the
/// files of the databases it names: `migration!(sqlite postgres "0001_initial")`.
#[macro_export]
macro_rules! migration {
    (sqlite postgres $id:literal) => {
        $crate::db::Migration {
            id: $id,
            sqlite: $crate::migration!(file $id "sqlite.sql"),
            sqlite_down: $crate::migration!(file $id "sqlite.down.sql"),
            postgres: $crate::migration!(file $id "postgres.sql"),
            postgres_down: $crate::migration!(file $id "postgres.down.sql"),
        }
    };
    (postgres sqlite $id:literal) => {
        $crate::migration!(sqlite postgres $id)
    };
    (sqlite $id:literal) => {
        $crate::db::Migration {
            id: $id,
            sqlite: $crate::migration!(file $id "sqlite.sql"),
            sqlite_down: $crate::migration!(file $id "sqlite.down.sql"),
            postgres: "",
            postgres_down: "",
        }
    };
    (postgres $id:literal) => {
        $crate::db::Migration {
            id: $id,
            sqlite: "",
            sqlite_down: "",
            postgres: $crate::migration!(file $id "postgres.sql"),
            postgres_down: $crate::migration!(file $id "postgres.down.sql"),
        }
    };
    (file $id:literal $name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $id, "/", $name))
    };
}

impl Migration {
    /// A migration without a way back.
    pub const fn new(id: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            id,
            sqlite,
            postgres,
            sqlite_down: "",
            postgres_down: "",
        }
    }

    /// The same with a way back.
    #[must_use]
    pub const fn back(self, sqlite_down: &'static str, postgres_down: &'static str) -> Self {
        Self {
            sqlite_down,
            postgres_down,
            ..self
        }
    }

    /// What is run on an engine.
    pub fn text(&self, engine: Engine, way: Way) -> &'static str {
        match (engine, way) {
            (Engine::Sqlite, Way::Up) => self.sqlite,
            (Engine::Postgres, Way::Up) => self.postgres,
            (Engine::Sqlite, Way::Down) => self.sqlite_down,
            (Engine::Postgres, Way::Down) => self.postgres_down,
        }
    }

    /// SHA-256 of the text, blind to how lines end and to space at their ends, because editors
    /// and version control change those, and to findings that are accepted, because that is
    /// done when the migration may be applied already.
    fn checksum(&self, engine: Engine) -> String {
        let mut hash = Sha256::new();
        let lines = self.text(engine, Way::Up).trim_end().lines();
        for line in lines.filter(|it| !script::is_acceptance(it)) {
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

/// There, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Applies a migration.
    Up,
    /// Takes it back.
    Down,
}

impl Way {
    /// As the ledger writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// How migrations are run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for another instance that migrates.
    pub patience: Duration,
    /// On PostgreSQL, how long a statement waits for a lock before everybody behind it may go on.
    pub lock_timeout: Duration,
    /// On PostgreSQL, how long one statement may take; zero for as long as it needs.
    pub statement_timeout: Duration,
    /// How often a step is tried when it cannot get a lock.
    pub tries: u32,
    /// Whether to go on although the database is not as the last migration left it.
    pub accept_drift: bool,
    /// On SQLite, do everything and take it back; on PostgreSQL, run the checks alone.
    pub dry_run: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(60),
            lock_timeout: Duration::from_secs(3),
            statement_timeout: Duration::ZERO,
            tries: 5,
            accept_drift: false,
            dry_run: false,
        }
    }
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
    /// It was stopped on its way, after so many of its steps.
    Unfinished(Way, usize),
    /// It was applied with another text.
    Changed,
    /// The database has it, this binary does not.
    Unknown,
}

/// Brings the schema up to date and tells what was applied. Instances that start at once
/// wait for one another.
pub async fn run(
    db: &Db,
    migrations: &'static [Migration],
) -> Result<Vec<&'static str>, MigrateError> {
    up(db, migrations, Options::default(), log()).await
}

/// Brings the schema up to date, and tells the watcher what goes on.
pub async fn up(
    db: &Db,
    migrations: &'static [Migration],
    options: Options,
    watcher: Watcher,
) -> Result<Vec<&'static str>, MigrateError> {
    check(migrations, db.engine())?;
    match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => {
            let (location, config) = (backend.location().clone(), db.0.config.clone());
            let run = move || {
                let mut runner = sqlite::Runner::open(&location, &config, options, watcher)?;
                runner.up(migrations)
            };
            tokio::task::spawn_blocking(run)
                .await
                .map_err(DbError::other)?
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            postgres::up(backend.settings(), migrations, &options, &watcher).await
        }
    }
}

/// Takes the last migrations back, as many as asked for, and tells which.
pub async fn down(
    db: &Db,
    migrations: &'static [Migration],
    count: usize,
    options: Options,
    watcher: Watcher,
) -> Result<Vec<&'static str>, MigrateError> {
    check(migrations, db.engine())?;
    match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => {
            let (location, config) = (backend.location().clone(), db.0.config.clone());
            let run = move || {
                let mut runner = sqlite::Runner::open(&location, &config, options, watcher)?;
                runner.down(migrations, count)
            };
            tokio::task::spawn_blocking(run)
                .await
                .map_err(DbError::other)?
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            postgres::down(backend.settings(), migrations, count, &options, &watcher).await
        }
    }
}

/// Tells where each migration stands, in order; those that only the database knows come last.
pub async fn status(
    db: &Db,
    migrations: &'static [Migration],
) -> Result<Vec<Status>, MigrateError> {
    let ledger = ledger(db).await?;
    let engine = db.engine();
    let known = migrations.iter().map(|migration| {
        let entry = ledger.entries.iter().find(|it| it.id == migration.id);
        let unfinished = ledger
            .unfinished
            .as_ref()
            .filter(|it| it.id == migration.id);
        let state = match (entry, unfinished) {
            (_, Some(unfinished)) => State::Unfinished(unfinished.way, unfinished.done),
            (None, None) => State::Pending,
            (Some(entry), None) if entry.checksum == migration.checksum(engine) => {
                State::Applied(entry.applied_at)
            }
            (Some(_), None) => State::Changed,
        };
        Status {
            id: migration.id.to_owned(),
            state,
        }
    });
    let is_unknown = |entry: &&Entry| migrations.iter().all(|it| it.id != entry.id);
    let unknown = ledger.entries.iter().filter(is_unknown);
    let unknown = unknown.map(|entry| Status {
        id: entry.id.clone(),
        state: State::Unknown,
    });
    Ok(known.chain(unknown).collect())
}

/// How the database differs from what its last migration left.
pub async fn drift(db: &Db) -> Result<Drift, MigrateError> {
    let ledger = ledger(db).await?;
    let live = match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => backend.function(sqlite::catalogue).await?,
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            let connection = backend.exclusive().await?;
            postgres::catalogue(&connection).await?
        }
    };
    Ok(ledger.drift(&live))
}

async fn ledger(db: &Db) -> Result<Ledger, DbError> {
    match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => backend.function(sqlite::ledger).await,
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            let connection = backend.exclusive().await?;
            postgres::ledger(&connection).await
        }
    }
}

/// What the database remembers.
#[derive(Debug, Clone, Default)]
struct Ledger {
    /// What was applied, in order.
    entries: Vec<Entry>,
    /// What was stopped on its way; SQLite never has any.
    unfinished: Option<Unfinished>,
}

/// One row of the ledger.
#[derive(Debug, Clone)]
struct Entry {
    id: String,
    checksum: String,
    applied_at: Timestamp,
    /// The catalogue that it left; older ledgers did not keep it.
    catalogue: Option<String>,
}

/// A migration that was stopped on its way.
#[derive(Debug, Clone)]
struct Unfinished {
    id: String,
    way: Way,
    checksum: String,
    done: usize,
}

impl Ledger {
    /// How a catalogue differs from the one that the last migration left.
    fn drift(&self, live: &str) -> Drift {
        match self.entries.last().and_then(|it| it.catalogue.as_deref()) {
            // Servers of different versions describe the same tables in different words.
            Some(left) if self.unfinished.is_none() && server(left) == server(live) => {
                Drift::between(left, live)
            }
            _ => Drift::default(),
        }
    }

    /// Refuses a database that lost something since its last migration.
    fn refuse_drift(&self, live: &str, options: &Options) -> Result<(), MigrateError> {
        let drift = self.drift(live);
        if drift.missing.is_empty() || options.accept_drift {
            Ok(())
        } else {
            Err(MigrateError::Drifted(drift))
        }
    }

    /// The migrations that are still to be applied, if the ledger agrees with the binary.
    fn pending(
        &self,
        migrations: &'static [Migration],
        engine: Engine,
    ) -> Result<Vec<&'static Migration>, MigrateError> {
        for entry in &self.entries {
            match migrations.iter().find(|it| it.id == entry.id) {
                None => return Err(MigrateError::Unknown(entry.id.clone())),
                Some(migration) if migration.checksum(engine) != entry.checksum => {
                    return Err(MigrateError::Changed(entry.id.clone()));
                }
                Some(_) => {}
            }
        }
        self.check_unfinished(migrations, engine)?;
        let last = self.entries.iter().map(|it| it.id.as_str()).max();
        let pending: Vec<_> = migrations
            .iter()
            .filter(|it| self.entries.iter().all(|entry| entry.id != it.id))
            .collect();
        match (pending.first(), last) {
            (Some(first), Some(last)) if first.id < last => Err(MigrateError::OutOfOrder {
                id: first.id.to_owned(),
                applied: last.to_owned(),
            }),
            _ => Ok(pending),
        }
    }

    /// What was stopped on its way must be in the binary as it was begun.
    fn check_unfinished(
        &self,
        migrations: &'static [Migration],
        engine: Engine,
    ) -> Result<(), MigrateError> {
        let Some(unfinished) = &self.unfinished else {
            return Ok(());
        };
        match migrations.iter().find(|it| it.id == unfinished.id) {
            None => Err(MigrateError::Unknown(unfinished.id.clone())),
            Some(migration) if migration.checksum(engine) != unfinished.checksum => {
                Err(MigrateError::Changed(unfinished.id.clone()))
            }
            Some(_) => Ok(()),
        }
    }

    /// The last migrations, the latest first.
    fn last(
        &self,
        migrations: &'static [Migration],
        count: usize,
        engine: Engine,
    ) -> Result<Vec<&'static Migration>, MigrateError> {
        self.pending(migrations, engine)?;
        let last = self.entries.iter().rev().take(count);
        let known = last.filter_map(|entry| migrations.iter().find(|it| it.id == entry.id));
        let known: Vec<_> = known.collect();
        match known
            .iter()
            .find(|it| it.text(engine, Way::Down).trim().is_empty())
        {
            Some(migration) => Err(MigrateError::NoWayBack(migration.id.to_owned())),
            None => Ok(known),
        }
    }
}

/// The line that tells the server's version.
fn server(catalogue: &str) -> Option<&str> {
    catalogue.lines().find(|line| line.starts_with("server "))
}

/// The list is in order, and every file can be read.
fn check(migrations: &'static [Migration], engine: Engine) -> Result<(), MigrateError> {
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].id >= pair[1].id) {
        return Err(MigrateError::Unsorted(pair[1].id.to_owned()));
    }
    for migration in migrations {
        for way in [Way::Up, Way::Down] {
            script::steps(migration.text(engine, way)).map_err(|what| MigrateError::Script {
                id: migration.id.to_owned(),
                what,
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
