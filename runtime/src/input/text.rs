//! Strings: length, pattern and formats.

use serde_json::Value;

use super::format::Format;
use super::{Accepts, Pattern, Pointer, Violations, mistyped};

/// Accepts a string.
pub const fn text() -> TextField {
    TextField {
        min: 0,
        max: usize::MAX,
        pattern: None,
        format: None,
    }
}

/// A string with limits. Lengths are in Unicode characters, as JSON Schema counts them.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct TextField {
    min: usize,
    max: usize,
    pattern: Option<&'static Pattern>,
    format: Option<Format>,
}

impl TextField {
    /// At least so many characters.
    pub const fn min(mut self, characters: usize) -> Self {
        self.min = characters;
        self
    }

    /// At most so many characters.
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }

    /// Matches the pattern, which `pattern!` makes.
    pub const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// An e-mail address `local@domain`, without a display name.
    pub const fn email(self) -> Self {
        self.format(Format::Email)
    }

    /// An absolute `http` or `https` URL.
    pub const fn url(self) -> Self {
        self.format(Format::Url)
    }

    /// A host name (RFC 1123).
    pub const fn hostname(self) -> Self {
        self.format(Format::Hostname)
    }

    /// An IPv4 or IPv6 address.
    pub const fn ip(self) -> Self {
        self.format(Format::Ip)
    }

    /// Lower-case words of letters and digits, joined by single hyphens.
    pub const fn slug(self) -> Self {
        self.format(Format::Slug)
    }

    /// A telephone number in E.164: `+` and up to fifteen digits.
    pub const fn phone(self) -> Self {
        self.format(Format::Phone)
    }

    const fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }
}

impl Accepts for TextField {
    type Value = String;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<String> {
        let Value::String(text) = value else {
            mistyped(found, at, "a string", &value);
            return None;
        };
        let before = found.len();
        self.check(&text, at, found);
        (found.len() == before).then_some(text)
    }

    fn check(&self, text: &String, at: Pointer<'_>, found: &mut Violations) {
        if text.contains('\0') {
            found.add(at, "NUL_CHARACTER", "Must not hold the character U+0000.");
        }
        // Bytes bound characters from above, so most texts need not be counted.
        if text.len() < self.min || text.len() > self.max || self.min > 0 {
            let characters = text.chars().count();
            if characters < self.min {
                found.add(
                    at,
                    "TOO_SHORT",
                    format!("Must have at least {}.", count(self.min)),
                );
            }
            if characters > self.max {
                found.add(
                    at,
                    "TOO_LONG",
                    format!("Must have at most {}.", count(self.max)),
                );
            }
        }
        if let Some(pattern) = self.pattern
            && !pattern.matches(text)
        {
            let detail = format!("Must match the pattern `{}`.", pattern.source());
            found.add(at, "PATTERN_MISMATCH", detail);
        }
        if let Some(format) = self.format
            && !format.matches(text)
        {
            found.add(
                at,
                "FORMAT_MISMATCH",
                format!("Must be {}.", format.description()),
            );
        }
    }
}

fn count(characters: usize) -> String {
    if characters == 1 {
        "1 character".into()
    } else {
        format!("{characters} characters")
    }
}
