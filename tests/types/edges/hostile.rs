//! Requests that nobody means well.

use serde_json::json;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::{SCALARS, count, is_problem, scalar, start};

async fn raw(server: &TestServer<App>, body: impl Into<Vec<u8>>) -> Answer {
    let request = server
        .request(Method::POST, SCALARS)
        .header("content-type", "application/json");
    request.body(body.into()).send().await
}

/// A 4xx problem; and the one row that was there is as it was.
async fn is_harmless(server: &TestServer<App>, answer: &Answer, what: &str) {
    assert!(
        answer.status.is_client_error(),
        "{what}: {} {}",
        answer.status,
        answer.body
    );
    is_problem(answer, answer.status.as_u16());
    assert_eq!(count(server, "scalars").await, 1, "{what}");
}

#[tokio::test]
async fn hostile_bodies() {
    let server = start().await;
    server.post(SCALARS, scalar(json!({}))).await;
    let good = scalar(json!({})).to_string();
    let deep = |depth: usize| {
        good.replace(
            "\"json\":{}",
            &format!("\"json\":{}{}", "[".repeat(depth), "]".repeat(depth)),
        )
    };
    let mut bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("half", good.as_bytes()[..good.len() / 2].to_vec()),
        ("two", format!("{good}{good}").into_bytes()),
        ("a list", format!("[{good}]").into_bytes()),
        ("null", b"null".to_vec()),
        (
            "invalid UTF-8",
            good.replace("\"t\"", "\"~\"")
                .into_bytes()
                .iter()
                .map(|it| if *it == b'~' { 0xff } else { *it })
                .collect(),
        ),
        (
            "half a surrogate",
            good.replace("\"t\"", "\"\\ud800\"").into_bytes(),
        ),
        (
            "a key twice",
            good.replace("\"text\"", "\"int\":1,\"text\"").into_bytes(),
        ),
        (
            "a key twice, escaped",
            good.replace("\"text\"", "\"\\u0069nt\":1,\"text\"")
                .into_bytes(),
        ),
        (
            "a key twice inside",
            good.replace("\"json\":{}", "\"json\":{\"a\":1,\"a\":1}")
                .into_bytes(),
        ),
        ("deep", deep(100).into_bytes()),
        ("very deep", deep(100_000).into_bytes()),
        ("a comment", format!("/* */{good}").into_bytes()),
        ("a byte order mark", format!("\u{feff}{good}").into_bytes()),
        (
            "NaN",
            good.replace("\"float\":1.5", "\"float\":NaN").into_bytes(),
        ),
        (
            "infinite",
            good.replace("\"float\":1.5", "\"float\":1e999")
                .into_bytes(),
        ),
        ("a trailing comma", good.replace('}', ",}").into_bytes()),
        (
            "a prototype",
            good.replace("\"text\"", "\"__proto__\":{},\"text\"")
                .into_bytes(),
        ),
        (
            "many keys",
            format!(
                "{{{}\"int\":1}}",
                (0..20_000).fold(String::new(), |it, number| it
                    + &format!("\"a{number}\":1,"))
            )
            .into_bytes(),
        ),
    ];
    bodies.push(("too long", vec![b' '; (1 << 20) + 1]));
    for (what, body) in bodies {
        let answer = raw(&server, body).await;
        is_harmless(&server, &answer, what).await;
    }
    let form = server
        .request(Method::POST, SCALARS)
        .header("content-type", "application/x-www-form-urlencoded");
    is_problem(&form.body("int=1").send().await, 415);
    let untyped = server.request(Method::POST, SCALARS).body(good);
    is_problem(&untyped.send().await, 415);
}

#[tokio::test]
async fn hostile_paths_and_parameters() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    for (what, status) in [
        ("/v1/scalars/1", 400),
        ("/v1/scalars/'%20or%20'1'='1", 400),
        ("/v1/scalars/%ff", 400),
        ("/v1/scalars/..%2f..%2fetc%2fpasswd", 400),
        ("/v1/scalars/00000000-0000-0000-0000-00000000000g", 400),
        ("/v1/scalars/0193a6f0-0000-7000-8000-000000000000", 404),
        ("/v1/nullables/9223372036854775808", 400),
        ("/v1/nullables/-1", 404),
        ("/v1/nullables/1e3", 400),
        ("/v1/nullables/1%20union%20select%201", 400),
        ("/v1/labels/'%3Bdrop%20table%20labels%3B--", 404),
        ("/v1/../etc/passwd", 404),
        ("//v1/scalars", 404),
        ("/v1/scalars/", 404),
        ("/v1/Scalars", 404),
        ("/", 404),
        ("/v1/scalars?page_size=-1", 400),
        ("/v1/scalars?page_size=1;drop", 400),
        ("/v1/scalars?page_token=AAAA", 400),
        ("/v1/scalars?page_token=%00", 400),
        ("/v1/scalars?page_token='%20or%201=1", 400),
        ("/v1/scalars?order_by=id;drop%20table%20scalars", 400),
        ("/v1/scalars?page_size=1&page_size=2", 400),
        ("/v1/scalars?%ff=1", 400),
    ] {
        is_problem(&server.get(what).await, status);
    }
    let long = format!("/v1/labels/{}", "a".repeat(10_000));
    let answer = server.get(&long).await;
    assert!(
        answer.status == 404 || answer.status == 400 || answer.status == 414,
        "{}",
        answer.status
    );
    is_problem(&answer, answer.status.as_u16());
    assert_eq!(server.get(path).await.body, created.body);
    assert_eq!(
        server
            .get("/v1/scalars?page_size=99999999999999999999")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn methods_that_are_not_there() {
    let server = start().await;
    for (method, path, allowed) in [
        (Method::PUT, "/v1/scalars", "GET,HEAD,OPTIONS,POST"),
        (Method::DELETE, "/v1/scalars", "GET,HEAD,OPTIONS,POST"),
        (
            Method::POST,
            "/v1/scalars/0193a6f0-0000-7000-8000-000000000000",
            "DELETE,GET,HEAD,OPTIONS,PATCH,PUT",
        ),
        (Method::PATCH, "/v1/bares/1", "DELETE,GET,HEAD,OPTIONS"),
        (Method::TRACE, "/v1/scalars", "GET,HEAD,OPTIONS,POST"),
    ] {
        let answer = server.request(method, path).send().await;
        is_problem(&answer, 405);
        let mut names: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        names.sort_unstable();
        assert_eq!(names.join(","), allowed, "{path}");
    }
}

/// A page token of another list, or one that was tampered with, opens nothing.
#[tokio::test]
async fn page_tokens_are_sealed() {
    let server = start().await;
    for number in 0..3 {
        server.post(SCALARS, scalar(json!({ "int": number }))).await;
        server.post("/v1/nullables", json!({ "int": number })).await;
    }
    let page = server.get("/v1/scalars?page_size=1").await;
    let token = page.body["next_page_token"].as_str().unwrap_or_default();
    assert_eq!(
        server
            .get(&format!("/v1/scalars?page_token={token}"))
            .await
            .status,
        200
    );
    is_problem(
        &server
            .get(&format!("/v1/nullables?page_token={token}"))
            .await,
        400,
    );
    for at in 0..token.len() {
        let mut changed = token.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        // The last character of base64 may hold bits that mean nothing.
        if at + 1 < token.len() {
            is_problem(
                &server
                    .get(&format!("/v1/scalars?page_token={changed}"))
                    .await,
                400,
            );
        }
    }
}
