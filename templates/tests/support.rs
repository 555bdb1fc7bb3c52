//! Requests that create one record of each kind, with whatever it refers to.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use svcgen_runtime::testing::TestServer;
use {{ crate_name }}::app::App;

/// A number that no other record of this run has.
fn next() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

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
