//! Your rules for authors: svcgen wrote this file once, and from here on it is yours.
//!
//! Every method of [`Rules`] has a default that does nothing; write those you need.
//! `check_…` refuses what a caller sends, `before_…` runs ahead of the statement,
//! `inside_…` in its transaction, `after_…` once it is committed. [`Rules::routes`]
//! adds routes of your own. What is too long for this file fits into `rules/NAME.rs`, with
//! `mod NAME;` here.

use super::hooks::Rules;

/// What holds for authors beyond the schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorRules;

impl Rules for AuthorRules {}
