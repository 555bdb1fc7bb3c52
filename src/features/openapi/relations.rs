//! The operations under a record: its children, its links, and what `include` shows with it.

use serde_json::{Map, Value, json};

use crate::model::{Collection, Entity, Service, Via};

use super::super::entity::naming::{Naming, article};
use super::super::entity::relations::{included_references, singulars};
use super::super::http::resource_path;
use super::operations::{
    id_parameter, json_content, operation, read, record_response, shared, written,
};
use super::schemas::reference;
use super::sent;
use super::{examples, lists, writes};

/// Adds the paths under an entity's records.
pub fn add(service: &Service, entity: &Entity, paths: &mut Map<String, Value>) {
    let record = format!("{}/{{id}}", resource_path(service, entity));
    for (collection, singular) in entity.collections.iter().zip(singulars(entity)) {
        let path = format!("{record}/{}", collection.name.kebab());
        let mut operations = json!({
            "parameters": [id_parameter(entity)],
            "get": list(service, entity, collection),
        });
        match &collection.via {
            Via::Reference { field } => {
                operations["post"] = create(service, entity, collection, &singular, field);
            }
            Via::Link(_) => {
                let name = format!("{}_id", collection.name.singular_snake());
                let target = service.entity(collection.target);
                let mut other = id_parameter(target);
                other["name"] = json!(name);
                paths.insert(
                    format!("{path}/{{{name}}}"),
                    json!({
                        "parameters": [id_parameter(entity), other],
                        "put": tie(service, entity, collection, &singular),
                        "delete": untie(service, entity, collection, &singular),
                    }),
                );
            }
        }
        paths.insert(path, operations);
    }
}

/// The names that `include` takes, each with the schema of what it shows.
pub fn included(service: &Service, entity: &Entity) -> Vec<(String, Value)> {
    let references = included_references(entity).map(|(field, target)| {
        let target = reference(service.entity(target).name.pascal());
        let name = field.name.snake();
        let doc = format!("The {}, with `include={name}`.", field.name.sentence());
        let shown = if field.nullable {
            json!({ "anyOf": [target, { "type": "null" }] })
        } else {
            target
        };
        (name.to_owned(), described(shown, &doc))
    });
    let collections = entity.collections.iter().map(|collection| {
        let target = service.entity(collection.target).name.pascal();
        let name = collection.name.snake();
        let doc = format!(
            "The first hundred of its {}, with `include={name}`.",
            collection.name.sentence()
        );
        let shown = json!({ "type": "array", "items": reference(target), "maxItems": 100 });
        (name.to_owned(), described(shown, &doc))
    });
    references.chain(collections).collect()
}

fn described(mut schema: Value, doc: &str) -> Value {
    schema["description"] = json!(doc);
    schema["readOnly"] = json!(true);
    schema
}

/// `?include=`, where there is something to include.
pub fn include_parameter(service: &Service, entity: &Entity) -> Option<Value> {
    let names: Vec<String> = included(service, entity)
        .into_iter()
        .map(|it| it.0)
        .collect();
    let first = names.first()?.clone();
    Some(json!({
        "name": "include",
        "in": "query",
        "description": "The relations to show with each record, with commas between them; one level deep.",
        "style": "form",
        "explode": false,
        "schema": {
            "type": "array",
            "items": { "type": "string", "enum": names },
            "uniqueItems": true,
            "examples": [[first]],
        },
    }))
}

fn list(service: &Service, entity: &Entity, collection: &Collection) -> Value {
    let target = service.entity(collection.target);
    let sentence = collection.name.sentence();
    let page = json!({
        "description": format!("One page of the {sentence}."),
        "content": json_content(&format!("{}Page", target.name.pascal())),
    });
    operation(
        entity,
        &format!(
            "List{}Of{}",
            pascal(collection.name.snake()),
            entity.name.pascal()
        ),
        &format!("List the {sentence} of {}", Naming::of(entity).a_sentence),
        json!({
            "parameters": lists::parameters(service, target),
            "responses": read(page, &[404]),
        }),
    )
}

fn create(
    service: &Service,
    entity: &Entity,
    collection: &Collection,
    singular: &str,
    field: &str,
) -> Value {
    let target = service.entity(collection.target);
    let sentence = target.name.sentence();
    let mut new = sent::new(service, target);
    // The path says whose it is.
    let column = target
        .field(field)
        .map_or_else(String::new, crate::model::Field::column);
    if let Some(properties) = new["properties"].as_object_mut() {
        properties.remove(&column);
    }
    if let Some(required) = new["required"].as_array_mut() {
        required.retain(|it| *it != json!(column));
        if required.is_empty() {
            new.as_object_mut().map(|new| new.remove("required"));
        }
    }
    let new = examples::body(&new, examples::new_under(service, entity, target, &column));
    let created = record_response(target, &format!("The new {sentence}."), true);
    let statuses = &[404, 409, 413, 415, 422];
    let mut answers = written("201", created, statuses);
    answers["200"] = writes::tried(target);
    let id = format!("Create{}Of{}", pascal(singular), entity.name.pascal());
    operation(
        entity,
        &id,
        &format!(
            "Create {} {sentence} of {}",
            article(sentence),
            Naming::of(entity).a_sentence
        ),
        json!({
            "parameters": writes::keyed(target, &id, Vec::new()),
            "requestBody": {
                "required": true,
                "content": { "application/json": new },
            },
            "responses": answers,
        }),
    )
}

fn tie(service: &Service, entity: &Entity, collection: &Collection, singular: &str) -> Value {
    let target = service.entity(collection.target).name.sentence();
    change(
        entity,
        &format!("Link{}To{}", pascal(singular), entity.name.pascal()),
        &format!(
            "Link {} with {} {target}",
            Naming::of(entity).a_sentence,
            article(target)
        ),
        &json!({ "description": "They are linked." }),
    )
}

fn untie(service: &Service, entity: &Entity, collection: &Collection, singular: &str) -> Value {
    let target = service.entity(collection.target).name.sentence();
    change(
        entity,
        &format!("Unlink{}From{}", pascal(singular), entity.name.pascal()),
        &format!(
            "End the link of {} with {} {target}",
            Naming::of(entity).a_sentence,
            article(target)
        ),
        &json!({ "description": "They are not linked." }),
    )
}

/// A change of links, which asked for twice is as good as once.
fn change(entity: &Entity, id: &str, summary: &str, answer: &Value) -> Value {
    let mut statuses = vec![404, 409, 422];
    let mut parameters = vec![
        shared("parameters", "ValidateOnly"),
        shared("parameters", "IdempotencyKey"),
    ];
    if entity.automatic.version {
        parameters.push(shared("parameters", "IfMatch"));
        statuses.push(412);
    }
    operation(
        entity,
        id,
        summary,
        json!({
            "parameters": parameters,
            "responses": written("204", answer.clone(), &statuses),
        }),
    )
}

/// The operations under a record, each by its id.
pub fn operation_ids(entity: &Entity) -> Vec<String> {
    let name = entity.name.pascal();
    let collections = entity.collections.iter().zip(singulars(entity));
    let ids = collections.flat_map(|(collection, singular)| {
        let list = format!("List{}Of{name}", pascal(collection.name.snake()));
        let create = format!("Create{}Of{name}", pascal(&singular));
        let creates = matches!(collection.via, Via::Reference { .. });
        [Some(list), creates.then_some(create)]
    });
    ids.flatten().collect()
}

/// `order_lines` as `OrderLines`.
fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .map(super::super::entity::naming::capitalised)
        .collect()
}
