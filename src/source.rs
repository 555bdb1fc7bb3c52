//! Text and places in it.
//!
//! Knows nothing of YAML or of any disk: whoever reads a file hands the bytes over.

mod fault;

pub use fault::Fault;

/// The largest file that is read, in bytes. A schema of a thousand entities is
/// smaller in each of its files by two orders of magnitude.
pub const MAX_BYTES: usize = 1024 * 1024;

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The path as shown to people.
    pub path: String,
    /// The content, without a byte order mark. Of a file that is no text, as much as can be shown.
    pub text: String,
    /// Why the file cannot be read as a schema, if it cannot.
    pub fault: Option<Fault>,
}

impl Source {
    /// A file with this text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            fault: None,
        }
    }

    /// A file of which nothing but its path is known.
    pub fn faulty(path: impl Into<String>, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::new(path, "")
        }
    }

    /// Takes a file's bytes, which should be UTF-8 and at most [`MAX_BYTES`] long. Others
    /// are taken as well, with the fault that [`crate::schema::load`] tells of.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        if bytes.len() > MAX_BYTES {
            return Self::faulty(path, Fault::TooLarge);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, without_mark(text)),
            Err(error) => fault::shown(path.into(), &error),
        }
    }

    /// The line and the column of a byte offset, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// The nearest character boundary at or before an offset.
    pub fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Which of the sources handed over together a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Editors on Windows begin UTF-8 files with a mark that YAML parsers take for content.
fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let source = Source::from_bytes("a.yaml", b"\xef\xbb\xbfentity: A".to_vec());
        assert_eq!(source.text, "entity: A");
    }

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a", "a: ü\nbé: c");
        assert_eq!(source.position(5), (1, 5));
        assert_eq!(source.position(source.text.find('c').unwrap()), (2, 5));
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let source = |length| Source::from_bytes("a.yaml", vec![b'#'; length]);
        assert_eq!(source(MAX_BYTES + 1).fault, Some(Fault::TooLarge));
        assert_eq!(source(MAX_BYTES).fault, None);
    }
}
