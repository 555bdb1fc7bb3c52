//! The operations on several records at once (AIP-231 and those after it).

use serde_json::{Map, Value, json};

use super::super::entity::sample;
use super::super::http::resource_path;
use super::operations::{operation, read, written};
use super::schemas::{id_type, object, reference};
use super::sent::unread;
use super::writes::{CONDITION, changeable, keyed, of_removal};
use super::{examples, is_changeable, is_removed_by_filter, lists, matching, relations};
use crate::model::{Entity, Service};

/// Adds the paths of an entity's batches.
pub fn add(service: &Service, entity: &Entity, paths: &mut Map<String, Value>) {
    let path = resource_path(service, entity);
    let mut put = |verb: &str, method: &str, operation: Value| {
        paths.insert(format!("{path}:{verb}"), json!({ method: operation }));
    };
    put("batchGet", "get", get(service, entity));
    put("batchCreate", "post", create(service, entity));
    if is_changeable(entity) {
        put("batchUpdate", "post", change(service, entity));
    }
    put("batchDelete", "post", remove(entity));
    if is_removed_by_filter(entity) {
        put("deleteMatching", "post", matching::remove(service, entity));
    }
}

/// `GET` of several records.
fn get(service: &Service, entity: &Entity) -> Value {
    let plural = entity.name.plural_sentence();
    let most = entity.write.max_batch;
    let mut parameters = vec![
        json!({
            "name": "ids",
            "in": "query",
            "required": true,
            "description": format!("Which {plural}, 1 to {most} of them; given once for each, and answered in this order."),
            "style": "form",
            "explode": true,
            "schema": { "type": "array", "items": id_type(entity.id), "minItems": 1, "maxItems": most },
            "example": [sample::id(entity.id).json()],
        }),
        lists::read_mask(service, entity),
    ];
    parameters.extend(relations::include_parameter(service, entity));
    operation(
        entity,
        &format!("BatchGet{}", entity.name.plural_pascal()),
        &format!("Get several {plural}"),
        json!({
            "description": "All of them or none: where one is missing, the answer is 404 and names it.",
            "parameters": parameters,
            "responses": read(several(entity, "In the order of the ids."), &[404]),
        }),
    )
}

/// `POST` of several new records.
fn create(service: &Service, entity: &Entity) -> Value {
    let element = (
        reference(&format!("New{}", entity.name.pascal())),
        examples::least(service, entity),
    );
    write(
        entity,
        "Create",
        Vec::new(),
        element,
        &written("200", made(entity), &[409, 412, 413, 415, 422]),
    )
}

/// `POST` of several changes.
fn change(service: &Service, entity: &Entity) -> Value {
    let mut properties = target(entity);
    let mut names = changeable(service, entity);
    names.extend(unread(entity).into_iter().map(str::to_owned));
    let names = names.join("|");
    let mask = json!({
        "type": ["string", "null"],
        "maxLength": 4096,
        "pattern": format!("^ *(({names}) *)?(, *(({names}) *)?)*$"),
        "description": "The fields to change, separated by commas, as in a single change; `*` is taken there alone. Without it, the fields that are sent change.",
        "examples": [null],
    });
    properties.insert("update_mask".to_owned(), mask);
    let changes = reference(&format!("{}Changes", entity.name.pascal()));
    properties.insert("changes".to_owned(), changes);
    let mut required = required(entity);
    required.push("changes".to_owned());
    let doc = format!("What changes of one {}.", entity.name.sentence());
    let mut example = examples::target(entity);
    example.insert("changes".to_owned(), examples::changes(service, entity));
    write(
        entity,
        "Update",
        Vec::new(),
        (object(&doc, properties, &required), Some(example.into())),
        &written("200", made(entity), &statuses(entity)),
    )
}

/// `POST` of several removals.
fn remove(entity: &Entity) -> Value {
    let doc = format!("One {} to remove.", entity.name.sentence());
    let removed = json!({ "description": "They are removed." });
    write(
        entity,
        "Delete",
        of_removal(entity),
        (
            object(&doc, target(entity), &required(entity)),
            Some(examples::target(entity).into()),
        ),
        &written("204", removed, &statuses(entity)),
    )
}

/// `element` is the schema of one of them, and an example.
fn write(
    entity: &Entity,
    verb: &str,
    own: Vec<Value>,
    (element, example): (Value, Option<Value>),
    answers: &Value,
) -> Value {
    let plural = entity.name.plural_sentence();
    let most = entity.write.max_batch;
    let requests = json!({
        "type": "array",
        "minItems": 1,
        "maxItems": most,
        "items": element,
        "description": "Each of them, in order.",
    });
    let body = object(
        &format!("1 to {most} {plural}."),
        Map::from_iter([("requests".to_owned(), requests)]),
        &["requests".to_owned()],
    );
    let body = examples::body(&body, examples::batch(example));
    let id = format!("Batch{verb}{}", entity.name.plural_pascal());
    operation(
        entity,
        &id,
        &format!("{verb} several {plural}"),
        json!({
            "description": "All of them or none, in one transaction and in this order. A problem points to the element that it is about, such as `/requests/3`.",
            "parameters": keyed(entity, &id, own),
            "requestBody": {
                "required": true,
                "content": { "application/json": body },
            },
            "responses": answers,
        }),
    )
}

/// What names a record of a batch.
fn target(entity: &Entity) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut id = id_type(entity.id);
    id["description"] = json!("Which one; no two elements name the same.");
    id["examples"] = json!([sample::id(entity.id).json()]);
    properties.insert("id".to_owned(), id);
    if entity.automatic.version {
        let kind = if entity.write.needs_version {
            json!("string")
        } else {
            json!(["string", "null"])
        };
        let etag = json!({
            "type": kind,
            "pattern": CONDITION,
            "description": "The entity tag that it must still have: its version in quotes (AIP-154).",
            "examples": ["\"1\""],
        });
        properties.insert("etag".to_owned(), etag);
    }
    properties
}

fn required(entity: &Entity) -> Vec<String> {
    let mut required = vec!["id".to_owned()];
    if entity.write.needs_version {
        required.push("etag".to_owned());
    }
    required
}

fn statuses(entity: &Entity) -> Vec<u16> {
    let mut statuses = vec![404, 409, 412, 413, 415, 422];
    if entity.write.needs_version {
        statuses.push(428);
    }
    statuses
}

fn made(entity: &Entity) -> Value {
    several(entity, "In the order of the request.")
}

fn several(entity: &Entity, description: &str) -> Value {
    let member = entity.name.plural_snake();
    let records = json!({ "type": "array", "items": reference(entity.name.pascal()) });
    json!({
        "description": description,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": [member],
                    "properties": { member: records },
                },
            },
        },
    })
}
