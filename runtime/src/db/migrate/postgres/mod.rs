//! Applying migrations to PostgreSQL, on a connection of their own, under an advisory lock
//! that keeps two starters apart.
//!
//! Every step is recorded when it is done, a `transaction` step in its own transaction, so a
//! migration that was stopped goes on where it stopped. A table that a long query holds would
//! make everybody behind a step wait too, so a step gives up after a moment and tries again. A
//! check that locks a table is part of the transaction of the step after it.

mod adopt;
mod catalogue;
mod holder;
mod step;

pub(super) use adopt::adopt;
pub(super) use catalogue::{catalogue, ledger};

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::Client;

use super::{
    DbError, Engine, Event, Ledger, MigrateError, Migration, Mode, Options, Watcher, Way,
    neighbours, script,
};
use crate::db::postgres::Settings;
use step::Place;

const PAUSE: Duration = Duration::from_millis(200);

const CREATE_LEDGER: &str = "create table if not exists svcgen_migrations (
    id text primary key,
    checksum text not null,
    applied_at timestamptz not null,
    duration_ms bigint not null
);
alter table svcgen_migrations add column if not exists catalogue text;
create table if not exists svcgen_migration_steps (
    migration text not null,
    step integer not null,
    way text not null,
    checksum text not null,
    position text,
    done boolean not null,
    primary key (migration, step)
)";
const LOCK: &str = "select pg_try_advisory_lock(hashtextextended('svcgen_migrations ' || coalesce(current_schema(), ''), 0))";

/// One run over one connection.
struct Runner<'a> {
    client: &'a Client,
    options: &'a Options,
    watcher: &'a Watcher,
}

/// Applies what is pending.
pub(super) async fn up(
    settings: &Settings,
    migrations: &'static [Migration],
    options: &Options,
    watcher: &Watcher,
) -> Result<Vec<&'static str>, MigrateError> {
    let connected = settings.connect().await?;
    let client = &connected.client;
    let runner = Runner {
        client,
        options,
        watcher,
    };
    // Most starts find nothing to do and need no lock, which poolers between do not support.
    let found = ledger(client).await?;
    let pending = found.pending(migrations, Engine::Postgres)?;
    if found.is_new() && !pending.is_empty() {
        neighbours::tell(watcher, catalogue::tables(client).await?);
    }
    if options.dry_run {
        return runner.rehearse(&pending, Way::Up).await;
    }
    if pending.is_empty() && !options.accept_drift {
        return Ok(Vec::new());
    }
    let work = async {
        let found = runner.hold().await?;
        let mut applied = Vec::new();
        for migration in found.pending(migrations, Engine::Postgres)? {
            runner.apply(migration, Way::Up, &found).await?;
            applied.push(migration.id);
        }
        if options.accept_drift {
            runner.remember(&runner.catalogue().await?).await?;
        }
        Ok(applied)
    };
    let outcome = work.await;
    runner.let_go().await;
    outcome
}

/// Takes the last migrations back.
pub(super) async fn down(
    settings: &Settings,
    migrations: &'static [Migration],
    count: usize,
    options: &Options,
    watcher: &Watcher,
) -> Result<Vec<&'static str>, MigrateError> {
    let connected = settings.connect().await?;
    let client = &connected.client;
    let runner = Runner {
        client,
        options,
        watcher,
    };
    if options.dry_run {
        let last = ledger(client)
            .await?
            .last(migrations, count, Engine::Postgres)?;
        return runner.rehearse(&last, Way::Down).await;
    }
    let work = async {
        let found = runner.hold().await?;
        let mut taken = Vec::new();
        for migration in found.last(migrations, count, Engine::Postgres)? {
            runner.apply(migration, Way::Down, &found).await?;
            taken.push(migration.id);
        }
        Ok(taken)
    };
    let outcome = work.await;
    runner.let_go().await;
    outcome
}

impl Runner<'_> {
    /// Keeps everybody else out until the connection ends, and reads the ledger then.
    async fn hold(&self) -> Result<Ledger, MigrateError> {
        let limits = format!(
            "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = {}",
            self.options.lock_timeout.as_millis()
        );
        self.session(&limits).await?;
        let since = Instant::now();
        let mut is_told = false;
        loop {
            let row = self.client.query_one(LOCK, &[]).await;
            let row = row.map_err(DbError::from)?;
            if row.try_get::<_, bool>(0).map_err(DbError::from)? {
                break;
            }
            if !is_told {
                (self.watcher)(&Event::Waiting);
                is_told = true;
            }
            if since.elapsed() > self.options.patience {
                return Err(MigrateError::Locked);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.session(CREATE_LEDGER).await?;
        let found = ledger(self.client).await?;
        found.refuse_drift(&self.catalogue().await?, self.options)?;
        Ok(found)
    }

    /// The database's description of itself, which a table that is held cannot be part of.
    async fn catalogue(&self) -> Result<String, MigrateError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match catalogue(self.client).await {
                Err(DbError::Timeout) => {}
                read => return Ok(read?),
            }
            let who = holder::of_any(self.client).await;
            let because = who.unwrap_or_else(|| "a table is held by another session".to_owned());
            if tries >= self.options.tries {
                return Err(MigrateError::Held(because));
            }
            self.retrying("Reads the tables as they are", because, tries)
                .await;
        }
    }

    /// Says why something is tried again, and waits a moment, longer each time.
    async fn retrying(&self, title: &str, because: String, tries: u32) {
        (self.watcher)(&Event::Retrying {
            title: title.to_owned(),
            because,
        });
        tokio::time::sleep(PAUSE * 2_u32.pow(tries.min(8))).await;
    }

    /// Lets the others in at once; the server would when it notices that the connection is gone.
    async fn let_go(&self) {
        let _ = self.session("select pg_advisory_unlock_all()").await;
    }

    async fn session(&self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Runs the checks that come before anything is touched, and nothing else.
    async fn rehearse(
        &self,
        migrations: &[&'static Migration],
        way: Way,
    ) -> Result<Vec<&'static str>, MigrateError> {
        // The checks of a later migration rely on what an earlier one makes.
        if let Some(migration) = migrations.first() {
            let steps = steps(migration, way)?;
            let first = steps
                .iter()
                .take_while(|it| it.mode == Mode::Check && !it.is_under_lock());
            for index in 0..first.count() {
                self.run_step(&Place::of(migration, way, &steps, index))
                    .await?;
            }
        }
        Ok(migrations.iter().map(|it| it.id).collect())
    }

    async fn apply(
        &self,
        migration: &'static Migration,
        way: Way,
        found: &Ledger,
    ) -> Result<(), MigrateError> {
        let begun = Instant::now();
        let done = done_before(migration, way, found)?;
        let steps = steps(migration, way)?;
        (self.watcher)(&Event::Begun {
            id: migration.id.to_owned(),
            way,
            steps: steps.len(),
        });
        for (index, step) in steps.iter().enumerate().skip(done) {
            if !step.is_under_lock() {
                self.run_step(&Place::of(migration, way, &steps, index))
                    .await?;
            }
        }
        let took = begun.elapsed();
        self.record(migration, way, took).await?;
        (self.watcher)(&Event::Done {
            id: migration.id.to_owned(),
            took,
        });
        Ok(())
    }

    /// Writes what was done into the ledger, as one.
    async fn record(
        &self,
        migration: &Migration,
        way: Way,
        took: Duration,
    ) -> Result<(), MigrateError> {
        let catalogue = self.catalogue().await?;
        self.session("begin").await?;
        let written = async {
            match way {
                Way::Up => {
                    let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
                    self.client
                        .execute(
                            "insert into svcgen_migrations (id, checksum, applied_at, duration_ms) values ($1, $2, $3, $4)",
                            &[&migration.id, &migration.checksum(Engine::Postgres), &Timestamp::now(), &took],
                        )
                        .await?;
                }
                Way::Down => {
                    let forget = "delete from svcgen_migrations where id = $1";
                    self.client.execute(forget, &[&migration.id]).await?;
                }
            }
            let forget = "delete from svcgen_migration_steps where migration = $1";
            self.client.execute(forget, &[&migration.id]).await?;
            self.remember(&catalogue).await?;
            self.session("commit").await
        };
        if let Err(error) = written.await {
            // The connection may be gone, and the transaction with it.
            let _ = self.session("rollback").await;
            return Err(error.into());
        }
        Ok(())
    }

    async fn remember(&self, catalogue: &str) -> Result<(), DbError> {
        let keep = "update svcgen_migrations set catalogue = $1
            where id = (select max(id collate \"C\") from svcgen_migrations)";
        self.client.execute(keep, &[&catalogue]).await?;
        Ok(())
    }
}

/// The steps of one way of a migration.
fn steps(migration: &Migration, way: Way) -> Result<Vec<script::Step>, MigrateError> {
    script::steps(migration.text(Engine::Postgres, way)).map_err(|what| MigrateError::Script {
        id: migration.id.to_owned(),
        what,
    })
}

/// How many steps of a migration are done already. One that was stopped on its way must be
/// finished in the direction in which it was begun, before any other.
fn done_before(migration: &Migration, way: Way, found: &Ledger) -> Result<usize, MigrateError> {
    match &found.unfinished {
        Some(unfinished) if unfinished.way != way => Err(match unfinished.way {
            Way::Up => MigrateError::HalfUp(unfinished.id.clone()),
            Way::Down => MigrateError::HalfDown(unfinished.id.clone()),
        }),
        Some(unfinished) if unfinished.id == migration.id => Ok(unfinished.done),
        _ => Ok(0),
    }
}
