//! Runs a script on an SQLite database in memory, as the runner of a service would.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::dialect::quoted;

use super::super::script::{self, Mode, ScriptStep};

/// What a migration got wrong, or what stopped it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// A check found rows.
    #[error("{title} It does not hold for: {sample}")]
    Check {
        /// What should have held.
        title: String,
        /// Rows for which it does not.
        sample: String,
    },
    /// A statement failed.
    #[error("the step \"{title}\" failed: {message}")]
    Failed {
        /// The step.
        title: String,
        /// What the database said.
        message: String,
    },
    /// A step lost rows, or made some up.
    #[error("the step \"{title}\" left `{table}` with {after} rows instead of {before}")]
    Rows {
        /// The step.
        title: String,
        /// The table.
        table: String,
        /// Its rows before.
        before: i64,
        /// Its rows after.
        after: i64,
    },
    /// References lead nowhere.
    #[error("rows of `{0}` refer to nothing")]
    Dangling(String),
}

/// Runs a script in one transaction; after a failure nothing of it is left.
pub fn run(connection: &Connection, text: &str) -> Result<(), Stopped> {
    let steps = script::read(text).map_err(|error| failed("reading the script", &error))?;
    let whole = |error: rusqlite::Error| failed("the transaction", &error);
    // Inside a transaction this does nothing, and a rebuild deletes the rows of children.
    connection
        .execute_batch("pragma foreign_keys = off; begin")
        .map_err(whole)?;
    let outcome = steps
        .iter()
        .try_for_each(|step| run_step(connection, step))
        .and_then(|()| dangling(connection));
    let end = if outcome.is_ok() {
        "commit"
    } else {
        "rollback"
    };
    connection
        .execute_batch(&format!("{end}; pragma foreign_keys = on"))
        .map_err(whole)?;
    outcome
}

fn failed(title: &str, error: &dyn std::error::Error) -> Stopped {
    Stopped::Failed {
        title: title.to_owned(),
        message: error.to_string(),
    }
}

fn run_step(connection: &Connection, step: &ScriptStep) -> Result<(), Stopped> {
    let wrong = |error: rusqlite::Error| failed(&step.title, &error);
    if step.mode == Mode::Check {
        let sample = sample(connection, &step.sql).map_err(wrong)?;
        return match sample {
            Some(sample) => Err(Stopped::Check {
                title: step.title.clone(),
                sample,
            }),
            None => Ok(()),
        };
    }
    let count = |table: &str| -> rusqlite::Result<i64> {
        let query = format!("select count(*) from {}", quoted(table));
        connection.query_row(&query, [], |row| row.get(0))
    };
    let before: Vec<i64> = step
        .keeps
        .iter()
        .map(|keep| count(&keep.before))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    let carried = set_aside(connection, &step.carries).map_err(wrong)?;
    connection.execute_batch(&step.sql).map_err(wrong)?;
    bring_back(connection, &carried).map_err(wrong)?;
    for (keep, before) in step.keeps.iter().zip(before) {
        let after = count(&keep.after).map_err(wrong)?;
        if after != before {
            return Err(Stopped::Rows {
                title: step.title.clone(),
                table: keep.after.clone(),
                before,
                after,
            });
        }
    }
    Ok(())
}

/// The rows that a check returns, as one text; `None` when there are none.
fn sample(connection: &Connection, query: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut said = Vec::new();
    while let Some(row) = rows.next()? {
        let values: Vec<String> = (0..columns)
            .map(|index| row.get_ref(index).map(shown))
            .collect::<Result<_, _>>()?;
        said.push(values.join(", "));
    }
    Ok((!said.is_empty()).then(|| said.join("; ")))
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
        ValueRef::Blob(octets) => format!("x'{}'", crate::tables::hex(octets)),
    }
}

/// An object of the database that a rebuild would lose or stumble over.
struct Carried {
    kind: String,
    name: String,
    sql: String,
}

/// Remembers what belongs to the tables or speaks of them, and drops what would stop a rename.
fn set_aside(connection: &Connection, tables: &[String]) -> rusqlite::Result<Vec<Carried>> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "select type, name, tbl_name, sql from sqlite_schema where type <> 'table' and sql is not null order by rowid",
    )?;
    let objects = statement.query_map([], |row| {
        let carried = Carried {
            kind: row.get(0)?,
            name: row.get(1)?,
            sql: row.get(3)?,
        };
        Ok((row.get::<_, String>(2)?, carried))
    })?;
    let mut carried = Vec::new();
    for object in objects {
        let (table, object) = object?;
        let own = tables.contains(&table);
        let speaks = tables.iter().any(|it| object.sql.contains(it.as_str()));
        match object.kind.as_str() {
            "view" => {}
            "trigger" if own || speaks => {}
            "index" if own => {
                carried.push(object);
                continue;
            }
            _ => continue,
        }
        carried.push(object);
    }
    for object in carried.iter().filter(|it| it.kind != "index") {
        let drop = format!("drop {} {}", object.kind, quoted(&object.name));
        connection.execute_batch(&drop)?;
    }
    Ok(carried)
}

fn bring_back(connection: &Connection, carried: &[Carried]) -> rusqlite::Result<()> {
    for object in carried {
        let is_there: bool = connection.query_row(
            "select exists (select 1 from sqlite_schema where type = ?1 and name = ?2)",
            (&object.kind, &object.name),
            |row| row.get(0),
        )?;
        if !is_there {
            connection.execute_batch(&object.sql)?;
        }
    }
    Ok(())
}

fn dangling(connection: &Connection) -> Result<(), Stopped> {
    let wrong = |error: rusqlite::Error| failed("pragma foreign_key_check", &error);
    let mut check = connection
        .prepare("pragma foreign_key_check")
        .map_err(wrong)?;
    let mut rows = check.query([]).map_err(wrong)?;
    match rows.next().map_err(wrong)? {
        None => Ok(()),
        Some(row) => Err(Stopped::Dangling(row.get(0).map_err(wrong)?)),
    }
}
