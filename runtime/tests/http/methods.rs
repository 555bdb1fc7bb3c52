//! HEAD, OPTIONS, and what a path does not allow.

use svcgen_runtime::axum::http::Method;
use svcgen_runtime::serde_json::json;
use svcgen_runtime::testing::TestServer;

use super::notes::Notes;
use super::raw::exchange;

#[tokio::test]
async fn options_tells_the_methods_of_every_path() {
    let server = TestServer::<Notes>::start().await;
    for (path, allowed) in [
        ("/v1/notes", "GET, HEAD, POST, OPTIONS"),
        ("/v1/notes/abc", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/plain/json", "POST, OPTIONS"),
        ("/livez", "GET, HEAD, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
    ] {
        let answer = server.request(Method::OPTIONS, path).send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.bytes.len()),
            (204, 0),
            "{path}"
        );
        assert_eq!(answer.header("allow"), allowed, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        for method in [Method::PUT, Method::TRACE, "BREW".parse().unwrap()] {
            let refused = server.request(method.clone(), path).send().await;
            assert_eq!(refused.status, 405, "{method} {path}");
            assert_eq!(refused.header("allow"), allowed, "{method} {path}");
            assert_eq!(refused.header("content-type"), "application/problem+json");
            assert_eq!(refused.body["reason"], "METHOD_NOT_ALLOWED");
        }
    }
    let answer = server.request(Method::OPTIONS, "/nothing").send().await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (404, &json!(404))
    );
    let answer = exchange(
        server.address(),
        "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let answer = exchange(
        server.address(),
        "CONNECT x:80 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(
        answer.starts_with("HTTP/1.1 40") && answer.contains("problem+json"),
        "{answer}"
    );
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = TestServer::<Notes>::start().await;
    let made = server.post("/v1/notes", json!({"title": "a"})).await;
    let path = made.header("location").to_owned();
    for path in [
        "/v1/notes",
        &path,
        "/v1/notes?page_size=-1",
        "/nothing",
        "/livez",
        "/docs",
        "/long/5000",
    ] {
        let get = server.get(path).await;
        let head = server.request(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.bytes.len()), (get.status, 0), "{path}");
        for name in [
            "content-type",
            "content-length",
            "etag",
            "cache-control",
            "vary",
        ] {
            // A problem says its request's number, and numbers grow.
            if name != "content-length" || get.status.is_success() {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
        }
    }
    let head = server
        .request(Method::HEAD, &path)
        .header("if-none-match", "\"1\"")
        .send()
        .await;
    assert_eq!(head.status, 304);
    let head = server.request(Method::HEAD, "/plain/json").send().await;
    assert_eq!(head.status, 405);
}
