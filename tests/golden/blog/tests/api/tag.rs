//! Tags, as a caller meets them.

use blog::app::App;
use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::TestServer;

use crate::support;

/// The body of a request that creates a tag, with whatever it refers to.
pub async fn sample(_server: &TestServer<App>) -> Value {
    let n = support::next();
    json!({
        "name": format!("name {n}"),
    })
}

/// Creates a tag.
pub async fn create(server: &TestServer<App>) -> Value {
    let answer = server.post("/v1/tags", sample(server).await).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn tag_is_created_and_found() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;

    let created = server.post("/v1/tags", body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["name"], body["name"]);

    let path = created.header("location");
    let found = server.get(path).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body, created.body);
    assert_eq!(found.header("etag"), "\"1\"");
}

#[tokio::test]
async fn tag_is_refused_with_every_reason_at_once() {
    let server = TestServer::<App>::start().await;
    let answer = server.post("/v1/tags", json!({})).await;
    assert_eq!(answer.status, 422);
    let pointers: Vec<&str> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    let missing = ["/name"];
    let are_named = missing.iter().all(|pointer| pointers.contains(pointer));
    assert!(are_named, "{pointers:?}");
}

#[tokio::test]
async fn tag_is_changed_unless_another_change_came_first() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server.post("/v1/tags", body).await;
    let path = created.header("location");
    let other = sample(&server).await;

    let change = json!({ "name": other["name"] });
    let changed = server.patch(path, change.clone()).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["name"], other["name"]);
    assert_eq!(changed.body["version"], 2);

    let stale = server
        .request(Method::PATCH, path)
        .header("if-match", "\"1\"")
        .json(change)
        .send()
        .await;
    assert_eq!(stale.status, 412, "{}", stale.body);
}

#[tokio::test]
async fn tag_is_removed_once() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server.post("/v1/tags", body).await;
    let path = created.header("location");

    let removal = path;
    let remove = || server.delete(removal);
    assert_eq!(remove().await.status, 204);
    assert_eq!(server.get(path).await.status, 404);
    assert_eq!(remove().await.status, 404);
}

#[tokio::test]
async fn tags_are_listed_page_by_page() {
    let server = TestServer::<App>::start().await;
    for _ in 0..3 {
        create(&server).await;
    }
    let first = server.get("/v1/tags?page_size=2").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["tags"].as_array().map(Vec::len), Some(2));

    let token = first.body["next_page_token"].as_str().unwrap_or_default();
    let second = server
        .get(&format!("/v1/tags?page_size=2&page_token={token}"))
        .await;
    assert_eq!(second.body["tags"].as_array().map(Vec::len), Some(1));
    assert_eq!(second.body.get("next_page_token"), None);

    let token = second.body["previous_page_token"]
        .as_str()
        .unwrap_or_default();
    let back = server
        .get(&format!("/v1/tags?page_size=2&page_token={token}"))
        .await;
    assert_eq!(back.body["tags"], first.body["tags"]);
    assert_eq!(back.body.get("previous_page_token"), None);
}

#[tokio::test]
async fn tags_are_ordered_filtered_and_counted() {
    let server = TestServer::<App>::start().await;
    for _ in 0..3 {
        create(&server).await;
    }
    for order in ["name", "name+desc", "id", "id+desc"] {
        let page = server
            .get(&format!("/v1/tags?read_mask=id&order_by={order}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.body["tags"].as_array().map(Vec::len), Some(3));
    }
    let counted = server.get("/v1/tags:aggregate?measures=count()").await;
    assert_eq!(counted.body["groups"][0]["measures"]["count()"], 3);
    let refused = server.get("/v1/tags?filter=no_such_field:*").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
}
