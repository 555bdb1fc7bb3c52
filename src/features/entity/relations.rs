//! What an entity is related to, as `relations.rs` of its slice and its routes show it.

mod imports;
mod statements;

use std::collections::HashMap;

use serde::Serialize;

use crate::dialect::quoted;
use crate::model::{Collection, Entity, EntityId, FieldKind, IdType, Link, Service, Via};

use super::super::Context;
use super::super::http::resource_path;
use super::linking::{is_touched, raised, shows};
use super::naming::{Naming, article};
use super::rust;
use super::sql::Statement;

/// The relations of an entity.
#[derive(Debug, Clone, Serialize)]
pub struct RelationsView {
    /// The names.
    naming: Naming,
    /// The relations, in words.
    summary: String,
    /// The path of the entity's collection.
    path: String,
    /// The type of the identifier, as an argument.
    id: &'static str,
    /// The type of the identifier, owned.
    id_owned: &'static str,
    /// What makes an argument of an owned identifier.
    id_borrow: &'static str,
    /// Whether the table has `version`.
    versioned: bool,
    /// Whether there are links.
    linked: bool,
    /// Whether a change of the links shows in a column of the record's own.
    touchable: bool,
    /// The time of a change, as a further parameter.
    touch_time: &'static str,
    /// The `use` lines of `relations.rs`.
    imports: Vec<String>,
    /// The `use` lines of the routes.
    route_imports: Vec<String>,
    statements: Vec<Statement>,
    includes: Vec<IncludeView>,
    /// The lists under a record.
    pub children: Vec<ChildView>,
    links: Vec<LinkView>,
}

/// One name that `include` takes.
#[derive(Debug, Clone, Serialize)]
struct IncludeView {
    name: String,
    /// From records to the identifiers by which the others are found, as an adapter of an iterator.
    owners: String,
    through: String,
    table: String,
    entity: String,
    key: &'static str,
    /// What was found for one record.
    find: String,
    /// `one` or `many`.
    add: &'static str,
}

/// A collection as a list under its record.
#[derive(Debug, Clone, Serialize)]
pub struct ChildView {
    name: String,
    singular: String,
    /// The last part of the path.
    segment: String,
    sentence: String,
    entity: String,
    module: String,
    table: String,
    /// The page's member.
    records: String,
    /// What holds for the records that belong here, as a literal.
    condition: String,
    /// Whether a record is created here: it refers to this one.
    creates: bool,
    /// Whether making one takes an idempotency key.
    needs_key: bool,
    /// The member that refers to this one.
    member: String,
    /// The path of the records' own collection.
    path: String,
    /// Whether the records have relations themselves.
    includes: bool,
}

/// A collection of links.
#[derive(Debug, Clone, Serialize)]
struct LinkView {
    singular: String,
    segment: String,
    parameter: String,
    member: String,
    field: String,
    sentence: String,
    a_sentence: String,
    plural_sentence: String,
    id: &'static str,
    id_owned: &'static str,
    borrow: &'static str,
    /// Whether the other one is among some identifiers.
    has: &'static str,
    /// Whether the identifier `it` is another than the other one.
    differs: &'static str,
    other_owned: &'static str,
    most: u32,
    has_more_changes: bool,
    hold: String,
    tie: String,
    untie: String,
    /// Whether the other record shows the link as well, and so changes.
    touched: bool,
    touch: String,
    touch_time: &'static str,
    /// Whether the other record is held before this one: two sides must not wait for each other.
    held_first: bool,
}

/// Whether an entity has any relation.
pub fn has_any(entity: &Entity) -> bool {
    !entity.collections.is_empty() || included_references(entity).next().is_some()
}

/// The references that a record shows, and that can be shown in its place.
pub fn included_references(
    entity: &Entity,
) -> impl Iterator<Item = (&crate::model::Field, EntityId)> {
    entity
        .fields
        .iter()
        .filter(|field| !field.write_only)
        .filter_map(|field| match &field.kind {
            FieldKind::Reference(reference) => Some((field, reference.target)),
            _ => None,
        })
}

/// The singular of each collection, or its own name where two have the same.
pub fn singulars(entity: &Entity) -> Vec<String> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    let singular = |it: &Collection| it.name.singular_snake().to_owned();
    for collection in &entity.collections {
        *counts.entry(singular(collection)).or_default() += 1;
    }
    let name = |it: &Collection| {
        let singular = singular(it);
        if counts.get(&singular) == Some(&1) {
            singular
        } else {
            it.name.snake().to_owned()
        }
    };
    entity.collections.iter().map(name).collect()
}

impl RelationsView {
    /// The relations of an entity; `None` where it has none.
    pub fn of(context: &Context<'_>, id: EntityId) -> Option<Self> {
        let service = context.service;
        let entity = service.entity(id);
        if !has_any(entity) {
            return None;
        }
        let singulars = singulars(entity);
        let collections = || entity.collections.iter().zip(&singulars);
        let children = collections()
            .map(|(collection, singular)| child(service, collection, singular))
            .collect();
        let links = collections()
            .filter_map(|(collection, singular)| match &collection.via {
                Via::Link(link) => Some(link_view(service, id, collection, link, singular)),
                Via::Reference { .. } => None,
            })
            .collect();
        Some(Self {
            naming: Naming::of(entity),
            summary: summary(entity),
            path: resource_path(service, entity),
            id: rust::id_argument(entity.id),
            id_owned: rust::id_type(entity.id),
            id_borrow: borrow(entity.id),
            versioned: entity.automatic.version,
            linked: links_of(entity).next().is_some(),
            touchable: touch(entity).is_some(),
            touch_time: touch_time(entity),
            imports: imports::of_operations(service, entity),
            route_imports: imports::of_routes(service, entity),
            statements: statements::of(context, id),
            includes: includes(service, entity),
            children,
            links,
        })
    }
}

fn links_of(entity: &Entity) -> impl Iterator<Item = (&Collection, &Link)> {
    entity.collections.iter().filter_map(|it| match &it.via {
        Via::Link(link) => Some((it, link)),
        Via::Reference { .. } => None,
    })
}

fn summary(entity: &Entity) -> String {
    let references = included_references(entity).map(|(field, _)| field.name.sentence());
    let collections = entity.collections.iter().map(|it| it.name.sentence());
    let names: Vec<&str> = references.chain(collections).collect();
    match names.as_slice() {
        [several @ .., last] if !several.is_empty() => {
            format!("{} and {last}", several.join(", "))
        }
        names => names.concat(),
    }
}

fn borrow(id: IdType) -> &'static str {
    if id == IdType::String { "&" } else { "" }
}

/// The list that knows an entity's records.
fn list_table(entity: &Entity) -> String {
    format!(
        "crate::{}::queries::TABLE",
        rust::escaped(entity.name.snake())
    )
}

/// The column that refers back from the records of a collection.
fn referring_column(target: &Entity, field: &str) -> String {
    target
        .field(field)
        .map_or_else(|| format!("{field}_id"), crate::model::Field::column)
}

fn child(service: &Service, collection: &Collection, singular: &str) -> ChildView {
    let target = service.entity(collection.target);
    let (condition, member) = match &collection.via {
        Via::Reference { field } => {
            let column = referring_column(target, field);
            (format!("{} = $1", quoted(&column)), column)
        }
        Via::Link(link) => {
            let condition = format!(
                "id in (select {} from {} where {} = $1)",
                quoted(&link.target_column),
                quoted(&link.table),
                quoted(&link.own_column)
            );
            (condition, String::new())
        }
    };
    ChildView {
        name: collection.name.snake().to_owned(),
        singular: singular.to_owned(),
        segment: collection.name.kebab().to_owned(),
        sentence: collection.name.sentence().to_owned(),
        entity: target.name.pascal().to_owned(),
        module: rust::escaped(target.name.snake()),
        table: list_table(target),
        records: rust::escaped(target.name.plural_snake()),
        condition: rust::string_literal(&condition),
        creates: matches!(collection.via, Via::Reference { .. }),
        needs_key: target.write.needs_key,
        member,
        path: resource_path(service, target),
        includes: has_any(target),
    }
}

fn link_view(
    service: &Service,
    own: EntityId,
    collection: &Collection,
    link: &Link,
    singular: &str,
) -> LinkView {
    let (entity, target) = (service.entity(own), service.entity(collection.target));
    let upper = collection.name.snake().to_uppercase();
    let member = collection.ids_member();
    let is_text = target.id == IdType::String;
    let changes = entity.fields.iter().filter(|field| !field.immutable);
    let touched = is_touched(target, link);
    LinkView {
        singular: singular.to_owned(),
        segment: collection.name.kebab().to_owned(),
        parameter: format!("{{{}_id}}", collection.name.singular_snake()),
        field: member.clone(),
        member,
        sentence: target.name.sentence().to_owned(),
        a_sentence: format!(
            "{} {}",
            article(target.name.sentence()),
            target.name.sentence()
        ),
        plural_sentence: collection.name.sentence().to_owned(),
        id: rust::id_argument(target.id),
        id_owned: rust::id_type(target.id),
        borrow: borrow(target.id),
        has: if is_text {
            "iter().any(|it| it == other)"
        } else {
            "contains(&other)"
        },
        differs: if is_text {
            "it != other"
        } else {
            "*it != other"
        },
        other_owned: if is_text { "other.to_owned()" } else { "other" },
        most: link.max_items,
        has_more_changes: changes.count() + links_of(entity).count() > 1,
        hold: format!("HOLD_{upper}"),
        tie: format!("TIE_{upper}"),
        untie: format!("UNTIE_{upper}"),
        touched,
        touch: format!("TOUCH_{upper}"),
        touch_time: touch_time(target),
        held_first: touched && target.name.plural_snake() < entity.name.plural_snake(),
    }
}

/// Whether the other end of a link shows it too.
fn is_shown_there(target: &Entity, link: &Link) -> bool {
    shows(target, &link.table, &link.target_column)
}

/// What a change of its links changes of a record itself.
fn touch(entity: &Entity) -> Option<String> {
    let sets = raised(entity, "$2");
    let table = quoted(entity.name.plural_snake());
    (!sets.is_empty()).then(|| format!("update {table}\nset {}\nwhere id = $1", sets.join(", ")))
}

/// The time of a change, as a further parameter.
pub fn touch_time(entity: &Entity) -> &'static str {
    if entity.automatic.updated_at {
        ", Timestamp::now()"
    } else {
        ""
    }
}

fn includes(service: &Service, entity: &Entity) -> Vec<IncludeView> {
    let references = included_references(entity).map(|(field, target)| {
        let target = service.entity(target);
        let column = rust::field_ident(field);
        let owned = if target.id == IdType::String {
            ".clone()"
        } else {
            ""
        };
        let (owners, find) = if field.nullable {
            (
                format!("filter_map(|record| record.{column}{owned})"),
                format!("record.{column}.as_ref().and_then(|id| found.get(id))"),
            )
        } else {
            (
                format!("map(|record| record.{column}{owned})"),
                format!("found.get(&record.{column})"),
            )
        };
        IncludeView {
            name: field.name.snake().to_owned(),
            owners,
            through: "list::Through::Key".to_owned(),
            table: list_table(target),
            entity: target.name.pascal().to_owned(),
            key: rust::id_type(target.id),
            find,
            add: "one",
        }
    });
    let own = if entity.id == IdType::String {
        ".clone()"
    } else {
        ""
    };
    let collections = entity.collections.iter().map(|collection| {
        let target = service.entity(collection.target);
        let through = match &collection.via {
            Via::Reference { field } => {
                format!(
                    "list::Through::Column({:?})",
                    referring_column(target, field)
                )
            }
            Via::Link(link) => format!(
                "list::Through::Link {{ table: {:?}, owner: {:?}, record: {:?} }}",
                link.table, link.own_column, link.target_column
            ),
        };
        IncludeView {
            name: collection.name.snake().to_owned(),
            owners: format!("map(|record| record.id{own})"),
            through,
            table: list_table(target),
            entity: target.name.pascal().to_owned(),
            key: rust::id_type(entity.id),
            find: "found.get(&record.id)".to_owned(),
            add: "many",
        }
    });
    references.chain(collections).collect()
}
