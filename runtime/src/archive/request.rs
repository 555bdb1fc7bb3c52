//! The parameters and the body of requests to the archive.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Error;
use crate::http::{Body, Caller, parameters};
use crate::input::{self, Accepts, Object, Pointer, Read, Violations, mistyped};

/// `?show_pii=true`: whether what says something about a person is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// Whether it is.
    pub show_pii: bool,
}

impl<S: Sync> FromRequestParts<S> for Reading {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let show_pii = flag(parts, "show_pii")?;
        Ok(Self { show_pii })
    }
}

/// Notes in the log who read an archived record, and whether with what says something about a person.
pub fn note_reading(caller: &Caller, table: &str, archive_id: Uuid, reading: Reading) {
    let by = &caller.subject;
    if reading.show_pii {
        tracing::info!(by, table, %archive_id, "an archived record was read in full");
    } else {
        tracing::info!(by, table, %archive_id, "an archived record was read");
    }
}

/// Notes in the log who listed archived records, and how many of them.
pub fn note_listing(caller: &Caller, table: &str, records: usize) {
    tracing::info!(
        by = caller.subject,
        table,
        records,
        "archived records were listed"
    );
}

fn flag(parts: &Parts, name: &'static str) -> Result<bool, Error> {
    let mut flag = false;
    parameters(parts, &[name], |name, value, found| match &*value {
        "true" => flag = true,
        "false" => {}
        _ => found.add_parameter(name, "INVALID", "Must be `true` or `false`."),
    })?;
    Ok(flag)
}

/// The values that a restored record shall have instead of the archived ones. A request
/// without a body overrides nothing.
#[derive(Debug, Clone, Copy)]
pub struct Overrides<T>(pub T);

impl<S: Sync, T: Read> FromRequest<S> for Overrides<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let headers = request.headers();
        let length = headers
            .get(header::CONTENT_LENGTH)
            .map(|it| it.as_bytes() == b"0");
        let is_empty = length.unwrap_or(!headers.contains_key(header::TRANSFER_ENCODING));
        if is_empty && !headers.contains_key(header::CONTENT_TYPE) {
            let read = input::read(Value::Object(Map::new()));
            return read.map(Self).map_err(Error::invalid);
        }
        let Body(overrides) = Body::from_request(request, state).await?;
        Ok(Self(overrides))
    }
}

/// The values that records of a batch shall have instead of the archived ones, by their ids in
/// the archive: what there is to read in them, only the archive of each knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ByRecord {
    pub(super) overrides: BTreeMap<Uuid, Value>,
}

impl Read for ByRecord {
    fn read(body: &mut Object) -> Option<Self> {
        let overrides = body.or("overrides", Records, BTreeMap::new());
        Some(Self {
            overrides: overrides?,
        })
    }
}

/// An object whose members are called by ids.
struct Records;

impl Accepts for Records {
    type Value = BTreeMap<Uuid, Value>;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Self::Value> {
        let Value::Object(members) = value else {
            mistyped(found, at, "an object", &value);
            return None;
        };
        let mut records = BTreeMap::new();
        for (name, value) in members {
            match Uuid::try_parse(&name) {
                Err(_) => found.add(
                    at.member(&name),
                    "INVALID_ID",
                    "Is not an id in the archive.",
                ),
                Ok(id) if records.insert(id, value).is_some() => {
                    found.add(at.member(&name), "DUPLICATE", "Is given more than once.");
                }
                Ok(_) => {}
            }
        }
        Some(records)
    }

    fn check(&self, _value: &Self::Value, _at: Pointer<'_>, _found: &mut Violations) {}
}
