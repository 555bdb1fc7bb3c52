//! What nobody should send, in every parameter there is: a problem that names the parameter, and
//! nothing has changed.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::batches::made;
use crate::{LABELS, NODES, NULLABLES, SCALARS, count, is_problem, scalar, start};

const TABLES: [&str; 8] = [
    "scalars",
    "nullables",
    "nodes",
    "nodes_archive",
    "labels",
    "node_labels",
    "node_friends",
    "idempotency_keys",
];

/// What would be SQL or an operator, were it ever part of a statement.
const INJECTIONS: [&str; 6] = [
    "1;drop table nodes;--",
    "' or '1'='1",
    "id) union all values (1)--",
    "$1",
    "name||name",
    "\"name\" = name",
];

/// How many rows there are, and the records as they are seen.
async fn state(server: &TestServer<App>) -> Value {
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(count(server, table).await);
    }
    json!({
        "rows": rows,
        "nodes": server.get(NODES).await.body,
        "scalars": server.get(SCALARS).await.body,
        "archive": server.get("/v1/archive/nodes").await.body,
    })
}

/// A 4xx that names what is wrong, by a parameter, a header or a pointer.
fn names(answer: &Answer, what: &str, name: &str) {
    assert!(answer.status.is_client_error(), "{what}: {}", answer.body);
    is_problem(answer, answer.status.as_u16());
    let errors = answer.body["errors"].as_array();
    let mut errors = errors.map_or(&[][..], Vec::as_slice).iter();
    let is_it = |it: &Value| {
        // One of several is named by its place, such as `ids[0]`.
        let parameter = it["parameter"].as_str().unwrap_or_default();
        let parameter = parameter.split('[').next();
        parameter == Some(name) || it["pointer"] == name
    };
    assert!(errors.any(is_it), "{what}: {name}: {}", answer.body);
}

/// Some records of every kind, one of them in the archive; the path of a node.
async fn records(server: &TestServer<App>) -> String {
    made(server, LABELS, json!([{"id": "a"}, {"id": "b"}])).await;
    made(server, NULLABLES, json!([{}, {}, {}])).await;
    made(
        server,
        SCALARS,
        json!([scalar(json!({})), scalar(json!({}))]),
    )
    .await;
    let new = json!([{"name": "n", "label_ids": ["a"]}, {"name": "m"}, {"name": "gone"}]);
    let nodes = made(server, NODES, new).await;
    let at = |n: usize| format!("{NODES}/{}", nodes[n]["id"].as_str().unwrap_or_default());
    assert_eq!(server.delete(&at(2)).await.status, 204);
    at(0)
}

/// The archived record among them.
async fn archived(server: &TestServer<App>) -> Value {
    server.get("/v1/archive/nodes").await.body["nodes"][0].clone()
}

/// The last segment of a record's path.
fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A path and what is added to its query.
fn asked(path: &str, parameter: &str, text: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{parameter}={}", encoded(text))
}

/// As a value in a query, no longer than it must be: a path has 64 KiB.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'0'..=b'9' | b':' | b'*' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    });
    bytes.collect()
}

#[tokio::test]
async fn sql_in_every_parameter() {
    let server = start().await;
    let node = records(&server).await;
    let before = state(&server).await;
    let lists = [
        "page_size",
        "page_token",
        "skip",
        "total_size",
        "order_by",
        "filter",
        "search",
        "read_mask",
        "include",
    ];
    let aggregates = [
        "group_by",
        "measures",
        "having",
        "order_by",
        "filter",
        "page_size",
        "page_token",
    ];
    let archives = [
        "page_size",
        "page_token",
        "skip",
        "total_size",
        "order_by",
        "filter",
        "search",
        "read_mask",
        "include",
    ];
    let children = format!("{node}/children");
    let aggregate = format!("{NODES}:aggregate");
    let several = format!("{NODES}:batchGet?ids={}", id_of(&node));
    let removal = format!("{NODES}:batchDelete");
    let gone = archived(&server).await;
    let of_gone = |name: &str| gone[name].as_str().unwrap_or_default().to_owned();
    let gone = format!("/v1/archive/nodes/{}", of_gone("archive_id"));
    let restore = format!("{gone}/restore");
    let batch = format!("/v1/archive/batches/{}/restore", of_gone("archive_batch"));
    for (method, path, parameters) in [
        (Method::GET, NODES, &lists[..]),
        (Method::GET, &children, &lists[..]),
        (Method::GET, &node, &["read_mask", "include"]),
        (Method::GET, &aggregate, &aggregates[..]),
        (Method::GET, "/v1/nodes:batchGet", &["ids"]),
        (Method::GET, &several, &["read_mask", "include"]),
        (Method::GET, "/v1/archive/nodes", &archives[..]),
        (Method::GET, &gone, &["show_pii"]),
        (Method::POST, &restore, &["validate_only"]),
        (Method::POST, &batch, &["validate_only"]),
        (
            Method::PATCH,
            &node,
            &["update_mask", "allow_missing", "validate_only"],
        ),
        (Method::POST, NODES, &["validate_only"]),
        (Method::DELETE, &node, &["validate_only", "allow_missing"]),
        (Method::POST, &removal, &["validate_only", "allow_missing"]),
    ] {
        for parameter in parameters {
            for text in INJECTIONS {
                let request = server.request(method.clone(), &asked(path, parameter, text));
                let answer = match method {
                    Method::GET | Method::DELETE => request.send().await,
                    _ => request.json(json!({"name": "other"})).send().await,
                };
                names(&answer, &format!("{method} {path} {text}"), parameter);
            }
        }
    }
    assert_eq!(state(&server).await, before);
}

/// Where any text will do, it is a text and nothing else.
#[tokio::test]
async fn sql_in_free_text() {
    let server = start().await;
    records(&server).await;
    let before = state(&server).await;
    for text in INJECTIONS {
        let found = server.get(&asked(SCALARS, "search", text)).await;
        if found.status == 200 {
            assert_eq!(found.body["scalars"], json!([]), "{text}");
        } else {
            names(&found, text, "search");
        }
    }
    assert_eq!(state(&server).await, before);
    for (n, text) in INJECTIONS.iter().enumerate() {
        let node = made(&server, NODES, json!([{"name": format!("x{n}")}])).await;
        let path = format!("{NODES}/{}", node[0]["id"].as_str().unwrap_or_default());
        let removed = server.delete(&asked(&path, "reason", text)).await;
        assert_eq!(removed.status, 204, "{text}: {}", removed.body);
        assert_eq!(archived(&server).await["archive_reason"], *text);
    }
    assert_eq!(count(&server, "nodes").await, before["rows"][2]);
}

#[tokio::test]
async fn parameters_beyond_every_measure() {
    let server = start().await;
    let node = records(&server).await;
    let before = state(&server).await;
    let token = |page: Answer| {
        page.body["next_page_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let of_nullables = token(server.get(&format!("{NULLABLES}?page_size=1")).await);
    let of_scalars = token(server.get(&format!("{SCALARS}?page_size=1")).await);
    assert!(!of_nullables.is_empty() && !of_scalars.is_empty());
    let terms = vec!["id:*"; 10_000].join(" ");
    let ored = vec!["id:*"; 5_000].join(" OR ");
    let deep = format!("{}name=a{}", "(".repeat(4_000), ")".repeat(4_000));
    let long = "x".repeat(1_001);
    let words = "word ".repeat(30);
    let several = format!("{NODES}:batchGet?ids={}", id_of(&node));
    let gone = archived(&server).await;
    let gone = format!(
        "/v1/archive/nodes/{}",
        gone["archive_id"].as_str().unwrap_or_default()
    );
    for (path, parameter, text) in [
        (NODES, "filter", terms.as_str()),
        (NODES, "filter", &ored),
        (NODES, "filter", &deep),
        (NODES, "page_size", "-1"),
        (NODES, "page_size", "1e9"),
        (NODES, "skip", "-1"),
        (NODES, "page_token", &of_nullables),
        (NODES, "page_token", &of_scalars),
        ("/v1/archive/nodes", "page_token", &of_scalars),
        (NULLABLES, "page_token", &of_scalars),
        (NODES, "include", "parent.parent"),
        (NODES, "include", "parent.children.parent"),
        (NODES, "include", "children,children"),
        (&node, "include", "friends.friends"),
        (&node, "include", "*"),
        (SCALARS, "search", &long),
        (SCALARS, "search", &words),
        (SCALARS, "search", "\"never closed"),
        (SCALARS, "search", "\0"),
        (NODES, "search", "word"),
        (&several, "read_mask", "nosuch"),
        (&several, "read_mask", "*,name"),
        (&several, "include", "parent.parent"),
        (&several, "include", "nosuch"),
        (&gone, "show_pii", ""),
        (&gone, "show_pii", "TRUE"),
        (&gone, "show_pii", "1"),
        (&gone, "read_mask", "name"),
        ("/v1/archive/nodes", "show_pii", "true"),
        ("/v1/archive/nodes", "search", "word"),
        ("/v1/archive/nodes", "read_mask", "nosuch"),
        ("/v1/archive/nodes", "read_mask", "archive_hash"),
        ("/v1/archive/nodes", "include", "parent"),
    ] {
        let answer = server.get(&asked(path, parameter, text)).await;
        let what = text.chars().take(40).collect::<String>();
        names(&answer, &format!("{path} {what}"), parameter);
    }
    for (parameter, text) in [
        ("reason", long.as_str()),
        ("reason", "\0"),
        ("reason", "a&reason=b"),
        ("allow_missing", ""),
        ("allow_missing", "1"),
        ("allow_missing", "TRUE"),
        ("allow_missing", "true&allow_missing=false"),
    ] {
        let text = text.replace('\0', "%00");
        let query = format!("{parameter}={text}");
        let alone = server.delete(&format!("{node}?{query}")).await;
        names(&alone, &query, parameter);
        let several = format!("{NODES}:batchDelete?{query}");
        let id = id_of(&node);
        let body = json!({"requests": [{ "id": id }]});
        names(&server.post(&several, body).await, &query, parameter);
    }
    // Zero means the usual size, and too much the most there is (AIP-158).
    for size in ["0", "1000000000"] {
        let page = server.get(&format!("{NODES}?page_size={size}")).await;
        assert_eq!(
            page.body["nodes"].as_array().map(Vec::len),
            Some(2),
            "{size}"
        );
    }
    assert_eq!(state(&server).await, before);
}

#[tokio::test]
async fn headers_twice_and_against_each_other() {
    let server = start().await;
    let node = records(&server).await;
    let before = state(&server).await;
    let (json, patch) = ("application/json", "application/merge-patch+json");
    for (headers, name) in [
        (
            &[("if-match", "\"1\""), ("if-match", "\"2\"")][..],
            "If-Match",
        ),
        (&[("if-match", "\"1\""), ("if-match", "*")], "If-Match"),
        (&[("if-match", "1")], "If-Match"),
        (&[("if-match", "\"1\" or \"1\"=\"1\"")], "If-Match"),
        (
            &[("if-match", "\"1\""), ("if-none-match", "\"1\"")],
            "If-None-Match",
        ),
        (
            &[("if-match", "*"), ("if-none-match", "*")],
            "If-None-Match",
        ),
        (&[("if-none-match", "W/1")], "If-None-Match"),
        (
            &[("idempotency-key", "\"a\""), ("idempotency-key", "\"b\"")],
            "Idempotency-Key",
        ),
        (&[("idempotency-key", "\"a\", \"b\"")], "Idempotency-Key"),
        (&[("idempotency-key", "")], "Idempotency-Key"),
        (
            &[("content-type", json), ("content-type", patch)],
            "Content-Type",
        ),
        (&[("content-type", "text/plain")], "Content-Type"),
        (
            &[("content-type", "application/json; charset=latin1")],
            "Content-Type",
        ),
        (
            &[("content-type", "application/json-patch+json")],
            "Content-Type",
        ),
        (&[("content-type", "application/xml")], "Content-Type"),
    ] {
        let mut request = server.request(Method::PATCH, &node);
        if headers[0].0 != "content-type" {
            request = request.header("content-type", patch);
        }
        for (header, value) in headers {
            request = request.add_header(*header, *value);
        }
        let answer = request.body(r#"{"name":"other"}"#).send().await;
        names(&answer, &format!("{headers:?}"), name);
    }
    assert_eq!(state(&server).await, before);
}

#[tokio::test]
async fn nulls_where_none_may_be() {
    let server = start().await;
    let node = records(&server).await;
    let scalars = server.get(SCALARS).await.body;
    let path = format!(
        "{SCALARS}/{}",
        scalars["scalars"][0]["id"].as_str().unwrap_or_default()
    );
    let before = state(&server).await;
    let whole = scalar(json!({}));
    for member in whole.as_object().into_iter().flat_map(|it| it.keys()) {
        let nulled = json!({ member: null });
        // Null is a value of JSON: for a document it is no missing one.
        if member != "json" {
            names(
                &server.patch(&path, nulled).await,
                member,
                &format!("/{member}"),
            );
        }
    }
    for (body, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"name": "x", "id": null}), "/id"),
        (json!({"name": "x", "version": null}), "/version"),
        (json!({"created_at": null}), "/created_at"),
        (json!({"updated_at": null}), "/updated_at"),
        (json!({"name": "x", "label_ids": null}), "/label_ids"),
    ] {
        names(&server.patch(&node, body).await, pointer, pointer);
    }
    let masked = format!("{node}?update_mask=name,parent_id");
    names(
        &server.patch(&masked, json!({"parent_id": null})).await,
        "mask",
        "/name",
    );
    assert_eq!(state(&server).await, before);
}
