//! Migrations of a PostgreSQL database in which others hold locks, or the disk is full: the run
//! says who or what is in the way, gives up when its patience ends, and another completes it.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

mod support;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use svcgen_runtime::db::migrate::{
    self, Event, MigrateError, Migration, Options, State, Watcher, Way,
};
use svcgen_runtime::db::{DbError, params};
use tokio::sync::mpsc;

use support::disk::Disk;
use support::people::{
    ALL, FIRST, assert_complete, assert_nothing_lost, connect, filled, one, quiet, sql,
};
use support::server::{Server, run};

/// One step of each kind that needs a table; the one after it shows where a later run goes on.
const KINDS: &[(&str, Migration)] = &[
    (
        "an alteration",
        Migration::new(
            "0002_alter",
            "",
            "-- svcgen:step transaction Adds `upper`.
alter table people add column upper text;",
        ),
    ),
    (
        "rows that are counted",
        Migration::new(
            "0002_keep",
            "",
            "-- svcgen:step transaction Requires `name`.
-- svcgen:keep people
alter table people alter column name set not null;",
        ),
    ),
    (
        "a check",
        Migration::new(
            "0002_check",
            "",
            "-- svcgen:step check Every person has a name.
select id from people where name is null limit 5;",
        ),
    ),
    (
        "a backfill",
        Migration::new(
            "0002_fill",
            "",
            "-- svcgen:step batches Fills `name`.
with batch as (
    select id from people where id > coalesce($1::bigint, -1) order by id limit 7
), filled as (
    update people set name = name from batch where people.id = batch.id returning people.id
)
select case when (select count(*) from batch) = 7 then (select max(id) from batch)::text end, (select count(*) from filled);",
        ),
    ),
    (
        "an index",
        Migration::new(
            "0002_index",
            "",
            "-- svcgen:step autocommit Makes `people_name`.
drop index concurrently if exists people_name;
create index concurrently people_name on people (name);",
        ),
    ),
];

/// Nobody ends the stranger's transaction but the test.
const FOR_EVER: &str = "set local idle_in_transaction_session_timeout = 0";

/// Gives up soon, for a lock that nobody gives back.
fn impatient() -> Options {
    Options {
        lock_timeout: Duration::from_millis(50),
        tries: 2,
        ..Options::default()
    }
}

/// Tells a test of every retry.
fn retries() -> (Watcher, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let watcher: Watcher = Arc::new(move |event| {
        if let Event::Retrying { because, .. } = event {
            // A test that does not listen any more has seen enough.
            let _ = tell.send(because.clone());
        }
    });
    (watcher, told)
}

/// A run that waits for ever is a failure, not a test that hangs.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("the run waits without end")
}

/// A list as the service has it, which lives as long as the program.
fn list(second: Migration) -> &'static [Migration] {
    Box::leak(Box::new([FIRST, second]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_holds_the_table_is_named_whatever_the_step_does() {
    for &(kind, second) in KINDS {
        let url = support::fresh_postgres_url().await;
        let db = filled(&url).await;
        let migrations = list(second);
        let mut stranger = db.postgres().await.unwrap();
        let ask = "select pg_backend_pid()";
        let pid: i32 = stranger.query_one(ask, &[]).await.unwrap().get(0);
        let holder = format!("`people` is held by process {pid} (user postgres, ");

        // The stranger comes when the step is about to begin, and goes on its next try but one.
        let held = stranger.transaction().await.unwrap();
        held.batch_execute(FOR_EVER).await.unwrap();
        let (begun, mut begins) = mpsc::unbounded_channel();
        let (go_on, going_on) = std::sync::mpsc::channel();
        let going_on = Mutex::new(going_on);
        let (retried, mut told) = retries();
        let watcher: Watcher = Arc::new(move |event| {
            retried(event);
            if matches!(event, Event::Begun { .. }) {
                begun.send(()).unwrap();
                going_on.lock().unwrap().recv().unwrap();
            }
        });
        let running = tokio::spawn({
            let db = db.clone();
            async move { migrate::up(&db, migrations, impatient(), watcher).await }
        });
        in_time(begins.recv()).await.unwrap();
        let lock = "lock table people in access exclusive mode";
        held.batch_execute(lock).await.unwrap();
        go_on.send(()).unwrap();
        let error = in_time(running).await.unwrap().unwrap_err();
        assert!(
            matches!(error, MigrateError::Failed { done: 0, .. }),
            "{kind}: {error}"
        );
        for said in [error.to_string(), told.try_recv().unwrap()] {
            assert!(said.contains("lock timeout"), "{kind}: {said}");
            assert!(said.contains(&holder), "{kind}: {said}");
            assert!(said.contains("idle in transaction"), "{kind}: {said}");
        }
        assert!(told.try_recv().is_err(), "{kind}: it tried twice");
        let status = migrate::status(&db, migrations).await.unwrap();
        assert_eq!(status[1].state, State::Pending, "{kind}");

        // Still there, it is in the way of a run from its beginning.
        let error = in_time(migrate::up(&db, migrations, impatient(), quiet())).await;
        let error = error.unwrap_err();
        assert!(matches!(error, MigrateError::Held(_)), "{kind}: {error}");
        assert!(error.to_string().contains(&holder), "{kind}: {error}");

        // It goes while the next run is trying.
        let (watcher, mut told) = retries();
        let running = tokio::spawn({
            let db = db.clone();
            let options = Options {
                tries: 20,
                ..impatient()
            };
            async move { migrate::up(&db, migrations, options, watcher).await }
        });
        in_time(told.recv()).await.unwrap();
        held.rollback().await.unwrap();
        assert_eq!(in_time(running).await.unwrap().unwrap(), [second.id]);
        assert_nothing_lost(&db).await;
        assert!(migrate::drift(&db).await.unwrap().is_empty());
        let invalid = "select count(*) from pg_index where not indisvalid";
        assert_eq!(one(&db, invalid).await, 0, "{kind}");
    }
}

#[tokio::test]
async fn a_transaction_that_only_reads_elsewhere_hinders_an_index_and_leaves_nothing_invalid() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    let mut stranger = db.postgres().await.unwrap();
    let held = stranger.transaction().await.unwrap();
    held.batch_execute(&format!(
        "{FOR_EVER}; lock table people in row exclusive mode; insert into pets values (99, 1)"
    ))
    .await
    .unwrap();
    let error = in_time(migrate::up(&db, ALL, impatient(), quiet()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("held by process"), "{error}");
    held.rollback().await.unwrap();
    in_time(migrate::up(&db, ALL, impatient(), quiet()))
        .await
        .unwrap();
    assert_complete(&db, &url).await;
}

#[tokio::test]
async fn readers_hinder_it_too() {
    let url = support::fresh_postgres_url().await;
    let db = filled(&url).await;
    let mut stranger = db.postgres().await.unwrap();
    let held = stranger.transaction().await.unwrap();
    held.batch_execute(&format!(
        "{FOR_EVER}; lock table people in access share mode"
    ))
    .await
    .unwrap();
    let (watcher, mut told) = retries();
    let error = migrate::up(&db, ALL, impatient(), watcher)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("lock timeout"), "{error}");
    assert!(told.try_recv().is_ok() && told.try_recv().is_err());
    held.rollback().await.unwrap();
    migrate::up(&db, ALL, impatient(), quiet()).await.unwrap();
    assert_complete(&db, &url).await;
}

#[tokio::test]
async fn a_full_disk_stops_a_backfill_where_it_is_and_a_later_run_goes_on_there() {
    let server = Server::start();
    let disk = Disk::mount(32);
    let admin = connect(&server.url("postgres")).await;
    let mut create = "create database small".to_owned();
    if let Some(disk) = &disk {
        let place = disk.path().join("space");
        run("mkdir", [place.to_str().unwrap()]);
        let space = format!("create tablespace small location '{}'", place.display());
        admin.execute(&sql(&space), params![]).await.unwrap();
        create.push_str(" tablespace small");
    }
    admin.execute(&sql(&create), params![]).await.unwrap();
    admin.close().await;
    let url = server.url("small");
    let db = filled(&url).await;
    // A name is long, and stays so when it is packed: the backfill of half of them takes megabytes.
    let long = "update people set name = name || ' ' ||
        (select string_agg(md5(people.id || '.' || i), '') from generate_series(1, 2000) i)";
    db.execute(&sql(long), params![]).await.unwrap();
    if let Some(disk) = &disk {
        disk.fill_but(1_000_000);
    } else {
        eprintln!("only root may mount a small disk: the server only says that it is full");
        for statement in [
            "create function full_disk() returns trigger language plpgsql as
                'begin raise exception ''no space left'' using errcode = ''53100''; end'",
            "create trigger full_disk before update on people for each row when (old.id > 20)
                execute function full_disk()",
        ] {
            db.execute(&sql(statement), params![]).await.unwrap();
        }
    }
    let accept = || Options {
        accept_drift: true,
        ..Options::default()
    };
    let error = migrate::up(&db, ALL, accept(), quiet()).await.unwrap_err();
    let MigrateError::Failed { source, done, .. } = &error else {
        panic!("{error}");
    };
    assert!(matches!(**source, DbError::DiskFull), "{error}");
    assert_eq!(*done, 2);
    assert_eq!(
        error.to_string(),
        "the migration `0002_second` failed: step 3, Fills `upper`: the disk of the database is full; \
         the 2 steps before it stay done, and the next run goes on here"
    );
    let status = migrate::status(&db, ALL).await.unwrap();
    assert_eq!(status[1].state, State::Unfinished(Way::Up, 2));
    assert_nothing_lost(&db).await;
    let before = "select count(*) from people where upper is not null";
    let filled_before = one(&db, before).await;
    assert!((7..39).contains(&filled_before), "{filled_before}");

    if let Some(disk) = &disk {
        disk.clear();
    } else {
        let drop = "drop function full_disk cascade";
        db.execute(&sql(drop), params![]).await.unwrap();
    }
    // No index of PostgreSQL takes names as long as these.
    let short = "update people set name = substring(name from '^person [0-9]+'), upper = substring(upper from '^PERSON [0-9]+')";
    db.execute(&sql(short), params![]).await.unwrap();
    let filled_after = Arc::new(AtomicI64::new(0));
    let watcher: Watcher = {
        let filled_after = Arc::clone(&filled_after);
        Arc::new(move |event| {
            if let Event::Progress { rows, .. } = event {
                filled_after.store(*rows, Ordering::SeqCst);
            }
        })
    };
    migrate::up(&db, ALL, Options::default(), watcher)
        .await
        .unwrap();
    assert_eq!(filled_after.load(Ordering::SeqCst), 39 - filled_before);
    assert_complete(&db, &url).await;
    db.close().await;
    drop(server);
}
