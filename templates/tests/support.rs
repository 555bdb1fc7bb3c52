//! Requests that create one record of each kind, with whatever it refers to.

//% if numbered
use std::cell::Cell;

//% endif
use serde_json::{Value, json};
use svcgen_runtime::testing::TestServer;
use {{ crate_name }}::app::App;

//% if numbered
/// A number that no other record of this test has; a test runs on one thread.
fn next() -> usize {
    thread_local! {
        static LAST: Cell<usize> = const { Cell::new(0) };
    }
    LAST.set(LAST.get() + 1);
    LAST.get()
}

//% endif
//% for entity in entities
/// The body of a request that creates {{ entity.a_sentence }}.
pub async fn {{ entity.snake }}_body({% if not entity.parents %}_{% endif %}server: &TestServer<App>) -> Value {
//% if entity.numbered
    let n = next();
//% endif
//% for parent in entity.parents
    let {{ parent.variable }} = create_{{ parent.snake }}(server).await;
//% endfor
    json!({
//% for member in entity.members
        "{{ member.name }}": {{ member.value }},
//% endfor
    })
}

/// Creates {{ entity.a_sentence }}.
pub async fn create_{{ entity.snake }}(server: &TestServer<App>) -> Value {
    let body = {{ entity.snake }}_body(server).await;
    let answer = server.post("{{ entity.path }}", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

//% endfor
