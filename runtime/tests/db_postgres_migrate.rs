//! Migrations on PostgreSQL.

#![allow(clippy::items_after_statements)] // A list stands beside the one test that uses it.

mod support;

use std::time::Duration;

use svcgen_runtime::db::migrate::{self, MigrateError, Migration, State};
use svcgen_runtime::db::{Db, DbConfig, Sql, params};

fn postgres_sql(text: impl Into<String>) -> Sql {
    Sql::owned(String::new(), text.into())
}

const FIRST: Migration = Migration::new(
    "0001_first",
    "",
    "create table a (id bigint primary key); insert into a values (1);\ncreate index a_id on a (id);",
);
const SECOND: Migration = Migration::new(
    "0002_second",
    "",
    "alter table a add column b text; -- a remark\nupdate a set b = 'x';",
);

#[tokio::test]
async fn migrations_run_once_whoever_starts_first() {
    const ALL: &[Migration] = &[FIRST, SECOND];
    let url = support::fresh_postgres_url().await;
    let (one, two) = (
        Db::connect(&DbConfig::new(url.clone())).await.unwrap(),
        Db::connect(&DbConfig::new(url)).await.unwrap(),
    );
    let (a, b) = tokio::join!(migrate::run(&one, ALL), migrate::run(&two, ALL));
    let applied = [a.unwrap(), b.unwrap()].concat();
    assert_eq!(applied, ["0001_first", "0002_second"]);
    assert!(migrate::run(&one, ALL).await.unwrap().is_empty());
    let status = migrate::status(&one, ALL).await.unwrap();
    assert!(
        status
            .iter()
            .all(|it| matches!(it.state, State::Applied(_))),
        "{status:?}"
    );
    const CHANGED: &[Migration] = &[
        Migration {
            postgres: "create table a (id int)",
            ..FIRST
        },
        SECOND,
    ];
    assert!(
        matches!(migrate::run(&one, CHANGED).await, Err(MigrateError::Changed(id)) if id == "0001_first")
    );
    assert!(
        matches!(migrate::run(&one, &[FIRST]).await, Err(MigrateError::Unknown(id)) if id == "0002_second")
    );
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    const WRONG: &[Migration] = &[
        FIRST,
        Migration::new("0002_wrong", "", "create table b (id bigint); select 1 / 0"),
    ];
    const ENDS: &[Migration] = &[
        FIRST,
        Migration::new(
            "0002_ends",
            "",
            "create table c (id bigint); commit; create table d (id bigint)",
        ),
    ];
    let it = support::postgres().await;
    let error = migrate::run(&it.db, WRONG).await.unwrap_err();
    assert!(
        matches!(&error, MigrateError::Failed { id, .. } if id == "0002_wrong"),
        "{error}"
    );
    let ends = migrate::run(&it.db, ENDS).await.unwrap_err();
    assert!(matches!(&ends, MigrateError::EndsTransaction(_)), "{ends}");
    let b: (bool,) = it
        .db
        .fetch_one(&postgres_sql("select to_regclass('b') is null"), params![])
        .await
        .unwrap();
    assert!(b.0);
    let status = migrate::status(&it.db, WRONG).await.unwrap();
    assert!(matches!(status[0].state, State::Applied(_)) && status[1].state == State::Pending);
}

#[tokio::test]
async fn a_migration_waits_for_a_busy_table() {
    const ALL: &[Migration] = &[FIRST, SECOND];
    let it = support::postgres().await;
    migrate::run(&it.db, &[FIRST]).await.unwrap();
    let mut holder = it.db.postgres().await.unwrap();
    let holding = holder.transaction().await.unwrap();
    holding
        .batch_execute(
            "set local idle_in_transaction_session_timeout = 0; lock table a in access share mode",
        )
        .await
        .unwrap();
    let migrating = tokio::spawn({
        let db = it.db.clone();
        async move { migrate::run(&db, ALL).await }
    });
    tokio::time::sleep(Duration::from_secs(4)).await;
    holding.rollback().await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), ["0002_second"]);
}
