//! Every refusal is a problem, whole, and says nothing that is ours alone.

use svcgen_runtime::axum::http::Method;
use svcgen_runtime::serde_json::{Value, json};
use svcgen_runtime::testing::{Answer, TestServer};

use super::notes::Notes;

/// What every problem has, whoever refused.
fn assert_problem(answer: &Answer, status: u16, code: &str, reason: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = &answer.body;
    assert_eq!(body["status"], status);
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["reason"], reason, "{body}");
    assert_eq!(body["domain"], "notes");
    assert_eq!(body["type"], "about:blank");
    assert!(body["title"].is_string() && body["detail"].as_str().is_some_and(|it| it.len() > 3));
    assert_eq!(body["trace_id"], answer.header("x-request-id"));
    assert!(body["instance"].as_str().unwrap().starts_with('/'));
    let text = body.to_string();
    for secret in [
        "swordfish",
        "10.0.0.7",
        "notes_title_key",
        "select",
        "insert",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn each_kind_of_refusal() {
    let server = TestServer::<Notes>::start().await;
    let get = [
        ("/", 404, "NOT_FOUND", "PATH_NOT_FOUND"),
        ("/v1/notes/", 404, "NOT_FOUND", "PATH_NOT_FOUND"),
        ("/v1/notes/abc", 400, "INVALID_ARGUMENT", "INVALID_ID"),
        ("/v1/notes/%00", 400, "INVALID_ARGUMENT", "INVALID_ID"),
        ("/v1/notes/%ff", 400, "INVALID_ARGUMENT", "INVALID_ID"),
        (
            "/v1/notes/0190d6f0-7c3e-7a60-b5ab-0c8b7a8f3c11",
            404,
            "NOT_FOUND",
            "NOT_FOUND",
        ),
        (
            "/v1/notes?page_size=-1",
            400,
            "INVALID_ARGUMENT",
            "INVALID_PARAMETERS",
        ),
        (
            "/v1/notes?page_token=AAAA",
            400,
            "INVALID_ARGUMENT",
            "INVALID_PAGE_TOKEN",
        ),
        ("/misbehave/panic", 500, "INTERNAL", "INTERNAL"),
        ("/misbehave/leak", 500, "INTERNAL", "INTERNAL"),
        (
            "/misbehave/refuse",
            403,
            "PERMISSION_DENIED",
            "PERMISSION_DENIED",
        ),
        ("/misbehave/fail", 502, "UNKNOWN", "UNKNOWN"),
        (
            "/misbehave/bare",
            409,
            "FAILED_PRECONDITION",
            "FAILED_PRECONDITION",
        ),
        (
            "/misbehave/slow/abc",
            400,
            "INVALID_ARGUMENT",
            "BAD_REQUEST",
        ),
    ];
    for (path, status, code, reason) in get {
        assert_problem(&server.get(path).await, status, code, reason);
    }
    let answer = server.get("/misbehave/page").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (404, "text/html")
    );
    assert_eq!(
        server.get("/misbehave/refuse").await.body["detail"],
        "not you"
    );
}

#[tokio::test]
async fn methods_and_media_types() {
    let server = TestServer::<Notes>::start().await;
    let answer = server.delete("/v1/notes").await;
    assert_problem(&answer, 405, "INVALID_ARGUMENT", "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
    let answer = server.post("/livez", json!({})).await;
    assert_problem(&answer, 405, "INVALID_ARGUMENT", "METHOD_NOT_ALLOWED");
    let post = |media_type: &'static str| {
        let request = server
            .request(Method::POST, "/v1/notes")
            .json(json!({"title": media_type}));
        request.header("content-type", media_type).send()
    };
    assert_problem(
        &post("text/plain").await,
        415,
        "INVALID_ARGUMENT",
        "UNSUPPORTED_MEDIA_TYPE",
    );
    let packed = server
        .request(Method::POST, "/v1/notes")
        .json(json!({"title": "a"}))
        .header("content-encoding", "gzip")
        .send()
        .await;
    assert_problem(
        &packed,
        415,
        "INVALID_ARGUMENT",
        "UNSUPPORTED_CONTENT_ENCODING",
    );
    assert_eq!(packed.header("accept-encoding"), "identity");
    assert_eq!(
        post("application/json; charset=utf-8").await.status,
        422,
        "the title is too long"
    );
    let answer = server
        .request(Method::POST, "/v1/notes")
        .body("{}")
        .send()
        .await;
    assert_problem(&answer, 415, "INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE");
    let answer = server
        .request(Method::POST, "/plain/json")
        .body("{}")
        .send()
        .await;
    assert_problem(&answer, 415, "INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE");
    let head = server.request(Method::HEAD, "/nothing").send().await;
    assert_eq!((head.status.as_u16(), head.bytes.len()), (404, 0));
}

#[tokio::test]
async fn violations_come_all_at_once() {
    let server = TestServer::<Notes>::start().await;
    let body = json!({"title": "x".repeat(21), "price": 1.5, "prise": "1", "id": "ignored"});
    let answer = server.post("/v1/notes", body).await;
    assert_problem(&answer, 422, "INVALID_ARGUMENT", "INVALID_FIELDS");
    let errors = answer.body["errors"].as_array().unwrap();
    let found: Vec<_> = errors
        .iter()
        .map(|it| {
            (
                it["pointer"].as_str().unwrap(),
                it["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("/title", "TOO_LONG"),
            ("/price", "WRONG_TYPE"),
            ("/prise", "UNKNOWN_FIELD")
        ]
    );
    assert!(
        errors[2]["detail"]
            .as_str()
            .unwrap()
            .contains("Did you mean `price`?")
    );
    let answer = server.post("/v1/notes", json!([])).await;
    assert_problem(&answer, 422, "INVALID_ARGUMENT", "INVALID_FIELDS");
    assert_eq!(answer.body["errors"][0]["pointer"], "");
}

#[tokio::test]
async fn constraints_of_the_database_become_problems() {
    let server = TestServer::<Notes>::start().await;
    assert_eq!(
        server.post("/v1/notes", json!({"title": "a"})).await.status,
        201
    );
    let answer = server.post("/v1/notes", json!({"title": "a"})).await;
    assert_problem(&answer, 409, "ALREADY_EXISTS", "ALREADY_EXISTS");
    assert_eq!(answer.body["errors"][0]["pointer"], "/title");
    let answer = server
        .post("/v1/notes", json!({"title": "b", "price": "-1"}))
        .await;
    assert_problem(&answer, 422, "INVALID_ARGUMENT", "INVALID_FIELDS");
    assert_eq!(answer.body["errors"][0]["pointer"], "/price");
}

#[tokio::test]
async fn removal_wants_a_reason_and_nothing_else() {
    let server = TestServer::<Notes>::start().await;
    let note = server.post("/v1/notes", json!({"title": "a"})).await;
    let path = note.header("location").to_owned();
    assert_problem(
        &server.delete(&path).await,
        400,
        "INVALID_ARGUMENT",
        "REASON_REQUIRED",
    );
    let answer = server.delete(&format!("{path}?reson=x")).await;
    assert_problem(&answer, 400, "INVALID_ARGUMENT", "INVALID_PARAMETERS");
    assert_eq!(answer.body["errors"][0]["parameter"], "reson");
    let answer = server
        .delete(&format!("{path}?reason=no+longer%20true"))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.bytes.len(), answer.body),
        (204, 0, Value::Null)
    );
    assert_problem(
        &server.delete(&format!("{path}?reason=x")).await,
        404,
        "NOT_FOUND",
        "NOT_FOUND",
    );
}

#[tokio::test]
async fn the_request_id_is_echoed_if_it_is_sane() {
    let server = TestServer::<Notes>::start().await;
    let with = |id: &'static str| {
        server
            .request(Method::GET, "/nothing")
            .header("x-request-id", id)
            .send()
    };
    let answer = with("my-id.1").await;
    assert_eq!(
        (answer.header("x-request-id"), &answer.body["trace_id"]),
        ("my-id.1", &json!("my-id.1"))
    );
    assert_ne!(with("no good").await.header("x-request-id"), "no good");
}

#[tokio::test]
async fn the_caller_is_whom_a_trusted_header_names() {
    let named = async |server: &TestServer<Notes>| {
        let request = server
            .request(Method::GET, "/v1/caller")
            .header("x-user", "ada");
        String::from_utf8(request.send().await.bytes.to_vec()).unwrap()
    };
    let server = TestServer::<Notes>::start().await;
    assert_eq!(named(&server).await, "anonymous");
    let server =
        TestServer::<Notes>::start_with(|config| config.caller.header = Some("x-user".into()))
            .await;
    assert_eq!(named(&server).await, "ada");
}

#[tokio::test]
async fn a_caller_is_named_once_and_legibly_or_not_at_all() {
    let server =
        TestServer::<Notes>::start_with(|config| config.caller.header = Some("x-user".into()))
            .await;
    let with = |lines: &[&[u8]]| {
        let mut request = server.request(Method::GET, "/v1/caller");
        for line in lines {
            request = request.add_header("x-user", *line);
        }
        request.send()
    };
    let longest = "ü".repeat(128);
    for (lines, expected) in [
        (&[][..], "anonymous"),
        (&[""], "anonymous"),
        (&[" ada "], "ada"),
        (&["Jürgen"], "Jürgen"),
        (&["山田 花子"], "山田 花子"),
        (&[longest.as_str()], longest.as_str()),
    ] {
        let lines: Vec<&[u8]> = lines.iter().map(|it| it.as_bytes()).collect();
        let answer = with(&lines).await;
        assert_eq!(answer.status, 200, "{expected}: {}", answer.body);
        assert_eq!(String::from_utf8(answer.bytes.to_vec()).unwrap(), expected);
    }
    let longer = "a".repeat(257);
    for (lines, told) in [
        (&[&b"ada"[..], b"eve"][..], "more than once"),
        (&[b"ada", b"ada"], "more than once"),
        (&[b"", b"ada"], "more than once"),
        (&[b"J\xfcrgen"], "UTF-8"),
        (&[longer.as_bytes()], "256 bytes"),
    ] {
        let answer = with(lines).await;
        assert_problem(&answer, 400, "INVALID_ARGUMENT", "INVALID_CALLER");
        let error = &answer.body["errors"][0];
        assert_eq!(error["parameter"], "x-user", "{}", answer.body);
        assert!(error["detail"].as_str().unwrap().contains(told), "{error}");
    }
}
