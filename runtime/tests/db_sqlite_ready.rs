//! SQLite: whether [`Db::ping`] tells the truth about a file that takes no writes, and costs nothing
//! where it does.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use support::disk::Disk;
use support::items::{CREATE, INSERT, count, opened};
use support::set_pragma;
use svcgen_runtime::db::rusqlite::Connection;
use svcgen_runtime::db::{Db, DbConfig, DbError, Span, params};

/// Asks until the answer is as wanted, because what is known may be as old as a few seconds.
async fn until(db: &Db, wanted: fn(&Result<(), DbError>) -> bool) {
    let started = Instant::now();
    loop {
        let answer = db.ping().await;
        if wanted(&answer) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn at(path: &Path) -> Db {
    let url = format!("sqlite://{}", path.display());
    Db::connect(&DbConfig::new(url)).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_is_not_ready_even_where_nobody_writes() {
    let Some(disk) = Disk::mount(8) else {
        eprintln!("only root may mount a small disk: the other test limits the file instead");
        return;
    };
    let db = at(&disk.path().join("test.db")).await;
    db.execute(&CREATE, params![]).await.unwrap();
    db.ping().await.unwrap();
    disk.fill_but(0);
    until(&db, |it| matches!(it, Err(DbError::DiskFull))).await;
    assert_eq!(count(&db).await, 0, "reading goes on");
    disk.clear();
    until(&db, Result::is_ok).await;
    db.execute(&INSERT, params![1, "a"]).await.unwrap();
    // The same where somebody does write: it is known at once.
    disk.fill_but(0);
    let big = "x".repeat(500_000);
    let refused = db.execute(&INSERT, params![2, &big]).await;
    assert!(matches!(refused, Err(DbError::DiskFull)), "{refused:?}");
    let told = db.ping().await;
    assert!(matches!(told, Err(DbError::DiskFull)), "{told:?}");
    disk.clear();
    db.ping().await.unwrap();
    db.execute(&INSERT, params![2, &big]).await.unwrap();
    assert_sound(&db).await;
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_not_ready() {
    let (db, _directory) = opened(|_| ()).await;
    set_pragma(&db, "max_page_count", 1).await;
    until(&db, |it| matches!(it, Err(DbError::DiskFull))).await;
    set_pragma(&db, "max_page_count", 1_000_000).await;
    db.ping().await.unwrap();
    assert_sound(&db).await;
}

#[tokio::test]
async fn a_file_that_is_only_read_is_not_ready() {
    let (db, _directory) = opened(|_| ()).await;
    set_pragma(&db, "query_only", 1).await;
    let refused = db.execute(&INSERT, params![1, "a"]).await;
    assert!(matches!(refused, Err(DbError::ReadOnly)), "{refused:?}");
    let told = db.ping().await;
    assert!(matches!(told, Err(DbError::ReadOnly)), "{told:?}");
    // Nor does it become ready by itself.
    assert!(db.ping().await.is_err());
    assert_eq!(count(&db).await, 0, "reading goes on");
}

#[tokio::test]
async fn a_place_that_is_only_read_is_not_ready() {
    let (db, directory) = opened(|_| ()).await;
    let disk = Disk::mount(8);
    let copies = tempfile::tempdir().unwrap();
    let place = disk.as_ref().map_or(copies.path(), Disk::path);
    // With its log, without which it could not be opened there.
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        std::fs::copy(directory.path().join(name), place.join(name)).unwrap();
        if disk.is_none() {
            // Modes stop everybody but root, who may mount.
            let mut modes = std::fs::metadata(place.join(name)).unwrap().permissions();
            modes.set_readonly(true);
            std::fs::set_permissions(place.join(name), modes).unwrap();
        }
    }
    db.close().await;
    if let Some(disk) = &disk {
        disk.make_read_only();
    }
    let db = at(&place.join("test.db")).await;
    let told = db.ping().await;
    assert!(matches!(told, Err(DbError::ReadOnly)), "{told:?}");
    assert_eq!(count(&db).await, 0, "reading goes on");
    db.close().await;
}

#[tokio::test]
async fn to_commit_nothing_proves_nothing() {
    let (db, _directory) = opened(|_| ()).await;
    set_pragma(&db, "max_page_count", 1).await;
    let nothing = || db.transaction::<(), DbError, _>(|_| Box::pin(async { Ok(()) }));
    nothing().await.unwrap();
    until(&db, |it| matches!(it, Err(DbError::DiskFull))).await;
    nothing().await.unwrap();
    assert!(db.ping().await.is_err());
}

#[tokio::test]
async fn a_directory_that_may_not_be_written_to_is_not_ready() {
    let (db, directory) = opened(|_| ()).await;
    // Modes stop nobody who is root; a file in place of the directory stops everybody.
    let moved = directory.path().with_extension("moved");
    std::fs::rename(directory.path(), &moved).unwrap();
    std::fs::write(directory.path(), "").unwrap();
    until(&db, Result::is_err).await;
    std::fs::remove_file(directory.path()).unwrap();
    std::fs::rename(&moved, directory.path()).unwrap();
    until(&db, Result::is_ok).await;
}

#[tokio::test]
async fn a_file_that_somebody_locks_is_not_ready() {
    let (db, directory) = opened(|it| it.busy_timeout = Span::millis(200)).await;
    let other = Connection::open(directory.path().join("test.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    until(&db, |it| matches!(it, Err(DbError::Unavailable(_)))).await;
    assert_eq!(count(&db).await, 0, "reading goes on");
    other.execute_batch("rollback").unwrap();
    db.ping().await.unwrap();
    other.execute_batch("begin immediate").unwrap();
    assert!(db.execute(&INSERT, params![1, "a"]).await.is_err());
    let told = db.ping().await;
    assert!(matches!(told, Err(DbError::Unavailable(_))), "{told:?}");
    other.execute_batch("rollback").unwrap();
    db.ping().await.unwrap();
    db.execute(&INSERT, params![1, "a"]).await.unwrap();
    assert_sound(&db).await;
}

#[tokio::test]
async fn a_lock_that_passes_in_time_is_ready() {
    let (db, directory) = opened(|_| ()).await;
    let path = directory.path().join("test.db");
    db.close().await;
    // Nothing has been written over this one yet, so that it has to be tried.
    let db = at(&path).await;
    let other = Connection::open(path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    db.ping().await.unwrap();
    other.execute_batch("rollback").unwrap();
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_is_held_is_ready() {
    let (db, directory) = opened(|_| ()).await;
    db.close().await;
    let db = at(&directory.path().join("test.db")).await;
    let asked = db.clone();
    db.transaction::<(), DbError, _>(move |_| {
        Box::pin(async move {
            asked.ping().await.unwrap();
            asked.ping().await
        })
    })
    .await
    .unwrap();
    assert_sound(&db).await;
}

#[tokio::test]
async fn to_ask_changes_nothing() {
    let (db, directory) = opened(|_| ()).await;
    let path = directory.path().join("test.db");
    db.execute(&INSERT, params![1, "a"]).await.unwrap();
    db.close().await;
    let before = std::fs::read(&path).unwrap();
    let db = at(&path).await;
    db.ping().await.unwrap();
    let other = Connection::open(&path).unwrap();
    let changes = |it: &Connection| it.pragma_query_value(None, "data_version", |it| it.get(0));
    let version: Result<i64, _> = changes(&other);
    for _ in 0..3 {
        // Something fails on the way, so that it is tried anew.
        set_pragma(&db, "max_page_count", 1).await;
        let big = "x".repeat(50_000);
        assert!(db.execute(&INSERT, params![2, big]).await.is_err());
        set_pragma(&db, "max_page_count", 1_000_000).await;
        db.ping().await.unwrap();
    }
    assert_eq!(version, changes(&other), "nobody sees a change");
    let tables: i64 = other
        .query_row(
            "select count(*) from sqlite_schema where name like 'svcgen%'",
            [],
            |it| it.get(0),
        )
        .unwrap();
    assert_eq!(tables, 0);
    drop(other);
    assert_sound(&db).await;
    let files = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(files, 3, "the database, its log and the index of that");
    db.close().await;
    assert_eq!(before, std::fs::read(&path).unwrap());
}

#[tokio::test]
async fn memory_is_ready() {
    let it = support::memory().await;
    it.db.ping().await.unwrap();
    it.db.execute(&CREATE, params![]).await.unwrap();
    it.db.ping().await.unwrap();
}

async fn assert_sound(db: &Db) {
    let found: Result<String, _> = db
        .sqlite_read(|it| Ok(it.query_row("pragma integrity_check", [], |row| row.get(0))?))
        .await;
    assert_eq!(found.unwrap(), "ok");
}

/// What is written to a file that nobody finds any more is gone with the process.
#[tokio::test]
async fn a_file_that_is_deleted_or_replaced_is_not_ready() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let db = at(&path).await;
    db.execute(&CREATE, params![]).await.unwrap();
    db.ping().await.unwrap();
    let away = directory.path().join("away.db");
    std::fs::rename(&path, &away).unwrap();
    let told = db.ping().await.unwrap_err().to_string();
    assert!(told.contains("was deleted while it is open"), "{told}");
    // The system itself still takes what is written.
    db.execute(&INSERT, params![1, "a"]).await.unwrap();
    assert!(db.ping().await.is_err(), "and it is not made good by that");
    std::fs::write(&path, "another").unwrap();
    let told = db.ping().await.unwrap_err().to_string();
    assert!(told.contains("was replaced by another"), "{told}");
    std::fs::rename(&away, &path).unwrap();
    db.ping().await.unwrap();
    assert_eq!(count(&db).await, 1);
}
