//! How every file on record stands: whose it is, and what became of it since it was written.
//!
//! The one place where that is decided. `decide` reads it to know what to do, and
//! `svcgen status` prints it: [`survey`] answers with one [`FileStatus`] a path, sorted.
//! Its inputs are those of [`super::reconcile`], so whoever can plan a run can tell
//! how things stand:
//!
//! ```text
//! FileStatus { path, ownership, standing, is_orphaned, moved_from }
//!     ownership    managed | seeded | sealed | history
//!     standing     AsGenerated | Reformatted | Edited | Conflicted | Missing | Deleted
//!                  | Owned | Unknown | Obstructed("a directory")
//!     is_orphaned  on record, and no longer generated
//!     moved_from   where it would be written, had its owner not moved it
//! ```
//!
//! Knows nothing of what the files should say by now: whether a schema has changed
//! since is the plan's question.

use std::{collections::BTreeMap, fmt};

use super::{
    Found, Inputs,
    contents::Contents,
    lock::{Entry, State},
    normal::NormalForms,
};
use crate::plan::Ownership;

/// What lies at a path, compared with what was written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The very text that was written, line endings aside.
    AsGenerated,
    /// The text that was written, formatted in another way.
    Reformatted,
    /// Something else than was written: somebody's edit.
    Edited,
    /// An edit that could not be merged and waits to be resolved.
    Conflicted,
    /// Nothing, although the service needs it.
    Missing,
    /// Nothing, since its owner deleted it; it is not written again.
    Deleted,
    /// Whatever it is: its owner took it over with `svcgen own`.
    Owned,
    /// Something that svcgen has no record of.
    Unknown,
    /// No ordinary file, but this.
    Obstructed(&'static str),
}

impl Standing {
    /// Whether nothing of anybody's is lost when the file is written anew.
    pub fn is_clean(self) -> bool {
        matches!(self, Self::AsGenerated | Self::Reformatted)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsGenerated => "as generated",
            Self::Reformatted => "reformatted",
            Self::Edited => "edited",
            Self::Conflicted => "conflicted",
            Self::Missing => "missing",
            Self::Deleted => "deleted",
            Self::Owned => "owned",
            Self::Unknown => "unknown",
            Self::Obstructed(what) => what,
        })
    }
}

/// One file, as `svcgen status` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStatus {
    /// Its path, relative to the project.
    pub path: String,
    /// Whose it is.
    pub ownership: Ownership,
    /// What became of it.
    pub standing: Standing,
    /// Whether it is on record and no longer generated.
    pub is_orphaned: bool,
    /// Where svcgen would write it, if its owner moved it.
    pub moved_from: Option<String>,
}

/// How every file stands that is on record, or generated and in the way, sorted by path.
///
/// A file that the next run will create is not there yet and has no standing.
pub fn survey(inputs: &Inputs<'_>, formatter: &dyn super::Formatter) -> Vec<FileStatus> {
    let contents = Contents::of(inputs.rendered);
    let normal = NormalForms::gather(inputs, &contents, formatter);
    let planned: BTreeMap<&str, Ownership> = inputs
        .rendered
        .iter()
        .map(|it| (it.path.as_str(), it.ownership))
        .collect();
    let on_record = inputs
        .lock
        .files
        .iter()
        .map(|(path, entry)| (path.as_str(), entry.ownership));
    let in_the_way = planned
        .iter()
        .filter(|(path, _)| inputs.disk.contains_key(**path))
        .map(|(path, ownership)| (*path, *ownership));
    let mut all: BTreeMap<&str, Ownership> = in_the_way.collect();
    all.extend(on_record);
    all.into_iter()
        .map(|(path, ownership)| FileStatus {
            path: path.to_owned(),
            ownership: planned.get(path).copied().unwrap_or(ownership),
            standing: standing(inputs, &normal, path),
            // Migrations are on record and never made again.
            is_orphaned: ownership != Ownership::History && !planned.contains_key(path),
            moved_from: inputs.lock.moved.origin(path).map(str::to_owned),
        })
        .filter(|it| {
            let is_gone = matches!(it.standing, Standing::Missing | Standing::Deleted);
            !(it.is_orphaned && is_gone)
        })
        .collect()
}

/// How one path stands.
pub(super) fn standing(inputs: &Inputs<'_>, normal: &NormalForms, path: &str) -> Standing {
    let entry = inputs.lock.files.get(path);
    let print = match inputs.disk.get(path) {
        None => return absent(entry),
        Some(Found::Other(what)) => return Standing::Obstructed(what),
        Some(Found::File { print, .. }) => *print,
    };
    if inputs.unresolved.contains(path) {
        return Standing::Conflicted;
    }
    let written = match entry.map(|it| &it.state) {
        None => return Standing::Unknown,
        Some(State::Owned(_)) => return Standing::Owned,
        // It was deleted and is there again: its owner's, then, and an edit.
        Some(State::Deleted) => return Standing::Edited,
        Some(State::Written(written)) => written,
    };
    if print == written.raw {
        return Standing::AsGenerated;
    }
    let normal = normal.of_disk(path);
    let says_the_same =
        written.formatted == Some(print) || (normal.is_some() && normal == written.formatted);
    if says_the_same {
        Standing::Reformatted
    } else {
        Standing::Edited
    }
}

fn absent(entry: Option<&Entry>) -> Standing {
    match entry {
        Some(entry) => match (&entry.state, entry.ownership) {
            (State::Owned(_), _) => Standing::Owned,
            (_, Ownership::Seeded) => Standing::Deleted,
            _ => Standing::Missing,
        },
        None => Standing::Missing,
    }
}
