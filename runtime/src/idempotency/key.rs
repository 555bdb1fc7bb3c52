//! The header `Idempotency-Key`: a structured field string (RFC 9651), or the bare key.

use ::http::{HeaderMap, HeaderName};

use crate::Error;
use crate::input::Violations;

/// The header.
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, in characters.
const LONGEST: usize = 255;

/// The key of a request, if it has one.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut lines = headers.get_all(HEADER).iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    if lines.next().is_some() {
        return Err(malformed("Is given more than once."));
    }
    match parse(line.as_bytes()) {
        Some(key) => Ok(Some(key)),
        None => Err(malformed(
            "Must be a text in quotes of 1 to 255 visible characters, such as `\"8e03978e-40d5-43dd-bc93-6894a57f9324\"`.",
        )),
    }
}

fn malformed(detail: &'static str) -> Error {
    let mut found = Violations::new();
    found.add_parameter("Idempotency-Key", "INVALID_IDEMPOTENCY_KEY", detail);
    Error::bad_request(
        "INVALID_IDEMPOTENCY_KEY",
        "The header `Idempotency-Key` is not valid.",
    )
    .with_violations(found)
}

fn parse(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?.trim_matches([' ', '\t']);
    let key = match line.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        // Many clients send the key as it is.
        None => line.chars().all(is_bare).then(|| line.to_owned())?,
    };
    (1..=LONGEST).contains(&key.len()).then_some(key)
}

fn is_bare(letter: char) -> bool {
    letter.is_ascii_graphic() && !"\"\\,;".contains(letter)
}

/// The text up to the closing quote; parameters may follow it, and mean nothing here.
fn quoted(rest: &str) -> Option<String> {
    let mut key = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => break,
            '\\' => match letters.next()? {
                escaped @ ('"' | '\\') => key.push(escaped),
                _ => return None,
            },
            letter @ ' '..='~' => key.push(letter),
            _ => return None,
        }
    }
    let rest = letters.as_str();
    (rest.is_empty() || rest.starts_with(';')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_quotes_and_bare() {
        for (line, expected) in [
            (r#""8e03978e-40d5""#, "8e03978e-40d5"),
            (r#"  "a b\"c\\d"  "#, r#"a b"c\d"#),
            (r#""a";version=1"#, "a"),
            ("8e03978e-40d5", "8e03978e-40d5"),
            ("a:b/c=", "a:b/c="),
        ] {
            assert_eq!(parse(line.as_bytes()).as_deref(), Some(expected), "{line}");
        }
        let long = "a".repeat(256);
        for line in [
            "",
            "\"\"",
            "\"a",
            "a\"",
            "a b",
            "\"a\" b",
            r#""a\n""#,
            "a, b",
            "\"a\", \"b\"",
            "é",
            "\"é\"",
            &long,
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert!(parse("a".repeat(255).as_bytes()).is_some());
    }

    #[test]
    fn one_key_and_no_more() {
        let mut headers = HeaderMap::new();
        assert_eq!(key_of(&headers).unwrap(), None);
        headers.append(HEADER, "a".parse().unwrap());
        assert_eq!(key_of(&headers).unwrap().as_deref(), Some("a"));
        headers.append(HEADER, "a".parse().unwrap());
        assert_eq!(key_of(&headers).unwrap_err().status(), 400);
    }
}
