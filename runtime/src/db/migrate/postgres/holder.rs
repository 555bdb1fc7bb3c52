//! Who stands in the way of a step: an operator who reads it can end that session, or wait.

use tokio_postgres::{Client, Row};

/// Sessions of this database with a transaction open, the longest first, each with the tables that
/// it holds, and those that nobody else can read meanwhile. What they run is left out: it may hold what nobody should log.
const OPEN: &str = "
select a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
    extract(epoch from clock_timestamp() - a.xact_start)::bigint,
    coalesce(held.tables, '{}'), coalesce(held.closed, '{}')
from pg_stat_activity a
left join lateral (
    select array_agg(c.relname::text order by c.relname) as tables,
        array_agg(c.relname::text order by c.relname) filter (where l.mode = 'AccessExclusiveLock') as closed
    from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = a.pid and l.granted and l.database = a.datid and c.relkind in ('r', 'p')
        and c.relnamespace = to_regnamespace(quote_ident(current_schema()))
) held on true
where a.datname = current_database() and a.pid <> pg_backend_pid() and a.xact_start is not null
order by a.xact_start";

/// Who keeps everybody from even reading a table.
pub(super) async fn of_any(client: &Client) -> Option<String> {
    let rows = client.query(OPEN, &[]).await.ok()?;
    rows.iter().find_map(|row| {
        let closed: Vec<String> = row.try_get(6).ok()?;
        held(closed.first()?, row)
    })
}

/// Who holds a table that this SQL speaks of, or else whose transaction is the oldest: an index
/// that is built beside running transactions waits for all that are older, whatever they touch.
pub(super) async fn of(client: &Client, sql: &str) -> Option<String> {
    let rows = client.query(OPEN, &[]).await.ok()?;
    let named = rows.iter().find_map(|row| {
        let tables: Vec<String> = row.try_get(5).ok()?;
        held(tables.iter().find(|it| speaks_of(sql, it))?, row)
    });
    named.or_else(|| {
        let oldest = session(rows.first()?).ok()?;
        Some(format!("the oldest open transaction is of {oldest}"))
    })
}

fn held(table: &str, row: &Row) -> Option<String> {
    Some(format!("`{table}` is held by {}", session(row).ok()?))
}

fn session(row: &Row) -> Result<String, tokio_postgres::Error> {
    let (pid, user, application, state, seconds): (i32, String, String, String, i64) = (
        row.try_get(0)?,
        row.try_get(1)?,
        row.try_get(2)?,
        row.try_get(3)?,
        row.try_get(4)?,
    );
    let words = [("user ", user), ("", application), ("", state)];
    let said: Vec<String> = words
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    Ok(format!(
        "process {pid} ({}), whose transaction began {seconds} s ago",
        said.join(", ")
    ))
}

/// Whether a name stands in SQL as a word.
fn speaks_of(sql: &str, name: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    sql.match_indices(name).any(|(at, _)| {
        let (before, after) = (
            sql[..at].chars().next_back(),
            sql[at + name.len()..].chars().next(),
        );
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_word() {
        assert!(speaks_of("alter table people add", "people"));
        assert!(speaks_of("lock table \"people\"", "people"));
        assert!(!speaks_of("alter table people_archive add", "people"));
    }
}
