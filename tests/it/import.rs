//! `svcgen import`: databases in the manner of others, and svcgen's own.
//!
//! `tests/import/CASE.ENGINE.sql` makes a database; beside it lies the schema that comes of it,
//! with the notes. `SVCGEN_BLESS=1` writes them anew. The databases of PostgreSQL are in the slow tests.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use svcgen::dialect::{self, Dialect};
use svcgen::import::{self, Imported, Origin};
use svcgen::source::Source;
use svcgen::tables::diff::creation_order;
use svcgen::tables::{self, ColumnType, Schema, TableKind};

use crate::errors::{checked, example, folder};
use crate::support::Place;

/// The cases of an engine: the name, and the file.
pub fn cases(engine: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut cases: Vec<(String, PathBuf)> = std::fs::read_dir(folder)
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let name = name.strip_suffix(&format!(".{engine}.sql"))?.to_owned();
            Some((name, path))
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 2, "{cases:?}");
    cases
}

/// Compares what was made of a database with what is expected, and checks it as users would.
pub fn compare(case: &Path, imported: &Imported) {
    let mut text = String::new();
    for file in &imported.files {
        text += &["--- ", &file.path, "\n", &file.text].concat();
    }
    text += "--- notes\n";
    text += &import::render(&imported.notes);
    let expected = case.with_extension("expected");
    if std::env::var_os("SVCGEN_BLESS").is_some() {
        std::fs::write(&expected, &text).expect("written");
    }
    let before = std::fs::read_to_string(&expected).unwrap_or_default();
    assert_eq!(
        text,
        before,
        "{}: bless it with SVCGEN_BLESS=1",
        case.display()
    );
    assert_passes(imported);
}

fn assert_passes(imported: &Imported) {
    let sources = sources(imported);
    let (service, diagnostics) = checked(&sources);
    let errors: Vec<_> = diagnostics.iter().filter(|it| it.is_error()).collect();
    assert!(service.is_some() && errors.is_empty(), "{errors:?}");
}

fn sources(imported: &Imported) -> Vec<Source> {
    let source = |file: &import::File| Source::new(file.path.clone(), file.text.clone());
    imported.files.iter().map(source).collect()
}

fn sqlite(sql: &str) -> (tempfile::TempDir, Origin) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("old.db");
    let connection = Connection::open(&path).expect("opened");
    connection
        .execute_batch(sql)
        .unwrap_or_else(|error| panic!("{error}:\n{sql}"));
    (
        directory,
        Origin::Sqlite(path.to_string_lossy().into_owned()),
    )
}

#[test]
fn databases_of_others_become_schemas() {
    for (name, path) in cases("sqlite") {
        let sql = std::fs::read_to_string(&path).expect("the case");
        let (_directory, origin) = sqlite(&sql);
        let catalogue = import::read(&origin).expect("read");
        let imported = import::import(&catalogue, Some(&name)).expect("imported");
        compare(&path, &imported);
    }
}

/// Every schema that the tests have, as files.
pub fn our_schemas() -> Vec<(String, Vec<Source>)> {
    let mut all: Vec<(String, Vec<Source>)> = ["blog", "shop", "clinic"]
        .map(|name| (name.to_owned(), example(name)))
        .into();
    all.push(("types".to_owned(), folder("tests/types/schema")));
    all
}

/// The statements that make the tables of a schema.
pub fn creation(schema: &Schema, dialect: &dyn Dialect) -> String {
    let mut sql = "create table svcgen_migrations (id text primary key);
insert into svcgen_migrations values ('0001_initial');\n"
        .to_owned();
    let mut later = String::new();
    for table in creation_order(&schema.tables) {
        let mut now = table.clone();
        if !dialect.takes_references_to_later_tables() {
            for key in now.foreign_keys.drain(..) {
                later.push_str(&dialect::add_foreign_key(table, &key));
            }
        }
        sql.push_str(&dialect::create_table(dialect, &now));
        for index in &table.indexes {
            later.push_str(&dialect::create_index(dialect, table, index));
        }
    }
    sql + &later
}

/// The tables of a service, without what SQL does not hold: which references are remembered
/// when a removal cuts them is the schema's, not the database's.
pub fn physical(sources: &[Source]) -> Schema {
    let (service, diagnostics) = checked(sources);
    let service = service.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let mut schema = tables::of(&service);
    schema.tables.retain(|table| {
        matches!(
            table.kind,
            TableKind::Live | TableKind::Link | TableKind::Archive
        )
    });
    schema
}

/// The statements are the same; the order of columns counts, that of statements does not.
pub fn assert_same(name: &str, after: &str, before: &str) {
    let lacks = |these: &str, those: &str| -> Vec<String> {
        let those: Vec<&str> = those.split(";\n").collect();
        let lacking = these.split(";\n").filter(|it| !those.contains(it));
        lacking.map(str::to_owned).collect()
    };
    let (lost, made) = (lacks(before, after), lacks(after, before));
    assert!(
        lost.is_empty() && made.is_empty(),
        "{name}: lost {lost:#?}, made {made:#?}"
    );
}

#[test]
fn our_own_tables_come_back() {
    let dialect = dialect::ALL[0];
    for (name, sources) in our_schemas() {
        let before = creation(&without_text_limits(physical(&sources)), dialect);
        let (_directory, origin) = sqlite(&before);
        let catalogue = import::read(&origin).expect("read");
        let imported = import::import(&catalogue, Some(&name)).expect("imported");
        let after = creation(&physical(&self::sources(&imported)), dialect);
        assert_same(&name, &after, &before);
    }
}

/// SQLite keeps a decimal of many digits as a text that sorts right; that its limits are those
/// of a number, no catalogue says.
fn without_text_limits(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        let columns = table.columns.clone();
        let is_wide = |column: &str| {
            let ty = columns.iter().find(|it| it.name == column).map(|it| it.ty);
            matches!(
                ty,
                Some(ColumnType::Decimal {
                    precision: 19..,
                    ..
                })
            )
        };
        table.checks.retain(|check| !is_wide(&check.column));
    }
    schema
}

#[test]
fn the_command_writes_a_schema_that_generates() {
    let place = Place::empty();
    let chinook = cases("sqlite").remove(0);
    let database = place.root().join("old.db");
    let sql = std::fs::read_to_string(chinook.1).expect("the case");
    Connection::open(&database)
        .and_then(|it| it.execute_batch(&sql))
        .expect("made");
    let ended = place.svcgen(&[
        "import", "--from", "old.db", "--into", "shop", "--name", "shop",
    ]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("Imported"), "{}", ended.stderr);
    let again = place.svcgen(&["import", "--from", "old.db", "--into", "shop"]);
    assert_eq!(
        again.status, 3,
        "another name is another file: {}",
        again.stderr
    );
    let same = place.svcgen(&[
        "import", "--from", "old.db", "--into", "shop", "--name", "shop", "--format", "json",
    ]);
    assert_eq!(same.status, 0, "{}", same.stderr);
    let report: serde_json::Value = serde_json::from_str(&same.stdout).expect("JSON");
    assert_eq!(report["service"], "shop");
    assert!(report["notes"].as_array().is_some_and(|it| !it.is_empty()));
    let ended = place.svcgen(&["--project", "shop", "generate"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
}

#[test]
fn what_is_no_database_is_told_of() {
    let place = Place::empty();
    std::fs::write(
        place.root().join("text.db"),
        "this is no database, it is a text of some length",
    )
    .expect("written");
    Connection::open(place.root().join("empty.db"))
        .and_then(|it| it.execute_batch("create view v as select 1"))
        .expect("made");
    for (from, status, words) in [
        ("text.db", 2, "not a database"),
        ("nothing.db", 2, "nothing.db"),
        ("empty.db", 2, "no tables"),
        ("postgres://nobody@127.0.0.1:1/x", 2, "PostgreSQL"),
        ("postgres://nobody:secret@127.0.0.1:1/x", 2, "refused"),
    ] {
        let ended = place.svcgen(&["import", "--from", from]);
        assert_eq!(ended.status, status, "{from}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{from}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
        assert!(
            std::fs::read_dir(place.root()).expect("read").count() == 2,
            "{from} left something"
        );
    }
}
