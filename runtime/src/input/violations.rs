//! What is wrong with an input: every violation of it, each with its place.
//!
//! Knows nothing of HTTP; `error` turns it into an answer.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use crate::Error;

/// The most violations that are kept of one input. A hostile body could hold
/// a hundred thousand, and nobody reads past the first screen.
const MOST: usize = 100;

/// Where a violation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A JSON pointer (RFC 6901) into the body; empty for the whole of it.
    Pointer(String),
    /// The name of a query or path parameter, or of a header.
    Parameter(String),
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong, in a sentence for people.
    pub detail: Cow<'static, str>,
    /// What is wrong, in `UPPER_SNAKE` for programs.
    pub code: Cow<'static, str>,
}

/// All violations of one input, gathered before anything is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "violations count only once they are turned into a result"]
pub struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// None yet.
    pub const fn new() -> Self {
        Self { found: Vec::new() }
    }

    /// Adds one at a JSON pointer such as `/lines/3/amount`; the code is `UPPER_SNAKE`.
    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.push(Place::Pointer(pointer.into()), code.into(), detail.into());
    }

    /// Adds one at a query parameter, path parameter or header.
    pub fn add_parameter(
        &mut self,
        name: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.push(Place::Parameter(name.into()), code.into(), detail.into());
    }

    fn push(&mut self, place: Place, code: Cow<'static, str>, detail: Cow<'static, str>) {
        if self.found.len() < MOST {
            self.found.push(Violation {
                place,
                detail,
                code,
            });
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are; at most one hundred are kept.
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Them, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.found.iter()
    }

    /// Adds those of a part of the document, which stands at this pointer.
    pub fn add_within(&mut self, pointer: &str, part: Self) {
        for violation in part.found {
            let place = match violation.place {
                Place::Pointer(inner) => Place::Pointer(format!("{pointer}{inner}")),
                parameter @ Place::Parameter(_) => parameter,
            };
            self.push(place, violation.code, violation.detail);
        }
    }

    /// Adds those of a member of the document; what they say of a parameter is said of the member
    /// of that name beside it.
    pub(crate) fn add_part(&mut self, pointer: &str, part: Self) {
        for violation in part.found {
            let place = match violation.place {
                Place::Pointer(inner) => format!("{pointer}{inner}"),
                Place::Parameter(name) => String::from(Pointer::ROOT.member(&name)),
            };
            self.push(Place::Pointer(place), violation.code, violation.detail);
        }
    }

    /// The error that answers with all of them: 400 where a parameter is wrong, 422 where only the body is.
    pub(crate) fn into_error(self) -> Error {
        let of_parameter = |it: &Violation| matches!(it.place, Place::Parameter(_));
        if self.found.iter().any(of_parameter) {
            Error::invalid_parameters(self)
        } else {
            Error::invalid(self)
        }
    }

    /// `Ok` when there are none, else the error that answers with all of them.
    pub fn into_result(self) -> Result<(), Error> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self))
        }
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.iter()
    }
}

/// Where in a document the reader stands: a path that is written out only when
/// something is wrong, so that good input pays nothing for it.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Pointer<'a> {
    parent: Option<&'a Pointer<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// A pointer that somebody else already wrote out.
    Written(&'a str),
    Member(&'a str),
    Item(usize),
}

impl<'a> Pointer<'a> {
    /// The whole document.
    pub const ROOT: Pointer<'static> = Pointer {
        parent: None,
        step: Step::Written(""),
    };

    /// A pointer given as text, such as `/total`.
    pub const fn of(text: &'a str) -> Self {
        Self {
            parent: None,
            step: Step::Written(text),
        }
    }

    /// The member of that name in the object here.
    pub const fn member(&'a self, name: &'a str) -> Pointer<'a> {
        Pointer {
            parent: Some(self),
            step: Step::Member(name),
        }
    }

    /// The item at that index in the array here.
    pub const fn item(&'a self, index: usize) -> Pointer<'a> {
        Pointer {
            parent: Some(self),
            step: Step::Item(index),
        }
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.step {
            Step::Written(text) => out.push_str(text),
            Step::Item(index) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "/{index}");
            }
            Step::Member(name) => {
                out.push('/');
                for letter in name.chars() {
                    match letter {
                        '~' => out.push_str("~0"),
                        '/' => out.push_str("~1"),
                        other => out.push(other),
                    }
                }
            }
        }
    }
}

impl From<Pointer<'_>> for String {
    fn from(pointer: Pointer<'_>) -> Self {
        let mut out = String::new();
        pointer.write(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_tilde_and_slash() {
        let root = Pointer::ROOT;
        let lines = root.member("a/b~c");
        assert_eq!(String::from(lines.item(3)), "/a~1b~0c/3");
        assert_eq!(String::from(Pointer::ROOT), "");
    }

    #[test]
    fn violations_are_capped() {
        let mut found = Violations::new();
        for _ in 0..1000 {
            found.add("/a", "X", "x");
        }
        assert_eq!(found.len(), MOST);
        assert!(found.into_result().is_err());
        assert!(Violations::new().into_result().is_ok());
    }
}
