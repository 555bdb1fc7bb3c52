//! Applying migrations to PostgreSQL, on a connection of their own, under an advisory lock
//! that keeps two starters apart.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{Entry, MigrateError, Migration, pending};
use crate::db::postgres::Settings;
use crate::db::{DbError, Engine};

/// How long to wait for another instance that migrates.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);
/// How often a migration is tried when it cannot get a lock on a table.
const TRIES: u32 = 5;

const CREATE_LEDGER: &str = "create table if not exists svcgen_migrations (
    id text primary key,
    checksum text not null,
    applied_at timestamptz not null,
    duration_ms bigint not null
)";
const LOCK: &str = "select pg_try_advisory_lock(hashtextextended('svcgen_migrations ' || coalesce(current_schema(), ''), 0))";

pub(super) async fn run(
    settings: &Settings,
    migrations: &'static [Migration],
) -> Result<Vec<&'static str>, MigrateError> {
    let connected = settings.connect().await?;
    let client = &connected.client;
    // Most starts find nothing to do and need no lock, which poolers between do not support.
    if pending(migrations, &ledger(client).await?, Engine::Postgres)?.is_empty() {
        return Ok(Vec::new());
    }
    client
        .batch_execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
        .await
        .map_err(DbError::from)?;
    lock(client).await?;
    // The lock ends with the connection, whatever happens.
    client
        .batch_execute(CREATE_LEDGER)
        .await
        .map_err(DbError::from)?;
    let todo = pending(migrations, &ledger(client).await?, Engine::Postgres)?;
    let mut applied = Vec::new();
    for migration in todo {
        apply(client, migration).await?;
        applied.push(migration.id);
    }
    Ok(applied)
}

/// The ledger as it stands; empty when there is none.
pub(super) async fn ledger(client: &Client) -> Result<Vec<Entry>, DbError> {
    let exists = client
        .query_one("select to_regclass('svcgen_migrations') is not null", &[])
        .await?;
    if !exists.try_get::<_, bool>(0)? {
        return Ok(Vec::new());
    }
    let rows = client
        .query(
            "select id, checksum, applied_at from svcgen_migrations order by id",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                id: row.try_get(0)?,
                checksum: row.try_get(1)?,
                applied_at: row.try_get(2)?,
            })
        })
        .collect()
}

async fn lock(client: &Client) -> Result<(), MigrateError> {
    let started = Instant::now();
    loop {
        let row = client.query_one(LOCK, &[]).await.map_err(DbError::from)?;
        if row.try_get::<_, bool>(0).map_err(DbError::from)? {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(MigrateError::Locked);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Applies one migration. A table that a long query holds would make everybody behind this
/// migration wait too, so it gives up after a moment and tries again.
async fn apply(client: &Client, migration: &'static Migration) -> Result<(), MigrateError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match apply_once(client, migration).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                client
                    .batch_execute("rollback")
                    .await
                    .map_err(DbError::from)?;
                let busy = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
                if !busy || tries >= TRIES {
                    return Err(failure(migration, error));
                }
                tokio::time::sleep(PAUSE * 2_u32.pow(tries)).await;
            }
        }
    }
}

async fn apply_once(
    client: &Client,
    migration: &'static Migration,
) -> Result<(), tokio_postgres::Error> {
    let started = Instant::now();
    client
        .batch_execute("begin; set local lock_timeout = '3s'; savepoint svcgen_migration")
        .await?;
    client.batch_execute(migration.postgres).await?;
    // Fails when the migration has ended the transaction itself.
    client
        .batch_execute("release savepoint svcgen_migration")
        .await?;
    let duration = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    client
        .execute(
            "insert into svcgen_migrations (id, checksum, applied_at, duration_ms) values ($1, $2, $3, $4)",
            &[&migration.id, &migration.checksum(Engine::Postgres), &Timestamp::now(), &duration],
        )
        .await?;
    client.batch_execute("commit").await
}

fn failure(migration: &Migration, error: tokio_postgres::Error) -> MigrateError {
    let ended = [
        SqlState::NO_ACTIVE_SQL_TRANSACTION,
        SqlState::S_E_INVALID_SPECIFICATION,
    ];
    if error.code().is_some_and(|code| ended.contains(code)) {
        return MigrateError::EndsTransaction(migration.id.to_owned());
    }
    MigrateError::Failed {
        id: migration.id.to_owned(),
        source: error.into(),
    }
}
