//! Where the files are by now that are gone from their places, as their texts tell.

use std::{collections::BTreeSet, path::Path};

use similar::TextDiff;

use super::{Here, Likely, Sought, is_movable};
use crate::{
    cli::Failure,
    plan::Ownership,
    reconcile::{
        Found, OnDisk,
        lock::{Entry, State, Written},
        text::Fingerprint,
    },
};

/// How alike two texts are, from 0 to 1, if one is the other, moved and edited.
const ALIKE: f32 = 0.6;

/// A file that is gone.
struct Missing<'a> {
    path: &'a str,
    ownership: Ownership,
    written: &'a Written,
    /// What git last knew of it.
    committed: Option<Vec<u8>>,
}

impl Here<'_> {
    /// Looks for the files that are gone, but for those of which something else is known.
    pub(super) fn search(&self, known: &[&BTreeSet<String>]) -> Result<Sought, Failure> {
        let mut missing = self.missing(known);
        if missing.is_empty() {
            return Ok(Sought::default());
        }
        let mut others = self.others(&missing)?;
        let mut sought = Sought::default();
        if others.is_empty() {
            return Ok(sought);
        }
        for it in &mut missing {
            it.committed = self.known.git().and_then(|git| git.committed(it.path));
        }
        missing.retain(|it| match it.found_in(&others) {
            None => true,
            Some(to) => {
                others.remove(&to);
                sought.followed.push((it.path.to_owned(), to));
                false
            }
        });
        for it in missing {
            let generated = self.generated(it.path, it.written);
            let texts: Vec<Vec<u8>> = [it.committed, generated].into_iter().flatten().collect();
            if let Some((to, percent)) = closest(it.path, &texts, &others) {
                others.remove(&to);
                sought.likely.push(Likely {
                    from: it.path.to_owned(),
                    to,
                    percent,
                    ownership: it.ownership,
                });
            }
        }
        Ok(sought)
    }

    fn missing(&self, known: &[&BTreeSet<String>]) -> Vec<Missing<'_>> {
        let planned: BTreeSet<&str> = self.files.iter().map(|it| it.path.as_str()).collect();
        let is_gone = |(path, entry): &(&String, &Entry)| {
            is_movable(path, entry.ownership)
                && planned.contains(self.lock.moved.planned(path))
                && !self.disk.contains_key(*path)
                && !known.iter().any(|it| it.contains(*path))
        };
        let missing = self.lock.files.iter().filter(is_gone);
        let missing = missing.filter_map(|(path, entry)| match &entry.state {
            State::Written(written) => Some(Missing {
                path,
                ownership: entry.ownership,
                written,
                committed: None,
            }),
            State::Deleted | State::Owned(_) => None,
        });
        missing.collect()
    }

    /// The project's files that nothing is known of and that may be what is missing.
    fn others(&self, missing: &[Missing<'_>]) -> Result<OnDisk, Failure> {
        let extensions: BTreeSet<&str> = missing.iter().map(|it| extension(it.path)).collect();
        let moved = &self.lock.moved;
        // A file that was moved may have been moved back.
        let back: BTreeSet<&str> = missing.iter().map(|it| moved.planned(it.path)).collect();
        let places: BTreeSet<&str> = self.files.iter().map(|it| moved.place(&it.path)).collect();
        let is_other = |path: &String| {
            let path = path.as_str();
            let is_generated = places.contains(path) && !back.contains(path);
            extensions.contains(extension(path))
                && !is_generated
                && !self.lock.files.contains_key(path)
        };
        let paths: Vec<String> = self.project.files()?.into_iter().filter(is_other).collect();
        let mut found = OnDisk::new();
        self.project
            .look(paths.iter().map(String::as_str), &mut found)?;
        Ok(found)
    }
}

impl Missing<'_> {
    /// The one path at which the very text lies that the file had.
    fn found_in(&self, others: &OnDisk) -> Option<String> {
        let committed = self.committed.as_deref().map(Fingerprint::of);
        let prints = [Some(self.written.raw), self.written.formatted, committed];
        let is_it = |(path, found): &(&String, &Found)| match found {
            Found::File { print, .. } => {
                extension(path) == extension(self.path) && prints.contains(&Some(*print))
            }
            Found::Other(_) => false,
        };
        let found: Vec<&String> = others.iter().filter(is_it).map(|(path, _)| path).collect();
        let namesakes: Vec<&&String> = found
            .iter()
            .filter(|it| Path::new(it).file_name() == Path::new(self.path).file_name())
            .collect();
        match (found.as_slice(), namesakes.as_slice()) {
            ([one], _) => Some((*one).clone()),
            (_, [one]) => Some((**one).clone()),
            _ => None,
        }
    }
}

/// The file that is most like one of the texts, and how much, in per cent.
fn closest(path: &str, texts: &[Vec<u8>], others: &OnDisk) -> Option<(String, u8)> {
    let mut best: Option<(&String, f32)> = None;
    for (other, found) in others {
        let Found::File { bytes, .. } = found else {
            continue;
        };
        if extension(other) != extension(path) {
            continue;
        }
        let other_text = String::from_utf8_lossy(bytes);
        for text in texts {
            let text = String::from_utf8_lossy(text);
            if !may_be_alike(&text, &other_text) {
                continue;
            }
            let ratio = TextDiff::from_lines(text.as_ref(), other_text.as_ref()).ratio();
            if ratio >= ALIKE && best.is_none_or(|(_, it)| ratio > it) {
                best = Some((other, ratio));
            }
        }
    }
    // A ratio is at most one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    best.map(|(path, ratio)| (path.clone(), (ratio * 100.0) as u8))
}

/// Texts whose lengths differ too much need not be compared line by line.
fn may_be_alike(left: &str, right: &str) -> bool {
    let (left, right) = (left.lines().count(), right.lines().count());
    10 * 2 * left.min(right) >= 6 * (left + right)
}

fn extension(path: &str) -> &str {
    let extension = Path::new(path).extension().and_then(|it| it.to_str());
    extension.unwrap_or_default()
}
