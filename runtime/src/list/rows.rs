//! The rows of a page as they were read, with the ranks of a search beside them.
//!
//! A page without a search is what came from the database, in the place that was made for it.

use super::column::Record;
use super::search::RANK;
use crate::db::{DbError, FromRow, Row, Value};

/// Records, and how well each fits what was searched for, if the order is that of the ranks.
pub(super) struct Rows<T> {
    pub records: Vec<T>,
    pub ranks: Vec<f64>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self::plain(Vec::new())
    }
}

impl<T> Rows<T> {
    /// Records that were not searched for.
    pub const fn plain(records: Vec<T>) -> Self {
        let ranks = Vec::new();
        Self { records, ranks }
    }

    pub fn extend(&mut self, more: Self) {
        self.records.extend(more.records);
        self.ranks.extend(more.ranks);
    }

    pub fn truncate(&mut self, size: usize) {
        self.records.truncate(size);
        self.ranks.truncate(size);
    }

    pub fn reverse(&mut self) {
        self.records.reverse();
        self.ranks.reverse();
    }

    /// The place of the first one.
    pub fn first(&self) -> Option<usize> {
        (!self.records.is_empty()).then_some(0)
    }

    /// The place of the last one.
    pub fn last(&self) -> Option<usize> {
        self.records.len().checked_sub(1)
    }
}

impl<T: Record> Rows<T> {
    /// What the record at a place holds in a column, or its rank.
    pub fn value(&self, at: usize, column: &str) -> Value {
        let rank = self.ranks.get(at).filter(|_| column == RANK);
        let held = || self.records.get(at).map(|it| it.value(column));
        rank.map(|rank| Value::Float(*rank))
            .or_else(held)
            .unwrap_or(Value::Null)
    }
}

/// A row whose last column is the rank.
pub(super) struct WithRank<T> {
    pub record: T,
    pub rank: f64,
}

impl<T: FromRow> FromRow for WithRank<T> {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let record = T::from_row(row)?;
        let rank = row.get(row.width().saturating_sub(1))?;
        Ok(Self { record, rank })
    }
}
