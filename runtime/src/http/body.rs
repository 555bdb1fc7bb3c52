//! The body of a request, read strictly.

use ::http::{HeaderMap, header};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::Context;
use crate::Error;
use crate::error::Kind;
use crate::input::{self, Read, Violations};

/// A JSON object in the body, as the type that reads it.
///
/// 415 for another media type, 413 beyond the limit, 400 for what is not
/// strict JSON, 422 with all violations for what breaks a rule.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Sync,
    T: Read,
{
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let value = document(request).await?;
        input::read(value).map(Body).map_err(Error::invalid)
    }
}

/// The body as the JSON value that it is.
pub(super) async fn document(request: Request) -> Result<Value, Error> {
    let (parts, body) = request.into_parts();
    check_media_type(&parts.headers)?;
    let limit = parts
        .extensions
        .get::<Context>()
        .map_or(1 << 20, |it| it.limits.body);
    let bytes = collect(body, limit).await?;
    input::parse(&bytes).map_err(malformed)
}

/// The whole body, or 413, or 400 when the client stops in the middle of it.
async fn collect(body: axum::body::Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_too_long(error.as_ref()) => Err(too_large(limit)),
        Err(error) => {
            let detail = "The body of the request did not arrive whole.";
            Err(Error::bad_request("INCOMPLETE_BODY", detail).with_source(error))
        }
    }
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain
        .into_iter()
        .any(<dyn std::error::Error>::is::<LengthLimitError>)
}

pub(crate) fn too_large(limit: usize) -> Error {
    let detail = format!("The body is larger than {limit} bytes.");
    Error::new(Kind::TooLarge, "BODY_TOO_LARGE", detail)
        .with_metadata("limit_bytes", limit.to_string())
}

/// `application/json` or `application/merge-patch+json`, in UTF-8.
fn check_media_type(headers: &HeaderMap) -> Result<(), Error> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .map_or("", |it| it.to_str().unwrap_or("?"));
    if given == "application/json" || is_json(given) {
        return Ok(());
    }
    let detail = "The body must be `application/json` or `application/merge-patch+json`, in UTF-8; say so in `Content-Type`.";
    Err(Error::new(
        Kind::UnsupportedMediaType,
        "UNSUPPORTED_MEDIA_TYPE",
        detail,
    ))
}

fn is_json(given: &str) -> bool {
    let mut parts = given.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    let charset_is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    (is("application/json") || is("application/merge-patch+json")) && charset_is_utf8
}

fn malformed(error: input::Malformed) -> Error {
    let detail = format!("The body is not acceptable JSON: {error}");
    let mut found = Violations::new();
    found.add(error.pointer, "MALFORMED_JSON", error.detail);
    Error::bad_request("MALFORMED_JSON", detail).with_violations(found)
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn media_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/merge-patch+json;charset=\"utf-8\"",
            "application/json; v=1",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "application/json5",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
