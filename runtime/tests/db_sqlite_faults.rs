//! SQLite: deadlines, a full disk, locks, wrong files, and a process that is killed.

#![allow(clippy::items_after_statements)] // A constant stands beside the one test that uses it.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use support::items::{INSERT, count, grouped, items, opened};
use svcgen_runtime::db::{Db, DbConfig, DbError, Span, Sql, params};

/// Runs for hours unless it is stopped.
const ENDLESS: Sql = Sql::new(
    "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
);

#[tokio::test]
async fn a_statement_has_a_deadline() {
    let (db, _directory) = opened(|config| config.statement_timeout = Span::millis(200)).await;
    let started = Instant::now();
    let read = db.fetch_one::<(i64,)>(&ENDLESS, params![]).await;
    assert!(matches!(read, Err(DbError::Timeout)), "{read:?}");
    let function = db.sqlite_read(|it| Ok(it.query_row("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n", [], |_| Ok(()))?)).await;
    assert!(matches!(function, Err(DbError::Timeout)), "{function:?}");
    // It takes the whole transaction down; the others of its group must not notice.
    const SLOW: Sql = Sql::new(
        "insert into items (id) with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i < 0",
    );
    let call = |id: i64| {
        let db = db.clone();
        async move {
            if id == 2 {
                db.execute(&SLOW, params![]).await
            } else {
                db.execute(&INSERT, params![id, format!("n{id}")]).await
            }
        }
    };
    let (a, b, c) = (call(1), call(2), call(3));
    let answers = grouped(&db, vec![a, b, c]).await;
    assert!(matches!(answers[1], Err(DbError::Timeout)), "{answers:?}");
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert_eq!(count(&db).await, 2);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_full_disk_is_told_and_overcome() {
    let it = items().await;
    let limit = |pages: u32| {
        it.db.transaction::<(), DbError, _>(move |tx| {
            Box::pin(async move {
                tx.sqlite(move |c| Ok(c.pragma_update(None, "max_page_count", pages)?))
                    .await
            })
        })
    };
    limit(20).await.unwrap();
    let big = "x".repeat(50_000);
    let call = |id: i64, big: bool, text: &str| {
        let (db, text) = (
            it.db.clone(),
            if big {
                format!("{id}{text}")
            } else {
                format!("n{id}")
            },
        );
        async move { db.execute(&INSERT, params![id, text]).await }
    };
    let answers = grouped(
        &it.db,
        vec![
            call(1, false, &big),
            call(2, true, &big),
            call(3, true, &big),
            call(4, false, &big),
        ],
    )
    .await;
    assert!(
        answers[0].is_ok() && answers[3].is_ok(),
        "what fits is stored: {answers:?}"
    );
    assert!(
        answers[1..3]
            .iter()
            .any(|it| matches!(it, Err(DbError::DiskFull))),
        "{answers:?}"
    );
    assert!(count(&it.db).await >= 2);
    limit(1_000_000).await.unwrap();
    it.db
        .execute(&INSERT, params![9, format!("9{big}")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_locked_file_is_told_and_overcome() {
    let (db, directory) = opened(|config| config.busy_timeout = Span::millis(100)).await;
    let other =
        svcgen_runtime::db::rusqlite::Connection::open(directory.path().join("test.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let refused = db.execute(&INSERT, params![1, "a"]).await;
    assert!(
        matches!(refused, Err(DbError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(
        db.transaction::<(), DbError, _>(|_| Box::pin(async { Ok(()) }))
            .await
            .is_err()
    );
    assert_eq!(count(&db).await, 0, "reading goes on");
    other.execute_batch("rollback").unwrap();
    db.execute(&INSERT, params![1, "a"]).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told() {
    let it = items().await;
    it.db
        .transaction::<(), DbError, _>(|tx| {
            Box::pin(async move {
                tx.sqlite(|c| Ok(c.pragma_update(None, "query_only", true)?))
                    .await
            })
        })
        .await
        .unwrap();
    let refused = it.db.execute(&INSERT, params![1, "a"]).await;
    assert!(matches!(refused, Err(DbError::ReadOnly)), "{refused:?}");

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("noise.db"),
        "this is no database at all, but long enough to be read as one ".repeat(100),
    )
    .unwrap();
    let noise = Db::connect(&DbConfig::new(format!(
        "sqlite://{}/noise.db",
        directory.path().display()
    )))
    .await;
    assert!(matches!(noise, Err(DbError::Other(_))), "{noise:?}");
    let below = Db::connect(&DbConfig::new(format!(
        "sqlite://{}/noise.db/x/y.db",
        directory.path().display()
    )))
    .await;
    assert!(matches!(below, Err(DbError::Unavailable(_))), "{below:?}");
}

/// Inserts rows until it is killed, and prints each id once it is acknowledged.
#[tokio::test]
async fn child_that_inserts_until_it_is_killed() {
    let Ok(url) = std::env::var("SVCGEN_TEST_INSERT_INTO") else {
        return;
    };
    let db = Db::connect(&DbConfig::new(url)).await.unwrap();
    let next = Arc::new(AtomicU32::new(1));
    let callers = (0..16).map(|_| {
        let (db, next) = (db.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed);
                db.execute(&INSERT, params![id, format!("n{id}")])
                    .await
                    .unwrap();
                println!("acknowledged {id}");
            }
        })
    });
    let _callers: Vec<_> = callers.collect();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    use std::io::{BufRead as _, BufReader};
    let (db, _directory) = opened(|_| ()).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_that_inserts_until_it_is_killed",
            "--nocapture",
        ])
        .env("SVCGEN_TEST_INSERT_INTO", &db.config().url)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged: Vec<i64> = Vec::new();
    for line in lines.by_ref().map_while(Result::ok) {
        // The test harness may write in front of it.
        acknowledged.extend(
            line.rsplit_once("acknowledged ")
                .and_then(|(_, id)| id.parse::<i64>().ok()),
        );
        if acknowledged.len() == 500 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= 500, "{}", acknowledged.len());
    for id in acknowledged {
        let found: Option<(i64,)> = db
            .fetch_optional(&Sql::new("select id from items where id = $1"), params![id])
            .await
            .unwrap();
        assert_eq!(found, Some((id,)));
    }
    let check: (String,) = db
        .fetch_one(
            &Sql::new("select integrity_check from pragma_integrity_check"),
            params![],
        )
        .await
        .unwrap();
    assert_eq!(check.0, "ok");
}
