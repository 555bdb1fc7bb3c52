//! `svcgen resolve`: conflicts that a run has marked are listed, put behind, or taken back
//! with the run. And `svcgen undo`, which takes back the last run, whatever it was.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::{
    Failure,
    arguments::{Resolve, Undo},
    generate, merging,
    shell::Shell,
};
use crate::project::{Held, Project, git::Git, undo::UndoError};

/// Runs `svcgen resolve`.
pub fn run(project: Option<&Path>, options: Resolve, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    if options.r#continue {
        go_on(generate::hold(project, shell)?.project(), shell)
    } else if options.abort {
        abort(&generate::hold(project, shell)?, shell)
    } else {
        list(&project, shell)
    }
}

/// Each file on a line, with whether it still has markers.
fn list(project: &Project, shell: &Shell) -> Result<(), Failure> {
    let marked = merging::still_marked(project)?;
    let mut lines = String::new();
    for path in project.unresolved()?.into_keys() {
        let state = if marked.contains(&path) {
            "conflicted"
        } else {
            "resolved"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{state} {path}");
    }
    if lines.is_empty() {
        shell.status("Resolved", "there are no conflicts");
    }
    shell.data(lines.as_bytes())
}

fn go_on(project: &Project, shell: &Shell) -> Result<(), Failure> {
    let unresolved = project.unresolved()?;
    let marked = merging::still_marked(project)?;
    if !marked.is_empty() {
        let files: Vec<_> = marked.iter().map(|it| format!("  {it}")).collect();
        return Err(Failure::InTheWay {
            message: format!(
                "these files still have conflict markers:\n{}",
                files.join("\n")
            ),
            hint: "choose between the sides, delete the markers, and run it again".to_owned(),
        });
    }
    if let Some(git) = Git::of(project.root()) {
        // Only what svcgen marked: what else is in the index is its owner's.
        for (path, _) in unresolved.iter().filter(|(_, entry)| entry.is_some()) {
            if git.add(path).is_none() {
                shell.warn(&format!("git's index could not be told of `{path}`"));
            }
        }
    }
    project.forget_unresolved()?;
    let what = match unresolved.len() {
        0 => "there were no conflicts".to_owned(),
        count => super::check::counted(count, "file", "files"),
    };
    shell.status("Resolved", &what);
    Ok(())
}

fn abort(held: &Held, shell: &Shell) -> Result<(), Failure> {
    let unresolved = held.project().unresolved()?;
    if unresolved.is_empty() {
        return Err(Failure::usage(
            "there are no conflicts to abort",
            "`svcgen undo` takes back the last run, whatever it was",
        ));
    }
    let paths: Vec<String> = unresolved.keys().cloned().collect();
    let undone = held.undo(false, &paths)?;
    restore_index(held.project(), &unresolved);
    tell_undone(&undone, shell);
    Ok(())
}

/// Runs `svcgen undo`.
pub fn undo(project: Option<&Path>, options: Undo, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let held = generate::hold(project, shell)?;
    let unresolved = held.project().unresolved()?;
    let undone = held.undo(options.force, &[])?;
    restore_index(held.project(), &unresolved);
    tell_undone(&undone, shell);
    Ok(())
}

/// What git's index said before the conflicts were marked in it.
fn restore_index(project: &Project, unresolved: &BTreeMap<String, Option<String>>) {
    let Some(git) = Git::of(project.root()) else {
        return;
    };
    for (path, entry) in unresolved {
        if let Some(entry) = entry {
            // The index is git's: should it refuse, `git status` shows what is left.
            let _ = git.restore(path, entry);
        }
    }
}

fn tell_undone(paths: &[String], shell: &Shell) {
    for path in paths.iter().filter(|it| !it.starts_with(".svcgen/")) {
        if shell.is_verbose() || paths.len() <= 12 {
            shell.status("Restored", path);
        }
    }
    let files = super::check::counted(paths.len(), "file is", "files are");
    shell.status(
        "Undone",
        &format!("{files} as before the last run; `svcgen undo` again brings it back"),
    );
}

impl From<UndoError> for Failure {
    fn from(error: UndoError) -> Self {
        let message = error.to_string();
        match error {
            UndoError::Nothing => Self::usage(message, "every run that writes files can be undone once"),
            UndoError::Changed(_) => Self::InTheWay {
                message: format!("{message}; nothing was undone"),
                hint: "`svcgen undo --force` takes the run back all the same; a second `svcgen undo` then brings \
                       the changed files back"
                    .to_owned(),
            },
            UndoError::Project(error) => error.into(),
        }
    }
}
