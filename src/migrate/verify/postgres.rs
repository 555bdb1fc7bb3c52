//! The same proof on a PostgreSQL server: an empty schema of its own, hostile rows, there and
//! back. What the oracle expects is said in `SQLite`'s storage forms, and compared as texts.

mod replay;
mod sequences;

use std::collections::BTreeMap;

use postgres::{Client, Error, SimpleQueryMessage};
use rusqlite::types::Value;

use crate::dialect::{self, Dialect, quoted, text_literal};
use crate::tables::delta::{Delta, Pair};
use crate::tables::{Column, ColumnType, Schema, Table, diff::Diff};

use super::super::{Migration, Plan};
use super::catalog::Catalog;
use super::oracle::{self, Expected};
use super::pieces;
use super::replay::Stopped;
use super::rows::{self, Rows};
use super::{Unproved, Way};

pub use replay::run;

/// The schema that a proof of this process is made in; whatever is in it goes.
fn place() -> String {
    format!("svcgen_proof_{}", std::process::id())
}

/// What runs a script on the tables of a connection.
pub type Runner<'a> = dyn FnMut(&mut Client, &str, Way) -> Result<(), Stopped> + 'a;

/// Proves a migration on a server, as far as it has a script for it, leaves nothing behind, and
/// tells the server's version.
pub fn migration(
    client: &mut Client,
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
) -> Result<String, Unproved> {
    let version: String = client.query_one("show server_version", &[])?.try_get(0)?;
    let proved = prove(client, old, diff, migration);
    let clear = format!("drop schema if exists {} cascade", place());
    // A proof that failed may have left a transaction open.
    client.batch_execute(&format!("rollback; reset search_path; {clear}"))?;
    proved?;
    // A distribution adds its own to it.
    Ok(version.split(' ').next().unwrap_or(&version).to_owned())
}

fn prove(
    client: &mut Client,
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
) -> Result<(), Unproved> {
    // Many changes take no longer together here, and each piece a few round trips more.
    for piece in pieces::of(old, diff, migration, usize::MAX) {
        let rows = rows::hostile(&piece.old, &piece.diff.delta);
        with_rows(client, &piece.old, &piece.diff, &piece.migration, &rows)?;
    }
    Ok(())
}

/// Proves it as a whole, with these rows in the old tables.
pub fn with_rows(
    client: &mut Client,
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
    rows: &Rows,
) -> Result<(), Unproved> {
    let mut replay = |client: &mut Client, text: &str, _: Way| run(client, text);
    by(&mut replay, client, old, diff, migration, rows)
}

/// The same by this runner.
pub fn by(
    runner: &mut Runner<'_>,
    client: &mut Client,
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
    rows: &Rows,
) -> Result<(), Unproved> {
    let Some(plan) = migration.plans.iter().find(|it| it.dialect == "postgres") else {
        return Ok(());
    };
    let back_with_rows = super::comes_back_whole(diff);
    fresh(client, &diff.target)?;
    let new_catalog = catalog(client)?;
    fresh(client, old)?;
    let old_catalog = catalog(client)?;
    let mut trial = Trial {
        client,
        plan,
        old,
        diff,
        old_catalog,
        new_catalog,
    };
    trial.run(runner, rows, back_with_rows)?;
    if !back_with_rows {
        fresh(trial.client, old)?;
        trial.run(runner, &Rows::new(), true)?;
    }
    Ok(())
}

struct Trial<'a> {
    client: &'a mut Client,
    plan: &'a Plan,
    old: &'a Schema,
    diff: &'a Diff,
    old_catalog: Catalog,
    new_catalog: Catalog,
}

impl Trial<'_> {
    /// There, and back if that is wished, from the old tables without a row.
    fn run(
        &mut self,
        runner: &mut Runner<'_>,
        rows: &Rows,
        and_back: bool,
    ) -> Result<(), Unproved> {
        insert(self.client, self.old, rows)?;
        sequences::count_up(self.client, self.old)?;
        let before = sequences::counters(self.client)?;
        let delta = &self.diff.delta;
        go(
            runner,
            self.client,
            &self.plan.up_text(),
            &self.new_catalog,
            Way::There,
        )?;
        self.compare(rows)?;
        sequences::compare(self.client, delta, &before, Way::There)?;
        if and_back {
            go(
                runner,
                self.client,
                &self.plan.down_text(),
                &self.old_catalog,
                Way::Back,
            )?;
            self.compare_back(rows)?;
            sequences::compare(self.client, delta, &before, Way::Back)?;
        }
        Ok(())
    }

    fn compare(&mut self, rows: &Rows) -> Result<(), Unproved> {
        for pair in &self.diff.delta.pairs {
            let Some(olds) = rows.get(&pair.old.name) else {
                continue;
            };
            let mut found = select(self.client, &pair.new)?;
            let mut wanted: Vec<Vec<(String, Expected)>> = Vec::new();
            for old in olds {
                let old = |name: &str| old.get(name).cloned().unwrap_or(Value::Null);
                let of = |it: &Column| (it.name.clone(), oracle::expected(pair, it, &old));
                wanted.push(pair.new.columns.iter().map(of).collect());
            }
            matched(pair, &pair.new, &mut found, &wanted, Way::There)?;
        }
        Ok(())
    }

    fn compare_back(&mut self, rows: &Rows) -> Result<(), Unproved> {
        for pair in &self.diff.delta.pairs {
            let Some(olds) = rows.get(&pair.old.name) else {
                continue;
            };
            let mut found = select(self.client, &pair.old)?;
            let wanted: Vec<Vec<(String, Expected)>> = olds
                .iter()
                .map(|row| {
                    let of = |column: &Column| {
                        let was = row.get(&column.name);
                        let value = match was {
                            Some(was) if super::comes_back(pair, &column.name, Some(was)) => {
                                Expected::Exactly(was.clone())
                            }
                            _ => Expected::Any,
                        };
                        (column.name.clone(), value)
                    };
                    pair.old.columns.iter().map(of).collect()
                })
                .collect();
            matched(pair, &pair.old, &mut found, &wanted, Way::Back)?;
        }
        Ok(())
    }
}

/// Runs a script, and compares what it made with what a fresh creation makes.
fn go(
    runner: &mut Runner<'_>,
    client: &mut Client,
    text: &str,
    wanted: &Catalog,
    way: Way,
) -> Result<(), Unproved> {
    runner(client, text, way).map_err(|stopped| Unproved::Stopped { way, stopped })?;
    match super::catalog::difference(&catalog(client)?, wanted) {
        Some(difference) => Err(Unproved::Catalog { way, difference }),
        None => Ok(()),
    }
}

/// Whether each wanted row is there, once.
fn matched(
    pair: &Pair,
    table: &Table,
    found: &mut Vec<BTreeMap<String, Option<String>>>,
    wanted: &[Vec<(String, Expected)>],
    way: Way,
) -> Result<(), Unproved> {
    let is = |row: &BTreeMap<String, Option<String>>, name: &str, expected: &Expected| {
        let ty = table.column(name).map_or(ColumnType::Text, |it| it.ty);
        is_as_expected(row.get(name).and_then(Option::as_ref), expected, ty)
    };
    if found.len() != wanted.len() {
        let what = format!(
            "`{}` has {} rows instead of {}",
            table.name,
            found.len(),
            wanted.len()
        );
        return Err(Unproved::Rows(what, way));
    }
    for wanted in wanted {
        let key = |row: &BTreeMap<String, Option<String>>| {
            let mut keys = wanted
                .iter()
                .filter(|(name, _)| table.primary_key.contains(name));
            keys.all(|(name, expected)| is(row, name, expected))
        };
        let Some(index) = found.iter().position(key) else {
            let what = format!("a row of `{}` is gone", pair.new.name);
            return Err(Unproved::Rows(what, way));
        };
        let row = found.swap_remove(index);
        for (name, expected) in wanted {
            if !is(&row, name, expected) {
                let what = format!(
                    "`{name}` of `{}` holds {:?}, and should hold {expected:?}",
                    table.name,
                    row.get(name).cloned().flatten()
                );
                return Err(Unproved::Rows(what, way));
            }
        }
    }
    Ok(())
}

/// Whether a value, as [`select`] shows it, is as expected.
pub fn is_as_expected(value: Option<&String>, expected: &Expected, ty: ColumnType) -> bool {
    match expected {
        Expected::Exactly(wanted) => {
            let wanted = shown(wanted, ty);
            let wanted = wanted.as_ref();
            // The server writes JSON with spaces.
            let json = |text: Option<&String>| {
                let text = text.filter(|it| it.starts_with(['{', '[']))?;
                serde_json::from_str::<serde_json::Value>(text).ok()
            };
            value == wanted || json(value).is_some_and(|it| json(wanted) == Some(it))
        }
        Expected::Some => value.is_some(),
        Expected::Any => true,
    }
}

impl From<Error> for Unproved {
    fn from(error: Error) -> Self {
        Self::Server(said(&error))
    }
}

/// What a server, or the way to it, says of an error.
pub fn said(error: &Error) -> String {
    use std::error::Error as _;
    let cause = error
        .source()
        .map_or_else(String::new, |it| format!(": {it}"));
    error
        .as_db_error()
        .map_or_else(|| format!("{error}{cause}"), ToString::to_string)
}

fn postgres_dialect() -> Option<&'static dyn Dialect> {
    dialect::ALL
        .iter()
        .copied()
        .find(|it| it.name() == "postgres")
}

/// These tables in a schema of their own, and nothing in them.
pub fn fresh(client: &mut Client, schema: &Schema) -> Result<(), Unproved> {
    let delta = Delta {
        created: schema.tables.clone(),
        ..Delta::default()
    };
    let plan = postgres_dialect().map(|dialect| Plan::of(dialect, &delta, "fresh"));
    // One round trip and one transaction: nothing of it has to be made beside others at work.
    let mut sql = format!(
        "set client_min_messages = warning; drop schema if exists {place} cascade; create schema {place}; set search_path = {place};\n",
        place = place()
    );
    sql.extend(plan.into_iter().flat_map(|it| it.up).map(|it| it.sql));
    client.batch_execute(&sql).map_err(Unproved::from)
}

/// Everything in the schema, by kind and name, but what begins with `svcgen_`.
fn catalog(client: &mut Client) -> Result<Catalog, Error> {
    let query = "
select 'table ' || c.relname, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attnotnull then ' not null' else '' end || ' ' || a.attidentity::text || a.attgenerated::text
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), ', ' order by a.attname)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
group by c.relname
union all
select 'constraint ' || conname || ' of ' || conrelid::regclass::text, pg_get_constraintdef(oid)
from pg_constraint where connamespace = current_schema()::regnamespace and contype <> 'n'
union all
select 'index ' || indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid::text
from pg_index join pg_class c on c.oid = indexrelid where c.relnamespace = current_schema()::regnamespace
union all
select 'sequence of ' || coalesce(t.relname || '.' || a.attname, 'nothing: ' || q.relname),
    format_type(s.seqtypid, null) || ' by ' || s.seqincrement || ' from ' || s.seqmin || case when s.seqcycle then ' cycle' else '' end
from pg_sequence s join pg_class q on q.oid = s.seqrelid
left join pg_depend d on d.objid = q.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass
left join pg_class t on t.oid = d.refobjid
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where q.relnamespace = current_schema()::regnamespace
union all
select 'trigger ' || tgname, pg_get_triggerdef(t.oid)
from pg_trigger t join pg_class c on c.oid = tgrelid where c.relnamespace = current_schema()::regnamespace and not tgisinternal";
    let rows = client.query(query, &[])?;
    let mut catalog = BTreeMap::new();
    for row in rows {
        let (object, text): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let is_ours = object.split(' ').any(|word| word.starts_with("svcgen_"));
        if !is_ours {
            catalog.insert(object, vec![text]);
        }
    }
    Ok(catalog)
}

/// Puts rows in, in any order.
pub fn insert(client: &mut Client, schema: &Schema, rows: &Rows) -> Result<(), Error> {
    // References run in circles; they are right as a whole.
    let mut sql = String::new();
    let of_rows = || {
        let tables = rows.keys().filter_map(|name| schema.table(name));
        tables.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)))
    };
    for (table, key) in of_rows() {
        let (table, key) = (quoted(&table.name), quoted(&key.name));
        sql.extend([format!("alter table {table} drop constraint {key};\n")]);
    }
    for (name, rows) in rows {
        let Some(table) = schema.table(name) else {
            continue;
        };
        for row in rows {
            let columns: Vec<&String> = row.keys().collect();
            let values: Vec<String> = row
                .iter()
                .map(|(name, value)| {
                    let ty = table.column(name).map_or(ColumnType::Text, |it| it.ty);
                    literal(value, ty)
                })
                .collect();
            sql.extend([format!(
                "insert into {} ({}) values ({});\n",
                quoted(name),
                dialect::columns(&columns),
                values.join(", ")
            )]);
        }
    }
    for (table, key) in of_rows() {
        sql.push_str(&dialect::add_foreign_key(table, key));
    }
    client.batch_execute(&sql)
}

/// A stored value of SQLite's as a statement for PostgreSQL says it.
pub fn literal(value: &Value, ty: ColumnType) -> String {
    let Some(text) = shown(value, ty) else {
        return "null".to_owned();
    };
    match ty {
        ColumnType::Timestamp => {
            format!("timestamptz '1970-01-01 00:00:00Z' + {text} * interval '1 microsecond'")
        }
        ColumnType::Bytes => format!("'\\x{text}'::bytea"),
        ColumnType::Text => text_literal(&text),
        _ => {
            let ty = postgres_dialect().map_or_else(String::new, |it| it.column_type(ty));
            format!("{}::{ty}", text_literal(&text))
        }
    }
}

/// A stored value of SQLite's as a text that says the same on both; `None` for null.
pub fn shown(value: &Value, ty: ColumnType) -> Option<String> {
    Some(match (value, ty) {
        (Value::Null, _) => return None,
        (Value::Integer(it), ColumnType::Bool) => (*it != 0).to_string(),
        (Value::Integer(it), ColumnType::Decimal { scale, .. }) => {
            rust_decimal::Decimal::from_i128_with_scale(i128::from(*it), scale).to_string()
        }
        (Value::Text(it), ColumnType::Decimal { scale, .. }) => {
            let (sign, digits) = it.split_at(1);
            let digits: i128 = digits.parse().unwrap_or_default();
            let nines = 10_i128.pow(28) - 1;
            let digits = if sign == "1" { digits } else { digits - nines };
            rust_decimal::Decimal::from_i128_with_scale(digits, scale).to_string()
        }
        (Value::Integer(it), _) => it.to_string(),
        // A zero has no sign once it was an integer.
        (Value::Real(it), _) => format!("{:?}", it + 0.0),
        (Value::Text(it), ColumnType::Json) => serde_json::from_str::<serde_json::Value>(it)
            .map_or_else(|_| it.clone(), |it| it.to_string()),
        (Value::Text(it), _) => it.clone(),
        (Value::Blob(it), ColumnType::Uuid) => {
            uuid::Uuid::from_slice(it).unwrap_or_default().to_string()
        }
        (Value::Blob(it), _) => crate::tables::hex(it),
    })
}

/// Every row of a table as texts that say the same on both.
pub fn select(
    client: &mut Client,
    table: &Table,
) -> Result<Vec<BTreeMap<String, Option<String>>>, Error> {
    let columns: Vec<String> = table.columns.iter().map(as_text).collect();
    let query = format!("select {} from {}", columns.join(", "), quoted(&table.name));
    // Everything is a text, so nothing has to be prepared.
    let messages = client.simple_query(&query)?;
    let rows = messages.iter().filter_map(|it| match it {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| {
        let mut values = BTreeMap::new();
        for (index, column) in table.columns.iter().enumerate() {
            let value = row.try_get(index)?.map(str::to_owned);
            let value = value.map(|it| match column.ty {
                ColumnType::Float => it
                    .parse::<f64>()
                    .map_or(it, |number| format!("{:?}", number + 0.0)),
                ColumnType::Json => {
                    serde_json::from_str::<serde_json::Value>(&it).map_or(it, |it| it.to_string())
                }
                _ => it,
            });
            values.insert(column.name.clone(), value);
        }
        Ok(values)
    })
    .collect()
}

fn as_text(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.ty {
        ColumnType::Time => format!("to_char({name}, 'HH24:MI:SS.US')"),
        ColumnType::Timestamp => format!("(extract(epoch from {name}) * 1000000)::bigint::text"),
        ColumnType::Bytes => format!("encode({name}, 'hex')"),
        _ => format!("{name}::text"),
    }
}
