//! What will happen to each path: (rendered, remembered, on disk) → [`WritePlan`].
//!
//! Pure: it is handed what lies on the disk and writes nothing. It has never
//! heard of templates or schemas. A plan is complete or there is none: one
//! conflict refuses the whole run, so that nothing is ever half regenerated.
//!
//! `decide` settles what can be settled by looking at one path; `settle` then merges the
//! managed files that their owners edited.

pub mod bases;
mod branches;
pub mod conflict;
mod contents;
mod decide;
mod indentation;
pub mod lock;
pub mod merge;
pub mod moves;
mod needs;
mod normal;
pub mod pages;
pub mod path;
mod settle;
pub mod standing;
pub mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use conflict::{Conflict, ConflictKind, OnConflict, Wishes};
pub use normal::{Formatter, print_of_normal};

use self::{
    bases::Bases,
    contents::Contents,
    decide::Decider,
    lock::{Lock, State},
    normal::NormalForms,
    text::Fingerprint,
};
use crate::plan::{Ownership, Rendered};

/// Everything a decision depends on.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What the files should be.
    pub rendered: &'a [Rendered],
    /// What the last run wrote.
    pub lock: &'a Lock,
    /// What lies at the paths of the two above; a path that is not here is free.
    pub disk: &'a OnDisk,
    /// The fingerprint of the project's rustfmt configuration, if it has one.
    pub rustfmt: Option<Fingerprint>,
    /// Files with conflicts of an earlier run that nobody has resolved yet.
    pub unresolved: &'a BTreeSet<String>,
    /// The copies of what was last generated, by the path of the file that was edited.
    pub copies: &'a BTreeMap<String, Vec<u8>>,
    /// What is to become of edited files.
    pub wishes: &'a Wishes,
}

/// What lies at each path of interest.
pub type OnDisk = BTreeMap<String, Found>;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An ordinary file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// The fingerprint of its content.
        print: Fingerprint,
    },
    /// Something that is no ordinary file, in words, such as "a directory".
    Other(&'static str),
}

impl Found {
    /// An ordinary file with this content.
    pub fn file(bytes: Vec<u8>) -> Self {
        Self::File {
            print: Fingerprint::of(&bytes),
            bytes,
        }
    }
}

/// What a run will do, path by path, sorted; and what will be on record after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritePlan {
    /// One for each path that was generated now or before.
    pub writes: Vec<Write>,
    /// The lock after the run.
    pub lock: Lock,
    /// The copies of what was generated that are to be kept, by the path of the file that
    /// was edited. All others go.
    pub copies: BTreeMap<String, Vec<u8>>,
    /// The files in which conflicts are marked.
    pub marked: Vec<Marked>,
}

/// A file in which conflicts are marked, with the texts that would not come together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Its path.
    pub path: String,
    /// How many conflicts there are.
    pub conflicts: usize,
    /// What was last generated, what its owner made of it, and what is generated now.
    pub versions: [Vec<u8>; 3],
}

impl WritePlan {
    /// Whether the disk already is as it should be, the lock aside.
    pub fn is_noop(&self) -> bool {
        self.writes
            .iter()
            .all(|it| matches!(it.action, Action::Keep))
    }
}

/// What happens to one path, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The path, relative to the project.
    pub path: String,
    /// Whose file it is.
    pub ownership: Ownership,
    /// What happens to it.
    pub action: Action,
    /// Why.
    pub because: Because,
}

/// What happens to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new file with this content.
    Create(Vec<u8>),
    /// An existing file gets this content.
    Replace(Vec<u8>),
    /// Nothing.
    Keep,
    /// The file goes.
    Remove,
}

/// Why something happens to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// It was not there before.
    New,
    /// It was deleted, and the service needs it.
    Missing,
    /// What it should say has changed.
    Changed,
    /// It says what it should.
    Same,
    /// It says what it should, formatted in another way.
    Reformatted,
    /// Its owner edited it, and what it should say has changed: both are in it.
    Merged,
    /// As before, and in places that both changed the owner's text was asked for.
    MergedForYou,
    /// As before, and in places that both changed the generator's text was asked for.
    MergedForGenerator,
    /// Its owner edited it, and what it should say has changed: the conflicts are marked.
    Marked,
    /// Its owner edited it, and what it should say has not changed.
    Edited,
    /// It cannot be merged; what it should say stands beside it.
    SetBeside,
    /// It is not to be edited, was, and that was to be kept.
    SealedAndEdited,
    /// It was edited, and was asked to be as it was generated.
    Overwritten,
    /// It is not to be edited, and git has mixed what two branches made of it.
    Joined,
    /// It is seeded, so it is its owner's.
    Yours,
    /// It was there before svcgen, and is its owner's.
    Foreign,
    /// Its owner deleted it.
    DeletedByOwner,
    /// Its owner deleted it, and the code still names it.
    DeletedAndNeeded,
    /// Its owner took it over.
    Owned,
    /// It is not generated any more.
    Orphaned,
    /// It is not generated any more, and its owner has edited it.
    OrphanedAndEdited,
    /// It is a migration on record.
    Recorded,
    /// It is a migration on record, and was edited since.
    RecordedAndEdited,
    /// It is a migration on record, and is gone.
    RecordedAndMissing,
}

impl Because {
    /// Whether the owner's edits and what is generated came together.
    pub fn is_merge(self) -> bool {
        matches!(
            self,
            Self::Merged | Self::MergedForYou | Self::MergedForGenerator | Self::Marked
        )
    }

    /// Whether the user should hear of it although nothing happens.
    pub fn is_notable(self) -> bool {
        matches!(
            self,
            Self::OrphanedAndEdited
                | Self::RecordedAndEdited
                | Self::RecordedAndMissing
                | Self::SealedAndEdited
                | Self::SetBeside
                | Self::Foreign
                | Self::DeletedAndNeeded
        )
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Missing => "it was missing",
            Self::Changed => "changed",
            Self::Same => "unchanged",
            Self::Reformatted => "only formatted differently",
            Self::Merged | Self::Edited => "with your edits",
            Self::MergedForYou => "with your edits, which won where both changed",
            Self::MergedForGenerator => "with your edits, except where both changed",
            Self::Marked => "with conflicts",
            Self::SetBeside => "it cannot be merged; what it should say is in the file beside it",
            Self::SealedAndEdited => "it is derived from the schema, and no longer says what it should",
            Self::Overwritten => "your edits are gone; `svcgen undo` brings them back",
            Self::Joined => "one again, where git had two",
            Self::Yours => "yours",
            Self::Foreign => "it was there before",
            Self::DeletedByOwner => "you deleted it",
            Self::DeletedAndNeeded => "you deleted it, and the project does not build without it",
            Self::Owned => "you took it over",
            Self::Orphaned => "no longer generated",
            Self::OrphanedAndEdited => "no longer generated, but you edited it: delete it when you no longer need it",
            Self::Recorded => "migrations are never rewritten",
            Self::RecordedAndEdited => {
                "a migration must not change after it was written: restore it with git and write another one"
            }
            Self::RecordedAndMissing => "a migration on record is missing: restore it with git",
        })
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Files are in the way that svcgen must not overwrite; sorted by path.
    #[error("{} files are in the way", .0.len())]
    Conflicts(Vec<Conflict>),
    /// The generator asked for a path that it must not write to.
    #[error("the generator planned a file at `{path}`: {problem}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: path::PathProblem,
    },
    /// The generator planned one path twice, perhaps in another letter case.
    #[error("the generator planned the file `{0}` twice")]
    Twice(String),
    /// The generator said "as before" of a file that is not as before.
    #[error("the generator left out the text of `{0}`, which is not on the disk")]
    NoText(String),
}

/// Decides what happens to every path that is generated now or was before.
pub fn reconcile(
    inputs: &Inputs<'_>,
    formatter: &dyn Formatter,
    bases: &dyn Bases,
) -> Result<WritePlan, Refusal> {
    check_paths(inputs.rendered)?;
    let contents = Contents::of(inputs.rendered);
    let normal = NormalForms::gather(inputs, &contents, formatter);
    let mut decider = Decider::new(inputs, &contents, &normal);
    for rendered in inputs.rendered {
        decider.rendered(rendered)?;
    }
    let planned: BTreeSet<&str> = inputs.rendered.iter().map(|it| it.path.as_str()).collect();
    for (path, entry) in &inputs.lock.files {
        if !planned.contains(path.as_str()) && entry.state != State::Deleted {
            decider.orphan(path, entry);
        }
    }
    settle::settle(&mut decider, formatter, bases);
    decider.finish()
}

/// On a system that does not tell letter case, two such paths would be one file.
fn check_paths(rendered: &[Rendered]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for file in rendered {
        path::check(&file.path).map_err(|problem| Refusal::Path {
            path: file.path.clone(),
            problem,
        })?;
        if !seen.insert(file.path.to_lowercase()) {
            return Err(Refusal::Twice(file.path.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
