//! The archive of the whole service: in which order records come back, and what ties them.

use minijinja::context;
use minijinja::value::Serde;

use crate::model::Service;
use crate::plan::Ownership;
use crate::tables::build::is_archived;
use crate::tables::diff::creation_order;

use super::entity::{Tied, archive_ties, rust};
use super::{Context, Contribution, Feature, Module};

/// The archive.
pub struct Archive;

#[derive(serde::Serialize)]
struct TieView {
    touches: Vec<String>,
    tie: String,
    forget: String,
}

/// The path of the batches, such as `/v1/archive/batches`; an entity of that name keeps it for its archive.
pub fn batches_path(service: &Service) -> String {
    let prefix = (service.features.http.as_ref()).map_or("", |http| http.prefix.as_str());
    let is_taken = |it: &crate::model::Entity| it.name.plural_kebab() == "batches";
    let batches = if service.entities.iter().any(is_taken) {
        "removal-batches"
    } else {
        "batches"
    };
    format!("{prefix}/archive/{batches}")
}

impl Feature for Archive {
    fn name(&self) -> &'static str {
        "archive"
    }

    fn is_on(&self, service: &Service) -> bool {
        service.entities.iter().any(is_archived)
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        let service = context.service;
        let modules: Vec<String> = creation_order(&context.schema.tables)
            .into_iter()
            .filter_map(|table| {
                let entities = service.entities.iter().filter(|it| is_archived(it));
                let mut of_table = entities.filter(|it| it.name.plural_snake() == table.name);
                of_table.next().map(|it| rust::escaped(it.name.snake()))
            })
            .collect();
        let ties_of = archive_ties(context);
        let ties: Vec<TieView> = ties_of
            .iter()
            .map(|it| TieView {
                touches: it.touches.iter().map(|it| it.name.clone()).collect(),
                tie: it.tie.name.clone(),
                forget: it.forget.name.clone(),
            })
            .collect();
        let statements: Vec<_> = ties_of.into_iter().flat_map(Tied::statements).collect();
        let http = service.features.http.as_ref();
        let view = context! {
            modules,
            ties => Serde(ties),
            statements => Serde(statements),
            routed => http.is_some(),
            batches => batches_path(service),
        };
        out.template(
            "src/archive.rs",
            "archive/archive.rs",
            view,
            Ownership::Managed,
            None,
        );
        out.modules.push(Module {
            name: "archive".to_owned(),
        });
        if http.is_some() {
            out.routers.push("archive::routes()".to_owned());
        }
        // Batches are named by UUIDs, and archived records have times.
        out.depend("uuid", "1", &["v7"]);
        out.depend("jiff", "0.2", &["std"]);
        out.without_default_features("jiff");
    }
}
