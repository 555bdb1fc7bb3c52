//! Writing PostgreSQL's binary forms. The server tells the type of each parameter;
//! a value that cannot be that type is an error before anything is sent.

use std::error::Error;

use rust_decimal::Decimal;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type};

use crate::db::bounds::{self, micros_of_duration, micros_of_timestamp};
use crate::db::{Value, decimal};

/// PostgreSQL counts from 2000, everybody else from 1970.
pub(super) const MICROS_1970_TO_2000: i64 = 946_684_800_000_000;
const FIRST_DAY: jiff::civil::Date = jiff::civil::date(2000, 1, 1);

type Encoded = Result<IsNull, Box<dyn Error + Sync + Send>>;
use bytes::{BufMut as _, BytesMut};

impl ToSql for Value {
    #[inline]
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Bool(it) => expect(kind, &[Type::BOOL]).map(|()| out.put_u8(u8::from(*it)))?,
            Self::Int(it) => int(*it, kind, out)?,
            Self::Float(it) => float(bounds::float(*it)?, kind, out)?,
            Self::Text(it) => text(bounds::text(it)?, kind, out)?,
            Self::Bytes(it) => expect(kind, &[Type::BYTEA]).map(|()| out.put_slice(it))?,
            Self::Uuid(it) => expect(kind, &[Type::UUID]).map(|()| out.put_slice(it.as_bytes()))?,
            Self::Decimal(it, precision, scale) => exact(*it, *precision, *scale, kind, out)?,
            Self::Date(it) => {
                expect(kind, &[Type::DATE])?;
                let days = bounds::date(*it)?.duration_since(FIRST_DAY).as_hours() / 24;
                out.put_i32(i32::try_from(days)?);
            }
            Self::Time(it) => {
                expect(kind, &[Type::TIME])?;
                let seconds = i64::from(it.hour()) * 3600
                    + i64::from(it.minute()) * 60
                    + i64::from(it.second());
                out.put_i64(seconds * 1_000_000 + i64::from(it.subsec_nanosecond() / 1000));
            }
            Self::Timestamp(it) => {
                expect(kind, &[Type::TIMESTAMPTZ])?;
                out.put_i64(micros_of_timestamp(*it)? - MICROS_1970_TO_2000);
            }
            Self::Duration(it) => {
                expect(kind, &[Type::INT8])?;
                out.put_i64(micros_of_duration(*it)?);
            }
            Self::Json(it) => json(bounds::json(it)?, kind, out)?,
            Self::Invalid(reason) => return Err(reason.clone().into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Encoded {
        self.to_sql(kind, out)
    }
}

#[inline]
fn expect(kind: &Type, accepted: &[Type]) -> Result<(), String> {
    if accepted.contains(kind) {
        Ok(())
    } else {
        Err(format!("the statement expects the type {kind}"))
    }
}

fn int(value: i64, kind: &Type, out: &mut BytesMut) -> Result<(), Box<dyn Error + Sync + Send>> {
    match *kind {
        Type::INT8 => out.put_i64(value),
        Type::INT4 => out.put_i32(
            value
                .try_into()
                .map_err(|_| format!("{value} is out of range for {kind}"))?,
        ),
        Type::INT2 => out.put_i16(
            value
                .try_into()
                .map_err(|_| format!("{value} is out of range for {kind}"))?,
        ),
        Type::NUMERIC => Decimal::from(value).to_sql(kind, out).map(|_| ())?,
        // A whole number for a float column; beyond 2^53 the nearest float, as in SQL.
        #[allow(clippy::cast_precision_loss)]
        Type::FLOAT8 => out.put_f64(value as f64),
        _ => return expect(kind, &[]).map_err(Into::into),
    }
    Ok(())
}

fn float(value: f64, kind: &Type, out: &mut BytesMut) -> Result<(), String> {
    match *kind {
        Type::FLOAT8 => out.put_f64(value),
        // The column chose the smaller type.
        #[allow(clippy::cast_possible_truncation)]
        Type::FLOAT4 => out.put_f32(value as f32),
        _ => return expect(kind, &[]),
    }
    Ok(())
}

#[inline]
fn text(value: &str, kind: &Type, out: &mut BytesMut) -> Result<(), String> {
    let is_text = matches!(
        *kind,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN
    ) || matches!(kind.kind(), Kind::Enum(_))
        || kind.name() == "citext";
    if !is_text {
        return expect(kind, &[]);
    }
    out.put_slice(value.as_bytes());
    Ok(())
}

fn exact(
    value: Decimal,
    precision: u8,
    scale: u8,
    kind: &Type,
    out: &mut BytesMut,
) -> Result<(), Box<dyn Error + Sync + Send>> {
    expect(kind, &[Type::NUMERIC])?;
    let units = decimal::units(value, precision, scale)?;
    decimal::from_units(units, scale)?.to_sql(kind, out)?;
    Ok(())
}

fn json(value: &str, kind: &Type, out: &mut BytesMut) -> Result<(), String> {
    match *kind {
        Type::JSONB => out.put_u8(1),
        Type::JSON | Type::TEXT => {}
        _ => return expect(kind, &[]),
    }
    out.put_slice(value.as_bytes());
    Ok(())
}
