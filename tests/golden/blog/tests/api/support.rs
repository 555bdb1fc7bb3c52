//! Requests that create one record of each kind, with whatever it refers to.

use std::cell::Cell;

use blog::app::App;
use serde_json::{Value, json};
use svcgen_runtime::testing::TestServer;

/// A number that no other record of this test has; a test runs on one thread.
fn next() -> usize {
    thread_local! {
        static LAST: Cell<usize> = const { Cell::new(0) };
    }
    LAST.set(LAST.get() + 1);
    LAST.get()
}

/// The body of a request that creates an author.
pub async fn author_body(_server: &TestServer<App>) -> Value {
    let n = next();
    json!({
        "name": format!("name {n}"),
        "email": format!("someone{n}@example.com"),
        "bio": format!("bio {n}"),
    })
}

/// Creates an author.
pub async fn create_author(server: &TestServer<App>) -> Value {
    let body = author_body(server).await;
    let answer = server.post("/v1/authors", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// The body of a request that creates a comment.
pub async fn comment_body(server: &TestServer<App>) -> Value {
    let n = next();
    let post_record = create_post(server).await;
    json!({
        "post_id": post_record["id"],
        "author": format!("author {n}"),
        "text": format!("text {n}"),
    })
}

/// Creates a comment.
pub async fn create_comment(server: &TestServer<App>) -> Value {
    let body = comment_body(server).await;
    let answer = server.post("/v1/comments", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// The body of a request that creates a post.
pub async fn post_body(server: &TestServer<App>) -> Value {
    let n = next();
    let author_record = create_author(server).await;
    json!({
        "author_id": author_record["id"],
        "title": format!("title {n}"),
        "slug": format!("slug-{n}"),
        "body": format!("body {n}"),
        "published_at": "2026-05-04T09:30:00Z",
    })
}

/// Creates a post.
pub async fn create_post(server: &TestServer<App>) -> Value {
    let body = post_body(server).await;
    let answer = server.post("/v1/posts", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// The body of a request that creates a tag.
pub async fn tag_body(_server: &TestServer<App>) -> Value {
    let n = next();
    json!({
        "name": format!("name {n}"),
    })
}

/// Creates a tag.
pub async fn create_tag(server: &TestServer<App>) -> Value {
    let body = tag_body(server).await;
    let answer = server.post("/v1/tags", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}
