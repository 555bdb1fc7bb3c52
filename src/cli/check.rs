//! `svcgen check`: what is wrong with the schema, and nothing else.

use std::path::Path;

use super::{
    Failure,
    arguments::{Check, Format},
    generate, pipeline,
    shell::Shell,
};
use crate::{
    diagnostic::{self, Severity},
    model::{self, Service},
    schema,
    source::Source,
    tables::{self, advice::advice},
};

/// Runs the command.
pub fn run(project: Option<&Path>, options: Check, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let sources = pipeline::sources(project.schema());
    let (document, mut diagnostics) = schema::load(&sources);
    let (service, more) = model::check::check(&document);
    diagnostics.extend(more);
    if let Some(service) = &service {
        diagnostics.extend(advice(&document, service, &tables::of(service)));
    }
    diagnostic::sort(&mut diagnostics);
    let is_wrong = diagnostics.iter().any(|it| it.severity == Severity::Error);
    match options.format {
        Format::Json => {
            let mut text = diagnostic::to_json(&diagnostics, &sources);
            text.truncate(text.trim_end().len());
            text.push('\n');
            shell.data(text.as_bytes())?;
            if is_wrong { Err(Failure::Told) } else { Ok(()) }
        }
        Format::Human if is_wrong => Err(Failure::Schema {
            diagnostics,
            sources,
        }),
        Format::Human => {
            shell.text(&diagnostic::render(
                &diagnostics,
                &sources,
                shell.diagnostic_style(),
            ));
            tell(service.as_ref(), &sources, shell);
            Ok(())
        }
    }
}

fn tell(service: Option<&Service>, sources: &[Source], shell: &Shell) {
    let Some(service) = service else { return };
    let entities = counted(service.entities.len(), "entity", "entities");
    let files = counted(sources.len(), "file", "files");
    shell.status(
        "Checked",
        &format!(
            "{}: {entities} in {files}, no mistakes",
            service.name.kebab()
        ),
    );
}

/// "1 file", "2 files".
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
