//! What a rebuild would drop without saying so: indexes and triggers of the table, and what
//! would keep it from being renamed: views, and triggers elsewhere that name it.

use rusqlite::{Connection, OptionalExtension as _};

use super::count::quoted;
use crate::db::DbError;
use crate::db::migrate::Step;
use crate::db::sql::words;

/// Something that `sqlite_schema` remembers.
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// What is to be there afterwards as it was before.
pub(super) struct Carried {
    objects: Vec<Object>,
}

impl Carried {
    /// Remembers what a step carries, and drops what would be in its way.
    pub(super) fn take(connection: &Connection, step: &Step) -> Result<Self, DbError> {
        if step.carries.is_empty() {
            return Ok(Self {
                objects: Vec::new(),
            });
        }
        let is_carried = |table: &str| step.carries.iter().any(|it| it.eq_ignore_ascii_case(table));
        let all = all(connection)?;
        let views: Vec<String> = of_kind(&all, "view").map(|it| it.name.clone()).collect();
        let is_on_view = |it: &Object| views.contains(&it.table);
        let mut away = Vec::new();
        for object in &all {
            let names_it = || words(&object.sql).any(is_carried);
            match object.kind.as_str() {
                // A view over a view over the table is in the way as well.
                "view" => away.push(format!("drop view {}", quoted(&object.name))),
                "trigger" if is_on_view(object) => {}
                "trigger" if !is_carried(&object.table) && names_it() => {
                    away.push(format!("drop trigger {}", quoted(&object.name)));
                }
                _ => {}
            }
        }
        let is_taken = |it: &Object| match it.kind.as_str() {
            "view" => true,
            "trigger" => is_carried(&it.table) || is_on_view(it) || words(&it.sql).any(is_carried),
            _ => is_carried(&it.table),
        };
        let objects = all.into_iter().filter(is_taken).collect();
        for sql in away {
            connection.execute_batch(&sql)?;
        }
        Ok(Self { objects })
    }

    /// Makes again what the step has not made itself; a failure is told with what failed.
    pub(super) fn restore(&self, connection: &Connection) -> Result<(), (String, rusqlite::Error)> {
        for kind in ["index", "view", "trigger"] {
            for object in of_kind(&self.objects, kind) {
                let told = |error| (format!("the {kind} `{}` again", object.name), error);
                let is_there = connection
                    .query_row(
                        "select 1 from sqlite_schema where type = ?1 and name = ?2",
                        [kind, &object.name],
                        |_| Ok(()),
                    )
                    .optional()
                    .map_err(told)?;
                if is_there.is_none() {
                    connection.execute_batch(&object.sql).map_err(told)?;
                }
                if kind == "view" {
                    // A view is only looked at when it is used.
                    let look = format!("select * from {} limit 0", quoted(&object.name));
                    connection.prepare(&look).map_err(told)?;
                }
            }
        }
        Ok(())
    }
}

fn of_kind<'a>(objects: &'a [Object], kind: &'a str) -> impl Iterator<Item = &'a Object> {
    objects.iter().filter(move |it| it.kind == kind)
}

fn all(connection: &Connection) -> Result<Vec<Object>, DbError> {
    let mut statement = connection.prepare(
        "select type, name, tbl_name, sql from sqlite_schema
         where type in ('index', 'view', 'trigger') and sql is not null order by rowid",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Object {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
