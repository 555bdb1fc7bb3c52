//! Replacements, update masks, upserts, and requests that are only tried.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::{
    DEFAULTEDS, LABELS, LIMITEDS, NODES, NULLABLES, SCALARS, count, is_problem, is_violation,
    merge, scalar, start,
};

async fn put(server: &TestServer<App>, path: &str, body: Value) -> Answer {
    server.request(Method::PUT, path).json(body).send().await
}

#[tokio::test]
async fn a_replacement_leaves_nothing_as_it_was() {
    let server = start().await;
    let created = server
        .post(
            DEFAULTEDS,
            json!({"string": "sent", "int": 5, "maybe": null, "json": {"x": 1}}),
        )
        .await;
    let path = created.header("location");
    let moment = created.body["moment"].clone();
    let replaced = put(
        &server,
        path,
        json!({"moment": moment, "int": 6, "json": {"y": 2}}),
    )
    .await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.header("etag"), "\"2\"");
    assert_eq!(replaced.body["int"], 6);
    assert_eq!(replaced.body["maybe"], 7);
    assert_eq!(
        replaced.body["json"],
        json!({"y": 2}),
        "replaced, not merged"
    );
    assert_eq!(replaced.body["string"], "it's \"so\" \\ {{ x }} ünï 😀");
    assert_eq!(replaced.body["id"], created.body["id"]);
    // What a client has read it can send back as it is.
    let again = put(&server, path, replaced.body.clone()).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let other = put(&server, path, json!({"moment": "2020-01-01T00:00:00Z"})).await;
    is_violation(&other, "moment", "IMMUTABLE");
    let wrong = json!({"moment": moment, "id": "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e91"});
    is_violation(&put(&server, path, wrong).await, "id", "IMMUTABLE");
}

#[tokio::test]
async fn a_replacement_makes_what_is_missing_where_callers_choose_ids() {
    let server = start().await;
    let path = format!("{LABELS}/red%20one");
    let made = put(&server, &path, json!({"color": "red"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("location"), path);
    assert_eq!(made.body, json!({"id": "red one", "color": "red"}));
    let again = put(&server, &path, json!({"id": "red one"})).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["color"]),
        (200, &Value::Null)
    );
    is_violation(
        &put(&server, &path, json!({"id": "Red one"})).await,
        "id",
        "IMMUTABLE",
    );

    let id = "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90";
    let made = put(&server, &format!("{SCALARS}/{id}"), scalar(json!({}))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["id"], id);
    let incomplete = put(&server, &format!("{SCALARS}/{id}"), json!({"int": 1})).await;
    is_problem(&incomplete, 422);

    // The database gives these ids out, so that nobody can choose one.
    is_problem(
        &put(&server, &format!("{NULLABLES}/77"), json!({})).await,
        404,
    );
    assert_eq!(count(&server, "nullables").await, 0);
}

#[tokio::test]
async fn conditions_decide_whether_a_replacement_makes_or_replaces() {
    let server = start().await;
    let path = format!("{SCALARS}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90");
    let with = |name: &'static str, tag: &'static str| {
        let request = server.request(Method::PUT, &path).header(name, tag);
        request.json(scalar(json!({}))).send()
    };
    for tag in ["*", "\"1\""] {
        is_problem(&with("if-match", tag).await, 412);
    }
    assert_eq!(count(&server, "scalars").await, 0);
    assert_eq!(with("if-none-match", "*").await.status, 201);
    is_problem(&with("if-none-match", "*").await, 412);
    is_problem(&with("if-none-match", "W/\"1\"").await, 412);
    assert_eq!(server.get(&path).await.body["version"], 1);
    assert_eq!(with("if-none-match", "\"7\"").await.status, 200);
    is_problem(&with("if-match", "\"1\"").await, 412);
    assert_eq!(with("if-match", "\"2\"").await.status, 200);
    assert_eq!(with("if-match", "*").await.status, 200);
    let both = server
        .request(Method::PUT, &path)
        .header("if-match", "*")
        .header("if-none-match", "*")
        .json(scalar(json!({})));
    is_problem(&both.send().await, 400);
    for method in [Method::PATCH, Method::DELETE] {
        let excluded = server
            .request(method.clone(), &path)
            .header("if-none-match", "*")
            .json(json!({"int": 9}));
        is_problem(&excluded.send().await, 412);
    }
    assert_eq!(server.get(&path).await.body["version"], 4);
}

#[tokio::test]
async fn a_collection_has_no_tag_to_match() {
    let server = start().await;
    for (name, value, status) in [
        ("if-match", "\"1\"", 412),
        ("if-none-match", "*", 412),
        ("if-match", "1", 400),
        ("if-match", "*", 201),
        ("if-none-match", "\"1\"", 201),
    ] {
        let request = server.request(Method::POST, NULLABLES).header(name, value);
        let answer = request.json(json!({})).send().await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.body);
    }
    assert_eq!(count(&server, "nullables").await, 2);
}

#[tokio::test]
async fn a_mask_says_what_changes() {
    let server = start().await;
    let sent = json!({"string": "sent", "int": 5, "maybe": 1, "remark": "r"});
    let created = server.post(DEFAULTEDS, sent).await;
    let path = created.header("location").to_owned();
    let masked = async |mask: &str, body: Value| {
        server
            .patch(&format!("{path}?update_mask={mask}"), body)
            .await
    };
    let part = masked("int,maybe", json!({"int": 8, "string": "not this"})).await;
    assert_eq!(part.status, 200, "{}", part.body);
    assert_eq!(part.body["int"], 8);
    assert_eq!(
        part.body["maybe"], 7,
        "named and not sent: back to its default"
    );
    assert_eq!(part.body["string"], "sent", "sent and not named: as it was");
    // What the service writes itself can be named to no effect.
    let own = masked("id,version,created_at,int", json!({"int": 9})).await;
    assert_eq!((own.status.as_u16(), &own.body["int"]), (200, &json!(9)));
    assert_eq!(own.body["id"], created.body["id"]);
    // Empty is the same as none.
    let none = masked("", json!({"int": 10})).await;
    assert_eq!((none.status.as_u16(), &none.body["int"]), (200, &json!(10)));
    let whole = masked("*", json!({"moment": created.body["moment"], "int": 11})).await;
    assert_eq!(whole.status, 200, "{}", whole.body);
    assert_eq!(
        (&whole.body["int"], &whole.body["remark"]),
        (&json!(11), &json!(""))
    );

    for (mask, code) in [
        ("colour", "UNKNOWN_FIELD"),
        ("int,json.a", "UNKNOWN_FIELD"),
        ("*,int", "UNKNOWN_FIELD"),
    ] {
        let refused = masked(mask, json!({"int": 1})).await;
        is_problem(&refused, 400);
        assert_eq!(refused.body["errors"][0]["parameter"], "update_mask");
        assert_eq!(refused.body["errors"][0]["code"], code);
    }
    is_violation(&masked("moment", json!({})).await, "moment", "IMMUTABLE");
    let limited = json!({"id": "a", "code": "abc", "title": "t"});
    let limited = server.post(LIMITEDS, limited).await;
    let path = limited.header("location");
    let refused = server
        .patch(&format!("{path}?update_mask=title"), json!({}))
        .await;
    is_violation(&refused, "title", "REQUIRED");
    let ignored = server
        .patch(
            &format!("{path}?update_mask=title"),
            json!({"title": "u", "code": "xyz"}),
        )
        .await;
    assert_eq!(ignored.status, 200, "{}", ignored.body);
    assert_eq!(
        (&ignored.body["title"], &ignored.body["code"]),
        (&json!("u"), &json!("abc"))
    );
}

#[tokio::test]
async fn a_patch_may_make_what_is_missing() {
    let server = start().await;
    let path = format!("{NODES}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90");
    is_problem(&server.patch(&path, json!({"name": "a"})).await, 404);
    let upsert = format!("{path}?allow_missing=true");
    is_violation(&server.patch(&upsert, json!({})).await, "name", "REQUIRED");
    let made = server.patch(&upsert, json!({"name": "a"})).await;
    assert_eq!(
        (made.status.as_u16(), &made.body["version"]),
        (201, &json!(1))
    );
    assert_eq!(made.header("location"), path);
    // What is there is only patched, so that less is enough.
    let changed = server.patch(&upsert, json!({"friend_ids": []})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["name"], "a");
    let matched = server
        .request(
            Method::PATCH,
            &format!("{NODES}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e91?allow_missing=true"),
        )
        .header("if-match", "*")
        .json(json!({"name": "b"}));
    is_problem(&matched.send().await, 412);
    is_problem(
        &server
            .patch(&format!("{path}?allow_missing=yes"), json!({}))
            .await,
        400,
    );
    let numbered = server
        .patch(&format!("{NULLABLES}/1?allow_missing=true"), json!({}))
        .await;
    is_problem(&numbered, 400);
    assert_eq!(numbered.body["errors"][0]["parameter"], "allow_missing");
}

/// Of many upserts of one record at once, one makes it, none is lost, and none is refused.
#[tokio::test]
async fn upserts_of_one_record_at_once_make_it_once() {
    let server = start().await;
    let path = format!("{SCALARS}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90");
    for attempt in 0..5 {
        let upserts = (0..8).map(|number| {
            let body = scalar(json!({"int": number}));
            let path = if number % 2 == 0 {
                path.clone()
            } else {
                format!("{path}?allow_missing=true")
            };
            let method = if number % 2 == 0 {
                Method::PUT
            } else {
                Method::PATCH
            };
            server.request(method, &path).json(body).send()
        });
        let answers = join_all(upserts).await;
        let mut statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(
            statuses,
            [200, 200, 200, 200, 200, 200, 200, 201],
            "attempt {attempt}"
        );
        assert_eq!(count(&server, "scalars").await, 1);
        assert_eq!(
            server.get(&path).await.body["version"],
            8,
            "no change is lost"
        );
        assert_eq!(server.delete(&path).await.status, 204);
    }
}

/// Merge patches of JSON members from many callers at once: each adds one key, and every key is there.
#[tokio::test]
async fn merges_at_once_lose_nothing() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({"json": {}}))).await;
    let path = created.header("location");
    let patches = (0..12).map(|number| {
        let key = format!("k{number}");
        server.patch(path, json!({"json": { key: number }}))
    });
    for answer in join_all(patches).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let found = server.get(path).await.body;
    assert_eq!(
        found["json"].as_object().map(|it| it.len()),
        Some(12),
        "{found}"
    );
    assert_eq!(found["version"], 13);
}

#[tokio::test]
async fn a_request_can_be_tried() {
    let server = start().await;
    let tried = server
        .post(&format!("{SCALARS}?validate_only=true"), scalar(json!({})))
        .await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!((tried.header("location"), tried.header("etag")), ("", ""));
    assert_eq!(tried.body["string"], "s");
    assert_eq!(count(&server, "scalars").await, 0);
    let bad = server
        .post(&format!("{SCALARS}?validate_only=true"), json!({}))
        .await;
    is_problem(&bad, 422);

    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    let only = format!("{path}?validate_only=true");
    let patched = server.patch(&only, json!({"int": 7})).await;
    assert_eq!(
        (patched.status.as_u16(), &patched.body["int"]),
        (200, &json!(7))
    );
    let mut whole = scalar(json!({}));
    merge(&mut whole, json!({"int": 8}));
    assert_eq!(put(&server, &only, whole).await.body["int"], 8);
    assert_eq!(server.delete(&only).await.status, 204);
    assert_eq!(
        server.get(path).await.body,
        created.body,
        "nothing has changed"
    );
    // It is refused for what the database alone can know.
    let taken = json!({"name": "n"});
    assert_eq!(server.post(NODES, taken.clone()).await.status, 201);
    is_problem(
        &server
            .post(&format!("{NODES}?validate_only=true"), taken)
            .await,
        409,
    );
    is_problem(
        &server
            .post(&format!("{NODES}?validate_only=1"), json!({"name": "x"}))
            .await,
        400,
    );
    is_problem(
        &server
            .post(&format!("{NODES}?dry_run=true"), json!({"name": "x"}))
            .await,
        400,
    );
}

#[tokio::test]
async fn the_media_type_says_what_a_body_is() {
    let server = start().await;
    let created = server.post(SCALARS, scalar(json!({}))).await;
    let path = created.header("location");
    let send = |method: Method, path: &str, media_type: &'static str| {
        let request = server.request(method, path).json(scalar(json!({})));
        request.header("content-type", media_type).send()
    };
    let merge_patch = "application/merge-patch+json";
    is_problem(&send(Method::POST, SCALARS, merge_patch).await, 415);
    is_problem(&send(Method::PUT, path, merge_patch).await, 415);
    assert_eq!(send(Method::PATCH, path, merge_patch).await.status, 200);
    assert_eq!(
        send(Method::PATCH, path, "application/json").await.status,
        200
    );
    let refused = send(Method::PATCH, path, "application/json-patch+json").await;
    is_problem(&refused, 415);
    assert!(refused.header("accept-patch").contains(merge_patch));
}

/// All of them at once, answered in their order.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in waiting.iter_mut().zip(&mut done) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
