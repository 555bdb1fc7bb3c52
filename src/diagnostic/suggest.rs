//! "Did you mean": the nearest of a few names.

/// The candidate that is most likely meant, if any is near enough.
///
/// Near is an edit distance (with swaps) of at most a third of the length, and
/// the same letters in another case or with other separators are always near. So
/// is the beginning of a word, and what begins with one: `uniq`, `maxLength`.
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = folded(written);
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written)
        .map(|candidate| (distance(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

fn distance(wanted: &str, candidate: &str) -> usize {
    let (short, long) = if wanted.len() < candidate.len() {
        (wanted, candidate)
    } else {
        (candidate, wanted)
    };
    let prefix = short.len() >= 3 && long.starts_with(short);
    let distance = strsim::damerau_levenshtein(wanted, candidate);
    if prefix { distance.min(1) } else { distance }
}

/// Long text is cut: nobody means it, and the distance costs its square.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .take(64)
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typing_error_is_near() {
        assert_eq!(nearest("stirng", ["string", "text", "int"]), Some("string"));
        assert_eq!(nearest("maxItems", ["max", "max_items"]), Some("max_items"));
        assert_eq!(nearest("uniq", ["unique", "union"]), Some("unique"));
        assert_eq!(nearest("maxLength", ["max", "max_items"]), Some("max"));
        assert_eq!(nearest("Custmer", ["Customer", "Order"]), Some("Customer"));
    }

    #[test]
    fn something_else_is_not_near() {
        assert_eq!(nearest("varchar", ["string", "text", "int"]), None);
        assert_eq!(nearest("ab", ["text", "id"]), None);
    }
}
