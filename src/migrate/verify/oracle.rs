//! What a value should become, worked out without SQL.

use rusqlite::types::Value;

use crate::tables::delta::{Pair, Source};
use crate::tables::{CheckRule, Column, ColumnType, Fill, Literal};

/// How many columns may be filled from one another in a row.
const DEPTH: usize = super::super::values::DEPTH;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// It is this.
    Exactly(Value),
    /// It is something, and not null.
    Some,
    /// Nothing is known.
    Any,
}

impl Expected {
    /// Whether a value is as expected.
    pub fn is(&self, value: &Value) -> bool {
        match self {
            Self::Exactly(expected) => same(expected, value),
            Self::Some => *value != Value::Null,
            Self::Any => true,
        }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b).is_eq() || (a - b).abs() == 0.0,
        _ => a == b,
    }
}

/// What a new column holds, given the old row.
pub fn expected(pair: &Pair, column: &Column, old: &dyn Fn(&str) -> Value) -> Expected {
    expected_within(pair, column, old, DEPTH)
}

fn expected_within(
    pair: &Pair,
    column: &Column,
    old: &dyn Fn(&str) -> Value,
    depth: usize,
) -> Expected {
    let source = pair.columns.iter().find(|it| it.name == column.name);
    let Some(source) = source.map(|it| &it.source) else {
        return Expected::Any;
    };
    match source {
        Source::Column { name, values, fill } => {
            let Some(before) = pair.old.column(name) else {
                return Expected::Any;
            };
            let value = match old(name) {
                Value::Text(text) => {
                    let renamed = values.iter().find(|(was, _)| *was == text);
                    Value::Text(renamed.map_or(text, |(_, now)| now.clone()))
                }
                other => other,
            };
            match (convert(&value, before.ty, column.ty), fill) {
                (Some(Value::Null), Some(fill)) => filled(pair, fill, column, old, depth),
                (Some(value), _) => Expected::Exactly(value),
                (None, _) => Expected::Any,
            }
        }
        Source::Converted { name } => {
            let Some(before) = pair.old.column(name) else {
                return Expected::Any;
            };
            convert(&old(name), before.ty, column.ty)
                .map_or(Expected::Exactly(Value::Null), Expected::Exactly)
        }
        Source::New { fill: Some(fill) } => filled(pair, fill, column, old, depth),
        Source::New { fill: None } => Expected::Exactly(match &column.default {
            Some(default) => stored(default, column.ty),
            None => Value::Null,
        }),
        Source::Stash { .. } => Expected::Any,
    }
}

fn filled(
    pair: &Pair,
    fill: &Fill,
    column: &Column,
    old: &dyn Fn(&str) -> Value,
    depth: usize,
) -> Expected {
    match fill {
        // Columns that are filled from each other in a circle stay empty.
        Fill::Copy(_) if depth == 0 => Expected::Any,
        Fill::Value(value) => Expected::Exactly(stored(value, column.ty)),
        Fill::Copy(name) => match pair.new.column(name) {
            Some(other) => match expected_within(pair, other, old, depth - 1) {
                Expected::Exactly(value) => {
                    convert(&value, other.ty, column.ty).map_or(Expected::Any, Expected::Exactly)
                }
                other => other,
            },
            None => Expected::Any,
        },
        Fill::Now | Fill::Today | Fill::NewUuid => Expected::Some,
        Fill::Sql { .. } => Expected::Any,
    }
}

/// A constant as `SQLite` stores it.
pub fn stored(literal: &Literal, ty: ColumnType) -> Value {
    match literal {
        Literal::Text(text) | Literal::Json(text) => Value::Text(text.clone()),
        Literal::Int(value) if ty == ColumnType::Float => Value::Real(real(*value)),
        Literal::Int(value) | Literal::Timestamp(value) => Value::Integer(*value),
        Literal::Float(text) => Value::Real(text.parse().unwrap_or_default()),
        Literal::Bool(value) => Value::Integer(i64::from(*value)),
        Literal::Bytes(hex) => Value::Blob(
            (0..hex.len() / 2)
                .filter_map(|index| u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).ok())
                .collect(),
        ),
        Literal::Decimal(text) => decimal(text, ty),
    }
}

fn decimal(text: &str, ty: ColumnType) -> Value {
    let ColumnType::Decimal { precision, scale } = ty else {
        return Value::Text(text.to_owned());
    };
    let mut number: rust_decimal::Decimal = text.parse().unwrap_or_default();
    number.rescale(scale);
    let digits = number.mantissa();
    if precision <= 18 {
        return Value::Integer(i64::try_from(digits).unwrap_or_default());
    }
    // Ten to the 28th is where the digits of negative numbers count down from.
    let nines = 10_i128.pow(28) - 1;
    Value::Text(if digits < 0 {
        format!("0{:028}", nines + digits)
    } else {
        format!("1{digits:028}")
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the values tried are small enough"
)]
fn real(value: i64) -> f64 {
    value as f64
}

/// A value as another type holds it; `None` where it cannot, or where nothing is known.
#[expect(clippy::too_many_lines, reason = "one arm for each pair of types")]
pub fn convert(value: &Value, from: ColumnType, to: ColumnType) -> Option<Value> {
    use ColumnType::{
        Bigint, Bool, Date, Decimal, Duration, Float, Int, Json, Text, Time, Timestamp, Uuid,
    };
    if from == to || *value == Value::Null {
        return Some(value.clone());
    }
    match (value, from, to) {
        (Value::Integer(it), Bigint, Int) => i32::try_from(*it).ok().map(|_| value.clone()),
        (Value::Integer(_), Int | Duration, Bigint)
        | (Value::Integer(_), Bigint, Duration)
        | (Value::Integer(_), Bool, Int | Bigint)
        | (Value::Text(_), Date | Time | Json, Text) => Some(value.clone()),
        (Value::Integer(it), Int | Bigint, Bool) => (*it == 0 || *it == 1).then(|| value.clone()),
        (Value::Integer(it), Int | Bigint, Float) => {
            (it.unsigned_abs() <= 1 << 53).then(|| Value::Real(real(*it)))
        }
        (Value::Integer(it), Int | Bigint, Text) => Some(Value::Text(it.to_string())),
        (Value::Integer(it), Bool, Text) => Some(Value::Text((*it == 1).to_string())),
        (Value::Text(it), Text, Bool) => match it.as_str() {
            "true" => Some(Value::Integer(1)),
            "false" => Some(Value::Integer(0)),
            _ => None,
        },
        (Value::Text(it), Text, Int) => {
            let number: i32 = it.parse().ok()?;
            (number.to_string() == *it).then(|| Value::Integer(number.into()))
        }
        (Value::Text(it), Text, Bigint) => {
            let number: i64 = it.parse().ok()?;
            (number.to_string() == *it).then_some(Value::Integer(number))
        }
        (Value::Blob(it), Uuid, Text) => {
            let uuid = uuid::Uuid::from_slice(it).ok()?;
            Some(Value::Text(uuid.to_string()))
        }
        (Value::Text(it), Text, Uuid) => {
            let uuid = uuid::Uuid::try_parse(it).ok()?;
            (it.len() == 36).then(|| Value::Blob(uuid.as_bytes().to_vec()))
        }
        (Value::Text(it), Text, Date) => {
            let date: jiff::civil::Date = it.parse().ok()?;
            (date.to_string() == *it).then(|| value.clone())
        }
        (Value::Text(it), Date, Timestamp) => {
            let date: jiff::civil::Date = it.parse().ok()?;
            let at = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
            Some(Value::Integer(at.as_microsecond()))
        }
        (Value::Integer(it), Timestamp, Date) => {
            let at = jiff::Timestamp::from_microsecond(*it).ok()?;
            let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
            Some(Value::Text(date.to_string()))
        }
        (Value::Integer(it), Timestamp, Text) => {
            let at = jiff::Timestamp::from_microsecond(*it).ok()?;
            Some(Value::Text(
                at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
            ))
        }
        (Value::Integer(it), Int | Bigint, Decimal { precision, scale }) => {
            fits(i128::from(*it) * 10_i128.pow(scale), precision)
        }
        (Value::Integer(it), Decimal { scale, .. }, Int | Bigint) => {
            let unit = 10_i64.pow(scale);
            let whole = it / unit;
            let range = to == Bigint || i32::try_from(whole).is_ok();
            (it % unit == 0 && range).then_some(Value::Integer(whole))
        }
        (
            Value::Integer(it),
            Decimal { scale: old, .. },
            Decimal {
                precision,
                scale: new,
            },
        ) => {
            let it = i128::from(*it);
            if new >= old {
                fits(it * 10_i128.pow(new - old), precision)
            } else {
                let unit = 10_i128.pow(old - new);
                (it % unit == 0)
                    .then(|| fits(it / unit, precision))
                    .flatten()
            }
        }
        (Value::Integer(it), Decimal { scale, .. }, Text) => {
            let number = rust_decimal::Decimal::from_i128_with_scale(i128::from(*it), scale);
            Some(Value::Text(number.to_string()))
        }
        (Value::Integer(it), Decimal { scale, .. }, Float) => {
            let unit: f64 = format!("1e{scale}").parse().ok()?;
            Some(Value::Real(real(*it) / unit))
        }
        (Value::Real(it), Float, Decimal { precision, scale }) => {
            let unit: f64 = format!("1e{scale}").parse().ok()?;
            let digits: i128 = format!("{:.0}", (it * unit).round()).parse().ok()?;
            fits(digits, precision)
        }
        (Value::Text(it), Decimal { scale: old, .. }, Decimal { precision, scale }) => {
            let (sign, digits) = it.split_at_checked(1)?;
            let digits: i128 = digits.parse().ok()?;
            let nines = 10_i128.pow(28) - 1;
            let digits = if sign == "1" { digits } else { nines - digits };
            (old == scale && digits < 10_i128.pow(precision)).then(|| value.clone())
        }
        (Value::Real(it), Float, Int | Bigint) => {
            let whole = it.fract() == 0.0 && it.abs() <= 9_007_199_254_740_992.0;
            let text = format!("{it:.0}");
            let number: i64 = text.parse().ok().filter(|_| whole)?;
            let range = to == Bigint || i32::try_from(number).is_ok();
            range.then_some(Value::Integer(number))
        }
        _ => None,
    }
}

fn fits(digits: i128, precision: u32) -> Option<Value> {
    let range = digits.unsigned_abs() < 10_u128.pow(precision);
    let digits = i64::try_from(digits).ok()?;
    range.then_some(Value::Integer(digits))
}

/// Whether a stored value keeps the rules on its column.
pub fn keeps(value: &Value, rules: &[CheckRule], ty: ColumnType) -> bool {
    if *value == Value::Null {
        return true;
    }
    rules.iter().all(|rule| match rule {
        CheckRule::OneOf(values) => matches!(value, Value::Text(it) if values.contains(it)),
        CheckRule::MinLength(least) => length(value) >= *least as usize,
        CheckRule::MaxLength(most) => length(value) <= *most as usize,
        CheckRule::AtLeast(least) => at_least(value, &stored(least, ty)),
        CheckRule::AtMost(most) => at_least(&stored(most, ty), value),
    })
}

fn length(value: &Value) -> usize {
    match value {
        // SQLite counts up to the first null character.
        Value::Text(text) => text.chars().take_while(|it| *it != '\0').count(),
        Value::Blob(octets) => octets.len(),
        _ => 0,
    }
}

fn at_least(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a >= b,
        (Value::Real(a), Value::Real(b)) => a >= b,
        (Value::Text(a), Value::Text(b)) => a >= b,
        _ => false,
    }
}
