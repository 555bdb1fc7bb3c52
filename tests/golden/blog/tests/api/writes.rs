//! How records are written, whatever they are: under conditions, under keys, and several at once.

use blog::app::App;
use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};

/// How many records of a kind there are.
async fn count(server: &TestServer<App>, path: &str) -> Value {
    let counted = server
        .get(&format!("{path}:aggregate?measures=count()"))
        .await;
    counted.body["groups"][0]["measures"]["count()"].clone()
}

/// Sends several requests as one.
async fn batch(server: &TestServer<App>, path: &str, requests: Value) -> Answer {
    let request = server.request(Method::POST, path).keyed();
    request.json(json!({ "requests": requests })).send().await
}

/// A request that is sent twice is done once, and its key is of no use to another.
async fn is_done_once(server: &TestServer<App>, path: &str, body: Value, other: Option<Value>) {
    let key = "\"0190d6f0-7c3e-7a60-b5ab-0c8b7a8f3c11\"";
    let send = |body: Value| {
        let request = server.request(Method::POST, path).json(body);
        request.header("idempotency-key", key).send()
    };
    let first = send(body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = send(body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, again.body), (first.status, first.body));
    if let Some(other) = other {
        let refused = send(other).await;
        assert_eq!(
            refused.body["reason"], "IDEMPOTENCY_KEY_REUSED",
            "{}",
            refused.body
        );
    }
    assert_eq!(count(server, path).await, 1);
}

/// Several records are made, read and removed in order; one that is not right leaves all as it was.
async fn go_together(
    server: &TestServer<App>,
    path: &str,
    records: &str,
    new: [Value; 3],
    removal: &str,
) {
    let bad = batch(server, &format!("{path}:batchCreate"), json!([new[0], 7])).await;
    assert_eq!(bad.status, 422, "{}", bad.body);
    assert_eq!(bad.body["errors"][0]["pointer"], "/requests/1");
    assert_eq!(count(server, path).await, 0);

    let made = batch(server, &format!("{path}:batchCreate"), json!(new)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let made = made.body[records].as_array().cloned().unwrap_or_default();
    let id = |record: &Value| {
        record["id"]
            .as_str()
            .map_or_else(|| record["id"].to_string(), str::to_owned)
    };
    let backwards: Vec<Value> = made.iter().rev().cloned().collect();
    let ids: Vec<String> = backwards
        .iter()
        .map(|it| format!("ids={}", id(it)))
        .collect();
    let found = server
        .get(&format!("{path}:batchGet?{}", ids.join("&")))
        .await;
    assert_eq!(found.body[records], json!(backwards), "{}", found.body);

    let target = |record: &Value| {
        let mut target = json!({ "id": record["id"] });
        if !record["version"].is_null() {
            target["etag"] = json!(format!("\"{}\"", record["version"]));
        }
        target
    };
    let mut targets: Vec<Value> = made.iter().map(target).collect();
    targets.push(targets[0].clone());
    let remove = format!("{path}:batchDelete{removal}");
    let twice = batch(server, &remove, json!(targets)).await;
    assert_eq!(twice.status, 422, "{}", twice.body);
    assert_eq!(twice.body["errors"][0]["pointer"], "/requests/3/id");
    assert_eq!(count(server, path).await, 3);
    targets.pop();
    let removed = batch(server, &remove, json!(targets)).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(count(server, path).await, 0);
}

/// What a filter matches is removed, and nothing else.
async fn leave_by_a_filter(
    server: &TestServer<App>,
    path: &str,
    column: &str,
    new: [Value; 3],
    removal: &str,
) {
    let made = batch(server, &format!("{path}:batchCreate"), json!(new)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    for (operator, trial, left) in [
        ("AND", "", 3),
        ("OR", "&validate_only=true", 3),
        ("OR", "", 0),
    ] {
        let filter = format!("filter={column}:*+{operator}+NOT+{column}:*");
        let matching = format!("{path}:deleteMatching?{filter}{removal}{trial}");
        let removed = server.request(Method::POST, &matching).keyed().send().await;
        assert_eq!(removed.status, 200, "{}", removed.body);
        let ids = removed.body["ids"].as_array().map_or(0, Vec::len);
        assert_eq!(ids, if operator == "OR" { 3 } else { 0 });
        assert_eq!(count(server, path).await, left);
    }
}

/// A record is made under the id that the caller chooses, and only if it is not there.
async fn is_made_where_it_is_missing(server: &TestServer<App>, path: &str, new: Value) {
    let id = new["id"]
        .as_str()
        .unwrap_or("0190d6f0-7c3e-7a60-b5ab-0c8b7a8f3c11");
    let own = format!("{path}/{id}");
    let put = || {
        let request = server
            .request(Method::PUT, &own)
            .header("if-none-match", "*");
        request.json(new.clone()).send()
    };
    let made = put().await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("location"), own);
    assert_eq!(server.get(&own).await.body, made.body);
    assert_eq!(put().await.status, 412);
}

/// A record is read, replaced and changed only at the version that the caller knows.
async fn has_versions(
    server: &TestServer<App>,
    path: &str,
    whole: Value,
    changed: &str,
    value: Value,
) {
    let created = server
        .request(Method::POST, path)
        .keyed()
        .json(whole.clone())
        .send()
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    let own = created.header("location");
    let known = server
        .request(Method::GET, own)
        .header("if-none-match", "\"1\"")
        .send()
        .await;
    assert_eq!(known.status, 304);

    let mut other = whole;
    other[changed] = value.clone();
    let put = |tag: &'static str| {
        let request = server.request(Method::PUT, own).header("if-match", tag);
        request.json(other.clone()).send()
    };
    let replaced = put("\"1\"").await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.header("etag"), "\"2\"");
    assert_eq!(put("\"1\"").await.status, 412);

    let patch = |mask: &str| {
        let masked = format!("{own}?update_mask={mask}");
        let request = server
            .request(Method::PATCH, &masked)
            .keyed()
            .header("if-match", "\"2\"");
        request.json(json!({ changed: value.clone() })).send()
    };
    assert_eq!(patch("no_such_field").await.status, 400);
    assert_eq!(patch(changed).await.header("etag"), "\"3\"");
    assert_eq!(patch(changed).await.status, 412);
}

#[tokio::test]
async fn author_is_created_once_under_a_key() {
    let server = TestServer::<App>::start().await;
    let body = crate::author::sample(&server).await;
    let other = Some(crate::author::sample(&server).await);
    is_done_once(&server, "/v1/authors", body, other).await;
}

#[tokio::test]
async fn authors_are_written_together() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::author::sample(&server).await,
        crate::author::sample(&server).await,
        crate::author::sample(&server).await,
    ];
    go_together(&server, "/v1/authors", "authors", new, "").await;
}

#[tokio::test]
async fn authors_leave_by_a_filter() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::author::sample(&server).await,
        crate::author::sample(&server).await,
        crate::author::sample(&server).await,
    ];
    leave_by_a_filter(&server, "/v1/authors", "email", new, "").await;
}

#[tokio::test]
async fn author_is_made_where_it_is_missing() {
    let server = TestServer::<App>::start().await;
    let new = crate::author::sample(&server).await;
    is_made_where_it_is_missing(&server, "/v1/authors", new).await;
}

#[tokio::test]
async fn author_is_written_under_conditions() {
    let server = TestServer::<App>::start().await;
    let whole = crate::author::sample(&server).await;
    let other = crate::author::sample(&server).await;
    let value = other["name"].clone();
    has_versions(&server, "/v1/authors", whole, "name", value).await;
}

#[tokio::test]
async fn comment_is_created_once_under_a_key() {
    let server = TestServer::<App>::start().await;
    let body = crate::comment::sample(&server).await;
    let other = Some(crate::comment::sample(&server).await);
    is_done_once(&server, "/v1/comments", body, other).await;
}

#[tokio::test]
async fn comments_are_written_together() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::comment::sample(&server).await,
        crate::comment::sample(&server).await,
        crate::comment::sample(&server).await,
    ];
    go_together(&server, "/v1/comments", "comments", new, "").await;
}

#[tokio::test]
async fn comments_leave_by_a_filter() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::comment::sample(&server).await,
        crate::comment::sample(&server).await,
        crate::comment::sample(&server).await,
    ];
    leave_by_a_filter(&server, "/v1/comments", "post_id", new, "").await;
}

#[tokio::test]
async fn comment_is_made_where_it_is_missing() {
    let server = TestServer::<App>::start().await;
    let new = crate::comment::sample(&server).await;
    is_made_where_it_is_missing(&server, "/v1/comments", new).await;
}

#[tokio::test]
async fn comment_is_written_under_conditions() {
    let server = TestServer::<App>::start().await;
    let whole = crate::comment::sample(&server).await;
    let other = crate::comment::sample(&server).await;
    let value = other["author"].clone();
    has_versions(&server, "/v1/comments", whole, "author", value).await;
}

#[tokio::test]
async fn post_is_created_once_under_a_key() {
    let server = TestServer::<App>::start().await;
    let body = crate::post::sample(&server).await;
    let other = Some(crate::post::sample(&server).await);
    is_done_once(&server, "/v1/posts", body, other).await;
}

#[tokio::test]
async fn posts_are_written_together() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::post::sample(&server).await,
        crate::post::sample(&server).await,
        crate::post::sample(&server).await,
    ];
    go_together(&server, "/v1/posts", "posts", new, "").await;
}

#[tokio::test]
async fn posts_leave_by_a_filter() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::post::sample(&server).await,
        crate::post::sample(&server).await,
        crate::post::sample(&server).await,
    ];
    leave_by_a_filter(&server, "/v1/posts", "author_id", new, "").await;
}

#[tokio::test]
async fn post_is_made_where_it_is_missing() {
    let server = TestServer::<App>::start().await;
    let new = crate::post::sample(&server).await;
    is_made_where_it_is_missing(&server, "/v1/posts", new).await;
}

#[tokio::test]
async fn post_is_written_under_conditions() {
    let server = TestServer::<App>::start().await;
    let whole = crate::post::sample(&server).await;
    let other = crate::post::sample(&server).await;
    let value = other["author_id"].clone();
    has_versions(&server, "/v1/posts", whole, "author_id", value).await;
}

#[tokio::test]
async fn tag_is_created_once_under_a_key() {
    let server = TestServer::<App>::start().await;
    let body = crate::tag::sample(&server).await;
    let other = Some(crate::tag::sample(&server).await);
    is_done_once(&server, "/v1/tags", body, other).await;
}

#[tokio::test]
async fn tags_are_written_together() {
    let server = TestServer::<App>::start().await;
    let new = [
        crate::tag::sample(&server).await,
        crate::tag::sample(&server).await,
        crate::tag::sample(&server).await,
    ];
    go_together(&server, "/v1/tags", "tags", new, "").await;
}

#[tokio::test]
async fn tag_is_made_where_it_is_missing() {
    let server = TestServer::<App>::start().await;
    let new = crate::tag::sample(&server).await;
    is_made_where_it_is_missing(&server, "/v1/tags", new).await;
}

#[tokio::test]
async fn tag_is_written_under_conditions() {
    let server = TestServer::<App>::start().await;
    let whole = crate::tag::sample(&server).await;
    let other = crate::tag::sample(&server).await;
    let value = other["name"].clone();
    has_versions(&server, "/v1/tags", whole, "name", value).await;
}
