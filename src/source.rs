//! Text and places in it.
//!
//! Knows nothing of YAML or of any disk: whoever reads a file hands the bytes over.

use crate::diagnostic::{Code, Diagnostic};

/// The largest file that is read, in bytes. A schema of a thousand entities is
/// smaller in each of its files by two orders of magnitude.
pub const MAX_BYTES: usize = 1024 * 1024;

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as shown to people.
    pub path: String,
    /// The content, without a byte order mark.
    pub text: String,
}

impl Source {
    /// Takes a file's bytes, which must be UTF-8 and at most [`MAX_BYTES`] long.
    ///
    /// The diagnostic of a refused file carries no span, for there is no text to show.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let path = path.into();
        if bytes.len() > MAX_BYTES {
            let message = format!("`{path}` is larger than {} KiB", MAX_BYTES / 1024);
            return Err(Diagnostic::new(Code::FileTooLarge, message)
                .help("a schema file describes one entity or one service; split it, or remove data that does not belong here"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path,
                text: without_mark(text),
            }),
            Err(error) => Err(not_utf8(&path, &error)),
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

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid = error.utf8_error().valid_up_to();
    let before = &error.as_bytes()[..valid];
    let line = before
        .iter()
        .fold(1, |line, byte| line + usize::from(*byte == b'\n'));
    let wide = matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let help = if wide {
        "the file looks like UTF-16; save it as UTF-8"
    } else {
        "save the file as UTF-8"
    };
    Diagnostic::new(
        Code::NotUtf8,
        format!("`{path}` is not UTF-8: line {line} has a byte that is no text"),
    )
    .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let source = Source::from_bytes("a.yaml", b"\xef\xbb\xbfentity: A".to_vec()).unwrap();
        assert_eq!(source.text, "entity: A");
    }

    #[test]
    fn positions_count_characters() {
        let source = Source {
            path: "a".into(),
            text: "a: ü\nbé: c".into(),
        };
        assert_eq!(source.position(5), (1, 5));
        assert_eq!(source.position(source.text.find('c').unwrap()), (2, 5));
    }

    #[test]
    fn a_file_that_is_not_utf8_tells_its_line() {
        let error = Source::from_bytes("a.yaml", b"a: b\nc: \xff\n".to_vec()).unwrap_err();
        assert!(error.message.contains("line 2"), "{}", error.message);
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        assert!(Source::from_bytes("a.yaml", vec![b'#'; MAX_BYTES + 1]).is_err());
        assert!(Source::from_bytes("a.yaml", vec![b'#'; MAX_BYTES]).is_ok());
    }
}
