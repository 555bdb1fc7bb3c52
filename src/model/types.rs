//! The closed set of field types, with what each may hold.
//!
//! Knows nothing of how Rust, SQL or JSON spell them.

use rust_decimal::Decimal;

use super::Name;

/// A type that holds one value.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalarType {
    /// Text of bounded length.
    String(TextType),
    /// Text of any length (the request's size limit aside), or bounded by `max`.
    Text(TextType),
    /// A 32-bit integer.
    Int(Bound<i64>),
    /// A 64-bit integer.
    Bigint(Bound<i64>),
    /// A 64-bit floating point number; never NaN or infinite.
    Float(Bound<f64>),
    /// An exact decimal number.
    Decimal(DecimalType),
    /// True or false.
    Bool,
    /// A UUID of any version.
    Uuid,
    /// A calendar date, years 0001 to 9999.
    Date,
    /// A time of day without a zone, to the microsecond.
    Time,
    /// A point in time, to the microsecond, years 0001 to 9999.
    Timestamp,
    /// A span of time, to the microsecond.
    Duration,
    /// Any JSON value.
    Json,
    /// Octets; base64 in JSON.
    Bytes(Bound<u32>),
}

/// Limits of a textual type. Lengths count characters (Unicode scalar values).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextType {
    /// The fewest characters.
    pub min: Option<u32>,
    /// The most characters.
    pub max: Option<u32>,
    /// A regular expression that some part of the text must match.
    pub pattern: Option<String>,
    /// A well-known form.
    pub format: Option<Format>,
}

/// A well-known form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An e-mail address.
    Email,
    /// An absolute URL.
    Url,
    /// A host name.
    Hostname,
    /// An IPv4 or IPv6 address.
    Ip,
    /// Lower-case letters, digits and single hyphens.
    Slug,
    /// A telephone number in E.164 form.
    Phone,
}

/// Inclusive limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound<T> {
    /// The least value.
    pub min: Option<T>,
    /// The greatest value.
    pub max: Option<T>,
}

impl<T> Default for Bound<T> {
    fn default() -> Self {
        Self {
            min: None,
            max: None,
        }
    }
}

/// An exact decimal: `precision` digits, `scale` of them after the point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecimalType {
    /// All digits, 1 to 28.
    pub precision: u32,
    /// Digits after the point, 0 to `precision`.
    pub scale: u32,
    /// Inclusive limits.
    pub bound: Bound<Decimal>,
}

/// A closed set of names.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumType {
    /// The Rust and OpenAPI type's name: entity and field, such as `OrderStatus`.
    pub name: Name,
    /// The values, as declared.
    pub values: Vec<EnumValue>,
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// As stored and as sent; its pascal form is the Rust variant.
    pub name: Name,
    /// What it means.
    pub doc: Option<String>,
    /// The name the value had before.
    pub was: Option<String>,
}

/// What records get that were there before a field was, or before it was required.
#[derive(Debug, Clone, PartialEq)]
pub enum Backfill {
    /// The same value, or a fresh one each.
    Value(DefaultValue),
    /// The value of another field.
    Copy(String),
    /// An expression over the row, as each database spells it.
    Sql {
        /// For `SQLite`.
        sqlite: String,
        /// For `PostgreSQL`.
        postgres: String,
    },
}

/// What a new record gets when the caller sends nothing. It fits the field's type.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// Text; also for JSON-free textual types.
    Text(String),
    /// An integer of either width.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// An exact decimal, at the field's scale.
    Decimal(Decimal),
    /// True or false.
    Bool(bool),
    /// A fixed UUID.
    Uuid(uuid::Uuid),
    /// A fresh version 7 UUID.
    NewUuid,
    /// A fixed date.
    Date(jiff::civil::Date),
    /// Today, in UTC.
    Today,
    /// A fixed time of day.
    Time(jiff::civil::Time),
    /// A fixed point in time.
    Timestamp(jiff::Timestamp),
    /// The moment of creation.
    Now,
    /// A span of time.
    Duration(jiff::SignedDuration),
    /// Any JSON value; also a list's elements.
    Json(serde_json::Value),
    /// Octets.
    Bytes(Vec<u8>),
    /// The value of an enum, by its stored name.
    EnumValue(String),
}
