//! The spine: load, check, plan, render. No input or output of its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::features::{self, Context};
use crate::model::Service;
use crate::model::check::check;
use crate::plan::{Body, FilePlan, OnRecord, Ownership, PlannedFile, PlannedTwice, Rendered};
use crate::render::{self, Formatter, RenderError};
use crate::schema;
use crate::source::Source;
use crate::tables::diff::{Change, cautions, diff, with_retired};
use crate::tables::{self, Schema};

/// Where the project remembers its tables.
pub const TABLES: &str = ".svcgen/tables.json";

/// Everything a generation depends on.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The schema files.
    pub sources: &'a [Source],
    /// By path, what the last run left.
    pub known: &'a BTreeMap<String, OnRecord>,
    /// The text of [`TABLES`], if the project has been generated before.
    pub previous_tables: Option<&'a str>,
    /// The project's directory, for `rustfmt`'s configuration.
    pub project: Option<&'a Path>,
}

/// A service, rendered.
#[derive(Debug)]
pub struct Generated {
    /// The service.
    pub service: Service,
    /// Its files, in the order of their paths.
    pub files: Vec<Rendered>,
    /// What is worth a word although it stops nothing.
    pub warnings: Vec<Diagnostic>,
    /// What to know before running the new migration, a sentence each.
    pub cautions: Vec<String>,
    /// What printed the Rust files.
    pub formatter: Formatter,
}

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The schema is wrong.
    #[error("the schema is wrong")]
    Schema(Vec<Diagnostic>),
    /// The tables of the last generation cannot be turned into those of this one.
    #[error("the tables would change in a way that no migration can make yet:\n{0}")]
    Refused(String),
    /// Something that is not the schema's fault.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// What can go wrong that is not the schema's fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file that remembers the tables is damaged.
    #[error("`{TABLES}` cannot be read: {0}; restore it from version control")]
    Tables(#[from] serde_json::Error),
    /// A mistake in svcgen.
    #[error(transparent)]
    Plan(#[from] PlannedTwice),
    /// A rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// The tables of the last generation, and the migrations that led there.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    migrations: Vec<String>,
    #[serde(flatten)]
    schema: Schema,
}

/// The tables that a text of [`TABLES`] remembers.
pub fn remembered_tables(text: &str) -> Result<Schema, serde_json::Error> {
    serde_json::from_str::<Remembered>(text).map(|it| it.schema)
}

/// Checks schema files without making anything of them.
pub fn check_only(sources: &[Source]) -> (Option<Service>, Vec<Diagnostic>) {
    let (document, mut diagnostics) = schema::load(sources);
    let (service, more) = check(&document);
    diagnostics.extend(more);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    (service.filter(|_| !failed), diagnostics)
}

/// Makes a service of schema files.
pub fn generate(inputs: &Inputs<'_>) -> Result<Generated, Failure> {
    let (service, diagnostics) = check_only(inputs.sources);
    let Some(service) = service else {
        return Err(Failure::Schema(diagnostics));
    };
    let (plan, cautions) = plan(&service, inputs.previous_tables)?;
    let output = render::render(&plan, inputs.known, inputs.project).map_err(Error::from)?;
    Ok(Generated {
        service,
        files: output.files,
        warnings: diagnostics,
        cautions,
        formatter: output.formatter,
    })
}

fn plan(service: &Service, previous: Option<&str>) -> Result<(FilePlan, Vec<String>), Failure> {
    let remembered: Remembered = match previous {
        Some(text) => serde_json::from_str(text).map_err(Error::from)?,
        None => Remembered::default(),
    };
    let wanted = tables::of(service);
    let changes = diff(&remembered.schema, &wanted);
    refuse(&changes)?;
    let cautions = if previous.is_some() {
        cautions(&changes)
    } else {
        Vec::new()
    };
    let schema = with_retired(&remembered.schema, &wanted);
    let mut plan = features::plan(&Context {
        service,
        schema: &schema,
        history: &remembered.migrations,
        changes: &changes,
    })
    .map_err(Error::from)?;
    plan.add(remember(remembered.migrations, schema, &changes)?)
        .map_err(Error::from)?;
    Ok((plan, cautions))
}

/// Changes that no migration is written for yet stop everything.
fn refuse(changes: &[Change]) -> Result<(), Failure> {
    let refused: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Refused { table, what } => Some(format!("- the table `{table}` {what}")),
            _ => None,
        })
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(refused.join("\n")))
    }
}

fn remember(
    mut migrations: Vec<String>,
    schema: Schema,
    changes: &[Change],
) -> Result<PlannedFile, Failure> {
    migrations.extend(features::next_migration(&migrations, changes));
    let remembered = Remembered { migrations, schema };
    let mut text = serde_json::to_string_pretty(&remembered).map_err(Error::from)?;
    text.push('\n');
    Ok(PlannedFile {
        path: TABLES.to_owned(),
        body: Body::Text(text),
        ownership: Ownership::Sealed,
        entity: None,
    })
}
