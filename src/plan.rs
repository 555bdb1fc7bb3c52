//! Which files there will be, whose they are, and what they are made from.
//!
//! Knows no disk: a plan is complete before anything is rendered, and rendered
//! texts are complete before anything is written.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Service;

/// Whose a file is. Decided here, once; read in `reconcile`, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ownership {
    /// Regenerated; a person's edits are kept.
    Managed,
    /// Written once, then the user's.
    Seeded,
    /// A derived contract: overwritten, and not meant to be edited.
    Sealed,
    /// Migrations: written once, never changed.
    History,
}

impl fmt::Display for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Managed => "managed",
            Self::Seeded => "seeded",
            Self::Sealed => "sealed",
            Self::History => "history",
        })
    }
}

/// A file that a feature wants, before it is rendered.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Relative to the project, with forward slashes.
    pub path: String,
    /// What it is made from.
    pub body: Body,
    /// Whose it is.
    pub ownership: Ownership,
    /// The entity it belongs to (its snake name), if it belongs to one.
    pub entity: Option<String>,
}

/// What a file is made from.
#[derive(Debug, Clone)]
pub enum Body {
    /// A template and what fills it.
    Template {
        /// The template's path under `templates/`.
        name: &'static str,
        /// The values that it interpolates.
        view: minijinja::Value,
    },
    /// A text that is complete already.
    Text(String),
    /// A text about the whole service, made when the files are rendered: beside others, that is.
    Document(fn(&Service) -> String),
    /// Octets, such as an asset of the vendored runtime.
    Bytes(&'static [u8]),
}

/// All files of a service, by path.
#[derive(Debug, Default)]
pub struct FilePlan {
    files: BTreeMap<String, PlannedFile>,
}

/// Two features want the same file: a mistake in svcgen, never in a schema.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is planned twice")]
pub struct PlannedTwice(pub String);

impl FilePlan {
    /// Takes a file into the plan.
    pub fn add(&mut self, file: PlannedFile) -> Result<(), PlannedTwice> {
        let path = file.path.clone();
        match self.files.insert(path.clone(), file) {
            None => Ok(()),
            Some(_) => Err(PlannedTwice(path)),
        }
    }

    /// The files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = &PlannedFile> {
        self.files.values()
    }
}

/// What the last run left at a path, where that spares this one the making of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnRecord {
    /// The formatted text of the rendering with this digest.
    Rendering(String),
    /// A seeded file, which is its owner's whatever svcgen would write by now.
    GivenAway,
}

/// A file as it should be, complete and formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Relative to the project, with forward slashes.
    pub path: String,
    /// Its content.
    pub content: Content,
    /// Whose it is.
    pub ownership: Ownership,
    /// The entity it belongs to (its snake name), if it belongs to one.
    pub entity: Option<String>,
    /// A digest of what was rendered, before formatting: equal digests format to equal texts.
    /// Empty where nothing was rendered, because the file was given away.
    pub digest: String,
}

/// A rendered file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The whole of it.
    Whole(Vec<u8>),
    /// The same as the last run rendered, or the owner's: what is on record stands.
    AsBefore,
}
