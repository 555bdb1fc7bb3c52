//! Migrations: the SQL that makes the tables, and the list that the service runs.

use minijinja::context;

use crate::dialect::{self, Dialect};
use crate::model::{Database, Service};
use crate::plan::Ownership;
use crate::tables::diff::Change;
use crate::tables::{ForeignKey, Table};

use super::{Context, Contribution, Feature, Module};

/// Migrations for every database of the service.
pub struct Migrations;

impl Feature for Migrations {
    fn name(&self) -> &'static str {
        "migrations"
    }

    fn is_on(&self, _service: &Service) -> bool {
        true
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        let mut ids = context.history.to_vec();
        if let Some(id) = next_id(context.history, context.changes) {
            for dialect in dialects(context.service) {
                out.text(
                    format!("migrations/{id}/{}.sql", dialect.name()),
                    sql(*dialect, context.changes),
                    Ownership::History,
                );
            }
            ids.push(id);
        }
        out.template(
            "src/migrations.rs",
            "migrations/migrations.rs",
            context! {
                migrations => ids,
                sqlite => context.service.databases.contains(&Database::Sqlite),
                postgres => context.service.databases.contains(&Database::Postgres),
            },
            Ownership::Managed,
            None,
        );
        out.modules.push(Module {
            name: "migrations".to_owned(),
        });
    }
}

/// The dialects of the service's databases.
pub fn dialects(service: &Service) -> impl Iterator<Item = &'static &'static dyn Dialect> {
    dialect::ALL.iter().filter(|dialect| {
        service
            .databases
            .iter()
            .any(|database| database_name(*database) == dialect.name())
    })
}

fn database_name(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
    }
}

/// The name of the migration that makes the changes, if there are any.
pub fn next_id(history: &[String], changes: &[Change]) -> Option<String> {
    let is_written =
        |change: &Change| !matches!(change, Change::Retire { .. } | Change::Refused { .. });
    if !changes.iter().any(is_written) {
        return None;
    }
    let number = history
        .iter()
        .filter_map(|id| id.split('_').next()?.parse::<u32>().ok())
        .max()
        .unwrap_or(0)
        + 1;
    Some(format!("{number:04}_{}", slug(history, changes)))
}

fn slug(history: &[String], changes: &[Change]) -> String {
    if history.is_empty() {
        return "initial".to_owned();
    }
    let first = changes.iter().find_map(|change| match change {
        Change::AddTable(table) => Some(format!("create_{}", table.name)),
        Change::AddColumn { table, column } => Some(format!("add_{column}_to_{}", table.name)),
        Change::AddIndex { table, .. } => Some(format!("index_{}", table.name)),
        Change::DropIndex { index } => Some(format!("drop_{}", index.name)),
        Change::Guard { table } => Some(format!("guard_{}", table.name)),
        Change::Unguard { table } => Some(format!("unguard_{}", table.name)),
        Change::AddSearch { table } => Some(format!("search_{}", table.name)),
        Change::DropSearch { table } => Some(format!("end_search_of_{}", table.name)),
        Change::Retire { .. } | Change::Refused { .. } => None,
    });
    let mut slug = first.unwrap_or_else(|| "change".to_owned());
    slug.truncate(60);
    slug
}

/// The SQL of one migration for one database.
fn sql(dialect: &dyn Dialect, changes: &[Change]) -> String {
    let mut created: Vec<&str> = Vec::new();
    let mut later: Vec<(&Table, &ForeignKey)> = Vec::new();
    let mut text = String::new();
    for change in changes {
        match change {
            Change::AddTable(table) => {
                created.push(&table.name);
                if !text.is_empty() {
                    text.push('\n');
                }
                let mut now = table.clone();
                if !dialect.takes_references_to_later_tables() {
                    now.foreign_keys
                        .retain(|key| !comes_later(&key.table, &created, changes));
                    later.extend(
                        table
                            .foreign_keys
                            .iter()
                            .filter(|key| !now.foreign_keys.contains(key))
                            .map(|key| (table, key)),
                    );
                }
                text.push_str(&dialect::create_table(dialect, &now));
            }
            Change::AddColumn { table, column } => {
                if let Some(column) = table.column(column) {
                    text.push_str(&dialect::add_column(dialect, table, column));
                }
            }
            Change::AddIndex { table, index } => {
                text.push_str(&dialect::create_index(dialect, table, index));
            }
            Change::DropIndex { index } => {
                text.push_str(&dialect::drop_index(index));
            }
            Change::DropSearch { table } => text.push_str(&dialect.unsearch(table)),
            Change::AddSearch { table } => text.push_str(&dialect.search(table)),
            Change::Unguard { table } => text.push_str(&dialect.unguard(table)),
            // Guards come last: an archive is created after what it is of.
            Change::Guard { .. } | Change::Retire { .. } | Change::Refused { .. } => {}
        }
    }
    for (table, key) in later {
        text.push_str(&dialect::add_foreign_key(table, key));
    }
    text.push_str(&guards(dialect, changes));
    text
}

/// What refuses deletions that do not archive.
fn guards(dialect: &dyn Dialect, changes: &[Change]) -> String {
    let guards: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Guard { table } => Some(dialect.guard(table)),
            _ => None,
        })
        .collect();
    if guards.is_empty() {
        return String::new();
    }
    format!("\n{}{}", dialect.before_guards(), guards.join(""))
}

/// Whether a table is created by these changes, but not yet.
fn comes_later(table: &str, created: &[&str], changes: &[Change]) -> bool {
    !created.contains(&table)
        && changes
            .iter()
            .any(|change| matches!(change, Change::AddTable(new) if new.name == table))
}
