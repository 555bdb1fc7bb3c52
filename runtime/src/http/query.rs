//! The query of a URL, read strictly: each parameter once, and no others.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::Error;
use crate::input::{Violations, nearest};

/// Gives every parameter to `take`; unknown, repeated and undecodable ones are 400, all at once.
/// What `take` adds to the violations is told together with them.
pub(crate) fn parameters<'a>(
    parts: &'a Parts,
    known: &[&'static str],
    take: impl FnMut(&'static str, Cow<'a, str>, &mut Violations),
) -> Result<(), Error> {
    with_list(parts, known, "", take)
}

/// The same where one of the parameters is a list, and is given once for each element.
pub(super) fn with_list<'a>(
    parts: &'a Parts,
    known: &[&'static str],
    list: &'static str,
    mut take: impl FnMut(&'static str, Cow<'a, str>, &mut Violations),
) -> Result<(), Error> {
    let Some(query) = parts.uri.query() else {
        return Ok(());
    };
    let mut found = Violations::new();
    let mut seen = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = decoded(name) else {
            found.add_parameter(name, "MALFORMED", "The name is not valid UTF-8.");
            continue;
        };
        let Some(known_name) = known.iter().copied().find(|known| *known == name) else {
            let mut detail = "There is no such parameter.".to_owned();
            if let Some(near) = nearest(&name, known.iter().copied()) {
                detail = format!("There is no such parameter. Did you mean `{near}`?");
            }
            found.add_parameter(name, "UNKNOWN_PARAMETER", detail);
            continue;
        };
        if known_name != list && seen.contains(&known_name) {
            found.add_parameter(
                known_name,
                "DUPLICATE_PARAMETER",
                "Is given more than once.",
            );
            continue;
        }
        seen.push(known_name);
        match decoded(value) {
            Some(value) if value.contains('\0') => {
                found.add_parameter(
                    known_name,
                    "NUL_CHARACTER",
                    "Must not hold the character U+0000.",
                );
            }
            Some(value) => take(known_name, value, &mut found),
            None => found.add_parameter(known_name, "MALFORMED", "Is not valid UTF-8."),
        }
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid_parameters(found))
    }
}

/// A request that takes no parameters, and so refuses whatever its query has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoParameters;

impl<S: Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        parameters(parts, &[], |_, _, _| {})?;
        Ok(Self)
    }
}

/// `true` or `false`.
pub(super) fn boolean(name: &'static str, value: &str, found: &mut Violations) -> bool {
    match value {
        "true" => true,
        "false" => false,
        _ => {
            found.add_parameter(name, "INVALID_BOOLEAN", "Must be `true` or `false`.");
            false
        }
    }
}

/// `application/x-www-form-urlencoded`: percent escapes, and `+` for a space.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(text.into());
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned().into())
}
