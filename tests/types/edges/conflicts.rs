//! Everything that can stand in the way of a restore, each by its code: of one record and of its
//! batch, and nothing has changed. A value that could not be converted needs a schema that changes.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::batches::made;
use crate::{LIMITEDS, NODES, NULLABLES, count, is_problem, start};

/// A record in the archive.
struct Gone {
    kind: &'static str,
    archive_id: String,
    batch: String,
    was: Value,
}

/// Removes some records of one kind together, and gives them in the order in which they are named.
async fn gone(server: &TestServer<App>, path: &'static str, records: &[Value]) -> Vec<Gone> {
    let ids: Vec<Value> = records.iter().map(|it| json!({"id": it["id"]})).collect();
    let removal = json!({ "requests": ids });
    let answer = server.post(&format!("{path}:batchDelete"), removal).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let kind = path.trim_start_matches("/v1/");
    let list = server.get(&format!("/v1/archive/{kind}")).await.body[kind].clone();
    let find = |record: &Value| {
        let archived = list.as_array().into_iter().flatten();
        let found = archived.into_iter().find(|it| it["id"] == record["id"]);
        let text = |name: &str| found.and_then(|it| it[name].as_str()).unwrap_or_default();
        Gone {
            kind,
            archive_id: text("archive_id").to_owned(),
            batch: text("archive_batch").to_owned(),
            was: record.clone(),
        }
    };
    records.iter().map(find).collect()
}

async fn run(server: &TestServer<App>, sql: &str) {
    let sql = Sql::owned(sql.to_owned(), sql.to_owned());
    let done = server.app().db.execute(&sql, Vec::new()).await;
    assert_eq!(done.ok(), Some(1), "{}", sql.text(server.app().db.engine()));
}

/// How many records there are, and the archived ones as they are seen.
async fn state(server: &TestServer<App>) -> Value {
    let mut all = Vec::new();
    for kind in ["nodes", "limiteds", "nullables"] {
        all.push(json!(count(server, kind).await));
        all.push(server.get(&format!("/v1/archive/{kind}")).await.body);
    }
    json!(all)
}

/// What stands in the way: where, and what it is called.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.body["errors"].as_array();
    let text = |it: &Value, member: &str| it[member].as_str().unwrap_or_default().to_owned();
    let errors = errors.into_iter().flatten();
    let mut told: Vec<_> = errors
        .map(|it| (text(it, "pointer"), text(it, "code")))
        .collect();
    told.sort();
    told
}

/// The record does not come back, alone or with its batch, tried or not.
async fn is_kept(server: &TestServer<App>, gone: &Gone, member: &str, code: &str) {
    let before = state(server).await;
    let Gone {
        kind,
        archive_id,
        batch,
        ..
    } = gone;
    for (path, pointer) in [
        (format!("{kind}/{archive_id}"), format!("/{member}")),
        (
            format!("batches/{batch}"),
            format!("/{kind}/{archive_id}/{member}"),
        ),
    ] {
        for query in ["", "?validate_only=true"] {
            let path = format!("/v1/archive/{path}/restore{query}");
            let refused = server.post(&path, json!({})).await;
            is_problem(&refused, 409);
            assert_eq!(refused.body["reason"], "RESTORE_CONFLICT", "{path}");
            assert_eq!(
                told(&refused),
                [(pointer.clone(), code.to_owned())],
                "{path}"
            );
        }
    }
    assert_eq!(state(server).await, before, "{code}");
}

/// A node that refers to a limited, in the archive.
async fn node(server: &TestServer<App>) -> Gone {
    let limited = json!({"id": "a", "code": "ab", "title": "t"});
    made(server, LIMITEDS, json!([limited])).await;
    let new = json!([{"name": "n", "limited_id": "a"}]);
    let node = made(server, NODES, new).await;
    gone(server, NODES, &node).await.remove(0)
}

#[tokio::test]
async fn what_is_taken_by_a_live_record() {
    let server = start().await;
    let node = node(&server).await;
    made(&server, NODES, json!([{"name": "n"}])).await;
    is_kept(&server, &node, "name", "UNIQUE_TAKEN").await;

    let server = start().await;
    let node = self::node(&server).await;
    let path = format!("{NODES}/{}", node.was["id"].as_str().unwrap_or_default());
    let same = server
        .request(Method::PUT, &path)
        .json(json!({"name": "m"}));
    assert_eq!(same.send().await.status, 201);
    is_kept(&server, &node, "id", "ID_TAKEN").await;
}

#[tokio::test]
async fn what_it_refers_to_is_archived_or_gone_for_good() {
    let server = start().await;
    let node = node(&server).await;
    let removed = server.delete(&format!("{LIMITEDS}/a")).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    is_kept(&server, &node, "limited_id", "PARENT_ARCHIVED").await;
    run(&server, "delete from limiteds_archive").await;
    is_kept(&server, &node, "limited_id", "PARENT_MISSING").await;
}

#[tokio::test]
async fn what_breaks_a_rule_of_today() {
    let server = start().await;
    let node = node(&server).await;
    run(&server, "update nodes_archive set name = null").await;
    is_kept(&server, &node, "name", "REQUIRED_VALUE_MISSING").await;
    let long = "n".repeat(41);
    run(
        &server,
        &format!("update nodes_archive set name = '{long}'"),
    )
    .await;
    is_kept(&server, &node, "name", "CHECK_FAILED").await;

    let nullable = made(&server, NULLABLES, json!([{"enum": "one"}])).await;
    let nullable = gone(&server, NULLABLES, &nullable).await.remove(0);
    run(&server, "update nullables_archive set enum = 'three'").await;
    is_kept(&server, &nullable, "enum", "ENUM_VALUE_REMOVED").await;
}

#[tokio::test]
async fn what_came_to_be_the_same_twice() {
    let server = start().await;
    let nodes = made(&server, NODES, json!([{"name": "n"}, {"name": "m"}])).await;
    let both = gone(&server, NODES, &nodes).await;
    run(
        &server,
        "update nodes_archive set name = 'n' where name = 'm'",
    )
    .await;
    let before = state(&server).await;
    let path = format!("/v1/archive/batches/{}/restore", both[0].batch);
    let refused = server.post(&path, json!({})).await;
    is_problem(&refused, 409);
    let each = both
        .iter()
        .map(|it| format!("/nodes/{}/name", it.archive_id));
    let mut each: Vec<_> = each.map(|it| (it, "UNIQUE_TWICE".to_owned())).collect();
    each.sort();
    assert_eq!(told(&refused), each);
    assert_eq!(state(&server).await, before);
}
