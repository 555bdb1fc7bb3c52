//! What goes along when something gets another name: the pipeline's side of it. Knows nothing
//! of names; [`super::evolve`] does.

use std::collections::BTreeMap;

use super::Failure;
use crate::{
    plan::Rendered,
    reconcile::{OnDisk, lock::Lock},
};

/// A person's file that goes along when something gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Where it was.
    pub from: String,
    /// Where it goes; perhaps where it was.
    pub to: String,
    /// Its content, names renamed.
    pub content: Vec<u8>,
    /// The names that were renamed in it.
    pub names: Vec<(String, String)>,
}

/// What goes along with a change of names.
pub trait Carry {
    /// Files that svcgen has no record of.
    fn looked_at(&self) -> &[String];

    /// The path that a file has after it.
    fn destination(&self, path: &str) -> String;

    /// Whether a seeded file is rendered although it was given away, for the names in it.
    fn is_fresh(&self, path: &str) -> bool;

    /// Moves files, and names in them, in what the plan will be made from.
    fn carry(&self, rendered: &[Rendered], here: &mut Here<'_>) -> Result<Vec<Carried>, Failure>;
}

/// What lies on the disk and on record, for whoever moves it.
pub struct Here<'a> {
    /// What the last run wrote.
    pub lock: &'a mut Lock,
    /// What lies on the disk.
    pub disk: &'a mut OnDisk,
    /// Copies of what was generated, by the path of the file that was edited.
    pub copies: &'a mut BTreeMap<String, Vec<u8>>,
    /// What a file said when it was last generated.
    pub base: &'a FindBase<'a>,
}

/// Finds what a file said when it was last generated.
type FindBase<'a> = dyn Fn(&str, &Lock, &BTreeMap<String, Vec<u8>>) -> Option<String> + 'a;
