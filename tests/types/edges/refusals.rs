//! Batches that are refused: nothing has changed, and what is at fault is named.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::Answer;

use crate::batches::{batch, made};
use crate::{LABELS, NODES, NULLABLES, SCALARS, count, is_problem, merge, scalar, start};

const NOBODY: &str = "0193a6f0-0000-7000-8000-000000000000";

/// A problem that points to this place, and to no other element.
fn points(answer: &Answer, status: u16, pointer: &str, code: &str) {
    is_problem(answer, status);
    let errors = answer.body["errors"].as_array();
    let errors = errors.map_or(&[][..], Vec::as_slice);
    let is_it = |it: &Value| it["pointer"] == pointer && it["code"] == code;
    assert!(errors.iter().any(is_it), "{pointer}: {}", answer.body);
    let element: String = pointer.split_inclusive('/').take(3).collect();
    let element = element.trim_end_matches('/');
    for error in errors {
        let other = error["pointer"].as_str().unwrap_or_default();
        assert!(other.starts_with(element), "{pointer}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_keeps_a_record_keeps_its_batch() {
    let server = start().await;
    let nodes = made(&server, NODES, json!([{"name": "a"}, {"name": "b"}])).await;
    let rival = made(
        &server,
        NODES,
        json!([{"name": "r", "rival_id": nodes[1]["id"]}]),
    )
    .await;
    let both = json!([{"id": nodes[0]["id"]}, {"id": nodes[1]["id"]}]);
    let refused = batch(&server, NODES, "Delete", both).await;
    is_problem(&refused, 409);
    assert_eq!(
        refused.body["errors"][0]["pointer"], "/requests/1/nodes",
        "{}",
        refused.body
    );
    assert_eq!(count(&server, "nodes").await, 3);
    // In the order in which it can be done, it is done.
    let all = json!([{"id": rival[0]["id"]}, {"id": nodes[1]["id"]}, {"id": nodes[0]["id"]}]);
    assert_eq!(batch(&server, NODES, "Delete", all).await.status, 204);
}

#[tokio::test]
async fn one_bad_element_changes_nothing() {
    let server = start().await;
    let known = made(
        &server,
        NODES,
        json!([{"name": "known"}, {"name": "other"}]),
    )
    .await;
    let (id, other) = (&known[0]["id"], &known[1]["id"]);
    let before = server.get(NODES).await.body;
    for (verb, requests, status, pointer, code) in [
        (
            "Create",
            json!([{"name": "a"}, {"name": 7}]),
            422,
            "/requests/1/name",
            "WRONG_TYPE",
        ),
        (
            "Create",
            json!([{"name": "a"}, {"name": "known"}]),
            409,
            "/requests/1/name",
            "ALREADY_EXISTS",
        ),
        (
            "Create",
            json!([{"name": "a"}, {"name": "b"}, {"name": "a"}]),
            409,
            "/requests/2/name",
            "ALREADY_EXISTS",
        ),
        (
            "Create",
            json!([{"name": "a"}, {"name": "b", "parent_id": NOBODY}]),
            422,
            "/requests/1/parent_id",
            "REFERENCE_NOT_FOUND",
        ),
        (
            "Create",
            json!([{"name": "a"}, {"name": "b", "label_ids": ["nobody"]}]),
            422,
            "/requests/1/label_ids",
            "REFERENCE_NOT_FOUND",
        ),
        (
            "Create",
            json!([{"name": "a"}, 7]),
            422,
            "/requests/1",
            "WRONG_TYPE",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": other, "changes": {"name": null}}]),
            422,
            "/requests/1/changes/name",
            "NOT_NULLABLE",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": NOBODY, "changes": {}}]),
            404,
            "/requests/1",
            "NOT_FOUND",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": other, "etag": "\"2\"", "changes": {"name": "y"}}]),
            412,
            "/requests/1",
            "VERSION_MISMATCH",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": other, "etag": "2", "changes": {}}]),
            422,
            "/requests/1/etag",
            "INVALID_ETAG",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": other, "changes": {"name": "x"}}]),
            409,
            "/requests/1/changes/name",
            "ALREADY_EXISTS",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": id, "changes": {"name": "y"}}]),
            422,
            "/requests/1/id",
            "DUPLICATE",
        ),
        (
            "Update",
            json!([{"id": id, "changes": {"name": "x"}}, {"id": other}]),
            422,
            "/requests/1/changes",
            "REQUIRED",
        ),
        (
            "Update",
            json!([{"id": id, "update_mask": "*", "changes": {"name": "x"}}]),
            422,
            "/requests/0/update_mask",
            "NOT_IN_BATCHES",
        ),
        (
            "Update",
            json!([{"id": id, "allow_missing": true, "changes": {"name": "x"}}]),
            422,
            "/requests/0/allow_missing",
            "UNKNOWN_FIELD",
        ),
        (
            "Update",
            json!([{"id": id, "update_mask": "nmae", "changes": {"name": "x"}}]),
            422,
            "/requests/0/update_mask",
            "UNKNOWN_FIELD",
        ),
        (
            "Update",
            json!([{"id": id, "name": "x", "changes": {}}]),
            422,
            "/requests/0/name",
            "UNKNOWN_FIELD",
        ),
        (
            "Delete",
            json!([{"id": id}, {"id": NOBODY}]),
            404,
            "/requests/1",
            "NOT_FOUND",
        ),
        (
            "Delete",
            json!([{"id": id}, {"id": other, "etag": "\"9\""}]),
            412,
            "/requests/1",
            "VERSION_MISMATCH",
        ),
        (
            "Delete",
            json!([{"id": id}, {"id": id}]),
            422,
            "/requests/1/id",
            "DUPLICATE",
        ),
        (
            "Delete",
            json!([{"id": "x"}]),
            422,
            "/requests/0/id",
            "FORMAT_MISMATCH",
        ),
        ("Delete", json!([]), 422, "/requests", "TOO_FEW"),
        ("Create", json!({}), 422, "/requests", "WRONG_TYPE"),
    ] {
        let refused = batch(&server, NODES, verb, requests.clone()).await;
        points(&refused, status, pointer, code);
        assert_eq!(server.get(NODES).await.body, before, "{verb} {requests}");
    }
}

#[tokio::test]
async fn every_violation_of_every_element_is_told() {
    let server = start().await;
    let mut requests: Vec<Value> = (0..6).map(|_| scalar(json!({}))).collect();
    merge(&mut requests[1], json!({"int": "1", "bool": 1}));
    merge(&mut requests[4], json!({"date": "2026-13-01"}));
    let refused = batch(&server, SCALARS, "Create", json!(requests)).await;
    is_problem(&refused, 422);
    let errors = refused.body["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let pointers: Vec<&str> = errors
        .iter()
        .filter_map(|it| it["pointer"].as_str())
        .collect();
    assert_eq!(
        pointers,
        ["/requests/1/int", "/requests/1/bool", "/requests/4/date"]
    );
    assert_eq!(count(&server, "scalars").await, 0);
}

#[tokio::test]
async fn a_batch_has_a_limit() {
    let server = start().await;
    let many = |n: usize| json!((0..n).map(|_| json!({})).collect::<Vec<_>>());
    let full = made(&server, NULLABLES, many(1000)).await;
    assert_eq!(full.len(), 1000);
    points(
        &batch(&server, NULLABLES, "Create", many(1001)).await,
        422,
        "/requests",
        "TOO_MANY",
    );
    let ids: Vec<String> = full.iter().map(|it| format!("ids={}", it["id"])).collect();
    let found = server
        .get(&format!("{NULLABLES}:batchGet?{}", ids.join("&")))
        .await;
    assert_eq!(found.body["nullables"].as_array().map(Vec::len), Some(1000));
    let ids: Vec<Value> = full.iter().map(|it| json!({"id": it["id"]})).collect();
    assert_eq!(
        batch(&server, NULLABLES, "Delete", json!(ids)).await.status,
        204
    );
    assert_eq!(count(&server, "nullables").await, 0);
}

#[tokio::test]
async fn what_is_asked_for_must_be_there() {
    let server = start().await;
    let there = &made(&server, NULLABLES, json!([{}])).await[0]["id"];
    for (query, status, parameter, code) in [
        (format!("ids={there}&ids=4711"), 404, "ids[1]", "NOT_FOUND"),
        (format!("ids={there}&ids=x"), 400, "ids[1]", "INVALID_ID"),
        (
            format!("ids={there}&ids=92233720368547758070"),
            400,
            "ids[1]",
            "INVALID_ID",
        ),
        ("ids=".to_owned(), 400, "ids[0]", "INVALID_ID"),
        (String::new(), 400, "ids", "REQUIRED"),
        (format!("id={there}"), 400, "id", "UNKNOWN_PARAMETER"),
        (format!("ids={there}&ids=%FF"), 400, "ids", "MALFORMED"),
        (
            format!("ids={there}&read_mask=nope"),
            400,
            "read_mask",
            "INVALID_MASK",
        ),
        (
            format!("ids={there}&read_mask=id&read_mask=int"),
            400,
            "read_mask",
            "DUPLICATE_PARAMETER",
        ),
        ("ids=1&".repeat(1001), 400, "ids", "TOO_MANY"),
    ] {
        let refused = server.get(&format!("{NULLABLES}:batchGet?{query}")).await;
        is_problem(&refused, status);
        assert_eq!(
            refused.body["errors"][0]["parameter"], parameter,
            "{}",
            refused.body
        );
        assert_eq!(refused.body["errors"][0]["code"], code, "{}", refused.body);
    }
}

#[tokio::test]
async fn what_is_sent_amiss_is_refused() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let own = created.header("location");
    // Headers that cannot both hold.
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = server.request(method, own).json(scalar(json!({})));
        let request = request.header("if-match", "\"1\"");
        let refused = request.header("if-none-match", "\"1\"").send().await;
        is_problem(&refused, 400);
        assert_eq!(refused.body["reason"], "CONTRADICTORY_CONDITIONS");
    }
    // A batch is JSON, and no merge patch.
    for kind in [
        "text/plain",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
    ] {
        let path = format!("{NULLABLES}:batchCreate");
        let request = server
            .request(Method::POST, &path)
            .body(r#"{"requests":[{}]}"#);
        is_problem(&request.header("content-type", kind).send().await, 415);
    }
    // Ids that are none.
    let long = "x".repeat(10_000);
    for (collection, id) in [
        (NODES, json!(long)),
        (NODES, json!(7)),
        (LABELS, json!(long)),
        (LABELS, json!("")),
        (NULLABLES, json!(1e300)),
    ] {
        let refused = batch(&server, collection, "Delete", json!([{"id": id}])).await;
        is_problem(&refused, 422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/requests/0/id");
    }
    let path = format!("{NULLABLES}:batchDelete");
    let request = server
        .request(Method::POST, &path)
        .header("content-type", "application/json");
    let huge = request.body(format!(r#"{{"requests":[{{"id":{}}}]}}"#, "9".repeat(400)));
    let refused = huge.send().await;
    assert!(
        [400, 422].contains(&refused.status.as_u16()),
        "{}",
        refused.body
    );
    // A field that must be there cannot be cleared.
    is_problem(&server.patch(own, json!({"int": null})).await, 422);
    assert_eq!(server.get(own).await.body, created.body);
    assert_eq!(count(&server, "nullables").await, 0);
}
