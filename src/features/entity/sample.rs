//! Values that fit a field: for generated tests, and for examples in the OpenAPI document.

use regex_syntax::hir::{Class, Hir, HirKind};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::model::types::TextType;
use crate::model::{Bound, EnumType, Field, FieldKind, Format, IdType, ScalarType, Service};

/// Values that fit one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// The same each time.
    Fixed(Value),
    /// Text with a number in it, so that no two are the same: before and after the number.
    Numbered(String, String),
    /// The number itself, from this one on.
    Counted(i64),
    /// One of several.
    Several(Vec<String>),
}

/// How many different values a pattern is asked for.
const VARIANTS: usize = 12;

impl Sample {
    /// As an expression inside `json!`, where `n` is a fresh number.
    pub fn rust(&self) -> String {
        match self {
            Self::Fixed(value) => value.to_string(),
            Self::Numbered(before, after) => {
                let text = format!("{}{{n}}{}", braces(before), braces(after));
                format!("format!({text:?})")
            }
            Self::Counted(0) => "n".to_owned(),
            Self::Counted(from) => format!("{from} + n"),
            Self::Several(values) => format!("({values:?}[n % {}])", values.len()),
        }
    }

    /// Whether the expression uses `n`.
    pub fn is_numbered(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// As an example.
    pub fn json(&self) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Numbered(before, after) => json!(format!("{before}1{after}")),
            Self::Counted(from) => json!(from + 1),
            Self::Several(values) => json!(values[0]),
        }
    }
}

fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A value of a field that is no reference; `distinct` asks for a new one each time.
pub fn field(service: &Service, field: &Field, distinct: bool) -> Option<Sample> {
    match &field.kind {
        FieldKind::Scalar(scalar) => scalar_sample(field.name.snake(), scalar, distinct),
        FieldKind::Enum(EnumType { values, .. }) => values
            .first()
            .map(|value| Sample::Fixed(json!(value.name.written()))),
        FieldKind::List(list) => {
            let element = scalar_sample(field.name.snake(), &list.of, false)?.json();
            Some(Sample::Fixed(json!([element])))
        }
        FieldKind::Reference(reference) => Some(id(service.entity(reference.target).id)),
    }
}

/// An identifier, as an example.
pub fn id(id: IdType) -> Sample {
    match id {
        IdType::Uuid => Sample::Fixed(json!("0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90")),
        IdType::Bigint => Sample::Fixed(json!(1)),
        IdType::String => Sample::Numbered("id-".to_owned(), String::new()),
    }
}

fn scalar_sample(name: &str, scalar: &ScalarType, distinct: bool) -> Option<Sample> {
    Some(match scalar {
        ScalarType::String(text) | ScalarType::Text(text) => return text_sample(name, text),
        ScalarType::Int(bound) | ScalarType::Bigint(bound) => {
            let least = near(1, bound);
            if distinct {
                Sample::Counted(least)
            } else {
                Sample::Fixed(json!(least))
            }
        }
        ScalarType::Float(bound) => Sample::Fixed(json!(near(1.5, bound))),
        ScalarType::Decimal(decimal) => {
            let most = Decimal::from(10_u64.pow((decimal.precision - decimal.scale).min(1)) - 1);
            let mut value = near(most.min(Decimal::ONE), &decimal.bound);
            value.rescale(decimal.scale);
            Sample::Fixed(json!(value.to_string()))
        }
        ScalarType::Bool => Sample::Fixed(json!(true)),
        ScalarType::Uuid => id(IdType::Uuid),
        ScalarType::Date => Sample::Fixed(json!("2026-05-04")),
        ScalarType::Time => Sample::Fixed(json!("09:30:00")),
        ScalarType::Timestamp => Sample::Fixed(json!("2026-05-04T09:30:00Z")),
        ScalarType::Duration => Sample::Fixed(json!("PT1H30M")),
        ScalarType::Json => Sample::Fixed(json!({ "key": "value" })),
        ScalarType::Bytes(bound) => {
            let length = bound.min.unwrap_or(0).max(bound.max.unwrap_or(3).min(3));
            Sample::Fixed(json!(base64_of_zeroes(length)))
        }
    })
}

/// The value within the bounds that is nearest to one that people would choose:
/// rather a stock of 1 than one of 0, which many rules have something against.
fn near<T: PartialOrd + Copy>(chosen: T, bound: &Bound<T>) -> T {
    match (bound.min, bound.max) {
        (Some(min), _) if chosen < min => min,
        (_, Some(max)) if chosen > max => max,
        _ => chosen,
    }
}

/// Base64 of so many zero octets.
fn base64_of_zeroes(length: u32) -> String {
    let whole = usize::try_from(length / 3).unwrap_or(0);
    let rest = match length % 3 {
        1 => "AA==",
        2 => "AAA=",
        _ => "",
    };
    format!("{}{rest}", "AAAA".repeat(whole))
}

fn text_sample(name: &str, text: &TextType) -> Option<Sample> {
    if let Some(pattern) = &text.pattern {
        return pattern_sample(pattern, text);
    }
    let (before, after) = match text.format {
        Some(Format::Email) => ("someone", "@example.com"),
        Some(Format::Url) => ("https://example.com/", ""),
        Some(Format::Hostname) => ("host", ".example.com"),
        Some(Format::Ip) => return Some(Sample::Fixed(json!("192.0.2.1"))),
        Some(Format::Slug) => ("slug-", ""),
        Some(Format::Phone) => ("+1555010", ""),
        None => return Some(plain_text(name, text)),
    };
    Some(Sample::Numbered(before.to_owned(), after.to_owned()))
}

fn plain_text(name: &str, text: &TextType) -> Sample {
    /// Room for the number.
    const DIGITS: usize = 4;
    let max = text
        .max
        .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
    let min = usize::try_from(text.min.unwrap_or(0)).unwrap_or(0);
    let mut before: String = format!("{} ", name.replace('_', " "));
    if before.len() + DIGITS > max {
        before = before.chars().take(max.saturating_sub(DIGITS)).collect();
    }
    while before.len() + 1 < min {
        before.push('x');
    }
    if max < DIGITS {
        return Sample::Several(
            (0..10)
                .map(|digit| digit.to_string().repeat(min.max(1)))
                .collect(),
        );
    }
    Sample::Numbered(before, String::new())
}

fn pattern_sample(pattern: &str, text: &TextType) -> Option<Sample> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let fits = |value: &String| {
        let length = value.chars().count();
        let at_least = text
            .min
            .is_none_or(|min| length >= usize::try_from(min).unwrap_or(0));
        let at_most = text
            .max
            .is_none_or(|max| length <= usize::try_from(max).unwrap_or(0));
        at_least && at_most
    };
    // More repetitions where the shortest text is too short, other characters for other texts.
    let mut values: Vec<String> = Vec::new();
    for extra in 0..64 {
        for variant in 0..VARIANTS {
            let mut value = String::new();
            let mut seed = variant;
            write_match(&hir, extra, &mut seed, &mut value);
            if fits(&value) && !values.contains(&value) {
                values.push(value);
            }
        }
        if !values.is_empty() {
            values.truncate(VARIANTS);
            return Some(Sample::Several(values));
        }
    }
    None
}

/// A text that the expression matches; `seed` picks among the characters of its last classes.
fn write_match(hir: &Hir, extra: usize, seed: &mut usize, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => out.extend(class_member(class, seed)),
        HirKind::Repetition(repetition) => {
            let least = usize::try_from(repetition.min).unwrap_or(0);
            let most = repetition
                .max
                .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(0));
            for _ in 0..(least + extra).min(most) {
                write_match(&repetition.sub, extra, seed, out);
            }
        }
        HirKind::Capture(capture) => write_match(&capture.sub, extra, seed, out),
        HirKind::Concat(parts) => {
            for part in parts {
                write_match(part, extra, seed, out);
            }
        }
        HirKind::Alternation(choices) => {
            if let Some(first) = choices.first() {
                write_match(first, extra, seed, out);
            }
        }
    }
}

fn class_member(class: &Class, seed: &mut usize) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let plain: Vec<char> = class
        .iter()
        .flat_map(|range| range.start()..=range.end())
        .filter(char::is_ascii_graphic)
        .take(VARIANTS)
        .collect();
    if plain.is_empty() {
        return class
            .iter()
            .next()
            .map(regex_syntax::hir::ClassUnicodeRange::start);
    }
    let member = plain[*seed % plain.len()];
    *seed /= plain.len();
    Some(member)
}
