//! A table of items on SQLite, and ways to fill it.

use std::time::Duration;

use svcgen_runtime::db::{Db, DbConfig, DbError, Sql, params};

use super::TestDb;

pub const CREATE: Sql = Sql::new(
    "create table items (id integer primary key, name text unique check (name <> 'bad'), parent integer references items (id) deferrable initially deferred) strict",
);
pub const INSERT: Sql = Sql::new("insert into items (id, name) values ($1, $2)");
pub const RETURN: Sql = Sql::new("insert into items (id, name) values ($1, $2) returning id, name");
pub const NAMES: Sql = Sql::new("select name from items order by id");
pub const COUNT: Sql = Sql::new("select count(*) from items");

pub async fn count(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(&COUNT, params![]).await.unwrap().0
}

pub async fn names(db: &Db) -> Vec<String> {
    db.fetch_all::<(String,)>(&NAMES, params![])
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.0)
        .collect()
}

pub async fn items() -> TestDb {
    let it = super::sqlite().await;
    it.db.execute(&CREATE, params![]).await.unwrap();
    it
}

pub async fn opened(change: impl FnOnce(&mut DbConfig)) -> (Db, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut config = DbConfig::new(format!("sqlite://{}/test.db", directory.path().display()));
    change(&mut config);
    let db = Db::connect(&config).await.unwrap();
    db.execute(&CREATE, params![]).await.unwrap();
    (db, directory)
}

/// Sends everything at once while a transaction holds the writer, so that it becomes one group.
pub async fn grouped<T: Send + 'static>(
    db: &Db,
    calls: Vec<impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let (holds, held) = tokio::sync::oneshot::channel::<()>();
    let holder = tokio::spawn({
        let db = db.clone();
        async move {
            db.transaction::<_, DbError, _>(|_| {
                Box::pin(async move {
                    holds.send(()).unwrap();
                    released.await.unwrap();
                    Ok(())
                })
            })
            .await
        }
    });
    held.await.unwrap();
    let tasks: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
