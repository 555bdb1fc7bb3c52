//! What will happen to each path: (rendered, remembered, on disk) → [`WritePlan`].
//!
//! Pure: it is handed what lies on the disk and writes nothing. It has never
//! heard of templates or schemas. A plan is complete or there is none: one
//! conflict refuses the whole run, so that nothing is ever half regenerated.
//!
//! A managed file that its owner edited is refused. The place where its text
//! will be merged instead is `decide`: the arm that answers with
//! [`ConflictKind::Edited`].

mod decide;
pub mod lock;
pub mod merge;
mod normal;
pub mod path;
pub mod standing;
pub mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use normal::Formatter;

use self::{
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
    /// It is seeded, so it is its owner's.
    Yours,
    /// Its owner deleted it.
    DeletedByOwner,
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
    /// Whether the user should hear of it although nothing happens.
    pub fn is_notable(self) -> bool {
        matches!(
            self,
            Self::OrphanedAndEdited | Self::RecordedAndEdited | Self::RecordedAndMissing
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
            Self::Yours => "yours",
            Self::DeletedByOwner => "you deleted it",
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

/// A file that is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its path.
    pub path: String,
    /// Whose file it is to be.
    pub ownership: Ownership,
    /// What is wrong.
    pub kind: ConflictKind,
}

/// What is wrong with a file that is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictKind {
    /// It was edited since svcgen wrote it.
    Edited,
    /// Svcgen did not write it.
    Unknown,
    /// It is no ordinary file, but this.
    NoFile(&'static str),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ConflictKind::Edited => f.write_str("edited since svcgen wrote it"),
            ConflictKind::Unknown => f.write_str("exists, and svcgen did not write it"),
            ConflictKind::NoFile(what) => write!(f, "is {what}"),
        }
    }
}

impl Conflict {
    /// What the user can do about it.
    pub fn advice(&self) -> String {
        match (self.kind, self.ownership) {
            (ConflictKind::Edited, Ownership::Sealed) => format!(
                "change {} instead, delete the file and run svcgen again",
                place_to_change(&self.path)
            ),
            (ConflictKind::Edited, _) => {
                "move the change into a file that is yours, such as the entity's `rules.rs`, \
                                          delete the file and run svcgen again"
                    .to_owned()
            }
            (ConflictKind::Unknown, _) => "move it out of the way, or delete it".to_owned(),
            (ConflictKind::NoFile(_), _) => {
                "move it out of the way: svcgen writes ordinary files only".to_owned()
            }
        }
    }
}

/// Where to make a change that was made in a sealed file.
fn place_to_change(path: &str) -> &'static str {
    if path.starts_with("vendor/") {
        "the runtime's source, and name it with `runtime: { path: … }` in `svcgen.yaml`,"
    } else {
        "the schema (`svcgen.yaml`, `entities/*.yaml`)"
    }
}

/// Decides what happens to every path that is generated now or was before.
pub fn reconcile(inputs: &Inputs<'_>, formatter: &dyn Formatter) -> Result<WritePlan, Refusal> {
    check_paths(inputs.rendered)?;
    let normal = NormalForms::gather(inputs, formatter);
    let mut decider = Decider::new(inputs, &normal);
    for rendered in inputs.rendered {
        decider.rendered(rendered)?;
    }
    let planned: BTreeSet<&str> = inputs.rendered.iter().map(|it| it.path.as_str()).collect();
    for (path, entry) in &inputs.lock.files {
        if !planned.contains(path.as_str()) && entry.state != State::Deleted {
            decider.orphan(path, entry);
        }
    }
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
