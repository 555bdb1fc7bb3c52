//! Texts of others: SQL takes any octets for one, and a service could read none but UTF-8.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::shown;
use crate::db::DbError;
use crate::db::migrate::MigrateError;
use crate::db::migrate::adopt::SCRIPT;

/// As many rows as a message names.
const SHOWN: usize = 5;

/// Refuses a table with a text that cannot be read, and names the rows by their keys.
pub(super) fn check(connection: &Connection, table: &str) -> Result<(), MigrateError> {
    let (mut rows, mut count) = (Vec::new(), 0);
    let mut see = |row: String| {
        count += 1;
        if rows.len() < SHOWN {
            rows.push(row);
        }
    };
    each(connection, table, &mut see).map_err(DbError::from)?;
    if count == 0 {
        return Ok(());
    }
    Err(MigrateError::Check {
        id: SCRIPT.id.to_owned(),
        title: format!("Every text of `{table}` is UTF-8."),
        rows,
        count,
    })
}

/// Tells of each text that is not UTF-8, by the table's first column and its own.
fn each(
    connection: &Connection,
    table: &str,
    see: &mut impl FnMut(String),
) -> rusqlite::Result<()> {
    let sql = format!("select * from \"{}\"", table.replace('"', "\"\""));
    let mut statement = connection.prepare(&sql)?;
    let names: Vec<String> = statement
        .column_names()
        .iter()
        .map(|it| (*it).to_owned())
        .collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for (index, name) in names.iter().enumerate() {
            let ValueRef::Text(octets) = row.get_ref(index)? else {
                continue;
            };
            if str::from_utf8(octets).is_err() {
                let (key, value) = (shown(row.get_ref(0)?), shown(ValueRef::Blob(octets)));
                see(format!("{} = {key}, {name} = {value}", names[0]));
            }
        }
    }
    Ok(())
}
