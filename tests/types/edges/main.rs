//! Values at the edges of every type, over HTTP and back, on either engine.

mod archive;
mod bad_input;
mod batches;
mod conditional;
mod conflicts;
mod defaults;
mod described;
mod documents;
mod family;
mod hostile;
mod idempotency;
mod limits;
mod links;
mod matching;
mod moments;
mod numbers;
mod refusals;
mod removals;
mod sides;
mod texts;
mod writes;

use serde_json::{Value, json};
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

const SCALARS: &str = "/v1/scalars";
const NULLABLES: &str = "/v1/nullables";
const DEFAULTEDS: &str = "/v1/defaulteds";
const LIMITEDS: &str = "/v1/limiteds";
const NODES: &str = "/v1/nodes";
const LABELS: &str = "/v1/labels";

async fn start() -> TestServer<App> {
    TestServer::start().await
}

/// A whole scalar, with some members in place of the usual ones.
fn scalar(members: Value) -> Value {
    let mut body = json!({
        "string": "s", "text": "t", "int": 1, "bigint": 1, "float": 1.5, "decimal": "1.00", "wide": "1",
        "whole": "1", "share": "0.5", "bool": true, "uuid": "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90",
        "date": "2026-05-04", "time": "09:30:00", "timestamp": "2026-05-04T09:30:00Z", "duration": "PT1H",
        "json": {}, "bytes": "AAAA", "enum": "one",
    });
    merge(&mut body, members);
    body
}

fn merge(body: &mut Value, members: Value) {
    let (Value::Object(body), Value::Object(members)) = (body, members) else {
        panic!("both are objects");
    };
    body.extend(members);
}

/// What is sent comes back: in the answer, when it is found, when it is listed, and when it is sent as a change.
async fn comes_back(server: &TestServer<App>, member: &str, sent: Value, expected: Value) {
    let created = server.post(SCALARS, scalar(json!({ member: sent }))).await;
    assert_eq!(created.status, 201, "{member} {sent}: {}", created.body);
    assert_eq!(created.body[member], expected, "{member} as created");
    let path = created.header("location");
    assert_eq!(
        server.get(path).await.body[member],
        expected,
        "{member} as found"
    );
    let blank = server.post(SCALARS, scalar(json!({}))).await;
    let path = blank.header("location");
    let changed = server.patch(path, json!({ member: sent })).await;
    assert_eq!(changed.status, 200, "{member} {sent}: {}", changed.body);
    assert_eq!(changed.body[member], expected, "{member} as changed");
    assert_eq!(
        server.get(path).await.body,
        changed.body,
        "{member} as found again"
    );
}

/// What is sent is refused, with the member named, in a creation and in a change.
async fn is_refused(server: &TestServer<App>, member: &str, sent: Value, code: &str) {
    let before = count(server, "scalars").await;
    let refused = server.post(SCALARS, scalar(json!({ member: sent }))).await;
    is_violation(&refused, member, code);
    assert_eq!(count(server, "scalars").await, before);
    let good = server.post(SCALARS, scalar(json!({}))).await;
    let path = good.header("location");
    let refused = server.patch(path, json!({ member: sent })).await;
    is_violation(&refused, member, code);
    assert_eq!(server.get(path).await.body, good.body);
}

/// 422 with one violation, about this member.
fn is_violation(answer: &Answer, member: &str, code: &str) {
    is_problem(answer, 422);
    let errors = answer.body["errors"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    assert_eq!(errors.len(), 1, "{}", answer.body);
    let pointer = errors[0]["pointer"].as_str().unwrap_or_default();
    let is_it = pointer == format!("/{member}") || pointer.starts_with(&format!("/{member}/"));
    assert!(is_it, "{member}: {}", answer.body);
    assert_eq!(errors[0]["code"], code, "{}", answer.body);
}

/// A problem (RFC 9457) of this status, which gives nothing of the inside away.
fn is_problem(answer: &Answer, status: u16) {
    let said = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.status, status, "{said}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{said}"
    );
    assert_eq!(answer.body["status"], status, "{said}");
    assert!(
        answer.body["title"].is_string() && answer.body["type"].is_string(),
        "{said}"
    );
    for inside in [
        "select ", "insert ", "sqlite", "postgres", "/src/", "panicked",
    ] {
        assert!(
            !said.to_lowercase().contains(inside),
            "`{inside}` in {said}"
        );
    }
}

/// How many rows a table has.
async fn count(server: &TestServer<App>, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    let sql = svcgen_runtime::db::Sql::owned(sql.clone(), sql);
    let counted = server.app().db.fetch_one::<(i64,)>(&sql, Vec::new()).await;
    counted.expect("a count").0
}
