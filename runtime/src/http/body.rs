//! The body of a request, read strictly.

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::Context;
use crate::Error;
use crate::error::Kind;
use crate::idempotency::BodyDigest;
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
        let (_, value) = document(request).await?;
        input::read(value).map(Body).map_err(Error::invalid)
    }
}

/// The JSON of a request, and what came before it.
pub(super) async fn document(request: Request) -> Result<(Parts, Value), Error> {
    let (parts, body) = request.into_parts();
    check_media_type(&parts.method, &parts.headers)?;
    refuse_packed(&parts.headers)?;
    let limit = parts
        .extensions
        .get::<Context>()
        .map_or(1 << 20, |it| it.limits.body);
    let bytes = collect(body, limit).await?;
    let value = input::parse(&bytes).map_err(malformed)?;
    if let Some(digest) = parts.extensions.get::<BodyDigest>() {
        digest.note(&value);
    }
    Ok((parts, value))
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

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// JSON in UTF-8; of a change also as a merge patch.
fn check_media_type(method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let given = lines.next().map_or("", |it| it.to_str().unwrap_or("?"));
    if lines.next().is_some() {
        let detail = "`Content-Type` is given more than once.";
        let error = Error::bad_request("DUPLICATE_CONTENT_TYPE", detail);
        return Err(error.of_parameter("Content-Type"));
    }
    if given == JSON || is_in_utf8(given, JSON) {
        return Ok(());
    }
    if method != Method::PATCH {
        let detail = "The body must be `application/json`, in UTF-8; say so in `Content-Type`.";
        return Err(unsupported(detail));
    }
    if is_in_utf8(given, MERGE_PATCH) {
        return Ok(());
    }
    let detail = "The body must be `application/merge-patch+json` or `application/json`, in UTF-8; say so in `Content-Type`.";
    let accepted = HeaderValue::from_static("application/merge-patch+json, application/json");
    Err(unsupported(detail).with_header(HeaderName::from_static("accept-patch"), accepted))
}

fn unsupported(detail: &'static str) -> Error {
    Error::new(Kind::UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", detail)
        .of_parameter("Content-Type")
}

/// A body is read as it arrives: whoever packed it hears so, and not that it is no JSON.
fn refuse_packed(headers: &HeaderMap) -> Result<(), Error> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    if codings.all(|it| it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let detail = "The body must not be packed: send it without `Content-Encoding`.";
    let accepted = HeaderValue::from_static("identity");
    let error = Error::new(
        Kind::UnsupportedMediaType,
        "UNSUPPORTED_CONTENT_ENCODING",
        detail,
    );
    Err(error
        .of_parameter("Content-Encoding")
        .with_header(header::ACCEPT_ENCODING, accepted))
}

fn is_in_utf8(given: &str, media_type: &str) -> bool {
    let mut parts = given.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let charset_is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    essence.eq_ignore_ascii_case(media_type) && charset_is_utf8
}

fn malformed(error: input::Malformed) -> Error {
    let detail = format!("The body is not acceptable JSON: {error}");
    let mut found = Violations::new();
    found.add(error.pointer, "MALFORMED_JSON", error.detail);
    Error::bad_request("MALFORMED_JSON", detail).with_violations(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, lines: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::CONTENT_TYPE, line.parse().unwrap());
        }
        check_media_type(method, &headers).map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn media_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json; v=1",
        ] {
            assert_eq!(status(&Method::POST, &[good]), 200, "{good}");
            assert_eq!(status(&Method::PATCH, &[good]), 200, "{good}");
        }
        let patch = "application/merge-patch+json;charset=\"utf-8\"";
        assert_eq!(status(&Method::PATCH, &[patch]), 200);
        for bad in [
            "",
            patch,
            "text/json",
            "application/json5",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(status(&Method::PUT, &[bad]), 415, "{bad}");
        }
        assert_eq!(
            status(&Method::PATCH, &["application/json-patch+json"]),
            415
        );
        assert_eq!(status(&Method::POST, &[]), 415);
        let twice = ["application/json", "application/json"];
        assert_eq!(status(&Method::POST, &twice), 400);
    }
}
