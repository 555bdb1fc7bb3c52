//! The generated tests: one binary that drives the real application.
//!
//! One binary and not one for each entity: each links the whole service anew.

mod archive;
mod relations;
mod writes;

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::model::{Entity, FieldKind, IdType, Service};
use crate::plan::Ownership;
use crate::tables::build::column_name;

use super::entity::naming::Naming;
use super::entity::relations::has_any;
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
            .map(|entity| {
                context! {
                    module => rust::escaped(entity.name.snake()),
                    archived => crate::tables::build::is_archived(entity),
                    related => has_any(entity),
                }
            })
            .collect();
        let samples: Vec<Sample> = service
            .entities
            .iter()
            .map(|entity| sample_of(service, entity))
            .collect();
        let shared = context! {
            crate_name => crate_name.clone(),
            recursion_limit => recursion_limit(&samples),
            archived => service.entities.iter().any(crate::tables::build::is_archived),
            numbered => samples.iter().any(|it| it.numbered),
            entities,
            related => service.entities.iter().any(has_any),
        };
        out.template(
            "tests/api/writes.rs",
            "tests/writes.rs",
            writes::view(service, &crate_name),
            Ownership::Managed,
            None,
        );
        if let Some(view) = relations::view(service, &crate_name) {
            let template = "tests/relations.rs";
            out.template(
                "tests/api/relations.rs",
                template,
                view,
                Ownership::Managed,
                None,
            );
        }
        if let Some(view) = archive::view(service, &crate_name) {
            let (path, template) = ("tests/api/archive.rs", "tests/archive.rs");
            out.template(path, template, view, Ownership::Managed, None);
        }
        for (path, template) in [
            ("tests/api/main.rs", "tests/main.rs"),
            ("tests/api/statements.rs", "tests/statements.rs"),
            ("tests/api/support.rs", "tests/support.rs"),
        ] {
            out.template(path, template, shared.clone(), Ownership::Managed, None);
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
fn recursion_limit(samples: &[Sample]) -> Option<usize> {
    const ALLOWED: usize = 128;
    let needed = samples.iter().map(|it| it.members.len()).max().unwrap_or(0) * 4;
    (needed > ALLOWED).then_some(needed + ALLOWED)
}

/// What creates one record: the members of the request, and the records they refer to.
#[derive(Default, serde::Serialize)]
struct Sample {
    members: Vec<Member>,
    parents: Vec<Parent>,
    /// Whether some member holds a number that no other record has.
    numbered: bool,
}

#[derive(serde::Serialize)]
struct Member {
    name: String,
    value: String,
}

#[derive(serde::Serialize)]
struct Parent {
    variable: String,
    module: String,
}

fn sample_of(service: &Service, entity: &Entity) -> Sample {
    let mut it = Sample::default();
    if entity.id == IdType::String {
        it.numbered = true;
        it.members.push(Member {
            name: "id".to_owned(),
            value: sample::id(entity.id).rust(),
        });
    }
    for field in &entity.fields {
        let name = field.column();
        if let FieldKind::Reference(reference) = &field.kind {
            if field.nullable {
                continue;
            }
            let variable = match field.name.snake() {
                taken @ ("server" | "n" | "support") => format!("{taken}_record"),
                free => rust::escaped(free),
            };
            let value = format!("{variable}[\"id\"]");
            it.members.push(Member { name, value });
            it.parents.push(Parent {
                variable,
                module: rust::escaped(service.entity(reference.target).name.snake()),
            });
            continue;
        }
        let distinct = entity.is_unique(field);
        if let Some(sample) = sample::field(service, field, distinct) {
            it.numbered |= sample.is_numbered();
            let value = sample.rust();
            it.members.push(Member { name, value });
        }
    }
    it
}

/// The fields that a sample has.
fn sent_fields<'a>(
    service: &'a Service,
    entity: &'a Entity,
) -> impl Iterator<Item = &'a crate::model::Field> {
    entity.fields.iter().filter(|field| match field.kind {
        FieldKind::Reference(_) => !field.nullable,
        _ => sample::field(service, field, false).is_some(),
    })
}

/// A field of a sample that can change.
fn changed_field<'a>(service: &'a Service, entity: &'a Entity) -> Option<&'a crate::model::Field> {
    sent_fields(service, entity).find(|field| !field.immutable)
}

/// What the test of one entity says about it.
fn test(service: &Service, crate_name: &str, entity: &Entity) -> Value {
    let naming = Naming::of(entity);
    let sent: Vec<&crate::model::Field> = sent_fields(service, entity).collect();
    let names = |shown: bool| -> Vec<String> {
        sent.iter()
            .filter(|field| field.write_only != shown)
            .map(|field| field.column())
            .collect()
    };
    let changed = changed_field(service, entity);
    let required: Vec<String> = entity
        .fields
        .iter()
        .filter(|field| !field.nullable && field.default.is_none())
        .map(crate::model::Field::column)
        .collect();
    let Sample {
        members,
        parents,
        numbered,
    } = sample_of(service, entity);
    let archive = crate::tables::build::archive_options(entity);
    let column_names = |columns: &[crate::model::Column]| -> Vec<String> {
        columns
            .iter()
            .map(|column| column_name(entity, column))
            .collect()
    };
    let mut orders = column_names(&entity.list.order);
    if !orders.iter().any(|column| column == "id") {
        orders.push("id".to_owned());
    }
    context! {
        orders,
        on_one_page => entity.list.default_page.min(entity.list.max_page).min(3),
        searchable => entity.fields.iter().any(|field| field.searchable),
        filters => column_names(&entity.list.filter),
        sentence => naming.sentence,
        crate_name,
        capital_plural => naming.capital_plural,
        a_sentence => naming.a_sentence,
        alone => parents.is_empty(),
        parents => Serde(parents),
        members => Serde(members),
        numbered,
        snake => entity.name.snake(),
        plural_snake => entity.name.plural_snake(),
        path => resource_path(service, entity),
        shown => names(true),
        hidden => names(false),
        required,
        changed => changed.map(crate::model::Field::column),
        changed_shown => changed.is_some_and(|field| !field.write_only),
        versioned => entity.automatic.version,
        needs_key => entity.write.needs_key,
        needs_version => entity.write.needs_version,
        makes => entity.write.needs_version && entity.id == IdType::Uuid,
        demanding => entity.write.needs_key || entity.write.needs_version,
        asks => changed.is_some() && entity.automatic.version
            || entity.write.needs_key
            || entity.write.needs_version,
        reason_required => archive.is_some_and(|archive| archive.reason_required),
    }
}
