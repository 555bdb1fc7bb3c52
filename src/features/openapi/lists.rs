//! The lists of a slice: what a page is asked for with.

use serde_json::{Value, json};

use crate::model::{Column, Entity, Field, FieldKind, ScalarType, Service};
use crate::tables::build::column_name;

use super::super::entity::members;
use super::operations::{json_content, operation, read, shared};
use super::relations::include_parameter;

/// The page of records that a caller asks for.
pub fn list(service: &Service, entity: &Entity) -> Value {
    let plural = entity.name.plural_sentence();
    let page = json!({
        "description": format!("One page of {plural}."),
        "content": json_content(&format!("{}Page", entity.name.pascal())),
    });
    operation(
        entity,
        &format!("List{}", entity.name.plural_pascal()),
        &format!("List {plural}"),
        json!({
            "parameters": parameters(service, entity),
            "responses": read(page, &[]),
        }),
    )
}

/// What every list of an entity's records can be asked with.
pub fn parameters(service: &Service, entity: &Entity) -> Vec<Value> {
    let mut parameters = vec![
        page_size(entity.list.default_page, entity.list.max_page),
        shared("parameters", "PageToken"),
        shared("parameters", "Skip"),
        shared("parameters", "TotalSize"),
        order_by(entity),
    ];
    if !entity.list.filter.is_empty() {
        parameters.push(filter(service, entity));
    }
    if entity.fields.iter().any(|field| field.searchable) {
        parameters.push(search(entity));
    }
    parameters.push(read_mask(service, entity));
    parameters.extend(include_parameter(service, entity));
    parameters
}

/// The parameters that all lists share.
pub fn shared_parameters() -> Value {
    json!({
        "PageToken": {
            "name": "page_token",
            "in": "query",
            "description": "The `next_page_token` or `previous_page_token` of another page of the same list.",
            "schema": { "type": "string", "maxLength": 16384 },
        },
        "Skip": {
            "name": "skip",
            "in": "query",
            "description": "How many records are passed over before the page begins. Pages by `page_token` cost the same however far they are; skipped records are read.",
            "schema": { "type": "integer", "minimum": 0, "default": 0 },
        },
        "TotalSize": {
            "name": "total_size",
            "in": "query",
            "description": "Whether the answer says how many records there are on all pages.",
            "schema": { "type": "boolean", "default": false },
        },
    })
}

/// `?read_mask=`, with the members that it may name.
pub fn read_mask(service: &Service, entity: &Entity) -> Value {
    mask_of(&members(service, entity))
}

/// The same, of the members of any record.
pub fn mask_of<S: serde::Serialize>(members: &[S]) -> Value {
    json!({
        "name": "read_mask",
        "in": "query",
        "description": "The members of a record to answer with, with commas between them; all of them where it is empty. Others are then absent, required ones too.",
        "style": "form",
        "explode": false,
        "schema": {
            "type": "array",
            "items": { "type": "string", "enum": members },
            "examples": [["id"]],
        },
    })
}

/// How many records or groups a page has.
pub fn page_size(default: u32, most: u32) -> Value {
    json!({
        "name": "page_size",
        "in": "query",
        "description": format!("How many at most; a larger number than {most} means {most}."),
        "schema": {
            "type": "integer",
            "minimum": 0,
            "default": default,
        },
    })
}

fn order_by(entity: &Entity) -> Value {
    let mut columns = names(entity, &entity.list.order);
    if !columns.iter().any(|column| column == "id") {
        columns.push("id".to_owned());
    }
    let default = entity.list.default_order.iter().map(|term| {
        let direction = if term.descending { " desc" } else { "" };
        format!("{}{direction}", column_name(entity, &term.column))
    });
    let default = default.collect::<Vec<_>>().join(", ");
    let without = if default.is_empty() {
        String::new()
    } else {
        format!(" Without it: `{default}`.")
    };
    let example = format!("{} desc", columns[0]);
    json!({
        "name": "order_by",
        "in": "query",
        "description": format!(
            "Fields with commas between them, each with ` desc` where larger values come first (AIP-132). It knows {}. \
             Nulls come before all other values, and after them with ` desc`, unless ` nulls first` or ` nulls last` says otherwise.{without}",
            listed(&columns)
        ),
        "schema": { "type": "string", "examples": [example] },
    })
}

/// Which records are meant.
pub fn filter(service: &Service, entity: &Entity) -> Value {
    let columns = names(entity, &entity.list.filter);
    json!({
        "name": "filter",
        "in": "query",
        "description": format!(
            "Conditions joined by `AND`, `OR` and `NOT` (AIP-160; `OR` binds tighter than `AND`), such as `{}`. It knows {}.",
            example(service, entity),
            listed(&columns)
        ),
        "schema": { "type": "string", "examples": [example(service, entity)] },
    })
}

fn search(entity: &Entity) -> Value {
    let fields = entity.fields.iter().filter(|field| field.searchable);
    let names: Vec<String> = fields.map(Field::column).collect();
    json!({
        "name": "search",
        "in": "query",
        "description": format!(
            "Words to look for in {}: all of them, \"as a phrase\", begin*, and -not. \
             The best matches come first, unless `order_by` says otherwise.",
            listed(&names)
        ),
        "schema": { "type": "string", "maxLength": 1000, "examples": ["word"] },
    })
}

fn names(entity: &Entity, columns: &[Column]) -> Vec<String> {
    columns
        .iter()
        .map(|column| column_name(entity, column))
        .collect()
}

/// Names as a sentence has them.
pub fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A filter that the list takes.
pub fn example(service: &Service, entity: &Entity) -> String {
    let column = &entity.list.filter[0];
    let name = column_name(entity, column);
    let field = match column {
        Column::Field(index) => Some(&entity.fields[*index].kind),
        _ => None,
    };
    let id = |id| crate::features::entity::sample::id(id).json();
    match field {
        Some(FieldKind::Enum(enumeration)) => {
            let value = enumeration.values.first();
            let value = value.map_or("", |value| value.name.written());
            format!("{name} = \"{value}\"")
        }
        Some(FieldKind::Reference(reference)) => {
            format!("{name} = {}", id(service.entity(reference.target).id))
        }
        Some(FieldKind::Scalar(scalar)) => scalar_example(&name, scalar),
        Some(FieldKind::List(_)) => name,
        None => match column {
            Column::Id => format!("{name} = {}", id(entity.id)),
            Column::Version => format!("{name} > 1"),
            _ => format!("{name} > \"2026-01-31T08:30:00Z\""),
        },
    }
}

fn scalar_example(name: &str, scalar: &ScalarType) -> String {
    match scalar {
        ScalarType::String(_) | ScalarType::Text(_) => format!("{name} = \"a*\""),
        ScalarType::Int(_)
        | ScalarType::Bigint(_)
        | ScalarType::Float(_)
        | ScalarType::Decimal(_) => format!("{name} >= 0"),
        ScalarType::Bool => format!("{name} = true"),
        ScalarType::Date => format!("{name} >= \"2026-01-31\""),
        ScalarType::Time => format!("{name} >= \"08:30:00\""),
        ScalarType::Timestamp => format!("{name} >= \"2026-01-31T08:30:00Z\""),
        ScalarType::Duration => format!("{name} >= 90s"),
        ScalarType::Uuid | ScalarType::Json | ScalarType::Bytes(_) => format!("{name}:*"),
    }
}
