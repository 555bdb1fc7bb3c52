//! `ETag`, `If-Match` and `If-None-Match`.

use serde_json::json;
use svcgen_runtime::axum::http::Method;

use crate::{SCALARS, is_problem, scalar, start};

#[tokio::test]
async fn a_stale_tag_changes_nothing() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    assert_eq!(created.header("etag"), "\"1\"");
    let path = created.header("location");
    let with = |method: Method, tag: &'static str| {
        let request = server.request(method, path).header("if-match", tag);
        request.json(json!({"int": 2})).send()
    };
    let changed = with(Method::PATCH, "\"1\"").await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.header("etag"), "\"2\"");
    for stale in [
        "\"1\"",
        "\"3\"",
        "W/\"2\"",
        "\"x\"",
        "\"9223372036854775807\"",
        "\"92233720368547758070\"",
    ] {
        is_problem(&with(Method::PATCH, stale).await, 412);
        is_problem(&with(Method::DELETE, stale).await, 412);
    }
    for malformed in ["2", "\"2", "\"2\", \"3\""] {
        is_problem(&with(Method::PATCH, malformed).await, 400);
    }
    assert_eq!(server.get(path).await.body, changed.body);
    assert_eq!(with(Method::PATCH, "*").await.status, 200);
    assert_eq!(with(Method::DELETE, "\"3\"").await.status, 204);
    is_problem(&with(Method::DELETE, "\"3\"").await, 404);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    for known in ["\"1\"", "W/\"1\"", "*", "\"0\", \"1\""] {
        let answer = server
            .request(Method::GET, path)
            .header("if-none-match", known)
            .send()
            .await;
        assert_eq!(answer.status, 304, "{known}");
        assert!(answer.bytes.is_empty());
        assert_eq!(answer.header("etag"), "\"1\"");
    }
    let other = server
        .request(Method::GET, path)
        .header("if-none-match", "\"2\"")
        .send()
        .await;
    assert_eq!(other.status, 200);
    let head = server.request(Method::HEAD, path).send().await;
    assert_eq!((head.status.as_u16(), head.bytes.is_empty()), (200, true));
}

/// Of many changes at once from the same version, one is made.
#[tokio::test]
async fn one_of_many_changes_wins() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    let one = |number: i32| {
        let request = server
            .request(Method::PATCH, path)
            .header("if-match", "\"1\"");
        request.json(json!({ "int": number })).send()
    };
    let (a, b, c, d) = tokio::join!(one(1), one(2), one(3), one(4));
    let mut statuses = [a, b, c, d].map(|it| it.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
    assert_eq!(server.get(path).await.body["version"], 2);
}

#[tokio::test]
async fn a_change_of_nothing_is_no_change() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    let same = server.patch(path, json!({})).await;
    assert_eq!(same.status, 200);
    assert_eq!(same.body, created.body);
    let stale = server
        .request(Method::PATCH, path)
        .header("if-match", "\"7\"")
        .json(json!({}))
        .send()
        .await;
    is_problem(&stale, 412);
}
