//! Whether rules on a column's values became stricter, and whether two of them say the same.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use super::{CheckRule, Literal};

/// Whether two lists of rules demand the same; the order of an enum's values does not count.
pub fn same(old: &[CheckRule], new: &[CheckRule]) -> bool {
    old.len() == new.len() && old.iter().all(|rule| implies(new, rule)) && !narrows(old, new)
}

/// Whether the edges are constants of the same kind in both lists. In a column that was once of another
/// type, a record of svcgen 0.1 can have those of that type.
pub fn are_alike(old: &[CheckRule], new: &[CheckRule]) -> bool {
    kinds(old) == kinds(new)
}

fn kinds(rules: &[CheckRule]) -> HashSet<Discriminant<Literal>> {
    let edge = |rule: &CheckRule| match rule {
        CheckRule::AtLeast(edge) | CheckRule::AtMost(edge) => Some(discriminant(edge)),
        CheckRule::OneOf(_) | CheckRule::MinLength(_) | CheckRule::MaxLength(_) => None,
    };
    rules.iter().filter_map(edge).collect()
}

/// Whether a value that keeps the old rules may break the new ones.
pub fn narrows(old: &[CheckRule], new: &[CheckRule]) -> bool {
    !new.iter().all(|rule| implies(old, rule))
}

/// Whether what keeps `rules` keeps `rule` too.
fn implies(rules: &[CheckRule], rule: &CheckRule) -> bool {
    rules.iter().any(|given| match (given, rule) {
        (CheckRule::OneOf(given), CheckRule::OneOf(asked)) => {
            given.iter().all(|value| asked.contains(value))
        }
        (CheckRule::OneOf(given), CheckRule::MaxLength(most)) => given
            .iter()
            .all(|value| value.chars().count() <= *most as usize),
        (CheckRule::OneOf(given), CheckRule::MinLength(least)) => given
            .iter()
            .all(|value| value.chars().count() >= *least as usize),
        (CheckRule::MinLength(given), CheckRule::MinLength(asked)) => given >= asked,
        (CheckRule::MaxLength(given), CheckRule::MaxLength(asked)) => given <= asked,
        (CheckRule::AtLeast(given), CheckRule::AtLeast(asked)) => {
            compared(given, asked).is_some_and(std::cmp::Ordering::is_ge)
        }
        (CheckRule::AtMost(given), CheckRule::AtMost(asked)) => {
            compared(given, asked).is_some_and(std::cmp::Ordering::is_le)
        }
        _ => false,
    })
}

fn compared(a: &Literal, b: &Literal) -> Option<std::cmp::Ordering> {
    let number = |literal: &Literal| -> Option<rust_decimal::Decimal> {
        match literal {
            Literal::Int(value) => Some((*value).into()),
            Literal::Float(text) => text
                .parse()
                .ok()
                .or_else(|| rust_decimal::Decimal::from_scientific(text).ok()),
            Literal::Decimal(text) => text.parse().ok(),
            _ => None,
        }
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => (a == b).then_some(std::cmp::Ordering::Equal),
    }
}

/// The rules as a person reads them.
pub fn describe(rules: &[CheckRule]) -> String {
    let each: Vec<String> = rules
        .iter()
        .map(|rule| match rule {
            CheckRule::OneOf(values) => format!("one of {}", values.join(", ")),
            CheckRule::MinLength(length) => format!("at least {length} long"),
            CheckRule::MaxLength(length) => format!("at most {length} long"),
            CheckRule::AtLeast(value) => format!("at least {}", plain(value)),
            CheckRule::AtMost(value) => format!("at most {}", plain(value)),
        })
        .collect();
    if each.is_empty() {
        "anything".to_owned()
    } else {
        each.join(" and ")
    }
}

/// A constant as a person reads it.
pub fn plain(literal: &Literal) -> String {
    match literal {
        Literal::Text(text)
        | Literal::Float(text)
        | Literal::Decimal(text)
        | Literal::Json(text)
        | Literal::Bytes(text) => text.clone(),
        Literal::Int(value) | Literal::Timestamp(value) => value.to_string(),
        Literal::Bool(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[&str]) -> CheckRule {
        CheckRule::OneOf(values.iter().map(|&it| it.to_owned()).collect())
    }

    #[test]
    fn an_added_value_widens_and_a_removed_one_narrows() {
        let (few, many) = ([values(&["a", "b"])], [values(&["b", "c", "a"])]);
        assert!(!narrows(&few, &many));
        assert!(narrows(&many, &few));
        assert!(same(&few, &[values(&["b", "a"])]));
        assert!(!same(&few, &many));
        assert!(narrows(&[], &few));
        assert!(!narrows(&few, &[]));
    }

    #[test]
    fn limits_are_compared_as_numbers() {
        let at_most = |text: &str| [CheckRule::AtMost(Literal::Decimal(text.to_owned()))];
        assert!(narrows(&at_most("10"), &at_most("9.5")));
        assert!(!narrows(&at_most("9.5"), &at_most("10")));
        assert!(same(&at_most("10"), &at_most("10.00")));
        // They say the same, and are not the same constant in a decimal that is stored as hundredths.
        let of_int = [CheckRule::AtMost(Literal::Int(10))];
        assert!(same(&of_int, &at_most("10")) && !are_alike(&of_int, &at_most("10")));
        assert!(are_alike(&at_most("10"), &at_most("10.00")));
        assert!(narrows(
            &[CheckRule::MaxLength(9)],
            &[CheckRule::MaxLength(8)]
        ));
    }
}
