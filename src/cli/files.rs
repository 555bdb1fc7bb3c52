//! Commands about single files: how each stands, what its owner changed, and whose it is.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::{
    Failure,
    arguments::{Files, Format, OneFile, Status},
    check::counted,
    difference::{Side, unified},
    generate,
    moved::Answers,
    mv,
    pipeline::{self, Gathered, Wishes},
    report::Summary,
    shell::Shell,
};
use crate::{
    plan::{Content, Ownership},
    project::{self, Project, transaction::Change},
    reconcile::{
        Found,
        lock::{Lock, State},
        standing::{FileStatus, Standing},
        text::Fingerprint,
    },
};

/// Runs `svcgen status`.
pub fn status(project: Option<&Path>, options: Status, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    generate::refuse_interrupted(&project)?;
    let gathered = pipeline::gather(&project, project.schema(), &Wishes::default(), shell)?;
    let files = gathered.survey();
    let pending = match gathered.reconcile() {
        Ok(plan) => Summary::of(&plan).written() + Summary::of(&plan).gone(),
        // What is in the way is among the files.
        Err(Failure::Conflicts(conflicts, _)) => conflicts.len(),
        Err(_) if files.iter().any(|it| it.standing == Standing::Conflicted) => {
            let is_marked = |it: &&FileStatus| it.standing == Standing::Conflicted;
            files.iter().filter(is_marked).count()
        }
        Err(other) => return Err(other),
    };
    if options.format == Format::Json {
        let files = files.iter().map(|it| {
            json!({
                "path": it.path,
                "ownership": it.ownership.to_string(),
                "standing": it.standing.to_string(),
                "orphaned": it.is_orphaned,
                "moved_from": it.moved_from,
            })
        });
        return shell.json(&json!({
            "service": gathered.service.name.kebab(),
            "pending": pending,
            "files": files.collect::<Vec<_>>(),
        }));
    }
    let is_shown = |it: &&FileStatus| options.all || shell.is_verbose() || is_worth_a_line(it);
    shell.data(table(files.iter().filter(is_shown)).as_bytes())?;
    shell.text(&totals(&files));
    if pending > 0 {
        let files = counted(pending, "file", "files");
        shell.text(&format!(
            "\n`svcgen generate` would write {files}; `svcgen generate --diff` shows what"
        ));
    }
    Ok(())
}

/// A seeded file is its owner's, so an edit of it is nothing to tell.
fn is_worth_a_line(file: &FileStatus) -> bool {
    let is_quiet = match file.standing {
        Standing::AsGenerated => true,
        Standing::Edited => file.ownership == Ownership::Seeded,
        _ => false,
    };
    file.is_orphaned || file.moved_from.is_some() || !is_quiet
}

fn table<'a>(files: impl Iterator<Item = &'a FileStatus>) -> String {
    let rows: Vec<(String, String, String)> = files
        .map(|it| {
            let orphaned = if it.is_orphaned { ", orphaned" } else { "" };
            let standing = format!("{}{orphaned}", it.standing);
            let path = match &it.moved_from {
                Some(from) => format!("{} (moved from {from})", it.path),
                None => it.path.clone(),
            };
            (standing, it.ownership.to_string(), path)
        })
        .collect();
    let width = |of: fn(&(String, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (first, second) = (width(|it| it.0.len()), width(|it| it.1.len()));
    let mut text = String::new();
    for (standing, ownership, path) in &rows {
        let style = match standing.as_str() {
            "as generated" | "reformatted" => Style::new(),
            "owned" => AnsiColor::Cyan.on_default(),
            "edited" => AnsiColor::Yellow.on_default(),
            _ => AnsiColor::Red.on_default(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{style}{standing:first$}{style:#}  {ownership:second$}  {path}"
        );
    }
    text
}

/// How many files there are of each class, and how they stand.
fn totals(files: &[FileStatus]) -> String {
    let mut classes: BTreeMap<Ownership, BTreeMap<Standing, usize>> = BTreeMap::new();
    for file in files {
        let standings = classes.entry(file.ownership).or_default();
        *standings.entry(file.standing).or_default() += 1;
    }
    let mut text = String::new();
    for (ownership, standings) in classes {
        let all: usize = standings.values().sum();
        let parts: Vec<String> = standings
            .iter()
            .map(|(standing, count)| format!("{count} {standing}"))
            .collect();
        let _ = writeln!(text, "{:>4} {ownership}: {}", all, parts.join(", "));
    }
    text
}

/// Runs `svcgen diff FILE`: what its owner changed.
pub fn diff(project: Option<&Path>, options: &OneFile, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    generate::refuse_interrupted(&project)?;
    let path = inside(&project, &options.file)?;
    let (gathered, generated) = generated(&project, &path, Which::Last, shell)?;
    let on_disk = match gathered.disk.get(&path) {
        Some(Found::File { bytes, .. }) => Some(bytes.as_slice()),
        Some(Found::Other(what)) => return Err(no_file(&path, what)),
        None => None,
    };
    let old = Side {
        label: "generated",
        content: Some(&generated),
    };
    let new = Side {
        label: "yours",
        content: on_disk,
    };
    let text = unified(&path, old, new);
    if text.is_empty() {
        shell.status("Unchanged", &format!("`{path}` is as svcgen makes it"));
    }
    shell.data(text.as_bytes())
}

/// Which of svcgen's texts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// What it wrote last, where that is still to be had.
    Last,
    /// What it makes of the schema now; of a migration, what it wrote.
    Now,
}

/// Everything that is known of the project, and what svcgen makes of one path.
fn generated(
    project: &Project,
    path: &str,
    which: Which,
    shell: &Shell,
) -> Result<(Gathered, Vec<u8>), Failure> {
    let wishes = Wishes {
        fresh: [path.to_owned()].into(),
        // What is asked for by name is not looked for elsewhere.
        moves: Answers {
            gone: [path.to_owned()].into(),
            ..Answers::default()
        },
        is_silent: true,
        ..Wishes::default()
    };
    let gathered = pipeline::gather(project, project.schema(), &wishes, shell)?;
    let entry = gathered.lock.files.get(path);
    let is_owned = entry.is_some_and(|it| matches!(it.state, State::Owned(_)));
    let is_history = entry.is_some_and(|it| it.ownership == Ownership::History);
    let rendered = gathered.files.iter().find(|it| it.path == path);
    let rendering = match rendered.map(|it| &it.content) {
        Some(Content::Whole(content)) => Some(content.clone()),
        _ => None,
    };
    let base = || Some(gathered.base(path)?.into_bytes());
    let content = match which {
        Which::Last if !is_owned => base().or(rendering),
        _ if is_history => base(),
        _ => rendering,
    };
    match content {
        Some(content) => Ok((gathered, content)),
        None => Err(unknown(path, &gathered.lock)),
    }
}

pub(super) fn unknown(path: &str, lock: &Lock) -> Failure {
    match lock.files.get(path).map(|it| it.ownership) {
        Some(Ownership::History) => Failure::usage(
            format!("`{path}` is a migration, which svcgen writes once and never again"),
            format!("git has it: `git diff -- {path}`, `git checkout -- {path}`"),
        ),
        Some(_) => Failure::usage(
            format!("`{path}` is no longer generated"),
            "delete it when you no longer need it",
        ),
        None if lock.moved.place(path) != path => Failure::usage(
            format!(
                "`{path}` was moved, and is `{}` now",
                lock.moved.place(path)
            ),
            "name it by its place",
        ),
        None => Failure::usage(
            format!("svcgen does not generate `{path}`"),
            "`svcgen status --all` lists what it does",
        ),
    }
}

pub(super) fn no_file(path: &str, what: &str) -> Failure {
    Failure::InTheWay {
        message: format!("`{path}` is {what}"),
        hint: "move it out of the way: svcgen writes ordinary files only".to_owned(),
    }
}

/// Runs `svcgen own FILE…`: svcgen leaves them alone from here on.
pub fn own(project: Option<&Path>, options: &Files, shell: &Shell) -> Result<(), Failure> {
    change(project, options, shell, |_, paths, lock, shell| {
        for path in paths {
            let entry = lock.files.get_mut(path).ok_or_else(|| {
                Failure::usage(
                    format!("svcgen does not generate `{path}`, so it is yours already"),
                    "`svcgen status --all` lists what it generates",
                )
            })?;
            match (entry.ownership, &entry.state) {
                (Ownership::Seeded, _) => {
                    shell.status(
                        "Unchanged",
                        &format!("`{path}` is yours already: svcgen wrote it once"),
                    );
                }
                (Ownership::History, _) => return Err(unknown(path, lock)),
                (_, State::Owned(_)) => {
                    shell.status("Unchanged", &format!("`{path}` is yours already"));
                }
                (_, state) => {
                    let written = match state {
                        State::Written(written) => Some(written.clone()),
                        _ => None,
                    };
                    entry.state = State::Owned(written);
                    shell.status("Owned", &format!("`{path}`: svcgen leaves it alone; `svcgen restore {path}` gives it back"));
                }
            }
        }
        Ok(Vec::new())
    })
}

/// Runs `svcgen restore FILE…`: as svcgen makes them; what was there is kept for undo.
pub fn restore(project: Option<&Path>, options: &Files, shell: &Shell) -> Result<(), Failure> {
    let found = generate::find(project)?;
    let lock = Lock::parse(&found.lock_text()?.unwrap_or_default()).unwrap_or_default();
    let mut options = options.clone();
    let mut back = Vec::new();
    options.files.retain(|typed| {
        let path = found.path_of(typed).unwrap_or_default();
        let planned = lock.moved.iter().find(|it| path == it.0 || path == it.1);
        back.extend(planned.map(|(planned, _)| planned.to_owned()));
        planned.is_none()
    });
    for planned in &back {
        mv::back(&found, planned, shell)?;
    }
    if options.files.is_empty() {
        return Ok(());
    }
    change(project, &options, shell, |project, paths, lock, shell| {
        let mut changes = Vec::new();
        for path in paths {
            let (gathered, content) = generated(project, path, Which::Now, shell)?;
            let before = match gathered.disk.get(path) {
                Some(Found::File { print, .. }) => Some(*print),
                Some(Found::Other(what)) => return Err(no_file(path, what)),
                None => None,
            };
            let entry = match gathered.lock.files.get(path) {
                Some(entry) if entry.ownership == Ownership::History => entry.clone(),
                _ => gathered.entry(path)?,
            };
            let is_same = before == Some(Fingerprint::of(&content));
            let was = lock.files.insert(path.clone(), entry);
            if is_same && was.is_some_and(|it| matches!(it.state, State::Owned(_))) {
                shell.status(
                    "Restored",
                    &format!("`{path}`: svcgen keeps it up to date again"),
                );
                continue;
            }
            if is_same {
                shell.status("Unchanged", &format!("`{path}` is as svcgen makes it"));
                continue;
            }
            shell.status("Restored", path);
            changes.push(Change {
                path: path.clone(),
                content: Some(content),
                before,
            });
        }
        Ok(changes)
    })
}

/// Changes the record of some files, and perhaps the files, as one.
fn change(
    project: Option<&Path>,
    options: &Files,
    shell: &Shell,
    decide: impl Fn(&Project, &[String], &mut Lock, &Shell) -> Result<Vec<Change>, Failure>,
) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let paths: Vec<String> = options
        .files
        .iter()
        .map(|it| inside(&project, it))
        .collect::<Result<_, _>>()?;
    let held = generate::hold(project, shell)?;
    let project = held.project();
    let Some(before) = project.lock_text()? else {
        return Err(Failure::usage(
            "nothing is on record: there is no `svcgen.lock`",
            "run `svcgen generate`",
        ));
    };
    let mut lock = Lock::parse(&before)?;
    let mut changes = decide(project, &paths, &mut lock, shell)?;
    let after = lock.render();
    if after != before {
        changes.push(Change {
            path: project::LOCK_FILE.to_owned(),
            before: Some(Fingerprint::of(before.as_bytes())),
            content: Some(after.into_bytes()),
        });
    }
    Ok(held.apply(&changes)?)
}

/// The path of a file, as the lock has it, from what was typed anywhere in the project.
pub(super) fn inside(project: &Project, typed: &Path) -> Result<String, Failure> {
    let path = project.path_of(typed).ok_or_else(|| {
        Failure::usage(
            format!("`{}` is outside of the project", typed.display()),
            "name files of the project, relative to it or to where you are",
        )
    })?;
    Ok(path)
}
