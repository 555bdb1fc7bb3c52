//! Where an answer leads: the operations that take what it holds.
//!
//! People read them beside an answer, and programs that explore an API follow them.

use serde_json::{Map, Value, json};

use crate::model::Entity;

use super::{is_changeable, relations};

/// What can be done next with the record in an answer's body.
pub fn of_record(entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let mut links = Map::new();
    links.insert(format!("Get{name}"), by_id("Get", name, "Reads it again."));
    if is_changeable(entity) {
        links.insert(
            format!("Update{name}"),
            by_id("Update", name, "Changes it."),
        );
    }
    links.insert(
        format!("Delete{name}"),
        by_id("Delete", name, "Removes it."),
    );
    for operation in relations::operation_ids(entity) {
        let link = json!({
            "operationId": operation,
            "parameters": { "id": "$response.body#/id" },
            "description": "Goes on under it.",
        });
        links.insert(operation, link);
    }
    Value::Object(links)
}

fn by_id(verb: &str, name: &str, description: &str) -> Value {
    json!({
        "operationId": format!("{verb}{name}"),
        "parameters": { "id": "$response.body#/id" },
        "description": description,
    })
}
