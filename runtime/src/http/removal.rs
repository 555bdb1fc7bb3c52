//! The parameters of a removal.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Write;
use super::query::{boolean, parameters};
use crate::Error;
use crate::input::Violations;

/// `?reason=`: why something is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// The reason, without spaces around it; an empty one is none.
    pub reason: Option<String>,
}

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1000;

impl Removal {
    fn take(&mut self, name: &'static str, value: &str, found: &mut Violations) {
        let value = value.trim();
        if value.chars().count() > LONGEST_REASON {
            let detail = format!("Must have at most {LONGEST_REASON} characters.");
            found.add_parameter(name, "TOO_LONG", detail);
        }
        self.reason = Some(value.to_owned()).filter(|reason| !reason.is_empty());
    }
}

impl<S: Sync> FromRequestParts<S> for Removal {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut removal = Self::default();
        parameters(parts, &["reason"], |name, value, found| {
            removal.take(name, &value, found);
        })?;
        Ok(removal)
    }
}

/// A removal, and how it is to be written.
#[derive(Debug)]
pub struct Removing {
    /// How it is to be written.
    pub write: Write,
    /// Why.
    pub removal: Removal,
}

impl<S: Sync> FromRequestParts<S> for Removing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut removal = Removal::default();
        let mut validate_only = false;
        let known = &["reason", "validate_only"];
        parameters(parts, known, |name, value, found| match name {
            "reason" => removal.take(name, &value, found),
            _ => validate_only = boolean(name, &value, found),
        })?;
        let write = Write::of(parts, validate_only)?;
        Ok(Self { write, removal })
    }
}
