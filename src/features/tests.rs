//! The generated tests: one binary that drives the real application.
//!
//! One binary and not one for each entity: each links the whole service anew.

use minijinja::{Value, context};

use crate::model::{Entity, FieldKind, IdType, Service};
use crate::plan::Ownership;
use crate::tables::build::field_column;

use super::entity::naming::Naming;
use super::entity::{rust, sample};
use super::http::resource_path;
use super::{Context, Contribution, Feature};

/// The generated tests.
pub struct Tests;

impl Feature for Tests {
    fn name(&self) -> &'static str {
        "tests"
    }

    fn is_on(&self, service: &Service) -> bool {
        service.features.http.is_some()
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        let service = context.service;
        let crate_name = service.name.kebab().replace('-', "_");
        let entities: Vec<Value> = service
            .entities
            .iter()
            .enumerate()
            .map(|(index, entity)| support(context, index, entity))
            .collect();
        let numbered = entities
            .iter()
            .any(|it| it.get_attr("numbered").is_ok_and(|it| it.is_true()));
        let shared = context! {
            crate_name => crate_name.clone(),
            recursion_limit => recursion_limit(&entities),
            entities,
            numbered,
        };
        for file in ["main.rs", "statements.rs", "support.rs"] {
            let template = match file {
                "main.rs" => "tests/main.rs",
                "statements.rs" => "tests/statements.rs",
                _ => "tests/support.rs",
            };
            out.template(
                format!("tests/api/{file}"),
                template,
                shared.clone(),
                Ownership::Managed,
                None,
            );
        }
        for entity in &service.entities {
            out.template(
                format!("tests/api/{}.rs", entity.name.snake()),
                "tests/entity.rs",
                test(service, &crate_name, entity),
                Ownership::Seeded,
                Some(entity.name.snake()),
            );
        }
        out.depend_for_tests("serde_json", "1", &[]);
        out.depend_for_tests("tokio", "1", &["macros", "rt-multi-thread"]);
    }
}

/// `json!` goes a few macros deeper with each member; what Rust allows by itself ends near forty.
fn recursion_limit(entities: &[Value]) -> Option<usize> {
    const ALLOWED: usize = 128;
    let members = |it: &Value| it.get_attr("members").ok().and_then(|it| it.len());
    let needed = entities.iter().filter_map(members).max().unwrap_or(0) * 4;
    (needed > ALLOWED).then_some(needed + ALLOWED)
}

/// What `support.rs` needs to create one record.
fn support(context: &Context<'_>, index: usize, entity: &Entity) -> Value {
    let service = context.service;
    let mut members: Vec<Value> = Vec::new();
    let mut parents: Vec<Value> = Vec::new();
    let mut numbered = false;
    if entity.id == IdType::String {
        let id = sample::id(entity.id);
        numbered = true;
        members.push(context! { name => "id", value => id.rust() });
    }
    for field in &entity.fields {
        let name = field_column(field);
        if let FieldKind::Reference(reference) = &field.kind {
            if field.nullable {
                continue;
            }
            let target = service.entity(reference.target).name.snake();
            let variable = format!("{}_record", field.name.snake());
            members.push(context! { name, value => format!("{variable}[\"id\"]") });
            parents.push(context! { variable, snake => target });
            continue;
        }
        let distinct = field.unique || is_part_of_unique(entity, field);
        if let Some(value) = sample::field(service, field, distinct) {
            numbered |= value.is_numbered();
            members.push(context! { name, value => value.rust() });
        }
    }
    let removal = super::entity::takes_more_along(context, crate::model::EntityId(index));
    context! {
        module => rust::escaped(entity.name.snake()),
        snake => entity.name.snake(),
        a_sentence => Naming::of(entity).a_sentence,
        path => resource_path(service, entity),
        members,
        parents,
        numbered,
        removal,
    }
}

fn is_part_of_unique(entity: &Entity, field: &crate::model::Field) -> bool {
    entity.uniques.iter().flatten().any(|column| {
        matches!(column, crate::model::Column::Field(index) if entity.fields[*index].name == field.name)
    })
}

/// What the test of one entity says about it.
fn test(service: &Service, crate_name: &str, entity: &Entity) -> Value {
    let naming = Naming::of(entity);
    let sent: Vec<&crate::model::Field> = entity
        .fields
        .iter()
        .filter(|field| match field.kind {
            FieldKind::Reference(_) => !field.nullable,
            _ => sample::field(service, field, false).is_some(),
        })
        .collect();
    let names = |shown: bool| -> Vec<String> {
        sent.iter()
            .filter(|field| field.write_only != shown)
            .map(|field| field_column(field))
            .collect()
    };
    let changed = sent.iter().find(|field| !field.immutable);
    let required: Vec<String> = entity
        .fields
        .iter()
        .filter(|field| !field.nullable && field.default.is_none())
        .map(field_column)
        .collect();
    let archive = crate::tables::build::archive_options(entity);
    context! {
        crate_name,
        capital_plural => naming.capital_plural,
        snake => entity.name.snake(),
        plural_snake => entity.name.plural_snake(),
        path => resource_path(service, entity),
        shown => names(true),
        hidden => names(false),
        required,
        changed => changed.map(|field| field_column(field)),
        changed_shown => changed.is_some_and(|field| !field.write_only),
        versioned => entity.automatic.version,
        reason_required => archive.is_some_and(|archive| archive.reason_required),
    }
}
