//! The spine: load, check, plan, render. No input or output of its own.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{self, Diagnostic};
use crate::features::{self, Context};
use crate::migrate::sum::Link;
use crate::migrate::{self, Migration, verify};
use crate::model::Service;
use crate::model::check::check;
use crate::plan::{Body, OnRecord, Ownership, PlannedFile, PlannedTwice, Rendered};
use crate::render::{self, Formatter, Output, RenderError};
use crate::schema;
use crate::source::Source;
use crate::tables::change;
use crate::tables::diff::{Diff, diff};
use crate::tables::intent::{Allow, Intent};
use crate::tables::question::Question;
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
    /// What the caller allows for this once.
    pub allow: Allow,
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
    /// The new migration, if there is one.
    pub migration: Option<Planned>,
    /// What printed the Rust files.
    pub formatter: Formatter,
}

/// A new migration, proved on SQLite, and what it leads from and to.
#[derive(Debug)]
pub struct Planned {
    /// The tables before.
    pub old: Schema,
    /// What changes.
    pub diff: Diff,
    /// How.
    pub migration: Migration,
}

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The schema is wrong.
    #[error("the schema is wrong")]
    Schema(Vec<Diagnostic>),
    /// The schema has to say more before the tables can change.
    #[error("the schema does not say how the tables change")]
    Questions(Vec<Question>),
    /// The migration does not do what it should; it was not written.
    #[error("the migration was not written: {0}")]
    Unproved(verify::Unproved),
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
    migrations: Vec<Link>,
    /// What the migrations have recorded, where that is not all: what the databases have nothing
    /// to do for makes no migration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded: Option<Schema>,
    #[serde(flatten)]
    schema: Schema,
}

impl Remembered {
    /// What the migrations have recorded.
    fn recorded(&self) -> &Schema {
        self.recorded.as_ref().unwrap_or(&self.schema)
    }
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
    diagnostic::sort(&mut diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    (service.filter(|_| !failed), diagnostics)
}

/// Makes a service of schema files.
pub fn generate(inputs: &Inputs<'_>) -> Result<Generated, Failure> {
    let (service, diagnostics) = check_only(inputs.sources);
    let Some(service) = service else {
        return Err(Failure::Schema(diagnostics));
    };
    let step = Step::of(&service, inputs)?;
    // The proof and the files need nothing of each other, and each takes its time.
    let (proved, output) = thread::scope(|scope| {
        let proof = scope.spawn(|| step.prove(&service));
        let output = step.output(&service, inputs);
        (proof.join().unwrap_or_else(|it| resume_unwind(it)), output)
    });
    proved.map_err(Failure::Unproved)?;
    let output = output?;
    Ok(Generated {
        service,
        files: output.files,
        warnings: diagnostics,
        cautions: step.cautions,
        formatter: output.formatter,
        migration: step.migration.map(|migration| Planned {
            old: step.remembered.schema,
            diff: step.diff,
            migration,
        }),
    })
}

/// From the tables of the last generation to those of this one.
struct Step {
    remembered: Remembered,
    diff: Diff,
    intent: Intent,
    migration: Option<Migration>,
    cautions: Vec<String>,
}

impl Step {
    fn of(service: &Service, inputs: &Inputs<'_>) -> Result<Self, Failure> {
        let remembered: Remembered = match inputs.previous_tables {
            Some(text) => serde_json::from_str(text).map_err(Error::from)?,
            None => Remembered::default(),
        };
        let intent = Intent {
            allow: inputs.allow,
            migration: migrate::next_number(&remembered.migrations),
            ..Intent::of(service)
        };
        let diff = diff(&remembered.schema, &tables::of(service), &intent);
        if !diff.questions.is_empty() {
            return Err(Failure::Questions(diff.questions));
        }
        let migration = Migration::recording(
            &features::dialects(service),
            &remembered.migrations,
            remembered.recorded(),
            &remembered.schema,
            &diff,
        )
        .map_err(Error::from)?;
        let mut cautions = change::cautions(&diff.changes);
        if let Some(migration) = &migration {
            // What needs nobody to decide is for whoever reads the plan.
            let grave = migration.findings.iter().filter(|it| it.code.is_grave());
            cautions.extend(grave.map(ToString::to_string));
        }
        if inputs.previous_tables.is_none() {
            cautions.clear();
        }
        Ok(Self {
            remembered,
            diff,
            intent,
            migration,
            cautions,
        })
    }

    /// Tries the migration, and whether there is nothing left to do after it.
    fn prove(&self, service: &Service) -> Result<(), verify::Unproved> {
        let Some(migration) = &self.migration else {
            return Ok(());
        };
        verify::migration(&self.remembered.schema, &self.diff, migration)?;
        settles(&self.diff.target, service, &self.intent)
    }

    /// The files of the service as it is afterwards.
    fn output(&self, service: &Service, inputs: &Inputs<'_>) -> Result<Output, Failure> {
        let schema = self.diff.target.in_use();
        let mut plan = features::plan(&Context {
            service,
            schema: &schema,
            history: &self.remembered.migrations,
            migration: self.migration.as_ref(),
        })
        .map_err(Error::from)?;
        plan.add(remember(&self.after())?).map_err(Error::from)?;
        let output = render::render(&plan, service, inputs.known, inputs.project);
        Ok(output.map_err(Error::from)?)
    }

    /// What the next generation has to know.
    fn after(&self) -> Remembered {
        let schema = self.diff.target.clone();
        let recorded = self.remembered.recorded().clone();
        let mut migrations = self.remembered.migrations.clone();
        migrations.extend(self.migration.as_ref().map(|it| it.link.clone()));
        Remembered {
            migrations,
            recorded: Some(recorded).filter(|it| self.migration.is_none() && *it != schema),
            schema,
        }
    }
}

/// Whether generating again would leave the tables as they are.
fn settles(target: &Schema, service: &Service, intent: &Intent) -> Result<(), verify::Unproved> {
    let again = diff(target, &tables::of(service), intent);
    let change = again.changes.iter().find(|it| it.is_physical());
    let says = change
        .map(migrate::json::say)
        .or_else(|| again.questions.first().map(|it| it.message.clone()));
    says.map_or(Ok(()), |says| Err(verify::Unproved::Again(says)))
}

/// The text of [`TABLES`] after these migrations, which led to these tables.
pub fn remembered(links: &[Link], schema: Schema) -> Result<String, serde_json::Error> {
    let now = Remembered {
        migrations: links.to_vec(),
        recorded: None,
        schema,
    };
    let mut text = serde_json::to_string_pretty(&now)?;
    text.push('\n');
    Ok(text)
}

fn remember(remembered: &Remembered) -> Result<PlannedFile, Failure> {
    let mut text = serde_json::to_string_pretty(remembered).map_err(Error::from)?;
    text.push('\n');
    Ok(PlannedFile {
        path: TABLES.to_owned(),
        body: Body::Text(text),
        ownership: Ownership::Sealed,
        entity: None,
    })
}
