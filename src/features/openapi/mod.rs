//! The OpenAPI 3.1 document, made from the model.

mod aggregates;
mod archive;
mod batches;
mod links;
mod lists;
mod operations;
mod problems;
mod relations;
mod schemas;
mod sent;
mod writes;

use serde_json::{Map, Value, json};

use crate::model::{Entity, Service, Via};
use crate::parallel;
use crate::plan::Ownership;

use super::{Context, Contribution, Feature};

/// The document and, where asked for, the page that shows it.
pub struct Openapi;

impl Feature for Openapi {
    fn name(&self) -> &'static str {
        "openapi"
    }

    fn is_on(&self, service: &Service) -> bool {
        service.features.openapi.is_some() && service.features.http.is_some()
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        out.document("openapi.json", text, Ownership::Sealed);
        out.service_items.push(
            "const OPENAPI: Option<&'static str> = Some(include_str!(\"../openapi.json\"));"
                .to_owned(),
        );
        let ui = context.service.features.openapi.as_ref();
        if ui.is_some_and(|openapi| openapi.ui) {
            out.runtime_features.push("docs-ui");
            out.pages
                .push("The API's documentation is at <http://127.0.0.1:8080/docs>.".to_owned());
        }
    }
}

fn text(service: &Service) -> String {
    let document = document(service);
    // Twice as fast as its `Display`, which is the way out of an error that a value cannot have.
    let text = serde_json::to_string_pretty(&document);
    let mut text = text.unwrap_or_else(|_| format!("{document:#}"));
    text.push('\n');
    text
}

/// Whether a caller can change anything of a record.
pub fn is_changeable(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| !field.immutable)
        || entity
            .collections
            .iter()
            .any(|collection| matches!(collection.via, Via::Link(_)))
}

/// The paths and the schemas of one entity.
fn part(service: &Service, entity: &Entity) -> (Map<String, Value>, Map<String, Value>) {
    let (mut paths, mut components) = (Map::new(), Map::new());
    operations::add(service, entity, &mut paths);
    batches::add(service, entity, &mut paths);
    relations::add(service, entity, &mut paths);
    schemas::add(service, entity, &mut components);
    archive::add(service, entity, &mut paths, &mut components);
    (paths, components)
}

fn document(service: &Service) -> Value {
    let description = service
        .doc
        .clone()
        .unwrap_or_else(|| format!("The {} service.", service.name.sentence()));
    let mut entities: Vec<&Entity> = service.entities.iter().collect();
    entities.sort_by_key(|entity| entity.name.plural_pascal());
    let mut tags: Vec<Value> = entities
        .into_iter()
        .map(|entity| {
            let fallback = super::entity::naming::Naming::of(entity).doc.join("\n");
            json!({
                "name": entity.name.plural_pascal(),
                "description": entity.doc.clone().unwrap_or(fallback),
            })
        })
        .collect();
    // An entity may have the name.
    if let Some(tag) = archive::tag(service)
        && !tags.iter().any(|it| it["name"] == tag["name"])
    {
        tags.push(tag);
        tags.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    }
    let mut paths = Map::new();
    let demands_versions = service.entities.iter().any(|it| it.write.needs_version);
    let mut components = problems::schemas();
    components.insert("Groups".to_owned(), aggregates::schema());
    let parts = parallel::map(&service.entities, parallel::processors(), |_, entity| {
        part(service, entity)
    });
    for (own_paths, own_components) in parts {
        for (path, item) in own_paths {
            match (paths.get_mut(&path), item) {
                (Some(Value::Object(there)), Value::Object(item)) => there.extend(item),
                (_, item) => drop(paths.insert(path, item)),
            }
        }
        components.extend(own_components);
    }
    archive::add_batches(service, &mut paths);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": super::entity::naming::capitalised(service.name.sentence()),
            "version": "0.1.0",
            "description": description,
        },
        "servers": [{ "url": "/", "description": "Where this document comes from." }],
        "security": [],
        "tags": tags,
        "paths": {},
        "components": {
            "schemas": {},
            "responses": problems::responses(demands_versions),
            "parameters": operations::parameters(service),
            "headers": operations::headers(),
        },
    });
    // Moved in, because `json!` copies what it is given, and these are nearly all of it.
    document["paths"] = Value::Object(paths);
    document["components"]["schemas"] = Value::Object(components);
    document
}
