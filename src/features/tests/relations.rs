//! What the generated tests say of relations.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::model::{Collection, Entity, IdType, Service, Via};

use super::super::entity::relations::{has_any, included_references};
use super::super::entity::rust;
use super::super::http::resource_path;

/// What an entity's `include` shows.
#[derive(Serialize)]
struct Included {
    snake: String,
    module: String,
    path: String,
    names: Vec<String>,
}

/// A collection of children.
#[derive(Serialize)]
struct Children {
    name: String,
    snake: String,
    module: String,
    path: String,
    segment: String,
    child_module: String,
    child_path: String,
    records: String,
    member: String,
    needs_key: bool,
    missing: &'static str,
}

/// A collection of links.
#[derive(Serialize)]
struct Links {
    name: String,
    snake: String,
    module: String,
    path: String,
    segment: String,
    other_module: String,
    records: String,
    member: String,
    versioned: bool,
    missing: &'static str,
    missing_other: &'static str,
}

/// What `tests/api/relations.rs` interpolates; `None` where nothing is related.
pub fn view(service: &Service, crate_name: &str) -> Option<Value> {
    let related = || service.entities.iter().filter(|it| has_any(it));
    related().next()?;
    let included: Vec<Included> = related().map(|it| included(service, it)).collect();
    let collections =
        || related().flat_map(|entity| entity.collections.iter().map(move |it| (entity, it)));
    let children: Vec<Children> = collections()
        .filter_map(|(entity, it)| children(service, entity, it))
        .collect();
    let links: Vec<Links> = collections()
        .filter_map(|(entity, it)| links(service, entity, it))
        .collect();
    Some(context! {
        crate_name,
        has_collections => !children.is_empty() || !links.is_empty(),
        has_links => !links.is_empty(),
        names_methods => !links.is_empty() || children.iter().any(|it| it.needs_key),
        included => Serde(included),
        children => Serde(children),
        links => Serde(links),
    })
}

fn included(service: &Service, entity: &Entity) -> Included {
    let references = included_references(entity).map(|(field, _)| field.name.snake().to_owned());
    let collections = entity
        .collections
        .iter()
        .map(|it| it.name.snake().to_owned());
    Included {
        snake: entity.name.snake().to_owned(),
        module: rust::escaped(entity.name.snake()),
        path: resource_path(service, entity),
        names: references.chain(collections).collect(),
    }
}

fn children(service: &Service, entity: &Entity, collection: &Collection) -> Option<Children> {
    let Via::Reference { field } = &collection.via else {
        return None;
    };
    let child = service.entity(collection.target);
    Some(Children {
        name: collection.name.snake().to_owned(),
        snake: entity.name.snake().to_owned(),
        module: rust::escaped(entity.name.snake()),
        path: resource_path(service, entity),
        segment: collection.name.kebab().to_owned(),
        child_module: rust::escaped(child.name.snake()),
        child_path: resource_path(service, child),
        records: child.name.plural_snake().to_owned(),
        member: child.field(field)?.column(),
        needs_key: child.write.needs_key,
        missing: missing(entity.id),
    })
}

fn links(service: &Service, entity: &Entity, collection: &Collection) -> Option<Links> {
    let Via::Link(_) = &collection.via else {
        return None;
    };
    let other = service.entity(collection.target);
    Some(Links {
        name: collection.name.snake().to_owned(),
        snake: entity.name.snake().to_owned(),
        module: rust::escaped(entity.name.snake()),
        path: resource_path(service, entity),
        segment: collection.name.kebab().to_owned(),
        other_module: rust::escaped(other.name.snake()),
        records: other.name.plural_snake().to_owned(),
        member: collection.ids_member(),
        versioned: entity.automatic.version,
        missing: missing(entity.id),
        missing_other: missing(other.id),
    })
}

/// An identifier that no record has.
fn missing(id: IdType) -> &'static str {
    match id {
        IdType::Uuid => "\"00000000-0000-7000-8000-000000000000\"",
        IdType::Bigint => "i64::MAX",
        IdType::String => "\"nobody\"",
    }
}
