//! The JSON Schemas of one slice: the record, its fields, a page.

use serde_json::{Map, Value, json};

use crate::model::types::{Bound, DecimalType, TextType};
use crate::model::{Entity, Field, FieldKind, Format, IdType, ScalarType, Service};

use super::super::entity::link_members;
use super::super::entity::naming::Naming;
use super::super::entity::sample;
use super::sent;

/// Adds the schemas of an entity.
pub fn add(service: &Service, entity: &Entity, schemas: &mut Map<String, Value>) {
    let name = entity.name.pascal();
    for field in &entity.fields {
        if let FieldKind::Enum(enumeration) = &field.kind {
            let values: Vec<&str> = enumeration
                .values
                .iter()
                .map(|value| value.name.written())
                .collect();
            let schema =
                json!({ "type": "string", "enum": values, "description": enum_doc(field) });
            schemas.insert(enumeration.name.pascal().to_owned(), schema);
        }
    }
    schemas.insert(name.to_owned(), record(service, entity));
    let new = sent::new(service, entity);
    if super::is_changeable(entity) {
        let replacement = sent::replacement(entity, &new);
        schemas.insert(format!("{name}Replacement"), replacement);
        schemas.insert(format!("{name}Changes"), sent::changes(service, entity));
    }
    schemas.insert(format!("New{name}"), new);
    schemas.insert(format!("{name}Page"), page(entity));
}

fn enum_doc(field: &Field) -> String {
    let mut text = field
        .doc
        .clone()
        .unwrap_or_else(|| format!("The {}.", field.name.sentence()));
    if let FieldKind::Enum(enumeration) = &field.kind {
        for value in &enumeration.values {
            if let Some(doc) = &value.doc {
                text.extend(["\n- `", value.name.written(), "`: ", doc]);
            }
        }
    }
    text
}

fn record(service: &Service, entity: &Entity) -> Value {
    let mut properties = Map::new();
    properties.insert("id".to_owned(), id(entity, true));
    for field in entity.fields.iter().filter(|field| !field.write_only) {
        properties.insert(field.column(), property(service, field));
    }
    for (name, target, doc) in link_members(service, entity) {
        properties.insert(name, ids(target.id, &doc));
    }
    if entity.automatic.version {
        let doc = "Counts the changes; the entity tag is this number in quotes.";
        let schema = json!({ "type": "integer", "format": "int64", "minimum": 1, "readOnly": true, "description": doc });
        properties.insert("version".to_owned(), schema);
    }
    for (present, name, doc) in [
        (
            entity.automatic.created_at,
            "created_at",
            "When it was created.",
        ),
        (
            entity.automatic.updated_at,
            "updated_at",
            "When it was last changed.",
        ),
    ] {
        if present {
            let schema = json!({ "type": "string", "format": "date-time", "readOnly": true, "description": doc });
            properties.insert(name.to_owned(), schema);
        }
    }
    let required: Vec<String> = properties.keys().cloned().collect();
    let example = example(service, entity, &required);
    properties.extend(super::relations::included(service, entity));
    json!({
        "type": "object",
        "description": Naming::of(entity).doc.join("\n"),
        "required": required,
        "properties": properties,
        "examples": [example],
    })
}

/// A record as callers see it when they include nothing.
fn example(service: &Service, entity: &Entity, members: &[String]) -> Value {
    let value = |member: &String| match member.as_str() {
        "id" => sample::id(entity.id).json(),
        "version" if entity.automatic.version => json!(1),
        "created_at" | "updated_at" => json!("2026-05-04T09:30:00Z"),
        member => {
            let mut fields = entity.fields.iter();
            match fields.find(|field| field.column() == member) {
                Some(field) => {
                    sample::field(service, field, false).map_or(Value::Null, |it| it.json())
                }
                // The ids of what it is linked with.
                None => json!([]),
            }
        }
    };
    let members = members.iter().map(|name| (name.clone(), value(name)));
    Value::Object(members.collect())
}

pub fn object(doc: &str, properties: Map<String, Value>, required: &[String]) -> Value {
    // A member that nobody reads is a typing error, and is refused.
    let mut schema = json!({ "type": "object", "description": doc, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = Value::Object(properties);
    schema
}

fn page(entity: &Entity) -> Value {
    let doc = format!("One page of {}.", entity.name.plural_sentence());
    page_of(&doc, entity.name.plural_snake(), entity.name.pascal())
}

/// The schema of a page of such records.
pub fn page_of(doc: &str, plural: &str, record: &str) -> Value {
    json!({
        "type": "object",
        "description": doc,
        "required": [plural],
        "properties": {
            plural: {
                "type": "array",
                "items": reference(record),
            },
            "next_page_token": {
                "type": "string",
                "description": "Asks for the next page; absent on the last one.",
            },
            "previous_page_token": {
                "type": "string",
                "description": "Asks for the page before; absent on the first one.",
            },
            "total_size": {
                "type": "integer",
                "format": "int64",
                "minimum": 0,
                "description": "How many there are on all pages; only where `total_size` asks for it.",
            },
        },
    })
}

/// A reference to a schema of this document.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of an identifier.
pub fn id(entity: &Entity, read_only: bool) -> Value {
    let schema = with(
        id_type(entity.id),
        "description",
        json!(format!("Identifies the {}.", entity.name.sentence())),
    );
    let schema = with(schema, "examples", json!([sample::id(entity.id).json()]));
    if read_only && entity.id != IdType::String {
        with(schema, "readOnly", json!(true))
    } else {
        schema
    }
}

/// The schema of an identifier's type.
pub fn id_type(id: IdType) -> Value {
    match id {
        IdType::Uuid => json!({ "type": "string", "format": "uuid" }),
        IdType::Bigint => json!({ "type": "integer", "format": "int64" }),
        IdType::String => json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
    }
}

pub(super) fn ids(id: IdType, doc: &str) -> Value {
    json!({ "type": "array", "items": id_type(id), "description": doc })
}

/// The schema of a field, null included where it may be null.
pub fn property(service: &Service, field: &Field) -> Value {
    let doc = field
        .doc
        .clone()
        .unwrap_or_else(|| format!("The {}.", field.name.sentence()));
    let mut schema = match &field.kind {
        FieldKind::Enum(enumeration) => {
            let target = reference(enumeration.name.pascal());
            if field.nullable {
                return json!({ "anyOf": [target, { "type": "null" }], "description": doc });
            }
            // A sibling of `$ref` is part of the schema since 3.1.
            return with(target, "description", json!(doc));
        }
        FieldKind::Scalar(scalar) => scalar_schema(scalar),
        FieldKind::List(list) => json!({
            "type": "array",
            "items": scalar_schema(&list.of),
            "maxItems": list.max_items,
        }),
        FieldKind::Reference(target) => id_type(service.entity(target.target).id),
    };
    if field.nullable
        && let Some(types) = schema.get_mut("type")
    {
        match types {
            Value::Array(several) => several.push(json!("null")),
            one => *one = json!([one, "null"]),
        }
    }
    schema = with(schema, "description", json!(doc));
    if let Some(example) = sample::field(service, field, false) {
        schema = with(schema, "examples", json!([example.json()]));
    }
    if field.pii {
        schema = with(schema, "x-pii", json!(true));
    }
    schema
}

pub(super) fn with(mut schema: Value, key: &str, value: Value) -> Value {
    schema[key] = value;
    schema
}

fn scalar_schema(scalar: &ScalarType) -> Value {
    match scalar {
        ScalarType::String(text) | ScalarType::Text(text) => text_schema(text),
        ScalarType::Int(bound) => integer("int32", bound, i64::from(i32::MIN), i64::from(i32::MAX)),
        ScalarType::Bigint(bound) => integer("int64", bound, i64::MIN, i64::MAX),
        ScalarType::Float(bound) => {
            let schema = json!({ "type": "number", "format": "double" });
            limited(schema, bound.min, bound.max)
        }
        ScalarType::Decimal(decimal) => decimal_schema(decimal),
        ScalarType::Bool => json!({ "type": "boolean" }),
        ScalarType::Uuid => json!({ "type": "string", "format": "uuid" }),
        ScalarType::Date => json!({ "type": "string", "format": "date" }),
        // The format `time` of JSON Schema demands an offset; a time of day has none.
        ScalarType::Time => json!({
            "type": "string",
            "pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?$",
        }),
        ScalarType::Timestamp => json!({ "type": "string", "format": "date-time" }),
        // ISO 8601 without its days and longer spans, whose length depends on the calendar.
        ScalarType::Duration => json!({ "type": "string", "pattern": DURATION }),
        // Null is not among them: where a field may be null, that is added.
        ScalarType::Json => {
            json!({ "type": ["object", "array", "string", "number", "boolean"], "items": {} })
        }
        ScalarType::Bytes(bound) => bytes_schema(bound),
    }
}

/// Hours, minutes and seconds, each with as many digits as cannot overflow.
const DURATION: &str = r"^-?PT(\d{1,9}H(\d{1,9}M)?(\d{1,9}(\.\d{1,9})?S)?|\d{1,9}M(\d{1,9}(\.\d{1,9})?S)?|\d{1,9}(\.\d{1,9})?S)$";

/// Groups of four, the last one padded; the bits that padding leaves over are zero.
const BASE64: &str =
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

fn bytes_schema(bound: &Bound<u32>) -> Value {
    let characters = |octets: u32| u64::from(octets).div_ceil(3) * 4;
    let mut schema = json!({ "type": "string", "contentEncoding": "base64", "pattern": BASE64 });
    if let Some(min) = bound.min {
        schema["minLength"] = json!(characters(min));
    }
    if let Some(max) = bound.max {
        schema["maxLength"] = json!(characters(max));
    }
    schema
}

fn integer(format: &str, bound: &Bound<i64>, least: i64, most: i64) -> Value {
    json!({
        "type": "integer",
        "format": format,
        "minimum": bound.min.unwrap_or(least),
        "maximum": bound.max.unwrap_or(most),
    })
}

fn limited(mut schema: Value, min: Option<f64>, max: Option<f64>) -> Value {
    if let Some(min) = min {
        schema["minimum"] = json!(min);
    }
    if let Some(max) = max {
        schema["maximum"] = json!(max);
    }
    schema
}

fn decimal_schema(decimal: &DecimalType) -> Value {
    let whole = decimal.precision - decimal.scale;
    let whole = if whole == 0 {
        "0".to_owned()
    } else {
        format!(r"\d{{1,{whole}}}")
    };
    let fraction = if decimal.scale == 0 {
        String::new()
    } else {
        format!(r"(\.\d{{1,{}}})?", decimal.scale)
    };
    // A limit of a text is beyond JSON Schema; its sign is not.
    let sign = match decimal.bound.min {
        Some(min) if !min.is_sign_negative() => "",
        _ => "-?",
    };
    json!({ "type": "string", "format": "decimal", "pattern": format!("^{sign}{whole}{fraction}$") })
}

fn text_schema(text: &TextType) -> Value {
    let mut schema = json!({ "type": "string" });
    if let Some(min) = text.min {
        schema["minLength"] = json!(min);
    }
    if let Some(max) = text.max {
        schema["maxLength"] = json!(max);
    }
    if let Some(pattern) = &text.pattern {
        schema["pattern"] = json!(pattern);
    }
    match text.format {
        None => {}
        Some(Format::Email) => schema["format"] = json!("email"),
        Some(Format::Url) => {
            schema["format"] = json!("uri");
            schema["pattern"] = json!("^https?://");
        }
        Some(Format::Hostname) => schema["format"] = json!("hostname"),
        Some(Format::Ip) => {
            schema["anyOf"] = json!([{ "format": "ipv4" }, { "format": "ipv6" }]);
        }
        Some(Format::Slug) => schema["pattern"] = json!("^[a-z0-9]+(-[a-z0-9]+)*$"),
        Some(Format::Phone) => schema["pattern"] = json!(r"^\+[1-9]\d{1,14}$"),
    }
    schema
}

/// A default that is the same for each record.
pub(super) fn default_json(default: &crate::model::DefaultValue) -> Option<Value> {
    use crate::model::DefaultValue as Default;
    Some(match default {
        Default::Text(text) | Default::EnumValue(text) => json!(text),
        Default::Int(value) => json!(value),
        Default::Float(value) => json!(value),
        Default::Decimal(value) => json!(value.to_string()),
        Default::Bool(value) => json!(value),
        Default::Uuid(value) => json!(value.to_string()),
        Default::Date(value) => json!(value.to_string()),
        Default::Time(value) => json!(value.to_string()),
        Default::Timestamp(value) => json!(value.to_string()),
        Default::Duration(value) => json!(value.to_string()),
        Default::Json(value) => value.clone(),
        Default::NewUuid | Default::Today | Default::Now | Default::Bytes(_) => return None,
    })
}
