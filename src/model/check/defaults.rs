//! Defaults: values of the field's type that keep the field's own limits.

use base64::Engine as _;
use rust_decimal::Decimal;
use serde_json::json;

use super::limits;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Bound, DefaultValue, EnumType, FieldKind, ListType, ScalarType, TextType};
use crate::schema::{self, Value, one_of};
use crate::source::{Span, Spanned};

/// A default, when it is one.
pub fn read(
    written: &Spanned<schema::field::DefaultValue>,
    kind: &FieldKind,
    nullable: bool,
    problems: &mut Vec<Diagnostic>,
) -> Option<DefaultValue> {
    let (value, at) = (&written.value.0, written.span);
    if *value == Value::Null && !matches!(kind, FieldKind::Scalar(ScalarType::Json)) {
        if !nullable {
            let problem = Diagnostic::new(
                Code::BadDefault,
                "the default is null, and the field is required",
            );
            problems.push(
                problem
                    .label(at, "null")
                    .help("make the field nullable (`?` after its type), or remove the default"),
            );
        }
        // A nullable field is null by itself.
        return None;
    }
    let read = match kind {
        FieldKind::Scalar(r#type) => scalar(r#type, value),
        FieldKind::Enum(r#type) => enumerated(r#type, value),
        FieldKind::List(r#type) => list(r#type, value),
        FieldKind::Reference(_) => Err("a reference has no default".to_owned()),
    };
    match read {
        Ok(default) => Some(default),
        Err(reason) => {
            problems.push(bad(value, at, &reason, kind));
            None
        }
    }
}

/// Whether each new record gets a value of its own.
pub fn is_fresh(written: &schema::field::DefaultValue) -> bool {
    matches!(&written.0, Value::Text(text) if text == "new")
}

fn bad(value: &Value, at: Span, reason: &str, kind: &FieldKind) -> Diagnostic {
    let problem =
        Diagnostic::new(Code::BadDefault, "the default does not fit the field").label(at, reason);
    match (value, kind) {
        (Value::Text(text), FieldKind::Enum(r#type)) => {
            problem.did_you_mean(text, r#type.values.iter().map(|value| value.name.written()))
        }
        (
            Value::Number(_) | Value::Bool(_),
            FieldKind::Scalar(ScalarType::String(_) | ScalarType::Text(_)),
        ) => problem.help("put quotes around it"),
        _ => problem,
    }
}

fn scalar(r#type: &ScalarType, value: &Value) -> Result<DefaultValue, String> {
    match r#type {
        ScalarType::String(limits) | ScalarType::Text(limits) => {
            keep_text(limits, text(value, "text")?).map(DefaultValue::Text)
        }
        ScalarType::Int(bound) => integer(value, bound, i64::from(i32::MIN), i64::from(i32::MAX)),
        ScalarType::Bigint(bound) => integer(value, bound, i64::MIN, i64::MAX),
        ScalarType::Float(bound) => {
            let number = digits(value, "a number")?
                .parse()
                .ok()
                .filter(|it: &f64| it.is_finite());
            keep(number.ok_or("expected a number")?, bound).map(DefaultValue::Float)
        }
        ScalarType::Decimal(r#type) => {
            let what = format!(
                "a number that fits decimal({},{})",
                r#type.precision, r#type.scale
            );
            let written = if let Value::Text(text) = value {
                text
            } else {
                digits(value, &what)?
            };
            let number: Option<Decimal> = limits::fit(written, r#type.precision, r#type.scale);
            keep(number.ok_or(format!("expected {what}"))?, &r#type.bound)
                .map(DefaultValue::Decimal)
        }
        ScalarType::Bool => match value {
            Value::Bool(value) => Ok(DefaultValue::Bool(*value)),
            other => Err(format!(
                "expected `true` or `false`, found {}",
                other.describe()
            )),
        },
        ScalarType::Uuid
        | ScalarType::Date
        | ScalarType::Time
        | ScalarType::Timestamp
        | ScalarType::Duration => worded(r#type, value),
        ScalarType::Json => Ok(DefaultValue::Json(to_json(value))),
        ScalarType::Bytes(bound) => {
            let octets = base64::engine::general_purpose::STANDARD
                .decode(text(value, "base64")?)
                .map_err(|_| "expected base64")?;
            let length = u32::try_from(octets.len()).map_err(|_| "too long")?;
            keep(length, bound).map(|_| DefaultValue::Bytes(octets))
        }
    }
}

/// Types whose values are texts of a form of their own, some with words for what is fresh.
fn worded(r#type: &ScalarType, value: &Value) -> Result<DefaultValue, String> {
    let expected = match r#type {
        ScalarType::Uuid => "a UUID or `new`",
        ScalarType::Date => "a date such as `2024-02-29`, or `today`",
        ScalarType::Time => "a time of day such as `08:30:00`, to the microsecond",
        ScalarType::Timestamp => "a point in time such as `2024-02-29T08:30:00Z`, or `now`",
        _ => "a span of time such as `PT30M` or `30m`, to the microsecond",
    };
    let written = text(value, expected)?;
    // Years of four digits and microseconds are what every engine keeps.
    let fine = |nanosecond: i32| nanosecond % 1_000 == 0;
    let read = match (r#type, written) {
        (ScalarType::Uuid, "new") => Some(DefaultValue::NewUuid),
        (ScalarType::Uuid, _) => written.parse().ok().map(DefaultValue::Uuid),
        (ScalarType::Date, "today") => Some(DefaultValue::Today),
        (ScalarType::Date, _) => {
            let date = written
                .parse()
                .ok()
                .filter(|it: &jiff::civil::Date| written.len() == 10 && it.year() >= 1);
            date.map(DefaultValue::Date)
        }
        (ScalarType::Time, _) => {
            let time = written
                .parse()
                .ok()
                .filter(|it: &jiff::civil::Time| fine(it.subsec_nanosecond()));
            time.map(DefaultValue::Time)
        }
        (ScalarType::Timestamp, "now") => Some(DefaultValue::Now),
        (ScalarType::Timestamp, _) => {
            let timestamp = written.parse().ok();
            let year = |it: &jiff::Timestamp| it.to_zoned(jiff::tz::TimeZone::UTC).year();
            timestamp
                .filter(|it| year(it) >= 1 && fine(it.subsec_nanosecond()))
                .map(DefaultValue::Timestamp)
        }
        _ => {
            let span = written
                .parse()
                .ok()
                .filter(|it: &jiff::SignedDuration| fine(it.subsec_nanos()));
            span.map(DefaultValue::Duration)
        }
    };
    read.ok_or_else(|| format!("expected {expected}"))
}

fn text<'a>(value: &'a Value, expected: &str) -> Result<&'a str, String> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(format!("expected {expected}, found {}", other.describe())),
    }
}

fn enumerated(r#type: &EnumType, value: &Value) -> Result<DefaultValue, String> {
    let names: Vec<&str> = r#type
        .values
        .iter()
        .map(|value| value.name.written())
        .collect();
    match value {
        Value::Text(text) if names.contains(&text.as_str()) => {
            Ok(DefaultValue::EnumValue(text.clone()))
        }
        _ if names.len() > 12 => Err("expected one of the enum's values".to_owned()),
        _ => Err(format!("expected {}", one_of(&names))),
    }
}

fn list(r#type: &ListType, value: &Value) -> Result<DefaultValue, String> {
    let Value::List(items) = value else {
        return Err(format!("expected a list, found {}", value.describe()));
    };
    if items.len() > usize::try_from(r#type.max_items).unwrap_or(usize::MAX) {
        return Err(format!("at most {} elements are allowed", r#type.max_items));
    }
    let mut elements = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let element = scalar(&r#type.of, &item.value)
            .map_err(|reason| format!("element {}: {reason}", index + 1))?;
        elements.push(
            element_json(element)
                .ok_or(format!("element {}: a fixed value belongs here", index + 1))?,
        );
    }
    Ok(DefaultValue::Json(serde_json::Value::Array(elements)))
}

/// An element as JSON has it; words such as `now` stand for no fixed value.
fn element_json(element: DefaultValue) -> Option<serde_json::Value> {
    Some(match element {
        DefaultValue::Text(text) | DefaultValue::EnumValue(text) => json!(text),
        DefaultValue::Int(number) => json!(number),
        DefaultValue::Float(number) => json!(number),
        DefaultValue::Decimal(number) => json!(number.to_string()),
        DefaultValue::Bool(value) => json!(value),
        DefaultValue::Uuid(id) => json!(id.to_string()),
        DefaultValue::Date(date) => json!(date.to_string()),
        DefaultValue::Time(time) => json!(time.to_string()),
        DefaultValue::Timestamp(timestamp) => json!(timestamp.to_string()),
        DefaultValue::Duration(duration) => json!(duration.to_string()),
        DefaultValue::Json(value) => value,
        DefaultValue::Bytes(octets) => {
            json!(base64::engine::general_purpose::STANDARD.encode(octets))
        }
        DefaultValue::NewUuid | DefaultValue::Today | DefaultValue::Now => return None,
    })
}

fn digits<'a>(value: &'a Value, what: &str) -> Result<&'a str, String> {
    match value {
        Value::Number(digits) => Ok(digits),
        other => Err(format!("expected {what}, found {}", other.describe())),
    }
}

fn integer(
    value: &Value,
    bound: &Bound<i64>,
    least: i64,
    greatest: i64,
) -> Result<DefaultValue, String> {
    let number = digits(value, "a whole number")?
        .parse::<i64>()
        .map_err(|_| "expected a whole number")?;
    if !(least..=greatest).contains(&number) {
        return Err(format!(
            "expected a whole number from {least} to {greatest}"
        ));
    }
    keep(number, bound).map(DefaultValue::Int)
}

fn keep<T: PartialOrd + Copy + std::fmt::Display>(value: T, bound: &Bound<T>) -> Result<T, String> {
    match (bound.min, bound.max) {
        (Some(min), _) if value < min => Err(format!("the field's `min` is {min}")),
        (_, Some(max)) if value > max => Err(format!("the field's `max` is {max}")),
        _ => Ok(value),
    }
}

fn keep_text(limits: &TextType, text: &str) -> Result<String, String> {
    let length = u32::try_from(text.chars().count()).map_err(|_| "too long")?;
    keep(
        length,
        &Bound {
            min: limits.min,
            max: limits.max,
        },
    )
    .map_err(|reason| format!("{length} characters; {reason}"))?;
    if let Some(pattern) = &limits.pattern
        && regex_lite::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
    {
        return Err(format!(
            "the field's pattern, `{pattern}`, does not match it"
        ));
    }
    Ok(text.to_owned())
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => json!(value),
        Value::Number(digits) => serde_json::from_str(digits)
            .ok()
            .or_else(|| digits.parse::<f64>().ok().map(|number| json!(number)))
            .unwrap_or_else(|| json!(digits)),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(|item| to_json(&item.value)).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|it| (it.key.value.clone(), to_json(&it.value.value)))
            .collect(),
    }
}
