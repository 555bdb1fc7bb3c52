//! Requests that write over one record: a replacement (PUT) and a merge patch (PATCH).

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use super::body::document;
use super::query::{boolean, parameters};
use super::{Id, Write};
use crate::Error;
use crate::input::{self, Mask, Read, Violations, bigint, text, uuid};

/// The code of what is set for good.
const IMMUTABLE: &str = "IMMUTABLE";

/// What identifies a record.
pub trait Identifier: FromStr + Display + PartialEq + Send {
    /// Whether callers may choose it, so that a record can be made under a given one.
    const CHOSEN: bool;

    /// Reads it from the member `id` of a body.
    fn read(body: &mut input::Object) -> Option<Self>;
}

impl Identifier for Uuid {
    const CHOSEN: bool = true;

    fn read(body: &mut input::Object) -> Option<Self> {
        body.required("id", uuid())
    }
}

impl Identifier for String {
    const CHOSEN: bool = true;

    fn read(body: &mut input::Object) -> Option<Self> {
        body.required("id", text().min(1).max(255))
    }
}

impl Identifier for i64 {
    const CHOSEN: bool = false;

    fn read(body: &mut input::Object) -> Option<Self> {
        body.required("id", bigint())
    }
}

/// What to do where the record is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Say so.
    Refuse,
    /// Make it.
    Create,
}

/// A whole record that takes the place of the one in the path.
#[derive(Debug)]
pub struct Replacement<I, N> {
    /// The id in the path.
    pub id: I,
    /// How it is to be written.
    pub write: Write,
    /// The record, under that id.
    pub new: N,
}

impl<S, I, N> FromRequest<S> for Replacement<I, N>
where
    S: Send + Sync,
    I: Identifier,
    N: Read,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let write = Write::from_request_parts(&mut parts, state).await?;
        let Id(id) = Id::<I>::from_request_parts(&mut parts, state).await?;
        let (_, mut value) = document(Request::from_parts(parts, body)).await?;
        identify(&mut value, &id).map_err(Error::invalid)?;
        let new = input::read(value).map_err(Error::invalid)?;
        Ok(Self { id, write, new })
    }
}

/// A merge patch (RFC 7396) of the record in the path, with AIP-134's `update_mask` and `allow_missing`.
#[derive(Debug)]
pub struct Patch<I, C, N> {
    /// The id in the path.
    pub id: I,
    /// How it is to be written.
    pub write: Write,
    /// What is to be written.
    pub edit: Edit<C, N>,
}

/// What is written over a record.
#[derive(Debug)]
pub enum Edit<C, N> {
    /// A part of it: what is sent, or what the mask names.
    Part(C),
    /// All of it.
    Whole(N, Missing),
    /// A part of it, if nothing of it is set for good; and if the record is missing, what is sent
    /// is to be made, if it is enough.
    PartOrNew(Box<Result<C, Violations>>, Box<Result<N, Violations>>),
}

impl<C: Clone, N: Clone + Into<C>> Edit<C, N> {
    /// What it changes of a record that is there.
    ///
    /// # Errors
    ///
    /// 422 where it has what only a new record may have.
    pub fn changes(&self) -> Result<C, Error> {
        match self {
            Self::Part(changes) => Ok(changes.clone()),
            Self::PartOrNew(changes, _) => match &**changes {
                Ok(changes) => Ok(changes.clone()),
                Err(violations) => Err(Error::invalid(violations.clone())),
            },
            Self::Whole(new, _) => Ok(new.clone().into()),
        }
    }

    /// The record to make where there is none; `None` where none is to be made.
    ///
    /// # Errors
    ///
    /// 422 where a part is not enough for a whole record.
    pub fn new_record(&self) -> Result<Option<N>, Error> {
        match self {
            Self::Part(_) | Self::Whole(_, Missing::Refuse) => Ok(None),
            Self::Whole(new, Missing::Create) => Ok(Some(new.clone())),
            Self::PartOrNew(_, new) => match &**new {
                Ok(new) => Ok(Some(new.clone())),
                Err(violations) => Err(Error::invalid(violations.clone())),
            },
        }
    }

    /// Whether what is not sent stays as it is.
    pub const fn is_part(&self) -> bool {
        matches!(self, Self::Part(_) | Self::PartOrNew(..))
    }
}

impl<C: Read, N: Read> Edit<C, N> {
    /// Reads what is sent for a record of this id.
    pub(super) fn read<I: Identifier>(
        mut value: Value,
        id: &I,
        mask: Option<Mask>,
        allow_missing: bool,
    ) -> Result<Self, Violations> {
        if mask.as_ref().is_some_and(Mask::is_whole) {
            identify(&mut value, id)?;
            let missing = if allow_missing {
                Missing::Create
            } else {
                Missing::Refuse
            };
            Ok(Self::Whole(input::read(value)?, missing))
        } else if allow_missing {
            let mut whole = value.clone();
            identify(&mut whole, id)?;
            let changes = input::read_masked(value, mask);
            // What never changes may be sent for a record that is to be made; the rest is wrong
            // whether the record is there or not.
            match changes {
                Err(found) if !found.iter().all(|it| it.code == IMMUTABLE) => Err(found),
                changes => Ok(Self::PartOrNew(
                    Box::new(changes),
                    Box::new(input::read(whole)),
                )),
            }
        } else {
            Ok(Self::Part(input::read_masked(value, mask)?))
        }
    }
}

#[derive(Default)]
struct Query {
    mask: Option<Mask>,
    allow_missing: bool,
    validate_only: bool,
}

impl<S, I, C, N> FromRequest<S> for Patch<I, C, N>
where
    S: Send + Sync,
    I: Identifier,
    C: Read,
    N: Read,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let Query {
            mask,
            allow_missing,
            validate_only,
        } = query::<I>(&parts)?;
        let write = Write::of(&mut parts, validate_only)?;
        let Id(id) = Id::<I>::from_request_parts(&mut parts, state).await?;
        let (_, value) = document(Request::from_parts(parts, body)).await?;
        let edit = Edit::read(value, &id, mask, allow_missing).map_err(Violations::into_error)?;
        Ok(Self { id, write, edit })
    }
}

fn query<I: Identifier>(parts: &Parts) -> Result<Query, Error> {
    let mut query = Query::default();
    // A record cannot be made under an id that the database gives out.
    let known: &[&str] = if I::CHOSEN {
        &["update_mask", "allow_missing", "validate_only"]
    } else {
        &["update_mask", "validate_only"]
    };
    parameters(parts, known, |name, value, found| match name {
        "update_mask" => query.mask = Mask::parse(&value),
        "allow_missing" => query.allow_missing = boolean(name, &value, found),
        _ => query.validate_only = boolean(name, &value, found),
    })?;
    Ok(query)
}

/// Puts the path's id into a body that leaves it out, and refuses one that names another.
fn identify<I: Identifier>(value: &mut Value, id: &I) -> Result<(), Violations> {
    let Value::Object(members) = value else {
        // What is wrong with it is told by whoever reads it.
        return Ok(());
    };
    let given = match members.get("id") {
        None | Some(Value::Null) => {
            members.insert("id".to_owned(), Value::String(id.to_string()));
            return Ok(());
        }
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.to_string().parse().ok(),
    };
    if given.is_some_and(|given: I| given == *id) {
        return Ok(());
    }
    let mut found = Violations::new();
    found.add(
        "/id",
        IMMUTABLE,
        "Must be the id in the path, or be left out.",
    );
    Err(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_id_of_the_path_is_the_id_of_the_body() {
        let id = Uuid::now_v7();
        let mut absent = json!({"title": "a"});
        assert!(identify(&mut absent, &id).is_ok());
        assert_eq!(absent["id"], id.to_string());
        let mut same = json!({"id": id.to_string().to_uppercase()});
        assert!(identify(&mut same, &id).is_ok());
        for other in [
            json!(Uuid::now_v7().to_string()),
            json!(7),
            json!([]),
            json!(true),
        ] {
            assert!(identify(&mut json!({ "id": other }), &id).is_err());
        }
        assert!(identify(&mut json!({"id": 7}), &7_i64).is_ok());
        assert!(identify(&mut json!({"id": 8}), &7_i64).is_err());
        assert!(identify(&mut json!({"id": "A"}), &"a".to_owned()).is_err());
    }
}
