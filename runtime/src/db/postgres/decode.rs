//! Reading PostgreSQL's binary forms.

use std::error::Error;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind, Type};
use uuid::Uuid;

use crate::db::Value;
use crate::db::column::{Cell, Mismatch, Stored};

/// One column of one row as it came from the server.
#[derive(Clone, Copy)]
pub(crate) struct Field<'r> {
    kind: &'r Type,
    bytes: Option<&'r [u8]>,
}

/// Accepts the bytes of any type.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    #[inline]
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    #[inline]
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    #[inline]
    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'r> Cell<'r> {
    #[inline]
    pub(crate) fn postgres(row: &'r Row, column: usize) -> Result<Self, tokio_postgres::Error> {
        let Raw(bytes) = row.try_get(column)?;
        Ok(Self(Stored::Postgres(Field {
            kind: row.columns()[column].type_(),
            bytes,
        })))
    }
}

impl<'r> Field<'r> {
    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self.bytes.is_none()
    }

    /// The value by the type that the server names.
    pub(crate) fn any(self) -> Result<Value, Mismatch> {
        Ok(match *self.kind {
            Type::BOOL => Value::Bool(self.boolean()?),
            Type::INT8 | Type::INT4 | Type::INT2 => Value::Int(self.int()?),
            Type::FLOAT8 | Type::FLOAT4 => Value::Float(self.float()?),
            Type::NUMERIC => {
                let number: Decimal = self.read()?;
                let scale = u8::try_from(number.scale()).unwrap_or(u8::MAX);
                Value::Decimal(number, 28, scale)
            }
            Type::UUID => Value::Uuid(self.uuid()?),
            Type::DATE => Value::Date(self.date()?),
            Type::TIME => Value::Time(self.time()?),
            Type::TIMESTAMPTZ => Value::Timestamp(self.timestamp()?),
            Type::BYTEA => Value::Bytes(self.bytes()?.to_vec()),
            _ => Value::Text(self.text()?.to_owned().into()),
        })
    }

    #[inline]
    pub(crate) fn boolean(self) -> Result<bool, Mismatch> {
        if *self.kind == Type::BOOL {
            self.read()
        } else {
            self.wrong("a truth value")
        }
    }

    #[inline]
    pub(crate) fn int(self) -> Result<i64, Mismatch> {
        match *self.kind {
            Type::INT8 => self.read(),
            Type::INT4 => self.read::<i32>().map(i64::from),
            Type::INT2 => self.read::<i16>().map(i64::from),
            // `sum` of a bigint is numeric.
            Type::NUMERIC => {
                let number: Decimal = self.read()?;
                number
                    .to_i64()
                    .filter(|_| number.fract().is_zero())
                    .ok_or_else(|| Mismatch::new(format!("{number} is no 64-bit integer")))
            }
            _ => self.wrong("an integer"),
        }
    }

    pub(crate) fn float(self) -> Result<f64, Mismatch> {
        match *self.kind {
            Type::FLOAT8 => self.read(),
            Type::FLOAT4 => self.read::<f32>().map(f64::from),
            Type::NUMERIC => self
                .read::<Decimal>()?
                .to_f64()
                .ok_or_else(|| Mismatch::new("it holds a number beyond floats")),
            // As in SQL, the nearest float.
            #[allow(clippy::cast_precision_loss)]
            Type::INT2 | Type::INT4 | Type::INT8 => self.int().map(|it| it as f64),
            _ => self.wrong("a number"),
        }
    }

    #[inline]
    pub(crate) fn text(self) -> Result<&'r str, Mismatch> {
        match *self.kind {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => self.read(),
            ref other if matches!(other.kind(), Kind::Enum(_)) || other.name() == "citext" => {
                std::str::from_utf8(self.present()?)
                    .map_err(|error| Mismatch::new(error.to_string()))
            }
            _ => self.wrong("a text"),
        }
    }

    pub(crate) fn bytes(self) -> Result<&'r [u8], Mismatch> {
        if *self.kind == Type::BYTEA {
            self.present()
        } else {
            self.wrong("bytes")
        }
    }

    #[inline]
    pub(crate) fn uuid(self) -> Result<Uuid, Mismatch> {
        if *self.kind == Type::UUID {
            self.read()
        } else {
            self.wrong("a UUID")
        }
    }

    pub(crate) fn date(self) -> Result<Date, Mismatch> {
        if *self.kind == Type::DATE {
            self.read()
        } else {
            self.wrong("a date")
        }
    }

    pub(crate) fn time(self) -> Result<Time, Mismatch> {
        if *self.kind == Type::TIME {
            self.read()
        } else {
            self.wrong("a time of day")
        }
    }

    #[inline]
    pub(crate) fn timestamp(self) -> Result<Timestamp, Mismatch> {
        if *self.kind != Type::TIMESTAMPTZ {
            return self.wrong("a moment");
        }
        let since_2000: [u8; 8] = self
            .present()?
            .try_into()
            .map_err(|_| Mismatch::new("it does not have 8 bytes"))?;
        i64::from_be_bytes(since_2000)
            .checked_add(super::encode::MICROS_1970_TO_2000)
            .and_then(|it| crate::db::types::moment(it).ok())
            .ok_or_else(|| Mismatch::new("it holds a moment beyond the year 9999 or infinity"))
    }

    pub(crate) fn duration(self) -> Result<SignedDuration, Mismatch> {
        self.int().map(SignedDuration::from_micros)
    }

    pub(crate) fn json(self) -> Result<&'r [u8], Mismatch> {
        match *self.kind {
            Type::JSON => self.present(),
            Type::JSONB => match self.present()?.split_first() {
                Some((1, text)) => Ok(text),
                _ => Err(Mismatch::new("it holds an unknown version of jsonb")),
            },
            _ => self.wrong("a JSON document"),
        }
    }

    pub(crate) fn decimal(self, _precision: u8, scale: u8) -> Result<Decimal, Mismatch> {
        match *self.kind {
            Type::NUMERIC => {
                let mut number: Decimal = self.read()?;
                // An average has more digits than its column; both engines give those of the column.
                number = number.round_dp_with_strategy(
                    u32::from(scale),
                    rust_decimal::RoundingStrategy::MidpointAwayFromZero,
                );
                number.rescale(u32::from(scale));
                Ok(number)
            }
            _ => self.wrong("a decimal"),
        }
    }

    #[inline]
    fn read<T: FromSql<'r>>(self) -> Result<T, Mismatch> {
        T::from_sql(self.kind, self.present()?).map_err(|error| Mismatch::new(error.to_string()))
    }

    #[inline]
    fn present(self) -> Result<&'r [u8], Mismatch> {
        self.bytes.ok_or_else(|| Mismatch::new("it is null"))
    }

    fn wrong<T>(self, expected: &str) -> Result<T, Mismatch> {
        Err(Mismatch::new(format!(
            "it is of type {} where {expected} was expected",
            self.kind
        )))
    }
}
