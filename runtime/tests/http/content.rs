//! What an answer says of itself: how long it may be kept, what it varies by, how it is packed.

use std::io::Read as _;

use svcgen_runtime::axum::http::Method;
use svcgen_runtime::serde_json::{Value, from_slice, json};
use svcgen_runtime::testing::{Answer, TestServer};

use super::notes::Notes;

async fn ask(
    server: &TestServer<Notes>,
    method: Method,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> Answer {
    let mut request = server.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await
}

fn unpacked(answer: &Answer) -> Value {
    let packed: &[u8] = &answer.bytes;
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        "gzip" => drop(
            flate2::read::GzDecoder::new(packed)
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        "br" => drop(
            brotli::Decompressor::new(packed, 4096)
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        "zstd" => plain = zstd::decode_all(packed).unwrap(),
        other => panic!("packed as {other:?}"),
    }
    from_slice(&plain).unwrap()
}

#[tokio::test]
async fn reads_may_be_kept_and_asked_for_anew() {
    let server = TestServer::<Notes>::start().await;
    let made = server.post("/v1/notes", json!({"title": "a"})).await;
    assert_eq!(
        (made.status.as_u16(), made.header("cache-control")),
        (201, "no-store")
    );
    assert_eq!(made.header("vary"), "");
    let path = made.header("location").to_owned();
    for path in ["/v1/notes", &path] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&server, method, path, &[]).await;
            assert_eq!(answer.header("cache-control"), "private, no-cache");
            assert_eq!(
                answer.header("vary"),
                "Accept, Accept-Encoding, Authorization, Origin"
            );
        }
    }
    let same = ask(&server, Method::GET, &path, &[("if-none-match", "\"1\"")]).await;
    assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0));
    assert_eq!(same.header("etag"), "\"1\"");
    assert_eq!(same.header("cache-control"), "private, no-cache");
    assert_eq!(
        same.header("vary"),
        "Accept, Accept-Encoding, Authorization, Origin"
    );
    let refused = server.get("/v1/nothing").await;
    assert_eq!(refused.header("cache-control"), "no-store");
    let kept = server.get("/long/1/kept").await;
    assert_eq!(kept.header("cache-control"), "no-transform");
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn long_answers_are_packed_as_the_client_likes_them() {
    let server = TestServer::<Notes>::start().await;
    let plain = ask(&server, Method::GET, "/long/5000", &[]).await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("etag")),
        ("", "\"7\"")
    );
    for size in ["/long/5000", "/long/300000"] {
        for (takes, coding) in [
            ("gzip", "gzip"),
            ("gzip, br", "br"),
            ("br;q=0.5, zstd", "zstd"),
        ] {
            let answer = ask(&server, Method::GET, size, &[("accept-encoding", takes)]).await;
            let tag = format!("\"7-{coding}\"");
            assert_eq!(answer.header("content-encoding"), coding);
            assert_eq!(answer.header("etag"), tag);
            assert_eq!(
                answer.header("content-length"),
                answer.bytes.len().to_string()
            );
            let whole = server.get(size).await;
            assert!(answer.bytes.len() * 4 < whole.bytes.len());
            assert_eq!(unpacked(&answer), whole.body);
            let head = ask(&server, Method::HEAD, size, &[("accept-encoding", takes)]).await;
            assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
            assert_eq!(
                (head.header("content-encoding"), head.header("etag")),
                (coding, &*tag)
            );
        }
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn what_is_small_or_packed_or_to_be_kept_stays_as_it_is() {
    let server = TestServer::<Notes>::start().await;
    let gzip = [("accept-encoding", "gzip")];
    for path in [
        "/long/10",
        "/long/1000",
        "/long/1/packed",
        "/long/1/kept",
        "/livez",
    ] {
        let answer = ask(&server, Method::GET, path, &gzip).await;
        assert!(
            ["", "identity"].contains(&answer.header("content-encoding")),
            "{path}"
        );
        assert!(!answer.header("etag").contains("gzip"), "{path}");
    }
    let answer = ask(&server, Method::GET, "/long/1014", &gzip).await;
    assert_eq!(
        answer.header("content-encoding"),
        "gzip",
        "1024 bytes with what is around the text"
    );
    // Problems are packed as well where they are long, and the runtime's own pages with them.
    let unknown = format!("/v1/notes?{}", "no_such_parameter=1&".repeat(20));
    let answer = ask(&server, Method::GET, &unknown, &gzip).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (400, "application/problem+json")
    );
    assert_eq!(unpacked(&answer)["status"], 400);
}

#[tokio::test]
async fn conditions_hold_whatever_the_packing() {
    let server = TestServer::<Notes>::start().await;
    for (given, takes, status) in [
        ("\"7\"", "gzip", 304),
        ("\"7-gzip\"", "gzip", 304),
        ("\"7-gzip\"", "br", 304),
        ("\"7-br\"", "identity", 304),
        ("W/\"7-zstd\"", "gzip", 304),
        ("\"8-gzip\"", "gzip", 200),
        ("\"7-deflate\"", "gzip", 200),
    ] {
        let headers = [("if-none-match", given), ("accept-encoding", takes)];
        let answer = ask(&server, Method::GET, "/long/5000", &headers).await;
        assert_eq!(answer.status, status, "{given} {takes}");
        let is_packed = cfg!(feature = "compression") && takes != "identity";
        let tag = if is_packed {
            format!("\"7-{takes}\"")
        } else {
            "\"7\"".to_owned()
        };
        assert_eq!(answer.header("etag"), tag, "{given} {takes}");
        if status == 304 {
            assert_eq!(answer.header("content-encoding"), "", "{given} {takes}");
        }
    }
    let made = server.post("/v1/notes", json!({"title": "a"})).await;
    let path = made.header("location").to_owned();
    let change = async |tag: &'static str, title: &str| {
        let request = server.request(Method::PATCH, &path).header("if-match", tag);
        request
            .json(json!({"title": title}))
            .send()
            .await
            .status
            .as_u16()
    };
    assert_eq!(change("\"1-gzip\"", "b").await, 200);
    assert_eq!(change("\"1-gzip\"", "c").await, 412);
    assert_eq!(change("W/\"2-gzip\"", "c").await, 412);
    assert_eq!(change("\"2-br\"", "c").await, 200);
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_so_where_nothing_happened_yet() {
    let server = TestServer::<Notes>::start().await;
    let answer = ask(
        &server,
        Method::GET,
        "/v1/notes",
        &[("accept", "text/html")],
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["reason"]),
        (406, &json!("NOT_ACCEPTABLE"))
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("etag"), "");
    for accept in ["*/*", "application/json", "text/html, */*;q=0.1"] {
        let answer = ask(&server, Method::GET, "/v1/notes", &[("accept", accept)]).await;
        assert_eq!(answer.status, 200, "{accept}");
    }
    let request = server
        .request(Method::POST, "/v1/notes")
        .header("accept", "text/html");
    assert_eq!(request.json(json!({"title": "a"})).send().await.status, 201);
}
