//! The ledger on SQLite, and the database's description of itself.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::db::migrate::{Entry, Ledger, MigrateError, Migration};
use crate::db::{DbError, Engine};

const CREATE_LEDGER: &str = "create table if not exists svcgen_migrations (
    id text primary key,
    checksum text not null,
    applied_at integer not null,
    duration_ms integer not null,
    catalogue text
) strict";

/// Makes the ledger, or brings an older one up to date.
pub(super) fn create_ledger(connection: &Connection) -> Result<(), DbError> {
    connection.execute_batch(CREATE_LEDGER)?;
    if !has_catalogue(connection)? {
        connection.execute_batch("alter table svcgen_migrations add column catalogue text")?;
    }
    Ok(())
}

fn has_catalogue(connection: &Connection) -> Result<bool, DbError> {
    let found = connection.query_row(
        "select count(*) from pragma_table_info('svcgen_migrations') where name = 'catalogue'",
        [],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(found > 0)
}

/// The ledger as it stands; empty when there is none.
pub(in crate::db::migrate) fn ledger(connection: &Connection) -> Result<Ledger, DbError> {
    let exists = connection
        .query_row(
            "select 1 from sqlite_schema where type = 'table' and name = 'svcgen_migrations'",
            [],
            |_| Ok(()),
        )
        .optional()?;
    if exists.is_none() {
        return Ok(Ledger::default());
    }
    let catalogue = if has_catalogue(connection)? {
        "catalogue"
    } else {
        "null"
    };
    let mut statement = connection.prepare(&format!(
        "select id, checksum, applied_at, {catalogue} from svcgen_migrations order by id"
    ))?;
    let rows = statement.query_map([], |row| {
        let at: i64 = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, at, row.get(3)?))
    })?;
    let entries = rows.map(|row| {
        let (id, checksum, at, catalogue) = row?;
        Ok(Entry {
            id,
            checksum,
            applied_at: Timestamp::from_microsecond(at).map_err(DbError::other)?,
            catalogue,
        })
    });
    Ok(Ledger {
        entries: entries.collect::<Result<_, DbError>>()?,
        unfinished: None,
    })
}

/// Writes a migration into the ledger.
pub(super) fn record(
    connection: &Connection,
    migration: &Migration,
    took: Duration,
) -> Result<(), MigrateError> {
    let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    connection
        .execute(
            "insert into svcgen_migrations (id, checksum, applied_at, duration_ms) values (?1, ?2, ?3, ?4)",
            (
                migration.id,
                migration.checksum(Engine::Sqlite),
                Timestamp::now().as_microsecond(),
                took,
            ),
        )
        .map_err(DbError::from)?;
    Ok(())
}

/// The tables but those of SQLite and of svcgen itself, sorted.
pub(super) fn tables(connection: &Connection) -> Result<Vec<String>, DbError> {
    let mut statement = connection.prepare(
        "select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual')
         and name not like 'sqlite\\_%' escape '\\' and name not like 'svcgen\\_%' escape '\\' order by name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// What the database says of itself, a line for each thing.
pub(in crate::db::migrate) fn catalogue(connection: &Connection) -> Result<String, DbError> {
    let mut statement = connection.prepare(
        "select type, name, tbl_name, sql from sqlite_schema
         where sql is not null and name not like 'sqlite\\_%' escape '\\' and tbl_name not like 'svcgen\\_%' escape '\\'",
    )?;
    let mut rows = statement.query([])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, name, table, sql): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        if kind == "table" {
            lines.extend(
                definitions(&sql)
                    .into_iter()
                    .map(|it| format!("table {name}: {it}")),
            );
        } else {
            lines.push(format!("{kind} {name} of {table}: {}", one_line(&sql)));
        }
    }
    lines.sort();
    Ok(lines.join("\n"))
}

/// The definitions inside a `create table`, and what follows them.
fn definitions(sql: &str) -> Vec<String> {
    let (Some(open), Some(close)) = (sql.find('('), sql.rfind(')')) else {
        return vec![one_line(sql)];
    };
    let mut parts = vec![String::new()];
    let (mut depth, mut quote) = (0_i32, None);
    for c in sql[open + 1..close.max(open + 1)].chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let options = one_line(&sql[close + 1..]);
    parts = parts.iter().map(|part| one_line(part)).collect();
    parts.push(if options.is_empty() {
        "a table".to_owned()
    } else {
        options
    });
    parts
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_line_for_each_definition() {
        assert_eq!(
            definitions(
                "create table \"a\" (\n  x text default ',(',\n  y decimal(1, 2) check (y in (1,2))\n) strict"
            ),
            [
                "x text default ',('",
                "y decimal(1, 2) check (y in (1,2))",
                "strict"
            ]
        );
        assert_eq!(
            definitions("create table a as select 1"),
            ["create table a as select 1"]
        );
    }
}
