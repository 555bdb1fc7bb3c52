//! Engines that are broken on purpose: the proof notices, every time that it matters.

use rusqlite::Connection;
use rusqlite::types::Value;
use svcgen::dialect::{self, quoted};
use svcgen::migrate::script::Mode;
use svcgen::migrate::step::{Place, Step};
use svcgen::migrate::{Migration, verify};
use svcgen::tables::change::Change;
use svcgen::tables::diff::{Diff, diff};

use super::{Outcome, Pair, pairs};

/// How many broken migrations a control tries.
const TRIED: usize = 8;

/// A way to break a migration.
pub struct Fault {
    /// What is wrong then.
    pub name: &'static str,
    /// The database whose plans can have it; `None` for each.
    only: Option<&'static str>,
    /// Breaks one step, if it can be broken in this way.
    break_it: fn(&Pair, &mut Step) -> bool,
}

/// What a plan could get wrong, and what its proof has to see.
const FAULTS: &[Fault] = &[
    Fault {
        name: "a column is not added",
        only: None,
        break_it: |_, step| {
            let is_it = step.sql.starts_with("alter table") && step.sql.contains(" add column ");
            is_it && cut(step, |_| false)
        },
    },
    Fault {
        name: "a default is another",
        only: None,
        break_it: |pair, step| {
            is_of_the_schema(pair, step) && replaced(step, " default 7", " default 8")
        },
    },
    Fault {
        name: "an index is missing",
        only: None,
        break_it: |_, step| {
            // A rebuild carries what it does not make.
            let is_index = |it: &str| it.contains("create index") || it.contains("create unique");
            step.carries.is_empty() && cut(step, |it| !is_index(it))
        },
    },
    Fault {
        name: "an index runs the other way",
        only: None,
        break_it: |_, step| step.sql.contains("create index") && replaced(step, " desc", ""),
    },
    Fault {
        name: "a rule is missing",
        only: None,
        break_it: |pair, step| {
            is_of_the_schema(pair, step) && replaced(step, "in ('draft', ", "in ('draft', 'more', ")
        },
    },
    Fault {
        name: "ids are given out again",
        only: Some("sqlite"),
        break_it: |_, step| cut(step, |it| !it.contains("sqlite_sequence")),
    },
    Fault {
        name: "a row is gone",
        only: None,
        break_it: |pair, step| {
            // Of a table that nothing refers to: nothing but the count gives it away.
            let fits = is_on_its_own(pair, step)
                && pair.has_rows(&step.table)
                && !pair.is_referred_to(&step.table)
                && !pair.is_guarded(&step.table);
            let (table, key) = (quoted(&step.table), pair.key_of(&step.table));
            fits && add(
                step,
                &format!(
                    "delete from {table} where {key} = (select {key} from {table} limit 1);\n"
                ),
            )
        },
    },
    Fault {
        name: "a value is another",
        only: None,
        break_it: |pair, step| {
            let Some(column) = pair.untouched_number(&step.table) else {
                return false;
            };
            let (table, column) = (quoted(&step.table), quoted(&column));
            is_on_its_own(pair, step)
                && add(
                    step,
                    &format!(
                        "update {table} set {column} = 1 - {column} where {column} in (0, 1);\n"
                    ),
                )
        },
    },
    Fault {
        name: "the counter of ids begins anew",
        only: Some("postgres"),
        break_it: |pair, step| {
            let of = pair.diff.delta.pair(&step.table);
            let counts = of.is_some_and(|it| it.old.identity && it.new.identity);
            let (table, key) = (quoted(&step.table), pair.key_of(&step.table));
            is_on_its_own(pair, step)
                && counts
                && add(
                    step,
                    &format!("alter table {table} alter column {key} restart with 1;\n"),
                )
        },
    },
];

/// Whether a step is not of what keeps the rows of a table that goes: nobody writes to it, so its
/// rules and defaults are nothing that could be wrong.
fn is_of_the_schema(pair: &Pair, step: &Step) -> bool {
    let of = pair.diff.delta.pair(&step.table);
    of.is_none_or(|it| !it.is_stash)
}

fn add(step: &mut Step, statement: &str) -> bool {
    step.sql.push_str(statement);
    true
}

/// Whether a step is one of a table that stays, which has its new name by then.
fn is_on_its_own(pair: &Pair, step: &Step) -> bool {
    let is_pair = pair.diff.delta.pair(&step.table).is_some();
    let has_names = step.place >= Place::Expand && step.place < Place::Guard;
    is_pair && has_names && step.mode == Mode::Transaction && step.carries.is_empty()
}

fn replaced(step: &mut Step, from: &str, to: &str) -> bool {
    let text = step.sql.replace(from, to);
    std::mem::replace(&mut step.sql, text) != step.sql
}

/// Keeps only some of a step's statements.
fn cut(step: &mut Step, is_kept: impl Fn(&str) -> bool) -> bool {
    let statements = step.sql.split_inclusive(";\n");
    let text: String = statements.filter(|it| is_kept(it)).collect();
    std::mem::replace(&mut step.sql, text) != step.sql
}

impl Pair {
    fn has_rows(&self, table: &str) -> bool {
        let old = self.diff.delta.old_name(table);
        self.rows.get(old).is_some_and(|rows| !rows.is_empty())
    }

    fn key_of(&self, table: &str) -> String {
        let table = self.diff.target.table(table);
        quoted(table.map_or("id", |it| it.primary_key[0].as_str()))
    }

    fn is_guarded(&self, table: &str) -> bool {
        let pair = self.diff.delta.pair(table);
        pair.is_some_and(|it| it.old.guarded)
    }

    fn is_referred_to(&self, table: &str) -> bool {
        let mut tables = self.old.tables.iter().chain(&self.diff.target.tables);
        tables.any(|it| it.foreign_keys.iter().any(|key| key.table == table))
    }

    /// A column of integers that nothing happens to, and that holds a 0 or a 1.
    fn untouched_number(&self, table: &str) -> Option<String> {
        let pair = self.diff.delta.pair(table)?;
        let rows = self.rows.get(&pair.old.name)?;
        let columns = pair.new.columns.iter().filter(|column| {
            let same = pair.old.column(&column.name);
            let is_small = |row: &std::collections::BTreeMap<String, Value>| {
                matches!(row.get(&column.name), Some(Value::Integer(0 | 1)))
            };
            column.ty == svcgen::tables::ColumnType::Int
                && same.is_some_and(|it| it.ty == column.ty)
                && pair.new_of(&column.name) == Some(&column.name)
                && pair.new.check_of(&column.name).is_none()
                && !pair.new.indexes.iter().any(|it| it.unique)
                && rows.iter().any(is_small)
        });
        columns.map(|it| it.name.clone()).next()
    }
}

/// The faults that a plan for a database can have.
pub fn of(dialect: &str) -> Vec<&'static Fault> {
    let faults = FAULTS.iter();
    faults
        .filter(|it| it.only.is_none_or(|only| only == dialect))
        .collect()
}

/// Breaks so many migrations in each of some ways, and proves each. What the broken plan makes
/// of it has to be noticed every time.
pub fn faults_are_noticed(
    faults: &[&Fault],
    dialect: &str,
    tried: usize,
    mut proof: impl FnMut(&Pair, &Migration) -> Outcome,
) {
    let mut broken = vec![0; faults.len()];
    for pair in (1..4_000).flat_map(pairs) {
        if broken.iter().all(|it| *it == tried) {
            return;
        }
        let Some(migration) = pair.migration() else {
            continue;
        };
        for (fault, broken) in faults.iter().zip(&mut broken) {
            let mut migration = migration.clone();
            let plans = migration.plans.iter_mut();
            let plans = plans.filter(|it| it.dialect == dialect);
            let mut steps = plans.flat_map(|plan| &mut plan.up);
            if *broken == tried || !steps.any(|step| (fault.break_it)(&pair, step)) {
                continue;
            }
            let name = fault.name;
            let shown = &pair.shown;
            assert!(
                proof(&pair, &migration).is_err(),
                "{dialect}: {name}, and nobody noticed\n{shown}"
            );
            *broken += 1;
        }
    }
    panic!("{dialect}: only {broken:?} migrations could be broken");
}

fn proved(pair: &Pair, diff: &Diff, migration: &Migration) -> Outcome {
    verify::with_rows(&pair.old, diff, migration, &pair.rows).map_err(|it| it.to_string())
}

#[test]
fn a_plan_that_gets_something_wrong_is_noticed() {
    faults_are_noticed(&of("sqlite"), "sqlite", TRIED, |pair, migration| {
        proved(pair, &pair.diff, migration)
    });
}

#[test]
fn what_is_wrong_with_a_plan_is_noticed_in_its_pieces() {
    let (mut whole, mut parts) = (0, 0);
    faults_are_noticed(&of("sqlite"), "sqlite", TRIED, |pair, migration| {
        let pieces = pair.pieces(migration);
        whole += pair.old.tables.len() * pieces.len();
        parts += pieces.iter().map(|it| it.0.old.tables.len()).sum::<usize>();
        pieces
            .iter()
            .try_for_each(|(piece, migration)| proved(piece, &piece.diff, migration))
    });
    assert!(parts * 2 < whole, "pieces of {parts} tables of {whole}");
}

#[test]
fn a_rename_by_drop_and_add_is_noticed() {
    let mut broken = 0;
    for pair in (1..4_000).flat_map(pairs) {
        let loses = |change: &Change| match change {
            Change::RenameColumn { table, from, .. } => {
                let old = pair.diff.delta.old_name(table);
                let mut rows = pair.rows.get(old).into_iter().flatten();
                rows.any(|row| row.get(from).is_some_and(|it| *it != Value::Null))
            }
            _ => false,
        };
        if !pair.diff.changes.iter().any(loses) {
            continue;
        }
        let mut blind = pair.intent.clone();
        blind.allow.drops = true;
        let columns = blind
            .tables
            .values_mut()
            .flat_map(|it| it.columns.values_mut());
        for column in columns {
            column.was.clear();
        }
        let lossy = diff(&pair.old, &pair.new, &blind);
        if !lossy.questions.is_empty() {
            continue;
        }
        let migration = Migration::of(dialect::ALL, &[], &pair.old, &lossy).expect("written");
        let Some(migration) = migration else { continue };
        assert!(
            proved(&pair, &pair.diff, &migration).is_err(),
            "{}",
            pair.shown
        );
        broken += 1;
        if broken == TRIED {
            return;
        }
    }
    panic!("only {broken} renames were tried");
}

/// The bug that every other tool has had: a rebuild while foreign keys are on deletes, without
/// a word, the rows that go with their parent.
#[test]
fn foreign_keys_that_are_turned_off_inside_the_transaction_are_noticed() {
    let mut broken = 0;
    for pair in (1..4_000).flat_map(pairs) {
        let Some((migration, table)) = rebuilt(&pair) else {
            continue;
        };
        let plan = migration.plans.iter().find(|it| it.dialect == "sqlite");
        let text = plan.expect("a plan").up_text();
        let run = |text: &str, broken: bool| -> Result<(i64, i64), String> {
            let connection = with_children(&pair, &table);
            let before = children(&connection);
            if broken {
                let inside = format!(
                    "pragma foreign_keys = on; begin; pragma foreign_keys = off; {text}; commit;"
                );
                connection
                    .execute_batch(&inside)
                    .map_err(|it| it.to_string())?;
            } else {
                verify::replay::run(&connection, text).map_err(|it| it.to_string())?;
            }
            Ok((before, children(&connection)))
        };
        let (before, after) = run(&text, false).expect("it runs");
        assert_eq!(before, after, "{}", pair.shown);
        match run(&text, true) {
            Ok((before, after)) => assert!(after < before, "nothing is lost\n{}", pair.shown),
            Err(error) => assert!(error.contains("FOREIGN KEY"), "{error}"),
        }
        broken += 1;
        if broken == TRIED {
            return;
        }
    }
    panic!("only {broken} rebuilds were tried");
}

/// A migration that rebuilds a table with rows, and that table's old name.
fn rebuilt(pair: &Pair) -> Option<(Migration, String)> {
    let migration = pair.migration()?;
    let plan = migration.plans.iter().find(|it| it.dialect == "sqlite")?;
    let rebuilds = plan.up.iter().find(|it| {
        let is_plain = pair.diff.delta.old_name(&it.table) == it.table;
        !it.carries.is_empty() && is_plain && pair.has_rows(&it.table)
    });
    let table = rebuilds?.table.clone();
    (pair.key_of(&table) == "id").then_some((migration, table))
}

/// The old tables with their rows, and a child that goes with its parent.
fn with_children(pair: &Pair, table: &str) -> Connection {
    let connection = verify::fresh(dialect::ALL[0], &pair.old).expect("made");
    verify::insert(&connection, &pair.rows).expect("filled");
    let table = quoted(table);
    let child = format!(
        "create table stranger (parent references {table} (id) on delete cascade);\n\
         insert into stranger select id from {table};"
    );
    connection.execute_batch(&child).expect("made");
    connection
}

fn children(connection: &Connection) -> i64 {
    let query = "select count(*) from stranger";
    connection
        .query_row(query, [], |row| row.get(0))
        .expect("counted")
}
