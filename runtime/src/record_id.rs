//! The id of a record of any kind: as the database takes it, and as callers see it.

use std::fmt;

use crate::db::{Cell, FromColumn, Mismatch, Value};

/// A UUID, a number or a text that identifies a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordId {
    value: Value,
    shown: String,
}

impl RecordId {
    /// As a statement takes it.
    pub(crate) fn value(&self) -> Value {
        self.value.clone()
    }
}

impl FromColumn for RecordId {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        let shown = if let Ok(text) = cell.text() {
            text.to_owned()
        } else if let Ok(number) = cell.int() {
            number.to_string()
        } else {
            cell.uuid()?.to_string()
        };
        let value = Value::from_cell(cell)?;
        Ok(Self { value, shown })
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}
