//! Rows counted before and after: the one thing that notices a rebuild which loses some.

use rusqlite::Connection;

use crate::db::DbError;
use crate::db::migrate::{MigrateError, Migration, Step};

/// What was counted before a step.
pub(super) struct Before {
    /// Tables that keep their rows, each with its name afterwards.
    exact: Vec<(String, i64)>,
    /// Every table, where a step that was written by hand drops or renames something.
    least: Vec<(String, i64)>,
}

impl Before {
    /// Counts what a step names; where it names nothing, and could lose rows, everything.
    pub(super) fn of(connection: &Connection, step: &Step) -> Result<Self, DbError> {
        let mut exact = Vec::with_capacity(step.keeps.len());
        for keep in &step.keeps {
            exact.push((keep.after.clone(), count(connection, &keep.before)?));
        }
        let is_written_by_hand = step.title.is_empty();
        let least = if is_written_by_hand && step.rebuilds() {
            count_rows(connection)?
        } else {
            Vec::new()
        };
        Ok(Self { exact, least })
    }

    /// Compares it with what is there now.
    pub(super) fn compare(
        &self,
        connection: &Connection,
        migration: &Migration,
    ) -> Result<(), MigrateError> {
        for (table, before) in &self.exact {
            let after = count(connection, table)?;
            if after != *before {
                return Err(MigrateError::RowsLost {
                    id: migration.id.to_owned(),
                    table: table.clone(),
                    before: *before,
                    after,
                });
            }
        }
        check_rows(connection, migration, &self.least)
    }
}

fn count(connection: &Connection, table: &str) -> Result<i64, DbError> {
    let sql = format!("select count(*) from {}", quoted(table));
    Ok(connection.query_row(&sql, [], |row| row.get(0))?)
}

/// The rows of each table of the service.
pub(in crate::db::migrate) fn count_rows(
    connection: &Connection,
) -> Result<Vec<(String, i64)>, DbError> {
    let mut tables = connection.prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> 'svcgen_migrations' order by name",
    )?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?;
    names
        .map(|name| {
            let name = name?;
            let rows = count(connection, &name)?;
            Ok((name, rows))
        })
        .collect()
}

/// Refuses that a table which is still there has fewer rows.
pub(in crate::db::migrate) fn check_rows(
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

/// Refuses references to nothing.
pub(in crate::db::migrate) fn check_references(
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

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
