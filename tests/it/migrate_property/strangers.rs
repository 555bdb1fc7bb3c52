//! What people made in their database beside what svcgen made: a partial index, a view, a
//! trigger. A migration takes none of it away from a table that stays; on PostgreSQL it may stop
//! and name it instead.

use postgres::Client;
use rusqlite::Connection;
use svcgen::dialect::{self, quoted};
use svcgen::migrate::verify::replay::Stopped;
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

/// Tries it on PostgreSQL, where a column that another takes the place of would lose them: there
/// the migration stops and names them.
pub fn survive_on_postgres(
    client: &mut Client,
    pair: &Pair,
    migration: &Migration,
) -> Result<(), String> {
    let plan = migration.plans.iter().find(|it| it.dialect == "postgres");
    let plan = plan.ok_or("no plan for PostgreSQL")?;
    let said = |error: postgres::Error| verify::postgres::said(&error);
    verify::postgres::fresh(client, &pair.old).map_err(|error| error.to_string())?;
    verify::postgres::insert(client, &pair.old, &pair.rows).map_err(said)?;
    let mut stay = Vec::new();
    let mut made = String::new();
    for (number, pair) in pair.diff.delta.pairs.iter().enumerate() {
        for (column, pair) in pair.old.columns.iter().map(|it| (&it.name, pair)) {
            let (table, name) = (quoted(&pair.old.name), quoted(column));
            let stranger = format!("stranger_{number}_{column}");
            made.extend([format!(
                "create index {0} on {table} ((1)) where {name} is not null;\n\
                 alter table {table} add constraint {0} check ({name} is null or {name} is not null);\n",
                quoted(&stranger)
            )]);
            stay.extend(pair.new_of(column).map(|_| stranger));
        }
    }
    client.batch_execute(&made).map_err(said)?;
    match verify::postgres::run(client, &plan.up_text()) {
        Ok(()) => {}
        Err(Stopped::Check { sample, .. }) if sample.contains("stranger_") => return Ok(()),
        Err(stopped) => return Err(format!("with strangers, {stopped}")),
    }
    let query =
        "select relname::text from pg_class where relnamespace = current_schema()::regnamespace
        intersect select conname::text from pg_constraint";
    let left = client.query(query, &[]).map_err(said)?;
    let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
    let lost = stay.iter().find(|it| !left.contains(it));
    lost.map_or(Ok(()), |it| Err(format!("{it} is lost")))
}
