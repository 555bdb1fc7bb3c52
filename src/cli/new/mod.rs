//! `svcgen new`: from a few words, or from a schema, to a service.

pub mod ask;
pub mod examples;
mod launch;
mod origin;
pub mod schema_text;
pub mod shorthand;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Failure,
    arguments::New,
    check::counted,
    generate,
    pipeline::{self, Extras},
    prepared::Prepared,
    report,
    shell::Shell,
    state_files,
};
use crate::{
    features::{resource_path, url_variable},
    model::{Database, Service},
    plan::Ownership,
    project::{
        Held, Project, SchemaFile,
        git::{self, Repository},
        place,
        transaction::Change,
    },
    reconcile::{Because, Conflict, ConflictKind, Found},
    schema::list_of,
};

/// Where the service answers when it runs with its default configuration.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Runs the command.
pub fn run(options: &New, shell: &Shell) -> Result<(), Failure> {
    let name = origin::name(options)?;
    let root = options.path.clone().unwrap_or_else(|| PathBuf::from(&name));
    let was_there = check_directory(&root, options.force)?;
    let origin = origin::gather(name, &root, options, shell)?;
    // A schema that is there already is told of before anything is made of the new one.
    own_files(&root, origin.schema.clone(), Extras::new())?;
    let started = Instant::now();
    let mut extras = origin.extras;
    let project = Project::new_at(&root);
    let progress = shell.progress("generating");
    let prepared = pipeline::prepare(&project, origin.schema.clone(), &mut extras, shell);
    drop(progress);
    let prepared = prepared?;
    let own = own_files(&root, origin.schema, extras)?;
    let service = prepared.service.clone();
    let summary = report::Summary::of(&prepared.plan);
    let files = summary.written() + own.len();
    let kept = kept(&prepared);
    write(project, own, prepared, was_there, shell)?;
    let repository = if options.no_git {
        Repository::Inside
    } else {
        git::init(&root)
    };
    if !kept.is_empty() {
        let what = format!("{}, which were there before", list_of(&kept));
        shell.status("Kept", &what);
    }
    let what = counted(service.entities.len(), "entity", "entities");
    let seconds = started.elapsed().as_secs_f64();
    let place = root.display();
    shell.status(
        "Created",
        &format!(
            "{}: {what}, {files} files in {place} ({seconds:.2} s)",
            service.name.kebab()
        ),
    );
    tell_repository(&repository, shell);
    let variable = url_variable(service.name.kebab());
    if options.run && needs_url(&service) && std::env::var_os(&variable).is_none() {
        let why = "which says where its PostgreSQL is";
        shell.warn(&format!(
            "the service was not started: it needs `{variable}`, {why}"
        ));
    } else if options.run {
        shell.status(
            "Starting",
            &format!(
                "`cargo run` in {place}; it will answer at {}",
                address(&service)
            ),
        );
        return launch::run(&root);
    }
    tell_next(&root, &service, &repository, shell);
    Ok(())
}

/// Refuses a directory that holds something, unless told otherwise; answers whether
/// it was there.
fn check_directory(root: &Path, force: bool) -> Result<bool, Failure> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(Failure::internal(
                format!("cannot look into `{}`", root.display()),
                error,
            ));
        }
    };
    // A repository that was just made is as good as empty.
    let holds_something = entries.flatten().any(|it| it.file_name() != ".git");
    if !holds_something || force {
        return Ok(true);
    }
    let (message, hint) = if root.join(crate::project::SCHEMA_FILE).exists() {
        (
            "is a svcgen project already",
            "run `svcgen generate` there to bring it up to date",
        )
    } else {
        (
            "is not empty",
            "choose another with `--path DIR`, or use `--force`: files that are there are kept, and none is overwritten",
        )
    };
    Err(Failure::InTheWay {
        message: format!("the directory `{}` {message}", root.display()),
        hint: hint.to_owned(),
    })
}

/// The files that are the user's from the start: the schema, and what an example
/// brings beside it. One that is there already and says something else is in the way.
fn own_files(root: &Path, schema: Vec<SchemaFile>, extras: Extras) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let mut conflicts = Vec::new();
    let files = schema
        .into_iter()
        // What cannot be read is not written: the check refuses it.
        .filter(|it| it.fault.is_none())
        .map(|it| (it.path, it.bytes))
        .chain(extras);
    for (path, bytes) in files {
        let found = place::look(root, &path)
            .map_err(|error| Failure::internal(format!("cannot read `{path}`"), error))?;
        let kind = match found {
            None => {
                changes.push(Change {
                    path,
                    content: Some(bytes),
                    before: None,
                });
                continue;
            }
            Some(found) if found == Found::file(bytes) => continue,
            Some(Found::File { .. }) => ConflictKind::Unknown,
            Some(Found::Other(what)) => ConflictKind::NoFile(what),
        };
        conflicts.push(Conflict {
            path,
            ownership: Ownership::Seeded,
            kind,
            texts: None,
        });
    }
    if conflicts.is_empty() {
        Ok(changes)
    } else {
        Err(Failure::Conflicts(conflicts, None))
    }
}

/// The files that were there before and stay as they are.
fn kept(prepared: &Prepared) -> Vec<String> {
    let writes = prepared.plan.writes.iter();
    let foreign = writes.filter(|it| it.because == Because::Foreign);
    let mut kept: Vec<String> = foreign.map(|it| it.path.clone()).collect();
    let files = &prepared.plan.lock.files;
    let theirs = |path: &str| prepared.found.contains_key(path) && !files.contains_key(path);
    let left = state_files::LOOKED_AT.iter().filter(|it| theirs(it));
    kept.extend(left.map(|it| (*it).to_owned()));
    kept.sort();
    kept
}

/// Writes everything as one. If that fails, a directory that was not there is not
/// there afterwards either.
fn write(
    project: Project,
    own: Vec<Change>,
    prepared: Prepared,
    was_there: bool,
    shell: &Shell,
) -> Result<(), Failure> {
    let root = project.root().to_owned();
    let written = hold_and_apply(project, own, prepared, shell);
    if written.is_err() && !was_there {
        Held::forget(&root);
    }
    written
}

fn hold_and_apply(
    project: Project,
    own: Vec<Change>,
    prepared: Prepared,
    shell: &Shell,
) -> Result<(), Failure> {
    let held = generate::hold(project, shell)?;
    let mut changes = own;
    changes.extend(prepared.changes());
    held.apply(&changes)?;
    // A service that was just begun has no state to go back to.
    held.forget_last_run();
    Ok(())
}

fn tell_repository(repository: &Repository, shell: &Shell) {
    match repository {
        Repository::Made => {
            shell.status("Initialized", "a git repository; nothing is committed yet");
        }
        Repository::Inside => {}
        Repository::Failed(why) => shell.warn(&format!("no git repository was made: {why}")),
    }
}

fn tell_next(root: &Path, service: &Service, repository: &Repository, shell: &Shell) {
    let directory = shell_word(&root.display().to_string());
    let mut lines = vec![(format!("cd {directory}"), String::new())];
    if *repository == Repository::Made {
        lines.push((
            "git add --all && git commit -m 'Begin'".to_owned(),
            String::new(),
        ));
    }
    if needs_url(service) {
        let name = service.name.kebab();
        let variable = url_variable(name);
        lines.push((
            format!("export {variable}=postgres://USER:PASSWORD@HOST/{name}"),
            "or `cargo run -- --database-url URL`".to_owned(),
        ));
    }
    lines.push((
        "cargo run".to_owned(),
        format!("then open {}", address(service)),
    ));
    if let (Some(_), Some(entity)) = (&service.features.http, service.entities.first()) {
        let path = resource_path(service, entity);
        lines.push((format!("curl {ADDRESS}{path}"), String::new()));
    }
    lines.push((
        "svcgen generate".to_owned(),
        "after a change of svcgen.yaml or entities/*.yaml".to_owned(),
    ));
    let width = lines
        .iter()
        .filter(|(_, why)| !why.is_empty())
        .map(|(it, _)| it.len())
        .max()
        .unwrap_or(0);
    let mut text = String::from("\nNext:\n");
    for (command, why) in lines {
        let line = if why.is_empty() {
            format!("  {command}\n")
        } else {
            format!("  {command:width$}   # {why}\n")
        };
        text.push_str(&line);
    }
    shell.text(&text);
}

/// Whether the service cannot start before it is told where its database is.
fn needs_url(service: &Service) -> bool {
    service.databases == [Database::Postgres]
}

/// A text as one word of a shell's command line.
fn shell_word(text: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "/._-+:@%,~".contains(it);
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The page that shows the most of what there is.
fn address(service: &Service) -> String {
    match (
        &service.features.openapi,
        &service.features.http,
        service.entities.first(),
    ) {
        (Some(openapi), _, _) if openapi.ui => format!("{ADDRESS}/docs"),
        (_, Some(_), Some(entity)) => format!("{ADDRESS}{}", resource_path(service, entity)),
        _ => ADDRESS.to_owned(),
    }
}
