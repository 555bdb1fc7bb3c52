//! Migrations that are stopped, hindered or wrong: nothing is lost, the message is clear, and
//! another run completes.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use svcgen_runtime::db::migrate::{
    self, Event, MigrateError, Migration, Options, State, Watcher, Way,
};
use svcgen_runtime::db::params;

use support::people::{
    ALL, FIRST, SECOND, assert_complete, assert_nothing_lost, connect, filled, one, quiet, sql,
};

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
    if std::env::var("FAULT_WAY").is_ok_and(|it| it == "down") {
        migrate::down(&db, ALL, 1, Options::default(), watcher)
            .await
            .unwrap();
    } else {
        migrate::up(&db, ALL, Options::default(), watcher)
            .await
            .unwrap();
    }
}

/// Whether the child came to its end.
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

async fn killed_everywhere(fresh: impl AsyncFn() -> String) {
    let mut after = 1;
    loop {
        let url = fresh().await;
        filled(&url).await.close().await;
        let is_done = run_child(&url, "up", after);
        let db = connect(&url).await;
        assert_nothing_lost(&db).await;
        migrate::up(&db, ALL, Options::default(), quiet())
            .await
            .unwrap();
        assert_complete(&db, &url).await;
        db.close().await;
        if is_done {
            break;
        }
        after += 1;
    }
    assert!(after > 8, "only {after} places were tried");
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

#[tokio::test]
async fn killed_on_the_way_back_it_goes_on_in_the_same_direction() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    migrate::run(&db, ALL).await.unwrap();
    // After the index is dropped, and recorded.
    assert!(!run_child(&url, "down", 3));
    let status = migrate::status(&db, ALL).await.unwrap();
    assert_eq!(status[1].state, State::Unfinished(Way::Down, 1));
    let plan = Options {
        dry_run: true,
        ..Options::default()
    };
    assert_eq!(
        migrate::down(&db, ALL, 1, plan, quiet()).await.unwrap(),
        ["0002_second"]
    );
    const THIRD: Migration = Migration::new("0003_third", "", "create table more (id int);");
    let error = migrate::run(&db, &[FIRST, SECOND, THIRD])
        .await
        .unwrap_err();
    assert!(
        matches!(error, MigrateError::HalfDown(ref id) if id == "0002_second"),
        "{error}"
    );
    assert_eq!(
        migrate::down(&db, ALL, 1, Options::default(), quiet())
            .await
            .unwrap(),
        ["0002_second"]
    );
    assert_nothing_lost(&db).await;
    let status = migrate::status(&db, ALL).await.unwrap();
    assert_eq!(status[1].state, State::Pending);
    assert!(migrate::drift(&db).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_processes_at_once_apply_each_once() {
    let directory = tempfile::tempdir().unwrap();
    for url in [
        format!("sqlite://{}/two.db", directory.path().display()),
        support::fresh_postgres_url().await,
    ] {
        filled(&url).await.close().await;
        let children: Vec<_> = (0..3)
            .map(|_| {
                let url = url.clone();
                std::thread::spawn(move || run_child(&url, "up", usize::MAX))
            })
            .collect();
        for child in children {
            assert!(child.join().unwrap());
        }
        let db = connect(&url).await;
        assert_complete(&db, &url).await;
        db.close().await;
    }
}

#[tokio::test]
async fn a_row_in_the_way_is_shown_before_anything_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    for url in [
        format!("sqlite://{}/row.db", directory.path().display()),
        support::fresh_postgres_url().await,
    ] {
        let db = filled(&url).await;
        db.execute(
            &sql("update people set name = null where id > 30"),
            params![],
        )
        .await
        .unwrap();
        let rehearsal = Options {
            dry_run: true,
            ..Options::default()
        };
        for options in [rehearsal, Options::default()] {
            let error = migrate::up(&db, ALL, options, quiet()).await.unwrap_err();
            let MigrateError::Check {
                title, rows, count, ..
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!(
                (title.as_str(), rows.len(), *count),
                ("Every person has a name.", 5, 9)
            );
            assert!(error.to_string().contains("id = "), "{error}");
            assert!(error.to_string().ends_with("… 9 in all"), "{error}");
        }
        let status = migrate::status(&db, ALL).await.unwrap();
        assert_eq!(status[1].state, State::Pending);
        db.execute(
            &sql("update people set name = 'person x' where name is null"),
            params![],
        )
        .await
        .unwrap();
        let db = if url.starts_with("sqlite") {
            db
        } else {
            // Unique from now on, so the names differ.
            db.execute(&sql("update people set name = 'person ' || id"), params![])
                .await
                .unwrap();
            db
        };
        migrate::run(&db, ALL).await.unwrap();
        assert_complete(&db, &url).await;
        db.close().await;
    }
}

#[tokio::test]
async fn duplicates_end_a_concurrent_index_and_it_leaves_nothing_invalid() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    db.execute(
        &sql("update people set name = 'person 1' where id = 2"),
        params![],
    )
    .await
    .unwrap();
    let error = migrate::run(&db, ALL).await.unwrap_err();
    let MigrateError::Failed { step, done, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (step.as_str(), *done),
        ("step 4, Makes `people_upper_key`, statement 2", 3)
    );
    assert!(
        error.to_string().contains("the next run goes on here"),
        "{error}"
    );
    assert_eq!(
        one(&db, "select count(*) from pg_index where not indisvalid").await,
        0
    );
    let status = migrate::status(&db, ALL).await.unwrap();
    assert_eq!(status[1].state, State::Unfinished(Way::Up, 3));
    db.execute(
        &sql("update people set name = 'person 2', upper = 'PERSON 2' where id = 2"),
        params![],
    )
    .await
    .unwrap();
    migrate::run(&db, ALL).await.unwrap();
    assert_complete(&db, &url).await;
}

#[tokio::test]
async fn a_file_that_a_stranger_writes_to_is_waited_for_and_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("held.db");
    let url = format!("sqlite://{}", path.display());
    let db = filled(&url).await;
    let stranger = rusqlite::Connection::open(&path).unwrap();
    stranger.execute_batch("begin immediate").unwrap();
    let waited = Arc::new(AtomicUsize::new(0));
    let watcher: Watcher = {
        let waited = Arc::clone(&waited);
        Arc::new(move |event| {
            waited.fetch_add(usize::from(*event == Event::Waiting), Ordering::SeqCst);
        })
    };
    let impatient = Options {
        patience: Duration::from_millis(300),
        ..Options::default()
    };
    let error = migrate::up(&db, ALL, impatient, watcher).await.unwrap_err();
    assert!(matches!(error, MigrateError::Locked), "{error}");
    assert_eq!(waited.load(Ordering::SeqCst), 1, "told once");
    let other = tokio::spawn({
        let db = db.clone();
        async move { migrate::run(&db, ALL).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    stranger.execute_batch("rollback").unwrap();
    assert_eq!(other.await.unwrap().unwrap(), ["0002_second"]);
    assert_complete(&db, &url).await;
}

#[tokio::test]
async fn drift_is_told_line_by_line_and_stops_what_relies_on_what_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    for url in [
        format!("sqlite://{}/drift.db", directory.path().display()),
        support::fresh_postgres_url().await,
    ] {
        let db = filled(&url).await;
        assert!(migrate::drift(&db).await.unwrap().is_empty());
        db.execute(&sql("create index by_hand on people (name)"), params![])
            .await
            .unwrap();
        let drift = migrate::drift(&db).await.unwrap();
        assert!(
            drift.missing.is_empty() && drift.unexpected.len() == 1,
            "{drift}"
        );
        if url.starts_with("sqlite") {
            db.execute(&sql("drop index pets_owner"), params![])
                .await
                .unwrap();
        } else {
            db.execute(
                &sql("alter table pets drop constraint pets_owner_fkey"),
                params![],
            )
            .await
            .unwrap();
        }
        let drift = migrate::drift(&db).await.unwrap();
        assert!(drift.to_string().contains("- "), "{drift}");
        let error = migrate::run(&db, ALL).await.unwrap_err();
        assert!(matches!(error, MigrateError::Drifted(_)), "{error}");
        assert!(error.to_string().contains("pets_owner"), "{error}");
        let accept = Options {
            accept_drift: true,
            ..Options::default()
        };
        migrate::up(&db, ALL, accept, quiet()).await.unwrap();
        assert_complete(&db, &url).await;
        db.close().await;
    }
}

#[tokio::test]
async fn a_rebuild_does_not_drop_what_somebody_has_added_by_hand() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/added.db", directory.path().display());
    let db = filled(&url).await;
    for change in [
        "alter table people add column vip text",
        "update people set vip = 'gold'",
    ] {
        db.execute(&sql(change), params![]).await.unwrap();
    }
    let error = migrate::run(&db, ALL).await.unwrap_err();
    assert!(matches!(error, MigrateError::Added { .. }), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("rebuilds `people`") && told.contains("vip text"),
        "{told}"
    );
    let kept: Vec<(i64,)> = db
        .fetch_all(
            &sql("select count(*) from people where vip = 'gold'"),
            params![],
        )
        .await
        .unwrap();
    assert_eq!(kept, [(39,)], "all people that there are");
    // Once it is taken out, the way is free.
    let away = "alter table people drop column vip";
    db.execute(&sql(away), params![]).await.unwrap();
    migrate::run(&db, ALL).await.unwrap();
    assert_complete(&db, &url).await;
    db.close().await;
}
