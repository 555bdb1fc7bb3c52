//! Values on their way from a filter and a page token to a statement, by the kind of their column.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::column::Kind;
use crate::db::Value;
use crate::db::{bounds, decimal};
use crate::input::{self, Accepts, Pointer, Violations};

/// A text as a value of the kind, or what the kind expects.
pub(super) fn read(kind: Kind, text: &str) -> Result<Value, String> {
    let expected = |what: &str| format!("Expected {what}.");
    match kind {
        Kind::Text => Ok(Value::Text(text.to_owned().into())),
        Kind::Enum(names) => {
            let names = names();
            if names.contains(&text) {
                return Ok(Value::Text(text.to_owned().into()));
            }
            let near = input::nearest(text, names.iter().copied());
            let near = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            Err(format!("Expected one of `{}`.{near}", names.join("`, `")))
        }
        Kind::Int => text
            .parse::<i32>()
            .map(|value| Value::Int(value.into()))
            .map_err(|_| expected("an integer of 32 bits")),
        Kind::Bigint => text
            .parse()
            .map(Value::Int)
            .map_err(|_| expected("an integer of 64 bits")),
        Kind::Float => text
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
            .map(Value::Float)
            .ok_or_else(|| expected("a number")),
        Kind::Decimal { precision, scale } => exact(text)
            .filter(|value| decimal::units(*value, precision, scale).is_ok())
            .map(|value| Value::Decimal(value, precision, scale))
            .ok_or_else(|| {
                let whole = precision - scale;
                expected(&format!(
                    "a decimal of at most {whole} digits before and {scale} after the point"
                ))
            }),
        Kind::Exact { scale } => crate::db::exact::units(text, scale)
            .map(|units| Value::Text(crate::db::exact::text(units, scale).into()))
            .ok_or_else(|| {
                expected(&format!(
                    "a decimal of at most {scale} digits after the point"
                ))
            }),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(expected("`true` or `false`")),
        },
        Kind::Uuid => accepted(&input::uuid(), text)
            .map(Value::Uuid)
            .ok_or_else(|| expected("a UUID")),
        Kind::Date => {
            moment_of(&input::date(), text, "a date such as \"2026-01-31\"").map(Value::Date)
        }
        Kind::Time => accepted(&input::time(), text)
            .map(Value::Time)
            .ok_or_else(|| expected("a time of day such as \"08:30:00\", in quotes")),
        Kind::Timestamp => {
            let what = "a timestamp such as \"2026-01-31T08:30:00Z\", in quotes";
            moment_of(&input::timestamp(), text, what).map(Value::Timestamp)
        }
        Kind::Duration => duration(text)
            .map(Value::Duration)
            .ok_or_else(|| expected("a duration such as 90s, 15m, 2h, 7d or PT1H30M")),
    }
}

fn exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// A text as a moment, or whether it is none or there is no room for it.
fn moment_of<A: Accepts>(field: &A, text: &str, what: &str) -> Result<A::Value, String> {
    let mut found = Violations::new();
    let read = field.accept(Json::from(text), Pointer::ROOT, &mut found);
    read.ok_or_else(|| {
        if found.iter().any(|it| it.code == "OUT_OF_RANGE") {
            "Is beyond the calendar.".to_owned()
        } else {
            format!("Expected {what}.")
        }
    })
}

fn accepted<A: Accepts>(field: &A, text: &str) -> Option<A::Value> {
    let mut found = Violations::new();
    field.accept(Json::from(text), Pointer::ROOT, &mut found)
}

/// `20s`, `1.5s`, `15m`, `2h`, `7d`, or ISO 8601.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    if let Some(value) = accepted(&input::duration(), text) {
        return Some(value);
    }
    let unit = text.chars().next_back()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number = exact(text.strip_suffix(unit)?)?;
    let micros = number.checked_mul(Decimal::from(seconds.checked_mul(1_000_000)?))?;
    let micros = i64::try_from(
        micros
            .trunc()
            .mantissa()
            .checked_div(10_i128.pow(micros.trunc().scale()))?,
    )
    .ok()?;
    Some(SignedDuration::from_micros(micros))
}

/// The functions that give a value of time and are no parts of one.
pub(super) const MOMENTS: [&str; 6] = ["now", "today", "ago", "ahead", "timestamp", "duration"];

/// What a function of time gives for a kind of column; `None` where it gives nothing.
pub(super) fn moment(name: &str, of: Option<&str>, kind: Kind) -> Result<Value, String> {
    let now = Timestamp::now();
    let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let span = |of: Option<&str>| {
        of.and_then(duration)
            .ok_or_else(|| format!("`{name}` takes a duration such as 7d or 90s."))
    };
    let moment = match (name, of) {
        ("now" | "today", None) => now,
        ("ago", of) => now.checked_sub(span(of)?).map_err(|_| "Is beyond the calendar.")?,
        ("ahead", of) => now.checked_add(span(of)?).map_err(|_| "Is beyond the calendar.")?,
        ("date", Some(text)) => return read(Kind::Date, text).and_then(|value| fit(value, kind)),
        ("timestamp", Some(text)) => return read(Kind::Timestamp, text).and_then(|value| fit(value, kind)),
        ("duration", Some(text)) => return read(Kind::Duration, text).and_then(|value| fit(value, kind)),
        _ => return Err("There is no such function. There are `now()`, `today()`, `ago(7d)`, `ahead(7d)`, `date(…)`, `timestamp(…)` and `duration(…)`.".to_owned()),
    };
    // The calendar of the databases begins with the year 1, later than that of the library.
    bounds::micros_of_timestamp(moment).map_err(|_| "Is beyond the calendar.")?;
    let midnight = name == "today";
    let date = moment.to_zoned(TimeZone::UTC).date();
    match kind {
        Kind::Date => Ok(Value::Date(date)),
        Kind::Timestamp if midnight => date
            .to_zoned(TimeZone::UTC)
            .map(|zoned| Value::Timestamp(zoned.timestamp()))
            .map_err(|error| error.to_string()),
        Kind::Timestamp => Ok(Value::Timestamp(moment)),
        _ => Err(format!(
            "`{name}` is a point in time, and this field is none."
        )),
    }
}

/// A typed literal where a kind is expected.
fn fit(value: Value, kind: Kind) -> Result<Value, String> {
    match (&value, kind) {
        (Value::Date(_), Kind::Date)
        | (Value::Timestamp(_), Kind::Timestamp)
        | (Value::Duration(_), Kind::Duration) => Ok(value),
        (Value::Date(date), Kind::Timestamp) => date
            .to_zoned(TimeZone::UTC)
            .map(|zoned| Value::Timestamp(zoned.timestamp()))
            .map_err(|error| error.to_string()),
        _ => Err("This field holds something else.".to_owned()),
    }
}

/// A value as a page token keeps it, and as an aggregate shows it.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Invalid(_) => Json::Null,
        Value::Bool(it) => json!(it),
        Value::Int(it) => json!(it),
        Value::Float(it) => json!(it),
        Value::Text(it) => json!(it),
        Value::Json(it) => json!(it),
        Value::Bytes(it) => json!(it),
        Value::Uuid(it) => json!(it),
        Value::Decimal(it, _, scale) => {
            let mut scaled = *it;
            scaled.rescale(u32::from(*scale));
            json!(scaled.to_string())
        }
        Value::Date(it) => json!(it),
        Value::Time(it) => json!(it),
        Value::Timestamp(it) => json!(it),
        Value::Duration(it) => json!(it),
    }
}

/// A value that [`to_json`] wrote; `None` where the token is of another shape.
pub(super) fn from_json(kind: Kind, json: &Json) -> Option<Value> {
    match (kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Int | Kind::Bigint, Json::Number(number)) => number.as_i64().map(Value::Int),
        (Kind::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
        (Kind::Bool, Json::Bool(it)) => Some(Value::Bool(*it)),
        // An enum may have lost the value since.
        (Kind::Enum(_), Json::String(text)) => Some(Value::Text(text.clone().into())),
        (_, Json::String(text)) => read(kind, text).ok(),
        _ => None,
    }
}

/// A value as an engine gave it, as what its kind says; or why it is none.
pub(super) fn of_cell(kind: Kind, cell: Value) -> Result<Value, String> {
    let wrong = |what: String| format!("an aggregate gave {what}");
    Ok(match (kind, cell) {
        (_, Value::Null) => Value::Null,
        (Kind::Bool, Value::Int(it)) => Value::Bool(it != 0),
        (Kind::Uuid, Value::Bytes(it)) => {
            Value::Uuid(uuid::Uuid::from_slice(&it).map_err(|error| wrong(error.to_string()))?)
        }
        (Kind::Timestamp, Value::Int(it)) => Value::Timestamp(
            crate::db::types::moment(it).map_err(|error| wrong(error.to_string()))?,
        ),
        (Kind::Duration, Value::Int(it)) => Value::Duration(SignedDuration::from_micros(it)),
        (Kind::Decimal { precision, scale }, Value::Decimal(it, ..)) => {
            Value::Decimal(it, precision, scale)
        }
        (Kind::Decimal { precision, scale }, Value::Int(units)) => Value::Decimal(
            decimal::from_units(units.into(), scale).map_err(wrong)?,
            precision,
            scale,
        ),
        (Kind::Decimal { precision, scale }, Value::Text(it)) => {
            let units = decimal::from_sortable(&it).map_err(wrong)?;
            Value::Decimal(
                decimal::from_units(units, scale).map_err(wrong)?,
                precision,
                scale,
            )
        }
        (Kind::Exact { scale }, Value::Text(it)) => {
            // SQLite's own functions give the sortable form, PostgreSQL a plain number.
            let units = crate::db::exact::from_sortable(&it)
                .or_else(|| crate::db::exact::units(&it, scale));
            let units = units.ok_or_else(|| wrong(it.to_string()))?;
            Value::Text(crate::db::exact::text(units, scale).into())
        }
        (Kind::Date | Kind::Time, Value::Text(it)) => read(kind, &it)?,
        (_, other) => other,
    })
}
