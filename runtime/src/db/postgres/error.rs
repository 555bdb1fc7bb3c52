//! PostgreSQL's SQLSTATEs and the driver's errors in the words of [`DbError`].

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError as Reported, SqlState};

use crate::db::DbError;

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        if let Some(reported) = error.as_db_error() {
            return from_report(reported).unwrap_or_else(|| Self::other(Statement::of(reported)));
        }
        if lost_connection(&error) {
            return Self::Unavailable(format!(
                "the connection to PostgreSQL was lost: {}",
                chain(&error)
            ));
        }
        match parameter(&error) {
            Some(parameter) => Self::Encode {
                parameter,
                reason: error.source().map_or_else(String::new, ToString::to_string),
            },
            None => Self::other(error),
        }
    }
}

/// An error of the server with its code, without the values of a row, which the detail may show.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct Statement {
    message: String,
    code: String,
}

impl Statement {
    fn of(reported: &Reported) -> Self {
        Self {
            message: reported.message().to_owned(),
            code: reported.code().code().to_owned(),
        }
    }
}

fn from_report(reported: &Reported) -> Option<DbError> {
    let constraint = reported.constraint().map(str::to_owned);
    let table = reported.table().map(str::to_owned);
    let code = reported.code();
    let error = match *code {
        SqlState::UNIQUE_VIOLATION | SqlState::EXCLUSION_VIOLATION => DbError::Unique {
            constraint,
            table: table.unwrap_or_default(),
            columns: columns(reported.detail()),
        },
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => {
            DbError::ForeignKey { constraint, table }
        }
        // A value that is too long for an index breaks a limit as well; the server names the index.
        SqlState::CHECK_VIOLATION | SqlState::PROGRAM_LIMIT_EXCEEDED => DbError::Check {
            constraint: constraint.unwrap_or_default(),
        },
        SqlState::NOT_NULL_VIOLATION => DbError::NotNull {
            table: table.unwrap_or_default(),
            column: reported.column().unwrap_or_default().to_owned(),
        },
        SqlState::QUERY_CANCELED
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => DbError::Timeout,
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            DbError::Serialization
        }
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE => DbError::OutOfRange,
        SqlState::READ_ONLY_SQL_TRANSACTION => DbError::ReadOnly,
        SqlState::DISK_FULL => DbError::DiskFull,
        _ if is_outage(code) => DbError::Unavailable(reported.message().to_owned()),
        _ => return None,
    };
    Some(error)
}

/// Whether the server is not able to serve: it shuts down or starts, has no free connection or resources.
fn is_outage(code: &SqlState) -> bool {
    let stops = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
    ];
    // Class 53 is want of resources: memory, connections, whatever a configuration limits.
    stops.contains(code) || code.code().starts_with("08") || code.code().starts_with("53")
}

/// `Key (number, year)=(A-1, 2026) already exists.`
fn columns(detail: Option<&str>) -> Vec<String> {
    let inside = detail
        .and_then(|it| it.strip_prefix("Key ("))
        .and_then(|it| it.split_once(")=("));
    inside.map_or_else(Vec::new, |(names, _)| {
        names
            .split(", ")
            .map(|it| it.trim_matches('"').to_owned())
            .collect()
    })
}

/// Whether the connection died, so that the outcome of the statement is unknown.
pub(super) fn lost_connection(error: &Error) -> bool {
    if let Some(code) = error.code() {
        return [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
        ]
        .contains(code);
    }
    error.is_closed()
        || error
            .source()
            .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// Whether a prepared statement no longer fits the schema and nothing has been run.
pub(super) fn plan_is_stale(error: &Error) -> bool {
    error.as_db_error().is_some_and(|it| match *it.code() {
        SqlState::FEATURE_NOT_SUPPORTED => it
            .message()
            .contains("cached plan must not change result type"),
        SqlState::INVALID_SQL_STATEMENT_NAME => true,
        _ => false,
    })
}

/// The number of the parameter that could not be encoded; the driver tells it only in its message.
fn parameter(error: &Error) -> Option<usize> {
    let number = error
        .to_string()
        .strip_prefix("error serializing parameter ")?
        .parse::<usize>()
        .ok()?;
    Some(number + 1)
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
