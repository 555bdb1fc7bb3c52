//! Defaults as the tables know them.

use crate::model::DefaultValue;

use super::{Literal, hex};

/// A default as a constant, unless each row gets its own.
pub fn literal(default: &DefaultValue) -> Option<Literal> {
    Some(match default {
        DefaultValue::Text(text) | DefaultValue::EnumValue(text) => Literal::Text(text.clone()),
        DefaultValue::Int(value) => Literal::Int(*value),
        DefaultValue::Float(value) => Literal::Float(format!("{value:?}")),
        DefaultValue::Decimal(value) => Literal::Decimal(value.to_string()),
        DefaultValue::Bool(value) => Literal::Bool(*value),
        DefaultValue::Uuid(value) => Literal::Bytes(value.simple().to_string()),
        DefaultValue::Date(value) => Literal::Text(value.to_string()),
        DefaultValue::Time(value) => Literal::Text(value.strftime("%H:%M:%S.%6f").to_string()),
        DefaultValue::Timestamp(value) => Literal::Timestamp(value.as_microsecond()),
        DefaultValue::Duration(value) => {
            Literal::Int(i64::try_from(value.as_micros()).unwrap_or(i64::MAX))
        }
        DefaultValue::Json(value) => Literal::Json(value.to_string()),
        DefaultValue::Bytes(value) => Literal::Bytes(hex(value)),
        DefaultValue::NewUuid | DefaultValue::Today | DefaultValue::Now => return None,
    })
}
