//! What is not there to be removed: 404, unless the request says that this is well.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::batches::made;
use crate::{LABELS, LIMITEDS, NODES, NULLABLES, count, is_problem, start};

/// One record of this kind, removed by a request of its own.
async fn removed(server: &TestServer<App>, collection: &str, new: Value) -> String {
    let made = made(server, collection, json!([new])).await;
    let id = &made[0]["id"];
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let path = format!("{collection}/{id}");
    let first = server.delete(&format!("{path}?allow_missing=true")).await;
    assert_eq!(first.status, 204, "{}", first.body);
    path
}

async fn delete(server: &TestServer<App>, path: &str, header: (&'static str, &str)) -> Answer {
    let request = server.request(Method::DELETE, path);
    request.header(header.0, header.1).send().await
}

/// Kinds of records with and without versions, with and without an archive.
#[tokio::test]
async fn a_repeated_removal_may_be_well() {
    let server = start().await;
    let limited = json!({"id": "a", "code": "ab", "title": "t"});
    for (collection, new, archive) in [
        (NODES, json!({"name": "n"}), Some("nodes_archive")),
        (LIMITEDS, limited, Some("limiteds_archive")),
        (NULLABLES, json!({}), Some("nullables_archive")),
        (LABELS, json!({"id": "a"}), None),
    ] {
        let path = removed(&server, collection, new).await;
        for query in ["", "?allow_missing=false"] {
            is_problem(&server.delete(&format!("{path}{query}")).await, 404);
        }
        let missing = format!("{path}?allow_missing=true");
        for query in ["", "&validate_only=true"] {
            let again = server.delete(&format!("{missing}{query}")).await;
            assert_eq!(again.status, 204, "{missing}{query}: {}", again.body);
        }
        // Any record has to be there, and there is nothing to exclude.
        is_problem(&delete(&server, &missing, ("if-match", "*")).await, 412);
        // A removal that has happened already may be answered as done (RFC 9110 §13.1.1); what has
        // no versions has none to name.
        for (tag, status) in [
            ("\"1\"", 204),
            ("\"7\"", 204),
            ("\"x\"", 412),
            ("W/\"1\"", 412),
        ] {
            let again = delete(&server, &missing, ("if-match", tag)).await;
            let status = if collection == LABELS { 412 } else { status };
            assert_eq!(again.status, status, "{missing} {tag}: {}", again.body);
            let strict = if status == 412 { 412 } else { 404 };
            is_problem(&delete(&server, &path, ("if-match", tag)).await, strict);
        }
        let excluding = delete(&server, &missing, ("if-none-match", "*")).await;
        assert_eq!(excluding.status, 204, "{}", excluding.body);
        is_problem(
            &server.delete(&format!("{path}?allow_missing=yes")).await,
            400,
        );
        if let Some(archive) = archive {
            assert_eq!(count(&server, archive).await, 1, "{archive}");
        }
    }
}

#[tokio::test]
async fn a_record_of_another_version_is_not_missing() {
    let server = start().await;
    let node = made(&server, NODES, json!([{"name": "n"}])).await;
    let id = node[0]["id"].as_str().unwrap_or_default();
    let path = format!("{NODES}/{id}?allow_missing=true");
    is_problem(&delete(&server, &path, ("if-match", "\"2\"")).await, 412);
    assert_eq!(count(&server, "nodes").await, 1);
}

/// The answer is kept with its key, like any other.
#[tokio::test]
async fn a_key_repeats_the_answer_to_a_missing_record() {
    let server = start().await;
    let path = removed(&server, LABELS, json!({"id": "a"})).await;
    let missing = format!("{path}?allow_missing=true");
    let key = ("idempotency-key", "\"gone\"");
    let first = delete(&server, &missing, key).await;
    assert_eq!(first.status, 204, "{}", first.body);
    made(&server, LABELS, json!([{"id": "a"}])).await;
    let again = delete(&server, &missing, key).await;
    assert_eq!(again.status, 204, "{}", again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(count(&server, "labels").await, 1);
}

#[tokio::test]
async fn a_batch_passes_over_what_is_missing() {
    let server = start().await;
    let new = json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]);
    let nodes = made(&server, NODES, new).await;
    let id = |n: usize| nodes[n]["id"].clone();
    let gone = format!("{NODES}/{}", id(0).as_str().unwrap_or_default());
    assert_eq!(server.delete(&gone).await.status, 204);
    let all = json!({"requests": [{"id": id(1)}, {"id": id(0)}, {"id": id(2)}]});

    let path = format!("{NODES}:batchDelete");
    let refused = server.post(&path, all.clone()).await;
    is_problem(&refused, 404);
    assert_eq!(refused.body["errors"][0]["pointer"], "/requests/1");
    assert_eq!(count(&server, "nodes").await, 2);

    let missing = format!("{path}?allow_missing=true");
    let tagged = |tag| json!({"requests": [{"id": id(1)}, {"id": id(0), "etag": tag}]});
    let refused = server.post(&missing, tagged("*")).await;
    is_problem(&refused, 412);
    assert_eq!(refused.body["errors"][0]["pointer"], "/requests/1");
    assert_eq!(count(&server, "nodes").await, 2);
    let tried = format!("{missing}&validate_only=true");
    let passed_over = server.post(&tried, tagged("\"1\"")).await;
    assert_eq!(passed_over.status, 204, "{}", passed_over.body);

    for _ in 0..2 {
        let removed = server.post(&missing, all.clone()).await;
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert_eq!(count(&server, "nodes").await, 0);
        assert_eq!(count(&server, "nodes_archive").await, 3);
    }
    let list = server.get("/v1/archive/nodes?total_size=true").await;
    assert_eq!(list.body["total_size"], 3);
}
