//! What a caller wants of a result: a row, perhaps a row, all rows, or the count.
//! It does not know how rows arrive.

use super::{DbError, FromRow, Row};

/// Takes rows as they arrive and makes the answer of them.
pub(crate) trait Collect: Default + Send + 'static {
    /// What the caller gets.
    type Output: Send + 'static;

    /// With room for the rows that may come.
    #[inline]
    fn with_room(_most: usize) -> Self {
        Self::default()
    }

    /// Takes the next row.
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError>;

    /// Whether further rows would change the answer.
    fn is_open(&self) -> bool;

    /// The answer, when there are no more rows.
    fn finish(self, affected: u64) -> Result<Self::Output, DbError>;
}

/// The first row, if there is one.
pub(crate) struct Optional<T>(Option<T>);

/// The first row, which must be there.
pub(crate) struct One<T>(Option<T>);

/// For how many rows room is made before they come; few results are as long as they may be.
const MOST_ROOM: usize = 64;

/// Every row.
pub(crate) struct All<T>(Vec<T>);

/// The number of rows that the statement wrote.
#[derive(Default)]
pub(crate) struct Affected;

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for One<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for All<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: FromRow + Send + 'static> Collect for Optional<T> {
    type Output = Option<T>;

    #[inline]
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        if self.0.is_none() {
            self.0 = Some(T::from_row(row)?);
        }
        Ok(())
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    fn finish(self, _affected: u64) -> Result<Option<T>, DbError> {
        Ok(self.0)
    }
}

impl<T: FromRow + Send + 'static> Collect for One<T> {
    type Output = T;

    #[inline]
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        if self.0.is_none() {
            self.0 = Some(T::from_row(row)?);
        }
        Ok(())
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    fn finish(self, _affected: u64) -> Result<T, DbError> {
        self.0.ok_or(DbError::NoRow)
    }
}

impl<T: FromRow + Send + 'static> Collect for All<T> {
    type Output = Vec<T>;

    #[inline]
    fn with_room(most: usize) -> Self {
        Self(Vec::with_capacity(most.min(MOST_ROOM)))
    }

    #[inline]
    fn take(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        self.0.push(T::from_row(row)?);
        Ok(())
    }

    #[inline]
    fn is_open(&self) -> bool {
        true
    }

    #[inline]
    fn finish(self, _affected: u64) -> Result<Vec<T>, DbError> {
        Ok(self.0)
    }
}

impl Collect for Affected {
    type Output = u64;

    #[inline]
    fn take(&mut self, _row: &Row<'_>) -> Result<(), DbError> {
        Ok(())
    }

    #[inline]
    fn is_open(&self) -> bool {
        true
    }

    #[inline]
    fn finish(self, affected: u64) -> Result<u64, DbError> {
        Ok(affected)
    }
}
