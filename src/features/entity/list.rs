//! What a list may be asked about, as the generated table declares it to the runtime.

use serde::Serialize;

use crate::model::{Column, Entity, Field, FieldKind, IdType, ScalarType, Service};
use crate::tables::build::column_name;

use super::imports::Imports;
use super::model_view::link_members;
use super::relations::has_any;
use super::sql::{Statements, automatic, is_one_range};
use super::{rust, sql};
use crate::tables::Table;

/// The declaration of a list.
#[derive(Debug, Clone, Serialize)]
pub struct ListView {
    /// The table's name.
    pub table: String,
    /// The columns of a record, as an expression of `db::Sql`.
    pub record: String,
    /// The members of a record as callers see it.
    pub members: Vec<String>,
    /// The relations of a record, as an expression.
    pub relations: &'static str,
    /// The columns, each as an expression.
    pub columns: Vec<String>,
    /// The default order, each term as an expression.
    pub default_order: Vec<String>,
    /// Whether a constant statement reads the pages after the first one.
    pub has_after: bool,
    /// The index of words, where there is one.
    pub search: Option<SearchView>,
    /// The page size when the caller names none.
    pub page_size: u32,
    /// The largest page.
    pub most: u32,
}

/// An index of words.
#[derive(Debug, Clone, Serialize)]
pub struct SearchView {
    /// Its name.
    pub index: String,
    /// The columns that it is over.
    pub columns: Vec<String>,
}

/// What a record holds in a column that lists are ordered by.
#[derive(Debug, Clone, Serialize)]
pub struct KeyValue {
    /// The column.
    pub column: String,
    /// Its value as a parameter of a statement.
    pub value: String,
}

impl ListView {
    /// The list of an entity.
    pub fn of(
        service: &Service,
        entity: &Entity,
        table: &Table,
        statements: &Statements<'_>,
        imports: &mut Imports,
    ) -> Self {
        Self {
            table: table.name.clone(),
            record: statements.record(),
            members: members(service, entity),
            relations: if has_any(entity) && service.features.http.is_some() {
                "super::relations::RELATIONS"
            } else {
                "&[]"
            },
            columns: columns(service, entity, imports),
            default_order: entity
                .list
                .default_order
                .iter()
                .map(|term| {
                    let direction = if term.descending {
                        "descending"
                    } else {
                        "ascending"
                    };
                    let column = column_name(entity, &term.column);
                    format!("list::Term::{direction}(\"{column}\")")
                })
                .collect(),
            search: table.search.as_ref().map(|search| SearchView {
                index: search.name.clone(),
                columns: search.columns.clone(),
            }),
            has_after: is_one_range(entity, table),
            page_size: entity.list.default_page,
            most: entity.list.max_page,
        }
    }
}

/// The columns that a list may be ordered by, with their values in a record.
pub fn key_values(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<KeyValue> {
    let ordered = listed(entity)
        .into_iter()
        .filter(|column| is_ordered(entity, column));
    ordered
        .map(|column| KeyValue {
            column: column_name(entity, &column),
            value: match &column {
                Column::Field(index) => {
                    let field = &entity.fields[*index];
                    let place = format!("self.{}", rust::field_ident(field));
                    rust::parameter(service, field, &place, field.nullable, imports)
                }
                Column::Id => {
                    if entity.id == IdType::String {
                        "&self.id".to_owned()
                    } else {
                        "self.id".to_owned()
                    }
                }
                other => format!("self.{}", column_name(entity, other)),
            },
        })
        .collect()
}

/// The identifier, and every column that the schema's `list` names.
fn listed(entity: &Entity) -> Vec<Column> {
    let list = &entity.list;
    let mut columns = vec![Column::Id];
    let named = list.default_order.iter().map(|term| &term.column);
    for column in named.chain(&list.order).chain(&list.filter) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

fn is_ordered(entity: &Entity, column: &Column) -> bool {
    let list = &entity.list;
    *column == Column::Id
        || list.order.contains(column)
        || list.default_order.iter().any(|term| term.column == *column)
}

/// The members of a record as callers see it.
pub fn members(service: &Service, entity: &Entity) -> Vec<String> {
    let mut members = vec!["id".to_owned()];
    let shown = entity.fields.iter().filter(|field| !field.write_only);
    members.extend(shown.map(Field::column));
    members.extend(link_members(service, entity).into_iter().map(|it| it.0));
    members.extend(automatic(entity).into_iter().map(str::to_owned));
    members
}

fn columns(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<String> {
    let list = &entity.list;
    listed(entity)
        .iter()
        .map(|column| {
            let field = match column {
                Column::Field(index) => Some(&entity.fields[*index]),
                _ => None,
            };
            let mut text = format!(
                "list::Column::new(\"{}\", {})",
                column_name(entity, column),
                kind(service, entity, column, field, imports)
            );
            if field.is_some_and(|field| field.nullable) {
                text.push_str(".nullable()");
            }
            if list.filter.contains(column) {
                text.push_str(".filter()");
            }
            if *column == Column::Id || list.order.contains(column) {
                text.push_str(".order()");
            }
            if let Some(Field {
                name,
                kind: FieldKind::Reference(reference),
                ..
            }) = field
            {
                let target = &service.entity(reference.target).name;
                let target = if target == &entity.name {
                    "TABLE".to_owned()
                } else {
                    format!("crate::{}::queries::TABLE", rust::escaped(target.snake()))
                };
                text.extend([".refers(\"", name.snake(), "\", &", &target, ")"]);
            }
            text
        })
        .collect()
}

fn kind(
    service: &Service,
    entity: &Entity,
    column: &Column,
    field: Option<&Field>,
    imports: &mut Imports,
) -> String {
    let kind = match (column, field.map(|field| &field.kind)) {
        (_, Some(FieldKind::Enum(enumeration))) => {
            let name = enumeration.name.pascal();
            imports.add("super::model", name);
            return format!("list::Kind::Enum(list::names::<{name}>)");
        }
        (_, Some(FieldKind::Scalar(ScalarType::Decimal(decimal)))) => {
            let (precision, scale) = (decimal.precision, decimal.scale);
            return format!("list::Kind::Decimal {{ precision: {precision}, scale: {scale} }}");
        }
        (_, Some(FieldKind::Scalar(scalar))) => scalar_kind(scalar),
        (_, Some(FieldKind::Reference(reference))) => {
            sql::id_kind(service.entity(reference.target).id)
        }
        (Column::Version, _) => "Bigint",
        (Column::CreatedAt | Column::UpdatedAt, _) => "Timestamp",
        _ => sql::id_kind(entity.id),
    };
    format!("list::Kind::{kind}")
}

fn scalar_kind(scalar: &ScalarType) -> &'static str {
    match scalar {
        ScalarType::Int(_) => "Int",
        ScalarType::Bigint(_) => "Bigint",
        ScalarType::Float(_) => "Float",
        ScalarType::Bool => "Bool",
        ScalarType::Uuid => "Uuid",
        ScalarType::Date => "Date",
        ScalarType::Time => "Time",
        ScalarType::Timestamp => "Timestamp",
        ScalarType::Duration => "Duration",
        // JSON and bytes are refused by the check; a decimal has digits of its own.
        ScalarType::String(_)
        | ScalarType::Text(_)
        | ScalarType::Decimal(_)
        | ScalarType::Json
        | ScalarType::Bytes(_) => "Text",
    }
}
