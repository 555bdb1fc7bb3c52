//! Which reference leads nowhere. SQLite says no more than that one does, so a statement that
//! failed by it is run once more with its references unchecked, the rows it wrote are looked
//! at, and all of it is undone.
//!
//! It runs for nobody but those whose statement has failed, and costs them a few rows.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::Action;
use rusqlite::{Connection, OptionalExtension as _, Statement};

use crate::db::DbError;

/// So many rows are looked at; what a caller sends is one row, or a few.
const MOST_ROWS: usize = 64;

/// The error of a statement that failed by a reference, with its table and constraint where they
/// can be found. The statement has its values, and a transaction around it.
pub(super) fn named(
    connection: &Connection,
    statement: &mut Statement<'_>,
    failed: DbError,
) -> DbError {
    if connection.is_autocommit() {
        return failed;
    }
    match missing(connection, statement) {
        Ok(Some((table, column))) => DbError::ForeignKey {
            constraint: Some(format!("{table}_{column}_fkey")),
            table: Some(table),
        },
        // Something else failed, or nothing leads nowhere: a row is still referred to.
        Ok(None) | Err(_) => failed,
    }
}

fn missing(
    connection: &Connection,
    statement: &mut Statement<'_>,
) -> rusqlite::Result<Option<(String, String)>> {
    connection.execute_batch("savepoint svcgen_references; pragma defer_foreign_keys = on")?;
    let found = written(connection, statement).and_then(|rows| {
        for (table, row) in rows {
            if let Some(column) = leads_nowhere(connection, &table, row)? {
                return Ok(Some((table, column)));
            }
        }
        Ok(None)
    });
    connection.execute_batch(
        "rollback to svcgen_references; release svcgen_references; pragma defer_foreign_keys = off",
    )?;
    found
}

/// The rows that the statement inserts or changes.
fn written(
    connection: &Connection,
    statement: &mut Statement<'_>,
) -> rusqlite::Result<Vec<(String, i64)>> {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&rows);
    connection.update_hook(Some(move |action, _: &str, table: &str, row| {
        let mut rows = noted.lock().unwrap_or_else(PoisonError::into_inner);
        if action != Action::SQLITE_DELETE && rows.len() < MOST_ROWS {
            rows.push((table.to_owned(), row));
        }
    }))?;
    let mut answers = statement.raw_query();
    let outcome = loop {
        match answers.next() {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    drop(answers);
    connection.update_hook(None::<fn(Action, &str, &str, i64)>)?;
    outcome?;
    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut rows))
}

/// The column of a row that refers to nothing, if there is one.
fn leads_nowhere(
    connection: &Connection,
    table: &str,
    row: i64,
) -> rusqlite::Result<Option<String>> {
    let mut references = connection.prepare(
        "select \"from\", \"table\", \"to\" from pragma_foreign_key_list($1)
         where \"to\" is not null group by id having count(*) = 1 order by id desc",
    )?;
    let mut references = references.query([table])?;
    while let Some(reference) = references.next()? {
        let (from, other, to): (String, String, String) =
            (reference.get(0)?, reference.get(1)?, reference.get(2)?);
        let sql = format!(
            "select 1 from {child} as child where child.rowid = $1 and child.{from} is not null
                 and not exists (select 1 from {parent} as parent where parent.{to} = child.{from})",
            child = quoted(table),
            from = quoted(&from),
            parent = quoted(&other),
            to = quoted(&to),
        );
        let nowhere = connection.query_row(&sql, [row], |_| Ok(())).optional()?;
        if nowhere.is_some() {
            return Ok(Some(from));
        }
    }
    Ok(None)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
