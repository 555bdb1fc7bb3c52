//! Conditional requests (RFC 9110 §13): `If-Match` and `If-None-Match`.
//!
//! No answer carries `Last-Modified`, so that a client has no date of ours, and what is read is never
//! `If-Modified-Since`. The RFC has a service without dates pass over `If-Unmodified-Since` as well;
//! but whoever sends it with a write means to lose nobody's change, and would lose it without a
//! word. Such a write is refused, with the way to say it here.

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::coding::unpacked;
use crate::Error;
use crate::error::Kind;
use crate::input::Violations;

/// What must hold of a record before a request writes it.
///
/// `If-Match` compares strongly, and in the SQL of the write; `If-None-Match` compares weakly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// What one of the headers names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: whichever version is there.
    Any,
    /// The versions among the tags; those that this service never gave out match nothing.
    Versions(Vec<i64>),
}

impl Conditions {
    /// The version to write over, or `None` for any. A tag that can match no
    /// version (a weak or a foreign one) is 412 at once.
    pub fn expected(&self) -> Result<Option<i64>, Error> {
        match &self.if_match {
            None | Some(Tags::Any) => Ok(None),
            // The header names one version at most.
            Some(Tags::Versions(versions)) => match versions.first() {
                Some(version) => Ok(Some(*version)),
                None => Err(Error::precondition_failed(
                    "The tag in `If-Match` is not of any version.",
                )),
            },
        }
    }

    /// The same for a kind of record that has no versions: a tag can match none.
    pub fn expect_no_version(&self) -> Result<(), Error> {
        match self.if_match {
            None | Some(Tags::Any) => Ok(()),
            Some(Tags::Versions(_)) => Err(Error::precondition_failed(
                "Records of this kind have no versions to match.",
            )),
        }
    }

    /// Whether something must not be there: then it has to be looked at before it is written.
    pub const fn exclude(&self) -> bool {
        self.if_none_match.is_some()
    }

    /// Refuses a record that is there and that `If-None-Match` excludes.
    pub fn admit(&self, version: Option<i64>) -> Result<(), Error> {
        let excluded = match &self.if_none_match {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Versions(versions)) => version.is_some_and(|it| versions.contains(&it)),
        };
        if excluded {
            return Err(Error::precondition_failed(
                "The record is there, and `If-None-Match` excludes it.",
            ));
        }
        Ok(())
    }

    /// Refuses to go on without a record where `If-Match` wants one to be there.
    pub fn admit_new(&self) -> Result<(), Error> {
        match self.if_match {
            None => Ok(()),
            Some(_) => Err(Error::precondition_failed(
                "There is no record for `If-Match` to match.",
            )),
        }
    }

    /// Refuses to pass over a record that is gone where `If-Match: *` wants one to be there.
    ///
    /// A version is false of it as well, but a removal that has happened already may be answered
    /// as done (RFC 9110 §13.1.1), and nobody's change is lost with it.
    pub fn admit_gone(&self) -> Result<(), Error> {
        match self.if_match {
            Some(Tags::Any) => self.admit_new(),
            None | Some(Tags::Versions(_)) => Ok(()),
        }
    }

    /// Refuses a request that does not say which version it is made from.
    ///
    /// # Errors
    ///
    /// 428 `PRECONDITION_REQUIRED`.
    pub fn require(&self) -> Result<(), Error> {
        if self.if_match.is_some() {
            return Ok(());
        }
        Err(version_required(
            "Say which version this is made from: send its `ETag` in `If-Match`.",
        ))
    }

    /// The same for a request that may make the record: `If-None-Match: *` says that it is not there.
    ///
    /// # Errors
    ///
    /// 428 `PRECONDITION_REQUIRED`.
    pub fn require_unless_new(&self) -> Result<(), Error> {
        if self.if_match.is_some() || matches!(self.if_none_match, Some(Tags::Any)) {
            return Ok(());
        }
        Err(version_required(
            "Say which version this is made from: send its `ETag` in `If-Match`, or `If-None-Match: *` where there is none yet.",
        ))
    }

    /// What a text asks that could stand in `If-Match` alone; `None` where it could not.
    pub(super) fn if_match(text: &str) -> Option<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_str(text).ok()?);
        Self::of(&headers).ok()
    }

    fn of(headers: &HeaderMap) -> Result<Self, Error> {
        refuse_date(headers)?;
        let conditions = Self {
            if_match: tags_of(headers, &header::IF_MATCH, Strength::Strong)?,
            if_none_match: tags_of(headers, &header::IF_NONE_MATCH, Strength::Weak)?,
        };
        let contradicts = match (&conditions.if_match, &conditions.if_none_match) {
            (None, _) | (_, None) => false,
            (_, Some(Tags::Any)) | (Some(Tags::Any), _) => true,
            (Some(Tags::Versions(wanted)), Some(Tags::Versions(unwanted))) => {
                wanted.iter().any(|it| unwanted.contains(it))
            }
        };
        if contradicts {
            return Err(Error::bad_request(
                "CONTRADICTORY_CONDITIONS",
                "`If-Match` and `If-None-Match` cannot both hold.",
            )
            .of_parameter("If-Match")
            .of_parameter("If-None-Match"));
        }
        match &conditions.if_match {
            Some(Tags::Versions(versions)) if versions.len() > 1 => Err(Error::bad_request(
                "SEVERAL_VERSIONS",
                "`If-Match` names several versions; name the one that you have read.",
            )
            .of_parameter("If-Match")),
            _ => Ok(conditions),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Self::of(&parts.headers)
    }
}

/// A collection is always there, and has no entity tag: `If-Match` with a tag and
/// `If-None-Match: *` are false of it.
pub(super) fn of_collection(headers: &HeaderMap) -> Result<(), Error> {
    refuse_date(headers)?;
    if !headers.contains_key(header::IF_MATCH) && !headers.contains_key(header::IF_NONE_MATCH) {
        return Ok(());
    }
    let conditions = Conditions::of(headers)?;
    conditions.expect_no_version()?;
    conditions.admit(None)
}

/// Refuses a write that depends on a date, unless `If-Match` takes its place (RFC 9110 §13.2.2).
fn refuse_date(headers: &HeaderMap) -> Result<(), Error> {
    if !headers.contains_key(header::IF_UNMODIFIED_SINCE) || headers.contains_key(header::IF_MATCH)
    {
        return Ok(());
    }
    Err(Error::bad_request(
        "DATE_CONDITION",
        "There are no dates here to compare `If-Unmodified-Since` with. Send the `ETag` of what you have read in `If-Match`.",
    )
    .of_parameter("If-Unmodified-Since"))
}

/// What one header names, all its lines together; `None` where it is absent.
fn tags_of(
    headers: &HeaderMap,
    name: &HeaderName,
    strength: Strength,
) -> Result<Option<Tags>, Error> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let lines: Vec<&[u8]> = headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let text = lines.join(&b", "[..]);
    if text.trim_ascii() == b"*" {
        return Ok(Some(Tags::Any));
    }
    let tags = tags(&text).filter(|tags| !tags.is_empty());
    let tags = tags.ok_or_else(|| malformed(name))?;
    let mut versions: Vec<i64> = tags.iter().filter_map(|it| it.version(strength)).collect();
    versions.sort_unstable();
    versions.dedup();
    Ok(Some(Tags::Versions(versions)))
}

fn malformed(name: &HeaderName) -> Error {
    let (header, reason) = if name == header::IF_MATCH {
        ("If-Match", "INVALID_IF_MATCH")
    } else {
        ("If-None-Match", "INVALID_IF_NONE_MATCH")
    };
    let mut found = Violations::new();
    found.add_parameter(
        header,
        reason,
        "Must be `*` or a tag in quotes, such as `\"7\"`.",
    );
    let detail = format!("The header `{header}` is not valid.");
    Error::bad_request(reason, detail).with_violations(found)
}

/// How tags are compared (RFC 9110 §8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// A weak tag matches nothing.
    Strong,
    /// Whether a tag is weak does not matter.
    Weak,
}

/// One entity tag of a list.
#[derive(Debug, PartialEq, Eq)]
struct EntityTag<'a> {
    weak: bool,
    opaque: &'a [u8],
}

impl EntityTag<'_> {
    /// The version that the tag is of; `"07"` is not how we write one. That of a packed answer
    /// names the version that was packed.
    fn version(&self, strength: Strength) -> Option<i64> {
        if self.weak && strength == Strength::Strong {
            return None;
        }
        let text = std::str::from_utf8(unpacked(self.opaque)).ok()?;
        let version: i64 = text.parse().ok()?;
        (version.to_string() == text).then_some(version)
    }
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

/// 428: which version a request is made from has to be said.
fn version_required(detail: &'static str) -> Error {
    Error::new(Kind::PreconditionRequired, "PRECONDITION_REQUIRED", detail).of_parameter("If-Match")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(lines: &[(HeaderName, &str)]) -> Result<Conditions, u16> {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(name, line.parse().unwrap());
        }
        Conditions::of(&headers).map_err(|error| error.status().as_u16())
    }

    fn if_match(lines: &[&str]) -> Result<Option<i64>, u16> {
        let lines: Vec<_> = lines.iter().map(|it| (header::IF_MATCH, *it)).collect();
        let found = conditions(&lines)?.expected();
        found.map_err(|error| error.status().as_u16())
    }

    #[test]
    fn if_match_compares_strongly() {
        assert_eq!(if_match(&[]), Ok(None));
        assert_eq!(if_match(&["*"]), Ok(None));
        assert_eq!(if_match(&["\"7\""]), Ok(Some(7)));
        assert_eq!(if_match(&[" \"7\" , W/\"8\", \"abc\","]), Ok(Some(7)));
        assert_eq!(if_match(&["\"7\"", "\"7\""]), Ok(Some(7)));
        assert_eq!(if_match(&["\"7-gzip\", \"7-br\""]), Ok(Some(7)));
        assert_eq!(if_match(&["\"7-deflate\""]), Err(412));
        for never in ["W/\"7\"", "\"abc\"", "\"07\"", "\"+7\"", "\"\"", "\"a,b\""] {
            assert_eq!(if_match(&[never]), Err(412), "{never}");
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
            assert_eq!(if_match(&[malformed]), Err(400), "{malformed}");
        }
        assert_eq!(if_match(&["\"7\", \"8\""]), Err(400));
    }

    #[test]
    fn if_none_match_excludes_what_is_there() {
        let excluded = |line: &str| {
            let it = conditions(&[(header::IF_NONE_MATCH, line)]).unwrap();
            it.admit(Some(7)).is_err()
        };
        for excludes in ["*", "\"7\"", "W/\"7\"", "\"6\", \"7\""] {
            assert!(excluded(excludes), "{excludes}");
        }
        for admits in ["\"8\"", "\"07\"", "\"abc\""] {
            assert!(!excluded(admits), "{admits}");
        }
        assert!(!Conditions::default().exclude());
        assert_eq!(conditions(&[(header::IF_NONE_MATCH, "7")]), Err(400));
    }

    #[test]
    fn contradictions_are_refused() {
        let both = |wanted: &str, unwanted: &str| {
            conditions(&[
                (header::IF_MATCH, wanted),
                (header::IF_NONE_MATCH, unwanted),
            ])
        };
        for (wanted, unwanted) in [
            ("\"7\"", "*"),
            ("*", "*"),
            ("*", "\"7\""),
            ("\"7\"", "W/\"7\""),
        ] {
            assert_eq!(both(wanted, unwanted), Err(400), "{wanted} {unwanted}");
        }
        assert!(both("\"7\"", "\"6\"").is_ok());
    }

    #[test]
    fn a_collection_is_there_and_has_no_tag() {
        let of = |name: HeaderName, line: &str| {
            let headers = HeaderMap::from_iter([(name, line.parse().unwrap())]);
            of_collection(&headers).map_err(|error| error.status().as_u16())
        };
        assert_eq!(of(header::IF_MATCH, "*"), Ok(()));
        assert_eq!(of(header::IF_MATCH, "\"1\""), Err(412));
        assert_eq!(of(header::IF_NONE_MATCH, "*"), Err(412));
        assert_eq!(of(header::IF_NONE_MATCH, "\"1\""), Ok(()));
        assert_eq!(of(header::IF_NONE_MATCH, "1"), Err(400));
    }

    #[test]
    fn a_date_alone_is_refused() {
        let date = "Sat, 29 Oct 1994 19:43:31 GMT";
        let dated = |lines: &[(HeaderName, &str)]| {
            let all = [&[(header::IF_UNMODIFIED_SINCE, date)], lines].concat();
            let of_record = conditions(&all).map(|_| ());
            let headers = all
                .into_iter()
                .map(|(name, line)| (name, line.parse().unwrap()));
            let of_collection = of_collection(&headers.collect());
            let of_collection = of_collection.map_err(|error| error.status().as_u16());
            (of_record, of_collection)
        };
        assert_eq!(dated(&[]), (Err(400), Err(400)));
        let absent = (header::IF_NONE_MATCH, "\"1\"");
        assert_eq!(dated(&[absent]), (Err(400), Err(400)));
        assert_eq!(dated(&[(header::IF_MATCH, "*")]), (Ok(()), Ok(())));
        let since = [(header::IF_MODIFIED_SINCE, date)];
        assert!(conditions(&since).is_ok(), "it is of no meaning to a write");
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
