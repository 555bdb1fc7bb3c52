//! Heads that are too long: what is said of them, and what makes them long.

use std::time::Duration;

use ::http::{Method, Request};
use http_body_util::{BodyExt as _, Empty};
use serde_json::{Value, from_str, json};
use svcgen_runtime::testing::TestServer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::notes::Notes;
use crate::raw::{exchange_to_end, read};

/// A filter of ten thousand terms, as a program would write it.
fn filter() -> String {
    let terms: Vec<String> = (0..10_000)
        .map(|it| format!("title%20%3D%20%22note%20{it}%22"))
        .collect();
    terms.join("%20OR%20")
}

fn problem(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").unwrap_or_default().1;
    from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

/// The parameter that is named, and that the detail says so too.
fn named(problem: &Value) -> (&str, &str) {
    let found = &problem["errors"][0];
    let name = found["parameter"].as_str().unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert_eq!(detail.contains(&format!("`{name}`")), !name.is_empty());
    assert!(name.is_empty() || found["code"] == "TOO_LONG", "{problem}");
    (name, detail)
}

#[tokio::test]
async fn a_query_that_is_too_long_is_named() {
    let server = TestServer::<Notes>::start().await;
    let head = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let long = head(&format!("/v1/notes?page_size=5&filter={}&skip=1", filter()));
    let begins = "The head of the request is longer than 65536 bytes";
    // Where requests are sent without waiting for answers, the bytes that come are of several.
    for (before, expected) in [("", "filter"), (head("/livez").as_str(), "")] {
        let answer = exchange_to_end(server.address(), format!("{before}{long}")).await;
        let refusal = answer.rfind("HTTP/1.1 431 ").map(|at| &answer[at..]);
        let problem = problem(refusal.unwrap_or_else(|| panic!("{answer}")));
        let (name, detail) = named(&problem);
        assert_eq!(name, expected);
        assert!(detail.starts_with(begins), "{detail}");
    }
}

#[tokio::test]
async fn it_is_named_on_a_connection_that_was_used_and_in_pieces() {
    let server = TestServer::<Notes>::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let first = b"POST /v1/notes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(first).await.unwrap();
    let answer = read(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    let long = format!("GET /v1/notes?filter={} HTTP/1.1\r\n", filter());
    for piece in long.as_bytes()[..4000].chunks(500) {
        stream.write_all(piece).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let _ = stream.write_all(&long.as_bytes()[4000..]).await;
    let answer = read(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(named(&problem(&answer)).0, "filter");
}

#[tokio::test]
async fn a_target_that_is_too_long_is_told_from_a_head_that_is() {
    let server = TestServer::<Notes>::start_with(|it| it.server.header_limit = 1 << 20).await;
    let long = format!(
        "GET /v1/notes?filter={} HTTP/1.1\r\nhost: x\r\n\r\n",
        filter()
    );
    let answer = exchange_to_end(server.address(), long).await;
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    let problem = problem(&answer);
    let (name, detail) = named(&problem);
    assert_eq!(name, "filter");
    let begins = "The target of the request is longer than 65534 bytes; its query parameter";
    assert!(detail.starts_with(begins), "{detail}");
}

#[tokio::test]
async fn what_is_long_beside_the_query_is_no_parameter() {
    let server = TestServer::<Notes>::start().await;
    let (long, many) = ("y".repeat(200_000), "x-many: 1\r\n".repeat(150));
    let too_long = "The head of the request is longer than 65536 bytes.";
    for (head, detail) in [
        (
            format!("/v1/notes?filter=a HTTP/1.1\r\nx-large: {long}"),
            too_long,
        ),
        (format!("/{long}?filter=a HTTP/1.1"), too_long),
        (
            format!("/v1/notes?filter=a HTTP/1.1\r\n{many}x: 1"),
            "The head of the request has more than 100 headers.",
        ),
    ] {
        let head = format!("GET {head}\r\nhost: x\r\n\r\n");
        let answer = exchange_to_end(server.address(), head).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert_eq!(named(&problem(&answer)), ("", detail));
    }
}

/// HTTP/2 refuses it before anybody here sees it, and says no more than the status.
#[tokio::test]
async fn in_http_2_it_is_refused_without_a_word() {
    let server = TestServer::<Notes>::start_with(|it| it.server.header_limit = 16 << 10).await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<Empty<bytes::Bytes>>();
    for (length, status) in [(30_000, 431), (1_000, 200)] {
        let filter = "x".repeat(length);
        let uri = format!("http://{}/v1/notes?filter={filter}", server.address());
        let request = Request::builder().method(Method::GET).uri(uri);
        let request = request.body(Empty::new()).unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), status);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.is_empty(), status == 431);
    }
    assert_eq!(server.get("/livez").await.body["status"], json!("ok"));
}
