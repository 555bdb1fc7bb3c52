//! `svcgen migrate adopt`: the script that makes a service's tables of those of a database that exists.

use std::path::Path;

use serde_json::json;

use super::{
    Failure,
    arguments::{Format, MigrateAdopt},
    generate, import,
    migrate::{chain, folder},
    pipeline,
    shell::Shell,
};
use crate::{
    generate::{TABLES, remembered_tables},
    import::{
        Origin,
        adopt::{self, Adoption},
        render,
    },
    project::Project,
    tables::Schema,
};

/// Runs the command.
pub fn run(project: Option<&Path>, options: &MigrateAdopt, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let origin = Origin::parse(&options.from, &options.schema);
    let tables = tables(&project, &origin)?;
    let catalogue = import::read(&origin, shell)?;
    if catalogue.is_ours {
        return Err(Failure::usage(
            "the database has a ledger: a service of svcgen made its tables",
            "there is nothing to make of them; `migrate status` of the service tells where it stands",
        ));
    }
    let service = pipeline::refuse_wrong(&project.schema())?;
    let project = adopt::Project {
        schema: &tables,
        service: &service,
    };
    let Adoption { script, notes } = adopt::adoption(&catalogue, project);
    if options.format == Format::Json {
        return shell.json(&json!({ "script": script, "notes": notes }));
    }
    shell.data(script.as_bytes())?;
    shell.text(&render(&notes));
    shell.text(
        "\nNext, with nobody at work on the database, and a copy of it in a safe place:\n  \
         read the script, and tell the service to try it: migrate adopt --script FILE --dry-run",
    );
    Ok(())
}

/// The tables that the migrations of the project lead to.
fn tables(project: &Project, origin: &Origin) -> Result<Schema, Failure> {
    let chain = chain(project)?;
    let (database, file) = match origin {
        Origin::Sqlite(_) => ("SQLite", "sqlite.sql"),
        Origin::Postgres { .. } => ("PostgreSQL", "postgres.sql"),
    };
    let text = project.text(TABLES)?;
    let (Some(last), Some(text)) = (chain.last(), text) else {
        return Err(Failure::usage(
            "there are no migrations yet",
            "run `svcgen generate` first",
        ));
    };
    if folder(project, &last.id)?.text(file).is_none() {
        return Err(Failure::usage(
            format!("the service does not run on {database}"),
            "name it among `databases:` in svcgen.yaml",
        ));
    }
    remembered_tables(&text)
        .map_err(|error| Failure::internal(format!("cannot read `{TABLES}`"), error))
}
