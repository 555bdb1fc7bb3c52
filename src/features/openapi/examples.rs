//! The bodies that the document shows with its operations: each can be sent as it stands, once
//! the records are there that its ids name.

use serde_json::{Map, Value, json};

use crate::model::{Entity, Field, FieldKind, Service};

use super::super::entity::{link_members, rust, sample};

/// Which of two records, so that no value is the same that only one of them may have.
#[derive(Clone, Copy)]
enum Which {
    First,
    Second,
}

/// What creates a record; `None` where a field that is required has a pattern to which no text was found.
pub fn new(service: &Service, entity: &Entity) -> Option<Value> {
    creating(service, entity, Which::First)
}

/// The same under a record, where the path says what the member would.
pub fn new_under(
    service: &Service,
    parent: &Entity,
    entity: &Entity,
    member: &str,
) -> Option<Value> {
    // Of its own kind, the first is the parent.
    let which = if parent.name == entity.name {
        Which::Second
    } else {
        Which::First
    };
    let mut example = creating(service, entity, which)?;
    if let Value::Object(members) = &mut example {
        members.shift_remove(member);
    }
    Some(example)
}

fn creating(service: &Service, entity: &Entity, which: Which) -> Option<Value> {
    let mut example = Map::new();
    if rust::id_from_caller(entity).is_some() {
        let id = sample::id(entity.id);
        let id = match which {
            Which::First => id.json(),
            Which::Second => id.another(),
        };
        example.insert("id".to_owned(), id);
    }
    for field in &entity.fields {
        let value = match which {
            Which::Second if entity.is_unique(field) && !is_reference(field) => {
                sample::field(service, field, true).map(|it| it.another())
            }
            _ => value(service, field),
        };
        if let Some(value) = value {
            example.insert(field.column(), value);
        } else if is_needed(field) {
            return None;
        }
    }
    Some(Value::Object(example))
}

/// The least that creates a record.
pub fn least(service: &Service, entity: &Entity) -> Option<Value> {
    let mut example = new(service, entity)?;
    if let Value::Object(members) = &mut example {
        let needed = entity.fields.iter().filter(|field| is_needed(field));
        let needed: Vec<String> = needed.map(Field::column).collect();
        members.retain(|name, _| name == "id" || needed.contains(name));
    }
    Some(example)
}

/// What changes a record: a field of its own, or else what it refers to or is linked with.
pub fn changes(service: &Service, entity: &Entity) -> Value {
    let changeable = || entity.fields.iter().filter(|field| !field.immutable);
    let own = changeable().filter(|field| !is_reference(field));
    let field = own
        .chain(changeable())
        .find_map(|field| Some((field.column(), value(service, field)?)));
    let link = || {
        let (member, target, _) = link_members(service, entity).into_iter().next()?;
        Some((member, json!([sample::id(target.id).json()])))
    };
    Value::Object(field.or_else(link).into_iter().collect())
}

/// What names a record of a batch. Any version will do, since nobody knows the one that it has by now.
pub fn target(entity: &Entity) -> Map<String, Value> {
    let mut example = Map::from_iter([("id".to_owned(), sample::id(entity.id).json())]);
    if entity.write.needs_version {
        example.insert("etag".to_owned(), json!("*"));
    }
    example
}

/// A batch of one.
pub fn batch(element: Option<Value>) -> Option<Value> {
    element.map(|element| json!({ "requests": [element] }))
}

/// A body of a request, in JSON, with what is shown of it.
pub fn body(schema: &Value, example: Option<Value>) -> Value {
    let mut media = json!({ "schema": schema });
    if let Some(example) = example {
        media["example"] = example;
    }
    media
}

/// A value that can be sent; what need not be referred to is not, so that less has to be there.
fn value(service: &Service, field: &Field) -> Option<Value> {
    match &field.kind {
        FieldKind::Reference(_) if field.nullable => Some(Value::Null),
        _ => sample::field(service, field, false).map(|it| it.json()),
    }
}

fn is_reference(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Reference(_))
}

/// Whether whoever creates a record has to say it.
fn is_needed(field: &Field) -> bool {
    !field.nullable && field.default.is_none()
}
