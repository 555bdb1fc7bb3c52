//! Entity tags, conditional requests and pages of a list.

use svcgen_runtime::axum::http::Method;
use svcgen_runtime::serde_json::json;
use svcgen_runtime::testing::TestServer;

use super::notes::Notes;

#[tokio::test]
async fn a_note_and_its_tags() {
    let server = TestServer::<Notes>::start().await;
    let made = server
        .post("/v1/notes", json!({"title": "a", "price": "1.5"}))
        .await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.body["price"], "1.50");
    let path = made.header("location").to_owned();

    let read = server.get(&path).await;
    assert_eq!((read.status.as_u16(), read.header("etag")), (200, "\"1\""));
    assert_eq!(read.header("cache-control"), "private, no-cache");
    assert_eq!(read.body, made.body);

    let if_none_match = |tag: &'static str| {
        server
            .request(Method::GET, &path)
            .header("if-none-match", tag)
            .send()
    };
    let unchanged = if_none_match("W/\"1\", \"9\"").await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
    assert_eq!(
        (unchanged.header("etag"), unchanged.header("cache-control")),
        ("\"1\"", "private, no-cache")
    );
    assert_eq!(if_none_match("\"2\"").await.status, 200);

    let change = |tag: &'static str| {
        let request = server
            .request(Method::PATCH, &path)
            .json(json!({"title": "b"}));
        request.header("if-match", tag).send()
    };
    assert_eq!(change("\"2\"").await.status, 412);
    assert_eq!(change("W/\"1\"").await.status, 412);
    assert_eq!(change("1").await.status, 400);
    let changed = change("\"1\"").await;
    assert_eq!(
        (changed.status.as_u16(), changed.header("etag")),
        (200, "\"2\"")
    );
    assert_eq!(changed.header("cache-control"), "no-store");
    let replaced = server
        .request(Method::PUT, &format!("{path}/whole"))
        .json(json!({"title": "b"}));
    let replaced = replaced.header("if-match", "\"2\"").send().await;
    assert_eq!(
        (replaced.status.as_u16(), replaced.header("etag")),
        (200, "\"3\"")
    );
    assert_eq!(replaced.header("cache-control"), "no-store");
    assert_eq!(change("\"1\"").await.status, 412);
    assert_eq!(change("*").await.status, 200);
    let immutable = server.patch(&path, json!({"price": "1.50"})).await;
    assert_eq!(
        (
            immutable.status.as_u16(),
            &immutable.body["errors"][0]["code"]
        ),
        (422, &json!("IMMUTABLE"))
    );
}

#[tokio::test]
async fn a_date_is_no_condition_that_a_write_may_pass_over() {
    let server = TestServer::<Notes>::start().await;
    let made = server.post("/v1/notes", json!({"title": "a"})).await;
    let path = made.header("location").to_owned();
    let long_ago = "Sat, 29 Oct 1994 19:43:31 GMT";
    let dated = |method: Method| {
        let request = server.request(method, &path).json(json!({"title": "b"}));
        request.header("if-unmodified-since", long_ago)
    };
    for method in [Method::PATCH, Method::DELETE] {
        for also in [None, Some("*")] {
            let mut request = dated(method.clone());
            if let Some(tag) = also {
                request = request.header("if-none-match", tag);
            }
            let refused = request.send().await;
            assert_eq!(refused.status, 400, "{}", refused.body);
            assert_eq!(refused.body["reason"], "DATE_CONDITION");
            let place = &refused.body["errors"][0]["parameter"];
            assert_eq!(place, "If-Unmodified-Since", "{}", refused.body);
            let detail = refused.body["detail"].as_str().unwrap();
            assert!(detail.contains("`If-Match`"), "{detail}");
        }
    }
    assert_eq!(server.get(&path).await.body, made.body, "nothing happened");
    // No answer has a date that it could be from.
    assert_eq!(server.get(&path).await.header("last-modified"), "");
    // Reading loses nothing, and is answered as if nothing were known of dates.
    for name in ["if-unmodified-since", "if-modified-since"] {
        let read = server.request(Method::GET, &path).header(name, long_ago);
        assert_eq!(read.send().await.status, 200, "{name}");
        let tomorrow = "Sat, 29 Oct 2994 19:43:31 GMT";
        let read = server.request(Method::GET, &path).header(name, tomorrow);
        assert_eq!(read.send().await.status, 200, "{name}");
    }
    // A tag says more than a date, which is not looked at then.
    let stale = dated(Method::PATCH).header("if-match", "\"7\"").send();
    assert_eq!(stale.await.status, 412);
    let changed = dated(Method::PATCH).header("if-match", "\"1\"").send();
    assert_eq!(changed.await.status, 200);
}

#[tokio::test]
async fn pages_hold_every_note_once() {
    let server = TestServer::<Notes>::start().await;
    for number in 0..7 {
        server
            .post("/v1/notes", json!({"title": format!("note {number}")}))
            .await;
    }
    let mut titles = Vec::new();
    let mut path = "/v1/notes?page_size=3".to_owned();
    loop {
        let page = server.get(&path).await;
        assert_eq!(page.status, 200);
        titles.extend(
            page.body["notes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["title"].clone()),
        );
        match page.body["next_page_token"].as_str().unwrap() {
            "" => break,
            token => path = format!("/v1/notes?page_token={token}&page_size=2"),
        }
    }
    assert_eq!(
        titles,
        (0..7)
            .map(|number| format!("note {number}"))
            .collect::<Vec<_>>()
    );
}
