//! How many statements a second the database layer does, with nothing around it:
//! `cargo run --release -p svcgen-runtime --example db_throughput [URL]`.
//!
//! Sixty-four callers read by id, list twenty rows and insert; the last line of each engine
//! is the same work without a database, which is what the runtime around it costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use svcgen_runtime::db::{Db, DbConfig, DbError, FromRow, Row, Sql, params};
use uuid::Uuid;

const CALLERS: usize = 64;
const ROWS: i64 = 20_000;
const SECONDS: Duration = Duration::from_secs(3);

const CREATE: Sql = Sql::each(
    "create table if not exists throughput (id integer primary key, uid blob not null, name text not null, total integer not null, created_at integer not null) strict",
    "create table if not exists throughput (id bigint primary key, uid uuid not null, name text not null, total bigint not null, created_at timestamptz not null)",
);
const INSERT: Sql = Sql::new(
    "insert into throughput (id, uid, name, total, created_at) values ($1, $2, $3, $4, $5) returning id, uid, name, total, created_at",
);
const FIND: Sql = Sql::new("select id, uid, name, total, created_at from throughput where id = $1");
const LIST: Sql = Sql::new(
    "select id, uid, name, total, created_at from throughput where id > $1 order by id limit $2",
);

#[allow(dead_code)] // Read, and then thrown away.
struct Item {
    id: i64,
    uid: Uuid,
    name: String,
    total: i64,
    created_at: Timestamp,
}

impl FromRow for Item {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            name: row.get(2)?,
            total: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

async fn insert(db: &Db, id: i64) -> Result<Item, DbError> {
    db.write_one(
        &INSERT,
        params![
            id,
            Uuid::now_v7(),
            format!("item {id}"),
            id * 100,
            Timestamp::now()
        ],
    )
    .await
}

async fn measure<F>(name: &str, call: impl Fn(i64) -> F + Send + Sync + 'static)
where
    F: Future<Output = Result<(), DbError>> + Send,
{
    let call = Arc::new(call);
    let next = Arc::new(AtomicI64::new(0));
    let started = Instant::now();
    let callers = (0..CALLERS).map(|_| {
        let (call, next) = (Arc::clone(&call), Arc::clone(&next));
        tokio::spawn(async move {
            let mut slowest = Duration::ZERO;
            while started.elapsed() < SECONDS {
                let began = Instant::now();
                call(next.fetch_add(1, Ordering::Relaxed)).await?;
                slowest = slowest.max(began.elapsed());
            }
            Ok::<_, DbError>(slowest)
        })
    });
    let mut slowest = Duration::ZERO;
    for caller in callers.collect::<Vec<_>>() {
        slowest = slowest.max(
            caller
                .await
                .expect("no caller panics")
                .expect("no call fails"),
        );
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = next.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    println!("{name:<10} {rate:>9.0}/s   slowest {slowest:?}");
}

#[tokio::main]
async fn main() -> Result<(), DbError> {
    let path = std::env::temp_dir().join(format!("svcgen-throughput-{}.db", std::process::id()));
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| format!("sqlite://{}", path.display()));
    let db = Db::connect(&DbConfig::new(url)).await?;
    println!("{}", db.engine());
    db.execute(&CREATE, params![]).await?;
    db.execute(&Sql::new("delete from throughput"), params![])
        .await?;
    for start in (1..=ROWS).step_by(500) {
        let db = &db;
        db.transaction::<_, DbError, _>(|tx| {
            Box::pin(async move {
                for id in start..start + 500 {
                    tx.execute(
                        &INSERT,
                        params![
                            id,
                            Uuid::now_v7(),
                            format!("item {id}"),
                            id,
                            Timestamp::now()
                        ],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await?;
    }
    let it = db.clone();
    measure("get", move |n| {
        let db = it.clone();
        async move {
            db.fetch_optional::<Item>(&FIND, params![n * 7919 % ROWS + 1])
                .await
                .map(|_| ())
        }
    })
    .await;
    let it = db.clone();
    measure("list of 20", move |n| {
        let db = it.clone();
        async move {
            db.fetch_all::<Item>(&LIST, params![n * 7919 % ROWS, 20])
                .await
                .map(|_| ())
        }
    })
    .await;
    let it = db.clone();
    measure("create", move |n| {
        let db = it.clone();
        async move { insert(&db, ROWS + 1 + n).await.map(|_| ()) }
    })
    .await;
    measure("nothing", |_| async {
        tokio::task::yield_now().await;
        Ok(())
    })
    .await;
    db.close().await;
    let _ = std::fs::remove_file(path);
    Ok(())
}
