//! When two contents say the same: line endings and byte order marks set aside.
//!
//! Knows nothing of files: it compares bytes that somebody else read.

use std::{borrow::Cow, fmt};

use sha2::{Digest, Sha256};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The SHA-256 of a content, with CRLF read as LF and a byte order mark left out,
/// so that a checkout on another system is no edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a content as it lies on the disk or as it was rendered.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(&*plain(bytes)).into())
    }

    /// Of the very bytes, for those who must put them back.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The name that git gives to a content: the key under which its object store has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 20]);

impl BlobId {
    /// Of a content as git stores it: text with LF, as the project's `.gitattributes` ask.
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = plain(bytes);
        let mut sha = sha1::Sha1::new();
        sha.update(format!("blob {}\0", bytes.len()));
        sha.update(&*bytes);
        Self(sha.finalize().into())
    }

    /// Reads 40 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 20];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `new` in the manner of `old`: with its line endings, its byte order mark, and its last
/// line ended or not.
pub fn in_the_manner_of<'a>(old: &[u8], new: &'a [u8]) -> Cow<'a, [u8]> {
    let marked = old.starts_with(BYTE_ORDER_MARK) && !new.starts_with(BYTE_ORDER_MARK);
    let first_line_end = old.iter().position(|&byte| byte == b'\n');
    let crlf = first_line_end.is_some_and(|at| at > 0 && old[at - 1] == b'\r');
    if is_binary(old) || is_binary(new) {
        return Cow::Borrowed(new);
    }
    let is_open = !old.is_empty() && !old.ends_with(b"\n");
    let new = new.strip_suffix(b"\n").filter(|_| is_open).unwrap_or(new);
    if !marked && !crlf {
        return Cow::Borrowed(new);
    }
    let mut text = if marked {
        BYTE_ORDER_MARK.to_vec()
    } else {
        Vec::new()
    };
    for &byte in plain(new).iter() {
        if byte == b'\n' && crlf {
            text.push(b'\r');
        }
        text.push(byte);
    }
    Cow::Owned(text)
}

/// The content without a byte order mark and with LF only; binary content as it is.
pub fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if !text.contains(&b'\r') {
        return Cow::Borrowed(if is_binary(bytes) { bytes } else { text });
    }
    if is_binary(bytes) {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(text.len());
    for (at, &byte) in text.iter().enumerate() {
        if byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            plain.push(byte);
        }
    }
    Cow::Owned(plain)
}

/// Git's own rule: a NUL among the first 8000 bytes.
fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_and_marks_are_no_difference() {
        let unix = Fingerprint::of(b"a\nb\n");
        assert_eq!(unix, Fingerprint::of(b"a\r\nb\r\n"));
        assert_eq!(unix, Fingerprint::of(b"\xef\xbb\xbfa\r\nb\n"));
        assert_ne!(unix, Fingerprint::of(b"a\rb\n"));
        assert_ne!(unix, Fingerprint::of(b"a\nb"));
    }

    #[test]
    fn binary_content_is_compared_byte_for_byte() {
        assert_ne!(Fingerprint::of(b"\0\r\n"), Fingerprint::of(b"\0\n"));
        assert_eq!(&*in_the_manner_of(b"a\r\n", b"\0\n"), b"\0\n");
    }

    #[test]
    fn new_text_takes_the_line_endings_and_mark_of_the_old() {
        assert_eq!(&*in_the_manner_of(b"x\r\ny\r\n", b"a\nb\n"), b"a\r\nb\r\n");
        assert_eq!(
            &*in_the_manner_of(b"\xef\xbb\xbfx\n", b"a\n"),
            b"\xef\xbb\xbfa\n"
        );
        assert_eq!(&*in_the_manner_of(b"x\n", b"a\n"), b"a\n");
        assert_eq!(&*in_the_manner_of(b"", b"a\n"), b"a\n");
        assert_eq!(&*in_the_manner_of(b"x\r\ny", b"a\nb\n"), b"a\r\nb");
    }

    #[test]
    fn a_blob_is_named_as_git_names_it() {
        // `printf 'hello\n' | git hash-object --stdin`
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(BlobId::of(b"hello\r\n").to_string(), id);
        assert_eq!(BlobId::parse(id), Some(BlobId::of(b"hello\n")));
        assert_eq!(BlobId::parse("ce01"), None);
    }

    #[test]
    fn a_fingerprint_reads_what_it_wrote_and_nothing_else() {
        let print = Fingerprint::of(b"a");
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        assert_eq!(Fingerprint::parse("abc"), None);
        assert_eq!(Fingerprint::parse(&print.to_string().to_uppercase()), None);
        assert_eq!(Fingerprint::parse(&"é".repeat(32)), None);
    }
}
