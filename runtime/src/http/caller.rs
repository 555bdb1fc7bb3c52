//! Who is asking.

use std::borrow::Cow;

use ::http::{HeaderMap, HeaderName};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Context;
use crate::Error;
use crate::input::Violations;

/// Who is asking, and in which request: what hooks, archives and logs record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The caller's name, or `anonymous`.
    pub subject: String,
    /// The request's id.
    pub request_id: String,
}

/// Put into the request's extensions by whatever authenticates, it becomes [`Caller::subject`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(pub String);

/// The longest name that is taken from a header, in bytes.
const LONGEST: usize = 256;

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let context = Context::of(parts);
        let authenticated = parts.extensions.get::<Subject>();
        let named = match (authenticated, &context.limits.caller_header) {
            (Some(subject), _) => Some(subject.0.clone()),
            (None, Some(header)) => named(&parts.headers, header)?,
            (None, None) => None,
        };
        Ok(Self {
            subject: named.unwrap_or_else(|| "anonymous".to_owned()),
            request_id: context.request_id.to_string(),
        })
    }
}

/// The name in the header; `None` where it names nobody.
///
/// What cannot be taken as it is is refused: under another name, or none, records of who did what
/// would be wrong, and callers would share what is kept for each.
fn named(headers: &HeaderMap, header: &HeaderName) -> Result<Option<String>, Error> {
    let mut lines = headers.get_all(header).iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    if lines.next().is_some() {
        // A proxy that adds its own line beside the client's would let clients choose their names.
        return Err(refused(header, "Is given more than once."));
    }
    let name = std::str::from_utf8(line.as_bytes());
    let name = name.map_err(|_| refused(header, "Is not valid UTF-8."))?;
    match name.trim() {
        "" => Ok(None),
        name if name.len() > LONGEST => {
            let detail = format!("Has more than {LONGEST} bytes.");
            Err(refused(header, detail))
        }
        name => Ok(Some(name.to_owned())),
    }
}

fn refused(header: &HeaderName, detail: impl Into<Cow<'static, str>>) -> Error {
    let mut found = Violations::new();
    found.add_parameter(header.as_str(), "INVALID_CALLER", detail);
    let detail = format!("The header `{header}` does not name a caller.");
    Error::bad_request("INVALID_CALLER", detail).with_violations(found)
}
