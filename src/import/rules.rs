//! What a check says of one column at a time, in terms that a schema has.

use super::expression::{Comparison, Expression};

/// One thing that a value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Not null.
    Required,
    /// One of these texts.
    OneOf(Vec<String>),
    /// Zero or one.
    ZeroOrOne,
    /// At least so long.
    MinLength(u32),
    /// At most so long.
    MaxLength(u32),
    /// At least this number.
    AtLeast(Limit),
    /// At most this number.
    AtMost(Limit),
    /// It matches a regular expression.
    Matches(String),
    /// It is JSON.
    Json,
}

/// A number that bounds others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The number.
    pub number: String,
    /// Whether the number itself is outside.
    pub strict: bool,
}

/// The rules of a check, each with its column; nothing when there is more to it than that.
pub fn of(check: &Expression) -> Option<Vec<(String, Rule)>> {
    match check {
        Expression::And(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(of).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        Expression::Or(parts) => either(parts),
        Expression::IsNull(inner, true) => Some(vec![(column(inner)?, Rule::Required)]),
        Expression::OneOf(inner, list) => {
            let rule = one_of(list)?;
            Some(vec![(column(inner)?, rule)])
        }
        Expression::Call(name, arguments) if name == "json_valid" => match arguments.as_slice() {
            [only] => Some(vec![(column(only)?, Rule::Json)]),
            _ => None,
        },
        Expression::Compare(left, comparison, right) => compared(left, *comparison, right)
            .or_else(|| compared(right, comparison.turned()?, left))
            .map(|rule| vec![rule]),
        _ => None,
    }
}

/// A null passes a check anyway, so `x is null or …` says what `…` says. Otherwise only
/// alternatives of one column's values are a rule.
fn either(parts: &[Expression]) -> Option<Vec<(String, Rule)>> {
    let nulls: Vec<&Expression> = parts
        .iter()
        .filter_map(|part| match part {
            Expression::IsNull(inner, false) => Some(&**inner),
            _ => None,
        })
        .collect();
    let rest: Vec<&Expression> = parts
        .iter()
        .filter(|part| !matches!(part, Expression::IsNull(_, false)))
        .collect();
    if let ([null], [only]) = (nulls.as_slice(), rest.as_slice()) {
        let (null, rules) = (column(null)?, of(only)?);
        let same = rules
            .iter()
            .all(|(column, rule)| *column == null && *rule != Rule::Required);
        return same.then_some(rules);
    }
    if !nulls.is_empty() {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    let mut of_column = None;
    for part in rest {
        match of(part)?.as_slice() {
            [(column, Rule::OneOf(values))]
                if of_column.get_or_insert_with(|| column.clone()) == column =>
            {
                all.extend(values.iter().cloned());
            }
            _ => return None,
        }
    }
    Some(vec![(of_column?, Rule::OneOf(all))])
}

fn one_of(list: &[Expression]) -> Option<Rule> {
    let numbers: Vec<&str> = list
        .iter()
        .filter_map(|it| match it {
            Expression::Number(digits) => Some(digits.as_str()),
            _ => None,
        })
        .collect();
    if numbers.len() == list.len() {
        let mut sorted = numbers;
        sorted.sort_unstable();
        return (sorted == ["0", "1"]).then_some(Rule::ZeroOrOne);
    }
    let texts: Option<Vec<String>> = list
        .iter()
        .map(|it| match it {
            Expression::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    texts.map(Rule::OneOf)
}

fn compared(
    left: &Expression,
    comparison: Comparison,
    right: &Expression,
) -> Option<(String, Rule)> {
    if let Some(column) = length_of(left) {
        let Expression::Number(digits) = right else {
            return None;
        };
        let length: u32 = digits.parse().ok()?;
        return Some((
            column,
            match comparison {
                Comparison::LessOrEqual => Rule::MaxLength(length),
                Comparison::Less => Rule::MaxLength(length.checked_sub(1)?),
                Comparison::GreaterOrEqual => Rule::MinLength(length),
                Comparison::Greater => Rule::MinLength(length.checked_add(1)?),
                Comparison::Equal | Comparison::Different | Comparison::Matches => return None,
            },
        ));
    }
    let column = column(left)?;
    let rule = match (comparison, right) {
        (Comparison::Equal, Expression::Text(text)) => Rule::OneOf(vec![text.clone()]),
        (Comparison::Matches, Expression::Text(pattern)) => Rule::Matches(pattern.clone()),
        (Comparison::Different, Expression::Text(text)) if text.is_empty() => Rule::MinLength(1),
        (Comparison::GreaterOrEqual, _) => Rule::AtLeast(limit(right, false)?),
        (Comparison::LessOrEqual, _) => Rule::AtMost(limit(right, false)?),
        (Comparison::Greater, _) => Rule::AtLeast(limit(right, true)?),
        (Comparison::Less, _) => Rule::AtMost(limit(right, true)?),
        _ => return None,
    };
    Some((column, rule))
}

/// PostgreSQL keeps a negative constant as a text with a cast.
fn limit(expression: &Expression, strict: bool) -> Option<Limit> {
    let number = match expression {
        Expression::Number(digits) => digits,
        Expression::Text(text) if text.parse::<rust_decimal::Decimal>().is_ok() => text,
        _ => return None,
    };
    Some(Limit {
        number: number.clone(),
        strict,
    })
}

fn column(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Name(name) => Some(name.clone()),
        _ => None,
    }
}

fn length_of(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Call(name, arguments)
            if ["length", "char_length", "character_length", "octet_length"]
                .contains(&name.as_str()) =>
        {
            match arguments.as_slice() {
                [only] => column(only),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::expression::parse;
    use super::*;

    fn rules(text: &str) -> Option<Vec<(String, Rule)>> {
        of(&parse(text)?)
    }

    fn limit(number: &str, strict: bool) -> Limit {
        Limit {
            number: number.to_owned(),
            strict,
        }
    }

    fn a(rule: Rule) -> (String, Rule) {
        ("a".to_owned(), rule)
    }

    #[test]
    fn rules_are_read_in_either_direction() {
        assert_eq!(
            rules("a >= 0 and 10 >= a"),
            Some(vec![
                a(Rule::AtLeast(limit("0", false))),
                a(Rule::AtMost(limit("10", false)))
            ])
        );
        assert_eq!(
            rules("char_length(a) between 1 and 80"),
            Some(vec![a(Rule::MinLength(1)), a(Rule::MaxLength(80))])
        );
        assert_eq!(
            rules("a > '-1'::integer"),
            Some(vec![a(Rule::AtLeast(limit("-1", true)))])
        );
        assert_eq!(
            rules("a is null or a in ('x', 'y')"),
            Some(vec![a(Rule::OneOf(vec!["x".into(), "y".into()]))])
        );
        assert_eq!(
            rules("a = 'x' or a = 'y'"),
            Some(vec![a(Rule::OneOf(vec!["x".into(), "y".into()]))])
        );
        assert_eq!(rules("a <> ''"), Some(vec![a(Rule::MinLength(1))]));
        assert_eq!(rules("a in (0, 1)"), Some(vec![a(Rule::ZeroOrOne)]));
        assert_eq!(
            rules("(json_valid(\"a\") or \"a\" is null)"),
            Some(vec![a(Rule::Json)])
        );
    }

    #[test]
    fn what_is_about_more_than_one_column_is_no_rule() {
        for text in [
            "a < b",
            "a = 'x' or b = 'y'",
            "a is null or b in ('x')",
            "a is null",
            "a in (1, 2)",
            "a <> 'x'",
            "length(a) = 3",
            "upper(a) = 'X'",
            "a is not null or a is null",
        ] {
            assert_eq!(rules(text), None, "{text}");
        }
    }
}
