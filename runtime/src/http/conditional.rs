//! Conditional requests (RFC 9110 §13): `If-Match` and `If-None-Match`.

use ::http::{HeaderValue, header};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::coding::unpacked;
use crate::Error;

/// `If-Match`: the version that the client believes is there.
///
/// The comparison is strong, and happens in the SQL of the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IfMatch(Wanted);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wanted {
    /// No header, or `*`: whichever version is there.
    #[default]
    Any,
    Version(i64),
    /// Only tags that this service never gave out.
    Nothing,
}

impl IfMatch {
    /// The version to write over, or `None` for any. A tag that can match no
    /// version (a weak or a foreign one) is 412 at once.
    pub fn version(&self) -> Result<Option<i64>, Error> {
        match self.0 {
            Wanted::Any => Ok(None),
            Wanted::Version(version) => Ok(Some(version)),
            Wanted::Nothing => Err(Error::precondition_failed(
                "The tag in `If-Match` is not of any version.",
            )),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut lines = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if lines.peek().is_none() {
            return Ok(Self(Wanted::Any));
        }
        let lines: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
        let text = lines.join(&b", "[..]);
        if text == b"*" {
            return Ok(Self(Wanted::Any));
        }
        let tags = tags(&text)
            .filter(|tags| !tags.is_empty())
            .ok_or_else(malformed)?;
        let mut versions: Vec<i64> = tags.iter().filter_map(version_of).collect();
        versions.sort_unstable();
        versions.dedup();
        match versions.as_slice() {
            [] => Ok(Self(Wanted::Nothing)),
            [version] => Ok(Self(Wanted::Version(*version))),
            _ => Err(Error::bad_request(
                "SEVERAL_VERSIONS",
                "`If-Match` names several versions; name the one that you have read.",
            )),
        }
    }
}

fn malformed() -> Error {
    Error::bad_request(
        "INVALID_IF_MATCH",
        "`If-Match` must be `*` or a tag in quotes, such as `\"7\"`.",
    )
}

/// One entity tag of a list.
#[derive(Debug, PartialEq, Eq)]
struct EntityTag<'a> {
    weak: bool,
    opaque: &'a [u8],
}

/// A weak tag never matches strongly; `"07"` is not how we write a version.
/// That of a packed answer names the version that was packed.
fn version_of(tag: &EntityTag<'_>) -> Option<i64> {
    let opaque = unpacked(tag.opaque);
    let text = std::str::from_utf8(opaque).ok().filter(|_| !tag.weak)?;
    let version: i64 = text.parse().ok()?;
    (version.to_string() == text).then_some(version)
}

/// The tags of a comma-separated list, or `None` when it is malformed.
fn tags(text: &[u8]) -> Option<Vec<EntityTag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = text.trim_ascii();
    loop {
        // RFC 9110 §5.6.1: a recipient takes empty list elements.
        while let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
        }
        if rest.is_empty() {
            return Some(tags);
        }
        let weak = rest.starts_with(b"W/");
        let quoted = rest[if weak { 2 } else { 0 }..].strip_prefix(b"\"")?;
        let end = quoted.iter().position(|it| *it == b'"')?;
        let opaque = &quoted[..end];
        if opaque.iter().any(|it| *it <= 0x20 || *it == 0x7f) {
            return None;
        }
        tags.push(EntityTag { weak, opaque });
        rest = quoted[end + 1..].trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
}

/// Whether `If-None-Match` names the answer's tag (weak comparison), so that 304 is the answer.
pub(crate) fn not_modified<'a>(
    if_none_match: impl IntoIterator<Item = &'a HeaderValue>,
    tag: &HeaderValue,
) -> bool {
    let Some(ours) = tags(tag.as_bytes()).filter(|tags| tags.len() == 1) else {
        return false;
    };
    if_none_match.into_iter().any(|line| {
        line.as_bytes().trim_ascii() == b"*"
            || tags(line.as_bytes()).is_some_and(|theirs| {
                theirs
                    .iter()
                    .any(|it| it.opaque == ours[0].opaque || unpacked(it.opaque) == ours[0].opaque)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn if_match(lines: &[&str]) -> Result<Option<i64>, u16> {
        let mut request = ::http::Request::get("/");
        for line in lines {
            request = request.header(header::IF_MATCH, *line);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let found = IfMatch::from_request_parts(&mut parts, &()).await;
        found
            .and_then(|found| found.version())
            .map_err(|error| error.status().as_u16())
    }

    #[tokio::test]
    async fn if_match_compares_strongly() {
        assert_eq!(if_match(&[]).await, Ok(None));
        assert_eq!(if_match(&["*"]).await, Ok(None));
        assert_eq!(if_match(&["\"7\""]).await, Ok(Some(7)));
        assert_eq!(if_match(&[" \"7\" , W/\"8\", \"abc\","]).await, Ok(Some(7)));
        assert_eq!(if_match(&["\"7\"", "\"7\""]).await, Ok(Some(7)));
        assert_eq!(if_match(&["\"7-gzip\", \"7-br\""]).await, Ok(Some(7)));
        assert_eq!(if_match(&["\"7-deflate\""]).await, Err(412));
        for never in ["W/\"7\"", "\"abc\"", "\"07\"", "\"+7\"", "\"\"", "\"a,b\""] {
            assert_eq!(if_match(&[never]).await, Err(412), "{never}");
        }
        for malformed in [
            "7",
            "\"7",
            "",
            ",",
            "w/\"7\"",
            "\"7\" \"8\"",
            "*, \"7\"",
            "\"a b\"",
        ] {
            assert_eq!(if_match(&[malformed]).await, Err(400), "{malformed}");
        }
        assert_eq!(if_match(&["\"7\", \"8\""]).await, Err(400));
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let is = |lines: &[&'static str], tag: &'static str| {
            let lines: Vec<_> = lines
                .iter()
                .map(|it| HeaderValue::from_static(it))
                .collect();
            not_modified(&lines, &HeaderValue::from_static(tag))
        };
        assert!(is(&["\"7\""], "\"7\""));
        assert!(is(&["W/\"7\""], "\"7\""));
        assert!(is(&["\"7-zstd\""], "\"7\""));
        assert!(!is(&["\"8-gzip\""], "\"7\""));
        assert!(is(&["\"6\", \"7\""], "W/\"7\""));
        assert!(is(&["\"6\"", "\"7\""], "\"7\""));
        assert!(is(&["*"], "\"7\""));
        assert!(!is(&["\"8\""], "\"7\""));
        assert!(!is(&["7"], "\"7\""));
        assert!(!is(&[], "\"7\""));
    }
}
