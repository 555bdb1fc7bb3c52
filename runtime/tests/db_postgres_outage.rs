//! PostgreSQL that is stopped, started again, or hangs.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use support::Server;
use svcgen_runtime::db::{Db, DbConfig, DbError, Span, Sql, params};

const CREATE: Sql = Sql::new(
    "create table items (id bigint primary key, name text, constraint items_name_key unique (name), constraint items_name_check check (name <> 'bad'))",
);
const INSERT: Sql = Sql::new("insert into items (id, name) values ($1, $2)");
const RELOAD: Sql = Sql::new("select pg_reload_conf()");
const COUNT: Sql = Sql::new("select count(*) from items");

async fn count(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(&COUNT, params![]).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_under_load_is_told_and_overcome() {
    let server = Server::start();
    let db = Db::connect(&DbConfig::new(server.url("postgres")))
        .await
        .unwrap();
    db.execute(&CREATE, params![]).await.unwrap();
    let next = Arc::new(AtomicI64::new(1));
    let stop = Arc::new(AtomicBool::new(false));
    let slowest = Arc::new(AtomicI64::new(0));
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (db, next, stop, slowest) = (
                db.clone(),
                Arc::clone(&next),
                Arc::clone(&stop),
                Arc::clone(&slowest),
            );
            tokio::spawn(async move {
                let (mut acknowledged, mut refused) = (Vec::new(), 0);
                while !stop.load(Ordering::Relaxed) {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    let started = Instant::now();
                    let outcome = if id % 4 == 0 {
                        db.transaction(|tx| {
                            Box::pin(async move {
                                tx.execute(&INSERT, params![id, format!("n{id}")]).await
                            })
                        })
                        .await
                    } else {
                        db.execute(&INSERT, params![id, format!("n{id}")]).await
                    };
                    slowest.fetch_max(
                        i64::try_from(started.elapsed().as_millis()).unwrap(),
                        Ordering::Relaxed,
                    );
                    match outcome {
                        Ok(_) => acknowledged.push(id),
                        Err(error) if error.is_transient() => {
                            refused += 1;
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        Err(error) => panic!("{error:?}"),
                    }
                }
                (acknowledged, refused)
            })
        })
        .collect();
    for mode in ["fast", "immediate"] {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.stop(mode);
        let started = Instant::now();
        assert!(matches!(db.ping().await, Err(DbError::Unavailable(_))));
        assert!(started.elapsed() < Duration::from_secs(3), "it fails fast");
        server.resume();
        let started = Instant::now();
        while db.ping().await.is_err() {
            assert!(
                started.elapsed() < Duration::from_secs(15),
                "it recovers by itself"
            );
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before_end = count(&db).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(count(&db).await > before_end, "writing goes on");
    stop.store(true, Ordering::Relaxed);
    let mut refusals = 0;
    for caller in callers {
        let (acknowledged, refused) = caller.await.unwrap();
        refusals += refused;
        for id in acknowledged {
            let found: Option<(i64,)> = db
                .fetch_optional(&Sql::new("select id from items where id = $1"), params![id])
                .await
                .unwrap();
            assert!(found.is_some(), "the acknowledged row {id} is lost");
        }
    }
    assert!(refusals > 0);
    let slowest = slowest.load(Ordering::Relaxed);
    assert!(slowest < 8_000, "no call hangs, but one took {slowest} ms");
}

#[tokio::test]
async fn a_server_that_stops_answering_makes_nobody_wait_for_ever() {
    let server = Server::start();
    let mut config = DbConfig::new(server.url("postgres"));
    config.statement_timeout = Span::millis(500);
    let db = Db::connect(&config).await.unwrap();
    db.ping().await.unwrap();
    // All of its processes stop at once, as on a machine that hangs.
    let signal = |name: &str| {
        let children = std::process::Command::new("pgrep")
            .args(["-P", &server.pid()])
            .output()
            .unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let pid = server.pid();
        let pids = children.split_whitespace().chain([pid.as_str()]);
        assert!(
            std::process::Command::new("kill")
                .arg(name)
                .args(pids)
                .status()
                .unwrap()
                .success()
        );
    };
    signal("-STOP");
    let started = Instant::now();
    let answer = db.ping().await;
    signal("-CONT");
    assert!(matches!(answer, Err(DbError::Timeout)), "{answer:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    tokio::time::sleep(Duration::from_millis(200)).await;
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_ready() {
    let server = Server::start();
    let db = Db::connect(&DbConfig::new(server.url("postgres")))
        .await
        .unwrap();
    db.ping().await.unwrap();
    // As it is on a standby, and after a change of settings in an emergency.
    let set = |value: &str| {
        let text = format!("alter system set default_transaction_read_only = {value}");
        Sql::owned(String::new(), text)
    };
    let reload = async |db: &Db| db.fetch_one::<(bool,)>(&RELOAD, params![]).await.unwrap();
    let until = async |is_ready: bool| {
        let started = Instant::now();
        while db.ping().await.is_ok() != is_ready {
            assert!(started.elapsed() < Duration::from_secs(15));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    db.execute(&set("on"), params![]).await.unwrap();
    reload(&db).await;
    until(false).await;
    assert!(matches!(db.ping().await, Err(DbError::ReadOnly)));
    db.execute(&set("off"), params![]).await.unwrap();
    reload(&db).await;
    until(true).await;
}

/// A server that says, as one with a full disk does, that it takes no writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_not_ready_until_it_does() {
    let server = Server::start();
    let db = Db::connect(&DbConfig::new(server.url("postgres")))
        .await
        .unwrap();
    let run = async |sql: &str| {
        let sql = Sql::owned(String::new(), sql.to_owned());
        db.execute(&sql, params![]).await.unwrap();
    };
    run("create table items (id bigint primary key, name text)").await;
    for (state, is_it) in [
        (
            "53100",
            (|it| matches!(it, DbError::DiskFull)) as fn(&DbError) -> bool,
        ),
        ("53200", |it| matches!(it, DbError::Unavailable(_))),
        ("53400", |it| matches!(it, DbError::Unavailable(_))),
        ("25006", |it| matches!(it, DbError::ReadOnly)),
    ] {
        run(&format!(
            "create or replace function refuse() returns trigger language plpgsql as $$ begin \
             raise exception 'no room' using errcode = '{state}'; end $$"
        ))
        .await;
        run("create trigger refuse before insert on items for each row when (new.name = 'much') execute function refuse()").await;
        // A trial meets the same as every write.
        run(&format!(
            "create or replace function refuse_trial() returns event_trigger language plpgsql as $$ begin \
             raise exception 'no room' using errcode = '{state}'; end $$"
        ))
        .await;
        run("create event trigger refuse_trial on ddl_command_start when tag in ('CREATE TABLE AS') execute function refuse_trial()").await;
        db.ping().await.unwrap();
        let one = db.execute(&INSERT, params![1, "much"]).await.unwrap_err();
        assert!(is_it(&one), "{state}: {one:?}");
        assert!(db.ping().await.is_err(), "{state}");
        db.execute(&INSERT, params![9, "a"]).await.unwrap();
        db.ping().await.unwrap();
        run("delete from items").await;
        let grouped =
            Sql::new("insert into items (id, name) values ($1, $2) returning id").grouped();
        let refused = db.write_one::<(i64,)>(&grouped, params![1, "much"]).await;
        let refused = refused.unwrap_err();
        assert!(is_it(&refused), "{state}: {refused:?}");
        let told = db.ping().await.unwrap_err();
        assert!(is_it(&told), "{state}: {told:?}");
        assert_eq!(count(&db).await, 0, "reading goes on");
        assert!(
            db.ping().await.is_err(),
            "{state}: nothing was written since"
        );
        // Something is written again, in a transaction.
        let row = |id: i64| {
            let db = db.clone();
            async move {
                db.transaction(|tx| {
                    Box::pin(async move { tx.execute(&INSERT, params![id, "a"]).await })
                })
                .await
            }
        };
        row(2).await.unwrap();
        db.ping().await.unwrap();
        // In a transaction it is noticed as well, and where nobody writes a trial finds the end of it.
        let refused = db
            .transaction(|tx| {
                Box::pin(async move { tx.execute(&INSERT, params![3, "much"]).await })
            })
            .await;
        assert!(refused.is_err());
        assert!(db.ping().await.is_err(), "{state}");
        // What is said by statements that only look is no write.
        assert_eq!(count(&db).await, 1);
        assert!(db.ping().await.is_err(), "{state}");
        let admin = Db::connect(&DbConfig::new(server.url("postgres")))
            .await
            .unwrap();
        for sql in [
            "drop event trigger refuse_trial",
            "drop trigger refuse on items",
            "delete from items",
        ] {
            let sql = Sql::owned(String::new(), sql.to_owned());
            admin.execute(&sql, params![]).await.unwrap();
        }
        let started = Instant::now();
        while let Err(error) = db.ping().await {
            assert!(started.elapsed() < Duration::from_secs(10), "{error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
