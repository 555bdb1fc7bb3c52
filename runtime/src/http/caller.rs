//! Who is asking.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Context;

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

/// The longest name that is taken from a header.
const LONGEST: usize = 256;

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let context = Context::of(parts);
        let authenticated = parts
            .extensions
            .get::<Subject>()
            .map(|subject| subject.0.clone());
        let named = || {
            let header = context.limits.caller_header.as_ref()?;
            let name = parts.headers.get(header)?.to_str().ok()?.trim();
            (1..=LONGEST).contains(&name.len()).then(|| name.to_owned())
        };
        let subject = authenticated
            .or_else(named)
            .unwrap_or_else(|| "anonymous".to_owned());
        Ok(Self {
            subject,
            request_id: context.request_id.to_string(),
        })
    }
}
