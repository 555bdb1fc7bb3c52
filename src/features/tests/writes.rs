//! What the generated tests say of conditions, keys and batches.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::model::{Entity, Field, IdType, Service};
use crate::tables::build::archive_options;

use super::super::entity::rust;
use super::super::http::resource_path;
use super::super::openapi::is_removed_by_filter;
use super::{changed_field, column_name, sample_of};

/// How records of one kind are written.
#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "templates ask booleans and nothing else"
)]
struct Writes {
    snake: String,
    module: String,
    path: String,
    records: String,
    /// A member that can change.
    changed: Option<String>,
    /// Whether a record can be made under an id that the caller chooses.
    chosen: bool,
    /// Whether no two samples are alike.
    distinct: bool,
    versioned: bool,
    /// A column by which a filter may say which records go.
    matching: Option<String>,
    reason_required: bool,
}

/// What `tests/api/writes.rs` interpolates.
pub fn view(service: &Service, crate_name: &str) -> Value {
    let kinds: Vec<Writes> = service
        .entities
        .iter()
        .map(|it| writes(service, it))
        .collect();
    context! {
        crate_name,
        makes => kinds.iter().any(|it| it.chosen && it.changed.is_some()),
        matching => kinds.iter().any(|it| it.matching.is_some()),
        conditional => kinds.iter().any(|it| it.versioned && it.changed.is_some()),
        kinds => Serde(kinds),
    }
}

fn writes(service: &Service, entity: &Entity) -> Writes {
    let sample = sample_of(service, entity);
    Writes {
        snake: entity.name.snake().to_owned(),
        module: rust::escaped(entity.name.snake()),
        path: resource_path(service, entity),
        records: entity.name.plural_snake().to_owned(),
        changed: changed_field(service, entity).map(Field::column),
        chosen: entity.id != IdType::Bigint,
        distinct: sample.numbered || !sample.parents.is_empty(),
        versioned: entity.automatic.version,
        matching: matching(entity),
        reason_required: archive_options(entity).is_some_and(|it| it.reason_required),
    }
}

fn matching(entity: &Entity) -> Option<String> {
    let column = entity.list.filter.first()?;
    is_removed_by_filter(entity).then(|| column_name(entity, column))
}
