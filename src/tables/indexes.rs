//! The indexes of an entity's table: those that the schema declares, and those that come by themselves.
//!
//! By themselves come an index for the default order, and one for each reference, so that the
//! removal of a parent does not read the whole table. Where records are listed under the one that
//! they refer to, or filtered by it, the index of the reference goes on with the default order:
//! a parent may have any number of children, `GET /parents/{id}/children` is asked for all the
//! time, and sorting all of them for each page costs more than the wider index does.
//! Other lists are matters of advice, since each index makes every write dearer.

use super::lists::{self, Asked, List, term};
use super::{Index, IndexTerm, derived_name};
use crate::model::{Column, Entity, EntityId, FieldKind, Service};

/// The indexes of an entity's table.
pub(super) fn of(service: &Service, id: EntityId) -> Vec<Index> {
    let entity = service.entity(id);
    let table = entity.name.plural_snake();
    let terms = |list: &List| list.index.iter().map(|it| term(entity, it)).collect();
    let mut indexes = declared(entity);
    let lists = lists::of(service, id);
    for list in &lists {
        let is_served = match &list.asked {
            Asked::Plainly => list.is_served_whole(entity, &indexes),
            Asked::With(column) | Asked::Under(column) if is_reference(entity, column) => {
                list.is_served(entity, &indexes)
            }
            Asked::By(_) | Asked::With(_) | Asked::Under(_) => true,
        };
        if !is_served {
            indexes.push(index(table, terms(list), false));
        }
    }
    for field in &entity.fields {
        let column = field.column();
        let begins = |it: &Index| it.terms.first().is_some_and(|first| first.column == column);
        if matches!(field.kind, FieldKind::Reference(_)) && !indexes.iter().any(begins) {
            indexes.push(index(table, vec![ascending(&column)], false));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    indexes.retain(|index| seen.insert(index.name.clone()));
    indexes
}

fn declared(entity: &Entity) -> Vec<Index> {
    let table = entity.name.plural_snake();
    let fields = entity.fields.iter().filter(|field| field.unique);
    let fields = fields.map(|field| vec![ascending(&field.column())]);
    let uniques = entity.uniques.iter().map(|unique| {
        let columns = unique
            .iter()
            .map(|it| super::build::column_name(entity, it));
        columns.map(|it| ascending(&it)).collect()
    });
    let plain = entity.indexes.iter();
    let plain = plain.map(|it| it.iter().map(|it| term(entity, it)).collect());
    let unique = fields.chain(uniques).map(|terms| index(table, terms, true));
    unique
        .chain(plain.map(|terms| index(table, terms, false)))
        .collect()
}

fn is_reference(entity: &Entity, column: &Column) -> bool {
    matches!(column, Column::Field(index) if matches!(entity.fields[*index].kind, FieldKind::Reference(_)))
}

/// The terms of the default order, and the id that breaks ties.
pub fn default_order_terms(entity: &Entity) -> Vec<IndexTerm> {
    let order = lists::complete(&entity.list.default_order);
    order.iter().map(|it| term(entity, it)).collect()
}

/// A term by which smaller values come first.
pub(super) fn ascending(column: &str) -> IndexTerm {
    IndexTerm {
        column: column.to_owned(),
        descending: false,
    }
}

/// An index, named after what it is of.
pub(super) fn index(table: &str, terms: Vec<IndexTerm>, unique: bool) -> Index {
    let mut parts = vec![table];
    for term in &terms {
        parts.push(&term.column);
        if term.descending {
            parts.push("desc");
        }
    }
    Index {
        name: derived_name(&parts, if unique { "key" } else { "idx" }),
        unique,
        terms,
    }
}
