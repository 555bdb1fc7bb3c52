//! The OpenAPI 3.1 document, made from the model.

mod aggregates;
mod archive;
mod batches;
mod examples;
mod links;
mod lists;
mod matching;
mod operations;
mod problems;
mod relations;
mod schemas;
mod sent;
mod writes;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
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
    // All that can be wrong with what is printed as JSON is a name that is no string.
    let mut text = serde_json::to_string_pretty(&document(service)).expect("names are strings");
    text.push('\n');
    text
}

/// Whether a filter may say which records are removed. Whoever has to say which version goes cannot
/// mean records that nobody has read.
pub fn is_removed_by_filter(entity: &Entity) -> bool {
    !entity.write.needs_version && !entity.list.filter.is_empty()
}

/// Whether a caller can change anything of a record.
pub fn is_changeable(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| !field.immutable)
        || entity
            .collections
            .iter()
            .any(|collection| matches!(collection.via, Via::Link(_)))
}

/// The document, in its order. What there is most of is text already: as values it would take ten
/// times the memory, and reading and writing that is most of the work.
#[derive(Serialize)]
struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    security: [&'static str; 0],
    tags: Vec<Value>,
    paths: Texts,
    components: Components,
}

#[derive(Serialize)]
struct Components {
    schemas: Texts,
    responses: Map<String, Value>,
    parameters: Value,
    headers: Value,
}

/// Members of an object, each as it stands in the document.
#[derive(Default)]
struct Texts {
    members: Vec<(String, Box<RawValue>)>,
    places: BTreeMap<String, usize>,
}

impl Texts {
    /// Members of an object whose own member names are indented so far.
    fn of(members: Map<String, Value>, indentation: &str) -> Self {
        let line = format!("\n{indentation}");
        let text = |value: &Value| {
            // A line never ends within a string: there it is `\n` in two characters.
            let text = serde_json::to_string_pretty(value)?.replace('\n', &line);
            RawValue::from_string(text)
        };
        let mut texts = Self::default();
        for (name, value) in members {
            // A value is JSON, and so is what is printed of it.
            texts.add(name, text(&value).expect("JSON"));
        }
        texts
    }

    /// Several entities may say the same of what they have in common.
    fn add(&mut self, name: String, text: Box<RawValue>) {
        if let Some(place) = self.places.get(&name) {
            // Else the description would lack something without a word; names that would lead here
            // are refused with the schema.
            let is_same = self.members[*place].1.get() == text.get();
            assert!(
                is_same,
                "two things have the name `{name}` in the API's description"
            );
            return;
        }
        self.places.insert(name.clone(), self.members.len());
        self.members.push((name, text));
    }

    fn extend(&mut self, more: Self) {
        for (name, text) in more.members {
            self.add(name, text);
        }
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members.iter().map(|(name, text)| (name, text)))
    }
}

const OF_PATHS: &str = "    ";
const OF_SCHEMAS: &str = "      ";

/// The paths and the schemas of one entity. No two entities share a path: each begins with the
/// entity's own.
fn part(service: &Service, entity: &Entity) -> (Texts, Texts) {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    operations::add(service, entity, &mut paths);
    batches::add(service, entity, &mut paths);
    relations::add(service, entity, &mut paths);
    schemas::add(service, entity, &mut schemas);
    archive::add(service, entity, &mut paths, &mut schemas);
    (Texts::of(paths, OF_PATHS), Texts::of(schemas, OF_SCHEMAS))
}

fn document(service: &Service) -> Document {
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
    let mut common = problems::schemas();
    common.insert("Groups".to_owned(), aggregates::schema());
    let (mut paths, mut schemas) = (Texts::default(), Texts::of(common, OF_SCHEMAS));
    let parts = parallel::map(&service.entities, parallel::processors(), |_, entity| {
        part(service, entity)
    });
    for (own_paths, own_schemas) in parts {
        paths.extend(own_paths);
        schemas.extend(own_schemas);
    }
    let mut batches = Map::new();
    archive::add_batches(service, &mut batches);
    paths.extend(Texts::of(batches, OF_PATHS));
    Document {
        openapi: "3.1.0",
        info: json!({
            "title": super::entity::naming::capitalised(service.name.sentence()),
            "version": "0.1.0",
            "description": description,
        }),
        servers: json!([{ "url": "/", "description": "Where this document comes from." }]),
        security: [],
        tags,
        paths,
        components: Components {
            schemas,
            responses: operations::responses(service),
            parameters: operations::parameters(service),
            headers: operations::headers(),
        },
    }
}
