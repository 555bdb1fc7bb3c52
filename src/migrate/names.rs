//! Renames in an order in which every new name is free.

use crate::dialect::quoted;
use crate::tables::change::{Class, Reversible};
use crate::tables::delta::Delta;

use super::step::{Place, Step};

/// The steps that give tables their new names. What keeps the rows of a table that goes is that
/// table under another name.
pub fn of_tables(delta: &Delta) -> Vec<Step> {
    let pairs = delta.pairs.iter();
    let renames = ordered(pairs.map(|it| (it.old.name.as_str(), it.new.name.as_str())));
    let step = |(from, to): (String, String)| {
        let mut stashes = delta.pairs.iter().filter(|it| it.is_stash);
        let (title, class) = if stashes.any(|it| it.old.name == from) {
            (
                format!("Keeps the rows of `{from}` as `{to}`."),
                Class::Data,
            )
        } else {
            (format!("Renames `{from}` to `{to}`."), Class::Widening)
        };
        let sql = format!("alter table {} rename to {};\n", quoted(&from), quoted(&to));
        Step::new(Place::Rename, &to, title, sql).grave(class, Reversible::Exact)
    };
    renames.into_iter().map(step).collect()
}

/// Old and new names, in an order that works; a circle goes through a name of its own.
pub fn ordered<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut waiting: Vec<(String, String)> = pairs
        .filter(|(from, to)| from != to)
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let mut ordered = Vec::new();
    let mut number = 0;
    while !waiting.is_empty() {
        let free = waiting
            .iter()
            .position(|(_, to)| waiting.iter().all(|(from, _)| from != to));
        if let Some(free) = free {
            ordered.push(waiting.remove(free));
        } else {
            number += 1;
            let (from, _) = &mut waiting[0];
            let aside = format!("svcgen_aside_{number}");
            ordered.push((std::mem::replace(from, aside.clone()), aside));
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::ordered;

    fn said(pairs: &[(&str, &str)]) -> Vec<String> {
        let ordered = ordered(pairs.iter().copied()).into_iter();
        ordered.map(|(from, to)| format!("{from}>{to}")).collect()
    }

    #[test]
    fn a_chain_is_taken_from_its_end() {
        assert_eq!(said(&[("a", "b"), ("b", "c"), ("d", "d")]), ["b>c", "a>b"]);
    }

    #[test]
    fn a_circle_goes_through_a_name_of_its_own() {
        assert_eq!(
            said(&[("a", "b"), ("b", "a")]),
            ["a>svcgen_aside_1", "b>a", "svcgen_aside_1>b"]
        );
    }
}
