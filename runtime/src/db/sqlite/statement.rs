//! Prepared statements of one connection, and running them. A statement is prepared
//! once and kept; its parameters are bound by name, so `$2` is the second value
//! wherever it stands in the text.

use std::sync::Arc;

use rusqlite::{Connection, PrepFlags, Statement};

use super::deadline::Deadline;
use super::references;
use super::value::{self, BindError};
use super::vitals::Vitals;
use crate::db::collect::Collect;
use crate::db::sql::{ByText, Text};
use crate::db::{DbError, Row, Value, bounds};

const BEGIN: Text = Text::constant("begin immediate");
const COMMIT: Text = Text::constant("commit");

/// The statements that one connection has prepared.
pub(super) struct Statements<'c> {
    pub(super) connection: &'c Connection,
    prepared: ByText<Prepared<'c>>,
    capacity: usize,
    pub(super) deadline: Deadline,
    /// Told how writing goes, where the connection writes to a file.
    vitals: Option<Arc<Vitals>>,
    /// How many rows had been changed when the transaction began.
    changes: u64,
}

struct Prepared<'c> {
    statement: Statement<'c>,
    /// For each parameter of SQLite, in its own order, the position in the caller's values.
    positions: Vec<usize>,
    /// How many values the caller must give.
    expected: usize,
    text: Text,
}

/// What a statement that failed has left behind.
pub(super) enum Failure {
    /// Nothing: SQLite has undone it.
    Undone(DbError),
    /// Its changes: the statement succeeded, but its rows could not be read.
    Kept(DbError),
}

impl Failure {
    pub(super) fn into_error(self) -> DbError {
        match self {
            Self::Undone(error) | Self::Kept(error) => error,
        }
    }
}

impl<'c> Statements<'c> {
    pub(super) fn new(connection: &'c Connection, capacity: usize, deadline: Deadline) -> Self {
        Self {
            connection,
            prepared: ByText::default(),
            capacity: capacity.max(8),
            deadline,
            vitals: None,
            changes: 0,
        }
    }

    /// The same, telling how writing goes.
    pub(super) fn watched(mut self, vitals: Option<Arc<Vitals>>) -> Self {
        self.vitals = vitals;
        self
    }

    /// Begins a transaction that writes.
    pub(super) fn begin(&mut self) -> Result<(), DbError> {
        if let Some(vitals) = &self.vitals {
            vitals.asks();
        }
        let begun = self.control(&BEGIN);
        self.changes = self.connection.total_changes();
        if let Some(vitals) = &self.vitals {
            vitals.begun(&begun);
        }
        begun
    }

    /// Ends it, and all that it wrote is there for good.
    pub(super) fn commit(&mut self) -> Result<(), DbError> {
        let committed = self.control(&COMMIT);
        if let Some(vitals) = &self.vitals {
            match &committed {
                // A transaction that changed nothing has not been to the disk.
                Ok(()) if self.connection.total_changes() == self.changes => {}
                Ok(()) => vitals.written(),
                Err(error) => vitals.failed(error),
            }
        }
        committed
    }

    /// Runs a statement that only reads, and stops when the answer is known.
    pub(super) fn read<C: Collect>(
        &mut self,
        text: &Text,
        values: &[Value],
        mut collected: C,
    ) -> Result<C::Output, DbError> {
        let deadline = self.deadline.clone();
        let prepared = self.prepared(text)?;
        if !prepared.statement.readonly() {
            return Err(not_a_read(text));
        }
        prepared.bind(values)?;
        let mut rows = prepared.statement.raw_query();
        deadline.arm();
        let outcome = loop {
            if !collected.is_open() {
                break Ok(());
            }
            match rows.next() {
                Ok(Some(row)) => {
                    if let Err(error) = collected.take(&Row::sqlite(row)) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(DbError::from(error)),
            }
        };
        deadline.disarm();
        outcome?;
        collected.finish(0)
    }

    /// Runs any statement to its end.
    pub(super) fn write<C: Collect>(
        &mut self,
        text: &Text,
        values: &[Value],
    ) -> Result<C::Output, Failure> {
        let connection = self.connection;
        let deadline = self.deadline.clone();
        let prepared = self.prepared(text).map_err(Failure::Undone)?;
        prepared.bind(values).map_err(Failure::Undone)?;
        let mut collected = C::default();
        let mut unreadable = None;
        let before = connection.total_changes();
        let mut rows = prepared.statement.raw_query();
        deadline.arm();
        let outcome = loop {
            match rows.next() {
                Ok(Some(row)) if unreadable.is_none() => {
                    unreadable = collected.take(&Row::sqlite(row)).err();
                }
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(DbError::from(error)),
            }
        };
        drop(rows);
        let outcome = outcome.map_err(|error| match error {
            DbError::ForeignKey { .. } => {
                references::named(connection, &mut prepared.statement, error)
            }
            other => other,
        });
        deadline.disarm();
        if let (Err(error), Some(vitals)) = (&outcome, &self.vitals) {
            vitals.failed(error);
        }
        outcome.map_err(Failure::Undone)?;
        if let Some(error) = unreadable {
            return Err(Failure::Kept(error));
        }
        // `changes()` keeps the count of an earlier statement when this one wrote nothing.
        let affected = if connection.total_changes() == before {
            0
        } else {
            connection.changes()
        };
        let failed = if affected == 0 {
            Failure::Undone
        } else {
            Failure::Kept
        };
        collected.finish(affected).map_err(failed)
    }

    /// Tries whether the file takes what is written.
    pub(super) fn try_to_write(&self) {
        if let Some(vitals) = &self.vitals {
            vitals.try_to_write(self.connection);
        }
    }

    /// Runs a statement of this layer's own, without values and without a deadline.
    pub(super) fn control(&mut self, text: &Text) -> Result<(), DbError> {
        let prepared = self.prepared(text)?;
        let mut rows = prepared.statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Prepares a statement, to find out whether that is possible.
    pub(super) fn prepare(&mut self, text: &Text) -> Result<(), DbError> {
        self.prepared(text).map(|_| ())
    }

    fn prepared(&mut self, text: &Text) -> Result<&mut Prepared<'c>, DbError> {
        let key = text.key();
        let known = self
            .prepared
            .get(&key)
            .is_some_and(|it| it.text.as_str() == text.as_str());
        if !known {
            if self.prepared.len() >= self.capacity {
                // Services have fewer statements than this; only lists with many shapes come here.
                self.prepared.clear();
            }
            let mut prepared = Prepared::new(self.connection, text);
            if prepared.is_err() {
                // Another connection may have changed the tables. SQLite notices, but not where a
                // trigger leads to a virtual table; once the tables are read anew, it does.
                read_tables(self.connection)?;
                prepared = Prepared::new(self.connection, text);
            }
            let prepared = prepared?;
            self.prepared.insert(key, prepared);
        }
        self.prepared
            .get_mut(&key)
            .ok_or_else(|| DbError::other("the statement is not prepared"))
    }
}

/// Makes a connection know the tables as they are now.
fn read_tables(connection: &Connection) -> Result<(), DbError> {
    let mut statement = connection.prepare("select count(*) from sqlite_schema")?;
    statement.query_row([], |_| Ok(()))?;
    Ok(())
}

impl<'c> Prepared<'c> {
    fn new(connection: &'c Connection, text: &Text) -> Result<Self, DbError> {
        let statement =
            connection.prepare_with_flags(text.as_str(), PrepFlags::SQLITE_PREPARE_PERSISTENT)?;
        let mut positions = Vec::with_capacity(statement.parameter_count());
        for index in 1..=statement.parameter_count() {
            let name = statement.parameter_name(index).unwrap_or("?");
            let number = name
                .strip_prefix('$')
                .and_then(|it| it.parse::<usize>().ok())
                .filter(|it| *it > 0);
            let Some(number) = number else {
                return Err(DbError::other(format!(
                    "the placeholder `{name}` is not of the form `$1`"
                )));
            };
            positions.push(number - 1);
        }
        let expected = positions.iter().max().map_or(0, |it| it + 1);
        Ok(Self {
            statement,
            positions,
            expected,
            text: text.clone(),
        })
    }

    #[inline]
    fn bind(&mut self, values: &[Value]) -> Result<(), DbError> {
        if values.len() != self.expected {
            return Err(DbError::other(format!(
                "the statement takes {} parameters, {} were given",
                self.expected,
                values.len()
            )));
        }
        for (index, position) in self.positions.iter().enumerate() {
            value::bind(&mut self.statement, index + 1, &values[*position]).map_err(|error| {
                match error {
                    BindError::Value(reason) => DbError::Encode {
                        parameter: position + 1,
                        reason,
                    },
                    BindError::Driver(error) => error.into(),
                }
            })?;
        }
        Ok(())
    }
}

fn not_a_read(text: &Text) -> DbError {
    DbError::other(format!(
        "`fetch` was given a statement that writes: {}",
        bounds::excerpt(text.as_str())
    ))
}
