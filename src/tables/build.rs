//! From the model to its tables.

use crate::model::{
    Archive, Bound, Column as ModelColumn, Delete, Entity, EntityId, FieldKind, IdType, Link,
    OnArchive, ScalarType, Service, TextType, Via,
};

pub use super::default::literal;
use super::indexes::{ascending, index};
use super::{
    Check, CheckRule, Column, ColumnType, ForeignKey, IndexTerm, Literal, Past, Schema, Table,
    TableKind, derived_name, idempotency, indexes, search,
};

/// The table that remembers references which removals cut.
pub const ARCHIVE_REFERENCES: &str = "archive_references";

/// The tables of a service.
pub fn of(service: &Service) -> Schema {
    let mut tables: Vec<Table> = Vec::new();
    for (index, entity) in service.entities.iter().enumerate() {
        let live = live_table(service, EntityId(index));
        if let Delete::Archive(_) = entity.delete {
            tables.push(archive_of(&live));
        }
        tables.push(live);
        for collection in &entity.collections {
            if let Via::Link(link) = &collection.via
                && link.owner
            {
                let target = service.entity(collection.target);
                let table = link_table(entity, target, link);
                if is_archived(entity) || is_archived(target) {
                    tables.push(archive_of(&table));
                }
                tables.push(table);
            }
        }
    }
    if detaches(service) {
        tables.push(archive_references());
    }
    if idempotency::keeps_answers(service) {
        tables.push(idempotency::table());
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Schema { tables }
}

/// Whether an entity's removed records are kept.
pub fn is_archived(entity: &Entity) -> bool {
    matches!(entity.delete, Delete::Archive(_))
}

/// The column of a model column, by name.
pub fn column_name(entity: &Entity, column: &ModelColumn) -> String {
    match column {
        ModelColumn::Id => "id".to_owned(),
        ModelColumn::Field(index) => entity.fields[*index].column(),
        ModelColumn::CreatedAt => "created_at".to_owned(),
        ModelColumn::UpdatedAt => "updated_at".to_owned(),
        ModelColumn::Version => "version".to_owned(),
    }
}

/// The type of an identifier's column.
pub fn id_type(id: IdType) -> ColumnType {
    match id {
        IdType::Uuid => ColumnType::Uuid,
        IdType::Bigint => ColumnType::Bigint,
        IdType::String => ColumnType::Text,
    }
}

/// The type of a field's column.
pub fn column_type(service: &Service, kind: &FieldKind) -> ColumnType {
    match kind {
        FieldKind::Enum(_) => ColumnType::Text,
        FieldKind::List(_) => ColumnType::Json,
        FieldKind::Reference(reference) => id_type(service.entity(reference.target).id),
        FieldKind::Scalar(scalar) => match scalar {
            ScalarType::String(_) | ScalarType::Text(_) => ColumnType::Text,
            ScalarType::Int(_) => ColumnType::Int,
            ScalarType::Bigint(_) => ColumnType::Bigint,
            ScalarType::Float(_) => ColumnType::Float,
            ScalarType::Decimal(decimal) => ColumnType::Decimal {
                precision: decimal.precision,
                scale: decimal.scale,
            },
            ScalarType::Bool => ColumnType::Bool,
            ScalarType::Uuid => ColumnType::Uuid,
            ScalarType::Date => ColumnType::Date,
            ScalarType::Time => ColumnType::Time,
            ScalarType::Timestamp => ColumnType::Timestamp,
            ScalarType::Duration => ColumnType::Duration,
            ScalarType::Json => ColumnType::Json,
            ScalarType::Bytes(_) => ColumnType::Bytes,
        },
    }
}

fn live_table(service: &Service, id: EntityId) -> Table {
    let entity = service.entity(id);
    let name = entity.name.plural_snake();
    let mut columns = vec![required("id", id_type(entity.id))];
    let mut checks = Vec::new();
    let mut foreign_keys = Vec::new();
    if entity.id == IdType::String {
        checks.push(Check {
            name: derived_name(&[name, "id"], "check"),
            column: "id".to_owned(),
            rules: vec![CheckRule::MinLength(1), CheckRule::MaxLength(255)],
        });
    }
    for field in &entity.fields {
        let column = field.column();
        columns.push(Column {
            name: column.clone(),
            ty: column_type(service, &field.kind),
            nullable: field.nullable,
            default: field.default.as_ref().and_then(literal),
            past: Past::default(),
        });
        if let FieldKind::Reference(reference) = &field.kind {
            let target = service.entity(reference.target);
            foreign_keys.push(ForeignKey {
                name: derived_name(&[name, &column], "fkey"),
                column: column.clone(),
                table: target.name.plural_snake().to_owned(),
            });
        }
        let rules = check_rules(&field.kind);
        if !rules.is_empty() {
            checks.push(Check {
                name: derived_name(&[name, &column], "check"),
                column,
                rules,
            });
        }
    }
    columns.extend(automatic_columns(entity));
    Table {
        indexes: indexes::of(service, id),
        name: name.to_owned(),
        kind: TableKind::Live,
        columns,
        primary_key: vec!["id".to_owned()],
        identity: entity.id == IdType::Bigint,
        guarded: is_archived(entity),
        search: search::of(entity),
        foreign_keys,
        checks,
        past: Past::default(),
    }
}

pub(super) fn required(name: &str, ty: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        ty,
        nullable: false,
        default: None,
        past: Past::default(),
    }
}

fn optional(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..required(name, ty)
    }
}

fn automatic_columns(entity: &Entity) -> Vec<Column> {
    let mut columns = Vec::new();
    if entity.automatic.version {
        columns.push(Column {
            default: Some(Literal::Int(1)),
            ..required("version", ColumnType::Bigint)
        });
    }
    if entity.automatic.created_at {
        columns.push(required("created_at", ColumnType::Timestamp));
    }
    if entity.automatic.updated_at {
        columns.push(required("updated_at", ColumnType::Timestamp));
    }
    columns
}

fn link_table(owner: &Entity, target: &Entity, link: &Link) -> Table {
    let sides = [(owner, &link.own_column), (target, &link.target_column)];
    let columns = sides
        .iter()
        .map(|(entity, column)| required(column, id_type(entity.id)))
        .collect();
    let foreign_keys = sides
        .iter()
        .map(|(entity, column)| ForeignKey {
            name: derived_name(&[&link.table, column], "fkey"),
            column: (*column).clone(),
            table: entity.name.plural_snake().to_owned(),
        })
        .collect();
    Table {
        name: link.table.clone(),
        kind: TableKind::Link,
        columns,
        primary_key: vec![link.own_column.clone(), link.target_column.clone()],
        identity: false,
        guarded: false,
        search: None,
        foreign_keys,
        checks: Vec::new(),
        past: Past::default(),
        indexes: vec![index(
            &link.table,
            vec![ascending(&link.target_column), ascending(&link.own_column)],
            false,
        )],
    }
}

/// The columns an archive table has before those of the table it mirrors.
pub fn archive_columns() -> Vec<Column> {
    vec![
        required("archive_id", ColumnType::Uuid),
        required("archive_batch", ColumnType::Uuid),
        required("archived_at", ColumnType::Timestamp),
        required("archived_by", ColumnType::Text),
        optional("archive_reason", ColumnType::Text),
        required("archive_request", ColumnType::Text),
        required("archive_root", ColumnType::Text),
        optional("archive_root_id", ColumnType::Text),
        // Which columns there were: a null of an older row may mean that there was no such column.
        optional("archive_schema", ColumnType::Bigint),
        optional("archive_purge_after", ColumnType::Timestamp),
        Column {
            default: Some(Literal::Bool(false)),
            ..required("archive_hold", ColumnType::Bool)
        },
        optional("archive_hash", ColumnType::Text),
    ]
}

/// The archive twin's name.
pub fn archive_name(table: &str) -> String {
    format!("{table}_archive")
}

/// The archive twin of a table: every column it has, all of them nullable and
/// without a rule, so that old rows outlive every later change of the live table.
pub fn archive_of(table: &Table) -> Table {
    let name = archive_name(&table.name);
    let mut columns = archive_columns();
    columns.extend(
        table
            .columns
            .iter()
            .map(|column| optional(&column.name, column.ty)),
    );
    // Links are looked for by either end.
    let originals = table.primary_key.iter().map(|it| vec![ascending(it)]);
    let descending = |column: &str| IndexTerm {
        column: column.to_owned(),
        descending: true,
    };
    let own = [
        vec![ascending("archive_batch")],
        vec![descending("archived_at"), descending("archive_id")],
    ];
    Table {
        indexes: originals
            .chain(own)
            .map(|terms| index(&name, terms, false))
            .collect(),
        name,
        kind: TableKind::Archive,
        columns,
        primary_key: vec!["archive_id".to_owned()],
        identity: false,
        guarded: false,
        search: None,
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        past: Past::default(),
    }
}

/// Whether any reference is remembered when a removal cuts it.
fn detaches(service: &Service) -> bool {
    service.entities.iter().any(|entity| {
        entity.fields.iter().any(|field| {
            matches!(&field.kind, FieldKind::Reference(reference) if reference.on_archive == OnArchive::Detach)
        })
    })
}

fn archive_references() -> Table {
    Table {
        name: ARCHIVE_REFERENCES.to_owned(),
        kind: TableKind::ArchiveReferences,
        columns: vec![
            required("archive_id", ColumnType::Uuid),
            required("archive_batch", ColumnType::Uuid),
            required("table_name", ColumnType::Text),
            required("column_name", ColumnType::Text),
            required("row_id", ColumnType::Text),
            required("target_id", ColumnType::Text),
        ],
        primary_key: vec!["archive_id".to_owned()],
        identity: false,
        guarded: false,
        search: None,
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        past: Past::default(),
        indexes: ["archive_batch", "row_id", "target_id"]
            .map(|column| index(ARCHIVE_REFERENCES, vec![ascending(column)], false))
            .to_vec(),
    }
}

/// How long an archive keeps its records, if it may let go of them at all.
pub fn archive_options(entity: &Entity) -> Option<&Archive> {
    match &entity.delete {
        Delete::Hard => None,
        Delete::Archive(archive) => Some(archive),
    }
}

fn check_rules(kind: &FieldKind) -> Vec<CheckRule> {
    match kind {
        FieldKind::Enum(enumeration) => vec![CheckRule::OneOf(
            enumeration
                .values
                .iter()
                .map(|value| value.name.written().to_owned())
                .collect(),
        )],
        FieldKind::Scalar(scalar) => scalar_rules(scalar),
        FieldKind::List(_) | FieldKind::Reference(_) => Vec::new(),
    }
}

fn scalar_rules(scalar: &ScalarType) -> Vec<CheckRule> {
    match scalar {
        ScalarType::String(text) | ScalarType::Text(text) => text_rules(text),
        ScalarType::Int(bound) | ScalarType::Bigint(bound) => {
            range_rules(bound, |value| Literal::Int(*value))
        }
        ScalarType::Float(bound) => {
            range_rules(bound, |value| Literal::Float(format!("{value:?}")))
        }
        ScalarType::Decimal(decimal) => {
            range_rules(&decimal.bound, |value| Literal::Decimal(value.to_string()))
        }
        ScalarType::Bytes(bound) => length_rules(bound.min, bound.max),
        ScalarType::Bool
        | ScalarType::Uuid
        | ScalarType::Date
        | ScalarType::Time
        | ScalarType::Timestamp
        | ScalarType::Duration
        | ScalarType::Json => Vec::new(),
    }
}

fn text_rules(text: &TextType) -> Vec<CheckRule> {
    length_rules(text.min, text.max)
}

fn length_rules(min: Option<u32>, max: Option<u32>) -> Vec<CheckRule> {
    let least = min.filter(|min| *min > 0).map(CheckRule::MinLength);
    least
        .into_iter()
        .chain(max.map(CheckRule::MaxLength))
        .collect()
}

fn range_rules<T>(bound: &Bound<T>, literal: impl Fn(&T) -> Literal) -> Vec<CheckRule> {
    let least = bound
        .min
        .as_ref()
        .map(|value| CheckRule::AtLeast(literal(value)));
    let most = bound
        .max
        .as_ref()
        .map(|value| CheckRule::AtMost(literal(value)));
    least.into_iter().chain(most).collect()
}
