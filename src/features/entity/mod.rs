//! The slice of each entity: model, queries, commands, and the user's rules.

mod archive;
mod constraints;
mod imports;
mod linking;
mod list;
mod model_view;
pub mod naming;
mod operations_view;
pub mod relations;
mod removal;
pub mod rust;
pub mod sample;
pub mod sql;
mod text;
mod writing;

pub use archive::Past;
pub use archive::ties::{Tied, of as archive_ties};
pub use list::members;
pub use model_view::link_members;

use minijinja::context;
use minijinja::value::{Serde, Value};

use crate::model::{Entity, EntityId, FieldKind, IdType, ScalarType, Service};
use crate::plan::Ownership;
use crate::tables::Table;

use super::{Context, Contribution, Feature, Module};
use archive::ArchiveView;
use model_view::ModelView;
use naming::Naming;
use operations_view::OperationsView;
use relations::RelationsView;

/// The slices.
pub struct Entities;

impl Feature for Entities {
    fn name(&self) -> &'static str {
        "entity"
    }

    fn is_on(&self, _service: &Service) -> bool {
        true
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        for (index, entity) in context.service.entities.iter().enumerate() {
            if let Some(table) = context.schema.table(entity.name.plural_snake()) {
                slice(context, EntityId(index), entity, table, out);
            }
        }
        depend(context.service, out);
    }
}

fn slice(
    context: &Context<'_>,
    id: EntityId,
    entity: &Entity,
    table: &Table,
    out: &mut Contribution,
) {
    let naming = Naming::of(entity);
    let operations = OperationsView::of(context, id, table);
    let model = Value::from(Serde(ModelView::of(context.service, entity)));
    let archive = ArchiveView::of(context, id);
    let relations =
        RelationsView::of(context, id).filter(|_| context.service.features.http.is_some());
    let names = context! {
        naming => Serde(&naming),
        adapters => adapters(context.service),
        archived => archive.is_some(),
        restores_routed => archive.is_some() && context.service.features.http.is_some(),
        related => relations.is_some(),
    };
    let operations = Value::from(Serde(operations));
    let folder = format!("src/{}", entity.name.snake());
    let snake = entity.name.snake();
    for (file, template, view, ownership) in [
        ("mod.rs", "entity/mod.rs", names.clone(), Ownership::Managed),
        ("model.rs", "entity/model.rs", model, Ownership::Managed),
        (
            "queries.rs",
            "entity/queries.rs",
            operations.clone(),
            Ownership::Managed,
        ),
        (
            "commands.rs",
            "entity/commands.rs",
            operations.clone(),
            Ownership::Managed,
        ),
        (
            "batches.rs",
            "entity/batches.rs",
            operations.clone(),
            Ownership::Managed,
        ),
        (
            "removal.rs",
            "entity/removal.rs",
            operations.clone(),
            Ownership::Managed,
        ),
        (
            "hooks.rs",
            "entity/hooks.rs",
            operations,
            Ownership::Managed,
        ),
        ("rules.rs", "entity/rules.rs", names, Ownership::Seeded),
    ] {
        out.template(
            format!("{folder}/{file}"),
            template,
            view,
            ownership,
            Some(snake),
        );
    }
    if let Some(archive) = archive {
        out.template(
            format!("{folder}/archive.rs"),
            "entity/archive.rs",
            Value::from(Serde(archive)),
            Ownership::Managed,
            Some(snake),
        );
    }
    if let Some(relations) = relations {
        out.template(
            format!("{folder}/relations.rs"),
            "entity/relations.rs",
            Value::from(Serde(relations)),
            Ownership::Managed,
            Some(snake),
        );
    }
    out.modules.push(Module {
        name: naming.module,
    });
}

/// The modules of a slice that bring its operations to a wire.
fn adapters(service: &Service) -> Vec<&'static str> {
    service.features.http.iter().map(|_| "http").collect()
}

/// The crates that the slices' types come from: only those that some field needs.
fn depend(service: &Service, out: &mut Contribution) {
    out.depend("serde", "1", &["derive"]);
    let entities = &service.entities;
    let scalars = || {
        entities
            .iter()
            .flat_map(|entity| &entity.fields)
            .filter_map(|field| match &field.kind {
                FieldKind::Scalar(scalar) => Some(scalar),
                FieldKind::List(list) => Some(&list.of),
                FieldKind::Enum(_) | FieldKind::Reference(_) => None,
            })
    };
    let uuids = entities.iter().any(|entity| entity.id == IdType::Uuid);
    if uuids || scalars().any(|scalar| *scalar == ScalarType::Uuid) {
        out.depend("uuid", "1", &["v7"]);
    }
    if scalars().any(|scalar| matches!(scalar, ScalarType::Decimal(_))) {
        out.depend("rust_decimal", "1", &[]);
    }
    if scalars().any(|scalar| *scalar == ScalarType::Json) {
        out.depend("serde_json", "1", &[]);
    }
    let times = entities
        .iter()
        .any(|entity| entity.automatic.created_at || entity.automatic.updated_at);
    let time = |scalar: &ScalarType| {
        matches!(
            scalar,
            ScalarType::Date | ScalarType::Time | ScalarType::Timestamp | ScalarType::Duration
        )
    };
    if times || scalars().any(time) {
        out.depend("jiff", "0.2", &["std"]);
    }
    // The runtime turns on what it uses; the rest of these crates is weight.
    out.without_default_features("jiff");
    out.without_default_features("rust_decimal");
}
