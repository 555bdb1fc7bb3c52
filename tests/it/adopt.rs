//! `svcgen migrate adopt`: the script that makes a service's tables of somebody's, on SQLite. The
//! same on PostgreSQL, and the services that run them, are in the slow tests of `import`.

use rusqlite::Connection;
use serde_json::Value;
use svcgen::dialect;
use svcgen::import::adopt::adoption;
use svcgen::import::{self, Origin};
use svcgen::migrate::verify::{self, replay};
use svcgen::source::Source;
use svcgen::tables::{self, Schema};

use crate::errors::checked;
use crate::import::cases;
use crate::support::Place;

/// The tables of the service that comes of an import.
pub fn tables_of(imported: &import::Imported) -> Schema {
    let source = |file: &import::File| Source::new(file.path.clone(), file.text.clone());
    let sources: Vec<Source> = imported.files.iter().map(source).collect();
    let (service, diagnostics) = checked(&sources);
    tables::of(&service.unwrap_or_else(|| panic!("{diagnostics:?}")))
}

/// What is defined, without what was put aside, and what is of the database that was there.
fn defined(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare(
            "select replace(sql, '\"', '') from sqlite_schema where sql is not null and type <> 'view'
             and tbl_name not like 'svcgen\\_%' escape '\\' and name not like 'sqlite\\_%' escape '\\' order by 1",
        )
        .expect("prepared");
    let rows = statement.query_map([], |row| row.get(0)).expect("run");
    rows.collect::<Result<_, _>>().expect("read")
}

fn filled(path: &std::path::Path, sql: &str) -> Connection {
    let connection = Connection::open(path).expect("opened");
    connection
        .execute_batch(sql)
        .unwrap_or_else(|error| panic!("{error}:\n{sql}"));
    connection
}

#[test]
fn the_tables_of_others_become_those_of_the_service() {
    for (name, path) in cases("sqlite") {
        let sql = std::fs::read_to_string(&path).expect("the case");
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("old.db");
        let connection = filled(&file, &sql);
        let origin = Origin::Sqlite(file.to_string_lossy().into_owned());
        let catalogue = import::read(&origin).expect("read");
        let imported = import::import(&catalogue, Some(&name)).expect("imported");
        let schema = tables_of(&imported);
        let adoption = adoption(&catalogue, &schema);
        replay::run(&connection, &adoption.script)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", adoption.script));
        let fresh = verify::fresh(dialect::ALL[0], &schema).expect("made");
        let (is, should) = (defined(&connection), defined(&fresh));
        let missing: Vec<&String> = should.iter().filter(|it| !is.contains(it)).collect();
        assert!(missing.is_empty(), "{name}: {missing:#?}");
    }
}

fn one<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> T {
    connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[test]
fn rows_get_there_with_their_values() {
    let place = Place::empty();
    let market = cases("sqlite")
        .into_iter()
        .find(|(name, _)| name == "market");
    let sql = std::fs::read_to_string(market.expect("the market").1).expect("the case");
    let connection = filled(&place.root().join("old.db"), &sql);
    place.ok(&[
        "import", "--from", "old.db", "--into", "market", "--name", "market",
    ]);
    let early = place.svcgen(&[
        "--project",
        "market",
        "migrate",
        "adopt",
        "--from",
        "old.db",
    ]);
    early.is(2, &["svcgen generate"]);
    place.ok(&["--project", "market", "generate"]);
    let adopt = [
        "--project",
        "market",
        "migrate",
        "adopt",
        "--from",
        "old.db",
    ];
    let told = place.ok(&adopt);
    for words in ["migrate adopt --script", "view open_orders: it stays"] {
        assert!(told.stderr.contains(words), "{words}: {}", told.stderr);
    }
    let json = place.ok(&[adopt.as_slice(), &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["script"], told.stdout.as_str());
    replay::run(&connection, &told.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", told.stdout));
    let text = |sql: &str| one::<String>(&connection, sql);
    let number = |sql: &str| one::<i64>(&connection, sql);
    assert_eq!(number("select unit_price from products where id = 1"), 1250);
    assert_eq!(number("select discontinued from products where id = 2"), 1);
    assert_eq!(
        text("select added_on from products where id = 3"),
        "2026-03-04"
    );
    assert_eq!(number("select count(*) from product_tag"), 3);
    assert_eq!(
        number("select placed_at from orders where id = 100"),
        1_770_091_506_123_456
    );
    assert_eq!(
        number("select placed_at from orders where id = 101"),
        1_770_000_000_000_000
    );
    assert_eq!(
        text("select hex(secret_note) from orders where id = 100"),
        "00FF"
    );
    assert_eq!(
        text("select total from orders where id = 100"),
        "10000000000000000250100000000"
    );
    assert_eq!(
        number("select newsletter from customers where id = x'00000000000040008000000000000002'"),
        0
    );
    // An id that was given out is not given out again.
    assert_eq!(
        number("select seq from sqlite_sequence where name = 'suppliers'"),
        9
    );
    assert_eq!(number("select count(*) from event_log"), 2);
    assert_eq!(
        number("select count(*) from svcgen_adopted_orders_table"),
        2
    );
}

/// A ledger without rows is left by a service that was started or tried something.
#[test]
fn an_empty_ledger_does_not_make_a_service_of_it() {
    let place = Place::empty();
    let sql = "create table notes (id integer primary key, title text not null);
        create table svcgen_migrations (id text primary key);";
    let connection = filled(&place.root().join("old.db"), sql);
    place.ok(&[
        "import", "--from", "old.db", "--into", "notes", "--name", "notes",
    ]);
    place.ok(&["--project", "notes", "generate"]);
    let adopt = ["--project", "notes", "migrate", "adopt", "--from", "old.db"];
    let script = place.ok(&adopt).stdout;
    assert!(script.contains("svcgen_adopted_notes"), "{script}");
    connection
        .execute_batch("insert into svcgen_migrations values ('0001_initial')")
        .expect("noted");
    place.svcgen(&adopt).is(2, &["the database has a ledger"]);
}

/// What would not fit is named before anything is moved.
#[test]
fn rows_that_do_not_fit_are_named() {
    let place = Place::empty();
    let sql = "create table notes (id integer primary key, title varchar(5) not null, at datetime, stars integer check (stars <= 5));
        insert into notes values (1, 'short', '2026-01-01', 1), (2, 'much too long', null, 2), (3, 'x', 'soon', 3);";
    let connection = filled(&place.root().join("old.db"), sql);
    place.ok(&[
        "import", "--from", "old.db", "--into", "notes", "--name", "notes",
    ]);
    place.ok(&["--project", "notes", "generate"]);
    let adopt = ["--project", "notes", "migrate", "adopt", "--from", "old.db"];
    let script = place.ok(&adopt).stdout;
    let stopped = |text: &str| {
        replay::run(&connection, text)
            .expect_err("stops")
            .to_string()
    };
    let error = stopped(&script);
    assert!(
        error.contains("`notes.title`") && error.contains("much too long"),
        "{error}"
    );
    connection
        .execute_batch("update notes set title = 'short' where id = 2")
        .expect("mended");
    let error = stopped(&script);
    assert!(
        error.contains("`notes.at`") && error.contains("soon"),
        "{error}"
    );
    connection
        .execute_batch("update notes set at = null where id = 3")
        .expect("mended");
    replay::run(&connection, &script).expect("it fits");
    // A field that the schema has got since is told of, where it needs a value.
    let entity = place.read("notes/entities/note.yaml");
    place.put(
        "notes/entities/note.yaml",
        entity
            .replace("fields:\n", "fields:\n  author: string\n")
            .replace("  at:", "  moment:"),
    );
    let other = Place::empty();
    filled(&other.root().join("old.db"), sql);
    std::fs::create_dir_all(other.root().join("notes/entities")).expect("made");
    for file in ["svcgen.yaml", "entities/note.yaml"] {
        other.put(
            &format!("notes/{file}"),
            place.read(&format!("notes/{file}")),
        );
    }
    other.ok(&["--project", "notes", "generate"]);
    let told = other.ok(&adopt);
    for words in [
        "notes.author: it is required",
        "notes.at: no field takes it",
    ] {
        assert!(told.stderr.contains(words), "{words}: {}", told.stderr);
    }
    assert!(
        told.stdout.contains("where does it come from?"),
        "{}",
        told.stdout
    );
}
