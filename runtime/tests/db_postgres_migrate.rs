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

/// What svcgen asks of the catalogue after a step, and a step that does not do what it says.
#[tokio::test]
async fn what_is_not_valid_after_its_step_stops_the_migration() {
    const PROVES: &str = "-- svcgen:step transaction Adds the rule.
alter table a add constraint positive check (id > 0) not valid;

-- svcgen:step transaction Proves the rule.
alter table a validate constraint positive;

-- svcgen:step check The constraint `positive` of `a` is valid.
select 'positive' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'a'::regclass and conname = 'positive' and convalidated
);

-- svcgen:step autocommit Makes `a_twice`.
create index concurrently if not exists a_twice on a (id);

-- svcgen:step check The index `a_twice` is valid.
select 'a_twice' as index_name
where not exists (
    select 1 from pg_index
    where indexrelid = to_regclass('a_twice') and indisvalid
);
";
    const PROVED: &[Migration] = &[FIRST, Migration::new("0002_proves", "", PROVES)];
    let it = support::postgres().await;
    migrate::run(&it.db, PROVED).await.unwrap();
    // The same steps where the work was left out.
    for (work, what) in [
        ("alter table a validate constraint positive;", "`positive`"),
        (
            "create index concurrently if not exists a_twice on a (id);",
            "`a_twice`",
        ),
    ] {
        let text: &'static str = PROVES.replace(work, "select 1;").leak();
        let all = vec![FIRST, Migration::new("0002_proves", "", text)].leak();
        let it = support::postgres().await;
        let error = migrate::run(&it.db, all).await.unwrap_err();
        let is_check = matches!(&error, MigrateError::Check { title, .. } if title.contains(what));
        assert!(is_check, "{error}");
    }
    // Rows are counted under a lock that lets nobody in between.
    const LOSES: &[Migration] = &[
        FIRST,
        Migration::new(
            "0002_loses",
            "",
            "-- svcgen:step transaction Rewrites `a`.\n-- svcgen:keep a\nalter table a alter column id type numeric;\ndelete from a;\n",
        ),
    ];
    let it = support::postgres().await;
    let error = migrate::run(&it.db, LOSES).await.unwrap_err();
    let is_lost = matches!(
        &error,
        MigrateError::RowsLost {
            before: 1,
            after: 0,
            ..
        }
    );
    assert!(is_lost, "{error}");
}
