//! The operations that write: their bodies, their conditions, and what every write may say.

use serde_json::{Map, Value, json};

use super::super::entity::link_members;
use super::super::entity::naming::Naming;
use super::operations::{json_content, operation, record_response, shared, written};
use super::schemas::reference;
use super::sent::unread;
use super::{examples, is_changeable};
use crate::model::{Entity, Field, IdType, Service};
use crate::tables::build::archive_options;

/// The parameters that operations which write share.
pub fn parameters(service: &Service, parameters: &mut Value) {
    parameters["ValidateOnly"] = json!({
        "name": "validate_only",
        "in": "query",
        "description": "Whether the request is only tried: it is answered as if it were done, and nothing lasts (AIP-163).",
        "schema": { "type": "boolean", "default": false },
    });
    parameters["IdempotencyKey"] = key_parameter();
    let any = |holds: fn(&Entity) -> bool| service.entities.iter().any(holds);
    if any(|it| is_changeable(it) && it.id != IdType::Bigint) {
        parameters["AllowMissing"] = json!({
            "name": "allow_missing",
            "in": "query",
            "description": "Whether the record is made if it is missing.",
            "schema": { "type": "boolean", "default": false },
        });
    }
    parameters["AllowMissingRemoval"] = json!({
        "name": "allow_missing",
        "in": "query",
        "description": "Whether it is well when there is nothing to remove: the answer is 204 then as well (AIP-135), whichever version `If-Match`, or an `etag` in a batch, names. `*` there still wants a record.",
        "schema": { "type": "boolean", "default": false },
    });
    parameters["IfMatch"] = if_match();
    parameters["IfNoneMatchWrite"] = json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "`*` for a record that must not be there, or an entity tag that it must not have (RFC 9110). Not together with an `If-Match` that says the opposite.",
        "schema": { "type": "string", "pattern": CONDITION },
    });
}

/// Why a record may be removed.
pub(super) const REASON: &str = "asked for by the customer";

/// Any version, or one.
pub(super) const CONDITION: &str = r#"^(\*|"[1-9][0-9]{0,17}")$"#;

/// A text in quotes, in which quotes and backslashes have a backslash before them, or the bare key.
const IDEMPOTENCY_KEY: &str = r#"^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-+\--:<-\[\]-~]{1,255})$"#;

/// What every operation that writes may say, beside its own.
pub(super) fn writing(own: Vec<Value>) -> Vec<Value> {
    let mut parameters = own;
    parameters.push(shared("parameters", "ValidateOnly"));
    parameters.push(shared("parameters", "IdempotencyKey"));
    parameters
}

/// The same for an operation that is not done once by itself, and may have to carry a key.
pub(super) fn keyed(entity: &Entity, id: &str, own: Vec<Value>) -> Vec<Value> {
    let mut parameters = writing(own);
    if entity.write.needs_key
        && let Some(key) = parameters.last_mut()
    {
        *key = key_parameter();
        key["required"] = json!(true);
        // No two operations take the same.
        key["example"] = json!(format!("\"{id}-1\""));
    }
    parameters
}

fn key_parameter() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A key of this request alone: 1 to 255 visible characters in quotes, such as `\"8e03978e-40d5-43dd-bc93-6894a57f9324\"`; without quotes where it has no space, comma, semicolon, quote or backslash. A repetition with the same key is answered as before and not done again; 409 while the first is being answered, 422 where another request had the key.",
        "schema": { "type": "string", "pattern": IDEMPOTENCY_KEY },
    })
}

fn if_match() -> Value {
    json!({
        "name": "If-Match",
        "in": "header",
        "required": false,
        "description": "The entity tag that the record must still have, such as `\"1\"`; `*` is any (RFC 9110).",
        // No examples: two conditions that are sent as they stand here would contradict each other.
        "schema": { "type": "string", "pattern": CONDITION },
    })
}

/// The conditions on a record that is written, and what else the operation takes.
fn conditional(entity: &Entity, makes: bool, own: Vec<Value>) -> Vec<Value> {
    let first = if entity.write.needs_version {
        let mut needed = if_match();
        // What may make the record can say instead that it is not there.
        needed["required"] = json!(!makes);
        needed["example"] = json!("*");
        needed
    } else {
        shared("parameters", "IfMatch")
    };
    let conditions = [first, shared("parameters", "IfNoneMatchWrite")];
    conditions.into_iter().chain(own).collect()
}

/// The problems of an operation on one record, beside its own.
fn conditioned(entity: &Entity, own: &[u16]) -> Vec<u16> {
    let mut statuses = own.to_vec();
    if entity.write.needs_version {
        statuses.push(428);
    }
    statuses
}

/// The members that a change may be about.
pub(super) fn changeable(service: &Service, entity: &Entity) -> Vec<String> {
    let fields = entity.fields.iter().filter(|field| !field.immutable);
    let links = link_members(service, entity).into_iter().map(|it| it.0);
    fields.map(Field::column).chain(links).collect()
}

/// `?update_mask=`, with the fields that a change may be about.
fn update_mask(service: &Service, entity: &Entity) -> Value {
    let mut names = changeable(service, entity);
    names.extend(unread(entity).into_iter().map(str::to_owned));
    names.push("*".to_owned());
    let sent = examples::changes(service, entity);
    let first: Vec<&String> = sent
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .take(1)
        .collect();
    json!({
        "name": "update_mask",
        "in": "query",
        "description": "The fields to change, with commas between them: one that is named and not sent goes back to its default, and one that the service writes itself stays. `*` alone replaces them all, by a body as PUT has it. Without a mask, the fields that are sent change (AIP-134).",
        "style": "form",
        "explode": false,
        "schema": {
            "type": "array",
            "items": { "type": "string", "enum": names },
            "not": { "contains": { "const": "*" }, "minItems": 2 },
            "examples": [first],
        },
    })
}

/// The answer may be one that was given before.
pub(super) fn replayable(mut response: Value) -> Value {
    response["headers"]["Cache-Control"] = shared("headers", "NoStore");
    response["headers"]["Idempotency-Replayed"] = shared("headers", "IdempotencyReplayed");
    response
}

/// The problems of an operation that reads a body and writes.
const WRITE: &[u16] = &[409, 412, 413, 415, 422];

/// `POST` on the collection.
pub fn create(service: &Service, entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let new = examples::body(
        &reference(&format!("New{name}")),
        examples::new(service, entity),
    );
    let created = record_response(
        entity,
        &format!("The new {}.", entity.name.sentence()),
        true,
    );
    let mut answers = written("201", created, WRITE);
    answers["200"] = tried(entity);
    let id = format!("Create{name}");
    operation(
        entity,
        &id,
        &format!("Create {}", Naming::of(entity).a_sentence),
        json!({
            "parameters": keyed(entity, &id, Vec::new()),
            "requestBody": { "required": true, "content": { "application/json": new } },
            "responses": answers,
        }),
    )
}

pub(super) fn tried(entity: &Entity) -> Value {
    json!({
        "description": format!("The {} as it would be; it was only tried.", entity.name.sentence()),
        "headers": { "Cache-Control": shared("headers", "NoStore") },
        "content": json_content(entity.name.pascal()),
    })
}

/// `PUT` on a record.
pub fn replace(service: &Service, entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let new = examples::body(
        &reference(&format!("{name}Replacement")),
        examples::new(service, entity),
    );
    let sentence = entity.name.sentence();
    let replaced = record_response(entity, &format!("The replaced {sentence}."), false);
    let mut statuses = conditioned(entity, WRITE);
    let makes = entity.id != IdType::Bigint;
    if !makes {
        statuses.push(404);
    }
    let mut answers = written("200", replaced, &statuses);
    if makes {
        let created = record_response(entity, &format!("The new {sentence}."), true);
        answers["201"] = replayable(created);
    }
    operation(
        entity,
        &format!("Replace{name}"),
        &format!("Replace {}", Naming::of(entity).a_sentence),
        json!({
            "description": "Every field takes the value that is sent, or its default. What never changes must be sent as it is.",
            "parameters": writing(conditional(entity, makes, Vec::new())),
            "requestBody": { "required": true, "content": { "application/json": new } },
            "responses": answers,
        }),
    )
}

/// `PATCH` on a record.
pub fn change(service: &Service, entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let sentence = entity.name.sentence();
    let body = examples::body(
        &reference(&format!("{name}Changes")),
        Some(examples::changes(service, entity)),
    );
    let mut statuses = conditioned(entity, WRITE);
    statuses.push(404);
    let mut own = vec![update_mask(service, entity)];
    let changed = record_response(entity, &format!("The changed {sentence}."), false);
    let mut answers = written("200", changed, &statuses);
    let makes = entity.id != IdType::Bigint;
    if makes {
        own.push(shared("parameters", "AllowMissing"));
        let created = record_response(entity, &format!("The new {sentence}."), true);
        answers["201"] = replayable(created);
    }
    let id = format!("Update{name}");
    operation(
        entity,
        &id,
        &format!("Change {}", Naming::of(entity).a_sentence),
        json!({
            "parameters": keyed(entity, &id, conditional(entity, makes, own)),
            "requestBody": {
                "required": true,
                "content": {
                    "application/merge-patch+json": body,
                    "application/json": body,
                },
            },
            "responses": answers,
        }),
    )
}

/// `DELETE` on a record.
pub fn remove(entity: &Entity) -> Value {
    let own = of_removal(entity);
    let removed = json!({ "description": "It is removed." });
    operation(
        entity,
        &format!("Delete{}", entity.name.pascal()),
        &format!("Remove {}", Naming::of(entity).a_sentence),
        json!({
            "parameters": writing(conditional(entity, false, own)),
            "responses": written("204", removed, &conditioned(entity, &[404, 409, 412, 422])),
        }),
    )
}

/// What every removal may say.
pub(super) fn of_removal(entity: &Entity) -> Vec<Value> {
    let mut own: Vec<Value> = reason(entity).into_iter().collect();
    own.push(shared("parameters", "AllowMissingRemoval"));
    own
}

/// Why records are removed, where it is kept.
pub(super) fn reason(entity: &Entity) -> Option<Value> {
    let archive = archive_options(entity)?;
    Some(if archive.reason_required {
        json!({
            "name": "reason",
            "in": "query",
            "required": true,
            "description": "Why the record is removed; kept in the archive.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 1000, "pattern": r"\S" },
            "example": REASON,
        })
    } else {
        shared("parameters", "Reason")
    })
}
