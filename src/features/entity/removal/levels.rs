//! Which rows go with a record: level by level, each found by a subquery from the
//! removed record's id.

use crate::dialect::quoted;
use crate::model::{EntityId, Field, FieldKind, OnArchive, Service};

/// The records of one kind that go.
pub struct Level {
    /// Which kind.
    pub entity: EntityId,
    /// Its table.
    pub table: String,
    /// A subquery of their ids; `$1` is the removed record's id.
    pub ids: String,
    /// What holds for them in their own table.
    pub rows: String,
    /// The references that take them along: the table referred to, and the column.
    pub via: Vec<(String, String)>,
    /// The references by which they take each other along.
    pub own: Vec<String>,
}

/// How a subquery of ids stands in a condition.
pub fn member(ids: &str) -> String {
    if ids == "$1" {
        "= $1".to_owned()
    } else {
        format!("in ({ids})")
    }
}

/// Every reference to an entity: the referring entity, the field, and what a removal does to it.
pub fn referrers(
    service: &Service,
    target: EntityId,
) -> impl Iterator<Item = (EntityId, &Field, OnArchive)> {
    service
        .entities
        .iter()
        .enumerate()
        .flat_map(move |(index, entity)| {
            entity
                .fields
                .iter()
                .filter_map(move |field| match &field.kind {
                    FieldKind::Reference(reference) if reference.target == target => {
                        Some((EntityId(index), field, reference.on_archive))
                    }
                    _ => None,
                })
        })
}

/// The tables whose rows go, from the root down, each after all it refers to.
pub fn levels(service: &Service, root: EntityId) -> Vec<Level> {
    let order = cascade_order(service, root);
    let mut levels: Vec<Level> = Vec::new();
    for entity in order {
        let mut via = Vec::new();
        let mut alternatives = Vec::new();
        let mut conditions = Vec::new();
        if entity == root {
            alternatives.push("$1".to_owned());
            conditions.push("id = $1".to_owned());
        }
        for above in &levels {
            for field in cascades(service, above.entity, entity) {
                let condition = format!("{} {}", quoted(&field.column()), member(&above.ids));
                let table = quoted(service.entity(entity).name.plural_snake());
                alternatives.push(format!("select id from {table} where {condition}"));
                conditions.push(condition);
                via.push((above.table.clone(), field.column()));
            }
        }
        let base = match alternatives.as_slice() {
            [only] => only.clone(),
            several => several.join(" union "),
        };
        let own: Vec<String> = cascades(service, entity, entity)
            .map(Field::column)
            .collect();
        let table = service.entity(entity).name.plural_snake().to_owned();
        let closed = closed(&table, &own, &base);
        levels.push(Level {
            entity,
            rows: if own.is_empty() {
                conditions.join(" or ")
            } else {
                format!("id {}", member(&closed))
            },
            ids: closed,
            table,
            via,
            own,
        });
    }
    levels
}

/// The ids with those of all records below them, where an entity cascades to itself.
fn closed(table: &str, own: &[String], base: &str) -> String {
    if own.is_empty() {
        return base.to_owned();
    }
    let start = if base == "$1" {
        format!("select id from {} where id = $1", quoted(table))
    } else {
        base.to_owned()
    };
    descendants(table, own, &start)
}

/// A subquery of the ids that `start` gives, and of all that refer to them by the columns.
pub fn descendants(table: &str, own: &[String], start: &str) -> String {
    let joins: Vec<String> = own
        .iter()
        .map(|column| format!("child.{} = going.id", quoted(column)))
        .collect();
    format!(
        "\n    with recursive going (id) as (\n        {start}\n        union\n        select child.id from {} as child join going on {}\n    )\n    select id from going\n",
        quoted(table),
        joins.join(" or ")
    )
}

pub fn cascades(
    service: &Service,
    target: EntityId,
    from: EntityId,
) -> impl Iterator<Item = &Field> {
    referrers(service, target)
        .filter(move |(entity, _, on)| *entity == from && *on == OnArchive::Cascade)
        .map(|(_, field, _)| field)
}

/// The entities that a removal reaches, each after all that reach it.
///
/// The check of the schema refuses cascades in a circle through several entities.
fn cascade_order(service: &Service, root: EntityId) -> Vec<EntityId> {
    fn visit(service: &Service, entity: EntityId, done: &mut Vec<EntityId>) {
        if done.contains(&entity) {
            return;
        }
        for (child, _, on_archive) in referrers(service, entity) {
            if on_archive == OnArchive::Cascade && child != entity {
                visit(service, child, done);
            }
        }
        done.push(entity);
    }
    let mut children_first = Vec::new();
    visit(service, root, &mut children_first);
    children_first.reverse();
    children_first
}
