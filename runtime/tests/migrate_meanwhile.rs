//! What people write while a migration runs: no row goes that must not go, and none is in neither
//! place. The scripts are what svcgen generates.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use svcgen_runtime::db::migrate::{self, Event, MigrateError, Migration, Options, State, Watcher};
use svcgen_runtime::db::{Db, params};

use support::people::{connect, one, quiet, sql};

const WHOLE: Migration = Migration::new(
    "0001_whole",
    "",
    include_str!("generated/gone_0.postgres.sql"),
);
const LESS: Migration = Migration::new(
    "0002_less",
    "",
    include_str!("generated/gone_1.postgres.sql"),
);
const LEAST: Migration = Migration::new(
    "0003_least",
    "",
    include_str!("generated/gone_2.postgres.sql"),
)
.back("", include_str!("generated/gone_2.postgres.down.sql"));
const ALL: &[Migration] = &[WHOLE, LESS, LEAST];

const REMOVED: &str = "gen_random_uuid(), gen_random_uuid(), now(), 'me', 'r'";

/// A note with a tag, and a removed record of each kind that nothing keeps.
async fn filled(url: &str) -> Db {
    let db = connect(url).await;
    migrate::run(&db, &[WHOLE, LESS]).await.unwrap();
    let removed = |table: &str, columns: &str, values: &str| {
        format!(
            "insert into {table}_archive (archive_id, archive_batch, archived_at, archived_by, archive_request, \
             archive_root, id, title{columns}) values ({REMOVED}, '{table}', 1, 'old'{values})"
        )
    };
    for statement in [
        "insert into notes (title, tag, label, created_at, updated_at) values ('a', 1, 'x', now(), now())",
        &removed("notes", ", body", ", 'text'"),
        &removed("papers", "", ""),
    ] {
        db.execute(&sql(statement), params![]).await.unwrap();
    }
    db
}

/// Somebody whose statement is done when a step begins, and committed while the step waits.
fn meanwhile(url: &str, at: &'static str, statement: &'static str) -> Watcher {
    let (url, is_done) = (url.to_owned(), AtomicBool::new(false));
    Arc::new(move |event| {
        let is_here = matches!(event, Event::Step { title, .. } if title.starts_with(at));
        if !is_here || is_done.swap(true, Ordering::SeqCst) {
            return;
        }
        let (url, (told, ready)) = (url.clone(), mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let db = connect(&url).await;
                let mut client = db.postgres().await.unwrap();
                let open = client.transaction().await.unwrap();
                open.batch_execute(statement).await.unwrap();
                told.send(()).unwrap();
                tokio::time::sleep(Duration::from_millis(500)).await;
                open.commit().await.unwrap();
            });
        });
        ready.recv().unwrap();
    })
}

#[tokio::test]
async fn what_comes_under_hold_meanwhile_does_not_go() {
    for (at, statement, title) in [
        (
            "Drops `papers_archive`",
            "update papers_archive set archive_hold = true",
            "No record of `papers_archive` is on hold, or has to be kept any longer",
        ),
        (
            "Drops `papers_archive`",
            "update papers_archive set archive_purge_after = now() + interval '1 year'",
            "No record of `papers_archive` is on hold, or has to be kept any longer",
        ),
        (
            "Drops `body` of `memos_archive`",
            "update memos_archive set archive_hold = true",
            "No record of `memos_archive` that is on hold has a `body` to lose",
        ),
    ] {
        let url = support::fresh_postgres_url().await;
        let db = filled(&url).await;
        let watcher = meanwhile(&url, at, statement);
        let outcome = migrate::up(&db, ALL, Options::default(), watcher).await;
        let error = outcome.expect_err(statement);
        let is_check =
            matches!(&error, MigrateError::Check { title: said, .. } if said.starts_with(title));
        assert!(is_check, "{error}");
        assert_eq!(one(&db, "select count(*) from papers_archive").await, 1);
        let status = migrate::status(&db, ALL).await.unwrap();
        assert!(matches!(status[2].state, State::Unfinished(..)));
        // It goes on once nothing is in the way any longer.
        let release = if at.contains("papers") {
            "update papers_archive set archive_hold = false, archive_purge_after = null"
        } else {
            assert_eq!(one(&db, "select count(body) from memos_archive").await, 1);
            "update memos_archive set archive_hold = false"
        };
        db.execute(&sql(release), params![]).await.unwrap();
        assert_eq!(migrate::run(&db, ALL).await.unwrap(), ["0003_least"]);
        assert_eq!(one(&db, "select count(*) from memos_archive").await, 1);
        assert!(migrate::drift(&db).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_row_that_comes_while_values_are_copied_away_is_copied_too() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    let statement = "insert into memos (title, tag, label, created_at, updated_at) values ('b', 2, 'y', now(), now());
        update memos set tag = 3 where title = 'a'";
    let watcher = meanwhile(&url, "Moves `tag`, `label` of `memos`", statement);
    migrate::up(&db, ALL, Options::default(), watcher)
        .await
        .unwrap();
    migrate::down(&db, ALL, 1, Options::default(), quiet())
        .await
        .unwrap();
    let rows: Vec<(String,)> = db
        .fetch_all(
            &sql("select title || coalesce(tag, 0) || coalesce(label, '') from notes order by id"),
            params![],
        )
        .await
        .unwrap();
    let rows: Vec<&str> = rows.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(rows, ["a3x", "b2y"]);
}

#[tokio::test]
async fn a_value_that_goes_is_not_taken_for_the_one_that_takes_its_name() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    db.execute(&sql("update notes set kind = 'a'"), params![])
        .await
        .unwrap();
    let statement = "insert into memos (title, label, kind, created_at, updated_at) values ('b', 'y', 'b', now(), now())";
    let watcher = meanwhile(&url, "Renames values of `kind`", statement);
    let outcome = migrate::up(&db, ALL, Options::default(), watcher).await;
    let error = outcome.expect_err("a row has the value that goes");
    let is_check =
        matches!(&error, MigrateError::Check { title, .. } if title.starts_with("No `kind` of"));
    assert!(is_check, "{error}");
    let kinds = "select count(*) from memos where title || kind in ('aa', 'bb')";
    assert_eq!(one(&db, kinds).await, 2);
    db.execute(&sql("delete from memos where kind = 'b'"), params![])
        .await
        .unwrap();
    assert_eq!(migrate::run(&db, ALL).await.unwrap(), ["0003_least"]);
    assert_eq!(
        one(&db, "select count(*) from memos where kind = 'b'").await,
        1
    );
}
