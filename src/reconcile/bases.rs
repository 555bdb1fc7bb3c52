//! What a file said when it was last generated: the base of its merge.
//!
//! Three places may know, and none is believed: whatever they answer must have the
//! fingerprint that the lock remembers. Where none knows, there is no base, and nothing
//! is guessed.

use super::{
    Formatter, lock::Written, normal::print_of_normal, text::BlobId, text::Fingerprint, text::plain,
};

/// Who may still know what was generated last. Asked only about files that were edited.
pub trait Bases {
    /// What this svcgen makes of the last schema, if that is on record and this svcgen
    /// is the one that wrote the lock.
    fn rendering(&self, path: &str) -> Option<Vec<u8>>;
    /// The content that git has under this name.
    fn blob(&self, id: BlobId) -> Option<Vec<u8>>;
    /// What two branches made of a file, where git could not merge them.
    fn branches(&self, path: &str) -> Option<Branches>;
}

/// A file on two branches that both regenerated and both edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// On the branch that is checked out, which the lock is of.
    pub ours: Vec<u8>,
    /// On the other one.
    pub theirs: Vec<u8>,
    /// What the other one's lock says was written there.
    pub written: Written,
    /// What may have been written there.
    pub candidates: Vec<Vec<u8>>,
}

/// Nobody knows.
#[derive(Debug, Clone, Copy)]
pub struct NoBases;

impl Bases for NoBases {
    fn rendering(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn blob(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }

    fn branches(&self, _: &str) -> Option<Branches> {
        None
    }
}

/// The text that was generated last, with LF and without a byte order mark.
pub fn find(
    path: &str,
    written: &Written,
    copy: Option<&[u8]>,
    bases: &dyn Bases,
    formatter: &dyn Formatter,
) -> Option<String> {
    let sources: [&dyn Fn() -> Option<Vec<u8>>; 3] = [
        &|| copy.map(<[u8]>::to_vec),
        &|| bases.rendering(path),
        &|| written.blob.and_then(|id| bases.blob(id)),
    ];
    sources
        .into_iter()
        .find_map(|source| verified(&source()?, written, formatter))
}

/// A content as text, if it is what the lock remembers.
pub(super) fn verified(
    content: &[u8],
    written: &Written,
    formatter: &dyn Formatter,
) -> Option<String> {
    let text = String::from_utf8(plain(content).into_owned()).ok()?;
    is_of(&text, written, formatter).then_some(text)
}

/// Whether a text is what the lock remembers, be it formatted in another way.
fn is_of(text: &str, written: &Written, formatter: &dyn Formatter) -> bool {
    let print = Fingerprint::of(text.as_bytes());
    if print == written.raw || Some(print) == written.formatted {
        return true;
    }
    let normal = formatter.normalise(&[text]).pop().flatten();
    normal.is_some_and(|it| Some(print_of_normal(&it)) == written.formatted)
}
