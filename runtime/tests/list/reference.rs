//! What a filter means, said a second time: conditions over a parcel in memory, and their text.
//!
//! It shares nothing with the code under test, not even the parser.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::parcels::{Parcel, State, TEXTS, depots};
use crate::random::Random;

/// A condition, made at random.
#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(&'static str, &'static str, Literal),
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Literal {
    Text(String),
    /// A text with wildcards; the pieces stand around the stars.
    Pattern(Vec<String>),
    Number(Decimal),
    Word(&'static str),
    Any,
    Null,
}

/// What a field of a parcel is.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Held {
    Text(String),
    Number(Decimal),
    Word(&'static str),
}

const COMPARISONS: &[&str] = &["=", "!=", "<", "<=", ">", ">="];

pub fn condition(random: &mut Random, depth: usize) -> Condition {
    let parts = |random: &mut Random| -> Vec<Condition> {
        let count = 2 + random.below(2);
        (0..count).map(|_| condition(random, depth - 1)).collect()
    };
    match random.below(if depth == 0 { 1 } else { 5 }) {
        1 => Condition::All(parts(random)),
        2 => Condition::Any(parts(random)),
        3 => Condition::Not(Box::new(condition(random, depth - 1))),
        _ => test(random),
    }
}

fn test(random: &mut Random) -> Condition {
    const NUMBERS: &[&str] = &[
        "weight",
        "price",
        "worth",
        "ratio",
        "span",
        "year(sent_at)",
        "month(due)",
        "day(sent_at)",
        "weekday(sent_at)",
        "quarter(due)",
        "hour(sent_at)",
    ];
    let field = random.pick(&[
        "label",
        "note",
        "depot.city",
        "state",
        "fragile",
        "number",
        "number",
    ]);
    if random.below(8) == 0 {
        let field = random.pick(&[
            "note",
            "weight",
            "worth",
            "sent_at",
            "depot_id",
            "depot.city",
        ]);
        let (comparator, literal) = random
            .of(&[
                (":", Literal::Any),
                ("=", Literal::Null),
                ("!=", Literal::Null),
            ])
            .clone();
        return Condition::Test(field, comparator, literal);
    }
    match field {
        "state" => {
            let word = random.pick(&["packed", "sent", "lost"]);
            Condition::Test("state", random.pick(&["=", "!=", ":"]), Literal::Word(word))
        }
        "fragile" => {
            let word = random.pick(&["true", "false"]);
            Condition::Test("fragile", random.pick(&["=", "!="]), Literal::Word(word))
        }
        "number" => {
            let field = random.pick(NUMBERS);
            let number = literal_for(field, random);
            Condition::Test(field, random.pick(COMPARISONS), Literal::Number(number))
        }
        text => match random.below(3) {
            0 => {
                let mut pieces: Vec<String> = vec![random.pick(TEXTS).to_owned()];
                pieces.extend(
                    (0..=random.below(2)).map(|_| random.of(&["", "", "b", "%", "😀"]).to_string()),
                );
                Condition::Test(
                    text,
                    random.pick(&["=", "!=", ":"]),
                    Literal::Pattern(pieces),
                )
            }
            1 => Condition::Test(text, ":", Literal::Text(random.pick(TEXTS).to_owned())),
            _ => Condition::Test(
                text,
                random.pick(COMPARISONS),
                Literal::Text(random.pick(TEXTS).to_owned()),
            ),
        },
    }
}

fn literal_for(field: &str, random: &mut Random) -> Decimal {
    match field {
        "price" => Decimal::new(random.number(-300, 300).into(), 2),
        "worth" => random.pick(&[
            Decimal::ZERO,
            Decimal::ONE,
            Decimal::new(-1, 6),
            Decimal::new(1, 6),
        ]),
        "ratio" => Decimal::new(i64::from(random.number(-4, 4)) * 125, 3),
        "span" => Decimal::new(i64::from(random.number(-4, 4)) * 5, 1),
        "year(sent_at)" => Decimal::from(random.pick(&[1969, 1970, 2025])),
        "day(sent_at)" => Decimal::from(random.number(1, 31)),
        "month(due)" => Decimal::from(random.number(1, 12)),
        "hour(sent_at)" => Decimal::from(random.number(0, 23)),
        _ => Decimal::from(random.number(1, 7)),
    }
}

impl Condition {
    /// As a caller writes it, with no more parentheses than the grammar needs: `OR` binds tighter than `AND`.
    pub fn text(&self) -> String {
        match self {
            Self::All(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| part.inside(matches!(part, Self::All(_))))
                    .collect();
                // What stands beside each other is joined by `AND` as well.
                if parts.len() == 2 && !parts[1].starts_with(['(', '-']) {
                    parts.join(" ")
                } else {
                    parts.join(" AND ")
                }
            }
            Self::Any(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| part.inside(matches!(part, Self::All(_) | Self::Any(_))));
                parts.collect::<Vec<_>>().join(" OR ")
            }
            Self::Not(inner) => {
                let inner = inner.inside(matches!(**inner, Self::All(_) | Self::Any(_)));
                if inner.starts_with('(') {
                    format!("-{inner}")
                } else {
                    format!("NOT {inner}")
                }
            }
            Self::Test(field, comparator, literal) => {
                format!("{field} {comparator} {}", written(field, literal))
            }
        }
    }

    fn inside(&self, parentheses: bool) -> String {
        if parentheses {
            format!("({})", self.text())
        } else {
            self.text()
        }
    }

    /// Whether it is true of a parcel.
    pub fn holds(&self, parcel: &Parcel) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(parcel)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(parcel)),
            Self::Not(inner) => !inner.holds(parcel),
            Self::Test(field, comparator, literal) => holds(parcel, field, comparator, literal),
        }
    }
}

fn written(field: &str, literal: &Literal) -> String {
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        escaped.replace('*', "\\*")
    };
    match literal {
        Literal::Text(text) => format!("\"{}\"", quoted(text)),
        Literal::Pattern(pieces) => {
            let pieces: Vec<String> = pieces.iter().map(|piece| quoted(piece)).collect();
            format!("\"{}\"", pieces.join("*"))
        }
        Literal::Number(number) if field == "span" => format!("{number}s"),
        Literal::Number(number) => number.to_string(),
        Literal::Word(word) => (*word).to_owned(),
        Literal::Any => "*".to_owned(),
        Literal::Null => "null".to_owned(),
    }
}

fn holds(parcel: &Parcel, field: &str, comparator: &str, literal: &Literal) -> bool {
    // A parcel without a depot has no depot's city either: no test of it holds.
    if field == "depot.city" && parcel.depot_id.is_none() {
        return false;
    }
    let held = held(parcel, field);
    match literal {
        Literal::Null if comparator == "=" => return held.is_none(),
        Literal::Null | Literal::Any => return held.is_some(),
        _ => {}
    }
    let Some(held) = held else {
        return false;
    };
    match (&held, literal) {
        (Held::Text(text), Literal::Text(part)) if comparator == ":" => text.contains(part),
        (Held::Text(text), Literal::Pattern(pieces)) => {
            matches(text, pieces) != (comparator == "!=")
        }
        (Held::Text(text), Literal::Text(other)) => compares(comparator, text, other),
        (Held::Number(number), Literal::Number(other)) => compares(comparator, number, other),
        (Held::Word(word), Literal::Word(other)) => (word == other) != (comparator == "!="),
        _ => panic!("{field} {comparator} {literal:?}"),
    }
}

fn compares<T: PartialOrd + ?Sized>(comparator: &str, a: &T, b: &T) -> bool {
    match comparator {
        "=" => a == b,
        "!=" => a != b,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    }
}

/// Tries every way to put the pieces into the text.
fn matches(text: &str, pieces: &[String]) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let Some(tail) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    if rest.is_empty() {
        return tail.is_empty();
    }
    let starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    starts.into_iter().any(|at| matches(&tail[at..], rest))
}

fn held(parcel: &Parcel, field: &str) -> Option<Held> {
    let number = |number: i64| Held::Number(Decimal::from(number));
    let zoned = parcel.sent_at.map(|at| at.to_zoned(TimeZone::UTC));
    let sent = |part: fn(&jiff::Zoned) -> i8| zoned.as_ref().map(|it| number(part(it).into()));
    Some(match field {
        "label" => Held::Text(parcel.label.clone()),
        "note" => Held::Text(parcel.note.clone()?),
        "depot.city" => {
            let depot = depots()
                .into_iter()
                .find(|it| Some(it.id) == parcel.depot_id)?;
            Held::Text(depot.city?)
        }
        "depot_id" => number(parcel.depot_id?),
        "weight" => number(parcel.weight?.into()),
        "price" => Held::Number(parcel.price),
        "worth" => Held::Number(parcel.worth?),
        "ratio" => Held::Number(Decimal::try_from(parcel.ratio).unwrap()),
        "span" => Held::Number(Decimal::new(parcel.span.as_micros().try_into().unwrap(), 6)),
        "state" => Held::Word(match parcel.state {
            State::Packed => "packed",
            State::Sent => "sent",
            State::Lost => "lost",
        }),
        "fragile" => Held::Word(if parcel.fragile { "true" } else { "false" }),
        "sent_at" => number(parcel.sent_at?.as_second()),
        "year(sent_at)" => number(zoned?.year().into()),
        "day(sent_at)" => sent(jiff::Zoned::day)?,
        "hour(sent_at)" => sent(jiff::Zoned::hour)?,
        "weekday(sent_at)" => number(zoned?.weekday().to_monday_one_offset().into()),
        "month(due)" => number(parcel.due.month().into()),
        "quarter(due)" => number(((parcel.due.month() + 2) / 3).into()),
        other => panic!("{other}"),
    })
}
