//! What every request that writes may say: `?validate_only=`, and `Idempotency-Key`.

use ::http::{Method, header};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::query::{boolean, parameters};
use super::{Caller, Context, conditional};
use crate::db::Db;
use crate::idempotency::{BodyDigest, Keyed, key_of};
use crate::{Error, Unit};

/// How a request wants to be written.
///
/// It comes before the body among a handler's arguments, so that it can see the body's digest.
#[derive(Debug)]
pub struct Write(Wish);

#[derive(Debug)]
enum Wish {
    Done,
    /// Whether it carries a key, which is not needed then.
    Tried {
        keyed: bool,
    },
    /// Rare, and large.
    Once(Box<Keyed>),
}

/// The answer of a handler that writes.
pub type Answered = Result<Response, Instead>;

/// What a handler answers instead of what it was written for.
#[derive(Debug)]
pub enum Instead {
    /// The request is refused.
    Error(Error),
    /// The request was answered before, and this is that answer.
    Replay(Box<Response>),
}

impl Write {
    /// The wish of a request whose query has been read already.
    pub(crate) fn of(parts: &mut Parts, validate_only: bool) -> Result<Self, Error> {
        if parts.method == Method::POST {
            conditional::of_collection(&parts.headers)?;
        }
        let Some(key) = key_of(&parts.headers)? else {
            return Ok(Self(if validate_only {
                Wish::Tried { keyed: false }
            } else {
                Wish::Done
            }));
        };
        if validate_only {
            // Nothing is done, so nothing can be done twice.
            return Ok(Self(Wish::Tried { keyed: true }));
        }
        let context = Context::of(parts);
        let body = BodyDigest::default();
        parts.extensions.insert(body.clone());
        Ok(Self(Wish::Once(Box::new(Keyed {
            keys: std::sync::Arc::clone(&context.limits.keys),
            key,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            meaning: meaning(parts),
            body,
            request_id: context.request_id.to_string(),
        }))))
    }

    /// Refuses a request without a key, one that is only tried included: it is to be what will be sent.
    ///
    /// # Errors
    ///
    /// 400 `IDEMPOTENCY_KEY_REQUIRED`.
    pub fn require_key(&self) -> Result<(), Error> {
        match self.0 {
            Wish::Once(_) | Wish::Tried { keyed: true } => Ok(()),
            Wish::Done | Wish::Tried { keyed: false } => Err(Error::bad_request(
                "IDEMPOTENCY_KEY_REQUIRED",
                "Send a header `Idempotency-Key` with a new key, such as a UUID in quotes: a repetition with the same key is not done twice.",
            )
            .of_parameter("Idempotency-Key")),
        }
    }

    /// Begins the command. `render` makes the answer of what the command gives.
    ///
    /// # Errors
    ///
    /// The kept answer, where the request was answered before; 409 while it is being answered;
    /// 422 where another request had the same key.
    #[inline]
    pub async fn begin<'a, T>(
        self,
        db: &'a Db,
        caller: &Caller,
        render: fn(&T) -> Response,
    ) -> Result<Unit<'a, T>, Instead> {
        match self.0 {
            Wish::Done => Ok(Unit::lasting(db, render)),
            Wish::Tried { .. } => Ok(Unit::tried(db, render)),
            Wish::Once(keyed) => {
                let claim = Box::pin(keyed.claim(db, &caller.subject)).await?;
                Ok(Unit::kept(db, claim, render))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Write {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut validate_only = false;
        parameters(parts, &["validate_only"], |name, value, found| {
            validate_only = boolean(name, &value, found);
        })?;
        Self::of(parts, validate_only)
    }
}

/// What changes the meaning of a request beside its path and its body.
fn meaning(parts: &Parts) -> Vec<u8> {
    let mut meaning = parts.uri.query().unwrap_or_default().as_bytes().to_vec();
    for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
        for line in parts.headers.get_all(&name) {
            meaning.push(b'\n');
            meaning.extend_from_slice(name.as_str().as_bytes());
            meaning.push(b':');
            meaning.extend_from_slice(line.as_bytes());
        }
    }
    meaning
}

impl Instead {
    /// The error, or what stands for it where there is none.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Error(error) => error,
            Self::Replay(_) => Error::internal("an answer was given twice"),
        }
    }
}

impl From<Error> for Instead {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Replay(response) => *response,
        }
    }
}
