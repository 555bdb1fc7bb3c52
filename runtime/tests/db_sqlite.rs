//! SQLite: grouping, transactions, errors.

#![allow(clippy::items_after_statements)] // A constant stands beside the one test that uses it.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use support::items::{COUNT, CREATE, INSERT, NAMES, RETURN, count, grouped, items, names, opened};
use svcgen_runtime::db::{Db, DbError, FromRow, Row, Span, Sql, params};

struct Panics;

impl FromRow for Panics {
    fn from_row(_: &Row<'_>) -> Result<Self, DbError> {
        panic!("a faulty mapping")
    }
}

#[tokio::test]
async fn in_a_group_each_job_stands_or_falls_alone() {
    let it = items().await;
    let call = |id: i64, name: &'static str| {
        let db = it.db.clone();
        async move { db.execute(&INSERT, params![id, name]).await }
    };
    let calls = vec![
        call(1, "a"),
        call(2, "b"),
        call(3, "a"),
        call(4, "bad"),
        call(2, "c"),
        call(5, "d"),
    ];
    let answers = grouped(&it.db, calls).await;
    assert!(
        matches!(answers[0], Ok(1)) && matches!(answers[1], Ok(1)) && matches!(answers[5], Ok(1))
    );
    match &answers[2] {
        Err(DbError::Unique {
            constraint: None,
            table,
            columns,
        }) => assert_eq!(
            (table.as_str(), columns.as_slice()),
            ("items", &["name".to_owned()][..])
        ),
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(&answers[3], Err(DbError::Check { constraint }) if constraint.contains("name <> 'bad'"))
    );
    assert!(matches!(&answers[4], Err(DbError::Unique { columns, .. }) if columns == &["id"]));
    assert_eq!(names(&it.db).await, ["a", "b", "d"]);
}

#[tokio::test]
async fn a_panicking_or_wrong_mapping_undoes_its_own_job_only() {
    let it = items().await;
    let call = |id: i64, kind: u8| {
        let db = it.db.clone();
        async move {
            match kind {
                0 => db
                    .execute(&INSERT, params![id, format!("n{id}")])
                    .await
                    .map(|_| ()),
                1 => db
                    .write_one::<Panics>(&RETURN, params![id, format!("n{id}")])
                    .await
                    .map(|_| ()),
                _ => db
                    .write_one::<(String,)>(&RETURN, params![id, format!("n{id}")])
                    .await
                    .map(|_| ()),
            }
        }
    };
    let answers = grouped(
        &it.db,
        vec![call(1, 0), call(2, 1), call(3, 0), call(4, 2), call(5, 0)],
    )
    .await;
    assert!(
        answers[0].is_ok() && answers[2].is_ok() && answers[4].is_ok(),
        "{answers:?}"
    );
    assert!(
        matches!(&answers[1], Err(DbError::Other(error)) if error.to_string().contains("a faulty mapping"))
    );
    assert!(matches!(answers[3], Err(DbError::Decode { column: 0, .. })));
    assert_eq!(names(&it.db).await, ["n1", "n3", "n5"]);
    let read = it
        .db
        .fetch_one::<Panics>(&NAMES, params![])
        .await
        .map(|_| ());
    assert!(matches!(read, Err(DbError::Other(_))), "{read:?}");
    assert_eq!(count(&it.db).await, 3, "reader and writer live on");
}

#[tokio::test]
async fn a_deferred_constraint_fails_its_own_job_only() {
    let it = items().await;
    static ORPHAN: Sql = Sql::new("insert into items (id, name, parent) values ($1, $2, 999)");
    let call = |id: i64, orphan: bool| {
        let db = it.db.clone();
        async move {
            db.execute(
                &if orphan { ORPHAN.clone() } else { INSERT },
                params![id, format!("n{id}")],
            )
            .await
        }
    };
    let answers = grouped(&it.db, vec![call(1, false), call(2, true), call(3, false)]).await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(
        matches!(answers[1], Err(DbError::ForeignKey { .. })),
        "{answers:?}"
    );
    assert_eq!(names(&it.db).await, ["n1", "n3"]);
}

#[tokio::test]
async fn reads_and_writes_keep_to_their_side() {
    let it = items().await;
    let wrong = it
        .db
        .fetch_optional::<(i64, String)>(&RETURN, params![1, "a"])
        .await;
    assert!(matches!(wrong, Err(DbError::Other(_))), "{wrong:?}");
    let sneaky = it
        .db
        .sqlite_read(|connection| Ok(connection.execute("delete from items", [])?))
        .await;
    assert!(matches!(sneaky, Err(DbError::ReadOnly)), "{sneaky:?}");
    assert_eq!(count(&it.db).await, 0);
    let none = it
        .db
        .fetch_one::<(i64,)>(&Sql::new("select id from items"), params![])
        .await;
    assert!(matches!(none, Err(DbError::NoRow)));
    let none = it
        .db
        .write_one::<(i64,)>(
            &Sql::new("update items set name = 'x' returning id"),
            params![],
        )
        .await;
    assert!(matches!(none, Err(DbError::NoRow)));
    assert_eq!(
        it.db
            .execute(&Sql::new("update items set name = 'x'"), params![])
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn a_transaction_commits_or_leaves_nothing() {
    for it in [items().await, {
        let it = support::memory().await;
        it.db.execute(&CREATE, params![]).await.unwrap();
        it
    }] {
        let db = &it.db;
        let on_disk = it.label == "SQLite";
        let done: Result<i64, DbError> = db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(&INSERT, params![1, "a"]).await?;
                    let seen: (i64,) = tx.fetch_one(&COUNT, params![]).await?;
                    // In memory, readers wait for the writer.
                    let outside = if on_disk {
                        db.fetch_one(&COUNT, params![]).await?
                    } else {
                        (0,)
                    };
                    assert_eq!(outside, (0_i64,), "others do not see it yet");

                    tx.sqlite(|connection| {
                        Ok(connection.execute("insert into items (id) values (2)", [])?)
                    })
                    .await?;
                    Ok(seen.0)
                })
            })
            .await;
        assert_eq!(done.unwrap(), 1);
        assert_eq!(count(db).await, 2);

        let failed: Result<(), DbError> = db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(&INSERT, params![3, "c"]).await?;
                    Err(DbError::NoRow)
                })
            })
            .await;
        assert!(matches!(failed, Err(DbError::NoRow)));
        let swallowed: Result<(), DbError> = db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(&INSERT, params![3, "c"]).await?;
                    assert!(tx.execute(&INSERT, params![3, "c"]).await.is_err());
                    assert!(
                        tx.fetch_one::<(i64,)>(&COUNT, params![]).await.is_err(),
                        "after a failure nothing more runs"
                    );
                    Ok(())
                })
            })
            .await;
        assert!(
            matches!(swallowed, Err(DbError::Other(_))),
            "a failed statement cannot be committed around"
        );
        assert_eq!(count(db).await, 2);
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_panics_or_idles_is_rolled_back() {
    let (db, _directory) = opened(|config| {
        config.transaction_idle_timeout = Span::millis(300);
        config.transaction_timeout = Span::millis(900);
    })
    .await;
    let hold = |db: Db, pause: Duration, panics: bool| async move {
        db.transaction::<(), DbError, _>(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT, params![1, "held"]).await?;
                assert!(!panics, "on purpose");
                for _ in 0..20 {
                    tokio::time::sleep(pause).await;
                    tx.fetch_one::<(i64,)>(&COUNT, params![]).await?;
                }
                Ok(())
            })
        })
        .await
    };
    let cancelled = tokio::time::timeout(
        Duration::from_millis(50),
        hold(db.clone(), Duration::from_secs(5), false),
    )
    .await;
    assert!(cancelled.is_err());
    let started = Instant::now();
    db.execute(&INSERT, params![2, "after"]).await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(200),
        "the writer is free at once"
    );
    assert!(
        tokio::spawn(hold(db.clone(), Duration::ZERO, true))
            .await
            .unwrap_err()
            .is_panic()
    );

    let idle = tokio::spawn(hold(db.clone(), Duration::from_secs(2), false));
    tokio::time::sleep(Duration::from_millis(100)).await;
    db.execute(&INSERT, params![3, "after idling"])
        .await
        .unwrap();
    assert!(matches!(idle.await.unwrap(), Err(DbError::Timeout)));
    let long = hold(db.clone(), Duration::from_millis(100), false).await;
    assert!(matches!(long, Err(DbError::Timeout)), "{long:?}");
    assert_eq!(names(&db).await, ["after", "after idling"]);
}

/// The reference that a statement has failed by, as far as it is named.
fn broken_reference(outcome: Result<u64, DbError>) -> Option<String> {
    match outcome {
        Err(DbError::ForeignKey { constraint, .. }) => constraint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_reference_that_leads_nowhere_is_named() {
    let it = items().await;
    let run = async |text: &'static str| it.db.execute(&Sql::new(text), params![]).await;
    run("create table \"a b\" (id blob primary key, note text) strict")
        .await
        .unwrap();
    run("create table notes (id integer primary key, item integer references items (id), other blob not null references \"a b\" (id), above integer references notes (id)) strict").await.unwrap();
    run("insert into items (id) values (1)").await.unwrap();
    run("insert into \"a b\" values (x'01', 'note')")
        .await
        .unwrap();
    let named = |name: &str| Some(name.to_owned());
    for (statement, expected) in [
        (
            "insert into notes values (1, 7, x'01', null)",
            "notes_item_fkey",
        ),
        (
            "insert into notes values (1, 1, x'02', 1)",
            "notes_other_fkey",
        ),
        (
            "insert into notes values (1, 1, x'01', 2) returning id",
            "notes_above_fkey",
        ),
        (
            "insert into notes values (1, 1, x'01', null), (2, 1, x'01', 9)",
            "notes_above_fkey",
        ),
    ] {
        assert_eq!(broken_reference(run(statement).await), named(expected));
    }
    run("insert into notes values (1, 1, x'01', 1)")
        .await
        .unwrap();
    let changed = run("update notes set other = x'03'").await;
    assert_eq!(broken_reference(changed), named("notes_other_fkey"));
    let held: Result<(), DbError> = it
        .db
        .transaction(|tx| {
            Box::pin(async move {
                let cut = Sql::new("update notes set item = null");
                tx.execute(&cut, params![]).await?;
                let wrong = Sql::new("update notes set above = 5");
                let outcome = tx.execute(&wrong, params![]).await;
                assert_eq!(
                    broken_reference(outcome),
                    Some("notes_above_fkey".to_owned())
                );
                Ok(())
            })
        })
        .await;
    assert!(held.is_err(), "a transaction ends with what fails in it");
    let left: (i64, i64, i64) = it
        .db
        .fetch_one(
            &Sql::new("select count(*), max(item), max(above) from notes"),
            params![],
        )
        .await
        .unwrap();
    assert_eq!(left, (1, 1, 1), "what was looked at is undone");
}

#[tokio::test]
async fn errors_name_what_is_violated() {
    let it = items().await;
    let run = async |text: &'static str| it.db.execute(&Sql::new(text), params![]).await;
    run("create table notes (id integer primary key, item integer not null references items (id) on delete restrict, body text not null, constraint notes_body_check check (length(body) < 5)) strict").await.unwrap();
    run("create unique index notes_lower_key on notes (lower(body))")
        .await
        .unwrap();
    run("insert into items (id) values (1)").await.unwrap();
    run("insert into notes values (1, 1, 'a')").await.unwrap();
    assert_eq!(
        broken_reference(run("insert into notes values (2, 7, 'b')").await),
        Some("notes_item_fkey".to_owned())
    );
    assert_eq!(broken_reference(run("delete from items").await), None);
    assert!(
        matches!(run("insert into notes values (2, 1, null)").await, Err(DbError::NotNull { table, column }) if table == "notes" && column == "body")
    );
    assert!(
        matches!(run("insert into notes values (2, 1, 'abcdef')").await, Err(DbError::Check { constraint }) if constraint == "notes_body_check")
    );
    assert!(
        matches!(run("insert into notes values (2, 1, 'A')").await, Err(DbError::Unique { constraint: Some(name), .. }) if name == "notes_lower_key")
    );
    assert!(matches!(
        run("insert into nothing values (1)").await,
        Err(DbError::Other(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_at_once_lose_nothing() {
    let it = items().await;
    let next = Arc::new(AtomicU32::new(1));
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let (db, next) = (it.db.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                for _ in 0..50 {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    db.execute(&INSERT, params![id, format!("n{id}")])
                        .await
                        .unwrap();
                    let read: Option<(String,)> = db
                        .fetch_optional(
                            &Sql::new("select name from items where id = $1"),
                            params![id],
                        )
                        .await
                        .unwrap();
                    assert_eq!(
                        read.unwrap().0,
                        format!("n{id}"),
                        "what was acknowledged is seen at once"
                    );
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(count(&it.db).await, 1600);
    it.db.close().await;
    let path = it.db.config().url.trim_start_matches("sqlite://");
    assert!(std::path::Path::new(path).exists());
    assert!(
        !std::path::Path::new(&format!("{path}-wal")).exists(),
        "the file stands alone after closing"
    );
}

#[tokio::test]
async fn instances_share_their_secrets() {
    let it = support::sqlite().await;
    let other = Db::connect(it.db.config()).await.unwrap();
    let (a, b) = tokio::join!(it.db.secret("pages"), other.secret("pages"));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_ne!(
        it.db.secret("pages").await.unwrap(),
        it.db.secret("else").await.unwrap()
    );
}

#[tokio::test]
async fn uuids_of_statements_follow_time() {
    let it = support::sqlite().await;
    let hundred = Sql::new(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100) select uuid7() from n",
    );
    let made: Vec<(uuid::Uuid,)> = it.db.fetch_all(&hundred, params![]).await.unwrap();
    assert_eq!(made.len(), 100);
    assert!(made.is_sorted() && made.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(made.iter().all(|(id,)| id.get_version_num() == 7));
}
