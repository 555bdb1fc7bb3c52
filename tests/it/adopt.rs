//! `svcgen migrate adopt`: the script that makes a service's tables of somebody's. What is tried
//! here on SQLite, the slow tests try on PostgreSQL too, and run services over it.

pub mod matched;
pub mod values;

use rusqlite::Connection;
use serde_json::Value;
use svcgen::dialect;
use svcgen::import::adopt::{Adoption, Project, adoption};
use svcgen::import::catalogue::Catalogue;
use svcgen::import::{self, Origin};
use svcgen::migrate::verify::{self, replay};
use svcgen::model::Service;
use svcgen::source::Source;
use svcgen::tables;

use crate::errors::checked;
use crate::import::cases;
use crate::support::Place;

/// Somebody's database, on either engine.
pub enum Old {
    /// A file, and the directory that it is in.
    Sqlite(Connection, tempfile::TempDir),
    /// A server's database, and its URL.
    Postgres(Box<postgres::Client>, String),
}

impl Old {
    /// A file with this in it.
    pub fn sqlite(sql: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let connection = filled(&directory.path().join("old.db"), sql);
        Self::Sqlite(connection, directory)
    }

    /// A server's database, with this in it and nothing else.
    pub fn postgres(url: &str, sql: &str) -> Self {
        let client = postgres::Client::connect(url, postgres::NoTls).expect("connected");
        let mut old = Self::Postgres(Box::new(client), url.to_owned());
        old.execute("drop schema public cascade; create schema public");
        old.execute(sql);
        old
    }

    /// Runs statements that succeed.
    pub fn execute(&mut self, sql: &str) {
        let error = match self {
            Self::Sqlite(connection, _) => {
                connection.execute_batch(sql).err().map(|it| it.to_string())
            }
            Self::Postgres(client, _) => {
                client.batch_execute(sql).err().map(|it| format!("{it:?}"))
            }
        };
        assert_eq!(error, None, "{sql}");
    }

    /// What the import reads.
    pub fn catalogue(&self) -> Catalogue {
        let origin = match self {
            Self::Sqlite(_, directory) => Origin::Sqlite(
                directory
                    .path()
                    .join("old.db")
                    .to_string_lossy()
                    .into_owned(),
            ),
            Self::Postgres(_, url) => Origin::parse(url, "public"),
        };
        import::read(&origin).expect("read")
    }

    /// Runs a script as the service would, or says what stopped it.
    pub fn run(&mut self, script: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection, _) => {
                replay::run(connection, script).map_err(|it| it.to_string())
            }
            Self::Postgres(client, _) => {
                verify::postgres::run(client, script).map_err(|it| it.to_string())
            }
        }
    }

    /// The only value of a query; those of SQLite as it quotes them.
    pub fn value(&mut self, sql: &str) -> String {
        match self {
            Self::Sqlite(connection, _) => one(connection, &format!("select quote(({sql}))")),
            Self::Postgres(client, _) => {
                let row = client.query_one(&format!("select ({sql})::text"), &[]);
                row.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
                    .get(0)
            }
        }
    }
}

/// The schema that an import made, perhaps edited since.
pub struct Schema {
    catalogue: Catalogue,
    files: Vec<import::File>,
}

impl Schema {
    /// As it was imported.
    pub fn of(old: &Old) -> Self {
        let catalogue = old.catalogue();
        let imported = import::import(&catalogue, Some("old")).expect("imported");
        Self {
            catalogue,
            files: imported.files,
        }
    }

    /// Edits a file.
    pub fn edit(mut self, path: &str, from: &str, to: &str) -> Self {
        let mut files = self.files.iter_mut();
        let file = files.find(|it| it.path == path).expect(path);
        assert!(file.text.contains(from), "{from}: {}", file.text);
        file.text = file.text.replace(from, to);
        self
    }

    /// The service, and the tables that its first migration makes.
    pub fn service(&self) -> (Service, tables::Schema) {
        let source = |file: &import::File| Source::new(file.path.clone(), file.text.clone());
        let sources: Vec<Source> = self.files.iter().map(source).collect();
        let (service, diagnostics) = checked(&sources);
        let service = service.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let tables = tables::of(&service);
        (service, tables)
    }

    /// The script.
    pub fn adoption(&self) -> Adoption {
        let (service, schema) = self.service();
        adoption(
            &self.catalogue,
            Project {
                schema: &schema,
                service: &service,
            },
        )
    }
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
        let mut old = Old::sqlite(&sql);
        let schema = Schema::of(&old);
        let script = schema.adoption().script;
        old.run(&script)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{script}"));
        let fresh = verify::fresh(dialect::ALL[0], &schema.service().1).expect("made");
        let Old::Sqlite(connection, _) = &old else {
            unreachable!()
        };
        let (is, should) = (defined(connection), defined(&fresh));
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
