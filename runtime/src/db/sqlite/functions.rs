//! What SQLite cannot compute itself: sums and averages of exact numbers with all their digits,
//! and UUIDs in the order of time, which keep the end of an index busy and not all of it.
//!
//! A whole number is units of its column; so is the text of a wide decimal. What comes out
//! is a text that sorts like the number, see `db::exact`.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};
use uuid::Uuid;

use crate::db::{decimal, exact};

/// Makes `exact_sum`, `exact_avg` and `uuid7` known to a connection.
pub(super) fn add(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_aggregate_function("exact_sum", 1, flags, Exact { averages: false })?;
    connection.create_aggregate_function("exact_avg", 1, flags, Exact { averages: true })?;
    connection.create_scalar_function("uuid7", 0, FunctionFlags::SQLITE_UTF8, |_| {
        Ok(Uuid::now_v7().into_bytes())
    })
}

struct Exact {
    averages: bool,
}

#[derive(Default)]
struct Total {
    sum: i128,
    count: i64,
}

impl Aggregate<Total, Option<String>> for Exact {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        let units = match context.get_raw(0) {
            ValueRef::Null => return Ok(()),
            ValueRef::Integer(units) => i128::from(units),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map_err(|error| failed(error.to_string()))
                .and_then(|text| decimal::from_sortable(text).map_err(failed))?,
            other => return Err(failed(format!("a sum of {}", other.data_type()))),
        };
        let sum = total.sum.checked_add(units);
        total.sum = sum.ok_or_else(|| failed("a sum beyond 128 bits".to_owned()))?;
        total.count += 1;
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Option<String>> {
        let total = total.filter(|total| total.count > 0);
        Ok(total.map(|total| {
            let units = if self.averages {
                exact::average(total.sum, total.count)
            } else {
                total.sum
            };
            exact::sortable(units)
        }))
    }
}

fn failed(reason: String) -> Error {
    Error::UserFunctionError(reason.into())
}
