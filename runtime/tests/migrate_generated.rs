//! What svcgen generates, run by the runner and killed after any of its statements: the next
//! run ends where one that nobody disturbed ends, there and back.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use svcgen_runtime::db::migrate::{self, Event, Migration, Options, State, Watcher};
use svcgen_runtime::db::{Db, Engine, params};

use support::people::{connect, one, quiet, sql};

const BEFORE: Migration = Migration::new(
    "0001_before",
    include_str!("generated/0.sqlite.sql"),
    include_str!("generated/0.postgres.sql"),
);
const AFTER: Migration = Migration::new(
    "0002_after",
    include_str!("generated/1.sqlite.sql"),
    include_str!("generated/1.postgres.sql"),
)
.back(
    include_str!("generated/1.sqlite.down.sql"),
    include_str!("generated/1.postgres.down.sql"),
);
const ALL: &[Migration] = &[BEFORE, AFTER];
/// Of so many places one is tried, unless `SVCGEN_SLOW=1` asks for all of them.
const STRIDE: usize = 7;
/// More than one batch.
const BOOKS: u32 = 1_200;

/// What a child process does: it migrates, and is gone after so many statements.
#[tokio::test]
async fn child() {
    let (Ok(url), Ok(after)) = (std::env::var("FAULT_URL"), std::env::var("FAULT_AFTER")) else {
        return;
    };
    let after: usize = after.parse().unwrap();
    let seen = AtomicUsize::new(0);
    let watcher: Watcher = Arc::new(move |event| {
        let counts = matches!(
            event,
            Event::Statement { .. }
                | Event::Progress { .. }
                | Event::Step { .. }
                | Event::Done { .. }
        );
        if counts && seen.fetch_add(1, Ordering::SeqCst) + 1 == after {
            std::process::abort();
        }
    });
    let db = connect(&url).await;
    go(&db, &std::env::var("FAULT_WAY").unwrap(), watcher).await;
}

async fn go(db: &Db, way: &str, watcher: Watcher) {
    let options = Options::default();
    match way {
        "up" => migrate::up(db, ALL, options, watcher).await.unwrap(),
        _ => migrate::down(db, ALL, 1, options, watcher).await.unwrap(),
    };
}

fn run_child(url: &str, way: &str, after: usize) -> bool {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact"])
        .env("FAULT_URL", url)
        .env("FAULT_WAY", way)
        .env("FAULT_AFTER", after.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// The old tables, and rows that go through more than one batch.
async fn filled(url: &str) -> Db {
    let db = connect(url).await;
    migrate::run(&db, &[BEFORE]).await.unwrap();
    let (now, numbers) = match db.engine() {
        Engine::Sqlite => (
            "0".to_owned(),
            format!(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < {BOOKS})"
            ),
        ),
        Engine::Postgres => (
            "timestamptz '2024-02-29 08:30Z'".to_owned(),
            format!("with n(i) as (select generate_series(1, {BOOKS}))"),
        ),
    };
    let authors = format!(
        "{numbers} insert into authors (name, kind, created_at, updated_at) \
         select 'it''s ' || i, case i % 2 when 0 then 'poet' else 'critic' end, {now}, {now} from n where i <= 20"
    );
    let books = format!(
        "{numbers} insert into books (title, pages, note, author_id, created_at, updated_at) \
         select 'title ' || i, case i % 3 when 0 then null else i end, 'note \"' || i || '\"', 1 + i % 20, {now}, {now} from n"
    );
    for statement in [
        authors.as_str(),
        &books,
        "update books set sequel_id = id - 1 where id % 2 = 0",
        "update authors set best_id = id",
    ] {
        db.execute(&sql(statement), params![]).await.unwrap();
    }
    db
}

/// Everything that is in the tables.
async fn everything(db: &Db) -> Vec<(String,)> {
    let is_new = db
        .fetch_all::<(i64,)>(&sql("select count(*) from volumes"), params![])
        .await
        .is_ok();
    let queries = if is_new {
        [
            "select id || full_name || kind || coalesce(best_id, 0) || version from authors order by id",
            "select id || title || pages || code || author_id || coalesce(sequel_id, 0) || version from volumes order by id",
        ]
    } else {
        [
            "select id || name || kind || coalesce(best_id, 0) || version from authors order by id",
            "select id || title || coalesce(pages, -1) || coalesce(note, '-') || author_id || coalesce(sequel_id, 0) || version from books order by id",
        ]
    };
    let mut rows = Vec::new();
    for query in queries {
        rows.extend(
            db.fetch_all::<(String,)>(&sql(query), params![])
                .await
                .unwrap(),
        );
    }
    rows
}

async fn killed_everywhere(fresh: impl AsyncFn() -> String) {
    let undisturbed = filled(&fresh().await).await;
    go(&undisturbed, "up", quiet()).await;
    let there = everything(&undisturbed).await;
    go(&undisturbed, "down", quiet()).await;
    let back = everything(&undisturbed).await;
    undisturbed.close().await;
    let all = std::env::var("SVCGEN_SLOW").is_ok_and(|it| it == "1");
    let stride = if all { 1 } else { STRIDE };
    for (way, wanted) in [("up", &there), ("down", &back)] {
        let mut after = stride;
        loop {
            let url = fresh().await;
            let db = filled(&url).await;
            if way == "down" {
                go(&db, "up", quiet()).await;
            }
            db.close().await;
            let is_done = run_child(&url, way, after);
            let db = connect(&url).await;
            let status = migrate::status(&db, ALL).await.unwrap();
            let is_there = match way {
                "up" => matches!(status[1].state, State::Applied(_)),
                _ => matches!(status[1].state, State::Pending),
            };
            if !is_there {
                go(&db, way, quiet()).await;
            }
            assert_eq!(
                everything(&db).await,
                *wanted,
                "{way}, killed after {after}"
            );
            assert!(migrate::drift(&db).await.unwrap().is_empty());
            assert_eq!(one(&db, "select count(*) from authors").await, 20);
            db.close().await;
            if is_done {
                break;
            }
            after += stride;
        }
        assert!(after > 20, "only {after} statements were run");
    }
}

#[tokio::test]
async fn killed_anywhere_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicUsize::new(0);
    killed_everywhere(async || {
        let number = number.fetch_add(1, Ordering::SeqCst);
        format!("sqlite://{}/{number}.db", directory.path().display())
    })
    .await;
}

#[tokio::test]
async fn killed_anywhere_on_postgres() {
    killed_everywhere(async || support::fresh_postgres_url().await).await;
}
