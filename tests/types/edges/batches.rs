//! Several records in one request: all of it happens, in order, or nothing; and the element that is at fault is named.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::{LABELS, LIMITEDS, NODES, NULLABLES, count, is_problem, start};

pub async fn batch(
    server: &TestServer<App>,
    collection: &str,
    verb: &str,
    requests: Value,
) -> Answer {
    let path = format!("{collection}:batch{verb}");
    server.post(&path, json!({ "requests": requests })).await
}

/// Creates some records, and gives them back.
pub async fn made(server: &TestServer<App>, collection: &str, requests: Value) -> Vec<Value> {
    let answer = batch(server, collection, "Create", requests).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let member = collection.trim_start_matches("/v1/");
    answer.body[member].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_batch_keeps_its_order() {
    let server = start().await;
    let label = json!([{"id": "b"}, {"id": "a"}]);
    made(&server, LABELS, label).await;
    let nodes: Vec<Value> = (0..40)
        .rev()
        .map(|n| json!({"name": format!("n{n:02}"), "label_ids": if n % 2 == 0 { json!(["a", "b"]) } else { json!([]) }}))
        .collect();
    let created = made(&server, NODES, json!(nodes)).await;
    assert_eq!(created.len(), 40);
    for (sent, created) in nodes.iter().zip(&created) {
        assert_eq!(created["name"], sent["name"]);
        assert_eq!(created["label_ids"], sent["label_ids"]);
        assert_eq!(created["version"], 1);
    }
    let ids: Vec<&str> = created
        .iter()
        .rev()
        .filter_map(|it| it["id"].as_str())
        .collect();
    let query = ids.join("&ids=");
    let found = server
        .get(&format!("{NODES}:batchGet?ids={query}&ids={}", ids[0]))
        .await;
    assert_eq!(found.status, 200, "{}", found.body);
    let found = found.body["nodes"].as_array().cloned().unwrap_or_default();
    let order: Vec<&str> = found.iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!((&order[..40], order[40]), (&ids[..], ids[0]));
    assert_eq!(found[0], created[39]);

    let seen = server
        .get(&format!(
            "{NODES}:batchGet?ids={}&read_mask=name&include=labels",
            ids[0]
        ))
        .await;
    assert_eq!(
        seen.body,
        json!({"nodes": [{"name": "n00", "labels": [
            {"id": "b", "color": null}, {"id": "a", "color": null},
        ]}]})
    );
}

#[tokio::test]
async fn records_with_every_kind_of_id() {
    let server = start().await;
    let numbered = made(&server, NULLABLES, json!([{"int": 3}, {}, {"int": 1}])).await;
    assert_eq!(
        numbered[0]["id"].as_i64().map(|it| it + 2),
        numbered[2]["id"].as_i64()
    );
    let named = json!([{"id": "ü/ ?", "code": "ab", "title": "x"}, {"id": "a", "code": "cd", "title": "y"}]);
    let named = made(&server, LIMITEDS, named).await;
    let found = server
        .get(&format!("{LIMITEDS}:batchGet?ids=a&ids=%C3%BC%2F%20%3F"))
        .await;
    assert_eq!(found.body["limiteds"], json!([named[1], named[0]]));
    let changed = batch(
        &server,
        LIMITEDS,
        "Update",
        json!([
            {"id": "ü/ ?", "etag": "\"1\"", "changes": {"title": "z"}},
            {"id": "a", "changes": {}},
        ]),
    )
    .await;
    assert_eq!(
        changed.body["limiteds"][0]["title"], "z",
        "{}",
        changed.body
    );
    assert_eq!(changed.body["limiteds"][0]["version"], 2);
    assert_eq!(changed.body["limiteds"][1], named[1]);
    let ids: Vec<Value> = numbered.iter().map(|it| json!({"id": it["id"]})).collect();
    assert_eq!(
        batch(&server, NULLABLES, "Delete", json!(ids)).await.status,
        204
    );
    assert_eq!(count(&server, "nullables").await, 0);
}

#[tokio::test]
async fn a_batch_of_removals_is_one_batch_of_the_archive() {
    let server = start().await;
    let parents = made(&server, NODES, json!([{"name": "p"}, {"name": "q"}])).await;
    let child = made(
        &server,
        NODES,
        json!([{"name": "c", "parent_id": parents[0]["id"]}]),
    )
    .await;
    // The child goes with its parent, and is no longer there when it is its turn.
    let all = [&parents[0], &child[0], &parents[1]];
    let requests: Vec<Value> = all
        .iter()
        .map(|it| json!({"id": it["id"], "etag": "\"1\""}))
        .collect();
    assert_eq!(
        batch(&server, NODES, "Delete", json!(requests))
            .await
            .status,
        204
    );
    assert_eq!(count(&server, "nodes").await, 0);
    let archived = server.get("/v1/archive/nodes").await.body;
    let archived = archived["nodes"].as_array().cloned().unwrap_or_default();
    assert_eq!(archived.len(), 3, "{archived:?}");
    assert!(
        archived
            .iter()
            .all(|it| it["archive_batch"] == archived[0]["archive_batch"])
    );
    let batch_id = archived[0]["archive_batch"].as_str().unwrap_or_default();
    let restored = server
        .post(
            &format!("/v1/archive/batches/{batch_id}/restore"),
            json!({}),
        )
        .await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(count(&server, "nodes").await, 3);
}

#[tokio::test]
async fn a_batch_can_be_tried_and_repeated() {
    let server = start().await;
    let two = json!({"requests": [{"name": "a"}, {"name": "b"}]});
    let create = format!("{NODES}:batchCreate");
    let tried = server
        .post(&format!("{create}?validate_only=true"), two.clone())
        .await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["nodes"][1]["name"], "b");
    assert_eq!(count(&server, "nodes").await, 0);
    let keyed = |path: String, body: Value| {
        let request = server.request(Method::POST, &path).json(body);
        request.header("idempotency-key", "k").send()
    };
    let first = keyed(create.clone(), two.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let again = keyed(create.clone(), two).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.bytes, first.bytes);
    is_problem(
        &keyed(create, json!({"requests": [{"name": "c"}]})).await,
        422,
    );
    assert_eq!(count(&server, "nodes").await, 2);

    let id = &first.body["nodes"][0]["id"];
    let change = json!({"requests": [{"id": id, "update_mask": "name,parent_id", "changes": {"name": "z"}}]});
    for replayed in ["", "true"] {
        let changed = keyed(format!("{NODES}:batchUpdate"), change.clone()).await;
        assert_eq!(changed.body["nodes"][0]["version"], 2, "{}", changed.body);
        assert_eq!(changed.header("idempotency-replayed"), replayed);
    }
    let remove = json!({"requests": [{"id": id}]});
    let tried = server
        .post(
            &format!("{NODES}:batchDelete?validate_only=true"),
            remove.clone(),
        )
        .await;
    assert_eq!(tried.status, 204);
    for replayed in ["", "true"] {
        let removed = keyed(format!("{NODES}:batchDelete"), remove.clone()).await;
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert_eq!(removed.header("idempotency-replayed"), replayed);
    }
    assert_eq!(count(&server, "nodes").await, 1);
}

/// Batches that hold the same records in opposite orders never wait for each other for ever.
#[tokio::test(flavor = "multi_thread")]
async fn batches_of_the_same_records_at_once() {
    let server = start().await;
    let names: Vec<Value> = (0..20).map(|n| json!({"name": format!("n{n}")})).collect();
    let nodes = made(&server, NODES, json!(names)).await;
    let change = |n: usize| {
        let mut requests: Vec<Value> = nodes
            .iter()
            .enumerate()
            .map(|(at, it)| json!({"id": it["id"], "changes": {"name": format!("n{at}-{n}")}}))
            .collect();
        if n.is_multiple_of(2) {
            requests.reverse();
        }
        let server = &server;
        async move { batch(server, NODES, "Update", json!(requests)).await }
    };
    let answers = crate::writes::join_all((0..8).map(change)).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let found = server.get(NODES).await.body;
    let versions = found["nodes"].as_array().cloned().unwrap_or_default();
    assert!(versions.iter().all(|it| it["version"] == 9), "{found}");
}
