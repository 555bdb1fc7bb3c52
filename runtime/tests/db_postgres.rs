//! PostgreSQL: errors, transactions, changes of the schema.

mod support;

use std::time::{Duration, Instant};

use svcgen_runtime::db::{Db, DbConfig, DbError, Span, Sql, params};
use svcgen_runtime::removal::{Removal, Whole};
use svcgen_runtime::{Caller, http};

const CREATE: Sql = Sql::new(
    "create table items (id bigint primary key, name text, constraint items_name_key unique (name), constraint items_name_check check (name <> 'bad'))",
);
const INSERT: Sql = Sql::new("insert into items (id, name) values ($1, $2)");
const COUNT: Sql = Sql::new("select count(*) from items");

async fn items() -> support::TestDb {
    let it = support::postgres().await;
    it.db.execute(&CREATE, params![]).await.unwrap();
    it
}

async fn count(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(&COUNT, params![]).await.unwrap().0
}

fn postgres_sql(text: impl Into<String>) -> Sql {
    Sql::owned(String::new(), text.into())
}

#[tokio::test]
async fn errors_name_what_is_violated() {
    let it = items().await;
    let run = async |text: &'static str| it.db.execute(&Sql::new(text), params![]).await;
    run("create table notes (id bigint primary key, item bigint not null, body text not null, constraint notes_item_fkey foreign key (item) references items (id))").await.unwrap();
    run("insert into items values (1, 'a')").await.unwrap();
    run("insert into notes values (1, 1, 'x')").await.unwrap();
    match run("insert into items values (2, 'a')").await {
        Err(DbError::Unique {
            constraint,
            table,
            columns,
        }) => {
            assert_eq!(
                (constraint.as_deref(), table.as_str(), columns.as_slice()),
                (Some("items_name_key"), "items", &["name".to_owned()][..])
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(run("insert into items values (2, 'bad')").await, Err(DbError::Check { constraint }) if constraint == "items_name_check")
    );
    assert!(
        matches!(run("insert into notes values (2, 9, 'x')").await, Err(DbError::ForeignKey { constraint: Some(name), .. }) if name == "notes_item_fkey")
    );
    assert!(matches!(
        run("delete from items").await,
        Err(DbError::ForeignKey { .. })
    ));
    assert!(
        matches!(run("insert into notes values (2, 1, null)").await, Err(DbError::NotNull { table, column }) if table == "notes" && column == "body")
    );
    let unknown = run("insert into nothing values (1)").await.unwrap_err();
    assert!(
        matches!(&unknown, DbError::Other(error) if error.to_string().contains("nothing")),
        "{unknown}"
    );
    assert!(
        it.db
            .prepare(&Sql::new("select nothing from items"))
            .await
            .is_err()
    );
    it.db.prepare(&COUNT).await.unwrap();
    let wrong = it
        .db
        .fetch_all::<(i64,)>(
            &Sql::new("with gone as (delete from items returning id) select id from gone"),
            params![],
        )
        .await;
    assert!(
        matches!(wrong, Err(DbError::Other(_))),
        "a read must not write"
    );
}

#[tokio::test]
async fn a_transaction_commits_or_leaves_nothing() {
    let it = items().await;
    let db = &it.db;
    let seen: Result<i64, DbError> = db
        .transaction(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT, params![1, "a"]).await?;
                tx.postgres()
                    .unwrap()
                    .execute("insert into items values (2, 'b')", &[])
                    .await?;
                assert_eq!(db.fetch_one::<(i64,)>(&COUNT, params![]).await?.0, 0);
                Ok(tx.fetch_one::<(i64,)>(&COUNT, params![]).await?.0)
            })
        })
        .await;
    assert_eq!(seen.unwrap(), 2);
    let failed: Result<(), DbError> = db
        .transaction(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT, params![3, "c"]).await?;
                Err(DbError::NoRow)
            })
        })
        .await;
    assert!(matches!(failed, Err(DbError::NoRow)));
    let around: Result<(), DbError> = db
        .transaction(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT, params![4, "d"]).await?;
                assert!(
                    tx.postgres()
                        .unwrap()
                        .execute("insert into items values (1, 'x')", &[])
                        .await
                        .is_err()
                );
                Ok(())
            })
        })
        .await;
    assert!(
        around.is_err(),
        "a failure in the driver itself is not committed around: {around:?}"
    );
    let slow = db.transaction::<(), DbError, _>(|tx| {
        Box::pin(async move {
            tx.execute(&INSERT, params![5, "e"]).await?;
            std::future::pending().await
        })
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(100), slow)
            .await
            .is_err()
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(count(db).await, 2);
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(
        db.fetch_one::<(i64,)>(&postgres_sql(open), params![])
            .await
            .unwrap()
            .0,
        0,
        "a dropped transaction leaves nothing open"
    );
}

#[tokio::test]
async fn limits_of_time_are_kept() {
    let mut config = DbConfig::new(support::fresh_postgres_url().await);
    config.statement_timeout = Span::millis(300);
    config.transaction_idle_timeout = Span::millis(300);
    let db = Db::connect(&config).await.unwrap();
    db.execute(&CREATE, params![]).await.unwrap();
    let started = Instant::now();
    let slow = db
        .fetch_one::<(String,)>(&postgres_sql("select pg_sleep(30)::text"), params![])
        .await;
    assert!(matches!(slow, Err(DbError::Timeout)), "{slow:?}");
    let idle: Result<(), DbError> = db
        .transaction(|tx| {
            Box::pin(async move {
                tx.execute(&INSERT, params![1, "a"]).await?;
                tokio::time::sleep(Duration::from_millis(800)).await;
                tx.execute(&INSERT, params![2, "b"]).await.map(|_| ())
            })
        })
        .await;
    assert!(
        matches!(idle, Err(DbError::Timeout | DbError::Unavailable(_))),
        "{idle:?}"
    );
    assert_eq!(count(&db).await, 0);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn statements_survive_a_change_of_the_schema() {
    let it = items().await;
    it.db.execute(&INSERT, params![1, "7"]).await.unwrap();
    let all = Sql::new("select * from items");
    let write = Sql::new("update items set name = $1 returning *");
    assert_eq!(
        it.db
            .fetch_all::<(i64, String)>(&all, params![])
            .await
            .unwrap()
            .len(),
        1
    );
    it.db
        .write_one::<(i64, String)>(&write, params!["8"])
        .await
        .unwrap();
    for statement in [
        "alter table items add column extra bigint default 5",
        "alter table items alter column id type integer",
    ] {
        it.db
            .execute(&Sql::new(statement), params![])
            .await
            .unwrap();
        for _ in 0..4 {
            let rows = it
                .db
                .fetch_all::<(i64, String, i64)>(&all, params![])
                .await
                .unwrap();
            assert_eq!(rows, [(1, "8".to_owned(), 5)]);
            it.db
                .write_one::<(i64, String, i64)>(&write, params!["8"])
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_slow_statement_does_not_hold_the_others_up_for_long() {
    let it = items().await;
    let slow = tokio::spawn({
        let db = it.db.clone();
        async move {
            db.fetch_one::<(String,)>(&postgres_sql("select pg_sleep(1)::text"), params![])
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    for _ in 0..20 {
        it.db.ping().await.unwrap();
    }
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "the other connection takes them"
    );
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn wrong_urls_are_told_without_the_password() {
    let url = support::fresh_postgres_url().await;
    #[cfg(not(feature = "tls"))]
    {
        let tls = Db::connect(&DbConfig::new(format!("{url}?sslmode=require")))
            .await
            .unwrap_err();
        assert!(tls.to_string().contains("`tls`"), "{tls}");
    }
    let missing = url
        .rsplit_once('/')
        .unwrap()
        .0
        .replace("postgres@", "postgres:s3cr3t@")
        + "/missing";
    let started = Instant::now();
    let error = Db::connect(&DbConfig::new(missing)).await.unwrap_err();
    assert!(
        error.to_string().contains("missing") && !format!("{error:?}").contains("s3cr3t"),
        "{error:?}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "a lasting error is told at once"
    );
    let mut nobody = DbConfig::new("postgres://postgres:s3cr3t@127.0.0.1:1/x");
    nobody.connect_timeout = Span::millis(500);
    let error = Db::connect(&nobody).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Unavailable(_)) && !error.to_string().contains("s3cr3t"),
        "{error}"
    );
}

#[tokio::test]
async fn instances_share_their_secrets() {
    let it = support::postgres().await;
    let other = Db::connect(it.db.config()).await.unwrap();
    let (a, b) = tokio::join!(it.db.secret("pages"), other.secret("pages"));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_ne!(
        it.db.secret("pages").await.unwrap(),
        it.db.secret("else").await.unwrap()
    );
}

/// A removal that finds nothing in its way the first time it looks, as when somebody refers to the
/// record between its look and its locks.
const OVERTAKEN: Removal = Removal {
    table: "items",
    versioned: false,
    archives: false,
    is_tree: false,
    reaches: false,
    schema: 1,
    root: &Sql::new("select true from items where id = $1 for update"),
    preview: &Sql::new(
        "select 'notes', case when nextval('looks') = 1 then 'deleted' else 'restricts' end, count(*) from notes where item = $1",
    ),
    along: &[],
    sqlite: None,
    postgres: Some(Whole {
        statement: &Sql::new(
            "with gone as (delete from items where id = $1 returning id) select count(*) from gone",
        ),
        takes: 0,
    }),
};

#[tokio::test]
async fn a_removal_that_is_run_again_names_what_keeps_the_record() {
    let it = items().await;
    for text in [
        "create table notes (id bigint primary key, item bigint not null references items (id))",
        "create sequence looks",
        "insert into items values (1, 'a')",
        "insert into notes values (1, 1)",
    ] {
        it.db.execute(&Sql::new(text), params![]).await.unwrap();
    }
    let caller = Caller {
        subject: "someone".to_owned(),
        request_id: "1".to_owned(),
    };
    let request = http::Removal::default();
    let removed = OVERTAKEN.remove(&it.db, 1_i64, None, &caller, &request);
    let error = removed.await.unwrap_err();
    assert_eq!(error.reason(), "STILL_REFERENCED");
    assert_eq!(error.detail(), "It is still referred to by notes.");
    assert_eq!(count(&it.db).await, 1);
}
