//! Malformed, oversized and hostile requests: each is refused, and changes nothing.

use std::time::{Duration, Instant};

use svcgen_runtime::axum::http::{Method, Request, Version};
use svcgen_runtime::serde_json::{Value, from_str, json};
use svcgen_runtime::testing::TestServer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::notes::Notes;
use super::raw::{exchange, exchange_to_end, post, read};

async fn notes(server: &TestServer<Notes>) -> usize {
    server.get("/v1/notes").await.body["notes"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn no_malformed_body_gets_through() {
    let server = TestServer::<Notes>::start().await;
    let deep = [b"{\"title\":".as_slice(), &b"[".repeat(500_000)].concat();
    let bodies: [(&[u8], &str, &str); 12] = [
        (b"", "400", "empty"),
        (b"{\"title\":\"a\"", "400", "MALFORMED_JSON"),
        (b"{\"title\":\"a\"} x", "400", "MALFORMED_JSON"),
        (
            b"{\"title\":\"a\",\"title\":\"b\"}",
            "400",
            "\"pointer\":\"/title\"",
        ),
        (
            b"{\"x\":[{\"a\":1,\"a\":1}],\"title\":\"a\"}",
            "400",
            "\"pointer\":\"/x/0/a\"",
        ),
        (b"{\"title\":\"\xc3\x28\"}", "400", "UTF-8"),
        (b"{\"title\":\"a\\u0000\"}", "422", "NUL_CHARACTER"),
        (b"{\"title\":\"\\ud800\"}", "400", "surrogate"),
        (b"{\"title\":\"a\",\"price\":1e999}", "400", "out of range"),
        (
            b"{\"title\":\"a\",\"price\":\"99999999999999999999\"}",
            "422",
            "TOO_MANY_DIGITS",
        ),
        (b"{\"title\":[\"a\"]}", "422", "WRONG_TYPE"),
        (&deep, "400", "deeper than 64"),
    ];
    for (body, status, tells) in bodies {
        let answer = exchange(server.address(), post("/v1/notes", body)).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown}: {answer}"
        );
        assert!(
            answer.contains("application/problem+json") && answer.contains(tells),
            "{shown}: {answer}"
        );
    }
    let sql = json!({"title": "'); drop table x--"});
    assert_eq!(server.post("/v1/notes", sql).await.status, 201);
    assert_eq!(notes(&server).await, 1);
}

#[tokio::test]
async fn oversized_bodies_are_refused_with_and_without_a_length() {
    let server = TestServer::<Notes>::start_with(|config| config.server.body_limit = 1000).await;
    let body = json!({"title": "a", "x": "y".repeat(2000)}).to_string();
    for path in ["/v1/notes", "/plain/json", "/plain/bytes"] {
        let answer = exchange(server.address(), post(path, body.as_bytes())).await;
        assert!(
            answer.starts_with("HTTP/1.1 413 ") && answer.contains("BODY_TOO_LARGE"),
            "{path}: {answer}"
        );
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let chunked = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let answer = exchange(server.address(), chunked).await;
        assert!(
            answer.starts_with("HTTP/1.1 413 ") && answer.contains("problem+json"),
            "{path}: {answer}"
        );
    }
    assert_eq!(notes(&server).await, 0);
}

#[tokio::test]
async fn path_tricks_reach_nothing() {
    let server = TestServer::<Notes>::start().await;
    for path in [
        "/%2e%2e/%2e%2e/etc/passwd",
        "/../../etc/passwd",
        "//v1/notes",
        "/v1//notes",
        "/v1/notes/%2e%2e",
        "/V1/notes",
        "/v1/notes%2f",
        "/v1/notes/..;/",
        "/livez/",
        "/docs/%2e%2e/x",
        "/v1/notes%00",
    ] {
        let answer = exchange(
            server.address(),
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        );
        let answer = answer.await;
        let refused = answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 ");
        assert!(
            refused && answer.contains("application/problem+json"),
            "{path}: {answer}"
        );
    }
}

/// A head that cannot be read, and the status that it gets.
const BROKEN: [(&str, u16); 24] = [
    ("nonsense\r\n\r\n", 400),
    ("\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n", 400),
    ("GET /\r\n\r\n", 400),
    (" GET / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("GET  / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("G\u{e9}T / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("GET http:// HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("GET / HTTP/1.1 x\r\nhost: x\r\n\r\n", 400),
    ("GET / HTTP/0.9\r\nhost: x\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nhost: x\r\n\r\n", 400),
    ("GET / HTTP/9.9\r\n\r\n", 400),
    ("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost : x\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost: x\r\n: no name\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n", 400),
    (
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        400,
    ),
    (
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
        400,
    ),
    (
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        400,
    ),
    (
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n",
        400,
    ),
    (
        "POST / HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
];

/// The heads that hyper answers with nothing but the end of the connection, and why.
const CLOSED: [(&str, &str); 3] = [
    ("", "nobody has asked anything"),
    (
        "GET / HTTP/1.1",
        "whoever stops in the middle of a head has gone away",
    ),
    (
        "GET / HTTP/1.1\r\nhost: x\r\n",
        "the empty line that ends a head is missing as well",
    ),
];

#[tokio::test]
async fn broken_heads_get_a_problem_and_the_server_lives() {
    let server = TestServer::<Notes>::start().await;
    let (many, long) = ("x-many: 1\r\n".repeat(150), "y".repeat(200_000));
    let large = [
        format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("{long} / HTTP/1.1\r\nhost: x\r\n\r\n"),
    ];
    let large = large.iter().map(|head| (head.as_str(), 431));
    for (head, status) in BROKEN.into_iter().chain(large) {
        let shown = &head.as_bytes()[..head.len().min(60)];
        let shown = String::from_utf8_lossy(shown);
        let answer = exchange_to_end(server.address(), head).await;
        let line = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&line), "{shown:?}: {answer:?}");
        let (top, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            top.contains("content-type: application/problem+json")
                && top.contains("connection: close"),
            "{shown:?}: {answer}"
        );
        let problem: Value = from_str(body).unwrap();
        assert_eq!(problem["status"], status, "{answer}");
        assert_eq!(problem["reason"], "UNREADABLE_HEAD", "{answer}");
        assert_eq!(problem["domain"], "notes", "{answer}");
    }
    for (head, reason) in CLOSED {
        let answer = exchange_to_end(server.address(), head).await;
        assert_eq!(answer, "", "{head:?}: {reason}");
    }
    // This one is the first of HTTP/2, where a refusal is a frame and no status.
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nno frame, and long enough to be one";
    let answer = exchange_to_end(server.address(), preface).await;
    assert!(!answer.is_empty() && !answer.contains("HTTP/1"), "{answer}");
    assert_eq!(server.get("/livez").await.status, 200);
    // One after a good request on the same connection, too.
    let two = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n";
    let answer = exchange(server.address(), two).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("HTTP/1.1 400 "),
        "{answer}"
    );
}

/// A client of HTTP/1.1 names one host (RFC 9112 §3.2).
#[tokio::test]
async fn a_request_without_its_host_is_refused() {
    let server = TestServer::<Notes>::start().await;
    for path in ["/livez", "/v1/notes"] {
        for hosts in ["", "host: x\r\nhost: x\r\n"] {
            let head = format!("GET {path} HTTP/1.1\r\n{hosts}\r\n");
            let answer = exchange(server.address(), head).await;
            assert!(
                answer.starts_with("HTTP/1.1 400 ") && answer.contains("\"INVALID_HOST\""),
                "{answer}"
            );
            assert!(answer.contains("application/problem+json"), "{answer}");
        }
        for head in ["HTTP/1.0\r\n", "HTTP/1.1\r\nhost:\r\n"] {
            let answer = exchange(server.address(), format!("GET {path} {head}\r\n")).await;
            assert!(answer.contains(" 200 OK\r\n"), "{answer}");
        }
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let server = TestServer::<Notes>::start_with(|config| {
        config.server.header_timeout = Duration::from_millis(300);
        config.server.request_timeout = Duration::from_millis(600);
    })
    .await;
    let idle_until_closed = async |first: &'static str| {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        let started = Instant::now();
        let answer = read(&mut stream).await;
        (answer, started.elapsed())
    };
    for first in [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nhost:",
        "PRI * HTTP/2.0\r\n",
    ] {
        let (answer, took) = idle_until_closed(first).await;
        assert!(
            took < Duration::from_millis(650),
            "{first:?} was still open after {took:?}: {answer}"
        );
    }
    let (answer, _) = idle_until_closed(
        "POST /v1/notes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{\"ti",
    )
    .await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("REQUEST_TIMEOUT"),
        "{answer}"
    );
    let answer = server.get("/misbehave/slow/5000").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (504, &json!("DEADLINE_EXCEEDED"))
    );
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port() {
    use http_body_util::{BodyExt as _, Empty};
    let server = TestServer::<Notes>::start().await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<Empty<bytes::Bytes>>();
    for (path, status) in [
        ("/livez", 200),
        ("/v1/notes", 200),
        ("/nothing", 404),
        ("/misbehave/panic", 500),
    ] {
        let uri = format!("http://{}{path}", server.address());
        let request = Request::builder()
            .method(Method::GET)
            .uri(uri)
            .body(Empty::new())
            .unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(
            (answer.version(), answer.status().as_u16()),
            (Version::HTTP_2, status),
            "{path}"
        );
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(body.starts_with(b"{"));
    }
}
