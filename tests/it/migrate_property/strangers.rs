//! What people made in their database beside what svcgen made: a partial index, a view, a
//! trigger. A migration takes none of it away from a table that stays.

use rusqlite::Connection;
use svcgen::dialect::{self, quoted};
use svcgen::migrate::{Migration, verify};
use svcgen::tables::{Table, delta};

use super::Pair;

/// Tries it on SQLite, whose rebuilds would lose them all.
pub fn survive(pair: &Pair, migration: &Migration) -> Result<(), String> {
    let plan = migration.plans.iter().find(|it| it.dialect == "sqlite");
    let plan = plan.ok_or("no plan for SQLite")?;
    let said = |error: rusqlite::Error| error.to_string();
    let connection = verify::fresh(dialect::ALL[0], &pair.old).map_err(said)?;
    verify::insert(&connection, &pair.rows).map_err(said)?;
    let stays: Vec<&delta::Pair> = pair
        .diff
        .delta
        .pairs
        .iter()
        .filter(|it| {
            it.old
                .primary_key
                .iter()
                .all(|key| it.new_of(key) == Some(key))
        })
        .collect();
    let made: Vec<String> = stays
        .iter()
        .enumerate()
        .flat_map(|(number, it)| make(number, &it.old))
        .collect();
    connection.execute_batch(&made.concat()).map_err(said)?;
    let before = strangers(&connection).map_err(said)?;
    verify::replay::run(&connection, &plan.up_text())
        .map_err(|stopped| format!("with strangers, {stopped}"))?;
    let after = strangers(&connection).map_err(said)?;
    let lost = before.iter().find(|it| !after.contains(it));
    lost.map_or(Ok(()), |it| Err(format!("the {it} is lost")))
}

fn make(number: usize, table: &Table) -> Vec<String> {
    let (name, key) = (quoted(&table.name), quoted(&table.primary_key[0]));
    vec![
        format!("create index stranger_{number} on {name} ({key}) where {key} is not null;\n"),
        format!("create view stranger_seen_{number} as select {key} from {name};\n"),
        format!(
            "create trigger stranger_heard_{number} after update of {key} on {name} begin select 1; end;\n"
        ),
    ]
}

fn strangers(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let query = "select type || ' ' || name from sqlite_schema where name like 'stranger%'";
    let mut statement = connection.prepare(query)?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}
