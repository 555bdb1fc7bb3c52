//! Removal and restore: trees and circles of one kind, every way to refer, ids of every type.

use serde_json::{Value, json};
use svcgen_runtime::db::{Span, Sql};
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::{LABELS, LIMITEDS, NODES, NULLABLES, count, is_problem, start};

async fn create(server: &TestServer<App>, path: &str, body: Value) -> Value {
    let created = server.post(path, body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    created.body
}

async fn node(server: &TestServer<App>, name: &str, mut body: Value) -> Value {
    crate::merge(&mut body, json!({ "name": name }));
    create(server, NODES, body).await
}

async fn find(server: &TestServer<App>, node: &Value) -> Value {
    let path = format!("{NODES}/{}", node["id"].as_str().unwrap_or_default());
    let found = server.get(&path).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body
}

async fn remove(server: &TestServer<App>, node: &Value) -> Answer {
    let id = node["id"].as_str().unwrap_or_default();
    server.delete(&format!("{NODES}/{id}")).await
}

/// The batch of the only archived node of this name.
async fn batch_of(server: &TestServer<App>, node: &Value) -> String {
    let id = node["id"].as_str().unwrap_or_default();
    let list = server
        .get(&format!("/v1/archive/nodes?filter=id%3D%22{id}%22"))
        .await;
    let found = &list.body["nodes"][0]["archive_batch"];
    found.as_str().unwrap_or_default().to_owned()
}

async fn restore(server: &TestServer<App>, batch: &str) -> Answer {
    let path = format!("/v1/archive/batches/{batch}/restore");
    server.post(&path, json!({})).await
}

#[tokio::test]
async fn a_tree_goes_and_comes_back_with_its_ties() {
    let server = start().await;
    create(&server, LABELS, json!({"id": "red"})).await;
    let root = node(&server, "root", json!({"label_ids": ["red"]})).await;
    let child = node(&server, "child", json!({"parent_id": root["id"]})).await;
    let leaf = json!({"parent_id": child["id"], "friend_ids": [root["id"]]});
    let leaf = node(&server, "leaf", leaf).await;
    let other =
        json!({"original_id": child["id"], "guardian_id": root["id"], "rival_id": leaf["id"]});
    let other = node(&server, "other", other).await;

    let kept = remove(&server, &root).await;
    is_problem(&kept, 409);
    assert_eq!(kept.body["reason"], "STILL_REFERENCED");
    let path = format!("{NODES}/{}", other["id"].as_str().unwrap_or_default());
    let freed = server.patch(&path, json!({"rival_id": null})).await;
    assert_eq!(freed.status, 200, "{}", freed.body);

    let gone = remove(&server, &root).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert_eq!(count(&server, "nodes").await, 1);
    assert_eq!(count(&server, "nodes_archive").await, 3);
    let left = find(&server, &other).await;
    assert_eq!(
        (&left["original_id"], &left["guardian_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(left["version"], 3, "one change for both");

    let batch = batch_of(&server, &root).await;
    assert_eq!(batch_of(&server, &leaf).await, batch);
    let restored = restore(&server, &batch).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(count(&server, "nodes_archive").await, 0);
    assert_eq!(find(&server, &root).await["label_ids"], json!(["red"]));
    assert_eq!(find(&server, &child).await["parent_id"], root["id"]);
    let found = find(&server, &leaf).await;
    assert_eq!(found["parent_id"], child["id"]);
    assert_eq!(found["friend_ids"], json!([root["id"]]));
    let found = find(&server, &other).await;
    assert_eq!(
        found["guardian_id"], root["id"],
        "what was detached is tied again"
    );
    assert_eq!(found["original_id"], Value::Null, "what was cleared is not");
    assert_eq!(count(&server, "archive_references").await, 0);
}

#[tokio::test]
async fn a_circle_goes_and_comes_back() {
    let server = start().await;
    let first = node(&server, "first", json!({})).await;
    let second =
        json!({"parent_id": first["id"], "guardian_id": first["id"], "original_id": first["id"]});
    let second = node(&server, "second", second).await;
    let path = format!("{NODES}/{}", first["id"].as_str().unwrap_or_default());
    let closed =
        json!({"parent_id": second["id"], "original_id": first["id"], "rival_id": second["id"]});
    assert_eq!(server.patch(&path, closed).await.status, 200);
    for round in 0..2 {
        let gone = remove(&server, &first).await;
        assert_eq!(gone.status, 204, "round {round}: {}", gone.body);
        assert_eq!(count(&server, "nodes").await, 0);
        let batch = batch_of(&server, &first).await;
        let restored = restore(&server, &batch).await;
        assert_eq!(restored.status, 200, "round {round}: {}", restored.body);
        let found = find(&server, &first).await;
        assert_eq!(found["parent_id"], second["id"]);
        assert_eq!(found["original_id"], first["id"]);
        assert_eq!(found["rival_id"], second["id"]);
        let found = find(&server, &second).await;
        for member in ["parent_id", "guardian_id", "original_id"] {
            assert_eq!(found[member], first["id"], "{member}");
        }
    }
}

/// References that can be set only once all are there keep what the caller says of them.
#[tokio::test]
async fn a_circle_comes_back_with_other_references() {
    let server = start().await;
    let first = node(&server, "first", json!({})).await;
    let refers =
        json!({"parent_id": first["id"], "guardian_id": first["id"], "original_id": first["id"]});
    let second = node(&server, "second", refers).await;
    let path = format!("{NODES}/{}", first["id"].as_str().unwrap_or_default());
    let closed = json!({"parent_id": second["id"], "rival_id": second["id"]});
    assert_eq!(server.patch(&path, closed).await.status, 200);
    assert_eq!(remove(&server, &first).await.status, 204);
    let third = node(&server, "third", json!({})).await;

    let list = server.get("/v1/archive/nodes").await.body["nodes"].clone();
    let named = |name: &str| {
        let nodes = list.as_array().into_iter().flatten();
        let found = nodes.into_iter().find(|it| it["name"] == name);
        let id = found.map(|it| it["archive_id"].clone());
        id.and_then(|it| it.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let overrides = json!({
        named("first"): {"rival_id": null},
        named("second"): {"guardian_id": third["id"], "name": "other"},
    });
    let batch = batch_of(&server, &first).await;
    let path = format!("/v1/archive/batches/{batch}/restore");
    let restored = server.post(&path, json!({ "overrides": overrides })).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    let found = find(&server, &first).await;
    assert_eq!(
        (&found["parent_id"], &found["rival_id"]),
        (&second["id"], &Value::Null)
    );
    let found = find(&server, &second).await;
    assert_eq!(
        (&found["parent_id"], &found["original_id"]),
        (&first["id"], &first["id"])
    );
    assert_eq!(
        (&found["guardian_id"], &found["name"]),
        (&third["id"], &json!("other"))
    );
}

/// Removes a record and gives its id in the archive.
async fn archived(server: &TestServer<App>, path: &str, id: &Value) -> String {
    let shown = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let gone = server.delete(&format!("{path}/{shown}")).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    let name = path.trim_start_matches("/v1/");
    let list = server.get(&format!("/v1/archive/{name}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    let found = &list.body[name][0]["archive_id"];
    found.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn numbered_and_named_records_come_back_too() {
    let server = start().await;
    let full = json!({"text": "é\"'", "decimal": "-1.50", "wide": "-0.5", "date": "2026-02-28", "duration": "PT1S",
        "json": {"a": [1]}, "bytes": "AP8=", "enum": "two", "list": [3, 1]});
    let numbered = create(&server, NULLABLES, full).await;
    let archive_id = archived(&server, NULLABLES, &numbered["id"]).await;
    let path = format!("/v1/archive/nullables/{archive_id}");
    let shown = server.get(&path).await.body;
    for member in [
        "id", "text", "decimal", "wide", "date", "duration", "json", "bytes", "enum", "list",
    ] {
        assert_eq!(shown[member], numbered[member], "{member}");
    }
    let next = create(&server, NULLABLES, json!({})).await;
    assert_ne!(next["id"], numbered["id"], "no id is given out twice");
    let taken = server
        .post(&format!("{path}/restore"), json!({"id": next["id"]}))
        .await;
    is_problem(&taken, 409);
    assert_eq!(taken.body["errors"][0]["code"], "ID_TAKEN");
    let restored = server
        .post(&format!("{path}/restore"), json!({"id": 70, "text": null}))
        .await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(restored.body["records"][0]["id"], "70");
    let found = server.get(&format!("{NULLABLES}/70")).await.body;
    assert_eq!(
        (&found["text"], &found["wide"]),
        (&Value::Null, &numbered["wide"])
    );
    let later = create(&server, NULLABLES, json!({})).await;
    assert_eq!(later["id"], 71, "the sequence is beyond what came back");

    let limited = json!({"id": "a/b", "code": "ab", "title": "t", "email": "x@example.com"});
    let limited = create(&server, LIMITEDS, limited).await;
    let gone = archived(&server, LIMITEDS, &json!("a%2Fb")).await;
    let path = format!("/v1/archive/limiteds/{gone}");
    assert_eq!(server.get(&path).await.body["email"], Value::Null);
    let again = json!({"id": "a/b", "code": "ab", "title": "t"});
    create(&server, LIMITEDS, again).await;
    let taken = server.post(&format!("{path}/restore"), json!({})).await;
    let codes = taken.body["errors"].to_string();
    assert!(
        codes.contains("ID_TAKEN") && codes.contains("UNIQUE_TAKEN"),
        "{codes}"
    );
    let broken = json!({"id": "", "code": "UPPER", "title": ""});
    is_problem(&server.post(&format!("{path}/restore"), broken).await, 422);
    let renamed = server
        .post(
            &format!("{path}/restore"),
            json!({"id": "c", "code": "cd", "title": "u"}),
        )
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let found = server.get(&format!("{LIMITEDS}/c")).await.body;
    assert_eq!(found["email"], limited["email"]);
}

#[tokio::test]
async fn what_cannot_be_understood_changes_nothing() {
    let server = start().await;
    let numbered = create(&server, NULLABLES, json!({})).await;
    let archive_id = archived(&server, NULLABLES, &numbered["id"]).await;
    let path = format!("/v1/archive/nullables/{archive_id}/restore");
    for query in [
        "?validate_only=1",
        "?validate=true",
        "?validate_only=true&validate_only=true",
        "?validate_only=%ff",
    ] {
        is_problem(
            &server.post(&format!("{path}{query}"), json!({})).await,
            400,
        );
    }
    for body in [
        json!({"nosuch": 1}),
        json!({"int": "'; drop table nullables"}),
        json!([1]),
        json!({"id": "x"}),
    ] {
        is_problem(&server.post(&path, body).await, 422);
    }
    for bad in ["/v1/archive/nullables/1", "/v1/archive/nullables/x%27--"] {
        is_problem(&server.get(bad).await, 400);
    }
    let nobody = "0193a6f0-0000-7000-8000-000000000000";
    is_problem(
        &server.get(&format!("/v1/archive/nullables/{nobody}")).await,
        404,
    );
    let none = format!("/v1/archive/batches/{nobody}/restore");
    is_problem(&server.post(&none, json!({})).await, 404);
    for filter in [
        "archived_by%3D%27",
        "secret%3D1",
        "id%3D%22x%22",
        "archived_at%3E5",
    ] {
        is_problem(
            &server
                .get(&format!("/v1/archive/nullables?filter={filter}"))
                .await,
            400,
        );
    }
    assert_eq!(
        (
            count(&server, "nullables").await,
            count(&server, "nullables_archive").await
        ),
        (0, 1)
    );
}

/// A removal of more rows than go at once, and too little time for it.
#[tokio::test]
async fn a_removal_that_takes_too_long_says_so_and_undoes_itself() {
    let server = TestServer::<App>::start_with(|config| {
        config.db.transaction_timeout = Span::millis(1);
    })
    .await;
    let root = Sql::each(
        "insert into nodes (id, name, created_at, updated_at) values (zeroblob(16), 'root', 0, 0)",
        "insert into nodes (id, name, created_at, updated_at) values ('00000000-0000-0000-0000-000000000000', 'root', now(), now())",
    );
    let made = server.app().db.execute(&root, Vec::new()).await;
    assert_eq!(made.ok(), Some(1));
    let children = Sql::each(
        "insert into nodes (id, name, parent_id, created_at, updated_at)
         with recursive n (i) as (select 1 union all select i + 1 from n where i < 1500)
         select randomblob(16), 'child ' || i, (select id from nodes), 0, 0 from n",
        "insert into nodes (id, name, parent_id, created_at, updated_at)
         select gen_random_uuid(), 'child ' || i, (select id from nodes), now(), now()
         from generate_series(1, 1500) as i",
    );
    let made = server.app().db.execute(&children, Vec::new()).await;
    assert_eq!(made.ok(), Some(1_500));
    let root = json!({"id": "00000000-0000-0000-0000-000000000000"});
    let refused = remove(&server, &root).await;
    is_problem(&refused, 503);
    assert_eq!(
        refused.body["reason"], "REMOVAL_TOO_SLOW",
        "{}",
        refused.body
    );
    assert_eq!(refused.body["metadata"]["rows"], "1501");
    assert_eq!(count(&server, "nodes").await, 1_501);
    assert_eq!(count(&server, "nodes_archive").await, 0);
}
