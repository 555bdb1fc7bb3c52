//! References and links: to itself, by ids of every kind, to what is not there.

use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::writes::join_all;
use crate::{LABELS, LIMITEDS, NODES, NULLABLES, count, is_problem, start};

const NOBODY: &str = "0193a6f0-0000-7000-8000-000000000000";

pub async fn node(server: &TestServer<App>, mut body: Value) -> Value {
    let number = count(server, "nodes").await;
    crate::merge(&mut body, json!({"name": format!("n{number}")}));
    let created = server.post(NODES, body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    created.body
}

pub async fn change(server: &TestServer<App>, node: &Value, body: Value) -> Answer {
    let id = node["id"].as_str().unwrap_or_default();
    server.patch(&format!("{NODES}/{id}"), body).await
}

/// 422, at this member.
fn is_missing(answer: &Answer, pointer: &str) {
    is_problem(answer, 422);
    let errors = answer.body["errors"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let found = errors.iter().any(|it| {
        it["pointer"]
            .as_str()
            .is_some_and(|it| it == pointer || it.starts_with(&format!("{pointer}/")))
    });
    assert!(found, "{pointer}: {}", answer.body);
}

#[tokio::test]
async fn references_to_its_own_kind_and_to_ids_of_other_kinds() {
    let server = start().await;
    let limited = server
        .post(
            LIMITEDS,
            json!({"id": "ünï/😀 ?#%", "code": "ab", "title": "t"}),
        )
        .await;
    assert_eq!(limited.status, 201, "{}", limited.body);
    let nullable = server.post(NULLABLES, json!({})).await;
    let parent = node(&server, json!({})).await;
    let body = json!({
        "parent_id": parent["id"], "original_id": parent["id"],
        "limited_id": limited.body["id"], "nullable_id": nullable.body["id"],
    });
    let child = node(&server, body.clone()).await;
    for member in ["parent_id", "original_id", "limited_id", "nullable_id"] {
        assert_eq!(child[member], body[member], "{member}");
        let emptied = change(&server, &child, json!({ member: null })).await;
        assert_eq!(emptied.body[member], Value::Null, "{member}");
    }
    let own = change(&server, &parent, json!({"parent_id": parent["id"]})).await;
    assert_eq!(own.status, 200, "{}", own.body);
    assert_eq!(own.body["parent_id"], parent["id"]);
}

#[tokio::test]
async fn references_to_nothing_are_refused() {
    let server = start().await;
    let known = node(&server, json!({})).await;
    for (member, id) in [
        ("parent_id", json!(NOBODY)),
        ("limited_id", json!("nobody")),
        ("nullable_id", json!(4711)),
        ("friend_ids", json!([NOBODY])),
        ("label_ids", json!(["nobody"])),
    ] {
        // SQLite does not say which of several references it is; where one alone is set, it is known.
        let refused = change(&server, &known, json!({ member: id })).await;
        is_missing(&refused, &format!("/{member}"));
        let refused = server.post(NODES, json!({"name": "new", member: id})).await;
        is_missing(&refused, &format!("/{member}"));
    }
    assert_eq!(count(&server, "nodes").await, 1);
    let found = server
        .get(&format!(
            "{NODES}/{}",
            known["id"].as_str().unwrap_or_default()
        ))
        .await;
    assert_eq!(found.body, known);
}

#[tokio::test]
async fn links_are_set_replaced_and_emptied() {
    let server = start().await;
    for id in ["a", "b", "c"] {
        assert_eq!(server.post(LABELS, json!({ "id": id })).await.status, 201);
    }
    let first = node(&server, json!({"label_ids": ["b", "a"], "mark_ids": ["c"]})).await;
    assert_eq!(first["label_ids"], json!(["a", "b"]));
    assert_eq!(first["mark_ids"], json!(["c"]));
    assert_eq!(first["friend_ids"], json!([]));
    let changed = change(&server, &first, json!({"label_ids": ["c"]})).await;
    assert_eq!(changed.body["label_ids"], json!(["c"]));
    assert_eq!(changed.body["mark_ids"], json!(["c"]));
    assert_eq!(changed.body["version"], 2);
    let untouched = change(&server, &first, json!({"name": "renamed"})).await;
    assert_eq!(untouched.body["label_ids"], json!(["c"]));
    let emptied = change(&server, &first, json!({"label_ids": []})).await;
    assert_eq!(emptied.body["label_ids"], json!([]));
    let listed = server.get(NODES).await;
    assert_eq!(listed.body["nodes"][0], emptied.body);
    for body in [
        json!({"label_ids": ["1", "2", "3", "4", "5"]}),
        json!({"label_ids": null}),
        json!({"label_ids": [1]}),
        json!({"label_ids": [""]}),
    ] {
        is_problem(&change(&server, &first, body).await, 422);
    }
    let refused = change(
        &server,
        &first,
        json!({"label_ids": ["a", "nobody"], "name": "no"}),
    )
    .await;
    is_missing(&refused, "/label_ids");
    let id = first["id"].as_str().unwrap_or_default();
    assert_eq!(
        server.get(&format!("{NODES}/{id}")).await.body,
        emptied.body
    );
}

#[tokio::test]
async fn a_link_twice_is_one_link_or_is_refused() {
    let server = start().await;
    server.post(LABELS, json!({"id": "a"})).await;
    let answer = server
        .post(NODES, json!({"name": "n", "label_ids": ["a", "a"]}))
        .await;
    if answer.status == 201 {
        assert_eq!(answer.body["label_ids"], json!(["a"]));
    } else {
        is_problem(&answer, 422);
        assert_eq!(count(&server, "nodes").await, 0);
    }
}

#[tokio::test]
async fn friends_of_its_own_kind() {
    let server = start().await;
    let first = node(&server, json!({})).await;
    let second = node(&server, json!({"friend_ids": [first["id"]]})).await;
    assert_eq!(second["friend_ids"], json!([first["id"]]));
    let own = change(
        &server,
        &second,
        json!({"friend_ids": [second["id"], first["id"]]}),
    )
    .await;
    assert_eq!(own.status, 200, "{}", own.body);
    assert_eq!(own.body["friend_ids"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn each_way_of_removing_what_is_referred_to() {
    let server = start().await;
    let top = node(&server, json!({})).await;
    let child = node(&server, json!({"parent_id": top["id"]})).await;
    let grandchild = node(&server, json!({"parent_id": child["id"]})).await;
    let copy = node(
        &server,
        json!({"original_id": top["id"], "guardian_id": child["id"]}),
    )
    .await;
    let at = |node: &Value| format!("{NODES}/{}", node["id"].as_str().unwrap_or_default());
    let rival = node(&server, json!({"rival_id": grandchild["id"]})).await;
    is_problem(&server.delete(&at(&top)).await, 409);
    assert_eq!(count(&server, "nodes").await, 5);
    assert_eq!(count(&server, "nodes_archive").await, 0);
    assert_eq!(
        change(&server, &rival, json!({"rival_id": null}))
            .await
            .status,
        200
    );
    let removed = server.delete(&at(&top)).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(count(&server, "nodes").await, 2);
    assert_eq!(count(&server, "nodes_archive").await, 3);
    let left = server.get(&at(&copy)).await;
    assert_eq!(left.body["original_id"], Value::Null);
    assert_eq!(left.body["guardian_id"], Value::Null);
    for gone in [&top, &child, &grandchild] {
        is_problem(&server.get(&at(gone)).await, 404);
    }
}

/// A ring of cascades ends, and takes the whole ring.
#[tokio::test]
async fn a_ring_is_removed_as_a_whole() {
    let server = start().await;
    let first = node(&server, json!({})).await;
    let second = node(&server, json!({"parent_id": first["id"]})).await;
    assert_eq!(
        change(&server, &first, json!({"parent_id": second["id"]}))
            .await
            .status,
        200
    );
    let path = format!("{NODES}/{}", first["id"].as_str().unwrap_or_default());
    let removed = server.delete(&path).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(count(&server, "nodes").await, 0);
    assert_eq!(count(&server, "nodes_archive").await, 2);
}

/// What stands in the header leads to the record, whatever its id is made of.
#[tokio::test]
async fn locations_lead_to_records_with_any_id() {
    let server = start().await;
    for id in [
        "a b",
        "a/b",
        "a?b=c",
        "a#b",
        "100%",
        "%2F",
        "ünï😀",
        "a\nb",
        "..",
        "\"<>",
        "+",
        "a;b",
    ] {
        let created = server.post(LABELS, json!({ "id": id })).await;
        assert_eq!(created.status, 201, "{id}: {}", created.body);
        let location = created.header("location");
        assert!(location.is_ascii() && !location.contains(' '), "{location}");
        // A path of dots is resolved away by every client, so it cannot be asked for.
        if id != ".." {
            let found = server.get(location).await;
            assert_eq!(found.status, 200, "{location}: {}", found.body);
            assert_eq!(found.body["id"], id, "{location}");
        }
    }
}

/// Links that come at once are all there in the end, and are never more than there may be.
#[tokio::test(flavor = "multi_thread")]
async fn links_at_once() {
    let server = start().await;
    let node = node(&server, json!({})).await;
    let own = format!("{NODES}/{}", node["id"].as_str().unwrap_or_default());
    for n in 0..8 {
        let label = server.post(LABELS, json!({"id": format!("l{n}")})).await;
        assert_eq!(label.status, 201, "{}", label.body);
    }
    let server = &server;
    let tie = |method: Method, label: String| {
        let path = format!("{own}/labels/{label}");
        async move { server.request(method, &path).send().await }
    };
    let answers = join_all((0..8).map(|n| tie(Method::PUT, format!("l{n}")))).await;
    let (tied, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 204);
    assert_eq!((tied.len(), refused.len()), (4, 4));
    for refused in refused {
        is_problem(refused, 409);
        assert_eq!(refused.body["reason"], "TOO_MANY_LINKS");
    }
    let found = server.get(&own).await.body;
    assert_eq!(found["label_ids"].as_array().map(Vec::len), Some(4));
    assert_eq!(found["version"], 5);

    // The same two, tied and untied by many: each answer is true of some moment.
    let label = found["label_ids"][0].as_str().unwrap_or_default();
    let method = |n: usize| {
        if n.is_multiple_of(2) {
            Method::DELETE
        } else {
            Method::PUT
        }
    };
    let answers = join_all((0..8).map(|n| tie(method(n), label.to_owned()))).await;
    assert!(answers.iter().all(|it| it.status == 204));
    let after = server.get(&own).await.body;
    let listed = server.get(&format!("{own}/labels?read_mask=id")).await.body;
    let mut listed: Vec<&str> = (listed["labels"].as_array().into_iter().flatten())
        .filter_map(|it| it["id"].as_str())
        .collect();
    listed.sort_unstable();
    assert_eq!(json!(listed), after["label_ids"]);
    assert_eq!(
        server.delete(&format!("{own}/labels/{label}")).await.status,
        204
    );
    assert_eq!(
        server.get(&own).await.body["label_ids"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}
