//! The operations of one slice, with their parameters, headers and answers.

use serde_json::{Map, Value, json};

use crate::model::{Entity, Service};
use crate::tables::build::archive_options;

use super::super::entity::naming::Naming;
use super::super::entity::sample;
use super::super::http::resource_path;
use super::schemas::{id_type, reference};
use super::{aggregates, is_changeable, links, lists, problems, relations, writes};

/// Adds the paths of an entity.
pub fn add(service: &Service, entity: &Entity, paths: &mut Map<String, Value>) {
    let path = resource_path(service, entity);
    let collection =
        json!({ "get": lists::list(service, entity), "post": writes::create(service, entity) });
    let mut record = Map::new();
    record.insert("parameters".to_owned(), json!([id_parameter(entity)]));
    record.insert("get".to_owned(), get(service, entity));
    if is_changeable(entity) {
        record.insert("put".to_owned(), writes::replace(service, entity));
        record.insert("patch".to_owned(), writes::change(service, entity));
    }
    record.insert("delete".to_owned(), writes::remove(entity));
    paths.insert(path.clone(), collection);
    let aggregate = json!({ "get": aggregates::aggregate(service, entity) });
    paths.insert(format!("{path}:aggregate"), aggregate);
    paths.insert(format!("{path}/{{id}}"), Value::Object(record));
}

/// The parameters that several operations share.
pub fn parameters(service: &Service) -> Value {
    let mut parameters = lists::shared_parameters();
    let versioned = |entity: &Entity| entity.automatic.version;
    if service.entities.iter().any(versioned) {
        parameters["IfNoneMatch"] = json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "The entity tag that the caller has already; the answer then is 304.",
            "schema": { "type": "string", "examples": ["\"1\""] },
        });
    }
    writes::parameters(service, &mut parameters);
    // A removal that has to say why has a parameter of its own.
    let may_say_why =
        |entity: &Entity| archive_options(entity).is_some_and(|archive| !archive.reason_required);
    if service.entities.iter().any(may_say_why) {
        parameters["Reason"] = json!({
            "name": "reason",
            "in": "query",
            "description": "Why the record is removed; kept in the archive.",
            "schema": { "type": "string", "maxLength": 1000, "examples": [writes::REASON] },
        });
    }
    parameters
}

/// The headers that answers share.
pub fn headers() -> Value {
    json!({
        "ETag": {
            "description": "The entity tag of this version of the record.",
            "schema": { "type": "string", "examples": ["\"1\""] },
        },
        "Location": {
            "description": "The path of the new record.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
        "IdempotencyReplayed": {
            "description": "`true` when this answer was given before, to a request with the same key.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "CacheControl": {
            "description": "It may be kept by the caller alone, and is asked for again each time.",
            "schema": { "type": "string", "examples": ["private, no-cache"] },
        },
        "NoStore": {
            "description": "It is not to be kept.",
            "schema": { "type": "string", "examples": ["no-store"] },
        },
        "Vary": {
            "description": "The headers of a request by which its answer may differ.",
            "schema": { "type": "string", "examples": ["Accept, Accept-Encoding, Authorization, Origin"] },
        },
        "RetryAfter": {
            "description": "After how many seconds it is worth asking again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

/// The answers that operations share: the problems, and that nothing has changed.
pub fn responses(service: &Service) -> Map<String, Value> {
    let any = |holds: fn(&Entity) -> bool| service.entities.iter().any(holds);
    let mut responses = problems::responses(any(|it| it.write.needs_version));
    if any(|it| it.automatic.version) {
        let unchanged = json!({
            "description": "The caller has this version already.",
            "headers": {
                "ETag": shared("headers", "ETag"),
                "Cache-Control": shared("headers", "CacheControl"),
                "Vary": shared("headers", "Vary"),
            },
        });
        responses.insert("NotModified".to_owned(), unchanged);
    }
    responses
}

/// A component of the document.
pub fn shared(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

pub fn id_parameter(entity: &Entity) -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": format!("Identifies the {}.", entity.name.sentence()),
        "schema": id_type(entity.id),
        "example": sample::id(entity.id).json(),
    })
}

/// An operation with what it has beside its name.
pub fn operation(entity: &Entity, id: &str, summary: &str, rest: Value) -> Value {
    let mut operation = json!({
        "operationId": id,
        "summary": summary,
        "tags": [entity.name.plural_pascal()],
    });
    if let (Value::Object(operation), Value::Object(rest)) = (&mut operation, rest) {
        operation.extend(rest);
    }
    operation
}

/// A body in JSON.
pub fn json_content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}

/// The answer that shows a record.
pub(super) fn record_response(entity: &Entity, description: &str, located: bool) -> Value {
    let mut headers = Map::new();
    if entity.automatic.version {
        headers.insert("ETag".to_owned(), shared("headers", "ETag"));
    }
    if located {
        headers.insert("Location".to_owned(), shared("headers", "Location"));
    }
    let mut response = json!({
        "description": description,
        "content": json_content(entity.name.pascal()),
    });
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
    if located {
        response["links"] = links::of_record(entity);
    }
    response
}

/// The answers of an operation that reads: what was found, and the problems.
pub fn read(mut found: Value, statuses: &[u16]) -> Value {
    found["headers"]["Cache-Control"] = shared("headers", "CacheControl");
    found["headers"]["Vary"] = shared("headers", "Vary");
    answers("200", found, &[statuses, &[406]].concat())
}

/// The answers of an operation that writes: one when it is done, and the problems.
pub fn written(success: &str, response: Value, statuses: &[u16]) -> Value {
    answers(success, writes::replayable(response), statuses)
}

fn answers(success: &str, response: Value, statuses: &[u16]) -> Value {
    let mut answers = Map::new();
    answers.insert(success.to_owned(), response);
    problems::add(&mut answers, statuses);
    Value::Object(answers)
}

fn get(service: &Service, entity: &Entity) -> Value {
    let mut rest = Map::new();
    let mut parameters = vec![lists::read_mask(service, entity)];
    parameters.extend(relations::include_parameter(service, entity));
    if entity.automatic.version {
        parameters.push(shared("parameters", "IfNoneMatch"));
    }
    rest.insert("parameters".to_owned(), Value::Array(parameters));
    let found = record_response(entity, &format!("The {}.", entity.name.sentence()), false);
    let mut answers = read(found, &[404]);
    if entity.automatic.version {
        answers["304"] = shared("responses", "NotModified");
    }
    rest.insert("responses".to_owned(), answers);
    operation(
        entity,
        &format!("Get{}", entity.name.pascal()),
        &format!("Get {}", Naming::of(entity).a_sentence),
        Value::Object(rest),
    )
}
