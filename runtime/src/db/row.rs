//! Reading rows. Columns are read in order, or addressed by position, because the statement
//! that names them stands beside the code that reads them.

use std::cell::Cell as Counter;

#[cfg(feature = "sqlite")]
use super::column::Stored;
use super::column::{Cell, FromColumn};
use super::{DbError, Value};

/// One row of a result, borrowed from the driver.
pub struct Row<'r> {
    source: Source<'r>,
    /// How many columns have been read in order.
    read: Counter<usize>,
}

enum Source<'r> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'r rusqlite::Row<'r>),
    #[cfg(feature = "postgres")]
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    #[inline]
    fn new(source: Source<'r>) -> Self {
        Self {
            source,
            read: Counter::new(0),
        }
    }

    #[cfg(feature = "sqlite")]
    #[inline]
    pub(crate) fn sqlite(row: &'r rusqlite::Row<'r>) -> Self {
        Self::new(Source::Sqlite(row))
    }

    #[cfg(feature = "postgres")]
    #[inline]
    pub(crate) fn postgres(row: &'r tokio_postgres::Row) -> Self {
        Self::new(Source::Postgres(row))
    }

    /// How many columns it has.
    pub(crate) fn width(&self) -> usize {
        match self.source {
            #[cfg(feature = "sqlite")]
            Source::Sqlite(row) => row.as_ref().column_count(),
            #[cfg(feature = "postgres")]
            Source::Postgres(row) => row.len(),
        }
    }

    /// The value in the next column: the first call reads the first.
    ///
    /// # Errors
    ///
    /// [`DbError::Decode`] when there is no further column or it holds something else.
    #[inline]
    pub fn next<T: FromColumn>(&self) -> Result<T, DbError> {
        let column = self.read.get();
        self.read.set(column + 1);
        self.get(column)
    }

    /// The value in a column, counted from 0.
    ///
    /// # Errors
    ///
    /// [`DbError::Decode`] when there is no such column or it holds something else.
    #[inline]
    pub fn get<T: FromColumn>(&self, column: usize) -> Result<T, DbError> {
        let decoded = match self.source {
            #[cfg(feature = "sqlite")]
            Source::Sqlite(row) => match row.get_ref(column) {
                Ok(value) => T::from_cell(Cell(Stored::Sqlite(value))),
                Err(error) => {
                    return Err(DbError::Decode {
                        column,
                        reason: error.to_string(),
                    });
                }
            },
            #[cfg(feature = "postgres")]
            Source::Postgres(row) => match Cell::postgres(row, column) {
                Ok(cell) => T::from_cell(cell),
                Err(error) => {
                    return Err(DbError::Decode {
                        column,
                        reason: error.to_string(),
                    });
                }
            },
        };
        decoded.map_err(|mismatch| mismatch.at(column))
    }
}

/// A row whose shape the statement decides: each value as the engine stores it.
pub(crate) struct Cells(pub Vec<Value>);

impl FromRow for Cells {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let cells = (0..row.width()).map(|column| row.get(column));
        Ok(Self(cells.collect::<Result<_, _>>()?))
    }
}

/// What can be made of a row. Generated models implement it; tuples have it.
pub trait FromRow: Sized {
    /// Reads the row.
    fn from_row(row: &Row<'_>) -> Result<Self, DbError>;
}

macro_rules! tuples {
    ($(($($type:ident $column:tt),+);)*) => {$(
        impl<$($type: FromColumn),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                Ok(($(row.get::<$type>($column)?,)+))
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}
