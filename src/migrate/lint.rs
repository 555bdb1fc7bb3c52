//! Lints.
use serde::Serialize;

use super::Plan;
use crate::tables::{change::Change, delta::Delta};

/// What is worth a word.
pub fn findings(_changes: &[Change], _delta: &Delta, _plans: &[Plan]) -> Vec<Finding> {
    Vec::new()
}

/// What a lint found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub code: String,
    /// What it found.
    pub message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
