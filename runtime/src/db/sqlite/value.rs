//! How SQLite stores each type. Tables are STRICT, so a column holds what its
//! type says; anything else is reported, never guessed.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::bounds::{self, micros_of_duration, micros_of_timestamp};
use crate::db::column::Mismatch;
use crate::db::{Value, decimal};

/// The largest precision whose units fit an INTEGER column; beyond it the column is TEXT.
const INTEGER_PRECISION: u8 = 18;

/// Binds a value to a parameter.
pub(super) fn bind(
    statement: &mut Statement<'_>,
    index: usize,
    value: &Value,
) -> Result<(), BindError> {
    let output = match value {
        Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
        Value::Bool(it) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*it))),
        Value::Int(it) => ToSqlOutput::Borrowed(ValueRef::Integer(*it)),
        Value::Float(it) => ToSqlOutput::Borrowed(ValueRef::Real(bounds::float(*it)?)),
        Value::Text(it) => ToSqlOutput::Borrowed(ValueRef::Text(bounds::text(it)?.as_bytes())),
        Value::Json(it) => ToSqlOutput::Borrowed(ValueRef::Text(bounds::json(it)?.as_bytes())),
        Value::Bytes(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it)),
        Value::Uuid(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it.as_bytes())),
        Value::Decimal(it, precision, scale) => {
            ToSqlOutput::Owned(decimal_to_sql(*it, *precision, *scale)?)
        }
        Value::Date(it) => ToSqlOutput::Owned(Owned::Text(bounds::date(*it)?.to_string())),
        Value::Time(it) => ToSqlOutput::Owned(Owned::Text(time_to_sql(*it))),
        Value::Timestamp(it) => ToSqlOutput::Borrowed(ValueRef::Integer(micros_of_timestamp(*it)?)),
        Value::Duration(it) => ToSqlOutput::Borrowed(ValueRef::Integer(micros_of_duration(*it)?)),
        Value::Invalid(reason) => return Err(BindError::Value(reason.clone())),
    };
    statement
        .raw_bind_parameter(index, output)
        .map_err(BindError::Driver)
}

/// A value could not be bound.
pub(super) enum BindError {
    /// It is outside of what the column can hold.
    Value(String),
    /// SQLite refused it.
    Driver(rusqlite::Error),
}

impl From<String> for BindError {
    fn from(reason: String) -> Self {
        Self::Value(reason)
    }
}

fn decimal_to_sql(value: Decimal, precision: u8, scale: u8) -> Result<Owned, String> {
    let units = decimal::units(value, precision, scale)?;
    if precision <= INTEGER_PRECISION {
        i64::try_from(units)
            .map(Owned::Integer)
            .map_err(|error| error.to_string())
    } else {
        Ok(Owned::Text(decimal::sortable(units)))
    }
}

fn time_to_sql(time: Time) -> String {
    let micros = time.subsec_nanosecond() / 1000;
    format!(
        "{:02}:{:02}:{:02}.{micros:06}",
        time.hour(),
        time.minute(),
        time.second()
    )
}

fn wrong<T>(value: ValueRef<'_>, expected: &str) -> Result<T, Mismatch> {
    Err(Mismatch::new(format!(
        "it holds {} where {expected} was expected",
        value.data_type()
    )))
}

/// The value as SQLite has it.
pub(crate) fn any(value: ValueRef<'_>) -> Result<Value, Mismatch> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(it) => Value::Int(it),
        ValueRef::Real(it) => Value::Float(it),
        ValueRef::Text(_) => Value::Text(text(value)?.to_owned().into()),
        ValueRef::Blob(it) => Value::Bytes(it.to_vec()),
    })
}

#[inline]
pub(crate) fn boolean(value: ValueRef<'_>) -> Result<bool, Mismatch> {
    match value {
        ValueRef::Integer(it) => Ok(it != 0),
        other => wrong(other, "a truth value"),
    }
}

#[inline]
pub(crate) fn int(value: ValueRef<'_>) -> Result<i64, Mismatch> {
    match value {
        ValueRef::Integer(it) => Ok(it),
        other => wrong(other, "an integer"),
    }
}

#[inline]
pub(crate) fn float(value: ValueRef<'_>) -> Result<f64, Mismatch> {
    match value {
        ValueRef::Real(it) => Ok(it),
        // A whole number in an expression such as `sum(…)`; beyond 2^53 it is the nearest float, as in SQL.
        #[allow(clippy::cast_precision_loss)]
        ValueRef::Integer(it) => Ok(it as f64),
        other => wrong(other, "a number"),
    }
}

#[inline]
pub(crate) fn text(value: ValueRef<'_>) -> Result<&str, Mismatch> {
    match value {
        ValueRef::Text(it) => {
            std::str::from_utf8(it).map_err(|_| Mismatch::new("it holds a text that is not UTF-8"))
        }
        other => wrong(other, "a text"),
    }
}

#[inline]
pub(crate) fn bytes(value: ValueRef<'_>) -> Result<&[u8], Mismatch> {
    match value {
        ValueRef::Blob(it) => Ok(it),
        other => wrong(other, "bytes"),
    }
}

#[inline]
pub(crate) fn uuid(value: ValueRef<'_>) -> Result<Uuid, Mismatch> {
    match value {
        ValueRef::Blob(it) => {
            Uuid::from_slice(it).map_err(|error| Mismatch::new(error.to_string()))
        }
        other => wrong(other, "the 16 bytes of a UUID"),
    }
}

pub(crate) fn date(value: ValueRef<'_>) -> Result<Date, Mismatch> {
    text(value)?
        .parse()
        .map_err(|error: jiff::Error| Mismatch::new(error.to_string()))
}

pub(crate) fn time(value: ValueRef<'_>) -> Result<Time, Mismatch> {
    text(value)?
        .parse()
        .map_err(|error: jiff::Error| Mismatch::new(error.to_string()))
}

#[inline]
pub(crate) fn timestamp(value: ValueRef<'_>) -> Result<Timestamp, Mismatch> {
    crate::db::types::moment(int(value)?).map_err(|error| Mismatch::new(error.to_string()))
}

#[inline]
pub(crate) fn duration(value: ValueRef<'_>) -> Result<SignedDuration, Mismatch> {
    int(value).map(SignedDuration::from_micros)
}

#[inline]
pub(crate) fn json(value: ValueRef<'_>) -> Result<&[u8], Mismatch> {
    match value {
        ValueRef::Text(it) => Ok(it),
        other => wrong(other, "the text of a JSON document"),
    }
}

/// Integers are units of `10^-scale`. A real comes from an expression such as `avg(…)`
/// and is rounded to the scale.
pub(crate) fn decimal(value: ValueRef<'_>, _precision: u8, scale: u8) -> Result<Decimal, Mismatch> {
    let units = match value {
        ValueRef::Integer(it) => i128::from(it),
        ValueRef::Text(it) => std::str::from_utf8(it)
            .map_err(|error| error.to_string())
            .and_then(decimal::from_sortable)
            .map_err(Mismatch::new)?,
        ValueRef::Real(it) => Decimal::from_f64_retain(it.round())
            .map(|it| it.mantissa() / 10_i128.pow(it.scale()))
            .ok_or_else(|| Mismatch::new(format!("{it} is out of range for a decimal")))?,
        other => return wrong(other, "a decimal"),
    };
    decimal::from_units(units, scale).map_err(Mismatch::new)
}
