//! Requests about several records at once (AIP-231 and those after it), and their answer.
//!
//! Everything that can be told from the request alone is checked here, before a transaction
//! opens; a violation names the element that it is in.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::Conditions;
use super::answer::told;
use super::body::document;
use super::patch::Identifier;
use super::query::with_list;
use super::viewing::{View, Viewing};
use crate::Error;
use crate::error::Kind;
use crate::input::{self, Mask, Object, Read, Violations, text};
use crate::list::Table;

/// The member of a body that holds the elements.
const REQUESTS: &str = "requests";
/// The longest `update_mask`, in characters.
const LONGEST_MASK: usize = 4096;

/// The elements of a batch, 1 to `MOST` of them, in the order of the request.
///
/// 422 with every violation of every element.
#[derive(Debug)]
pub struct Batch<T, const MOST: usize>(pub Vec<T>);

impl<S: Sync, T: Read, const MOST: usize> FromRequest<S> for Batch<T, MOST> {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let (_, body) = document(request).await?;
        let mut found = Violations::new();
        let elements = elements(body, MOST, &mut found).map_err(Error::invalid)?;
        let mut read = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            match input::read(element) {
                Ok(element) => read.push(element),
                Err(violations) => found.add_within(&format!("/{REQUESTS}/{index}"), violations),
            }
        }
        found.into_result().map(|()| Self(read))
    }
}

fn elements(value: Value, most: usize, found: &mut Violations) -> Result<Vec<Value>, Violations> {
    let mut members: Map<String, Value> = match value {
        Value::Object(members) => members,
        other => return Err(wrong_type("", "an object", &other)),
    };
    let list = members.remove(REQUESTS);
    for name in members.keys() {
        let detail = format!("There is no such field. The elements are in `{REQUESTS}`.");
        found.add(input::Pointer::ROOT.member(name), "UNKNOWN_FIELD", detail);
    }
    let pointer = format!("/{REQUESTS}");
    let mut refuse = |code, detail: String| {
        found.add(pointer.as_str(), code, detail);
        Err(std::mem::take(found))
    };
    match list {
        None => refuse("REQUIRED", "Is required.".to_owned()),
        Some(Value::Array(elements)) if elements.is_empty() => {
            refuse("TOO_FEW", "Must have at least one element.".to_owned())
        }
        Some(Value::Array(elements)) if elements.len() > most => {
            let has = elements.len();
            let detail = format!("Must have at most {most} elements; it has {has}.");
            refuse("TOO_MANY", detail)
        }
        Some(Value::Array(elements)) => Ok(elements),
        Some(other) => Err(wrong_type(&pointer, "an array", &other)),
    }
}

fn wrong_type(pointer: &str, expected: &str, value: &Value) -> Violations {
    let mut found = Violations::new();
    input::mistyped(&mut found, input::Pointer::of(pointer), expected, value);
    found
}

/// Where an element of a batch holds the fields of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// It is the record.
    Record,
    /// It says what of the record changes.
    Changes,
}

impl Element {
    pub(crate) const fn pointer(self) -> &'static str {
        match self {
            Self::Record => "",
            Self::Changes => "/changes",
        }
    }
}

/// An element that is about a record which is there.
pub trait Targeted: Read {
    /// What identifies a record.
    type Id: Identifier;

    /// The record.
    fn id(&self) -> &Self::Id;

    /// What must hold of it.
    fn conditions(&self) -> &Conditions;
}

/// The elements of a batch about records that are there, each about another one.
///
/// 422 with every violation, a record that is named twice among them.
#[derive(Debug)]
pub struct Targets<T, const MOST: usize>(pub Vec<T>);

impl<S: Sync, T: Targeted, const MOST: usize> FromRequest<S> for Targets<T, MOST> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let Batch(targets) = Batch::<T, MOST>::from_request(request, state).await?;
        let mut first = HashMap::with_capacity(targets.len());
        let mut found = Violations::new();
        for (index, target) in targets.iter().enumerate() {
            if let Some(first) = first.insert(target.id().to_string(), index) {
                let detail = format!("Is the record of element {first} already.");
                found.add(format!("/{REQUESTS}/{index}/id"), "DUPLICATE", detail);
            }
        }
        found.into_result().map(|()| Self(targets))
    }
}

impl<T: Targeted, const MOST: usize> Targets<T, MOST> {
    /// Refuses a batch in which an element names no version.
    ///
    /// # Errors
    ///
    /// 428 `PRECONDITION_REQUIRED`, with every such element.
    pub fn require_etags(&self) -> Result<(), Error> {
        let mut found = Violations::new();
        for (index, target) in self.0.iter().enumerate() {
            if target.conditions().require().is_err() {
                found.add(
                    format!("/{REQUESTS}/{index}/etag"),
                    "REQUIRED",
                    "Is required.",
                );
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let detail = "Say which version each element is made from, by its `etag`.";
        Err(
            Error::new(Kind::PreconditionRequired, "PRECONDITION_REQUIRED", detail)
                .with_violations(found),
        )
    }
}

/// A record of a batch, and nothing to say of it but which version it must have.
#[derive(Debug)]
pub struct Target<I> {
    /// The record.
    pub id: I,
    /// What must hold of it.
    pub conditions: Conditions,
}

impl<I: Identifier> Read for Target<I> {
    fn read(body: &mut Object) -> Option<Self> {
        let id = I::read(body);
        let conditions = conditions(body);
        Some(Self {
            id: id?,
            conditions: conditions?,
        })
    }
}

impl<I: Identifier> Targeted for Target<I> {
    type Id = I;

    fn id(&self) -> &I {
        &self.id
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
    }
}

/// A record of a batch and what changes of it, as a merge patch (RFC 7396).
///
/// The changes stand in a member of their own, so that a field may have any name.
#[derive(Debug)]
pub struct Change<I, C> {
    /// The record.
    pub id: I,
    /// What must hold of it.
    pub conditions: Conditions,
    /// What is sent of it, or what `update_mask` names.
    pub changes: C,
}

impl<I: Identifier, C: Read> Read for Change<I, C> {
    fn read(body: &mut Object) -> Option<Self> {
        let id = I::read(body);
        let conditions = conditions(body);
        let mask = body.optional("update_mask", text().max(LONGEST_MASK));
        let mask = mask.flatten().as_deref().and_then(Mask::parse);
        if mask.as_ref().is_some_and(Mask::is_whole) {
            let detail =
                "A batch replaces no whole records: name the fields, or replace each by PUT.";
            body.violate("update_mask", "NOT_IN_BATCHES", detail);
            // Nothing is to be told of what the mask is about.
            body.ignore(&["changes"]);
            return None;
        }
        let changes = body.required_within("changes", |value| input::read_masked(value, mask));
        Some(Self {
            id: id?,
            conditions: conditions?,
            changes: changes?,
        })
    }
}

impl<I: Identifier, C: Read> Targeted for Change<I, C> {
    type Id = I;

    fn id(&self) -> &I {
        &self.id
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
    }
}

/// What `etag` (AIP-154) asks of a record: the same as the header `If-Match`.
fn conditions(body: &mut Object) -> Option<Conditions> {
    let etag = body.optional("etag", text().max(255))?;
    let conditions = etag.map_or_else(
        || Some(Conditions::default()),
        |it| Conditions::if_match(&it),
    );
    if conditions.is_none() {
        let detail = "Must be the tag of a version in quotes, such as `\"7\"`, or `*`.";
        body.violate("etag", "INVALID_ETAG", detail);
    }
    conditions
}

/// `?ids=…&ids=…`: the records that are asked for, 1 to `MOST` of them, and what is to be seen of them.
#[derive(Debug, Clone)]
pub struct Ids<I, const MOST: usize> {
    /// The ids, in the order of the request.
    pub ids: Vec<I>,
    viewing: Viewing,
}

impl<S: Sync, I: Identifier, const MOST: usize> FromRequestParts<S> for Ids<I, MOST> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut ids = Vec::new();
        let mut asked = 0;
        let mut viewing = Viewing::default();
        let known = &["ids", "include", "read_mask"];
        let mut missing = Violations::new();
        with_list(parts, known, "ids", |name, value, found| {
            if name != "ids" {
                viewing.take(name, &value);
                return;
            }
            match value.parse() {
                Ok(id) => ids.push(id),
                Err(_) => found.add_parameter(
                    format!("ids[{asked}]"),
                    "INVALID_ID",
                    "Is not an id of this kind of thing.",
                ),
            }
            asked += 1;
        })?;
        if ids.is_empty() {
            missing.add_parameter("ids", "REQUIRED", "Is required.");
        } else if ids.len() > MOST {
            let detail =
                format!("Must not be given more than {MOST} times; it is given {asked} times.");
            missing.add_parameter("ids", "TOO_MANY", detail);
        }
        if missing.is_empty() {
            Ok(Self { ids, viewing })
        } else {
            Err(Error::invalid_parameters(missing))
        }
    }
}

impl<I, const MOST: usize> Ids<I, MOST> {
    /// What is to be seen of each.
    ///
    /// # Errors
    ///
    /// 400 with every parameter that names something else.
    pub fn view(&self, table: &Table) -> Result<View, Error> {
        self.viewing.of(table)
    }
}

/// Records in the order of the request, as the one member of an object.
#[derive(Debug, Clone)]
pub struct Several<T> {
    member: &'static str,
    records: Vec<T>,
}

impl<T> Several<T> {
    /// Records, and the name that they have in the answer.
    pub const fn new(member: &'static str, records: Vec<T>) -> Self {
        Self { member, records }
    }
}

impl<T: Serialize> Serialize for Several<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        several_of(self.member, &self.records, serializer)
    }
}

/// 200 with several records, as the one member of an object.
pub fn several<T: Serialize>(member: &'static str, records: &[T]) -> Response<Body> {
    struct Borrowed<'a, T>(&'static str, &'a [T]);
    impl<T: Serialize> Serialize for Borrowed<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            several_of(self.0, self.1, serializer)
        }
    }
    told(&Borrowed(member, records))
}

fn several_of<T: Serialize, S: Serializer>(
    member: &'static str,
    records: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(member, records)?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug)]
    struct Anything;

    impl Read for Anything {
        fn read(_: &mut Object) -> Option<Self> {
            Some(Self)
        }
    }

    #[test]
    fn a_mask_of_everything_is_all_that_is_wrong() {
        let element = json!({"id": 1, "changes": {"title": "a"}, "update_mask": "*"});
        let found = input::read::<Change<i64, Anything>>(element).unwrap_err();
        let codes: Vec<&str> = found.iter().map(|it| it.code.as_ref()).collect();
        assert_eq!(codes, ["NOT_IN_BATCHES"]);
    }
}
