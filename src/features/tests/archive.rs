//! What the generated tests say of archives.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::model::{Entity, Field, IdType, Service};
use crate::tables::build::is_archived;

use super::super::entity::rust;
use super::super::http::{archive_path, resource_path};

/// An entity whose removed records are kept.
#[derive(Serialize)]
struct Archived {
    snake: String,
    module: String,
    constant: String,
    path: String,
    archive: String,
    members: String,
    unique: bool,
}

/// What `tests/api/archive.rs` interpolates; `None` where nothing is archived.
pub fn view(service: &Service, crate_name: &str) -> Option<Value> {
    let archived = service.entities.iter().filter(|it| is_archived(it));
    let entities: Vec<Archived> = archived.map(|it| of(service, it)).collect();
    if entities.is_empty() {
        return None;
    }
    Some(context! {
        crate_name,
        any_unique => entities.iter().any(|it| it.unique),
        entities => Serde(entities),
    })
}

fn of(service: &Service, entity: &Entity) -> Archived {
    Archived {
        snake: entity.name.snake().to_owned(),
        module: rust::escaped(entity.name.snake()),
        constant: entity.name.plural_snake().to_uppercase(),
        path: resource_path(service, entity),
        archive: archive_path(service, entity),
        members: entity.name.plural_snake().to_owned(),
        unique: is_unique(entity),
    }
}

/// Whether a record made of the same request again would clash with the first one.
fn is_unique(entity: &Entity) -> bool {
    let required = |field: &Field| field.unique && !field.nullable;
    entity.id == IdType::String || entity.fields.iter().any(required)
}
