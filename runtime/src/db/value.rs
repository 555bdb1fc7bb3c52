//! Values on their way into a statement. This module does not know how an engine
//! stores them; [`super::sqlite`] and [`super::postgres`] do.

use std::borrow::Cow;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use super::types::{Bytes, Json, Scaled, TextEnum};

/// One parameter of a statement, owned so that it can cross to another thread.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null, of whatever type the statement expects.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite floating point number.
    Float(f64),
    /// A text without NUL.
    Text(Cow<'static, str>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID.
    Uuid(Uuid),
    /// An exact decimal with the precision and scale of its column.
    Decimal(Decimal, u8, u8),
    /// A calendar day, years 1 to 9999.
    Date(Date),
    /// A time of day, stored to the microsecond.
    Time(Time),
    /// A moment, years 1 to 9999, stored to the microsecond.
    Timestamp(Timestamp),
    /// A length of time, stored to the microsecond.
    Duration(SignedDuration),
    /// JSON, already serialised.
    Json(String),
    /// Something that could not become a value, and why; the statement that
    /// gets it fails with [`DbError::Encode`](super::DbError::Encode).
    Invalid(String),
}

impl Value {
    /// The value of anything that can be given to a statement.
    pub fn of(value: impl IntoValue) -> Self {
        value.into_value()
    }
}

/// What can be given to a statement. `params!` calls it.
pub trait IntoValue {
    /// The value to bind.
    fn into_value(self) -> Value;
}

/// The parameters of a statement: `params![id, name, None::<i64>]` gives a `Vec<Value>`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::db::IntoValue::into_value($value)),*]
    };
}

/// For copyable types: the value and a reference to it.
macro_rules! copied {
    ($($type:ty => |$it:ident| $value:expr;)*) => {$(
        impl IntoValue for $type {
            #[inline]
            fn into_value(self) -> Value {
                let $it = self;
                $value
            }
        }
        impl IntoValue for &$type {
            #[inline]
            fn into_value(self) -> Value {
                IntoValue::into_value(*self)
            }
        }
    )*};
}

copied! {
    bool => |it| Value::Bool(it);
    i16 => |it| Value::Int(i64::from(it));
    i32 => |it| Value::Int(i64::from(it));
    i64 => |it| Value::Int(it);
    u32 => |it| Value::Int(i64::from(it));
    u64 => |it| i64::try_from(it).map_or_else(|_| Value::Invalid(format!("{it} is larger than a signed 64-bit integer")), Value::Int);
    usize => |it| i64::try_from(it).map_or_else(|_| Value::Invalid(format!("{it} is larger than a signed 64-bit integer")), Value::Int);
    f64 => |it| Value::Float(it);
    Uuid => |it| Value::Uuid(it);
    Date => |it| Value::Date(it);
    Time => |it| Value::Time(it);
    Timestamp => |it| Value::Timestamp(it);
    SignedDuration => |it| Value::Duration(it);
}

impl<const P: u8, const S: u8> IntoValue for Scaled<P, S> {
    #[inline]
    fn into_value(self) -> Value {
        Value::Decimal(self.0, P, S)
    }
}

impl<const P: u8, const S: u8> IntoValue for &Scaled<P, S> {
    #[inline]
    fn into_value(self) -> Value {
        (*self).into_value()
    }
}

impl IntoValue for String {
    #[inline]
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl IntoValue for &String {
    #[inline]
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self.clone()))
    }
}

impl IntoValue for &str {
    #[inline]
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self.to_owned()))
    }
}

impl IntoValue for Bytes {
    #[inline]
    fn into_value(self) -> Value {
        Value::Bytes(self.0)
    }
}

impl IntoValue for &Bytes {
    #[inline]
    fn into_value(self) -> Value {
        Value::Bytes(self.0.clone())
    }
}

impl IntoValue for serde_json::Value {
    fn into_value(self) -> Value {
        Value::Json(self.to_string())
    }
}

impl IntoValue for &serde_json::Value {
    fn into_value(self) -> Value {
        Value::Json(self.to_string())
    }
}

impl<T: Serialize> IntoValue for Json<T> {
    fn into_value(self) -> Value {
        (&self).into_value()
    }
}

impl<T: Serialize> IntoValue for &Json<T> {
    fn into_value(self) -> Value {
        serde_json::to_string(&self.0)
            .map_or_else(|error| Value::Invalid(error.to_string()), Value::Json)
    }
}

/// Enums are given by value; they are `Copy`.
impl<T: TextEnum> IntoValue for T {
    #[inline]
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self.as_str()))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.map_or(Value::Null, IntoValue::into_value)
    }
}

impl<T: IntoValue + Clone> IntoValue for &Option<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.as_ref()
            .map_or(Value::Null, |it| it.clone().into_value())
    }
}

impl IntoValue for Value {
    #[inline]
    fn into_value(self) -> Value {
        self
    }
}
