//! The id in a path.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, RawPathParams};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::Error;
use crate::input::Violations;

/// The most characters of an id that is a text.
const LONGEST: usize = 255;

/// The one parameter of a path such as `/v1/orders/{id}`, as its type.
///
/// 400 `INVALID_ID` for a text that cannot be one.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr + Send,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::<Parsed<T>>::from_request_parts(parts, state).await;
        if let Ok(Path(Parsed(Some(id)))) = path {
            return Ok(Self(id));
        }
        let mut found = Violations::new();
        found.add_parameter("id", "INVALID_ID", "Is not an id of this kind of thing.");
        let detail = "The id in the path is not valid.";
        Err(Error::bad_request("INVALID_ID", detail).with_violations(found))
    }
}

/// The two parameters of a path such as `/v1/posts/{id}/tags/{tag_id}`, each as its type.
///
/// 400 `INVALID_ID` for a text that cannot be one; it names the parameter.
#[derive(Debug, Clone, Copy)]
pub struct Pair<A, B>(pub A, pub B);

impl<S, A, B> FromRequestParts<S> for Pair<A, B>
where
    S: Send + Sync,
    A: FromStr + Send,
    B: FromStr + Send,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::<(Parsed<A>, Parsed<B>)>::from_request_parts(parts, state).await;
        let (first, second) = match path {
            Ok(Path((Parsed(first), Parsed(second)))) => (first, second),
            Err(_) => (None, None),
        };
        let mut found = Violations::new();
        let detail = "Is not an id of this kind of thing.";
        if first.is_none() {
            found.add_parameter("id", "INVALID_ID", detail);
        }
        if second.is_none() {
            let names = RawPathParams::from_request_parts(parts, state).await;
            let name = names.ok().and_then(|names| {
                let last = names.iter().last();
                last.map(|(name, _)| name.to_owned())
            });
            found.add_parameter(name.unwrap_or_default(), "INVALID_ID", detail);
        }
        if let (Some(first), Some(second)) = (first, second) {
            return Ok(Self(first, second));
        }
        let detail = "An id in the path is not valid.";
        Err(Error::bad_request("INVALID_ID", detail).with_violations(found))
    }
}

/// Reads the percent-decoded text in place, without a copy of it.
struct Parsed<T>(Option<T>);

impl<'de, T: FromStr> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr> Visitor<'_> for Text<T> {
    type Value = Parsed<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an id")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        // PostgreSQL has no U+0000 in any text, so no id holds one; and none is longer.
        let is_sane = !text.contains('\0') && text.chars().count() <= LONGEST;
        Ok(Parsed(if is_sane { text.parse().ok() } else { None }))
    }
}
