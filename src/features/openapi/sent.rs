//! The JSON Schemas of what callers send of a record: what creates it, replaces it, changes it.

use serde_json::{Map, Value, json};

use crate::model::{Entity, IdType, Service, Via};

use super::super::entity::naming::Naming;
use super::super::entity::sql::automatic;
use super::super::entity::{link_members, rust};
use super::schemas::{default_json, id, ids, object, property, with};

/// What creates a record.
pub fn new(service: &Service, entity: &Entity) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some(needed) = rust::id_from_caller(entity) {
        let mut schema = id(entity, false);
        if needed {
            required.push("id".to_owned());
        } else {
            // An absent id and a null one are the same: the service makes one.
            schema["type"] = json!(["string", "null"]);
        }
        properties.insert("id".to_owned(), schema);
    }
    for field in &entity.fields {
        let name = field.column();
        let mut schema = property(service, field);
        if let Some(default) = field.default.as_ref().and_then(default_json) {
            schema = with(schema, "default", default);
        }
        if field.write_only {
            schema = with(schema, "writeOnly", json!(true));
        }
        if !field.nullable && field.default.is_none() {
            required.push(name.clone());
        }
        properties.insert(name, schema);
    }
    properties.extend(links(service, entity));
    let mut unread = automatic(entity);
    if entity.id == IdType::Bigint {
        unread.insert(0, "id");
    }
    properties.extend(ignored(&unread));
    let doc = format!("What creates {}.", Naming::of(entity).a_sentence);
    object(&doc, properties, &required)
}

/// What replaces a record: what creates one, with an id that need not be sent.
pub fn replacement(entity: &Entity, new: &Value) -> Value {
    let mut schema = new.clone();
    schema["description"] = json!(format!(
        "What replaces {}: every field that is not sent goes back to its default.",
        Naming::of(entity).a_sentence
    ));
    let mut own = id(entity, false);
    own["type"] = json!([own["type"], "null"]);
    own["description"] = json!("That of the path, where it is sent.");
    schema["properties"]["id"] = own;
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name != "id");
        if required.is_empty()
            && let Value::Object(schema) = &mut schema
        {
            Map::remove(schema, "required");
        }
    }
    schema
}

/// What changes a record.
pub fn changes(service: &Service, entity: &Entity) -> Value {
    let mut properties = Map::new();
    for field in entity.fields.iter().filter(|field| !field.immutable) {
        let mut schema = property(service, field);
        if field.write_only {
            schema = with(schema, "writeOnly", json!(true));
        }
        properties.insert(field.column(), schema);
    }
    properties.extend(links(service, entity));
    for (name, mut schema) in ignored(&unread(entity)) {
        // A merge patch takes away what is null, and these never go.
        schema["not"] = json!({ "type": "null" });
        properties.insert(name, schema);
    }
    let doc = format!(
        "What changes {}: a JSON merge patch (RFC 7396). What is absent stays as it is.",
        Naming::of(entity).a_sentence
    );
    object(&doc, properties, &[])
}

/// The members of a record that the service writes itself, and that no change is about.
pub fn unread(entity: &Entity) -> Vec<&'static str> {
    let mut names = automatic(entity);
    names.insert(0, "id");
    names
}

/// Members that may be sent back as they were given, and are not read (AIP-203).
pub fn ignored(names: &[&str]) -> Vec<(String, Value)> {
    let doc = "Written by the service itself, and not read.";
    let schema = |name: &&str| ((*name).to_owned(), json!({ "description": doc }));
    names.iter().map(schema).collect()
}

/// The ids of a record's links as a caller sends them.
fn links(service: &Service, entity: &Entity) -> Vec<(String, Value)> {
    let members = link_members(service, entity);
    let most = entity.collections.iter().filter_map(|it| match &it.via {
        Via::Link(link) => Some(link.max_items),
        Via::Reference { .. } => None,
    });
    let limited = members.into_iter().zip(most);
    limited
        .map(|((name, target, doc), most)| {
            (name, with(ids(target.id, &doc), "maxItems", json!(most)))
        })
        .collect()
}
