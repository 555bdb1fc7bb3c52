//! Removals by a filter: what matches goes as one batch, and nothing else does.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::batches::made;
use crate::{LABELS, NODES, count, is_problem, start};

async fn remove(server: &TestServer<App>, path: &str, query: &str) -> Answer {
    let path = format!("{path}:deleteMatching?{query}");
    server.request(Method::POST, &path).send().await
}

fn ids(records: &[Value]) -> Vec<&Value> {
    records.iter().map(|it| &it["id"]).collect()
}

async fn nodes(server: &TestServer<App>, names: &[&str]) -> Vec<Value> {
    let new: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    made(server, NODES, json!(new)).await
}

#[tokio::test]
async fn what_matches_goes_as_one_batch() {
    let server = start().await;
    let all = nodes(&server, &["old-a", "new-a", "old-b", "new-b"]).await;
    let filter = "filter=name=%22old-*%22";

    let tried = remove(&server, NODES, &format!("{filter}&validate_only=true")).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["ids"], json!([all[2]["id"], all[0]["id"]]));
    assert_eq!(count(&server, "nodes").await, 4);

    let removed = remove(&server, NODES, &format!("{filter}&reason=too+old")).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(removed.body["ids"], tried.body["ids"]);
    assert_eq!(count(&server, "nodes").await, 2);
    let batch = removed.body["batch"].as_str().unwrap_or_default();
    let archived = server
        .get(&format!(
            "/v1/archive/nodes?filter=archive_batch=%22{batch}%22"
        ))
        .await;
    assert_eq!(
        archived.body["nodes"].as_array().map(Vec::len),
        Some(2),
        "{}",
        archived.body
    );
    assert_eq!(archived.body["nodes"][0]["archive_reason"], "too old");

    let restored = server
        .post(&format!("/v1/archive/batches/{batch}/restore"), json!({}))
        .await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(count(&server, "nodes").await, 4);

    let none = remove(&server, NODES, "filter=name=%22nobody%22").await;
    assert_eq!(
        (none.status.as_u16(), &none.body),
        (200, &json!({ "ids": [] }))
    );
}

#[tokio::test]
async fn what_matches_too_goes_before_what_it_refers_to() {
    let server = start().await;
    let first = nodes(&server, &["rival"]).await;
    let second = made(
        &server,
        NODES,
        json!([{ "name": "other", "rival_id": first[0]["id"] }]),
    )
    .await;
    let kept = remove(&server, NODES, "filter=name=%22rival%22").await;
    is_problem(&kept, 409);
    assert_eq!(kept.body["metadata"]["id"], first[0]["id"], "{}", kept.body);
    assert_eq!(count(&server, "nodes").await, 2);
    let removed = remove(&server, NODES, "filter=name:*").await;
    assert_eq!(
        removed.body["ids"],
        json!([second[0]["id"], first[0]["id"]]),
        "{}",
        removed.body
    );
}

/// A child that its parent takes along is removed with it, and counts as removed.
#[tokio::test]
async fn what_another_takes_along_is_removed_once() {
    let server = start().await;
    let parent = nodes(&server, &["parent"]).await;
    let child = made(
        &server,
        NODES,
        json!([{ "name": "child", "parent_id": parent[0]["id"] }]),
    )
    .await;
    let removed = remove(&server, NODES, "filter=name:*").await;
    assert_eq!(
        removed.body["ids"],
        json!([child[0]["id"], parent[0]["id"]]),
        "{}",
        removed.body
    );
    assert_eq!(count(&server, "nodes_archive").await, 2);
}

#[tokio::test]
async fn other_ids_and_hard_removals_know_it_too() {
    let server = start().await;
    made(
        &server,
        LABELS,
        json!([{"id": "a"}, {"id": "b", "color": "red"}, {"id": "c", "color": "red"}]),
    )
    .await;
    let removed = remove(&server, LABELS, "filter=color=%22red%22").await;
    assert_eq!(
        (removed.status.as_u16(), &removed.body),
        (200, &json!({ "ids": ["c", "b"] }))
    );
    assert_eq!(count(&server, "labels").await, 1);
}

#[tokio::test]
async fn who_does_not_say_which_removes_nothing() {
    let server = start().await;
    nodes(&server, &["a", "b"]).await;
    for (query, code) in [
        ("", "REQUIRED"),
        ("filter=", "INVALID_FILTER"),
        ("filter=+", "INVALID_FILTER"),
        ("filter=no_such_field=1", "INVALID_FILTER"),
        (
            "filter=name=%22a%22&filter=name=%22b%22",
            "DUPLICATE_PARAMETER",
        ),
        (
            "filter=name=%22a%22&allow_missing=true",
            "UNKNOWN_PARAMETER",
        ),
        ("filter=name=%22a%22&validate_only=maybe", "INVALID_BOOLEAN"),
    ] {
        let refused = remove(&server, NODES, query).await;
        is_problem(&refused, 400);
        assert_eq!(
            refused.body["errors"][0]["code"], code,
            "{query}: {}",
            refused.body
        );
    }
    assert_eq!(count(&server, "nodes").await, 2);
}

#[tokio::test]
async fn too_many_are_not_removed_at_all() {
    let server = start().await;
    let new: Vec<Value> = (0..1000)
        .map(|n| json!({ "id": format!("l{n:04}"), "color": "red" }))
        .collect();
    made(&server, LABELS, json!(new)).await;
    made(
        &server,
        LABELS,
        json!([{ "id": "one more", "color": "green" }]),
    )
    .await;
    let refused = remove(&server, LABELS, "filter=color:*").await;
    is_problem(&refused, 409);
    assert_eq!(
        refused.body["reason"], "TOO_MANY_MATCHES",
        "{}",
        refused.body
    );
    assert_eq!(count(&server, "labels").await, 1001);
    let removed = remove(&server, LABELS, "filter=color=%22red%22").await;
    assert_eq!(removed.body["ids"].as_array().map(Vec::len), Some(1000));
}

#[tokio::test]
async fn a_key_removes_once() {
    let server = start().await;
    let first = nodes(&server, &["a"]).await;
    let path = format!("{NODES}:deleteMatching?filter=name=%22a%22");
    let send = || {
        let request = server.request(Method::POST, &path);
        request.header("idempotency-key", "\"once\"").send()
    };
    let removed = send().await;
    assert_eq!(removed.body["ids"], json!(ids(&first)), "{}", removed.body);
    nodes(&server, &["a"]).await;
    let again = send().await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, removed.body);
    assert_eq!(count(&server, "nodes").await, 1);
}

/// It is asked once more when the records are held: what has changed by then is no longer meant.
#[tokio::test]
async fn what_matches_no_longer_stays() {
    let server = Arc::new(start().await);
    let all = nodes(&server, &["old-a", "old-b"]).await;
    let mut change = server.app().db.begin().await.expect("a transaction");
    let renamed = Sql::new("update nodes set name = 'kept' where name = 'old-a'");
    let changed = change.execute(&renamed, Vec::new()).await;
    assert_eq!(changed.ok(), Some(1));
    let sender = Arc::clone(&server);
    let removal =
        tokio::spawn(async move { remove(&sender, NODES, "filter=name=%22old-*%22").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!removal.is_finished(), "it waits for the change");
    change.commit().await.expect("committed");
    let removed = removal.await.expect("an answer");
    assert_eq!(
        removed.body["ids"],
        json!([all[1]["id"]]),
        "{}",
        removed.body
    );
    assert_eq!(count(&server, "nodes").await, 1);
}
