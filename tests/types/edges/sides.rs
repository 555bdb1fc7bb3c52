//! Links of records with their own kind: each end shows them, and is another version when they change.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::TestServer;
use types::app::App;

use crate::batches::{batch, made};
use crate::links::{change, node};
use crate::writes::join_all;
use crate::{LABELS, NODES, start};

fn at(node: &Value) -> String {
    format!("{NODES}/{}", node["id"].as_str().unwrap_or_default())
}

/// The versions of some nodes.
async fn versions(server: &TestServer<App>, nodes: &[&Value]) -> Vec<i64> {
    let mut versions = Vec::new();
    for node in nodes {
        let found = server.get(&at(node)).await;
        assert_eq!(found.status, 200, "{}", found.body);
        versions.push(found.body["version"].as_i64().unwrap_or_default());
    }
    versions
}

#[tokio::test]
async fn whoever_is_admired_changes_with_the_admirer() {
    let server = start().await;
    let first = node(&server, json!({})).await;
    let second = node(&server, json!({"friend_ids": [first["id"]]})).await;
    let both = [&first, &second];
    assert_eq!(versions(&server, &both).await, [2, 1], "create");
    let found = server.get(&at(&first)).await.body;
    assert_eq!(found["admirer_ids"], json!([second["id"]]));

    // A node that is its own friend is written once.
    let friends = json!({"friend_ids": [first["id"], second["id"]]});
    let changed = change(&server, &second, friends).await;
    assert_eq!(changed.body["version"], 2, "{}", changed.body);
    assert_eq!(changed.body["admirer_ids"], json!([second["id"]]));
    assert_eq!(versions(&server, &both).await, [2, 2], "friend of itself");

    // From the other end, and of both ends at once.
    let changed = change(&server, &first, json!({"admirer_ids": []})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(versions(&server, &both).await, [3, 3], "no admirers");
    let whole =
        json!({"name": first["name"], "friend_ids": [second["id"]], "admirer_ids": [second["id"]]});
    let request = server.request(Method::PUT, &at(&first)).json(whole);
    let written = request.send().await;
    assert_eq!(written.status, 200, "{}", written.body);
    assert_eq!(versions(&server, &both).await, [4, 5], "PUT");
    let stale = server.request(Method::PATCH, &at(&second));
    let stale = stale
        .header("if-match", "\"3\"")
        .header("content-type", "application/merge-patch+json");
    let stale = stale.json(json!({"admirer_ids": []})).send().await;
    assert_eq!(stale.status, 412, "{}", stale.body);
}

#[tokio::test]
async fn in_batches() {
    let server = start().await;
    let idol = node(&server, json!({})).await;
    let new = json!([
        {"name": "x", "friend_ids": [idol["id"]]},
        {"name": "y", "friend_ids": [idol["id"]]},
        {"name": "z"},
    ]);
    let all = made(&server, NODES, new).await;
    let nodes = [&idol, &all[0], &all[1], &all[2]];
    assert_eq!(versions(&server, &nodes).await, [2, 1, 1, 1], "create");
    let changes = json!([
        {"id": all[0]["id"], "changes": {"friend_ids": [all[1]["id"]]}},
        {"id": all[1]["id"], "changes": {"name": "yy"}},
    ]);
    let changed = batch(&server, NODES, "Update", changes).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(versions(&server, &nodes).await, [3, 2, 3, 1], "change");
}

/// Whoever stays is another version, whichever end goes and comes back; what goes along does not
/// keep the removal from happening.
#[tokio::test]
async fn one_end_goes_and_comes_back() {
    let server = start().await;
    let top = node(&server, json!({})).await;
    let friends = json!({"parent_id": top["id"], "friend_ids": [top["id"]]});
    let child = node(&server, friends).await;
    let stays = node(
        &server,
        json!({"friend_ids": [top["id"], child["id"]], "original_id": top["id"]}),
    )
    .await;
    let admired = node(&server, json!({"admirer_ids": [child["id"]]})).await;
    let others = [&stays, &admired];
    assert_eq!(versions(&server, &others).await, [1, 1]);

    let removed = server.delete(&at(&top)).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(versions(&server, &others).await, [2, 2], "removed");
    let left = server.get(&at(&stays)).await.body;
    assert_eq!(
        (&left["friend_ids"], &left["original_id"]),
        (&json!([]), &Value::Null)
    );

    let archived = server.get("/v1/archive/nodes").await.body["nodes"][0].clone();
    let batch = archived["archive_batch"].as_str().unwrap_or_default();
    let back = format!("/v1/archive/batches/{batch}/restore");
    let restored = server.post(&back, json!({})).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    let after = versions(&server, &others).await;
    assert!(after[0] > 2 && after[1] > 2, "{after:?}");
    let found = server.get(&at(&stays)).await.body;
    assert_eq!(found["friend_ids"].as_array().map(Vec::len), Some(2));
    let found = server.get(&at(&admired)).await.body;
    assert_eq!(found["admirer_ids"], json!([child["id"]]));
}

/// A label shows no nodes, so that nothing of it changes.
#[tokio::test]
async fn an_end_that_shows_nothing_stays() {
    let server = start().await;
    server.post(LABELS, json!({"id": "a"})).await;
    let before = server.get(&format!("{LABELS}/a")).await;
    let node = node(&server, json!({"label_ids": ["a"]})).await;
    change(&server, &node, json!({"label_ids": []})).await;
    let after = server.get(&format!("{LABELS}/a")).await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
    // But a node shows its labels.
    change(&server, &node, json!({"label_ids": ["a"]})).await;
    assert_eq!(server.delete(&format!("{LABELS}/a")).await.status, 204);
    assert_eq!(versions(&server, &[&node]).await, [4]);
}

/// Changes of the same two nodes, each the other's friend, wait for each other in one order.
#[tokio::test(flavor = "multi_thread")]
async fn friends_of_each_other_at_once() {
    let server = start().await;
    let first = node(&server, json!({})).await;
    let second = node(&server, json!({})).await;
    let own = |n: usize| {
        if n.is_multiple_of(2) {
            (&first, &second)
        } else {
            (&second, &first)
        }
    };
    for _ in 0..4 {
        let server = &server;
        let changes = (0..8).map(|n| async move {
            let (own, other) = own(n);
            let mut friends = vec![&other["id"]];
            friends.extend((n % 3 == 0).then_some(&own["id"]));
            change(server, own, json!({ "friend_ids": friends })).await
        });
        for answer in join_all(changes).await {
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }
    // Each is another version for every write of its own, and for every link that came or went.
    let both = [&first, &second];
    assert!(versions(&server, &both).await.iter().all(|it| *it >= 17));
}
