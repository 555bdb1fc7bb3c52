//! Files that svcgen keeps up to date and somebody moved: they come back at their place, since
//! other files refer to them there, and this says which file of the owner's is the old one.

use std::path::Path;

use similar::TextDiff;

use super::{Failure, prepared::Prepared};
use crate::{
    plan::Ownership,
    project::Project,
    reconcile::{Action, Because},
};

/// How alike two texts are, from 0 to 1, if one is the other, moved and edited.
const ALIKE: f32 = 0.6;

/// A sentence for each file that is written anew although it lies elsewhere.
pub fn found(project: &Project, prepared: &Prepared) -> Result<Vec<String>, Failure> {
    let missing = prepared.plan.writes.iter().filter_map(|write| {
        let is_rust = Path::new(&write.path)
            .extension()
            .is_some_and(|it| it == "rs");
        match &write.action {
            Action::Create(content) if write.because == Because::Missing && is_rust => {
                Some((write, String::from_utf8_lossy(content).into_owned()))
            }
            _ => None,
        }
    });
    let missing: Vec<_> = missing
        .filter(|(write, _)| write.ownership == Ownership::Managed)
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let mut others = Vec::new();
    for path in project.rust_files()? {
        if !prepared.plan.lock.files.contains_key(&path)
            && let Some(text) = project.text(&path)?
        {
            others.push((path, text));
        }
    }
    let mut told = Vec::new();
    for (write, text) in missing {
        let alike = others
            .iter()
            .map(|(path, other)| (path, TextDiff::from_lines(other, &text).ratio()))
            .filter(|(_, ratio)| *ratio >= ALIKE)
            .max_by(|left, right| left.1.total_cmp(&right.1));
        if let Some((path, _)) = alike {
            let at = &write.path;
            told.push(format!(
                "`{at}` was missing and is there again, because other files refer to it; `{path}` looks like \
                 it was moved: move your edits from there to `{at}` and delete it, or keep it as a file of \
                 yours under another name"
            ));
        }
    }
    Ok(told)
}
