//! What belongs together, as a caller meets it: children under their parents, links, and `include`.

use serde_json::{% if has_collections %}{Value, json}{% else %}Value{% endif %};
//% if names_methods
use svcgen_runtime::axum::http::Method;
//% endif
use svcgen_runtime::testing::TestServer;
use {{ crate_name }}::app::App;

/// A record's path below that of its collection.
fn path(collection: &str, record: &Value) -> String {
    let id = &record["id"];
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    format!("{collection}/{id}")
}

//% if has_collections
/// The ids of the records that a list shows.
async fn listed(server: &TestServer<App>, path: &str, records: &str) -> Vec<Value> {
    let page = server.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    let records = page.body[records].as_array().cloned().unwrap_or_default();
    records.iter().map(|record| record["id"].clone()).collect()
}

//% endif
//% if has_links
/// The status of a request without a body.
async fn status(server: &TestServer<App>, method: Method, path: &str) -> u16 {
    let answer = server.request(method, path).send().await;
    answer.status.as_u16()
}

//% endif
/// Shows each relation of some records, and never one record at a time.
async fn shows(server: &TestServer<App>, collection: &str, record: &Value, names: &[&str]) {
    let one = path(collection, record);
    for name in names {
        let shown = server.get(&format!("{one}?include={name}")).await;
        assert_eq!(shown.status, 200, "{name}: {}", shown.body);
        assert!(shown.body.get(name).is_some(), "{name}: {}", shown.body);
        assert_eq!(shown.header("etag"), "", "{name}");
        for wrong in [format!("{name}.{name}"), format!("{name},{name}"), "no_such".to_owned()] {
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
    assert!(statements <= most, "{all}: {statements} statements, at most {most} are needed");
}

//% for it in included
#[tokio::test]
async fn {{ it.snake }}_is_shown_with_its_relations() {
    let server = TestServer::<App>::start().await;
    crate::{{ it.module }}::create(&server).await;
    crate::{{ it.module }}::create(&server).await;
    let record = crate::{{ it.module }}::create(&server).await;
    shows(&server, "{{ it.path }}", &record, &[{% for name in it.names %}"{{ name }}", {% endfor %}]).await;
}

//% endfor
//% for it in children
#[tokio::test]
async fn {{ it.name }}_of_{{ it.snake }}_are_under_it() {
    let server = TestServer::<App>::start().await;
    let parent = crate::{{ it.module }}::create(&server).await;
    let under = format!("{}/{{ it.segment }}", path("{{ it.path }}", &parent));
    let mut body = crate::{{ it.child_module }}::sample(&server).await;
    let other = body["{{ it.member }}"].take();
    if let Some(members) = body.as_object_mut() {
        members.remove("{{ it.member }}");
    }

    let created = server{% if it.needs_key %}.request(Method::POST, &under).keyed().json(body.clone()).send(){% else %}.post(&under, body.clone()){% endif %}.await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["{{ it.member }}"], parent["id"]);
    assert_eq!(created.header("location"), path("{{ it.child_path }}", &created.body));
    crate::{{ it.child_module }}::create(&server).await;
    let ids = [created.body["id"].clone()];
    assert_eq!(listed(&server, &under, "{{ it.records }}").await, ids);
    for size in ["0", "1", "1000000000"] {
        let page = format!("{under}?page_size={size}");
        assert_eq!(listed(&server, &page, "{{ it.records }}").await, ids);
    }
    let refused = server.get(&format!("{under}?page_size=-1")).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["parameter"], "page_size");

    if !other.is_null() {
        body["{{ it.member }}"] = other;
        let contradicted = server{% if it.needs_key %}.request(Method::POST, &under).keyed().json(body.clone()).send(){% else %}.post(&under, body.clone()){% endif %}.await;
        assert_eq!(contradicted.status, 422, "{}", contradicted.body);
        assert_eq!(contradicted.body["errors"][0]["pointer"], "/{{ it.member }}");
    }
    let nowhere = format!("{}/{{ it.segment }}", path("{{ it.path }}", &json!({ "id": {{ it.missing }} })));
    assert_eq!(server.get(&nowhere).await.status, 404);
    assert_eq!(server{% if it.needs_key %}.request(Method::POST, &nowhere).keyed().json(body).send(){% else %}.post(&nowhere, body){% endif %}.await.status, 404);
}

//% endfor
//% for it in links
#[tokio::test]
async fn {{ it.name }}_of_{{ it.snake }}_are_linked_and_unlinked() {
    let server = TestServer::<App>::start().await;
    let record = crate::{{ it.module }}::create(&server).await;
    let other = crate::{{ it.other_module }}::create(&server).await;
    let own = path("{{ it.path }}", &record);
    let under = format!("{own}/{{ it.segment }}");
    let link = path(&under, &other);

    for _ in 0..2 {
        assert_eq!(status(&server, Method::PUT, &link).await, 204);
    }
    let ids = [other["id"].clone()];
    assert_eq!(listed(&server, &under, "{{ it.records }}").await, ids);
    let linked = server.get(&own).await.body;
    assert_eq!(linked["{{ it.member }}"], json!(ids));
//% if it.versioned
    assert_eq!(linked["version"], 2);
    let stale = server.request(Method::DELETE, &link).header("if-match", "\"1\"").send().await;
    assert_eq!(stale.status, 412, "{}", stale.body);
//% endif
    for _ in 0..2 {
        assert_eq!(status(&server, Method::DELETE, &link).await, 204);
    }
    assert_eq!(server.get(&own).await.body["{{ it.member }}"], json!([]));

    let nobody = path(&under, &json!({ "id": {{ it.missing_other }} }));
    assert_eq!(status(&server, Method::PUT, &nobody).await, 404);
    assert_eq!(status(&server, Method::DELETE, &nobody).await, 204);
    let nowhere = path("{{ it.path }}", &json!({ "id": {{ it.missing }} }));
    let nowhere = path(&format!("{nowhere}/{{ it.segment }}"), &other);
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(status(&server, method, &nowhere).await, 404);
    }
}

//% endfor
