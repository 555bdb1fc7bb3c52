//! Three texts merged line by line: diff3.
//!
//! Knows nothing of what the lines mean. A stretch that only one side changed is
//! taken from that side, a stretch that both changed alike is taken once, and what is
//! left is a conflict, cut down to the lines in which the sides differ.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Merged, Resolution, markers};

/// Stretches of the three texts that belong together.
struct Chunk<'a> {
    base: &'a [&'a str],
    yours: &'a [&'a str],
    new: &'a [&'a str],
}

/// Merges three texts.
pub fn merge(base: &str, yours: &str, new: &str, resolution: Resolution) -> Merged {
    let (base, yours, new) = (lines(base), lines(yours), lines(new));
    let mut merged = Merged::default();
    for chunk in chunks(&base, &yours, &new) {
        settle(&chunk, resolution, &mut merged);
    }
    merged
}

/// The merged text where no line is in conflict.
pub fn clean(base: &str, yours: &str, new: &str) -> Option<String> {
    let merged = merge(base, yours, new, Resolution::Markers);
    (merged.conflicts == 0).then_some(merged.text)
}

/// Lines with their ends, so that a last line without one is told from a line with one.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// For each old element, the new one that is the same.
pub fn matches<T: Eq + std::hash::Hash + Ord>(old: &[T], new: &[T]) -> Vec<Option<usize>> {
    let mut found = vec![None; old.len()];
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            for at in 0..len {
                found[old_index + at] = Some(new_index + at);
            }
        }
    }
    found
}

/// Cuts the texts at every line that all three share.
fn chunks<'a>(base: &'a [&'a str], yours: &'a [&'a str], new: &'a [&'a str]) -> Vec<Chunk<'a>> {
    let (in_yours, in_new) = (matches(base, yours), matches(base, new));
    let mut chunks = Vec::new();
    let (mut b, mut y, mut n) = (0, 0, 0);
    for at in 0..base.len() {
        let (Some(there), Some(here)) = (in_yours[at], in_new[at]) else {
            continue;
        };
        chunks.push(Chunk {
            base: &base[b..at],
            yours: &yours[y..there],
            new: &new[n..here],
        });
        chunks.push(Chunk {
            base: &base[at..=at],
            yours: &yours[there..=there],
            new: &new[here..=here],
        });
        (b, y, n) = (at + 1, there + 1, here + 1);
    }
    chunks.push(Chunk {
        base: &base[b..],
        yours: &yours[y..],
        new: &new[n..],
    });
    chunks
}

fn settle(chunk: &Chunk<'_>, resolution: Resolution, merged: &mut Merged) {
    let Chunk { base, yours, new } = *chunk;
    if yours == new || base == new {
        return merged.text.extend(yours.iter().copied());
    }
    if base == yours {
        return merged.text.extend(new.iter().copied());
    }
    // What both sides changed alike at the edges is no conflict.
    let ahead = common(yours.iter(), new.iter());
    let behind = common(yours[ahead..].iter().rev(), new[ahead..].iter().rev());
    let cut = |side: &[&str]| side[ahead..side.len() - behind].concat();
    merged.text.extend(yours[..ahead].iter().copied());
    merged.conflicts += 1;
    match resolution {
        Resolution::Yours => merged.text.push_str(&cut(yours)),
        Resolution::Generated => merged.text.push_str(&cut(new)),
        Resolution::Markers => {
            let conflict = markers::conflict(&cut(yours), &base.concat(), &cut(new));
            merged.text.push_str(&conflict);
        }
    }
    let rest = &yours[yours.len() - behind..];
    merged.text.extend(rest.iter().copied());
}

fn common<'a>(
    left: impl Iterator<Item = &'a &'a str>,
    right: impl Iterator<Item = &'a &'a str>,
) -> usize {
    left.zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, yours: &str, new: &str) -> Merged {
        merge(base, yours, new, Resolution::Markers)
    }

    #[test]
    fn changes_in_different_places_come_together() {
        let text = clean("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n");
        assert_eq!(text.as_deref(), Some("A\nb\nc\nd\nE\nf\n"));
        assert_eq!(
            clean("a\nb\nc\n", "b\nc\n", "a\nb\nc\nd\n").as_deref(),
            Some("b\nc\nd\n")
        );
        assert_eq!(clean("", "", "a\n").as_deref(), Some("a\n"));
        assert_eq!(clean("a", "a", "a\n").as_deref(), Some("a\n"));
    }

    #[test]
    fn the_same_change_is_taken_once() {
        assert_eq!(
            clean("a\nc\n", "a\nb\nc\n", "a\nb\nc\n").as_deref(),
            Some("a\nb\nc\n")
        );
        assert_eq!(clean("a\n", "", "").as_deref(), Some(""));
    }

    #[test]
    fn a_conflict_is_cut_down_to_what_differs() {
        let merged = merged("a\nz\n", "a\nsame\nx\nz\n", "a\nsame\ny\nz\n");
        assert_eq!(merged.conflicts, 1);
        assert!(merged.text.starts_with("a\nsame\n<<<<<<< yours\nx\n"));
        assert!(merged.text.ends_with("=======\ny\n>>>>>>> new\nz\n"));
    }

    #[test]
    fn a_deletion_against_an_edit_is_a_conflict() {
        assert_eq!(merged("a\nb\nc\n", "a\nc\n", "a\nB\nc\n").conflicts, 1);
        assert_eq!(merged("a\nb\nc\n", "a\nB\nc\n", "a\nc\n").conflicts, 1);
    }

    #[test]
    fn a_conflict_can_be_settled_for_one_side_and_the_rest_still_comes_together() {
        let (base, yours, new) = ("a\nm\nn\no\nz\n", "A\nm\nn\no\nmine\n", "a\nm\nn\nO\nnew\n");
        let side = |resolution| merge(base, yours, new, resolution).text;
        assert_eq!(side(Resolution::Yours), "A\nm\nn\no\nmine\n");
        assert_eq!(side(Resolution::Generated), "A\nm\nn\nO\nnew\n");
    }
}
