//! Which files there will be, whose they are, and what they are made from.
//!
//! Knows no disk: a plan is complete before anything is rendered, and rendered
//! texts are complete before anything is written.

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

/// A file as it should be, complete and formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Relative to the project, with forward slashes.
    pub path: String,
    /// What it says.
    pub content: Content,
    /// Whose it is.
    pub ownership: Ownership,
    /// The entity it belongs to (its snake name), if it belongs to one.
    pub entity: Option<String>,
    /// A digest of the text before it was formatted: where it is the one of the
    /// last run, formatting again would give the text of the last run.
    pub digest: String,
}

/// What a rendered file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The whole content.
    Whole(Vec<u8>),
    /// What the last run wrote, which is still on the disk.
    AsBefore,
}
