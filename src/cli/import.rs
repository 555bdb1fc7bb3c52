//! `svcgen import`: from a database that exists to a schema.

use std::path::PathBuf;

use serde::Serialize;

use super::{
    Failure,
    arguments::{Format, Import},
    check::counted,
    generate,
    new::schema_text,
    shell::Shell,
    state_files,
};
use crate::{
    import::{self, ImportError, Imported, Note, Origin, Weight, catalogue::Catalogue},
    project::{Held, Project, SCHEMA_FILE, place, transaction::Change},
    reconcile::Found,
};

/// Runs the command.
pub fn run(options: &Import, shell: &Shell) -> Result<(), Failure> {
    let origin = Origin::parse(&options.from, &options.schema);
    let catalogue = read(&origin, shell)?;
    let imported = import::import(&catalogue, options.name.as_deref())
        .map_err(|error| failure(error, &origin))?;
    let root = options
        .into
        .clone()
        .unwrap_or_else(|| PathBuf::from(&imported.name));
    let changes = changes(&imported)?;
    if options.dry_run {
        for change in &changes {
            let text = change.content.as_deref().unwrap_or_default();
            shell.data(format!("# {}\n", change.path).as_bytes())?;
            shell.data(text)?;
            shell.data(b"\n")?;
        }
    } else {
        write(&root, changes, shell)?;
    }
    tell(&imported, &root, options, shell)
}

/// Reads a database, and says so while it lasts.
pub fn read(origin: &Origin, shell: &Shell) -> Result<Catalogue, Failure> {
    let progress = shell.progress("reading the database");
    let catalogue = import::read(origin).map_err(|error| failure(error, origin));
    drop(progress);
    catalogue
}

fn changes(imported: &Imported) -> Result<Vec<Change>, Failure> {
    let (service, entity) = state_files::schema_names()?;
    let change = |file: &import::File| {
        let schema = if file.path == SCHEMA_FILE {
            service
        } else {
            entity
        };
        let text = schema_text::with_modeline(&file.path, schema, &file.text);
        Change {
            path: file.path.clone(),
            content: Some(text.into_bytes()),
            before: None,
        }
    };
    Ok(imported.files.iter().map(change).collect())
}

/// Writes the schema as one, and only where no file is in the way.
fn write(root: &std::path::Path, changes: Vec<Change>, shell: &Shell) -> Result<(), Failure> {
    let mut new = Vec::new();
    for change in changes {
        let found = place::look(root, &change.path)
            .map_err(|error| Failure::internal(format!("cannot read `{}`", change.path), error))?;
        match found {
            None => new.push(change),
            Some(found) if change.content.clone().map(Found::file) == Some(found.clone()) => {}
            Some(_) => {
                return Err(Failure::InTheWay {
                    message: format!(
                        "`{}` is there already; nothing was written",
                        root.join(&change.path).display()
                    ),
                    hint: "choose another directory with `--into DIR`, or look at the schema with `--dry-run`"
                        .to_owned(),
                });
            }
        }
    }
    let held = generate::hold(Project::new_at(root), shell)?;
    held.apply(&new).map_err(|error| {
        Held::forget(root);
        Failure::from(error)
    })
}

/// What `--format json` says.
#[derive(Debug, Serialize)]
struct Report<'a> {
    service: &'a str,
    files: Vec<&'a str>,
    notes: &'a [Note],
}

fn tell(
    imported: &Imported,
    root: &std::path::Path,
    options: &Import,
    shell: &Shell,
) -> Result<(), Failure> {
    if options.format == Format::Json && !options.dry_run {
        let report = Report {
            service: &imported.name,
            files: imported.files.iter().map(|it| it.path.as_str()).collect(),
            notes: &imported.notes,
        };
        let text = serde_json::to_string_pretty(&report)
            .map_err(|error| Failure::internal("cannot write the report", error))?;
        return shell.data(format!("{text}\n").as_bytes());
    }
    let count = |weight| {
        imported
            .notes
            .iter()
            .filter(|it| it.weight == weight)
            .count()
    };
    shell.text(&import::render(&imported.notes));
    let entities = counted(imported.files.len() - 1, "entity", "entities");
    let verb = if options.dry_run {
        "Would write"
    } else {
        "Imported"
    };
    shell.status(
        verb,
        &format!(
            "{}: {entities} in {}; {} left out, {} in another form",
            imported.name,
            root.display(),
            count(Weight::LeftOut),
            count(Weight::Changed)
        ),
    );
    if !options.dry_run {
        shell.text(&format!(
            "\nNext:\n  read entities/*.yaml: say what each field means, what may be listed and filtered\n  svcgen --project {} generate",
            root.display()
        ));
    }
    Ok(())
}

fn failure(error: ImportError, origin: &Origin) -> Failure {
    let hint = match (&error, origin) {
        (ImportError::Sqlite { .. }, _) => {
            Some("`--from` takes a SQLite file or `postgres://USER@HOST/DATABASE`".to_owned())
        }
        (ImportError::Connect(error), _) => Some(
            error
                .help()
                .unwrap_or("is the URL right? `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")
                .to_owned(),
        ),
        (ImportError::Empty(_), Origin::Postgres { .. }) => {
            Some("another schema is read with `--schema NAME`".to_owned())
        }
        (ImportError::Postgres(_), _) | (ImportError::Empty(_), Origin::Sqlite(_)) => None,
        (ImportError::Unsettled(_), _) => Some(
            "this is a bug in svcgen; please report it with the tables of the database".to_owned(),
        ),
    };
    match error {
        ImportError::Empty(_) => Failure::Usage {
            message: error.to_string(),
            hint,
        },
        other => Failure::Internal {
            message: other.to_string(),
            hint,
            source: std::error::Error::source(&other).map(|it| {
                // A driver's own words may be followed by the reason in one more error.
                let reason = it.source().map(|it| format!(": {it}")).unwrap_or_default();
                format!(
                    "{it}{}",
                    if it.to_string().ends_with(reason.trim_start_matches(": ")) {
                        String::new()
                    } else {
                        reason
                    }
                )
                .into()
            }),
        },
    }
}
