//! Applying migrations to SQLite, on a connection of their own.
//!
//! SQLite rebuilds a table by copying it, dropping the old one and renaming the copy. With
//! foreign keys on, the drop deletes the rows of every table that refers to it, without an
//! error; and inside a transaction they cannot be turned off. So they are off before `begin`,
//! and rows are counted all the same.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::{Entry, MigrateError, Migration, pending};
use crate::db::sql::words;
use crate::db::sqlite::Location;
use crate::db::{DbConfig, DbError, Engine};

/// How long to wait for another instance that migrates.
const PATIENCE: Duration = Duration::from_secs(60);

const CREATE_LEDGER: &str = "create table if not exists svcgen_migrations (
    id text primary key,
    checksum text not null,
    applied_at integer not null,
    duration_ms integer not null
) strict";

pub(super) fn run(
    location: &Location,
    config: &DbConfig,
    migrations: &'static [Migration],
) -> Result<Vec<&'static str>, MigrateError> {
    let connection = location.open_for_migration(config)?;
    if pending(migrations, &ledger(&connection)?, Engine::Sqlite)?.is_empty() {
        return Ok(Vec::new());
    }
    connection.busy_timeout(PATIENCE).map_err(DbError::from)?;
    let mut applied = Vec::new();
    for migration in migrations {
        if apply(&connection, migrations, migration)? {
            applied.push(migration.id);
        }
    }
    Ok(applied)
}

/// The ledger as it stands; empty when there is none.
pub(super) fn ledger(connection: &Connection) -> Result<Vec<Entry>, DbError> {
    let exists = connection
        .query_row(
            "select 1 from sqlite_schema where type = 'table' and name = 'svcgen_migrations'",
            [],
            |_| Ok(()),
        )
        .optional()?;
    if exists.is_none() {
        return Ok(Vec::new());
    }
    let mut statement =
        connection.prepare("select id, checksum, applied_at from svcgen_migrations order by id")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
    })?;
    rows.map(|row| {
        let (id, checksum, micros) = row?;
        Ok(Entry {
            id,
            checksum,
            applied_at: Timestamp::from_microsecond(micros).map_err(DbError::other)?,
        })
    })
    .collect()
}

/// Applies one migration with its row of the ledger, unless another instance has done so meanwhile.
fn apply(
    connection: &Connection,
    all: &'static [Migration],
    migration: &'static Migration,
) -> Result<bool, MigrateError> {
    connection
        .execute_batch("begin exclusive")
        .map_err(|error| match DbError::from(error) {
            DbError::Unavailable(_) => MigrateError::Locked,
            other => MigrateError::Ledger(other),
        })?;
    let outcome = connection
        .execute_batch(CREATE_LEDGER)
        .map_err(|error| MigrateError::Ledger(error.into()))
        .and_then(|()| pending(all, &ledger(connection)?, Engine::Sqlite))
        .and_then(|todo| {
            if todo.iter().any(|it| it.id == migration.id) {
                apply_open(connection, migration).map(|()| true)
            } else {
                Ok(false)
            }
        });
    let outcome = outcome.and_then(|applied| {
        connection
            .execute_batch("commit")
            .map_err(|error| failed(migration, error))?;
        Ok(applied)
    });
    if !connection.is_autocommit() {
        connection
            .execute_batch("rollback")
            .map_err(DbError::from)?;
    }
    outcome
}

/// Does the work inside the open transaction.
fn apply_open(connection: &Connection, migration: &Migration) -> Result<(), MigrateError> {
    let started = Instant::now();
    let before = if rebuilds(migration.sqlite) {
        count_rows(connection)?
    } else {
        Vec::new()
    };
    // A `commit` among the statements would keep half of the work without its row in the ledger.
    connection
        .commit_hook(Some(|| true))
        .map_err(DbError::from)?;
    let outcome = connection.execute_batch(migration.sqlite);
    connection
        .commit_hook(None::<fn() -> bool>)
        .map_err(DbError::from)?;
    if connection.is_autocommit() {
        return Err(MigrateError::EndsTransaction(migration.id.to_owned()));
    }
    outcome.map_err(|error| failed(migration, error))?;
    check_rows(connection, migration, &before)?;
    check_references(connection, migration)?;
    let duration = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    connection
        .execute(
            "insert into svcgen_migrations (id, checksum, applied_at, duration_ms) values (?1, ?2, ?3, ?4)",
            (migration.id, migration.checksum(Engine::Sqlite), Timestamp::now().as_microsecond(), duration),
        )
        .map_err(DbError::from)?;
    Ok(())
}

/// Whether the text drops or renames anything.
fn rebuilds(text: &str) -> bool {
    words(text).any(|word| word.eq_ignore_ascii_case("drop") || word.eq_ignore_ascii_case("rename"))
}

/// The rows of each table of the service.
pub(super) fn count_rows(connection: &Connection) -> Result<Vec<(String, i64)>, DbError> {
    let mut tables = connection.prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> 'svcgen_migrations' order by name",
    )?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?;
    names
        .map(|name| {
            let name = name?;
            let count = connection.query_row(
                &format!("select count(*) from {}", quoted(&name)),
                [],
                |row| row.get(0),
            )?;
            Ok((name, count))
        })
        .collect()
}

pub(super) fn check_rows(
    connection: &Connection,
    migration: &Migration,
    before: &[(String, i64)],
) -> Result<(), MigrateError> {
    if before.is_empty() {
        return Ok(());
    }
    let now = count_rows(connection)?;
    for (table, rows) in before {
        if let Some((_, after)) = now.iter().find(|(name, _)| name == table)
            && after < rows
        {
            return Err(MigrateError::RowsLost {
                id: migration.id.to_owned(),
                table: table.clone(),
                before: *rows,
                after: *after,
            });
        }
    }
    Ok(())
}

pub(super) fn check_references(
    connection: &Connection,
    migration: &Migration,
) -> Result<(), MigrateError> {
    let mut check = connection
        .prepare("pragma foreign_key_check")
        .map_err(DbError::from)?;
    let tables = check
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(DbError::from)?;
    let tables: Vec<String> = tables.collect::<Result<_, _>>().map_err(DbError::from)?;
    match tables.first() {
        None => Ok(()),
        Some(table) => {
            let rows = tables.iter().filter(|it| *it == table).count();
            Err(MigrateError::DanglingReferences {
                id: migration.id.to_owned(),
                table: table.clone(),
                rows,
            })
        }
    }
}

fn failed(migration: &Migration, error: rusqlite::Error) -> MigrateError {
    MigrateError::Failed {
        id: migration.id.to_owned(),
        source: error.into(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
