//! PostgreSQL: calls that are under way at the same time and go as one statement.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use support::TestDb;
use svcgen_runtime::db::{Db, DbError, Sql, params};
use tokio::task::JoinSet;

const INSERT: Sql = Sql::new(
    "insert into items (name, twice)
     values ($1, $2 * 2)
     returning id, name, twice",
)
.grouped();

/// Counts the statements that insert, and the rows.
const TABLES: &[&str] = &[
    "create table items (id bigint generated always as identity primary key, name text not null, twice bigint not null,
     constraint items_name_key unique (name), constraint items_twice_check check (twice >= 0))",
    "create table statements (at timestamptz not null default now())",
    "create function count_statements() returns trigger language plpgsql as
     $$begin insert into statements default values; return null; end$$",
    "create trigger count_statements after insert on items for each statement execute function count_statements()",
];

type Item = (i64, String, i64);
type Looked = (i64, String, String);

async fn items() -> TestDb {
    let it = support::postgres().await;
    for table in TABLES {
        run(&it.db, table).await;
    }
    it
}

async fn run(db: &Db, text: &'static str) {
    db.execute(&Sql::new(text), params![]).await.unwrap();
}

async fn count(db: &Db, text: &'static str) -> i64 {
    let found = db.fetch_one::<(i64,)>(&Sql::new(text), params![]).await;
    found.unwrap().0
}

/// Inserts all of these at once, and tells what became of each.
async fn insert_all(
    db: &Db,
    rows: impl IntoIterator<Item = (String, i64)>,
) -> Vec<(String, i64, Result<Item, DbError>)> {
    let mut all = JoinSet::new();
    for (name, number) in rows {
        let db = db.clone();
        all.spawn(async move {
            let inserted = db.write_one::<Item>(&INSERT, params![&name, number]).await;
            (name, number, inserted)
        });
    }
    all.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hears_of_its_own_row() {
    let it = items().await;
    let mut ids = BTreeSet::new();
    for round in 0..20 {
        let rows = (0..100).map(|number| (format!("{round}-{number}"), number));
        for (name, number, inserted) in insert_all(&it.db, rows).await {
            let (id, stored, twice) = inserted.unwrap();
            assert_eq!((stored, twice), (name, number * 2));
            assert!(ids.insert(id));
        }
    }
    assert_eq!(count(&it.db, "select count(*) from items").await, 2000);
    let statements = count(&it.db, "select count(*) from statements").await;
    assert!(
        statements < 1000,
        "{statements} statements for 2,000 rows that came together"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_fails_alone() {
    let it = items().await;
    for round in 0..20 {
        let rows = (0..60).map(|number| match number % 20 {
            7 => (format!("{round}-negative-{number}"), -1),
            13 => (format!("{round}-same"), number),
            _ => (format!("{round}-{number}"), number),
        });
        let mut same = 0;
        for (name, number, inserted) in insert_all(&it.db, rows).await {
            match inserted {
                Ok(item) => {
                    same += i32::from(name.ends_with("same"));
                    assert_eq!((item.1, item.2), (name, number * 2));
                }
                Err(DbError::Check { constraint }) => {
                    assert_eq!((constraint.as_str(), number), ("items_twice_check", -1));
                }
                Err(DbError::Unique { constraint, .. }) => {
                    assert_eq!(constraint.as_deref(), Some("items_name_key"));
                    assert!(name.ends_with("same"), "{name}");
                }
                Err(other) => panic!("{name}: {other}"),
            }
        }
        assert_eq!(same, 1);
    }
    assert_eq!(count(&it.db, "select count(*) from items").await, 20 * 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_trigger_leaves_out_takes_no_other_with_it() {
    let it = items().await;
    run(
        &it.db,
        "create function leave_out() returns trigger language plpgsql as
         $$begin if new.twice % 10 = 0 then return null; end if; return new; end$$",
    )
    .await;
    run(
        &it.db,
        "create trigger leave_out before insert on items for each row execute function leave_out()",
    )
    .await;
    let rows = (0..200).map(|number| (number.to_string(), number));
    for (name, number, inserted) in insert_all(&it.db, rows).await {
        match inserted {
            Ok(item) => assert_eq!((item.1, item.2), (name, number * 2)),
            Err(DbError::NoRow) => assert_eq!(number % 5, 0),
            Err(other) => panic!("{name}: {other}"),
        }
    }
    assert_eq!(count(&it.db, "select count(*) from items").await, 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_waiting_inserts_nothing() {
    let it = items().await;
    // What is prepared once need not be prepared behind the lock.
    insert_all(&it.db, [("first".to_owned(), 1)]).await;
    let mut holder = it.db.begin().await.unwrap();
    let lock = Sql::new("lock table items in exclusive mode");
    holder.execute(&lock, params![]).await.unwrap();

    let mut kept = JoinSet::new();
    for number in 0..it.db.config().shared_connections {
        let db = it.db.clone();
        let name = number.to_string();
        kept.spawn(async move { db.write_one::<Item>(&INSERT, params![name, 1]).await });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let insert = INSERT;
    for number in 100..120 {
        let values = params![number.to_string(), 1];
        let mut waits = Box::pin(it.db.write_one::<Item>(&insert, values));
        assert!((&mut waits).now_or_never().is_none());
    }
    holder.commit().await.unwrap();
    let inserted = kept.join_all().await.into_iter().map(|it| it.unwrap().1);
    let names: BTreeSet<String> = inserted.chain(["first".to_owned()]).collect();
    let stored = Sql::new("select name from items");
    let stored = it.db.fetch_all::<(String,)>(&stored, params![]).await;
    let stored: BTreeSet<String> = stored.unwrap().into_iter().map(|it| it.0).collect();
    assert_eq!(stored, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_table_is_noticed() {
    let it = items().await;
    let rows = |from: i64| (from..from + 100).map(|number| (number.to_string(), number));
    for (from, change) in [
        (0, "alter table items add column note text"),
        (100, "alter table items alter column name type varchar(40)"),
        (200, "alter table items drop column note"),
    ] {
        for (name, _, inserted) in insert_all(&it.db, rows(from)).await {
            assert_eq!(inserted.unwrap().1, name);
        }
        run(&it.db, change).await;
    }
    for (name, _, inserted) in insert_all(&it.db, rows(300)).await {
        assert_eq!(inserted.unwrap().1, name);
    }
    assert_eq!(count(&it.db, "select count(*) from items").await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_with_its_connection_is_not_called_inserted() {
    let it = items().await;
    insert_all(&it.db, [("first".to_owned(), 1)]).await;
    let mut holder = it.db.begin().await.unwrap();
    let lock = Sql::new("lock table items in exclusive mode");
    holder.execute(&lock, params![]).await.unwrap();
    let db = it.db.clone();
    let inserts = tokio::spawn(async move {
        insert_all(&db, (0..50).map(|number| (number.to_string(), number))).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let end = Sql::new(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and query like '%insert into items%'
           and pid <> pg_backend_pid() and wait_event_type = 'Lock'",
    );
    let ended = holder.fetch_one::<(i64,)>(&end, params![]).await;
    assert!(ended.unwrap().0 > 0);
    holder.commit().await.unwrap();

    let mut inserted = BTreeSet::from(["first".to_owned()]);
    let mut lost = 0;
    for (name, _, outcome) in inserts.await.unwrap() {
        match outcome {
            Ok(_) => assert!(inserted.insert(name)),
            Err(DbError::Unavailable(_)) => lost += 1,
            Err(other) => panic!("{name}: {other}"),
        }
    }
    assert!(lost > 0);
    let stored = Sql::new("select name from items");
    let stored = it.db.fetch_all::<(String,)>(&stored, params![]).await;
    let stored: BTreeSet<String> = stored.unwrap().into_iter().map(|it| it.0).collect();
    assert_eq!(stored, inserted);
}

/// Divides, so that one row can fail.
const LOOK: Sql =
    Sql::new("select id, 12 / twice from items where id = $1 and name <> $2").grouped();

#[tokio::test(flavor = "multi_thread")]
async fn each_finds_its_own_row_or_none_or_fails_alone() {
    let it = items().await;
    run(&it.db, "insert into items (name, twice) select 'n' || n, case when n = 7 then 0 else 1 + n % 3 end from generate_series(1, 50) as n").await;
    let mut found = 0;
    for _ in 0..20 {
        let mut all = JoinSet::new();
        for id in 1..=100_i64 {
            let db = it.db.clone();
            all.spawn(async move {
                let row: Result<Option<(i64, i64)>, DbError> =
                    db.fetch_optional(&LOOK, params![id, "n9"]).await;
                (id, row)
            });
        }
        for (id, row) in all.join_all().await {
            match row {
                Ok(None) => assert!(id == 9 || id > 50, "{id}"),
                Ok(Some((own, quotient))) => {
                    assert_eq!((own, quotient), (id, 12 / (1 + id % 3)));
                    found += 1;
                }
                Err(error) => {
                    assert_eq!(id, 7);
                    assert!(error.to_string().contains("division by zero"), "{error}");
                }
            }
        }
    }
    assert_eq!(found, 20 * 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_find_their_own_rows_at_once() {
    let it = items().await;
    run(
        &it.db,
        "insert into items (name, twice) select 'n' || n, n from generate_series(1, 200) as n",
    )
    .await;
    let find =
        Sql::new("select id, name, statement_timestamp()::text from items where id = $1").grouped();
    let mut moments = BTreeSet::new();
    for _ in 0..10 {
        let mut all = JoinSet::new();
        for id in 1..=200_i64 {
            let (db, find) = (it.db.clone(), find.clone());
            all.spawn(async move { (id, db.fetch_one::<Looked>(&find, params![id]).await) });
        }
        for (id, row) in all.join_all().await {
            let (own, name, moment) = row.unwrap();
            assert_eq!((own, name), (id, format!("n{id}")));
            moments.insert(moment);
        }
        let gone = it.db.fetch_one::<Looked>(&find, params![0]).await;
        assert!(matches!(gone, Err(DbError::NoRow)), "{gone:?}");
    }
    assert!(
        moments.len() < 1000,
        "{} statements for 2,000 looks",
        moments.len()
    );
}

/// Two that are under way and that nobody looks after do not keep the others waiting.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_left_alone_keeps_nobody_waiting() {
    let it = items().await;
    let all = insert_all(&it.db, [("a".to_owned(), 1), ("b".to_owned(), 2)]).await;
    let id = all[0].2.as_ref().unwrap().0;
    let find = Sql::new("select id, name, twice from items where id = $1").grouped();
    let look = || it.db.fetch_one::<Item>(&find, params![id]);
    let mut left = Vec::new();
    for _ in 0..it.db.config().shared_connections {
        let mut one = Box::pin(look());
        assert!((&mut one).now_or_never().is_none(), "it is under way");
        left.push(one);
    }
    let found = tokio::time::timeout(Duration::from_secs(2), look()).await;
    assert_eq!(found.expect("in time").unwrap().0, id);
    for one in left {
        assert_eq!(one.await.unwrap().0, id);
    }
}
