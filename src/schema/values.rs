//! The small values of the format: durations, shares, spans of calendar time, and
//! places where one of two shapes may stand.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::node::{Node, Value};
use super::read::{Read, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

/// Gives a type an inline JSON Schema.
macro_rules! inline_schema {
    ($type:ty, $name:literal, $($schema:tt)*) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($($schema)*)
            }
        }
    };
}

/// The version of the schema format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version;

inline_schema!(Version, "Version", { "const": 1 });

impl Read for Version {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Number(digits) if digits == "1" => return Some(Self),
            Value::Number(digits) => reader.report(
                Diagnostic::new(
                    Code::FormatVersion,
                    format!("schema format {digits} is unknown"),
                )
                .label(node.span, "this svcgen knows version 1")
                .help("write `svcgen: 1`, or install the svcgen that the file was written for"),
            ),
            _ => reader.wrong_shape(node, "the number 1"),
        }
        None
    }
}

/// Text, or a number that is meant as text, such as a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

inline_schema!(Text, "Text", { "type": ["string", "number"] });

impl Read for Text {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(Self(text.clone())),
            _ => {
                reader.wrong_shape(node, "text");
                None
            }
        }
    }
}

/// One text, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<Spanned<String>>);

inline_schema!(OneOrMany, "OneOrMany", {
    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
});

impl Read for OneOrMany {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(Self(vec![Spanned::new(text.clone(), node.span)])),
            Value::List(_) => Vec::read(node, reader).map(Self),
            _ => {
                reader.wrong_shape(node, "text or a list of texts");
                None
            }
        }
    }
}

/// A word, or a mapping with options.
#[derive(Debug, Clone, PartialEq)]
pub enum Either<W, M> {
    /// A word.
    Word(W),
    /// A mapping.
    Mapping(M),
}

impl<W: Read, M: Read> Read for Either<W, M> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(_) => W::read(node, reader).map(Self::Word),
            Value::Map(_) => M::read(node, reader).map(Self::Mapping),
            _ => {
                reader.wrong_shape(node, "text or a mapping");
                None
            }
        }
    }
}

impl<W: JsonSchema, M: JsonSchema> JsonSchema for Either<W, M> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Or{}", W::schema_name(), M::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<W>();
        let mapping = generator.subschema_for::<M>();
        json_schema!({ "anyOf": [word, mapping] })
    }
}

/// A span of time in a setting, such as `800ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

inline_schema!(Span, "Span", {
    "type": "string",
    "pattern": "^[0-9]+(ms|s|m|h)$",
    "examples": ["800ms", "5s", "2m"],
});

impl Read for Span {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => duration(text)
                .filter(|span| !span.is_zero() && *span <= Duration::from_secs(86_400)),
            _ => None,
        };
        if read.is_none() {
            quantity(
                node,
                reader,
                "a duration",
                "`800ms`, `5s`, `2m` or `1h`; more than nothing and at most a day",
            );
        }
        read.map(Self)
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let number = u64::from(number);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number * 60)),
        "h" => Some(Duration::from_secs(number * 3600)),
        _ => None,
    }
}

/// A share such as `20%`, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f64);

inline_schema!(Share, "Share", {
    "type": "string",
    "pattern": "^[0-9]+(\\.[0-9]+)?%$",
    "examples": ["20%", "50%"],
});

impl Read for Share {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => text
                .strip_suffix('%')
                .filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
                .and_then(|digits| digits.parse::<f64>().ok())
                .filter(|percent| *percent > 0.0 && *percent <= 100.0),
            _ => None,
        };
        if read.is_none() {
            quantity(
                node,
                reader,
                "a share",
                "`20%`; more than 0% and at most 100%",
            );
        }
        read.map(|percent| Self(percent / 100.0))
    }
}

/// A span of calendar time such as `7y` or `1y6mo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CalendarSpan {
    /// Years.
    pub years: u32,
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
}

inline_schema!(CalendarSpan, "CalendarSpan", {
    "type": "string",
    "pattern": "^([0-9]+(y|mo|w|d))+$",
    "examples": ["7y", "6mo", "90d", "1y6mo"],
});

impl Read for CalendarSpan {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => calendar_span(text),
            _ => None,
        };
        if read.is_none() {
            quantity(
                node,
                reader,
                "a span of calendar time",
                "`7y`, `6mo`, `2w`, `90d` or `1y6mo`; at most 1000 years",
            );
        }
        read
    }
}

fn calendar_span(text: &str) -> Option<CalendarSpan> {
    let mut span = CalendarSpan::default();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |at| digits + at);
        let (number, unit_name) = split(&rest[..unit])?;
        let (part, factor) = match unit_name {
            "y" => (&mut span.years, 1),
            "mo" => (&mut span.months, 1),
            "w" => (&mut span.days, 7),
            "d" => (&mut span.days, 1),
            _ => return None,
        };
        *part = part.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[unit..];
    }
    let within = span.years <= 1000 && span.months <= 12_000 && span.days <= 365_000;
    (within && span != CalendarSpan::default()).then_some(span)
}

fn split(text: &str) -> Option<(u32, &str)> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..unit].parse().ok()?, &text[unit..]))
}

fn quantity(node: &Node, reader: &mut Reader<'_>, what: &str, form: &str) {
    let span = reader.shown(node.span);
    let message = match &node.value {
        Value::Text(text) | Value::Number(text) => format!("`{text}` is not {what}"),
        other => format!("expected {what}, found {}", other.describe()),
    };
    reader.report(
        Diagnostic::new(Code::BadQuantity, message)
            .label(span, format!("expected {what}"))
            .help(format!("write {form}")),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_calendar_time_add_up() {
        assert_eq!(
            calendar_span("1y6mo"),
            Some(CalendarSpan {
                years: 1,
                months: 6,
                days: 0
            })
        );
        assert_eq!(
            calendar_span("2w1d"),
            Some(CalendarSpan {
                years: 0,
                months: 0,
                days: 15
            })
        );
        for bad in [
            "",
            "7",
            "y",
            "0d",
            "7 y",
            "-1d",
            "1001y",
            "9999999999y",
            "1m",
        ] {
            assert_eq!(calendar_span(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("800ms"), Some(Duration::from_millis(800)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        for bad in ["", "5", "s", "5 s", "1.5s", "5d"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
