//! Reading one column as a Rust type. How each engine stores a type stands here
//! once, in one method of [`Cell`] for each kind of value.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::DbError;
use super::types::{Bytes, Json, Scaled, TextEnum};
use super::value::Value;

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// Reads the value, or tells why it is none of this type.
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch>;
}

/// A column's value does not have the expected form.
#[derive(Debug)]
pub struct Mismatch(String);

impl Mismatch {
    /// What was found, for people who read the log; never shown to clients.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub(crate) fn at(self, column: usize) -> DbError {
        DbError::Decode {
            column,
            reason: self.0,
        }
    }
}

/// One column of one row, not yet read.
#[derive(Clone, Copy)]
pub struct Cell<'r>(pub(crate) Stored<'r>);

#[derive(Clone, Copy)]
pub(crate) enum Stored<'r> {
    #[cfg(feature = "sqlite")]
    Sqlite(rusqlite::types::ValueRef<'r>),
    #[cfg(feature = "postgres")]
    Postgres(super::postgres::decode::Field<'r>),
}

/// Reads with the function of the same name in the engine's module.
macro_rules! by_engine {
    ($($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        impl<'r> Cell<'r> {$(
            $(#[$doc])*
            #[inline]
            pub fn $name(self) -> Result<$type, Mismatch> {
                match self.0 {
                    #[cfg(feature = "sqlite")]
                    Stored::Sqlite(value) => super::sqlite::value::$name(value),
                    #[cfg(feature = "postgres")]
                    Stored::Postgres(field) => field.$name(),
                }
            }
        )*}
    };
}

by_engine! {
    /// A truth value.
    boolean -> bool;
    /// A whole number.
    int -> i64;
    /// A floating point number.
    float -> f64;
    /// A text.
    text -> &'r str;
    /// Bytes.
    bytes -> &'r [u8];
    /// A UUID.
    uuid -> Uuid;
    /// A calendar day.
    date -> Date;
    /// A time of day.
    time -> Time;
    /// A moment.
    timestamp -> Timestamp;
    /// A length of time.
    duration -> SignedDuration;
    /// The text of a JSON document.
    json -> &'r [u8];
}

impl Cell<'_> {
    /// Whether the column is null.
    #[inline]
    pub fn is_null(self) -> bool {
        match self.0 {
            #[cfg(feature = "sqlite")]
            Stored::Sqlite(value) => matches!(value, rusqlite::types::ValueRef::Null),
            #[cfg(feature = "postgres")]
            Stored::Postgres(field) => field.is_null(),
        }
    }

    /// An exact decimal of a column with the given precision and scale.
    #[inline]
    pub fn decimal(self, precision: u8, scale: u8) -> Result<rust_decimal::Decimal, Mismatch> {
        match self.0 {
            #[cfg(feature = "sqlite")]
            Stored::Sqlite(value) => super::sqlite::value::decimal(value, precision, scale),
            #[cfg(feature = "postgres")]
            Stored::Postgres(field) => field.decimal(precision, scale),
        }
    }
}

/// As the engine has it: SQLite knows five types, PostgreSQL those of the columns.
impl FromColumn for Value {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        if cell.is_null() {
            return Ok(Self::Null);
        }
        match cell.0 {
            #[cfg(feature = "sqlite")]
            Stored::Sqlite(value) => super::sqlite::value::any(value),
            #[cfg(feature = "postgres")]
            Stored::Postgres(field) => field.any(),
        }
    }
}

macro_rules! columns {
    ($($type:ty => $method:ident;)*) => {$(
        impl FromColumn for $type {
            #[inline]
            fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
                cell.$method()
            }
        }
    )*};
}

columns! {
    bool => boolean;
    i64 => int;
    f64 => float;
    Uuid => uuid;
    Date => date;
    Time => time;
    Timestamp => timestamp;
    SignedDuration => duration;
}

macro_rules! narrow_integers {
    ($($type:ty),*) => {$(
        impl FromColumn for $type {
            #[inline]
            fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
                let wide = cell.int()?;
                Self::try_from(wide).map_err(|_| Mismatch::new(format!("{wide} is out of range for {}", stringify!($type))))
            }
        }
    )*};
}

narrow_integers!(i16, i32, u32, u64);

impl FromColumn for String {
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        cell.text().map(str::to_owned)
    }
}

impl FromColumn for Bytes {
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        cell.bytes().map(|it| Self(it.to_vec()))
    }
}

impl FromColumn for serde_json::Value {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        Json::from_cell(cell).map(|it| it.0)
    }
}

impl<T: DeserializeOwned> FromColumn for Json<T> {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        serde_json::from_slice(cell.json()?)
            .map(Self)
            .map_err(|error| Mismatch::new(error.to_string()))
    }
}

impl<const P: u8, const S: u8> FromColumn for Scaled<P, S> {
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        cell.decimal(P, S).map(Self)
    }
}

impl<T: TextEnum> FromColumn for T {
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        let text = cell.text()?;
        T::ALL
            .iter()
            .copied()
            .find(|it| it.as_str() == text)
            .ok_or_else(|| Mismatch::new(format!("`{text}` is no value of the enum")))
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        if cell.is_null() {
            Ok(None)
        } else {
            T::from_cell(cell).map(Some)
        }
    }
}
