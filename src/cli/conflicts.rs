//! What is asked about conflicts, and what is left for whoever reads the message.

use dialoguer::Select;
use similar::TextDiff;

use super::{Failure, arguments::OnConflictName, new::ask, shell::Shell};
use crate::{
    project::Project,
    reconcile::{Conflict, ConflictKind, OnConflict, Wishes},
};

/// What the command line and the terminal make of conflicts: what was asked for, or else
/// markers where somebody sits in front of it, and nothing at all where nobody does.
pub fn wishes(asked_for: Option<OnConflictName>) -> Wishes {
    match asked_for {
        Some(name) => Wishes::all(name.into()),
        None if ask::is_possible() => Wishes {
            on_conflict: OnConflict::Markers,
            ..Wishes::default()
        },
        None => Wishes::default(),
    }
}

/// Asks about the files that have no base. Whether there were any, and all were answered.
pub fn ask(conflicts: &[Conflict], wishes: &mut Wishes, shell: &Shell) -> Result<bool, Failure> {
    let has_no_base = |it: &&Conflict| it.kind == ConflictKind::NoBase;
    if !ask::is_possible() || !conflicts.iter().any(|it| has_no_base(&it)) {
        return Ok(false);
    }
    ask::prepare();
    for conflict in conflicts.iter().filter(has_no_base) {
        let answers = [
            ("keep mine", OnConflict::Yours),
            (
                "write it anew; `svcgen undo` brings mine back",
                OnConflict::Generated,
            ),
            (
                "write both where they differ, between markers",
                OnConflict::Markers,
            ),
            ("stop, and write nothing at all", OnConflict::Stop),
        ];
        shell.text(&format!("{}: {conflict}", conflict.path));
        let chosen = Select::new()
            .with_prompt("What becomes of it?")
            .items(answers.map(|(text, _)| text))
            .default(0)
            .interact()
            .map_err(|_| Failure::Interrupted)?;
        match answers[chosen].1 {
            OnConflict::Stop => return Ok(false),
            answer => wishes.by_path.insert(conflict.path.clone(), answer),
        };
    }
    Ok(true)
}

/// Leaves the list of conflicts, and a patch of what svcgen wanted to change in those
/// files, in the project, and adds to the failure where they are. A directory where nothing
/// was generated before stays as it is.
pub fn reported(failure: Failure, project: &Project) -> Failure {
    if !project.was_generated() {
        return failure;
    }
    let Failure::Conflicts(conflicts, None) = failure else {
        return failure;
    };
    let lines: Vec<_> = conflicts
        .iter()
        .map(|it| format!("{}: {it}", it.path))
        .collect();
    let list = lines.join("\n") + "\n";
    let patch: String = conflicts.iter().map(patch).collect();
    let told = match project.leave_report(&list, &patch) {
        Ok((list, patch)) => format!(
            "the list is in `{}`, and what svcgen would change in `{}`",
            list.display(),
            patch.display()
        ),
        Err(error) => format!("the list could not be written: {error}"),
    };
    Failure::Conflicts(conflicts, Some(told))
}

fn patch(conflict: &Conflict) -> String {
    let Some([before, after]) = &conflict.texts else {
        return String::new();
    };
    let path = &conflict.path;
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
