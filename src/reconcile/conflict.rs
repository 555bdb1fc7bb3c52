//! What stands in the way of a run, what can be done about it, and what was asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::plan::Ownership;

/// What becomes of places that both the owner and the generator changed. A closed set:
/// the values of `--on-conflict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing at all is written, and all conflicts are listed.
    Stop,
    /// Both versions are written, between conflict markers.
    Markers,
    /// The owner's version is taken.
    Yours,
    /// The generator's version is taken.
    Generated,
    /// The file stays, and the generator's text is put beside it.
    Beside,
}

/// What is to become of edited files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Where both sides changed a place.
    pub on_conflict: OnConflict,
    /// Where it is not known what was generated last, so that nothing can be merged.
    pub without_base: OnConflict,
    /// What was answered about single files; stronger than the two above.
    pub by_path: BTreeMap<String, OnConflict>,
    /// Files to be written as they are generated, whatever was made of them.
    pub restore: BTreeSet<String>,
    /// Whether files that were there before svcgen, and would be their owner's, stay as they are.
    pub keep_foreign: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self::all(OnConflict::Stop)
    }
}

impl Wishes {
    /// The same for all.
    pub fn all(on_conflict: OnConflict) -> Self {
        Self {
            on_conflict,
            without_base: on_conflict,
            by_path: BTreeMap::new(),
            restore: BTreeSet::new(),
            keep_foreign: false,
        }
    }

    /// What is to become of a file that was edited.
    pub fn of(&self, path: &str, has_base: bool) -> OnConflict {
        let general = if has_base {
            self.on_conflict
        } else {
            self.without_base
        };
        self.by_path.get(path).copied().unwrap_or(general)
    }
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
    /// What was last generated and what is generated now, where both are known.
    pub texts: Option<[String; 2]>,
}

/// What is wrong with a file that is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictKind {
    /// It is not to be edited, and was.
    Edited,
    /// You and the generator changed the same places, this many.
    Places(usize),
    /// It was edited, and nobody knows what it said when it was generated.
    NoBase,
    /// It has conflict markers.
    Markers,
    /// It cannot be read as what it should be; why.
    Unreadable(String),
    /// It is no text.
    NoText,
    /// Svcgen did not write it.
    Unknown,
    /// It is no ordinary file, but this.
    NoFile(&'static str),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ConflictKind::Edited => f.write_str("edited since svcgen wrote it"),
            ConflictKind::Places(1) => f.write_str("you and svcgen changed the same place"),
            ConflictKind::Places(count) => {
                write!(f, "you and svcgen changed the same {count} places")
            }
            ConflictKind::NoBase => f.write_str(
                "edited since svcgen wrote it, and what svcgen wrote is nowhere to be found",
            ),
            ConflictKind::Markers => f.write_str("has conflict markers"),
            ConflictKind::Unreadable(why) => write!(f, "edited, and cannot be read: {why}"),
            ConflictKind::NoText => f.write_str("edited, and is no text any more"),
            ConflictKind::Unknown => f.write_str("exists, and svcgen did not write it"),
            ConflictKind::NoFile(what) => write!(f, "is {what}"),
        }
    }
}

impl Conflict {
    /// What the user can do about it.
    pub fn advice(&self) -> String {
        match (&self.kind, self.ownership) {
            (ConflictKind::Edited, _) => format!(
                "change {} instead; `--on-conflict generated` then writes the file anew, and `--on-conflict yours` leaves it",
                place_to_change(&self.path)
            ),
            (ConflictKind::Places(_), _) => "apply the patch by hand and run svcgen again, or write the conflicts into the \
                 files with `--on-conflict markers`; `yours` and `generated` settle them for one side"
                .to_owned(),
            (ConflictKind::NoBase, _) => "say what becomes of it: `--on-conflict yours` keeps it, `generated` writes it anew, \
                 `markers` writes both where they differ"
                .to_owned(),
            (ConflictKind::Markers, _) => "resolve them, then run svcgen again".to_owned(),
            (ConflictKind::Unreadable(_), _) => {
                "mend it, then run svcgen again; `--on-conflict generated` writes it anew".to_owned()
            }
            (ConflictKind::NoText, _) => {
                "move it out of the way; `--on-conflict generated` writes it anew".to_owned()
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
