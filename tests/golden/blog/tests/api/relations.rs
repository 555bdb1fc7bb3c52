//! What belongs together, as a caller meets it: children under their parents, links, and `include`.

use blog::app::App;
use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::TestServer;

/// A record's path below that of its collection.
fn path(collection: &str, record: &Value) -> String {
    let id = &record["id"];
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    format!("{collection}/{id}")
}

/// The ids of the records that a list shows.
async fn listed(server: &TestServer<App>, path: &str, records: &str) -> Vec<Value> {
    let page = server.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    let records = page.body[records].as_array().cloned().unwrap_or_default();
    records.iter().map(|record| record["id"].clone()).collect()
}

/// The status of a request without a body.
async fn status(server: &TestServer<App>, method: Method, path: &str) -> u16 {
    let answer = server.request(method, path).send().await;
    answer.status.as_u16()
}

/// Shows each relation of some records, and never one record at a time.
async fn shows(server: &TestServer<App>, collection: &str, record: &Value, names: &[&str]) {
    let one = path(collection, record);
    for name in names {
        let shown = server.get(&format!("{one}?include={name}")).await;
        assert_eq!(shown.status, 200, "{name}: {}", shown.body);
        assert!(shown.body.get(name).is_some(), "{name}: {}", shown.body);
        assert_eq!(shown.header("etag"), "", "{name}");
        for wrong in [
            format!("{name}.{name}"),
            format!("{name},{name}"),
            "no_such".to_owned(),
        ] {
            for place in [&one, collection] {
                let refused = server.get(&format!("{place}?include={wrong}")).await;
                assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
                assert_eq!(refused.body["errors"][0]["parameter"], "include");
            }
        }
    }
    let all = format!("{collection}?include={}", names.join(","));
    let before = server.app().db.statements();
    let page = server.get(&all).await;
    assert_eq!(page.status, 200, "{all}: {}", page.body);
    let statements = server.app().db.statements() - before;
    let most = 1 + names.len() as u64;
    assert!(
        statements <= most,
        "{all}: {statements} statements, at most {most} are needed"
    );
}

#[tokio::test]
async fn author_is_shown_with_its_relations() {
    let server = TestServer::<App>::start().await;
    crate::author::create(&server).await;
    crate::author::create(&server).await;
    let record = crate::author::create(&server).await;
    shows(&server, "/v1/authors", &record, &["posts"]).await;
}

#[tokio::test]
async fn comment_is_shown_with_its_relations() {
    let server = TestServer::<App>::start().await;
    crate::comment::create(&server).await;
    crate::comment::create(&server).await;
    let record = crate::comment::create(&server).await;
    shows(&server, "/v1/comments", &record, &["post"]).await;
}

#[tokio::test]
async fn post_is_shown_with_its_relations() {
    let server = TestServer::<App>::start().await;
    crate::post::create(&server).await;
    crate::post::create(&server).await;
    let record = crate::post::create(&server).await;
    shows(
        &server,
        "/v1/posts",
        &record,
        &["author", "comments", "tags"],
    )
    .await;
}

#[tokio::test]
async fn tag_is_shown_with_its_relations() {
    let server = TestServer::<App>::start().await;
    crate::tag::create(&server).await;
    crate::tag::create(&server).await;
    let record = crate::tag::create(&server).await;
    shows(&server, "/v1/tags", &record, &["posts"]).await;
}

#[tokio::test]
async fn posts_of_author_are_under_it() {
    let server = TestServer::<App>::start().await;
    let parent = crate::author::create(&server).await;
    let under = format!("{}/posts", path("/v1/authors", &parent));
    let mut body = crate::post::sample(&server).await;
    let other = body["author_id"].take();
    if let Some(members) = body.as_object_mut() {
        members.remove("author_id");
    }

    let created = server.post(&under, body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["author_id"], parent["id"]);
    assert_eq!(created.header("location"), path("/v1/posts", &created.body));
    crate::post::create(&server).await;
    let ids = [created.body["id"].clone()];
    assert_eq!(listed(&server, &under, "posts").await, ids);
    for size in ["0", "1", "1000000000"] {
        let page = format!("{under}?page_size={size}");
        assert_eq!(listed(&server, &page, "posts").await, ids);
    }
    let refused = server.get(&format!("{under}?page_size=-1")).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["parameter"], "page_size");

    if !other.is_null() {
        body["author_id"] = other;
        let contradicted = server.post(&under, body.clone()).await;
        assert_eq!(contradicted.status, 422, "{}", contradicted.body);
        assert_eq!(contradicted.body["errors"][0]["pointer"], "/author_id");
    }
    let nowhere = format!(
        "{}/posts",
        path(
            "/v1/authors",
            &json!({ "id": "00000000-0000-7000-8000-000000000000" })
        )
    );
    assert_eq!(server.get(&nowhere).await.status, 404);
    assert_eq!(server.post(&nowhere, body).await.status, 404);
}

#[tokio::test]
async fn comments_of_post_are_under_it() {
    let server = TestServer::<App>::start().await;
    let parent = crate::post::create(&server).await;
    let under = format!("{}/comments", path("/v1/posts", &parent));
    let mut body = crate::comment::sample(&server).await;
    let other = body["post_id"].take();
    if let Some(members) = body.as_object_mut() {
        members.remove("post_id");
    }

    let created = server.post(&under, body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["post_id"], parent["id"]);
    assert_eq!(
        created.header("location"),
        path("/v1/comments", &created.body)
    );
    crate::comment::create(&server).await;
    let ids = [created.body["id"].clone()];
    assert_eq!(listed(&server, &under, "comments").await, ids);
    for size in ["0", "1", "1000000000"] {
        let page = format!("{under}?page_size={size}");
        assert_eq!(listed(&server, &page, "comments").await, ids);
    }
    let refused = server.get(&format!("{under}?page_size=-1")).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["parameter"], "page_size");

    if !other.is_null() {
        body["post_id"] = other;
        let contradicted = server.post(&under, body.clone()).await;
        assert_eq!(contradicted.status, 422, "{}", contradicted.body);
        assert_eq!(contradicted.body["errors"][0]["pointer"], "/post_id");
    }
    let nowhere = format!(
        "{}/comments",
        path(
            "/v1/posts",
            &json!({ "id": "00000000-0000-7000-8000-000000000000" })
        )
    );
    assert_eq!(server.get(&nowhere).await.status, 404);
    assert_eq!(server.post(&nowhere, body).await.status, 404);
}

#[tokio::test]
async fn tags_of_post_are_linked_and_unlinked() {
    let server = TestServer::<App>::start().await;
    let record = crate::post::create(&server).await;
    let other = crate::tag::create(&server).await;
    let own = path("/v1/posts", &record);
    let under = format!("{own}/tags");
    let link = path(&under, &other);

    for _ in 0..2 {
        assert_eq!(status(&server, Method::PUT, &link).await, 204);
    }
    let ids = [other["id"].clone()];
    assert_eq!(listed(&server, &under, "tags").await, ids);
    let linked = server.get(&own).await.body;
    assert_eq!(linked["tag_ids"], json!(ids));
    assert_eq!(linked["version"], 2);
    let stale = server
        .request(Method::DELETE, &link)
        .header("if-match", "\"1\"")
        .send()
        .await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    for _ in 0..2 {
        assert_eq!(status(&server, Method::DELETE, &link).await, 204);
    }
    assert_eq!(server.get(&own).await.body["tag_ids"], json!([]));

    let nobody = path(
        &under,
        &json!({ "id": "00000000-0000-7000-8000-000000000000" }),
    );
    assert_eq!(status(&server, Method::PUT, &nobody).await, 404);
    assert_eq!(status(&server, Method::DELETE, &nobody).await, 204);
    let nowhere = path(
        "/v1/posts",
        &json!({ "id": "00000000-0000-7000-8000-000000000000" }),
    );
    let nowhere = path(&format!("{nowhere}/tags"), &other);
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(status(&server, method, &nowhere).await, 404);
    }
}

#[tokio::test]
async fn posts_of_tag_are_linked_and_unlinked() {
    let server = TestServer::<App>::start().await;
    let record = crate::tag::create(&server).await;
    let other = crate::post::create(&server).await;
    let own = path("/v1/tags", &record);
    let under = format!("{own}/posts");
    let link = path(&under, &other);

    for _ in 0..2 {
        assert_eq!(status(&server, Method::PUT, &link).await, 204);
    }
    let ids = [other["id"].clone()];
    assert_eq!(listed(&server, &under, "posts").await, ids);
    let linked = server.get(&own).await.body;
    assert_eq!(linked["post_ids"], json!(ids));
    assert_eq!(linked["version"], 2);
    let stale = server
        .request(Method::DELETE, &link)
        .header("if-match", "\"1\"")
        .send()
        .await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    for _ in 0..2 {
        assert_eq!(status(&server, Method::DELETE, &link).await, 204);
    }
    assert_eq!(server.get(&own).await.body["post_ids"], json!([]));

    let nobody = path(
        &under,
        &json!({ "id": "00000000-0000-7000-8000-000000000000" }),
    );
    assert_eq!(status(&server, Method::PUT, &nobody).await, 404);
    assert_eq!(status(&server, Method::DELETE, &nobody).await, 204);
    let nowhere = path(
        "/v1/tags",
        &json!({ "id": "00000000-0000-7000-8000-000000000000" }),
    );
    let nowhere = path(&format!("{nowhere}/posts"), &other);
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(status(&server, method, &nowhere).await, 404);
    }
}
