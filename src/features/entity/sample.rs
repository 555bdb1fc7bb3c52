//! Values that fit a field: for generated tests, and for examples in the OpenAPI document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex_syntax::hir::{Class, Hir, HirKind};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::model::types::{Bound, DecimalType, TextType};
use crate::model::{EnumType, Field, FieldKind, Format, IdType, ScalarType, Service};

/// Values that fit one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// The same each time.
    Fixed(Value),
    /// Text with a number in it, so that no two are the same: before and after the number.
    Numbered(String, String),
    /// The number itself, from this one on.
    Counted(i64),
    /// Another UUID each time.
    Uuid,
    /// One of several.
    Several(Vec<Value>),
}

/// Room for the number in a text.
const DIGITS: usize = 4;

/// How many different values are made where a number does not fit in: a prime, so that
/// records which each take several numbers still take different values.
const VARIANTS: usize = 13;

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
            Self::Uuid => "format!(\"0193a6f0-7c1e-7d2b-9f4e-{n:012}\")".to_owned(),
            Self::Several(values) => {
                let texts: Vec<String> = values.iter().map(Value::to_string).collect();
                format!("([{}][n % {}])", texts.join(", "), values.len())
            }
        }
    }

    /// Whether the expression uses `n`.
    pub fn is_numbered(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// As an example.
    pub fn json(&self) -> Value {
        self.nth(1)
    }

    /// Another example, which is not the same where two samples need not be.
    pub fn another(&self) -> Value {
        self.nth(2)
    }

    fn nth(&self, n: u8) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Numbered(before, after) => json!(format!("{before}{n}{after}")),
            Self::Counted(from) => json!(from + i64::from(n)),
            Self::Uuid if n == 1 => json!(UUID),
            Self::Uuid => json!(format!("0193a6f0-7c1e-7d2b-9f4e-{n:012}")),
            Self::Several(values) => {
                let value = values.iter().cycle().nth(usize::from(n) - 1);
                value.cloned().unwrap_or_default()
            }
        }
    }
}

/// An example of a UUID.
const UUID: &str = "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90";

fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A value of a field that is no reference; `distinct` asks for a new one each time.
pub fn field(service: &Service, field: &Field, distinct: bool) -> Option<Sample> {
    match &field.kind {
        FieldKind::Scalar(scalar) => scalar_sample(field.name.snake(), scalar, distinct),
        FieldKind::Enum(EnumType { values, .. }) => {
            let values: Vec<Value> = values
                .iter()
                .map(|value| json!(value.name.written()))
                .collect();
            Some(one_or_several(values, distinct))
        }
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
        IdType::Uuid => Sample::Uuid,
        IdType::Bigint => Sample::Fixed(json!(1)),
        IdType::String => Sample::Numbered("id-".to_owned(), String::new()),
    }
}

/// The first value, or each of them in turn where no two may be the same.
fn one_or_several(mut values: Vec<Value>, distinct: bool) -> Sample {
    if distinct && values.len() > 1 {
        Sample::Several(values)
    } else {
        values.truncate(1);
        Sample::Fixed(values.pop().unwrap_or_default())
    }
}

fn scalar_sample(name: &str, scalar: &ScalarType, distinct: bool) -> Option<Sample> {
    let values: Vec<Value> = match scalar {
        ScalarType::String(text) | ScalarType::Text(text) => return text_sample(name, text),
        ScalarType::Int(bound) | ScalarType::Bigint(bound) => {
            return Some(integer_sample(*bound, distinct));
        }
        ScalarType::Uuid if distinct => return Some(Sample::Uuid),
        ScalarType::Uuid => return Some(Sample::Fixed(json!(UUID))),
        ScalarType::Json => return Some(Sample::Fixed(json!({ "key": "value" }))),
        ScalarType::Float(bound) => floats(*bound),
        ScalarType::Decimal(decimal) if !distinct => return Some(decimal_near_one(decimal)),
        ScalarType::Decimal(decimal) => decimals(decimal),
        ScalarType::Bool => vec![json!(true), json!(false)],
        ScalarType::Date => numbered(4, |day| format!("2026-05-{day:02}")),
        ScalarType::Time => numbered(9, |hour| format!("{hour:02}:30:00")),
        ScalarType::Timestamp => numbered(4, |day| format!("2026-05-{day:02}T09:30:00Z")),
        ScalarType::Duration => numbered(1, |hours| format!("PT{hours}H30M")),
        ScalarType::Bytes(bound) => {
            let length = bound.min.unwrap_or(0).max(bound.max.unwrap_or(3).min(3));
            numbered(0, |last| octets(length, last))
        }
    };
    Some(one_or_several(values, distinct))
}

/// Values made of numbers from this one on.
fn numbered(from: u8, make: impl Fn(u8) -> String) -> Vec<Value> {
    (from..).take(VARIANTS).map(|it| json!(make(it))).collect()
}

fn integer_sample(bound: Bound<i64>, distinct: bool) -> Sample {
    /// Room for as many records as a test makes.
    const ROOM: i64 = 1_000_000;
    let least = bound
        .min
        .unwrap_or(1)
        .max(bound.max.map_or(i64::MIN, |max| max.min(1)));
    let most = bound.max.unwrap_or(i64::from(i32::MAX));
    if !distinct {
        Sample::Fixed(json!(near(1, bound)))
    } else if least >= 0 && most.saturating_sub(least) > ROOM {
        Sample::Counted(least)
    } else {
        let values = (least..=most).take(VARIANTS);
        one_or_several(values.map(Value::from).collect(), true)
    }
}

/// The value within the bounds that is nearest to one that people would choose:
/// rather a stock of 1 than one of 0, which many rules have something against.
fn near<T: PartialOrd>(chosen: T, bound: Bound<T>) -> T {
    match (bound.min, bound.max) {
        (Some(min), _) if chosen < min => min,
        (_, Some(max)) if chosen > max => max,
        _ => chosen,
    }
}

fn decimal_near_one(decimal: &DecimalType) -> Sample {
    let chosen = if decimal.precision > decimal.scale {
        Decimal::ONE
    } else {
        Decimal::ZERO
    };
    let mut value = near(chosen, decimal.bound);
    value.rescale(decimal.scale);
    Sample::Fixed(json!(value.to_string()))
}

fn floats(bound: Bound<f64>) -> Vec<Value> {
    let (least, step) = match (bound.min, bound.max) {
        (Some(min), Some(max)) => (min, (max - min) / 16.0),
        (Some(min), None) => (min, 1.0),
        (None, Some(max)) => (max, -1.0),
        (None, None) => (1.5, 1.0),
    };
    let steps = (0..13).map(f64::from);
    steps.map(|it| json!(least + it * step)).collect()
}

fn decimals(decimal: &DecimalType) -> Vec<Value> {
    let mut value = decimal.bound.min.unwrap_or_else(|| {
        let most = decimal.bound.max.unwrap_or_default();
        most.min(Decimal::ZERO)
    });
    value.rescale(decimal.scale);
    let step = Decimal::new(1, decimal.scale);
    let values = std::iter::successors(Some(value), |value| value.checked_add(step));
    let fit = values.take_while(|it| decimal.bound.max.is_none_or(|max| *it <= max));
    fit.take(VARIANTS).map(|it| json!(it.to_string())).collect()
}

/// Base64 of so many octets: zeros, and then the last one.
fn octets(length: u32, last: u8) -> String {
    let mut octets = vec![0; usize::try_from(length).unwrap_or(0)];
    if let Some(end) = octets.last_mut() {
        *end = last;
    }
    STANDARD.encode(octets)
}

fn text_sample(name: &str, text: &TextType) -> Option<Sample> {
    if let Some(pattern) = &text.pattern {
        return pattern_sample(pattern, text);
    }
    match text.format {
        None => Some(plain_text(name, text)),
        Some(format) => formatted(format, text),
    }
}

/// A text in a format, around a number: the first that is neither too long nor, once it is filled up, too short.
fn formatted(format: Format, text: &TextType) -> Option<Sample> {
    // What fills it up, and how long the part before the number may become.
    let (filler, longest, choices): (&str, usize, &[(&str, &str)]) = match format {
        Format::Email => (
            "x",
            60,
            &[("someone", "@example.com"), ("a", "@b.io"), ("", "@b")],
        ),
        Format::Url => (
            "x",
            usize::MAX,
            &[("https://example.com/", ""), ("http://b", "")],
        ),
        Format::Hostname => ("x", 59, &[("host", ".example.com"), ("b", "")]),
        Format::Slug => ("x", usize::MAX, &[("slug-", ""), ("", "")]),
        Format::Phone => ("0", 12, &[("+1555010", ""), ("+1", "")]),
        Format::Ip => return addresses(text),
    };
    let size = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
    let room = text.max.map_or(usize::MAX, size);
    let (before, after) = choices
        .iter()
        .find(|(before, after)| before.len() + DIGITS + after.len() <= room)?;
    let mut before = (*before).to_owned();
    while before.len() + 1 + after.len() < text.min.map_or(0, size) {
        before.push_str(filler);
    }
    (before.len() <= longest).then(|| Sample::Numbered(before, (*after).to_owned()))
}

fn addresses(text: &TextType) -> Option<Sample> {
    let mut values = numbered(1, |it| format!("192.0.2.{it}"));
    values.extend(numbered(1, |it| format!("::{it}")));
    values.retain(|it| it.as_str().is_some_and(|it| fits(it, text)));
    values.truncate(VARIANTS);
    (!values.is_empty()).then_some(Sample::Several(values))
}

/// Whether a text is neither too short nor too long.
fn fits(value: &str, text: &TextType) -> bool {
    let length = value.chars().count();
    let at_least = text
        .min
        .is_none_or(|min| length >= usize::try_from(min).unwrap_or(0));
    let at_most = text
        .max
        .is_none_or(|max| length <= usize::try_from(max).unwrap_or(0));
    at_least && at_most
}

fn plain_text(name: &str, text: &TextType) -> Sample {
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
                .map(|digit| json!(digit.to_string().repeat(min.max(1))))
                .collect(),
        );
    }
    Sample::Numbered(before, String::new())
}

fn pattern_sample(pattern: &str, text: &TextType) -> Option<Sample> {
    let hir = regex_syntax::parse(pattern).ok()?;
    // More repetitions where the shortest text is too short, other characters for other texts.
    let mut values: Vec<String> = Vec::new();
    for extra in 0..64 {
        for variant in 0..VARIANTS {
            let mut value = String::new();
            let mut seed = variant;
            write_match(&hir, extra, &mut seed, &mut value);
            if fits(&value, text) && !values.contains(&value) {
                values.push(value);
            }
        }
        if values.len() >= VARIANTS {
            break;
        }
    }
    let values: Vec<Value> = values.into_iter().take(VARIANTS).map(Value::from).collect();
    match values.as_slice() {
        [] => None,
        _ => Some(one_or_several(values, true)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_format_is_as_long_as_its_field_wants() {
        let cases = [
            (Format::Email, None, None, json!("someone1@example.com")),
            (Format::Email, None, Some(12), json!("a1@b.io")),
            (
                Format::Email,
                Some(24),
                None,
                json!("someonexxxx1@example.com"),
            ),
            (Format::Url, None, Some(15), json!("http://b1")),
            (Format::Hostname, None, Some(5), json!("b1")),
            (Format::Slug, Some(8), Some(20), json!("slug-xx1")),
            (Format::Phone, Some(12), Some(16), json!("+15550100001")),
            (Format::Ip, None, Some(5), json!("::1")),
        ];
        for (format, min, max, expected) in cases {
            let text = TextType {
                min,
                max,
                pattern: None,
                format: Some(format),
            };
            let sample = text_sample("field", &text).map(|it| it.json());
            assert_eq!(sample, Some(expected));
        }
    }

    #[test]
    fn a_format_has_no_text_where_none_is_short_enough() {
        let text = TextType {
            min: None,
            max: Some(4),
            pattern: None,
            format: Some(Format::Email),
        };
        assert_eq!(text_sample("field", &text), None);
    }
}
