//! The database layer in ten lines, as a service uses it.

use svcgen_runtime::db::{Db, DbConfig, DbError, FromRow, Row, Sql, params};

#[derive(Debug, PartialEq)]
struct Tag {
    id: i64,
    name: Option<String>,
}

impl FromRow for Tag {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
        })
    }
}

const CREATE: Sql = Sql::new("create table tags (id integer primary key, name text) strict");
const INSERT: Sql = Sql::new("insert into tags (name, id) values ($2, $1) returning id, name");
const UPDATE: Sql = Sql::new("update tags set name = $2 where id = $1");
const FIND: Sql = Sql::new("select id, name from tags where id = $1");

async fn rename(db: &Db, tag: &Tag, name: &str) -> Result<u64, DbError> {
    // What the closure borrows lives only as long as this call.
    db.transaction(|tx| {
        Box::pin(async move {
            let found: Tag = tx.fetch_one(&FIND, params![tag.id]).await?;
            tx.execute(&UPDATE, params![found.id, name]).await
        })
    })
    .await
}

#[tokio::test]
async fn writes_reads_and_changes() {
    let db = Db::connect(&DbConfig::new("sqlite::memory:"))
        .await
        .unwrap();
    db.execute(&CREATE, params![]).await.unwrap();
    let tag: Tag = db
        .write_one(&INSERT, params![7, Some("new")])
        .await
        .unwrap();
    assert_eq!(
        tag,
        Tag {
            id: 7,
            name: Some("new".to_owned())
        }
    );
    let name = String::from("changed");
    let task = tokio::spawn({
        let db = db.clone();
        async move { rename(&db, &tag, &name).await }
    });
    assert_eq!(task.await.unwrap().unwrap(), 1);
    let found: Option<Tag> = db.fetch_optional(&FIND, params![7]).await.unwrap();
    assert_eq!(found.unwrap().name.as_deref(), Some("changed"));
    db.close().await;
    assert!(matches!(db.ping().await, Err(DbError::Unavailable(_))));
}
