//! What `generate --check` finds: everything that a run would change, or complain of.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::{
    Failure, arguments::Format, check::counted, moved::Likely, prepared::Prepared, shell::Shell,
};
use crate::reconcile::{Action, Because, Conflict, ConflictKind, WritePlan};

/// What is the matter with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It does not say what schema and svcgen say by now.
    Stale,
    /// It was edited, and that is not settled.
    Edited,
    /// It is not there.
    Missing,
    /// It is no longer generated.
    Orphaned,
    /// Something that svcgen did not write is in its place.
    InTheWay,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Orphaned => "orphaned",
            Self::InTheWay => "in the way",
        }
    }
}

/// One file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    path: String,
    kind: Kind,
    because: String,
}

/// What a run would change, whatever the cause.
pub fn of(prepared: &Prepared) -> Vec<Finding> {
    let first = prepared.first.as_ref().map(|it| of_plan(&it.plan));
    let mut findings = of_plan(&prepared.plan);
    for finding in first.into_iter().flatten() {
        if !findings.iter().any(|it| it.path == finding.path) {
            findings.push(finding);
        }
    }
    findings.sort_by(|left, right| left.path.cmp(&right.path));
    findings
}

fn of_plan(plan: &WritePlan) -> Vec<Finding> {
    let writes = plan.writes.iter();
    let found = writes.filter_map(|write| {
        let is_kept = matches!(write.action, Action::Keep);
        let kind = match write.because {
            Because::Missing | Because::RecordedAndMissing | Because::DeletedAndNeeded => {
                Kind::Missing
            }
            Because::Orphaned | Because::OrphanedAndEdited => Kind::Orphaned,
            Because::RecordedAndEdited => Kind::Edited,
            _ if is_kept => return None,
            _ => Kind::Stale,
        };
        Some(Finding {
            path: write.path.clone(),
            kind,
            because: write.because.to_string(),
        })
    });
    found.collect()
}

/// What stands in the way of a plan.
pub fn of_conflicts(conflicts: &[Conflict]) -> Vec<Finding> {
    let found = conflicts.iter().map(|conflict| Finding {
        path: conflict.path.clone(),
        kind: match &conflict.kind {
            ConflictKind::Unknown | ConflictKind::NoFile(_) => Kind::InTheWay,
            ConflictKind::Edited
            | ConflictKind::Places(_)
            | ConflictKind::NoBase
            | ConflictKind::Markers
            | ConflictKind::Unreadable(_)
            | ConflictKind::NoText => Kind::Edited,
        },
        because: conflict.to_string(),
    });
    found.collect()
}

/// A file that is gone, and may have been moved.
pub fn of_moved(likely: &Likely) -> Finding {
    Finding {
        path: likely.from.clone(),
        kind: Kind::Missing,
        because: likely.to_string(),
    }
}

/// A file that is only behind.
pub fn stale(path: &str) -> Finding {
    Finding {
        path: path.to_owned(),
        kind: Kind::Stale,
        because: Because::Changed.to_string(),
    }
}

/// Tells what was found; anything at all is a failure.
pub fn tell(findings: &[Finding], format: Format, shell: &Shell) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let list = findings.iter().map(
                |it| json!({ "path": it.path, "finding": it.kind.word(), "because": it.because }),
            );
            shell.json(&json!({
                "ok": findings.is_empty(),
                "findings": list.collect::<Vec<_>>(),
            }))?;
        }
        Format::Human => {
            let mut list = String::new();
            for finding in findings {
                // Writing to a string cannot fail.
                let _ = writeln!(list, "{:<10} {}", finding.kind.word(), finding.path);
            }
            shell.data(list.as_bytes())?;
        }
    }
    if findings.is_empty() {
        shell.status("Checked", "everything is up to date");
        return Ok(());
    }
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for finding in findings {
        *kinds.entry(finding.kind).or_default() += 1;
    }
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.word()))
        .collect();
    let files = counted(findings.len(), "file is", "files are");
    shell.error(&format!("{files} not up to date: {}", kinds.join(", ")));
    shell
        .hint("run `svcgen generate` and commit what it writes; `svcgen generate --diff` shows it");
    Err(Failure::Told)
}
