//! What the schema says of the way from the old tables to the new: renames, what rows that
//! are there get, and what may go.
//!
//! A comparison of two sets of tables cannot know any of it, and never guesses.

use std::collections::BTreeMap;

use crate::model::{Backfill, DefaultValue, Entity, FieldKind, Name, Service, Via};

use super::build::{archive_name, literal};
use super::{Fill, Literal};

/// What the schema says of the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intent {
    /// By the new name, what is said of a table.
    pub tables: BTreeMap<String, TableIntent>,
    /// Tables, by the names they had, that go with all their rows.
    pub dropped: Vec<String>,
    /// Tables, by the names they had, that go, their rows kept in a table beside the schema.
    pub stashed: Vec<String>,
    /// Tables, by the names they had, that stay although the schema no longer has them.
    pub kept: Vec<String>,
    /// What the caller allows for this once, whatever the schema says.
    pub allow: Allow,
    /// The number that the migration gets: archives tell by it which of their rows missed it.
    pub migration: u64,
}

/// What the caller allows for this once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allow {
    /// Whether columns and tables that the schema no longer has may be dropped.
    pub drops: bool,
    /// Whether rules may become stricter than the rows that are there.
    pub narrowing: bool,
    /// Whether what is dropped is kept in a table beside the schema.
    pub stash: bool,
}

/// What the schema says of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableIntent {
    /// The entity, as its file says it, for messages.
    pub entity: String,
    /// The names that the table may have had.
    pub was: Vec<String>,
    /// By the new name, what is said of a column.
    pub columns: BTreeMap<String, ColumnIntent>,
    /// Columns that go with all their values.
    pub dropped: Vec<String>,
    /// Columns that go, their values copied to a table of their own.
    pub stashed: Vec<String>,
    /// Columns that stay although the schema no longer has them.
    pub kept: Vec<String>,
}

/// What the schema says of one column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnIntent {
    /// The field, as the file says it, for messages; empty for columns that come by themselves.
    pub field: String,
    /// The names that the column may have had.
    pub was: Vec<String>,
    /// What rows that are there get.
    pub fill: Option<Fill>,
    /// An enum's values that had other names: old and new.
    pub values: Vec<(String, String)>,
    /// Whether its rules may become stricter than the rows that are there.
    pub narrow: bool,
}

impl Intent {
    /// What a service's schema says.
    pub fn of(service: &Service) -> Self {
        let mut intent = Self {
            dropped: service
                .dropped
                .iter()
                .flat_map(|it| tables_of(it))
                .collect(),
            stashed: service
                .stashed
                .iter()
                .flat_map(|it| tables_of(it))
                .collect(),
            kept: service.kept.iter().flat_map(|it| tables_of(it)).collect(),
            ..Self::default()
        };
        for entity in &service.entities {
            let table = of_entity(entity);
            let name = entity.name.plural_snake();
            let archive = of_archive(entity);
            intent.tables.insert(archive_name(name), archive);
            intent.tables.insert(name.to_owned(), table);
            for collection in &entity.collections {
                if let Via::Link(link) = &collection.via
                    && link.owner
                {
                    let said = of_link(service, entity, &collection.via, collection.target.0);
                    intent.tables.insert(link.table.clone(), said);
                }
            }
        }
        intent
    }

    /// What is said of a table.
    pub fn table(&self, name: &str) -> Option<&TableIntent> {
        self.tables.get(name)
    }

    /// What is said of a column.
    pub fn column(&self, table: &str, column: &str) -> Option<&ColumnIntent> {
        self.tables.get(table)?.columns.get(column)
    }

    /// The entity that a table is of, for messages.
    pub fn entity<'a>(&'a self, table: &'a str) -> &'a str {
        match self.tables.get(table) {
            Some(said) if !said.entity.is_empty() => &said.entity,
            _ => table,
        }
    }

    /// The field that a column is of, for messages.
    pub fn field<'a>(&'a self, table: &str, column: &'a str) -> &'a str {
        match self.column(table, column) {
            Some(said) if !said.field.is_empty() => &said.field,
            _ => column,
        }
    }
}

/// The names of the tables that an entity of this name may have had.
fn tables_of(entity: &str) -> Vec<String> {
    let name = Name::new(entity);
    vec![name.plural_snake().to_owned(), name.snake().to_owned()]
}

/// The names of the columns that a field of this name may have had.
fn columns_of(field: &str) -> Vec<String> {
    let name = Name::new(field);
    vec![name.snake().to_owned(), format!("{}_id", name.snake())]
}

fn of_entity(entity: &Entity) -> TableIntent {
    let mut said = TableIntent {
        entity: entity.name.written().to_owned(),
        was: entity.was.as_deref().map(tables_of).unwrap_or_default(),
        dropped: entity
            .dropped
            .iter()
            .flat_map(|it| columns_of(it))
            .collect(),
        stashed: entity
            .stashed
            .iter()
            .flat_map(|it| columns_of(it))
            .collect(),
        kept: entity.kept.iter().flat_map(|it| columns_of(it)).collect(),
        columns: BTreeMap::new(),
    };
    for field in &entity.fields {
        let values = match &field.kind {
            FieldKind::Enum(kind) => kind
                .values
                .iter()
                .filter_map(|value| Some((value.was.clone()?, value.name.written().to_owned())))
                .collect(),
            _ => Vec::new(),
        };
        let column = ColumnIntent {
            field: field.name.written().to_owned(),
            was: field.was.as_deref().map(columns_of).unwrap_or_default(),
            fill: field
                .backfill
                .as_ref()
                .and_then(|it| of_backfill(entity, it))
                .or_else(|| {
                    // Records that may do without a value do without.
                    let default = field.default.as_ref().filter(|_| !field.nullable);
                    default.and_then(fresh)
                }),
            values,
            narrow: field.narrow,
        };
        said.columns.insert(field.column(), column);
    }
    for (column, fill) in [
        ("created_at", Fill::Now),
        ("updated_at", Fill::Now),
        ("version", Fill::Value(Literal::Int(1))),
    ] {
        let fill = Some(fill);
        said.columns
            .entry(column.to_owned())
            .or_insert_with(|| ColumnIntent {
                fill,
                ..ColumnIntent::default()
            });
    }
    said
}

/// An archive lets go of what is said of it, under the names that it has there.
fn of_archive(entity: &Entity) -> TableIntent {
    let columns = |names: &[String]| -> Vec<String> {
        let as_fields = names.iter().flat_map(|it| columns_of(it));
        as_fields.chain(names.iter().cloned()).collect()
    };
    TableIntent {
        entity: entity.name.written().to_owned(),
        dropped: columns(&entity.archive.dropped),
        stashed: columns(&entity.archive.stashed),
        ..TableIntent::default()
    }
}

/// What rows that are there get of a default: the constant itself, or a value of their own.
fn fresh(default: &DefaultValue) -> Option<Fill> {
    match default {
        DefaultValue::NewUuid => Some(Fill::NewUuid),
        DefaultValue::Today => Some(Fill::Today),
        DefaultValue::Now => Some(Fill::Now),
        other => literal(other).map(Fill::Value),
    }
}

fn of_backfill(entity: &Entity, backfill: &Backfill) -> Option<Fill> {
    match backfill {
        Backfill::Value(value) => fresh(value),
        Backfill::Copy(field) => {
            let name = Name::new(field);
            let column = entity
                .field(name.snake())
                .map_or_else(|| name.snake().to_owned(), crate::model::Field::column);
            Some(Fill::Copy(column))
        }
        Backfill::Sql { sqlite, postgres } => Some(Fill::Sql {
            sqlite: sqlite.clone(),
            postgres: postgres.clone(),
        }),
    }
}

/// A link table follows the names of its two entities.
fn of_link(service: &Service, owner: &Entity, via: &Via, target: usize) -> TableIntent {
    let Via::Link(link) = via else {
        return TableIntent::default();
    };
    let target = &service.entities[target];
    let mut columns = BTreeMap::new();
    for (entity, column) in [(owner, &link.own_column), (target, &link.target_column)] {
        let was = entity
            .was
            .as_deref()
            .map(|was| vec![format!("{}_id", Name::new(was).snake())]);
        let said = ColumnIntent {
            was: was.unwrap_or_default(),
            ..ColumnIntent::default()
        };
        columns.insert(column.clone(), said);
    }
    TableIntent {
        entity: owner.name.written().to_owned(),
        columns,
        ..TableIntent::default()
    }
}
