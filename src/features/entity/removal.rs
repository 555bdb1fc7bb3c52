//! What the removal of one record takes along, as statements.
//!
//! The rows that go are found by subqueries from the removed record's id, one
//! level of references after the other. Every row is locked from the top down
//! before any is copied or deleted: PostgreSQL lets no new child in under a
//! locked parent, and SQLite holds the whole database anyway.

use serde::Serialize;

use crate::dialect::{self, Dialect, quoted};
use crate::model::{Entity, EntityId, Field, FieldKind, OnArchive, Service, Via};
use crate::tables::build::{
    ARCHIVE_REFERENCES, archive_columns, archive_name, archive_options, id_type, is_archived,
};
use crate::tables::{ColumnType, Table, TableKind};

use super::super::Context;
use super::sql::{Statement, filled, statement};

/// The parts of a removal, by the names of their statements.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Removal {
    /// Every statement, in the order in which they run.
    pub statements: Vec<Statement>,
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
    /// What holds for them in their own table.
    rows: String,
}

impl Removal {
    /// What removing a record of the entity takes along.
    pub fn of(context: &Context<'_>, root: EntityId) -> Self {
        let service = context.service;
        let levels = levels(service, root);
        let mut removal = Self::default();
        for level in &levels {
            if level.entity != root || level.ids != "$1" {
                let lock = lock(service, level);
                removal.locks.push(named(&mut removal.statements, lock));
            }
            for (child, field, on_archive) in referrers(service, level.entity) {
                if on_archive == OnArchive::Detach {
                    let remember = remember(service, child, field, level);
                    removal
                        .remembered
                        .push(named(&mut removal.statements, remember));
                }
                if matches!(on_archive, OnArchive::Detach | OnArchive::SetNull) {
                    let cut = cut(service, child, field, level);
                    removal.cut.push(named(&mut removal.statements, cut));
                }
            }
        }
        removal.move_links(context, root, &levels);
        for level in levels.iter().rev() {
            let entity = service.entity(level.entity);
            let name = entity.name.plural_snake();
            removal.move_rows(
                context,
                root,
                entity,
                name,
                is_archived(entity),
                &level.rows,
            );
        }
        removal
    }

    /// The link rows that go with the records. A table is asked once, though both of its sides
    /// may go: a row between two of them goes once.
    fn move_links(&mut self, context: &Context<'_>, root: EntityId, levels: &[Level]) {
        for table in &context.schema.tables {
            if table.kind != TableKind::Link || is_restricted(context.service, &table.name) {
                continue;
            }
            let mut keeper = None;
            let mut conditions = Vec::new();
            for level in levels.iter().rev() {
                let entity = context.service.entity(level.entity);
                for key in &table.foreign_keys {
                    if key.table == entity.name.plural_snake() {
                        keeper = keeper.or(Some(entity));
                        conditions.push(format!("{} {}", quoted(&key.column), member(&level.ids)));
                    }
                }
            }
            if let Some(keeper) = keeper {
                let archived = context.schema.table(&archive_name(&table.name)).is_some();
                let condition = conditions.join(" or ");
                self.move_rows(context, root, keeper, &table.name, archived, &condition);
            }
        }
    }

    /// The rows of one table that go.
    fn move_rows(
        &mut self,
        context: &Context<'_>,
        root: EntityId,
        keeper: &Entity,
        name: &str,
        archived: bool,
        condition: &str,
    ) {
        let Some(table) = context.schema.table(name) else {
            return;
        };
        let service = context.service;
        let words = name.replace('_', " ");
        let archive = archived.then(|| {
            let doc = format!("The copy of the {words} that go, in their archive.");
            statement(service, &constant("ARCHIVE", name), &doc, |dialect| {
                archive(dialect, table, service.entity(root), keeper, condition)
            })
        });
        let doc = format!("The end of the {words} that go.");
        let delete = statement(service, &constant("DELETE", name), &doc, |_| {
            format!("delete from {}\nwhere {condition}", quoted(name))
        });
        let step = Move {
            table: name.to_owned(),
            archive: archive.map(|archive| named(&mut self.statements, archive)),
            delete: named(&mut self.statements, delete),
        };
        self.moves.push(step);
    }

    /// Whether the record goes alone and leaves no trace: then one statement removes it.
    pub fn is_plain(&self) -> bool {
        self.remembered.is_empty()
            && self.cut.is_empty()
            && self.moves.len() == 1
            && self.moves.iter().all(|it| it.archive.is_none())
    }
}

/// Takes a statement in, and gives its name.
fn named(statements: &mut Vec<Statement>, statement: Statement) -> String {
    let name = statement.name.clone();
    statements.push(statement);
    name
}

/// Whether links of this table keep a record from being removed.
fn is_restricted(service: &Service, table: &str) -> bool {
    let collections = service.entities.iter().flat_map(|it| &it.collections);
    collections.into_iter().any(|collection| {
        matches!(&collection.via, Via::Link(link) if link.table == table && link.on_archive == OnArchive::Restrict)
    })
}

/// The name of a statement on a table.
fn constant(verb: &str, table: &str) -> String {
    format!("{verb}_{}", table.to_uppercase())
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
            }
        }
        let base = match alternatives.as_slice() {
            [only] => only.clone(),
            several => several.join(" union "),
        };
        let closed = closed(service, entity, &base);
        levels.push(Level {
            entity,
            rows: if closed == base {
                conditions.join(" or ")
            } else {
                format!("id {}", member(&closed))
            },
            ids: closed,
        });
    }
    levels
}

/// The ids with those of all records below them, where an entity cascades to itself.
fn closed(service: &Service, entity: EntityId, base: &str) -> String {
    let own: Vec<&Field> = cascades(service, entity, entity).collect();
    if own.is_empty() {
        return base.to_owned();
    }
    let table = quoted(service.entity(entity).name.plural_snake());
    let joins: Vec<String> = own
        .iter()
        .map(|field| format!("child.{} = gone.id", quoted(&field.column())))
        .collect();
    let start = if base == "$1" {
        format!("select id from {table} where id = $1")
    } else {
        base.to_owned()
    };
    format!(
        "\n    with recursive gone (id) as (\n        {start}\n        union\n        select child.id from {table} as child join gone on {}\n    )\n    select id from gone\n",
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

fn lock(service: &Service, level: &Level) -> Statement {
    let name = service.entity(level.entity).name.plural_snake();
    let table = quoted(name);
    let doc = format!(
        "Holds the {} that go until the transaction ends.",
        service.entity(level.entity).name.plural_sentence()
    );
    statement(service, &constant("LOCK", name), &doc, |dialect| {
        format!(
            "select true\nfrom {table}\nwhere {}{}",
            level.rows,
            dialect.for_update()
        )
    })
}

fn cut(service: &Service, child: EntityId, field: &Field, level: &Level) -> Statement {
    let entity = service.entity(child);
    let column = quoted(&field.column());
    let on = format!("{}_{}", entity.name.plural_snake(), field.column());
    let doc = format!(
        "Cuts the {} of {} loose.",
        field.name.sentence(),
        entity.name.plural_sentence()
    );
    let version = if entity.automatic.version {
        ", version = version + 1"
    } else {
        ""
    };
    statement(service, &constant("CUT", &on), &doc, |_| {
        format!(
            "update {}\nset {column} = null{version}\nwhere {column} {}",
            quoted(entity.name.plural_snake()),
            member(&level.ids)
        )
    })
}

fn remember(service: &Service, child: EntityId, field: &Field, level: &Level) -> Statement {
    let entity = service.entity(child);
    let column = field.column();
    let on = format!("{}_{column}", entity.name.plural_snake());
    let doc = format!(
        "Remembers the {} of {}, so that a restore can tie it again.",
        field.name.sentence(),
        entity.name.plural_sentence()
    );
    let target_type = id_type(service.entity(level.entity).id);
    statement(service, &constant("REMEMBER", &on), &doc, |dialect| {
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
