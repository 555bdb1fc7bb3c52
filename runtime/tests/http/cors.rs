//! Pages of other origins: allowed by configuration, and nothing without it.

use svcgen_runtime::Config;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};

use super::notes::Notes;

const PAGE: &str = "https://app.example";

async fn start(origins: &[&str], change: impl FnOnce(&mut Config)) -> TestServer<Notes> {
    let origins = origins.iter().map(|it| (*it).to_owned()).collect();
    TestServer::start_with(|config| {
        config.cors.origins = origins;
        change(config);
    })
    .await
}

async fn preflight(server: &TestServer<Notes>, path: &str, origin: &'static str) -> Answer {
    let request = server
        .request(Method::OPTIONS, path)
        .header("origin", origin);
    let request = request.header("access-control-request-method", "PATCH");
    request
        .header("access-control-request-headers", "if-match,content-type")
        .send()
        .await
}

async fn get(server: &TestServer<Notes>, path: &str, origin: &'static str) -> Answer {
    server
        .request(Method::GET, path)
        .header("origin", origin)
        .send()
        .await
}

#[tokio::test]
async fn nothing_is_allowed_that_is_not_configured() {
    let server = TestServer::<Notes>::start().await;
    for answer in [
        preflight(&server, "/v1/notes", PAGE).await,
        get(&server, "/v1/notes", PAGE).await,
    ] {
        assert!(answer.status.is_success());
        let of_cors = answer
            .headers
            .keys()
            .find(|it| it.as_str().starts_with("access-control-"));
        assert_eq!(of_cors, None);
    }
}

#[tokio::test]
async fn a_named_origin_may_do_what_the_path_allows() {
    let server = start(&[PAGE, "http://localhost:5173"], |config| {
        config.cors.credentials = true;
        config.cors.headers = vec!["X-Tenant".to_owned()];
        config.cors.exposed = vec!["X-Quota".to_owned()];
    })
    .await;
    let answer = preflight(&server, "/v1/notes/abc", PAGE).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET, HEAD, PATCH, DELETE, OPTIONS"
    );
    assert_eq!(answer.header("access-control-max-age"), "3600");
    let headers = answer.header("access-control-allow-headers");
    for name in ["if-match", "content-type", "idempotency-key", "x-tenant"] {
        assert!(
            headers.split(", ").any(|it| it == name),
            "{name} is not in {headers}"
        );
    }
    let varies: Vec<_> = answer
        .headers
        .get_all("vary")
        .iter()
        .map(|it| it.to_str().unwrap())
        .collect();
    assert!(
        varies.join(", ").contains("Origin")
            && varies.join(", ").contains("Access-Control-Request-Method")
    );

    let answer = get(&server, "/long/10", "http://localhost:5173").await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://localhost:5173"
    );
    let exposed = answer.header("access-control-expose-headers");
    for name in ["etag", "location", "retry-after", "x-request-id", "x-quota"] {
        assert!(
            exposed.split(", ").any(|it| it == name),
            "{name} is not in {exposed}"
        );
    }
    assert_eq!(answer.header("access-control-allow-methods"), "");

    // A page must be able to read why it was refused, whoever refused.
    for path in [
        "/nothing",
        "/v1/notes/abc",
        "/misbehave/panic",
        "/v1/notes?page_size=-1",
    ] {
        let answer = get(&server, path, PAGE).await;
        assert!(!answer.status.is_success());
        assert_eq!(answer.header("access-control-allow-origin"), PAGE, "{path}");
    }
}

#[tokio::test]
async fn another_origin_gets_no_leave() {
    let server = start(&[PAGE], |_| {}).await;
    for origin in [
        "https://evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "null",
        "https://app.example:443",
        "",
    ] {
        for answer in [
            preflight(&server, "/v1/notes", origin).await,
            get(&server, "/v1/notes", origin).await,
        ] {
            let of_cors = answer
                .headers
                .keys()
                .find(|it| it.as_str().starts_with("access-control-"));
            assert_eq!(of_cors, None, "{origin}");
        }
    }
}

#[tokio::test]
async fn every_origin_may_come_where_all_are_named() {
    let server = start(&["*"], |_| {}).await;
    let answer = get(&server, "/v1/notes", "null").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let answer = preflight(&server, "/v1/notes", PAGE).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET, HEAD, POST, OPTIONS"
    );
    // OPTIONS of somebody else than a browser is an ordinary one.
    let plain = server.request(Method::OPTIONS, "/v1/notes").send().await;
    assert_eq!(plain.header("access-control-allow-methods"), "");
}
