//! Tests of the runner on SQLite; those on PostgreSQL are in `tests/db_postgres_migrate.rs`.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

use super::*;
use crate::db::{DbConfig, Sql, params};

const TABLES: &str = "create table parents (id integer primary key, name text) strict;
create table children (id integer primary key, parent integer not null references parents (id) on delete cascade) strict;
insert into parents values (1, 'a'), (2, 'b');
insert into children values (10, 1), (20, 2);";

/// A rebuild as SQLite's manual describes it.
const REBUILD: &str =
    "create table new_parents (id integer primary key, name text not null) strict;
insert into new_parents select id, name from parents;
drop table parents;
alter table new_parents rename to parents;";

const fn step(id: &'static str, sqlite: &'static str) -> Migration {
    Migration::new(id, sqlite, "")
}

const FIRST: Migration = step("0001_tables", TABLES);
const SECOND: Migration = step("0002_rebuild", REBUILD);

async fn database() -> (Db, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", directory.path().display());
    (Db::connect(&DbConfig::new(url)).await.unwrap(), directory)
}

async fn children(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(&Sql::new("select count(*) from children"), params![])
        .await
        .unwrap()
        .0
}

#[tokio::test]
async fn each_is_applied_once_and_recorded() {
    let (db, _directory) = database().await;
    const ALL: &[Migration] = &[FIRST, SECOND];
    assert!(
        status(&db, ALL)
            .await
            .unwrap()
            .iter()
            .all(|it| it.state == State::Pending)
    );
    assert_eq!(run(&db, &[FIRST]).await.unwrap(), ["0001_tables"]);
    assert_eq!(run(&db, ALL).await.unwrap(), ["0002_rebuild"]);
    assert!(run(&db, ALL).await.unwrap().is_empty());
    assert!(
        status(&db, ALL)
            .await
            .unwrap()
            .iter()
            .all(|it| matches!(it.state, State::Applied(_)))
    );
    let memory = Db::connect(&DbConfig::new("sqlite::memory:"))
        .await
        .unwrap();
    assert_eq!(run(&memory, ALL).await.unwrap().len(), 2, "in memory too");
    assert_eq!(children(&memory).await, 2);
}

#[tokio::test]
async fn a_rebuild_keeps_the_rows_that_refer_to_it() {
    let (db, _directory) = database().await;
    run(&db, &[FIRST, SECOND]).await.unwrap();
    assert_eq!(children(&db).await, 2);
    let orphan = db
        .execute(&Sql::new("insert into children values (30, 99)"), params![])
        .await;
    assert!(
        matches!(orphan, Err(DbError::ForeignKey { .. })),
        "foreign keys are on again"
    );
}

/// The negative control: turning foreign keys off inside the transaction, as libraries do,
/// loses the rows of children without an error. The count is what notices it.
#[test]
fn with_foreign_keys_on_a_rebuild_loses_rows_and_the_count_notices() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    connection.execute_batch(TABLES).unwrap();
    connection
        .execute_batch("begin; pragma foreign_keys = off;")
        .unwrap();
    let before = sqlite::count_rows(&connection).unwrap();
    connection.execute_batch(REBUILD).unwrap();
    let left: i64 = connection
        .query_row("select count(*) from children", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "the trap is real");
    sqlite::check_references(&connection, &SECOND).unwrap();
    let noticed = sqlite::check_rows(&connection, &SECOND, &before).unwrap_err();
    assert!(
        matches!(&noticed, MigrateError::RowsLost { table, before: 2, after: 0, .. } if table == "children"),
        "{noticed}"
    );
}

#[tokio::test]
async fn a_rebuild_that_forgets_rows_is_rolled_back() {
    let (db, _directory) = database().await;
    run(&db, &[FIRST]).await.unwrap();
    const FORGETS: &[Migration] = &[
        FIRST,
        step(
            "0002_forgets",
            "create table n (id integer primary key, parent integer) strict; insert into n select id, parent from children where id < 20; drop table children; alter table n rename to children;",
        ),
    ];
    let error = run(&db, FORGETS).await.unwrap_err();
    assert!(
        matches!(
            &error,
            MigrateError::RowsLost {
                before: 2,
                after: 1,
                ..
            }
        ),
        "{error}"
    );
    const DANGLES: &[Migration] = &[
        FIRST,
        step("0002_dangles", "delete from parents where id = 1;"),
    ];
    let error = run(&db, DANGLES).await.unwrap_err();
    assert!(
        matches!(&error, MigrateError::DanglingReferences { table, rows: 1, .. } if table == "children"),
        "{error}"
    );
    assert_eq!(children(&db).await, 2);
    assert_eq!(status(&db, FORGETS).await.unwrap()[1].state, State::Pending);
}

#[tokio::test]
async fn what_does_not_agree_with_the_ledger_is_refused() {
    let (db, _directory) = database().await;
    const THIRD: Migration = step("0003_more", "create table more (id integer) strict;");
    run(&db, &[FIRST, THIRD]).await.unwrap();
    const LATE: &[Migration] = &[FIRST, SECOND, THIRD];
    assert!(
        matches!(run(&db, LATE).await, Err(MigrateError::OutOfOrder { id, .. }) if id == "0002_rebuild")
    );
    const CHANGED: &[Migration] = &[
        step("0001_tables", "create table other (id integer) strict;"),
        THIRD,
    ];
    assert!(
        matches!(run(&db, CHANGED).await, Err(MigrateError::Changed(id)) if id == "0001_tables")
    );
    assert!(
        matches!(run(&db, &[FIRST]).await, Err(MigrateError::Unknown(id)) if id == "0003_more")
    );
    assert_eq!(
        status(&db, &[FIRST]).await.unwrap()[1],
        Status {
            id: "0003_more".to_owned(),
            state: State::Unknown
        }
    );
    const UNSORTED: &[Migration] = &[THIRD, FIRST];
    assert!(matches!(
        run(&db, UNSORTED).await,
        Err(MigrateError::Unsorted(_))
    ));
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    let (db, _directory) = database().await;
    const WRONG: &[Migration] = &[
        FIRST,
        step(
            "0002_wrong",
            "create table b (id integer) strict; insert into nothing values (1);",
        ),
    ];
    assert!(
        matches!(run(&db, WRONG).await, Err(MigrateError::Failed { id, .. }) if id == "0002_wrong")
    );
    const ENDS: &[Migration] = &[
        FIRST,
        step("0002_ends", "create table c (id integer) strict; commit;"),
    ];
    assert!(matches!(
        run(&db, ENDS).await,
        Err(MigrateError::EndsTransaction(_))
    ));
    assert!(db.prepare(&Sql::new("select id from b")).await.is_err());
    assert!(
        db.prepare(&Sql::new("select id from c")).await.is_err(),
        "not even half of it"
    );
    assert_eq!(run(&db, &[FIRST]).await.unwrap(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starters_at_once_apply_each_once() {
    let (db, _directory) = database().await;
    const ALL: &[Migration] = &[FIRST, SECOND];
    let others: Vec<_> = (0..4)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { run(&db, ALL).await })
        })
        .collect();
    let mut applied = Vec::new();
    for other in others {
        applied.extend(other.await.unwrap().unwrap());
    }
    assert_eq!(applied, ["0001_tables", "0002_rebuild"]);
}

#[test]
fn the_checksum_is_blind_to_line_ends_and_accepted_findings() {
    let unix = step("a", "create table a (id integer);\n  -- x\nselect 1\n");
    let dos = step(
        "a",
        "create table a (id integer);  \r\n  -- x\r\nselect 1\r\n\r\n",
    );
    assert_eq!(unix.checksum(Engine::Sqlite), dos.checksum(Engine::Sqlite));
    let accepted = step(
        "a",
        "-- nolint: DS102 gone\ncreate table a (id integer);\n  -- x\n-- nolint: BC106 gone\nselect 1\n",
    );
    assert_eq!(
        unix.checksum(Engine::Sqlite),
        accepted.checksum(Engine::Sqlite)
    );
    assert_ne!(
        unix.checksum(Engine::Sqlite),
        step("a", "create table a (id int);\n  -- x\nselect 1\n").checksum(Engine::Sqlite)
    );
    assert_eq!(unix.checksum(Engine::Sqlite).len(), 64);
}

/// Makes a rebuild impossible for want of room, in a file of a hundred pages.
#[test]
fn a_full_disk_loses_nothing_and_the_next_run_completes() {
    const FILLS: &str = "create table big (id integer primary key, text text) strict;
        insert into big with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) select i, hex(randomblob(40)) from n;";
    const REBUILDS: &str = "-- svcgen:step transaction Rebuilds `big`.
-- svcgen:keep big
create table svcgen_new_big (id integer primary key, text text not null) strict;
insert into svcgen_new_big select id, text from big;
drop table big;
alter table svcgen_new_big rename to big;
";
    const ALL: &[Migration] = &[step("0001_big", FILLS), step("0002_rebuild", REBUILDS)];
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let connection = rusqlite::Connection::open(directory.path().join("full.db")).unwrap();
        sqlite::Runner::over(connection, Options::default(), log())
    };
    assert_eq!(open().up(&ALL[..1]).unwrap(), ["0001_big"]);
    let full = rusqlite::Connection::open(directory.path().join("full.db")).unwrap();
    let pages: i64 = full
        .query_row("pragma page_count", [], |row| row.get(0))
        .unwrap();
    full.pragma_update(None, "max_page_count", pages + 5)
        .unwrap();
    let error = sqlite::Runner::over(full, Options::default(), log())
        .up(ALL)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the disk of the database is full"),
        "{error}"
    );
    assert!(
        error.to_string().contains("nothing of it was kept"),
        "{error}"
    );
    let check = rusqlite::Connection::open(directory.path().join("full.db")).unwrap();
    let rows: i64 = check
        .query_row("select count(*) from big", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 2000);
    drop(check);
    assert_eq!(open().up(ALL).unwrap(), ["0002_rebuild"]);
}
