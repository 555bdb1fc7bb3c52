//! The parameters of a removal.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use uuid::Uuid;

use super::query::{boolean, parameters};
use super::{Conditions, Write};
use crate::Error;
use crate::error::Kind;
use crate::input::Violations;

/// `?reason=` and `?allow_missing=`: why something is removed, and whether it may be gone already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// The reason, without spaces around it; an empty one is none.
    pub reason: Option<String>,
    /// Whether it is well when there is nothing to remove (AIP-135).
    pub allow_missing: bool,
}

const PARAMETERS: [&str; 2] = ["reason", "allow_missing"];

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1000;

impl Removal {
    fn take(&mut self, name: &'static str, value: &str, found: &mut Violations) {
        match name {
            "allow_missing" => self.allow_missing = boolean(name, value, found),
            _ => self.take_reason(name, value, found),
        }
    }

    fn take_reason(&mut self, name: &'static str, value: &str, found: &mut Violations) {
        let value = value.trim();
        if value.chars().count() > LONGEST_REASON {
            let detail = format!("Must have at most {LONGEST_REASON} characters.");
            found.add_parameter(name, "TOO_LONG", detail);
        }
        self.reason = Some(value.to_owned()).filter(|reason| !reason.is_empty());
    }

    /// Passes over a record that is not there, where the request allows that.
    ///
    /// # Errors
    ///
    /// `missed`, which says why nothing was removed, unless the record is just not there; 412
    /// where `conditions` want any to be.
    pub fn pass_over(&self, conditions: &Conditions, missed: Error) -> Result<(), Error> {
        if !self.allow_missing || missed.kind() != Kind::NotFound {
            return Err(missed);
        }
        conditions.admit_gone()
    }
}

impl<S: Sync> FromRequestParts<S> for Removal {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut removal = Self::default();
        parameters(parts, &PARAMETERS, |name, value, found| {
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
    /// Why, and whether it may be gone already.
    pub removal: Removal,
}

impl<S: Sync> FromRequestParts<S> for Removing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut removal = Removal::default();
        let mut validate_only = false;
        let [reason, allow_missing] = PARAMETERS;
        let known = [reason, allow_missing, "validate_only"];
        parameters(parts, &known, |name, value, found| match name {
            "validate_only" => validate_only = boolean(name, &value, found),
            _ => removal.take(name, &value, found),
        })?;
        let write = Write::of(parts, validate_only)?;
        Ok(Self { write, removal })
    }
}

/// A removal of whatever a filter matches, and how it is to be written.
#[derive(Debug)]
pub struct RemovingMatching {
    /// How it is to be written.
    pub write: Write,
    /// Why.
    pub removal: Removal,
    /// Which records are meant; still to be understood.
    pub filter: String,
}

impl<S: Sync> FromRequestParts<S> for RemovingMatching {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut removal = Removal::default();
        let mut validate_only = false;
        let mut filter = None;
        let known = ["filter", "reason", "validate_only"];
        parameters(parts, &known, |name, value, found| match name {
            "validate_only" => validate_only = boolean(name, &value, found),
            "filter" => filter = Some(value.into_owned()),
            _ => removal.take(name, &value, found),
        })?;
        let filter = filter.ok_or_else(|| {
            let mut found = Violations::new();
            found.add_parameter("filter", "REQUIRED", "Is required.");
            Error::invalid_parameters(found)
        })?;
        let write = Write::of(parts, validate_only)?;
        Ok(Self {
            write,
            removal,
            filter,
        })
    }
}

/// What became of a removal by a filter.
#[derive(Debug, Clone, Serialize)]
pub struct Removed<K> {
    /// The batch of the archive that they are, where they went there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Uuid>,
    /// The records, in the order in which they went.
    pub ids: Vec<K>,
}
