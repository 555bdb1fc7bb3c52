//! A value as others stored it, as an expression for the value as svcgen stores it.
//!
//! No value is changed without a word. On SQLite a column holds values of any type, so an
//! expression looks at each, and is null where a value cannot be said exactly; a check looks
//! for those before anything is moved. On PostgreSQL types are what they are called, and a cast
//! does, or fails, or changes something; the check looks for what was changed, and for values
//! that the types of a service do not have.

mod decimal;
mod moment;
mod postgres;
mod sqlite;

use crate::import::catalogue::{DeclaredType, Engine};
use crate::tables::ColumnType;

/// The last microsecond since 1970 that a service can read.
const LAST_MICROSECOND: i64 = 253_402_207_200_999_999;
/// The first microsecond of the year 1.
const FIRST_MICROSECOND: i64 = -62_135_596_800_000_000;

/// What a value becomes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The type of the column.
    pub ty: ColumnType,
    /// Whether its JSON is a list of the schema's, whose elements are no lists and not null.
    pub is_list: bool,
}

impl Target {
    /// What a value has to be, for whoever has one that is not.
    pub fn described(self, engine: Engine) -> String {
        let words = match (engine, self.ty) {
            (_, ColumnType::Text) => "text",
            (_, ColumnType::Int) => "a whole number of 32 bits",
            (_, ColumnType::Bigint) => "a whole number of 64 bits",
            (_, ColumnType::Float) => "a finite number, as exact as a float",
            (_, ColumnType::Decimal { precision, scale }) => {
                return format!(
                    "a number of at most {precision} digits, {scale} of them after the point"
                );
            }
            (_, ColumnType::Bool) => "a truth value",
            (_, ColumnType::Uuid) => "a UUID",
            (_, ColumnType::Date) => "a day of the years 1 to 9999, without a time",
            (_, ColumnType::Time) => {
                "a time of day before 24:00, without a zone, to the microsecond"
            }
            (Engine::Sqlite, ColumnType::Timestamp) => {
                "a text such as 2026-01-02 03:04:05.678901, or seconds, milliseconds or microseconds since 1970 of the \
                 years 1973 to 2103"
            }
            (Engine::Postgres, ColumnType::Timestamp) => "a point in time of the years 1 to 9999",
            (_, ColumnType::Duration) => "a span of time without months",
            (_, ColumnType::Json) if self.is_list => "a list without nulls and lists",
            (_, ColumnType::Json) => "JSON",
            (_, ColumnType::Bytes) => "octets",
        };
        words.to_owned()
    }
}

/// The expression for a value of `column`, which is quoted already.
pub fn converted(engine: Engine, column: &str, from: &DeclaredType, to: Target) -> String {
    match engine {
        Engine::Sqlite => sqlite::of(column, to.ty),
        Engine::Postgres => postgres::of(column, from, to),
    }
}

/// What holds of a value that has no counterpart, where there may be one, so that somebody
/// looks before. `was` is the value, `is` what [`converted`] makes of it.
pub fn misfit(
    engine: Engine,
    (was, is): (&str, &str),
    from: &DeclaredType,
    to: Target,
) -> Option<String> {
    match engine {
        Engine::Sqlite => Some(format!("({was} is not null and {is} is null)")),
        Engine::Postgres => {
            let wrong = postgres::misfits(was, is, from, to);
            (!wrong.is_empty()).then(|| format!("({})", wrong.join(" or ")))
        }
    }
}
