//! Which lists no index serves, and the index that would: what `svcgen check` advises.
//!
//! The default order, references, and with them the children of a parent, have their indexes
//! already; so has the archive. What is left are the orders and filters that the schema lets
//! callers ask for, in one warning for each entity. Flags and enums are no exception: where most
//! records have one value, a page of the other would read them all.

use super::build::column_name;
use super::lists::{self, Asked, LONGEST, List};
use super::{Schema, Table, indexes};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Column, Entity, EntityId, OrderTerm, Service};
use crate::schema::{Document, EntityFile};
use crate::source::{Span, Spanned};

/// A warning for each entity with lists that no index serves.
pub fn advice(document: &Document, service: &Service, schema: &Schema) -> Vec<Diagnostic> {
    let found = service
        .entities
        .iter()
        .enumerate()
        .filter_map(|(id, entity)| {
            let name = entity.name.pascal();
            let mut files = document.entities.iter();
            let is_its_own = |file: &&EntityFile| {
                let of = file.doc.entity.as_ref();
                of.is_some_and(|it| it.value == name)
            };
            let file = files.find(is_its_own)?;
            let table = schema.table(entity.name.plural_snake())?;
            let unserved = unserved(service, EntityId(id), table);
            warning(file, entity, table, &unserved)
        });
    found.collect()
}

/// The lists of an entity that no index serves.
pub fn unserved(service: &Service, id: EntityId, table: &Table) -> Vec<List> {
    let entity = service.entity(id);
    let mut lists = lists::of(service, id);
    lists.retain(|list| !list.is_served(entity, &table.indexes));
    lists
}

fn warning(
    file: &EntityFile,
    entity: &Entity,
    table: &Table,
    unserved: &[List],
) -> Option<Diagnostic> {
    let mut names: Vec<String> = Vec::new();
    let mut too_long: Vec<String> = Vec::new();
    for list in unserved {
        let Some(column) = list.column() else {
            continue;
        };
        let name = format!("`{}`", written(entity, column));
        if list.index.is_empty() && !too_long.contains(&name) {
            too_long.push(name.clone());
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let message = format!(
        "no index serves the list of {} by {}",
        entity.name.plural_sentence(),
        together(&names)?
    );
    let mut warning = Diagnostic::warning(Code::UnservedList, message);
    for list in unserved {
        let label = if list.fixed().is_some() {
            "a page of one value reads all of them"
        } else {
            "a page in this order sorts all of them"
        };
        if let Some(span) = span(file, entity, list) {
            warning = warning.label(span, label);
        }
    }
    if unserved.iter().any(|list| !list.index.is_empty()) {
        let indexes = snippet(entity, table, unserved);
        warning = warning.help(format!("write `indexes: [{indexes}]`"));
    }
    if let Some(texts) = together(&too_long) {
        let help =
            format!("give {texts} a `max` of {LONGEST} or less; no index holds longer texts");
        warning = warning.help(help);
    }
    Some(warning)
}

fn together(names: &[String]) -> Option<String> {
    let (last, rest) = names.split_last()?;
    Some(match rest {
        [] => last.clone(),
        rest => format!("{} and {last}", rest.join(", ")),
    })
}

/// Where the schema says that there is such a list.
fn span(file: &EntityFile, entity: &Entity, list: &List) -> Option<Span> {
    let doc = &file.doc.list.as_ref()?.value;
    let at = |columns: &[Column], names: Option<&Spanned<Vec<Spanned<String>>>>| {
        let place = columns.iter().position(|it| Some(it) == list.column())?;
        Some(names?.value.get(place)?.span)
    };
    match &list.asked {
        Asked::By(_) => at(&entity.list.order, doc.order.as_ref()),
        Asked::With(_) => at(&entity.list.filter, doc.filter.as_ref()),
        // These have their indexes already.
        Asked::Plainly | Asked::Under(_) => None,
    }
}

/// The entity's indexes as a schema has them, with what is missing.
fn snippet(entity: &Entity, table: &Table, unserved: &[List]) -> String {
    let mut known = table.indexes.clone();
    let mut all = entity.indexes.clone();
    for list in unserved.iter().filter(|list| !list.index.is_empty()) {
        // What serves one list may serve another as well.
        if !list.is_served(entity, &known) {
            let terms = list.index.iter().map(|it| lists::term(entity, it));
            known.push(indexes::index(&table.name, terms.collect(), false));
            all.push(list.index.clone());
        }
    }
    let all = all.iter().map(|terms: &Vec<OrderTerm>| {
        let terms = terms.iter().map(|term| {
            let direction = if term.descending { "-" } else { "" };
            format!("{direction}{}", written(entity, &term.column))
        });
        format!("[{}]", terms.collect::<Vec<_>>().join(", "))
    });
    all.collect::<Vec<_>>().join(", ")
}

/// A column as a schema names it: a reference is named like its field.
fn written(entity: &Entity, column: &Column) -> String {
    match column {
        Column::Field(index) => entity.fields[*index].name.snake().to_owned(),
        other => column_name(entity, other),
    }
}
