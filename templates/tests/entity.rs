//! {{ capital_plural }}, as a caller meets them.

use serde_json::{Value, json};
//% if asks
use svcgen_runtime::axum::http::Method;
//% endif
use svcgen_runtime::testing::TestServer;
use {{ crate_name }}::app::App;

//% if numbered
use crate::support;

//% endif
/// The body of a request that creates {{ a_sentence }}, with whatever it refers to.
pub async fn sample({% if alone %}_{% endif %}server: &TestServer<App>) -> Value {
//% if numbered
    let n = support::next();
//% endif
//% for parent in parents
    let {{ parent.variable }} = crate::{{ parent.module }}::create(server).await;
//% endfor
    json!({
//% for member in members
        "{{ member.name }}": {{ member.value }},
//% endfor
    })
}

/// Creates {{ a_sentence }}.
pub async fn create(server: &TestServer<App>) -> Value {
    let answer = server{% if needs_key %}.request(Method::POST, "{{ path }}").keyed().json(sample(server).await).send(){% else %}.post("{{ path }}", sample(server).await){% endif %}.await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn {{ snake }}_is_created_and_found() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;

    let created = server{% if needs_key %}.request(Method::POST, "{{ path }}").keyed().json(body.clone()).send(){% else %}.post("{{ path }}", body.clone()){% endif %}.await;
    assert_eq!(created.status, 201, "{}", created.body);
//% for member in shown
    assert_eq!(created.body["{{ member }}"], body["{{ member }}"]);
//% endfor
//% for member in hidden
    assert_eq!(created.body.get("{{ member }}"), None);
//% endfor

    let path = created.header("location");
    let found = server.get(path).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body, created.body);
//% if versioned
    assert_eq!(found.header("etag"), "\"1\"");
//% endif
}

//% if required
#[tokio::test]
async fn {{ snake }}_is_refused_with_every_reason_at_once() {
    let server = TestServer::<App>::start().await;
    let answer = server{% if needs_key %}.request(Method::POST, "{{ path }}").keyed().json(json!({})).send(){% else %}.post("{{ path }}", json!({})){% endif %}.await;
    assert_eq!(answer.status, 422);
    let pointers: Vec<&str> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    let missing = [{% for member in required %}"/{{ member }}", {% endfor %}];
    let are_named = missing.iter().all(|pointer| pointers.contains(pointer));
    assert!(are_named, "{pointers:?}");
}

//% endif
//% if changed
#[tokio::test]
async fn {{ snake }}_is_changed{% if versioned %}_unless_another_change_came_first{% endif %}() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server{% if needs_key %}.request(Method::POST, "{{ path }}").keyed().json(body).send(){% else %}.post("{{ path }}", body){% endif %}.await;
    let path = created.header("location");
    let other = sample(&server).await;

    let change = json!({ "{{ changed }}": other["{{ changed }}"] });
//% if demanding
//% if needs_version
    let unconditional = server.request(Method::PATCH, path){% if needs_key %}.keyed(){% endif %}.json(change.clone()).send().await;
    assert_eq!(unconditional.status, 428, "{}", unconditional.body);
//% endif
    let changed = server
        .request(Method::PATCH, path)
//% if needs_key
        .keyed()
//% endif
//% if needs_version
        .header("if-match", "\"1\"")
//% endif
        .json(change.clone())
        .send()
        .await;
//% else
    let changed = server.patch(path, change.clone()).await;
//% endif
    assert_eq!(changed.status, 200, "{}", changed.body);
//% if changed_shown
    assert_eq!(changed.body["{{ changed }}"], other["{{ changed }}"]);
//% endif
//% if versioned
    assert_eq!(changed.body["version"], 2);

    let stale = server
        .request(Method::PATCH, path)
//% if needs_key
        .keyed()
//% endif
        .header("if-match", "\"1\"")
        .json(change)
        .send()
        .await;
    assert_eq!(stale.status, 412, "{}", stale.body);
//% endif
//% if makes

    let missing = "{{ path }}/01900000-0000-7000-8000-000000000001?allow_missing=true";
    let made = server
        .request(Method::PATCH, missing)
//% if needs_key
        .keyed()
//% endif
        .header("if-none-match", "*")
        .json(sample(&server).await)
        .send()
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
//% endif
}

//% endif
#[tokio::test]
async fn {{ snake }}_is_removed_once() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server{% if needs_key %}.request(Method::POST, "{{ path }}").keyed().json(body).send(){% else %}.post("{{ path }}", body){% endif %}.await;
    let path = created.header("location");

//% if reason_required
    let unexplained = server{% if needs_version %}.request(Method::DELETE, path).header("if-match", "*").send(){% else %}.delete(path){% endif %}.await;
    assert_eq!(unexplained.status, 400, "{}", unexplained.body);
    let removal = &format!("{path}?reason=entered+twice");
//% else
    let removal = path;
//% endif
//% if needs_version
    assert_eq!(server.delete(removal).await.status, 428);
//% endif
    let remove = || server{% if needs_version %}.request(Method::DELETE, removal).header("if-match", "*").send(){% else %}.delete(removal){% endif %};
    assert_eq!(remove().await.status, 204);
    assert_eq!(server.get(path).await.status, 404);
    assert_eq!(remove().await.status, 404);
}

#[tokio::test]
async fn {{ plural_snake }}_are_listed_page_by_page() {
    let server = TestServer::<App>::start().await;
    for _ in 0..3 {
        create(&server).await;
    }
    let first = server.get("{{ path }}?page_size=2").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["{{ plural_snake }}"].as_array().map(Vec::len), Some(2));

    let token = first.body["next_page_token"].as_str().unwrap_or_default();
    let second = server.get(&format!("{{ path }}?page_size=2&page_token={token}")).await;
    assert_eq!(second.body["{{ plural_snake }}"].as_array().map(Vec::len), Some(1));
    assert_eq!(second.body.get("next_page_token"), None);

    let token = second.body["previous_page_token"].as_str().unwrap_or_default();
    let back = server.get(&format!("{{ path }}?page_size=2&page_token={token}")).await;
    assert_eq!(back.body["{{ plural_snake }}"], first.body["{{ plural_snake }}"]);
    assert_eq!(back.body.get("previous_page_token"), None);
}

#[tokio::test]
async fn {{ plural_snake }}_are_ordered_filtered_and_counted() {
    let server = TestServer::<App>::start().await;
    for _ in 0..{{ on_one_page }} {
        create(&server).await;
    }
    for order in [{% for column in orders %}"{{ column }}", "{{ column }}+desc", {% endfor %}] {
        let page = server.get(&format!("{{ path }}?read_mask=id&order_by={order}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.body["{{ plural_snake }}"].as_array().map(Vec::len), Some({{ on_one_page }}));
    }
//% if filters
    for column in [{% for column in filters %}"{{ column }}", {% endfor %}] {
        let mut found = 0;
        for filter in [format!("{column}:*"), format!("-{column}:*")] {
            let page = server.get(&format!("{{ path }}?total_size=true&filter={filter}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            found += page.body["total_size"].as_i64().unwrap_or_default();
        }
        assert_eq!(found, {{ on_one_page }}, "each {{ sentence }} has `{column}` or has none");
    }
//% endif
    let counted = server.get("{{ path }}:aggregate?measures=count()").await;
    assert_eq!(counted.body["groups"][0]["measures"]["count()"], {{ on_one_page }});
//% if searchable
    let missed = server.get("{{ path }}?search=nowhere-to-be-found").await;
    assert_eq!(missed.status, 200, "{}", missed.body);
    assert_eq!(missed.body["{{ plural_snake }}"].as_array().map(Vec::len), Some(0));
//% endif
    let refused = server.get("{{ path }}?filter=no_such_field:*").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
}
