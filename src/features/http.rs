//! REST: the routes and handlers of each slice.

use minijinja::context;
use minijinja::value::{Serde, Value};

use crate::model::{Entity, EntityId, IdType, Service};
use crate::plan::Ownership;
use crate::tables::build::is_archived;
use crate::tables::idempotency::keeps_answers;

use super::entity::naming::Naming;
use super::entity::relations::RelationsView;
use super::entity::rust;
use super::{Context, Contribution, Feature};

/// The REST surface.
pub struct Http;

impl Feature for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn is_on(&self, service: &Service) -> bool {
        service.features.http.is_some()
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        for (index, entity) in context.service.entities.iter().enumerate() {
            let relations = RelationsView::of(context, EntityId(index));
            let under = relations.as_ref().is_some_and(|it| !it.children.is_empty());
            let view = context! {
                related => relations.is_some(),
                under,
                naming => Serde(Naming::of(entity)),
                path => resource_path(context.service, entity),
                id => rust::id_type(entity.id),
                id_imported => entity.id == IdType::Uuid,
                id_borrow => if entity.id == IdType::String { "&" } else { "" },
                chosen_id => entity.id != IdType::Bigint,
                needs_version => entity.write.needs_version,
                matching => super::openapi::is_removed_by_filter(entity),
                needs_key => entity.write.needs_key,
                member => entity.name.plural_snake(),
                changeable => super::openapi::is_changeable(entity),
            };
            out.template(
                format!("src/{}/http.rs", entity.name.snake()),
                "http/http.rs",
                view.clone(),
                Ownership::Managed,
                Some(entity.name.snake()),
            );
            out.template(
                format!("src/{}/http/batches.rs", entity.name.snake()),
                "http/batches.rs",
                view,
                Ownership::Managed,
                Some(entity.name.snake()),
            );
            if let Some(relations) = relations.filter(|_| under) {
                out.template(
                    format!("src/{}/http/related.rs", entity.name.snake()),
                    "http/relations.rs",
                    Value::from(Serde(relations)),
                    Ownership::Managed,
                    Some(entity.name.snake()),
                );
            }
            out.routers
                .push(format!("{}::routes()", rust::escaped(entity.name.snake())));
            if is_archived(entity) {
                archive(context.service, entity, out);
            }
        }
        if keeps_answers(context.service) {
            out.service_items
                .push("const KEEPS_ANSWERS: bool = true;".to_owned());
        }
        let http = context.service.features.http.as_ref();
        if http.is_some_and(|http| http.compression) {
            out.runtime_features.push("compression");
        }
        out.depend("axum", "0.8", &["json"]);
        out.without_default_features("axum");
    }
}

/// The routes of an entity's archive.
fn archive(service: &Service, entity: &Entity, out: &mut Contribution) {
    let view = context! {
        naming => Serde(Naming::of(entity)),
        path => archive_path(service, entity),
        needs_key => entity.write.needs_key,
    };
    out.template(
        format!("src/{}/http_archive.rs", entity.name.snake()),
        "http/archive.rs",
        view,
        Ownership::Managed,
        Some(entity.name.snake()),
    );
    let module = rust::escaped(entity.name.snake());
    out.routers.push(format!("{module}::archive_routes()"));
}

/// The path of an entity's archive, such as `/v1/archive/order-lines`.
pub fn archive_path(service: &Service, entity: &Entity) -> String {
    let prefix = (service.features.http.as_ref()).map_or("", |http| http.prefix.as_str());
    format!("{prefix}/archive/{}", entity.name.plural_kebab())
}

/// The path of an entity's collection, such as `/v1/order-lines`.
pub fn resource_path(service: &Service, entity: &Entity) -> String {
    let prefix = service
        .features
        .http
        .as_ref()
        .map_or("", |http| http.prefix.as_str());
    format!("{prefix}/{}", entity.name.plural_kebab())
}
