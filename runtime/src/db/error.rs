//! What can go wrong between a service and its database, in the same words for
//! both engines. It does not know what the service tells its clients about it.

use std::error::Error;
use std::sync::Arc;

/// A failure of the database layer. Constraint violations carry what the engine
/// tells: PostgreSQL names the constraint, SQLite the table and the columns.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// A row with the same unique values exists already.
    #[error("a unique constraint is violated: {}", named(constraint.as_deref(), table, columns))]
    Unique {
        /// The name of the constraint or unique index; SQLite tells it only for an index over expressions.
        constraint: Option<String>,
        /// The table, or the empty string when the engine does not tell.
        table: String,
        /// The columns in the order of the constraint; empty when the engine does not tell.
        columns: Vec<String>,
    },
    /// A row refers to one that does not exist, or is still referred to.
    #[error("a foreign key is violated: {}", named(constraint.as_deref(), table.as_deref().unwrap_or_default(), &[]))]
    ForeignKey {
        /// The name of the constraint. SQLite tells none; where a row refers to nothing, it is what
        /// svcgen calls the reference of that column.
        constraint: Option<String>,
        /// The table that the statement wrote to, where it can be found.
        table: Option<String>,
    },
    /// A check constraint is violated.
    #[error("the check constraint `{constraint}` is violated")]
    Check {
        /// The name of the constraint.
        constraint: String,
    },
    /// A required column was given no value.
    #[error("`{table}.{column}` must not be null")]
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A statement, a transaction or the wait for one took longer than allowed.
    /// The outcome of a writing statement is unknown on PostgreSQL.
    #[error("the database did not answer in time")]
    Timeout,
    /// The database cannot be reached or is locked; trying again later may help.
    /// The outcome of a writing statement that was under way is unknown.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database accepts no writes.
    #[error("the database is read-only")]
    ReadOnly,
    /// There is no room for the write.
    #[error("the disk of the database is full")]
    DiskFull,
    /// Concurrent transactions got in each other's way; running it again may help.
    #[error("the transaction collided with another one")]
    Serialization,
    /// A number that a statement computes, such as a sum, is beyond what its type holds. SQLite has
    /// an infinite one instead.
    #[error("a number is out of range")]
    OutOfRange,
    /// `fetch_one` or `write_one` found no row.
    #[error("no row was found")]
    NoRow,
    /// A column cannot be read as the type that was asked for.
    #[error("column {column} cannot be read: {reason}")]
    Decode {
        /// The position of the column, from 0.
        column: usize,
        /// What was found instead.
        reason: String,
    },
    /// A parameter cannot be stored; nothing was sent to the database.
    #[error("parameter ${parameter} cannot be stored: {reason}")]
    Encode {
        /// The number of the parameter, from 1, as in the SQL text.
        parameter: usize,
        /// Why not.
        reason: String,
    },
    /// Anything else: wrong SQL, wrong settings, a damaged file, a fault of the driver.
    #[error("{0}")]
    Other(#[source] Arc<dyn Error + Send + Sync>),
}

impl DbError {
    /// Wraps any error or message as [`DbError::Other`].
    pub fn other(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(Arc::from(source.into()))
    }

    /// Whether the same call may succeed later without a change to it.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Unavailable(_)
                | Self::DiskFull
                | Self::ReadOnly
                | Self::Serialization
        )
    }
}

fn named(constraint: Option<&str>, table: &str, columns: &[String]) -> String {
    match constraint {
        Some(constraint) => format!("`{constraint}`"),
        None if columns.is_empty() && table.is_empty() => {
            "the engine does not tell which".to_owned()
        }
        None => format!("`{table}` ({})", columns.join(", ")),
    }
}
