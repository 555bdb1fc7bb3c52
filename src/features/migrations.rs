//! Migrations: the SQL that makes the tables, and the list that the service runs.

use minijinja::context;

use crate::dialect::{self, Dialect};
use crate::migrate::{folder, sum};
use crate::model::{Database, Service};
use crate::plan::Ownership;

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
        let mut chain = context.history.to_vec();
        if let Some(migration) = context.migration {
            for (name, text) in &migration.files {
                let path = folder::path(&migration.id, name);
                out.text(path, text.clone(), Ownership::History);
            }
            chain.push(migration.link.clone());
        }
        out.text(folder::SUM, sum::write(&chain), Ownership::Sealed);
        let ids: Vec<String> = chain.into_iter().map(|link| link.id).collect();
        let databases = &context.service.databases;
        let names: Vec<&str> = databases.iter().copied().map(database_name).collect();
        out.template(
            "src/migrations.rs",
            "migrations/migrations.rs",
            context! {
                migrations => ids,
                databases => names.join(" "),
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
pub fn dialects(service: &Service) -> Vec<&'static dyn Dialect> {
    let of_service = |dialect: &&dyn Dialect| {
        let mut databases = service.databases.iter();
        databases.any(|database| database_name(*database) == dialect.name())
    };
    dialect::ALL.iter().copied().filter(of_service).collect()
}

fn database_name(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
    }
}
