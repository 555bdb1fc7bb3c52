//! `Idempotency-Key`: what is sent twice is done once.

use std::time::Duration;

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::writes::join_all;
use crate::{NODES, NULLABLES, SCALARS, count, is_problem, scalar, start};

async fn keyed(
    server: &TestServer<App>,
    method: Method,
    path: &str,
    key: &str,
    body: Value,
) -> Answer {
    let request = server.request(method, path).json(body);
    request.header("idempotency-key", key).send().await
}

#[tokio::test]
async fn a_repetition_is_answered_and_not_done() {
    let server = start().await;
    let body = scalar(json!({}));
    let first = keyed(&server, Method::POST, SCALARS, "\"k-1\"", body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    assert_eq!(first.header("idempotency-replayed"), "");
    // Written in another way, it is the same key and the same body.
    let again = server
        .request(Method::POST, SCALARS)
        .header("idempotency-key", "k-1")
        .body(format!("  {body:#}  "))
        .header("content-type", "application/json")
        .send()
        .await;
    assert_eq!(again.status, 201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.bytes, first.bytes);
    for name in ["etag", "location", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(count(&server, "scalars").await, 1);
    let other = keyed(
        &server,
        Method::POST,
        SCALARS,
        "\"k-1\"",
        scalar(json!({"int": 9})),
    )
    .await;
    is_problem(&other, 422);
    assert_eq!(other.body["reason"], "IDEMPOTENCY_KEY_REUSED");
    // Another path is another operation.
    assert_eq!(
        keyed(&server, Method::POST, NULLABLES, "\"k-1\"", json!({}))
            .await
            .status,
        201
    );
    assert_eq!(count(&server, "scalars").await, 1);
}

#[tokio::test]
async fn every_write_takes_a_key() {
    let server = start().await;
    let path = format!("{SCALARS}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90");
    let twice = async |method: Method, path: &str, key: &str, body: Value, status: u16| {
        let first = keyed(&server, method.clone(), path, key, body.clone()).await;
        assert_eq!(first.status, status, "{}", first.body);
        let again = keyed(&server, method, path, key, body).await;
        assert_eq!(again.status, status);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.bytes, first.bytes);
    };
    twice(Method::PUT, &path, "a", scalar(json!({})), 201).await;
    twice(Method::PUT, &path, "b", scalar(json!({"int": 2})), 200).await;
    twice(Method::PATCH, &path, "c", json!({"int": 3}), 200).await;
    twice(Method::PATCH, &path, "d", json!({}), 200).await;
    assert_eq!(server.get(&path).await.body["version"], 3);
    twice(Method::DELETE, &path, "e", Value::Null, 204).await;
    twice(Method::DELETE, &path, "f", Value::Null, 404).await;
    twice(Method::POST, NODES, "g", json!({"name": "n"}), 201).await;
    twice(Method::POST, NODES, "h", json!({"name": "n"}), 409).await;
}

#[tokio::test]
async fn a_refusal_is_kept_as_well() {
    let server = start().await;
    let missing = "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90";
    let path = format!("{NODES}/{missing}");
    let first = keyed(&server, Method::PATCH, &path, "k", json!({"name": "b"})).await;
    is_problem(&first, 404);
    // By now it could be done, and yet it is the same request with the same answer.
    assert_eq!(
        server
            .post(NODES, json!({"id": missing, "name": "a"}))
            .await
            .status,
        201
    );
    let again = keyed(&server, Method::PATCH, &path, "k", json!({"name": "b"})).await;
    is_problem(&again, 404);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    assert_eq!(server.get(&path).await.body["name"], "a");
    // What cannot be read is refused before the key counts.
    let unread = keyed(&server, Method::POST, NODES, "k2", json!({"name": 7})).await;
    is_problem(&unread, 422);
    assert_eq!(
        keyed(&server, Method::POST, NODES, "k2", json!({"name": "c"}))
            .await
            .status,
        201
    );
    assert_eq!(
        keyed(&server, Method::POST, NODES, "k2", json!({"name": "c"}))
            .await
            .header("idempotency-replayed"),
        "true"
    );
}

#[tokio::test]
async fn a_key_is_one_text() {
    let server = start().await;
    let long = "k".repeat(256);
    for bad in [
        "",
        "\"\"",
        "\"a",
        "a b",
        "\"a\" \"b\"",
        "a, b",
        long.as_str(),
    ] {
        let answer = keyed(&server, Method::POST, NULLABLES, bad, json!({})).await;
        is_problem(&answer, 400);
        assert_eq!(
            answer.body["errors"][0]["parameter"], "Idempotency-Key",
            "{bad}"
        );
    }
    assert_eq!(count(&server, "nullables").await, 0);
    // To try something is to do nothing, as often as one likes.
    for _ in 0..2 {
        let tried = keyed(
            &server,
            Method::POST,
            &format!("{NULLABLES}?validate_only=true"),
            "v",
            json!({}),
        )
        .await;
        assert_eq!(
            (tried.status.as_u16(), tried.header("idempotency-replayed")),
            (200, "")
        );
    }
    assert_eq!(
        keyed(&server, Method::POST, NULLABLES, "v", json!({}))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn keys_belong_to_their_caller() {
    let server = TestServer::<App>::start_with(|config| {
        config.caller.header = Some("x-caller".into());
    })
    .await;
    let of = |caller: &'static str| {
        let request = server.request(Method::POST, NULLABLES).json(json!({}));
        request
            .header("idempotency-key", "k")
            .header("x-caller", caller)
            .send()
    };
    assert_eq!(of("ann").await.body["id"], 1);
    assert_eq!(of("bob").await.body["id"], 2);
    assert_eq!(of("ann").await.body["id"], 1);
    assert_eq!(count(&server, "nullables").await, 2);
}

/// Real requests at once with one key: one is done; the others get its answer, or are told to wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_double_submit_is_done_once() {
    let server = start().await;
    for attempt in 0..10 {
        let key = format!("\"double-{attempt}\"");
        let body = json!({"name": format!("n{attempt}"), "friend_ids": []});
        let sent = (0..8).map(|_| keyed(&server, Method::POST, NODES, &key, body.clone()));
        let answers = join_all(sent).await;
        let created: Vec<&Answer> = answers.iter().filter(|it| it.status == 201).collect();
        assert!(!created.is_empty());
        let fresh = created
            .iter()
            .filter(|it| it.header("idempotency-replayed").is_empty());
        assert_eq!(fresh.count(), 1, "attempt {attempt}");
        assert!(created.iter().all(|it| it.bytes == created[0].bytes));
        for other in answers.iter().filter(|it| it.status != 201) {
            is_problem(other, 409);
            assert_eq!(other.body["reason"], "IDEMPOTENCY_KEY_IN_USE");
            assert_eq!(other.header("retry-after"), "1");
        }
        assert_eq!(count(&server, "nodes").await, attempt + 1);
        let late = keyed(&server, Method::POST, NODES, &key, body).await;
        assert_eq!(late.bytes, created[0].bytes);
    }
}

/// The control of the one above: without a key, and without a unique name, every submit counts.
#[tokio::test]
async fn without_a_key_a_double_submit_is_done_twice() {
    let server = start().await;
    let sent = (0..8).map(|_| server.post(NULLABLES, json!({})));
    assert!(join_all(sent).await.iter().all(|it| it.status == 201));
    assert_eq!(count(&server, "nullables").await, 8);
}

#[tokio::test]
async fn answers_are_kept_for_a_while_and_then_removed() {
    let server = TestServer::<App>::start_with(|config| {
        config.idempotency.ttl = Duration::from_millis(300);
    })
    .await;
    let send = || keyed(&server, Method::POST, NULLABLES, "k", json!({}));
    assert_eq!(send().await.body["id"], 1);
    assert_eq!(send().await.header("idempotency-replayed"), "true");
    assert_eq!(count(&server, "idempotency_keys").await, 1);
    tokio::time::sleep(Duration::from_millis(400)).await;
    // It has expired, whether it has been removed yet or not.
    assert_eq!(send().await.body["id"], 2);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(count(&server, "idempotency_keys").await, 0);
}
