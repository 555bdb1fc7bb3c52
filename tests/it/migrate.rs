//! The cases of `tests/migrate`: two schemas, and what a migration from one to the other does.
//!
//! Each runs there and back on SQLite in memory, with hostile rows, against the oracle; in the
//! slow run on a PostgreSQL of its own as well. What it consists of is written beside it, in
//! `.expected`; `SVCGEN_BLESS=1` writes that anew. A case stands for itself and, where it says
//! nothing else, for the same with an archive, without rows, and with other ids.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use svcgen::dialect;
use svcgen::generate::check_only;
use svcgen::migrate::script::Mode;
use svcgen::migrate::step::{self, Place, Step};
use svcgen::migrate::{Migration, json, verify};
use svcgen::source::Source;
use svcgen::tables::change::Class;
use svcgen::tables::delta::Delta;
use svcgen::tables::diff::{Diff, diff};
use svcgen::tables::intent::Intent;
use svcgen::tables::{self, Literal, Schema};

/// One file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

/// Two schemas, by entity, each as its file would say it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub about: String,
    /// What came before, so that something is left of it.
    #[serde(default)]
    once: Option<Value>,
    /// Before.
    from: Value,
    /// After.
    to: Value,
    /// What the service file says besides, after.
    #[serde(default)]
    service: Value,
    /// Whether the caller lets everything go, and has it copied away.
    #[serde(default)]
    stash: bool,
    /// Rows to begin with, by table, as SQLite stores them.
    #[serde(default)]
    pub rows: Value,
    /// What becomes of them, by table; of the columns that are named, and in the order of ids.
    #[serde(default)]
    pub becomes: Value,
    /// What is said when it is stopped.
    #[serde(default)]
    pub stops: Option<String>,
    /// What is asked instead of a migration.
    #[serde(default)]
    asks: Option<String>,
    /// Whether the statements are written down too.
    #[serde(default)]
    sql: bool,
}

/// What entities are like in a variant of a case.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    id: &'static str,
    delete: &'static str,
}

/// What a row shows of some columns, as texts.
pub type Shown = Vec<Option<String>>;

/// Every case is run in each of these.
pub const VARIANTS: [Variant; 3] = [
    Variant {
        name: "bigint",
        id: "bigint",
        delete: "hard",
    },
    Variant {
        name: "uuid, archived",
        id: "uuid",
        delete: "archive",
    },
    Variant {
        name: "string, archived",
        id: "string",
        delete: "archive",
    },
];

/// A case, ready to be run.
pub struct Ready {
    /// The old tables.
    pub old: Schema,
    /// What becomes of them.
    pub diff: Diff,
    /// The migration, unless something is asked.
    pub migration: Option<Migration>,
}

/// All cases, with the file of each.
pub fn cases() -> Vec<(PathBuf, Vec<Case>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/migrate");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, file.cases)
    };
    files.into_iter().map(read).collect()
}

impl Case {
    /// Reads, compares and plans it.
    pub fn ready(&self, variant: Variant) -> Ready {
        // The past of the old tables: created by a migration of their own.
        let mut old = Schema::default();
        for entities in self.once.iter().chain([&self.from]) {
            let (new, intent) = self.tables(entities, &Value::Null, variant);
            let diff = diff(&old, &new, &intent);
            assert_eq!(diff.questions, [], "{}", self.about);
            old = diff.target;
        }
        let (new, mut intent) = self.tables(&self.to, &self.service, variant);
        intent.allow.stash = self.stash;
        intent.allow.drops = self.stash;
        intent.migration = 2;
        let diff = diff(&old, &new, &intent);
        let migration = if diff.questions.is_empty() {
            let history = [svcgen::migrate::sum::link(None, "0001_initial", &[])];
            Migration::of(dialect::ALL, &history, &old, &diff).unwrap()
        } else {
            None
        };
        if diff.questions.is_empty() {
            let again = tables::diff::diff(&diff.target, &new, &intent);
            let left: Vec<_> = again.changes.iter().filter(|it| it.is_physical()).collect();
            assert!(left.is_empty(), "{}: planned again: {left:?}", self.about);
            assert!(again.questions.is_empty(), "{}", self.about);
        }
        Ready {
            old,
            diff,
            migration,
        }
    }

    fn tables(&self, entities: &Value, service: &Value, variant: Variant) -> (Schema, Intent) {
        let mut head = serde_json::json!({
            "svcgen": 1,
            "name": "cases",
            "defaults": { "id": variant.id, "delete": variant.delete },
        });
        for (key, value) in service.as_object().into_iter().flatten() {
            head[key] = value.clone();
        }
        let source = |path: String, value: &Value| Source::new(path, value.to_string());
        let mut sources = vec![source("svcgen.yaml".to_owned(), &head)];
        for (name, entity) in entities.as_object().unwrap() {
            let mut entity = entity.clone();
            entity["entity"] = name.as_str().into();
            sources.push(source(format!("entities/{name}.yaml"), &entity));
        }
        let (service, diagnostics) = check_only(&sources);
        let service = service.unwrap_or_else(|| panic!("{}: {diagnostics:#?}", self.about));
        (tables::of(&service), Intent::of(&service))
    }

    /// The rows to begin with.
    pub fn given(&self) -> verify::rows::Rows {
        let mut rows = verify::rows::Rows::new();
        for (table, given) in self.rows.as_object().into_iter().flatten() {
            let given = given.as_array().unwrap().iter().map(|row| {
                let row = row.as_object().unwrap().iter();
                row.map(|(name, value)| (name.clone(), stored(value)))
                    .collect()
            });
            rows.insert(table.clone(), given.collect());
        }
        rows
    }

    /// For each table that rows are expected in: the columns, and what each row shows of them.
    pub fn becoming(&self) -> Vec<(&str, Vec<&str>, Vec<Shown>)> {
        let tables = self.becomes.as_object().into_iter().flatten();
        let shown = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        tables
            .map(|(table, rows)| {
                let rows: Vec<_> = rows.as_array().unwrap().iter().collect();
                let columns = rows[0].as_object().unwrap().keys();
                let columns: Vec<&str> = columns.map(String::as_str).collect();
                let of_row = |row: &&Value| columns.iter().map(|it| shown(&row[*it])).collect();
                let rows = rows.iter().map(of_row).collect();
                (table.as_str(), columns, rows)
            })
            .collect()
    }

    /// What it consists of, as the `.expected` file says it.
    fn describe(&self, ready: &Ready) -> String {
        let mut text = format!("## {}\n", self.about);
        for question in &ready.diff.questions {
            let _ = writeln!(text, "asks: {question}");
        }
        for change in &ready.diff.changes {
            if ready.diff.questions.is_empty() {
                let _ = writeln!(text, "{}: {}", change.class().name(), json::say(change));
            }
        }
        let Some(migration) = &ready.migration else {
            return text + "\n";
        };
        let _ = writeln!(text, "called {}", migration.id);
        for finding in &migration.findings {
            let _ = writeln!(text, "lint {finding}");
        }
        for plan in &migration.plans {
            for (way, steps, script) in [
                ("up", &plan.up, plan.up_text()),
                ("down", &plan.down, plan.down_text()),
            ] {
                let _ = writeln!(text, "{} {way}", plan.dialect);
                for step in steps {
                    let _ = writeln!(
                        text,
                        "    {:?} {}: {}",
                        step.place,
                        step.mode.name(),
                        step.title
                    );
                }
                if self.sql {
                    let _ = writeln!(text, "```sql\n{script}```");
                }
            }
        }
        text + "\n"
    }
}

fn stored(value: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Stored;
    match value {
        Value::Null => Stored::Null,
        Value::Number(number) if number.is_i64() => Stored::Integer(number.as_i64().unwrap()),
        Value::Number(number) => Stored::Real(number.as_f64().unwrap()),
        Value::String(text) => match text.strip_prefix("x'").and_then(|it| it.strip_suffix('\'')) {
            Some(hex) => {
                verify::oracle::stored(&Literal::Bytes(hex.to_owned()), tables::ColumnType::Bytes)
            }
            None => Stored::Text(text.clone()),
        },
        Value::Bool(it) => Stored::Integer((*it).into()),
        other => panic!("{other}"),
    }
}

#[test]
fn every_case_goes_there_and_back_on_sqlite() {
    let mut count = 0;
    let mut wrong: Vec<String> = Vec::new();
    for (path, cases) in cases() {
        let mut expected = String::new();
        for case in &cases {
            for variant in VARIANTS {
                let ready = case.ready(variant);
                if variant.name == VARIANTS[0].name {
                    expected.push_str(&case.describe(&ready));
                }
                wrong.extend(asks_as_expected(case, &ready));
                let Some(migration) = &ready.migration else {
                    continue;
                };
                if let Err(error) = verify::migration(&ready.old, &ready.diff, migration) {
                    wrong.push(format!("{} ({}): {error}", case.about, variant.name));
                }
            }
            stops_as_expected(case);
            becomes_as_expected(case);
        }
        count += cases.len();
        blessed(&path.with_extension("expected"), &expected);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 150, "only {count} cases");
}

#[test]
fn what_protects_rows_is_asked_again_where_they_go() {
    let mut count = 0;
    for (_, cases) in cases() {
        for (case, variant) in cases
            .iter()
            .flat_map(|it| VARIANTS.map(|variant| (it, variant)))
        {
            let ready = case.ready(variant);
            let plans = ready.migration.iter().flat_map(|it| &it.plans);
            for plan in plans.filter(|it| it.dialect == "postgres") {
                let delta = &ready.diff.delta;
                let forgotten = asked_once(&plan.up, delta);
                assert!(forgotten.is_empty(), "{}: {forgotten:?}", case.about);
                let mut careless = plan.up.clone();
                careless.retain(|it| it.locks.is_empty());
                count += asked_once(&careless, delta).len();
            }
        }
    }
    assert!(count >= 30, "only {count} would have been noticed");
}

/// The checks that stand before something is lost, and are not asked again by the transaction that
/// loses it.
fn asked_once(steps: &[Step], delta: &Delta) -> Vec<String> {
    let again = |check: &Step| {
        let now = delta.new_name(&check.table);
        let title = check.title.replace(&check.table, now);
        steps.iter().enumerate().any(|(at, step)| {
            step.mode == Mode::Transaction
                && step::under_its_lock(steps, at)
                    .iter()
                    .any(|it| it.title == title && it.locks == [now])
        })
    };
    let before = steps.iter().filter(|it| it.place == Place::Precheck);
    // Other conditions become constraints, which hold from then on.
    let protects = |it: &&Step| {
        it.class == Class::Destructive || it.title.contains("while another takes its name")
    };
    before
        .filter(protects)
        .filter(|it| !again(it))
        .map(|it| it.title.clone())
        .collect()
}

fn asks_as_expected(case: &Case, ready: &Ready) -> Option<String> {
    let asked: Vec<String> = ready
        .diff
        .questions
        .iter()
        .map(ToString::to_string)
        .collect();
    let is_good = match &case.asks {
        Some(words) => asked.join("\n").contains(words),
        None => asked.is_empty(),
    };
    (!is_good).then(|| format!("{}: asked {asked:?}", case.about))
}

/// Rows that somebody wrote down become what somebody wrote down.
fn becomes_as_expected(case: &Case) {
    let becoming = case.becoming();
    if becoming.is_empty() {
        return;
    }
    let ready = case.ready(VARIANTS[0]);
    let connection = verify::fresh(dialect::ALL[0], &ready.old).unwrap();
    verify::insert(&connection, &case.given()).unwrap();
    if let Some(migration) = &ready.migration {
        verify::replay::run(&connection, &migration.plans[0].up_text()).unwrap();
    }
    for (table, columns, expected) in becoming {
        let texts: Vec<String> = (columns.iter())
            .map(|it| format!("cast({} as text)", dialect::quoted(it)))
            .collect();
        let query = format!("select {} from {table} order by 1", texts.join(", "));
        let mut statement = connection.prepare(&query).unwrap();
        let rows = statement.query_map([], |row| {
            (0..columns.len())
                .map(|at| row.get(at))
                .collect::<Result<Vec<Option<String>>, _>>()
        });
        let rows: Vec<_> = rows.unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows, expected, "{}: {columns:?} of {table}", case.about);
    }
}

/// Rows that do not fit stop it, and are shown.
fn stops_as_expected(case: &Case) {
    let Some(stops) = &case.stops else { return };
    let ready = case.ready(VARIANTS[0]);
    let connection = verify::fresh(dialect::ALL[0], &ready.old).unwrap();
    verify::insert(&connection, &case.given()).unwrap();
    let plan = &ready.migration.unwrap().plans[0];
    let stopped = verify::replay::run(&connection, &plan.up_text())
        .expect_err(&case.about)
        .to_string();
    assert!(stopped.contains(stops), "{}: {stopped}", case.about);
}

/// Compares a file with a text, or writes it.
pub fn blessed(path: &PathBuf, text: &str) {
    if std::env::var_os("SVCGEN_BLESS").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == expected,
        "{}: bless it with SVCGEN_BLESS=1",
        path.display()
    );
}
