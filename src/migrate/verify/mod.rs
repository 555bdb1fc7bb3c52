//! Proof that a migration does what it should, before it is written.
//!
//! The old tables are made in an SQLite database in memory and filled with hostile rows. The
//! migration runs, and the database must be the one that a fresh creation of the new tables
//! gives, catalogue against catalogue; every row must be what an oracle says that knows no
//! SQL. Then it runs back, and everything must be as it was. What the migration has nothing to do
//! with is left out, and what has nothing to do with each other is proved apart ([`pieces`]).

pub mod catalog;
pub mod oracle;
pub mod pieces;
pub mod postgres;
pub mod replay;
pub mod rows;

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::dialect::{self, Dialect, quoted};
use crate::tables::change::Reversible;
use crate::tables::convert::{Fit, fit};
use crate::tables::delta::{Delta, Pair, Source};
use crate::tables::{Schema, Table, diff::Diff};

pub use super::Way;
use super::{Migration, Plan};
use catalog::Catalog;
use pieces::Piece;
use replay::Stopped;
use rows::Rows;

/// What a migration got wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unproved {
    /// It does not run.
    #[error("{way}, {stopped}")]
    Stopped {
        /// On the way there, or back.
        way: Way,
        /// What stopped it.
        stopped: Stopped,
    },
    /// The tables are not the ones that were wanted.
    #[error("{way}, {difference}")]
    Catalog {
        /// On the way there, or back.
        way: Way,
        /// The first difference.
        difference: String,
    },
    /// A row is not what it should be.
    #[error("{way}, {0}", way = .1)]
    Rows(String, Way),
    /// Generating again would change the tables again.
    #[error("the tables would change again the next time: {0}")]
    Again(String),
    /// The server does not work.
    #[error("the trial on the server could not be made: {0}")]
    Server(String),
    /// The database in memory does not work.
    #[error("the trial could not be made: {0}")]
    Trial(#[from] rusqlite::Error),
}

/// What runs a script: it takes a database, and gives back the one that it ran the script on.
pub type Runner<'a> = dyn FnMut(Connection, &str, Way) -> Result<Connection, Stopped> + 'a;

/// SQLite reads all tables of a database again for each `alter table`; with so many of a
/// migration in one, that takes no longer than the rest of the proof.
const AT_ONCE: usize = 16;

/// Proves a migration, as far as it has a script for SQLite, piece by piece.
pub fn migration(old: &Schema, diff: &Diff, migration: &Migration) -> Result<(), Unproved> {
    pieces::of(old, diff, migration, AT_ONCE)
        .iter()
        .try_for_each(piece)
}

/// Proves one piece of a migration.
pub fn piece(piece: &Piece) -> Result<(), Unproved> {
    let rows = rows::hostile(&piece.old, &piece.diff.delta);
    with_rows(&piece.old, &piece.diff, &piece.migration, &rows)
}

/// Proves it as a whole, with these rows in the old tables.
pub fn with_rows(
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
    rows: &Rows,
) -> Result<(), Unproved> {
    let mut replay = |connection: Connection, text: &str, _: Way| {
        replay::run(&connection, text).map(|()| connection)
    };
    by(&mut replay, old, diff, migration, rows)
}

/// The same by this runner.
pub fn by(
    runner: &mut Runner<'_>,
    old: &Schema,
    diff: &Diff,
    migration: &Migration,
    rows: &Rows,
) -> Result<(), Unproved> {
    let Some(sqlite) = dialect::ALL.iter().find(|it| it.name() == "sqlite") else {
        return Ok(());
    };
    let Some(plan) = migration.plans.iter().find(|it| it.dialect == "sqlite") else {
        return Ok(());
    };
    let trial = Trial {
        dialect: *sqlite,
        old,
        new: &diff.target,
        delta: &diff.delta,
        plan,
        old_catalog: catalog::read(&fresh(*sqlite, old)?)?,
        new_catalog: catalog::read(&fresh(*sqlite, &diff.target)?)?,
    };
    let back_with_rows = comes_back_whole(diff);
    trial.run(runner, rows, back_with_rows)?;
    if !back_with_rows {
        trial.run(runner, &Rows::new(), true)?;
    }
    Ok(())
}

/// Whether the way back can be gone with rows.
fn comes_back_whole(diff: &Diff) -> bool {
    let mut changes = diff.changes.iter();
    changes.all(|change| change.reversible() != Reversible::No)
}

struct Trial<'a> {
    dialect: &'a dyn Dialect,
    old: &'a Schema,
    new: &'a Schema,
    delta: &'a Delta,
    plan: &'a Plan,
    old_catalog: Catalog,
    new_catalog: Catalog,
}

impl Trial<'_> {
    fn run(&self, runner: &mut Runner<'_>, rows: &Rows, and_back: bool) -> Result<(), Unproved> {
        let connection = fresh(self.dialect, self.old)?;
        insert(&connection, rows)?;
        self.count_up(&connection)?;
        let before = sequences(&connection)?;
        let text = self.plan.up_text();
        let connection = go(runner, connection, &text, &self.new_catalog, Way::There)?;
        self.compare(&connection, rows)?;
        self.compare_sequences(&connection, &before)?;
        if and_back {
            let text = self.plan.down_text();
            let connection = go(runner, connection, &text, &self.old_catalog, Way::Back)?;
            self.compare_back(&connection, rows)?;
        }
        Ok(())
    }

    /// Gives out an id, and takes the row away again: the id must not be given out twice.
    fn count_up(&self, connection: &Connection) -> rusqlite::Result<()> {
        for table in self.old.tables.iter().filter(|it| it.identity) {
            let statement = "insert into sqlite_sequence (name, seq) select ?1, 0 where not exists (select 1 from sqlite_sequence where name = ?1)";
            connection.execute(statement, [&table.name])?;
            let statement = "update sqlite_sequence set seq = seq + 1000 where name = ?1";
            connection.execute(statement, [&table.name])?;
        }
        Ok(())
    }

    fn compare_sequences(
        &self,
        connection: &Connection,
        before: &BTreeMap<String, i64>,
    ) -> Result<(), Unproved> {
        let after = sequences(connection)?;
        for (table, before) in before {
            let now = self.delta.new_name(table);
            let is_there = self.new.table(now).is_some_and(|it| it.identity);
            if is_there && after.get(now) < Some(before) {
                return Err(Unproved::Rows(
                    format!("ids of `{now}` would be given out a second time"),
                    Way::There,
                ));
            }
        }
        Ok(())
    }

    fn compare(&self, connection: &Connection, rows: &Rows) -> Result<(), Unproved> {
        for pair in &self.delta.pairs {
            let Some(olds) = rows.get(&pair.old.name) else {
                continue;
            };
            let found = select(connection, &pair.new)?;
            let wrong = |what: String| Unproved::Rows(what, Way::There);
            if found.len() != olds.len() {
                return Err(wrong(format!(
                    "`{}` has {} rows instead of {}",
                    pair.new.name,
                    found.len(),
                    olds.len()
                )));
            }
            for old in olds {
                let old = |name: &str| old.get(name).cloned().unwrap_or(Value::Null);
                let expected = |name: &str| {
                    let column = pair.new.column(name);
                    column.map_or(oracle::Expected::Any, |it| oracle::expected(pair, it, &old))
                };
                let row = found.iter().find(|row| {
                    let mut key = pair.new.primary_key.iter();
                    key.all(|name| row.get(name).is_some_and(|it| expected(name).is(it)))
                });
                let Some(row) = row else {
                    return Err(wrong(format!("a row of `{}` is gone", pair.new.name)));
                };
                for column in &pair.new.columns {
                    let value = row.get(&column.name).unwrap_or(&Value::Null);
                    let expected = expected(&column.name);
                    if !expected.is(value) {
                        return Err(wrong(format!(
                            "`{}` of `{}` holds {value:?}, and should hold {expected:?}",
                            column.name, pair.new.name
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    fn compare_back(&self, connection: &Connection, rows: &Rows) -> Result<(), Unproved> {
        for pair in &self.delta.pairs {
            let Some(olds) = rows.get(&pair.old.name) else {
                continue;
            };
            let found = select(connection, &pair.old)?;
            let wrong = |what: String| Unproved::Rows(what, Way::Back);
            for old in olds {
                let row = found.iter().find(|row| {
                    let mut key = pair.old.primary_key.iter();
                    key.all(|name| row.get(name) == old.get(name))
                });
                let Some(row) = row else {
                    return Err(wrong(format!("a row of `{}` is gone", pair.old.name)));
                };
                for column in &pair.old.columns {
                    let (is, was) = (row.get(&column.name), old.get(&column.name));
                    if comes_back(pair, &column.name, was) && is != was {
                        return Err(wrong(format!(
                            "`{}` of `{}` holds {is:?}, and held {was:?}",
                            column.name, pair.old.name
                        )));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Runs a script, and compares what it made with what a fresh creation makes.
fn go(
    runner: &mut Runner<'_>,
    connection: Connection,
    text: &str,
    wanted: &Catalog,
    way: Way,
) -> Result<Connection, Unproved> {
    let connection =
        runner(connection, text, way).map_err(|stopped| Unproved::Stopped { way, stopped })?;
    match catalog::difference(&catalog::read(&connection)?, wanted) {
        Some(difference) => Err(Unproved::Catalog { way, difference }),
        None => Ok(connection),
    }
}

/// Whether a value must be the same after the way there and back.
fn comes_back(pair: &Pair, column: &str, was: Option<&Value>) -> bool {
    if pair.stashed.iter().any(|it| it == column) {
        return true;
    }
    let source = pair.columns.iter().find_map(|it| match &it.source {
        Source::Column { name, fill, .. } if name == column => Some((&it.name, fill)),
        _ => None,
    });
    let Some((name, fill)) = source else {
        return false;
    };
    let was_filled = fill.is_some() && was.is_none_or(|it| *it == Value::Null);
    let types = pair.old.column(column).zip(pair.new.column(name));
    let keeps = types.is_some_and(|(old, new)| {
        fit(old.ty, new.ty).is_some_and(|it| it < Fit::Lossy) && fit(new.ty, old.ty).is_some()
    });
    keeps && !was_filled
}

/// A database with these tables, and nothing in them.
pub fn fresh(dialect: &dyn Dialect, schema: &Schema) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    let delta = Delta {
        created: schema.tables.clone(),
        ..Delta::default()
    };
    for step in Plan::of(dialect, &delta, "fresh").up {
        connection.execute_batch(&step.sql)?;
    }
    connection.execute_batch("pragma foreign_keys = off")?;
    Ok(connection)
}

/// Puts rows in, in any order.
pub fn insert(connection: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for (table, rows) in rows {
        for row in rows {
            let columns: Vec<&String> = row.keys().collect();
            let marks = vec!["?"; columns.len()].join(", ");
            let statement = format!(
                "insert into {} ({}) values ({marks})",
                quoted(table),
                dialect::columns(&columns)
            );
            connection
                .prepare_cached(&statement)?
                .execute(params_from_iter(row.values()))?;
        }
    }
    Ok(())
}

/// Every row of a table, by column.
pub fn select(
    connection: &Connection,
    table: &Table,
) -> rusqlite::Result<Vec<BTreeMap<String, Value>>> {
    let names: Vec<&String> = table.columns.iter().map(|it| &it.name).collect();
    let query = format!(
        "select {} from {}",
        dialect::columns(&names),
        quoted(&table.name)
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map([], |row| {
        let mut values = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            values.insert((*name).clone(), row.get(index)?);
        }
        Ok(values)
    })?;
    rows.collect()
}

fn sequences(connection: &Connection) -> rusqlite::Result<BTreeMap<String, i64>> {
    let query = "select exists (select 1 from sqlite_schema where name = 'sqlite_sequence')";
    if !connection.query_row(query, [], |row| row.get::<_, bool>(0))? {
        return Ok(BTreeMap::new());
    }
    let mut statement = connection.prepare("select name, seq from sqlite_sequence")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
