//! The operations on what was removed, and the question what a removal would do.

use serde_json::{Map, Value, json};

use crate::model::{Entity, Field, FieldKind, IdType, Service};
use crate::tables::build::is_archived;

use super::super::archive::batches_path;
use super::super::entity::naming::Naming;
use super::super::entity::{sample, sql};
use super::super::http::{archive_path, resource_path};
use super::lists;
use super::operations::{id_parameter, json_content, operation, read, shared, written};
use super::schemas::{id_type, object, page_of, property, reference};
use super::sent;
use super::writes::{keyed, writing};

/// Adds what concerns an entity.
pub fn add(
    service: &Service,
    entity: &Entity,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let path = format!("{}/{{id}}/removal", resource_path(service, entity));
    let parameters = json!([id_parameter(entity)]);
    paths.insert(
        path,
        json!({ "parameters": parameters, "get": preview(entity) }),
    );
    schemas.insert("RemovalPreview".to_owned(), preview_schema());
    if !is_archived(entity) {
        return;
    }
    let path = archive_path(service, entity);
    let parameters = json!([uuid_parameter(
        "archive_id",
        "Identifies the record in the archive."
    )]);
    paths.insert(path.clone(), json!({ "get": list(service, entity) }));
    let one = json!({ "parameters": parameters, "get": get(entity) });
    paths.insert(format!("{path}/{{archive_id}}"), one);
    let restored = json!({ "parameters": parameters, "post": restore(entity) });
    paths.insert(format!("{path}/{{archive_id}}/restore"), restored);
    let name = entity.name.pascal();
    schemas.insert(format!("Archived{name}"), archived(service, entity));
    let doc = format!("One page of archived {}.", entity.name.plural_sentence());
    let page = page_of(&doc, entity.name.plural_snake(), &format!("Archived{name}"));
    schemas.insert(format!("Archived{name}Page"), page);
    schemas.insert(format!("{name}Overrides"), overrides(service, entity));
    schemas.insert("Restored".to_owned(), restored_schema());
}

/// Adds what concerns the whole archive.
pub fn add_batches(service: &Service, paths: &mut Map<String, Value>) {
    let Some(entity) = service.entities.iter().find(|it| is_archived(it)) else {
        return;
    };
    let kinds = service.entities.iter().filter(|it| is_archived(it));
    let overrides: Vec<Value> = kinds
        .map(|it| reference(&format!("{}Overrides", it.name.pascal())))
        .collect();
    let mut restore = operation(
        entity,
        "RestoreBatch",
        "Restore what was removed together",
        json!({
            "description": "Brings back every record of a batch, parents first, or none: what stands in the way is told, all of it, as for one record; `UNIQUE_TWICE` where two of them clash with each other.",
            "parameters": writing(Vec::new()),
            "requestBody": { "required": false, "content": by_record(&overrides) },
            "responses": written("200", restored_response(), &[404, 409, 413, 415, 422]),
        }),
    );
    restore["tags"] = json!(["Archive"]);
    let parameters = json!([uuid_parameter(
        "batch",
        "The `archive_batch` of what was removed together."
    )]);
    let path = format!("{}/{{batch}}/restore", batches_path(service));
    paths.insert(path, json!({ "parameters": parameters, "post": restore }));
}

/// A body that says of some records of a batch what they shall have instead of what is archived.
fn by_record(overrides: &[Value]) -> Value {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "overrides": {
                "type": "object",
                "description": "What records shall have instead of what is archived, by their `archive_id`.",
                "propertyNames": { "format": "uuid" },
                "additionalProperties": { "anyOf": overrides },
            },
        },
    });
    // Most batches come back as they were.
    json!({ "application/json": { "schema": schema, "example": {} } })
}

fn preview(entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let found = json!({
        "description": "What would happen, by table.",
        "content": json_content("RemovalPreview"),
    });
    operation(
        entity,
        &format!("PreviewDelete{name}"),
        &format!(
            "Ask what removing {} would do",
            Naming::of(entity).a_sentence
        ),
        json!({ "responses": read(found, &[404]) }),
    )
}

fn list(service: &Service, entity: &Entity) -> Value {
    let record = archived(service, entity);
    let members: Vec<&String> = record["properties"]
        .as_object()
        .map(|properties| properties.keys().collect())
        .unwrap_or_default();
    let plural = entity.name.plural_sentence();
    let text = |name: &str, description: &str, example: &str| {
        json!({
            "name": name,
            "in": "query",
            "description": description,
            "schema": { "type": "string", "examples": [example] },
        })
    };
    let parameters = json!([
        lists::page_size(50, 1000),
        shared("parameters", "PageToken"),
        shared("parameters", "Skip"),
        shared("parameters", "TotalSize"),
        text(
            "order_by",
            "`archived_at` or `archived_at desc`; without it, what was removed last comes first.",
            "archived_at"
        ),
        text(
            "filter",
            "Conditions (AIP-160) on `archived_at`, `archived_by`, `archive_reason`, `archive_batch`, `archive_root`, `archive_root_id`, `archive_hold` and `id`.",
            "archived_by = \"clerk@example.com\" AND archived_at >= \"2026-01-01T00:00:00Z\"",
        ),
        lists::mask_of(&members),
    ]);
    let page = json!({
        "description": format!("One page of archived {plural}, without what says something about a person."),
        "content": json_content(&format!("Archived{}Page", entity.name.pascal())),
    });
    operation(
        entity,
        &format!("ListArchived{}", entity.name.plural_pascal()),
        &format!("List archived {plural}"),
        json!({ "parameters": parameters, "responses": read(page, &[]) }),
    )
}

fn get(entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let found = json!({
        "description": format!("The archived {}.", entity.name.sentence()),
        "content": json_content(&format!("Archived{name}")),
    });
    let show = flag(
        "show_pii",
        "Whether to show what says something about a person. Who reads the record, and whether in full, is logged.",
    );
    operation(
        entity,
        &format!("GetArchived{name}"),
        &format!("Get an archived {}", entity.name.sentence()),
        json!({ "parameters": [show], "responses": read(found, &[404]) }),
    )
}

fn restore(entity: &Entity) -> Value {
    let name = entity.name.pascal();
    let mut content = json_content(&format!("{name}Overrides"));
    // Most records come back as they were.
    content["application/json"]["example"] = json!({});
    let id = format!("Restore{name}");
    operation(
        entity,
        &id,
        &format!("Restore {}", Naming::of(entity).a_sentence),
        json!({
            "description": "Brings one record back, with the values that the body has instead of the archived ones. What stands in the way is a 409 with all of it in `errors`: `ID_TAKEN`, `UNIQUE_TAKEN`, `PARENT_MISSING`, `PARENT_ARCHIVED`, `CHECK_FAILED`, `ENUM_VALUE_REMOVED`, `REQUIRED_VALUE_MISSING`, `VALUE_NOT_CONVERTED`; nothing has changed then.",
            "parameters": keyed(entity, &id, Vec::new()),
            "requestBody": { "required": false, "content": content },
            "responses": written("200", restored_response(), &[404, 409, 413, 415, 422]),
        }),
    )
}

fn restored_response() -> Value {
    json!({ "description": "What came back.", "content": json_content("Restored") })
}

fn flag(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "schema": { "type": "boolean", "default": false },
    })
}

fn uuid_parameter(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": { "type": "string", "format": "uuid" },
        "example": sample::id(IdType::Uuid).json(),
    })
}

fn archived(service: &Service, entity: &Entity) -> Value {
    let text = |doc: &str| json!({ "type": "string", "description": doc });
    let uuid = |doc: &str| json!({ "type": "string", "format": "uuid", "description": doc });
    let mut properties = Map::new();
    for (name, schema) in [
        ("archive_id", uuid("Identifies it in the archive.")),
        (
            "archive_batch",
            uuid("What was removed together has the same batch."),
        ),
        (
            "archived_at",
            json!({ "type": "string", "format": "date-time", "description": "When it was removed." }),
        ),
        ("archived_by", text("Who removed it.")),
        (
            "archive_reason",
            json!({ "type": ["string", "null"], "description": "Why." }),
        ),
        (
            "archive_root",
            text("The table of what the removal began with."),
        ),
        (
            "archive_root_id",
            json!({ "type": ["string", "null"], "description": "Which of them." }),
        ),
        (
            "archive_schema",
            json!({ "type": ["integer", "null"], "format": "int64", "description": "The number of the schema it was removed under." }),
        ),
        (
            "archive_purge_after",
            json!({ "type": ["string", "null"], "format": "date-time", "description": "Until when it must stay; for ever where there is none." }),
        ),
        (
            "archive_hold",
            json!({ "type": "boolean", "description": "Whether it must stay in any case." }),
        ),
        (
            "archive_restorability",
            json!({
                "type": "string",
                "enum": ["ok", "needs_values", "parent_archived", "conflict"],
                "description": "Whether it could come back alone and as it is; a restore that is only tried tells more. In a list only where `read_mask` names it, since it is found out for each.",
            }),
        ),
    ] {
        properties.insert(name.to_owned(), schema);
    }
    let mut id = id_type(entity.id);
    id["type"] = json!([id["type"], "null"]);
    properties.insert("id".to_owned(), id);
    for field in entity.fields.iter().filter(|field| !field.write_only) {
        properties.insert(field.column(), as_it_was(service, field));
    }
    for (present, name, schema) in [
        (
            entity.automatic.version,
            "version",
            json!({ "type": ["integer", "null"], "format": "int64" }),
        ),
        (
            entity.automatic.created_at,
            "created_at",
            json!({ "type": ["string", "null"], "format": "date-time" }),
        ),
        (
            entity.automatic.updated_at,
            "updated_at",
            json!({ "type": ["string", "null"], "format": "date-time" }),
        ),
    ] {
        if present {
            properties.insert(name.to_owned(), schema);
        }
    }
    let always = ["archive_id", "archive_batch", "archived_at", "archived_by"];
    json!({
        "type": "object",
        "description": format!("{} in the archive: what it was, and how it came there. A null may mean that there was no such member.", Naming::of(entity).capital_a_sentence),
        "required": always,
        "properties": properties,
    })
}

/// A field without today's rules, which an older value need not keep.
fn as_it_was(service: &Service, field: &Field) -> Value {
    if let FieldKind::Enum(_) = field.kind {
        return json!({ "type": ["string", "null"], "description": field.doc.clone().unwrap_or_default() });
    }
    let nullable = Field {
        nullable: true,
        ..field.clone()
    };
    let mut schema = property(service, &nullable);
    if let Value::Object(schema) = &mut schema {
        for rule in [
            "minLength",
            "maxLength",
            "pattern",
            "minimum",
            "maximum",
            "maxItems",
            "examples",
        ] {
            schema.remove(rule);
        }
    }
    schema
}

fn overrides(service: &Service, entity: &Entity) -> Value {
    let mut properties = Map::new();
    let mut id = id_type(entity.id);
    id["description"] = json!("Another id.");
    properties.insert("id".to_owned(), id);
    for field in &entity.fields {
        properties.insert(field.column(), property(service, field));
    }
    properties.extend(sent::ignored(&sql::automatic(entity)));
    let doc = "What the restored record shall have instead of what is archived; what is absent comes back as it was.";
    object(doc, properties, &[])
}

fn preview_schema() -> Value {
    let count = |doc: &str| json!({ "type": "integer", "format": "int64", "minimum": 0, "description": doc });
    json!({
        "type": "object",
        "description": "What a removal would do.",
        "required": ["removable", "rows", "effects"],
        "properties": {
            "removable": { "type": "boolean", "description": "Whether nothing keeps the record." },
            "rows": count("How many rows would be touched."),
            "effects": {
                "type": "array",
                "description": "By table, the record itself first.",
                "items": {
                    "type": "object",
                    "required": ["table", "effect", "count"],
                    "properties": {
                        "table": { "type": "string", "description": "The table." },
                        "effect": { "type": "string", "enum": ["archived", "deleted", "unlinked", "cleared", "detached", "restricts"], "description": "What happens; `restricts` keeps the record." },
                        "count": count("How many rows."),
                    },
                },
            },
        },
    })
}

fn restored_schema() -> Value {
    json!({
        "type": "object",
        "description": "What a restore brought back, or would bring back.",
        "required": ["batch", "validate_only", "records"],
        "properties": {
            "batch": { "type": "string", "format": "uuid", "description": "The batch that it was archived in." },
            "validate_only": { "type": "boolean", "description": "Whether it was only tried." },
            "records": {
                "type": "array",
                "description": "The records, parents first.",
                "items": {
                    "type": "object",
                    "required": ["table", "id"],
                    "properties": {
                        "table": { "type": "string", "description": "Its table." },
                        "id": { "type": "string", "description": "Its id." },
                    },
                },
            },
        },
    })
}

/// The tag of the operations on the whole archive.
pub fn tag(service: &Service) -> Option<Value> {
    service.entities.iter().any(is_archived).then(|| {
        json!({ "name": "Archive", "description": "What was removed together comes back together." })
    })
}
