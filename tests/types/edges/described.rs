//! The description says which headers an answer has, and which problems it can be: the service sends them.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::batches::made;
use crate::{LIMITEDS, NODES, start};

/// An operation as it is described.
struct Described {
    whole: Value,
    operation: Value,
}

impl Described {
    /// What is described of an answer with this status, found by its reference where it has one.
    fn answer(&self, status: u16) -> &Value {
        self.found(&self.operation["responses"][status.to_string()])
    }

    fn found<'v>(&'v self, value: &'v Value) -> &'v Value {
        let reference = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        reference.map_or(value, |it| self.whole.pointer(it).unwrap_or(&Value::Null))
    }

    /// The answer is described, and has every header that is described of it and not of some alone.
    fn has(&self, answer: &Answer, what: &str) {
        let described = self.answer(answer.status.as_u16());
        assert!(
            described["description"].is_string(),
            "{what}: {}",
            answer.status
        );
        let headers = described["headers"].as_object();
        let names: Vec<&String> = headers.into_iter().flatten().map(|it| it.0).collect();
        for known in ["Cache-Control", "Vary", "ETag"] {
            // A problem differs by headers as well, which is nothing that callers ask about.
            if answer.status.as_u16() >= 400 && known == "Vary" {
                continue;
            }
            let is_described = names.iter().any(|it| *it == known);
            let is_sent = !answer.header(known).is_empty();
            assert_eq!(is_described, is_sent, "{what}: {} {known}", answer.status);
        }
    }
}

async fn described(server: &TestServer<App>, path: &str, method: &str) -> Described {
    let whole = server.get("/openapi.json").await.body;
    let operation = whole["paths"][path][method].clone();
    assert!(operation.is_object(), "{method} {path} is not described");
    Described { whole, operation }
}

#[tokio::test]
async fn what_reads_says_how_long_it_may_be_kept() {
    let server = start().await;
    let nodes = made(&server, NODES, json!([{"name": "n"}, {"name": "gone"}])).await;
    let at = |n: usize| nodes[n]["id"].as_str().unwrap_or_default();
    let gone = format!("{NODES}/{}", at(1));
    assert_eq!(server.delete(&gone).await.status, 204);
    let archived = server.get("/v1/archive/nodes").await.body["nodes"][0].clone();
    let archive_id = archived["archive_id"].as_str().unwrap_or_default();
    let node = format!("{NODES}/{}", at(0));
    for (path, asked) in [
        (NODES, NODES.to_owned()),
        ("/v1/nodes/{id}", node.clone()),
        ("/v1/nodes/{id}/children", format!("{node}/children")),
        ("/v1/nodes/{id}/removal", format!("{node}/removal")),
        (
            "/v1/nodes:batchGet",
            format!("{NODES}:batchGet?ids={}", at(0)),
        ),
        ("/v1/nodes:aggregate", format!("{NODES}:aggregate")),
        ("/v1/archive/nodes", "/v1/archive/nodes".to_owned()),
        (
            "/v1/archive/nodes/{archive_id}",
            format!("/v1/archive/nodes/{archive_id}"),
        ),
    ] {
        let described = described(&server, path, "get").await;
        let found = server.get(&asked).await;
        assert_eq!(found.status, 200, "{asked}: {}", found.body);
        described.has(&found, path);
        let refused = server
            .request(Method::GET, &asked)
            .header("accept", "text/html");
        let refused = refused.send().await;
        assert_eq!(refused.status, 406, "{asked}");
        described.has(&refused, path);
        described.has(
            &server.get(&format!("{asked}?nosuch=1&nosuch=2")).await,
            path,
        );
    }
    let described = described(&server, "/v1/nodes/{id}", "get").await;
    let request = server
        .request(Method::GET, &node)
        .header("if-none-match", "\"1\"");
    let unchanged = request.send().await;
    assert_eq!(unchanged.status, 304);
    described.has(&unchanged, "/v1/nodes/{id}");
}

#[tokio::test]
async fn what_writes_is_not_kept() {
    let server = start().await;
    let limited = json!({"id": "a", "code": "ab", "title": "t"});
    let one = "/v1/limiteds/{id}";
    let at = format!("{LIMITEDS}/a");
    for (method, path, asked, body, status) in [
        (Method::POST, LIMITEDS, LIMITEDS, limited.clone(), 201),
        (Method::POST, LIMITEDS, LIMITEDS, limited.clone(), 409),
        (
            Method::POST,
            LIMITEDS,
            "/v1/limiteds?validate_only=true",
            json!({"id": "b", "code": "bc", "title": "u"}),
            200,
        ),
        (Method::PUT, one, &at, limited.clone(), 200),
        (Method::PATCH, one, &at, json!({"title": "v"}), 200),
        (Method::PATCH, one, &at, json!({"title": 1}), 422),
        (Method::DELETE, one, &at, Value::Null, 204),
        (Method::DELETE, one, &at, Value::Null, 404),
    ] {
        let named = method.as_str().to_lowercase();
        let described = described(&server, path, &named).await;
        let request = server.request(method, asked);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{named} {asked}: {}", answer.body);
        described.has(&answer, &format!("{named} {path}"));
    }
}
