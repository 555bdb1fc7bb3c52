//! Taking over databases that exist, on both engines: with rows in them, and none of them lost.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

mod support;

use std::sync::{Arc, Mutex};

use svcgen_runtime::db::migrate::{
    self, Adopt, Adopted, Event, MigrateError, Migration, Options, State, Watcher,
};
use svcgen_runtime::db::{Db, DbConfig, Sql, params};

const NOTES: &str =
    "create table notes (id bigint primary key, title text not null, seen bigint);\n";
const FIRST: Migration = Migration::new(
    "0001_notes",
    "create table notes (id integer primary key, title text not null, seen integer) strict;\n",
    NOTES,
);
const SECOND: Migration = Migration::new(
    "0002_author",
    "alter table notes add column author text;\n",
    "alter table notes add column author text;\n\
     -- svcgen:step autocommit Makes `notes_author`.\n\
     create index concurrently notes_author on notes (author);\n",
);
const ALL: &[Migration] = &[FIRST, SECOND];

/// What somebody's tables were before, and the steps that make `notes` of them.
const OLD: &str = "create table \"Notes Old\" (nr bigint primary key, title text);
insert into \"Notes Old\" values (1, 'a'), (2, 'b');";
const SCRIPT: &str = "-- svcgen:step check Every note has a title.
select nr from \"Notes Old\" where title is null limit 5;

-- svcgen:step transaction Makes the table.
alter table \"Notes Old\" rename to svcgen_adopted_notes;
create table notes (id INTEGER primary key, title text not null, seen INTEGER)STRICT;

-- svcgen:step transaction Copies the rows.
-- svcgen:keep svcgen_adopted_notes -> notes
insert into notes (id, title) select nr, title from svcgen_adopted_notes;
";

struct Place {
    db: Db,
    _directory: Option<tempfile::TempDir>,
}

async fn places() -> [Place; 2] {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/old.db", directory.path().display());
    let sqlite = Db::connect(&DbConfig::new(url)).await.unwrap();
    let url = support::fresh_postgres_url().await;
    let postgres = Db::connect(&DbConfig::new(url)).await.unwrap();
    [
        Place {
            db: sqlite,
            _directory: Some(directory),
        },
        Place {
            db: postgres,
            _directory: None,
        },
    ]
}

impl Place {
    async fn execute(&self, sql: &str) {
        for statement in sql.split_inclusive(";\n") {
            let statement = Sql::owned(statement.to_owned(), statement.to_owned());
            self.db.execute(&statement, params![]).await.unwrap();
        }
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from {table}");
        let found: (i64,) = self
            .db
            .fetch_one(&Sql::owned(sql.clone(), sql), params![])
            .await
            .unwrap();
        found.0
    }

    async fn adopt(&self, adopt: Adopt, options: Options) -> Result<Adopted, MigrateError> {
        migrate::adopt(&self.db, ALL, adopt, options, migrate::log()).await
    }

    /// The script as the engine spells its types.
    fn script(&self, with: &str) -> Adopt {
        let (integer, options) = match self.db.engine() {
            svcgen_runtime::db::Engine::Sqlite => ("integer", " strict"),
            svcgen_runtime::db::Engine::Postgres => ("bigint", ""),
        };
        let script = with.replace("INTEGER", integer).replace("STRICT", options);
        Adopt {
            to: Some("0001_notes".to_owned()),
            script: Some(script),
        }
    }

    async fn are_pending(&self) -> bool {
        let status = migrate::status(&self.db, ALL).await.unwrap();
        status.iter().all(|it| it.state == State::Pending)
    }
}

fn dry() -> Options {
    Options {
        dry_run: true,
        ..Options::default()
    }
}

#[tokio::test]
async fn tables_that_the_migrations_would_have_made_are_taken_over() {
    for place in places().await {
        let made = match place.db.engine() {
            svcgen_runtime::db::Engine::Sqlite => FIRST.sqlite,
            svcgen_runtime::db::Engine::Postgres => FIRST.postgres,
        };
        place.execute(made).await;
        place
            .execute("insert into notes (id, title) values (7, 'kept');\n")
            .await;
        place.execute("create table theirs (id integer)").await;
        // Who just starts the service over them is told what to do.
        let error = migrate::run(&place.db, ALL).await.unwrap_err().to_string();
        assert!(error.contains("migrate adopt"), "{error}");
        // All of them are not applied, and it is told which are.
        let error = place
            .adopt(Adopt::default(), Options::default())
            .await
            .unwrap_err();
        let MigrateError::NotAdopted { id, drift, fits } = &error else {
            panic!("{error}");
        };
        assert_eq!(
            (id.as_str(), fits.as_deref()),
            ("0002_author", Some("0001_notes"))
        );
        assert!(
            drift.missing.iter().any(|it| it.contains("author")),
            "{drift}"
        );
        assert!(error.to_string().contains("--to 0001_notes"), "{error}");
        assert!(place.are_pending().await);
        let to = |id: &str| Adopt {
            to: Some(id.to_owned()),
            script: None,
        };
        let tried = place.adopt(to("0001_notes"), dry()).await.unwrap();
        assert_eq!(tried.recorded, ["0001_notes"]);
        assert!(place.are_pending().await, "it was only tried");
        let wrong = place.adopt(to("0009_no"), Options::default()).await;
        assert!(matches!(wrong, Err(MigrateError::NoSuch(_))), "{wrong:?}");
        let adopted = place.adopt(to("0001_notes"), Options::default()).await;
        let adopted = adopted.unwrap();
        assert_eq!(adopted.recorded, ["0001_notes"]);
        assert!(
            adopted.beside.to_string().contains("theirs"),
            "{}",
            adopted.beside
        );
        // The rest is run as ever, and what is there beside is no drift.
        assert_eq!(migrate::run(&place.db, ALL).await.unwrap(), ["0002_author"]);
        assert!(migrate::drift(&place.db).await.unwrap().is_empty());
        assert_eq!(place.count("notes where author is null").await, 1);
        let again = place.adopt(Adopt::default(), Options::default()).await;
        assert!(again.unwrap().recorded.is_empty());
    }
}

#[tokio::test]
async fn a_script_brings_tables_into_form_or_leaves_them_alone() {
    for place in places().await {
        place.execute(OLD).await;
        place.adopt(place.script(SCRIPT), dry()).await.unwrap();
        assert_eq!(place.count("\"Notes Old\"").await, 2, "it was only tried");
        for (wrong, what) in [
            (
                SCRIPT.replace("title is null", "title = 'b'"),
                "needs something that does not hold",
            ),
            (
                SCRIPT.replace(
                    "from svcgen_adopted_notes",
                    "from svcgen_adopted_notes where nr = 1",
                ),
                "1 rows instead of 2",
            ),
            (
                SCRIPT.replace("title text not null", "title text"),
                "is not as `0001_notes` would have left it",
            ),
            (
                SCRIPT.replace("seen INTEGER", "seen INTEGER, more text"),
                "never heard of it",
            ),
            (
                SCRIPT.replace("insert into notes", "insert into nothing"),
                "nothing of it was kept",
            ),
            (
                SCRIPT.replace(
                    "from svcgen_adopted_notes;",
                    "from svcgen_adopted_notes; commit;",
                ),
                "ends its transaction itself",
            ),
        ] {
            let error = place
                .adopt(place.script(&wrong), Options::default())
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(what), "{what}: {error}");
            assert_eq!(place.count("\"Notes Old\"").await, 2, "{what}");
            assert!(place.are_pending().await, "{what}");
        }
        let adopted = place.adopt(place.script(SCRIPT), Options::default()).await;
        assert_eq!(adopted.unwrap().recorded, ["0001_notes"]);
        assert_eq!(place.count("notes").await, 2);
        assert_eq!(place.count("svcgen_adopted_notes").await, 2);
        assert!(migrate::drift(&place.db).await.unwrap().is_empty());
        assert_eq!(migrate::run(&place.db, ALL).await.unwrap(), ["0002_author"]);
        let again = place.adopt(place.script(SCRIPT), Options::default()).await;
        assert!(
            matches!(again, Err(MigrateError::AdoptedBefore)),
            "{again:?}"
        );
    }
}

/// What a migration does to a schema that it names would be done to the rows that are there.
#[tokio::test]
async fn a_migration_that_names_the_schema_is_not_tried_beside_it() {
    const NAMES: &[Migration] = &[Migration::new("0001_names", "", "delete from public.notes")];
    let [_, place] = places().await;
    place.execute(NOTES).await;
    place
        .execute("insert into notes (id, title) values (7, 'kept');\n")
        .await;
    let adopted = migrate::adopt(
        &place.db,
        NAMES,
        Adopt::default(),
        Options::default(),
        migrate::log(),
    );
    let error = adopted.await.unwrap_err();
    assert!(
        matches!(&error, MigrateError::NamesSchema { .. }),
        "{error}"
    );
    assert_eq!(place.count("notes").await, 1);
    let left = "pg_namespace where nspname like 'svcgen%'";
    assert_eq!(place.count(left).await, 0);
}

/// Whoever starts a service over tables of others is told of them, once; those of an extension
/// are nobody's.
#[tokio::test]
async fn tables_of_others_are_named_before_the_first_migration() {
    for place in places().await {
        place
            .execute(
                "create table orders (id integer);\ncreate table \"Old Notes\" (id integer);\n",
            )
            .await;
        if place.db.engine() == svcgen_runtime::db::Engine::Postgres {
            place
                .execute(
                    "create table spatial_ref_sys (id integer);\nalter extension plpgsql add table spatial_ref_sys;\n",
                )
                .await;
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let up = async || {
            let seen = Arc::clone(&seen);
            let watcher: Watcher = Arc::new(move |event| {
                if let Event::Neighbours { tables } = event {
                    seen.lock().unwrap().extend(tables.clone());
                }
            });
            migrate::up(&place.db, ALL, Options::default(), watcher)
                .await
                .unwrap()
        };
        assert_eq!(up().await.len(), 2, "they are no reason to stop");
        assert_eq!(up().await.len(), 0);
        assert_eq!(*seen.lock().unwrap(), ["Old Notes", "orders"]);
    }
}

/// A text in another encoding would be read by no list that has it.
#[tokio::test]
async fn texts_that_are_not_utf_8_are_named() {
    let [place, _] = places().await;
    place.execute(OLD).await;
    place
        .execute("update \"Notes Old\" set title = cast(x'e9' as text) where nr = 2;\n")
        .await;
    let error = place.adopt(place.script(SCRIPT), Options::default()).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("Every text of `notes` is UTF-8.")
            && error.contains("id = 2, title = x'e9'"),
        "{error}"
    );
    assert!(place.are_pending().await);
}
