//! Which elements of two lists are the same one.
//!
//! Where the order of a list means nothing, the key decides; where it means something,
//! the longest common run of equal texts does, and within the gaps the keys.

use std::collections::BTreeMap;

use super::{
    lines::matches,
    tree::{Element, Order},
};

/// For each element of `side`, the element of `base` that it was made of.
pub fn align(base: &[Element], side: &[Element], order: Order) -> Vec<Option<usize>> {
    match order {
        Order::Free => by_key(base, side),
        Order::Loose | Order::Strict => in_order(base, side),
    }
}

/// Elements of one key are matched by equal text first, then in their order.
fn by_key(base: &[Element], side: &[Element]) -> Vec<Option<usize>> {
    let mut free: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, element) in base.iter().enumerate() {
        free.entry(&element.key).or_default().push(at);
    }
    let mut found = vec![None; side.len()];
    for wants_equal_text in [true, false] {
        for (at, element) in side.iter().enumerate() {
            let Some(free) = free.get_mut(element.key.as_str()) else {
                continue;
            };
            let fits = |it: &usize| !wants_equal_text || base[*it].node.text == element.node.text;
            if found[at].is_none()
                && let Some(place) = free.iter().position(fits)
            {
                found[at] = Some(free.remove(place));
            }
        }
    }
    found
}

/// A run of one list and the run of the other that took its place.
fn in_order(base: &[Element], side: &[Element]) -> Vec<Option<usize>> {
    let texts = |elements: &[Element]| -> Vec<String> {
        let text = |it: &Element| it.node.text.clone();
        elements.iter().map(text).collect()
    };
    let to_side = matches(&texts(base), &texts(side));
    let mut found = vec![None; side.len()];
    for (at, there) in to_side.iter().enumerate() {
        if let Some(there) = there {
            found[*there] = Some(at);
        }
    }
    let (mut b, mut s) = (0, 0);
    for at in 0..=base.len() {
        let there = to_side.get(at).copied().unwrap_or(Some(side.len()));
        if let Some(there) = there {
            pair_gap(base, b..at, side, s..there, &mut found);
            (b, s) = (at + 1, there + 1);
        }
    }
    found
}

/// Elements of equal keys are one, in order; and so is the only one left on each side.
fn pair_gap(
    base: &[Element],
    in_base: std::ops::Range<usize>,
    side: &[Element],
    in_side: std::ops::Range<usize>,
    found: &mut [Option<usize>],
) {
    if in_base.len() == 1 && in_side.len() == 1 {
        found[in_side.start] = Some(in_base.start);
        return;
    }
    let mut from = in_base.start;
    for at in in_side {
        let same = (from..in_base.end).find(|it| base[*it].key == side[at].key);
        if let Some(same) = same {
            found[at] = Some(same);
            from = same + 1;
        }
    }
}
