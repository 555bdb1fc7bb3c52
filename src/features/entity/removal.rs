//! What the removal of one record takes along, as statements.
//!
//! The rows that go are found by subqueries from the removed record's id, one
//! level of references after the other. Every row is locked from the top down
//! before any is copied or deleted: PostgreSQL lets no new child in under a
//! locked parent, and SQLite holds the whole database anyway.

use serde::Serialize;

use crate::dialect::{self, Dialect, quoted};
use crate::model::{Entity, EntityId, Field, FieldKind, OnArchive, Service};
use crate::tables::build::{
    ARCHIVE_REFERENCES, archive_columns, archive_name, archive_options, field_column, id_type,
    is_archived,
};
use crate::tables::{ColumnType, Table, TableKind};

use super::super::Context;
use super::sql::{expression, filled};

/// The parts of a removal, each a list of Rust expressions of statements.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Removal {
    /// Locks of the rows that go, the root's aside, from the top down.
    pub locks: Vec<String>,
    /// References that are remembered before they are cut.
    pub remembered: Vec<String>,
    /// References that are cut.
    pub cut: Vec<String>,
    /// The rows that go, children first.
    pub moves: Vec<Move>,
}

/// The rows of one table that go.
#[derive(Debug, Clone, Serialize)]
pub struct Move {
    /// The table, for messages.
    pub table: String,
    /// The copy into the archive, if the table has one.
    pub archive: Option<String>,
    /// The deletion.
    pub delete: String,
}

/// Rows that a removal takes along.
struct Level {
    entity: EntityId,
    /// A subquery of their ids; `$1` is the removed record's id.
    ids: String,
}

impl Removal {
    /// What removing a record of the entity takes along.
    pub fn of(context: &Context<'_>, root: EntityId) -> Self {
        let service = context.service;
        let levels = levels(service, root);
        let mut removal = Self::default();
        for level in &levels {
            if level.entity != root || level.ids != "$1" {
                removal.locks.push(lock(service, level));
            }
            for (child, field, on_archive) in referrers(service, level.entity) {
                match on_archive {
                    OnArchive::Restrict | OnArchive::Cascade => {}
                    OnArchive::SetNull => removal.cut.push(cut(service, child, field, level)),
                    OnArchive::Detach => {
                        removal
                            .remembered
                            .push(remember(service, child, field, level));
                        removal.cut.push(cut(service, child, field, level));
                    }
                }
            }
        }
        for level in levels.iter().rev() {
            removal.moves.extend(link_moves(context, root, level));
            let entity = service.entity(level.entity);
            let name = entity.name.plural_snake();
            let condition = format!("id {}", member(&level.ids));
            removal.moves.extend(moved(
                context,
                root,
                entity,
                name,
                is_archived(entity),
                &condition,
            ));
        }
        removal
    }

    /// Whether the record goes alone and leaves no trace: then one statement removes it.
    pub fn is_plain(&self) -> bool {
        self.remembered.is_empty()
            && self.cut.is_empty()
            && self.moves.len() == 1
            && self.moves.iter().all(|it| it.archive.is_none())
    }
}

/// How a subquery of ids stands in a condition.
fn member(ids: &str) -> String {
    if ids == "$1" {
        "= $1".to_owned()
    } else {
        format!("in ({ids})")
    }
}

/// Every reference to an entity: the referring entity, the field, and what a removal does to it.
fn referrers(
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
fn levels(service: &Service, root: EntityId) -> Vec<Level> {
    let order = cascade_order(service, root);
    let mut levels: Vec<Level> = Vec::new();
    for entity in order {
        let mut alternatives = Vec::new();
        if entity == root {
            alternatives.push("$1".to_owned());
        }
        for above in &levels {
            for field in cascades(service, above.entity, entity) {
                alternatives.push(format!(
                    "select id from {} where {} {}",
                    quoted(service.entity(entity).name.plural_snake()),
                    quoted(&field_column(field)),
                    member(&above.ids)
                ));
            }
        }
        let base = match alternatives.as_slice() {
            [only] => only.clone(),
            several => several.join(" union "),
        };
        levels.push(Level {
            entity,
            ids: closed(service, entity, base),
        });
    }
    levels
}

/// The ids with those of all records below them, where an entity cascades to itself.
fn closed(service: &Service, entity: EntityId, base: String) -> String {
    let own: Vec<&Field> = cascades(service, entity, entity).collect();
    if own.is_empty() {
        return base;
    }
    let table = quoted(service.entity(entity).name.plural_snake());
    let joins: Vec<String> = own
        .iter()
        .map(|field| format!("child.{} = gone.id", quoted(&field_column(field))))
        .collect();
    let start = if base == "$1" {
        format!("select id from {table} where id = $1")
    } else {
        base
    };
    format!(
        "with recursive gone (id) as ({start} union select child.id from {table} as child join gone on {}) select id from gone",
        joins.join(" or ")
    )
}

fn cascades(service: &Service, target: EntityId, from: EntityId) -> impl Iterator<Item = &Field> {
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

fn lock(service: &Service, level: &Level) -> String {
    let table = quoted(service.entity(level.entity).name.plural_snake());
    expression(service, |dialect| {
        format!(
            "select true\nfrom {table}\nwhere id {}{}",
            member(&level.ids),
            dialect.for_update()
        )
    })
}

fn cut(service: &Service, child: EntityId, field: &Field, level: &Level) -> String {
    let entity = service.entity(child);
    let column = quoted(&field_column(field));
    let version = if entity.automatic.version {
        ", version = version + 1"
    } else {
        ""
    };
    expression(service, |_| {
        format!(
            "update {}\nset {column} = null{version}\nwhere {column} {}",
            quoted(entity.name.plural_snake()),
            member(&level.ids)
        )
    })
}

fn remember(service: &Service, child: EntityId, field: &Field, level: &Level) -> String {
    let entity = service.entity(child);
    let column = field_column(field);
    let target_type = id_type(service.entity(level.entity).id);
    expression(service, |dialect| {
        format!(
            "insert into {ARCHIVE_REFERENCES}\n    (archive_id, archive_batch, table_name, column_name, row_id, target_id)\nselect {}, {}, '{}', '{column}', {}, {}\nfrom {}\nwhere {} {}",
            dialect.new_uuid(),
            dialect.parameter(2, ColumnType::Uuid),
            entity.name.plural_snake(),
            dialect.as_text("id", id_type(entity.id)),
            dialect.as_text(&quoted(&column), target_type),
            quoted(entity.name.plural_snake()),
            quoted(&column),
            member(&level.ids)
        )
    })
}

/// The link rows that go with the records of a level.
fn link_moves(context: &Context<'_>, root: EntityId, level: &Level) -> Vec<Move> {
    let target = service_table(context, level.entity);
    let mut moves = Vec::new();
    for table in &context.schema.tables {
        if table.kind != TableKind::Link {
            continue;
        }
        let conditions: Vec<String> = table
            .foreign_keys
            .iter()
            .filter(|key| key.table == target)
            .map(|key| format!("{} {}", quoted(&key.column), member(&level.ids)))
            .collect();
        if !conditions.is_empty() {
            let archived = context.schema.table(&archive_name(&table.name)).is_some();
            moves.extend(moved(
                context,
                root,
                context.service.entity(level.entity),
                &table.name,
                archived,
                &conditions.join(" or "),
            ));
        }
    }
    moves
}

fn service_table<'a>(context: &Context<'a>, entity: EntityId) -> &'a str {
    context.service.entity(entity).name.plural_snake()
}

fn moved(
    context: &Context<'_>,
    root: EntityId,
    keeper: &Entity,
    name: &str,
    archived: bool,
    condition: &str,
) -> Option<Move> {
    let table = context.schema.table(name)?;
    let service = context.service;
    let root_entity = service.entity(root);
    Some(Move {
        table: name.to_owned(),
        archive: archived.then(|| {
            expression(service, |dialect| {
                archive(dialect, table, root_entity, keeper, condition)
            })
        }),
        delete: expression(service, |_| {
            format!("delete from {}\nwhere {condition}", quoted(name))
        }),
    })
}

/// The copy of rows into their archive: `$2` the batch, `$3` who, `$4` why, `$5` the request.
///
/// The keeper's retention says how long the rows must stay.
fn archive(
    dialect: &dyn Dialect,
    table: &Table,
    root: &Entity,
    keeper: &Entity,
    condition: &str,
) -> String {
    let own: Vec<String> = archive_columns()
        .into_iter()
        .map(|column| column.name)
        .collect();
    let columns: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
    let purge_after = match archive_options(keeper).and_then(|archive| archive.retain) {
        Some(span) => dialect.now_plus(span.years, span.months, span.days),
        None => "null".to_owned(),
    };
    format!(
        "insert into {}\n    ({},\n     {})\nselect {}, {}, {}, {}, {}, {}, '{}',\n    {purge_after},\n    {}\nfrom {}\nwhere {condition}",
        dialect::quoted(&archive_name(&table.name)),
        filled(&own, "     "),
        filled(&columns, "     "),
        dialect.new_uuid(),
        dialect.parameter(2, ColumnType::Uuid),
        dialect.now(),
        dialect.parameter(3, ColumnType::Text),
        dialect.parameter(4, ColumnType::Text),
        dialect.parameter(5, ColumnType::Text),
        root.name.plural_snake(),
        filled(&columns, "    "),
        quoted(&table.name)
    )
}
