//! Requests about several records at once (AIP-231 and those after it), and their answer.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::answer::json;
use super::body::document;
use super::patch::Identifier;
use super::query::repeated;
use crate::Error;
use crate::input::{self, Object, Read, Violations, bigint};

/// The body of a batch: an object with one member, which lists the elements.
#[derive(Debug)]
pub struct Batch(Value);

impl<S: Sync> FromRequest<S> for Batch {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let (_, value) = document(request).await?;
        Ok(Self(value))
    }
}

impl Batch {
    /// The elements, 1 to `most` of them.
    ///
    /// # Errors
    ///
    /// 422 with every violation of every element, each with the element's index in its pointer.
    pub fn read<T: Read>(self, member: &'static str, most: usize) -> Result<Vec<T>, Error> {
        let mut found = Violations::new();
        let elements = elements(self.0, member, most, &mut found).map_err(Error::invalid)?;
        let mut read = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            match input::read(element) {
                Ok(element) => read.push(element),
                Err(violations) => found.add_within(&format!("/{member}/{index}"), violations),
            }
        }
        found.into_result().map(|()| read)
    }
}

fn elements(
    value: Value,
    member: &'static str,
    most: usize,
    found: &mut Violations,
) -> Result<Vec<Value>, Violations> {
    let mut members: Map<String, Value> = match value {
        Value::Object(members) => members,
        other => return Err(wrong_type("", "an object", &other)),
    };
    let list = members.remove(member);
    for name in members.keys() {
        let detail = format!("There is no such field. The elements are in `{member}`.");
        found.add(input::Pointer::ROOT.member(name), "UNKNOWN_FIELD", detail);
    }
    let pointer = format!("/{member}");
    let mut refuse = |code, detail: String| {
        found.add(pointer.as_str(), code, detail);
        Err(std::mem::take(found))
    };
    match list {
        None => refuse("REQUIRED", "Is required.".to_owned()),
        Some(Value::Array(elements)) if elements.is_empty() => {
            refuse("TOO_FEW", "Must have at least one element.".to_owned())
        }
        Some(Value::Array(elements)) if elements.len() > most => refuse(
            "TOO_MANY",
            format!(
                "Must have at most {most} elements; it has {}.",
                elements.len()
            ),
        ),
        Some(Value::Array(elements)) => Ok(elements),
        Some(other) => Err(wrong_type(&pointer, "an array", &other)),
    }
}

fn wrong_type(pointer: &str, expected: &str, value: &Value) -> Violations {
    let mut found = Violations::new();
    input::mistyped(&mut found, input::Pointer::of(pointer), expected, value);
    found
}

/// One record of a batch, what is to be done to it, and, where records have versions, the one that it must have.
#[derive(Debug, Clone, PartialEq)]
pub struct Target<I, C, const VERSIONED: bool> {
    /// The record.
    pub id: I,
    /// The version that it must have, if it is given.
    pub expected: Option<i64>,
    /// What is to be done to it.
    pub change: C,
}

impl<I: Identifier, C: Read, const VERSIONED: bool> Read for Target<I, C, VERSIONED> {
    fn read(body: &mut Object) -> Option<Self> {
        let id = I::read(body);
        let expected = if VERSIONED {
            body.optional("version", bigint())
        } else {
            Some(None)
        };
        let change = C::read(body);
        Some(Self {
            id: id?,
            expected: expected?,
            change: change?,
        })
    }
}

/// Nothing more than which record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole;

impl Read for Whole {
    fn read(_body: &mut Object) -> Option<Self> {
        Some(Self)
    }
}

/// `?ids=…&ids=…`: the records that are asked for, in this order.
#[derive(Debug, Clone)]
pub struct Ids<I>(Vec<I>);

impl<S, I> FromRequestParts<S> for Ids<I>
where
    S: Sync,
    I: Identifier,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut ids = Vec::new();
        let mut refused = Violations::new();
        for (index, text) in repeated(parts, "ids")?.iter().enumerate() {
            match text.parse().ok().filter(|_| !text.contains('\0')) {
                Some(id) => ids.push(id),
                None => refused.add_parameter(
                    format!("ids[{index}]"),
                    "INVALID_ID",
                    "Is not an id of this kind of thing.",
                ),
            }
        }
        if !refused.is_empty() {
            return Err(Error::invalid_parameters(refused));
        }
        Ok(Self(ids))
    }
}

impl<I> Ids<I> {
    /// The ids, 1 to `most` of them.
    ///
    /// # Errors
    ///
    /// 400 where there are none, or too many.
    pub fn at_most(self, most: usize) -> Result<Vec<I>, Error> {
        let mut found = Violations::new();
        match self.0.len() {
            0 => found.add_parameter("ids", "REQUIRED", "Is required."),
            asked if asked > most => {
                let detail =
                    format!("Must not be given more than {most} times; it is given {asked} times.");
                found.add_parameter("ids", "TOO_MANY", detail);
            }
            _ => return Ok(self.0),
        }
        Err(Error::invalid_parameters(found))
    }
}

/// 200 with several records, as the one member of an object.
pub fn several<T: Serialize>(member: &'static str, records: &[T]) -> Response<Body> {
    json(&Several { member, records }).unwrap_or_else(Error::into_response)
}

struct Several<'a, T> {
    member: &'static str,
    records: &'a [T],
}

impl<T: Serialize> Serialize for Several<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.member, self.records)?;
        map.end()
    }
}
