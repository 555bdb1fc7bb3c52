//! Probes, the API's description and its page.

use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::TestServer;

use super::notes::Notes;

#[tokio::test]
async fn the_probes_answer() {
    let server = TestServer::<Notes>::start().await;
    for path in ["/livez", "/readyz", "/startupz"] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["status"]),
            (200, &"ok".into()),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(server.request(Method::HEAD, path).send().await.status, 200);
    }
    assert_eq!(
        server.get("/readyz?verbose").await.body["checks"]["database"],
        "ok"
    );
}

#[tokio::test]
async fn the_description_and_its_page_are_served() {
    let server = TestServer::<Notes>::start().await;
    let openapi = server.get("/openapi.json").await;
    assert_eq!(openapi.body["info"]["title"], "Notes");
    let tag = openapi.header("etag").to_owned();
    let again = server
        .request(Method::GET, "/openapi.json")
        .header("if-none-match", &tag)
        .send()
        .await;
    assert_eq!(again.status, 304);

    let page = server.get("/docs").await;
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let html = String::from_utf8(page.bytes.to_vec()).unwrap();
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("<script>"));
    let links = html
        .split('"')
        .filter(|it| it.starts_with("docs/"))
        .map(|it| format!("/{it}"));
    for link in links.collect::<Vec<_>>() {
        let packed = server
            .request(Method::GET, &link)
            .header("accept-encoding", "gzip")
            .send()
            .await;
        let plain = server.get(&link).await;
        assert_eq!(
            (packed.status.as_u16(), plain.status.as_u16()),
            (200, 200),
            "{link}"
        );
        assert!(plain.header("cache-control").contains("immutable"));
        assert_eq!(plain.header("content-encoding"), "");
        if !link.ends_with("init.js") {
            assert_eq!(packed.header("content-encoding"), "gzip");
            assert_eq!(packed.header("vary"), "accept-encoding");
            assert!(plain.bytes.len() > 3 * packed.bytes.len());
        }
    }
    assert_eq!(server.get("/docs/").await.header("location"), "../docs");
    assert_eq!(server.get("/docs/../Cargo.toml").await.status, 404);
    let off = TestServer::<Notes>::start_with(|config| config.docs.enabled = false).await;
    assert_eq!(off.get("/docs").await.status, 404);
    assert_eq!(off.get("/openapi.json").await.status, 404);
}
