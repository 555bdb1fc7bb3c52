//! SQLite's error codes and messages in the words of [`DbError`].

use rusqlite::{Error, ErrorCode, ffi};

use crate::db::DbError;

/// Why a database is not available that somebody else writes to.
pub(super) const LOCKED: &str = "the database file is locked";

const FOREIGN_KEY: &str = "FOREIGN KEY constraint failed";

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let (code, message) = match &error {
            Error::SqliteFailure(code, message) => (*code, message.as_deref().unwrap_or_default()),
            Error::SqlInputError {
                error: code, msg, ..
            } => (*code, msg.as_str()),
            _ => return Self::other(error),
        };
        match code.code {
            ErrorCode::ConstraintViolation => {
                constraint(code.extended_code, message).unwrap_or_else(|| Self::other(error))
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Self::Unavailable(LOCKED.to_owned())
            }
            ErrorCode::OperationInterrupted => Self::Timeout,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::FileLockingProtocolFailed => {
                Self::Unavailable(format!("the database file cannot be used: {error}"))
            }
            _ => Self::other(error),
        }
    }
}

fn constraint(extended: i32, message: &str) -> Option<DbError> {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => Some(unique(message)),
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let (table, column) = after_colon(message)?.rsplit_once('.')?;
            Some(DbError::NotNull {
                table: table.to_owned(),
                column: column.to_owned(),
            })
        }
        ffi::SQLITE_CONSTRAINT_CHECK => Some(DbError::Check {
            constraint: after_colon(message)?.to_owned(),
        }),
        // `ON DELETE RESTRICT` reports itself as a trigger.
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER
            if message == FOREIGN_KEY =>
        {
            Some(DbError::ForeignKey {
                constraint: None,
                table: None,
            })
        }
        _ => None,
    }
}

/// `UNIQUE constraint failed: orders.number, orders.year`, or `…: index 'orders_lower_key'` for expressions.
fn unique(message: &str) -> DbError {
    let found = after_colon(message).unwrap_or_default();
    if let Some(index) = found
        .strip_prefix("index '")
        .and_then(|it| it.strip_suffix('\''))
    {
        return DbError::Unique {
            constraint: Some(index.to_owned()),
            table: String::new(),
            columns: Vec::new(),
        };
    }
    let mut table = String::new();
    let mut columns = Vec::new();
    for part in found.split(", ") {
        if let Some((owner, column)) = part.rsplit_once('.') {
            owner.clone_into(&mut table);
            columns.push(column.to_owned());
        }
    }
    DbError::Unique {
        constraint: None,
        table,
        columns,
    }
}

fn after_colon(message: &str) -> Option<&str> {
    message.split_once(": ").map(|(_, rest)| rest)
}
