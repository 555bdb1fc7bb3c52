//! What each rendered content is known by: its fingerprint, and the name that git has for it.
//! Worked out once for all decisions, several at a time. It decides nothing itself.

use std::collections::BTreeMap;

use super::text::{BlobId, Fingerprint};
use crate::{
    parallel,
    plan::{Content, Rendered},
};

/// The marks of rendered contents, by path.
pub struct Contents<'a>(BTreeMap<&'a str, Marks>);

/// What a content is known by.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// What the lock remembers of it.
    pub print: Fingerprint,
    /// What git calls it.
    pub blob: BlobId,
}

impl<'a> Contents<'a> {
    /// Of all that was rendered anew.
    pub fn of(rendered: &'a [Rendered]) -> Self {
        let marks = parallel::map(rendered, parallel::processors(), |_, file| {
            match &file.content {
                Content::Whole(content) => Some(Marks::of(content)),
                Content::AsBefore => None,
            }
        });
        let by_path = rendered.iter().zip(marks);
        Self(
            by_path
                .filter_map(|(file, marks)| Some((file.path.as_str(), marks?)))
                .collect(),
        )
    }

    /// Of a file's content, if it was rendered anew.
    pub fn get(&self, path: &str) -> Option<Marks> {
        self.0.get(path).copied()
    }
}

impl Marks {
    fn of(content: &[u8]) -> Self {
        Self {
            print: Fingerprint::of(content),
            blob: BlobId::of(content),
        }
    }
}
