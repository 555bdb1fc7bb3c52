//! A transaction that a caller holds while it decides what to do next. The writer thread
//! serves it alone until it ends, or until it has idled or lasted too long.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::each::EachJob;
use super::job::{FunctionJob, Read, Reply, Write, WriteJob};
use super::statement::Statements;
use super::writer::roll_back;
use crate::db::collect::Collect;
use crate::db::sql::Text;
use crate::db::{DbError, FailedAt, Value};

/// The wish for a transaction.
pub(super) struct Begin {
    pub(super) reply: Reply<Session>,
    pub(super) since: Instant,
    pub(super) patience: Duration,
    pub(super) limits: Limits,
}

/// How long a transaction may keep others from writing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Between two statements.
    pub(crate) idle: Duration,
    /// From begin to commit.
    pub(crate) total: Duration,
}

/// The caller's end of a transaction. Dropping it rolls back.
pub(crate) struct Session {
    commands: mpsc::Sender<Command>,
}

enum Command {
    Statement(Box<dyn Write>),
    Function(Box<dyn Read>),
    Patience,
    Commit(Reply<()>),
    Rollback(Reply<()>),
}

impl Session {
    /// Runs a statement in the transaction.
    pub(crate) async fn run<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        self.ask(|reply| {
            Command::Statement(Box::new(WriteJob::<C> {
                text,
                values,
                reply,
                since: Instant::now(),
                kept: None,
            }))
        })
        .await
    }

    /// Runs a statement in the transaction for each set of values.
    pub(crate) async fn run_each<C: Collect>(
        &self,
        text: Text,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<C::Output>, FailedAt> {
        self.ask(|reply| {
            Command::Statement(Box::new(EachJob::<C> {
                text,
                rows,
                reply,
                kept: None,
            }))
        })
        .await
        .unwrap_or_else(|error| Err(FailedAt { index: 0, error }))
    }

    /// Runs a function over the connection in the transaction.
    pub(crate) async fn function<T, F>(&self, function: F) -> Result<T, DbError>
    where
        F: FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.ask(|reply| Command::Function(Box::new(FunctionJob { function, reply })))
            .await
    }

    /// Lets each statement take as long as the transaction may.
    pub(crate) fn be_patient(&self) {
        // Where the writer has hung up, the next statement is told.
        let _ = self.commands.send(Command::Patience);
    }

    pub(crate) async fn commit(self) -> Result<(), DbError> {
        self.ask(Command::Commit).await
    }

    pub(crate) async fn rollback(self) -> Result<(), DbError> {
        self.ask(Command::Rollback).await
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, DbError> {
        let (reply, answer) = oneshot::channel();
        // The writer hangs up only when a limit has passed.
        self.commands
            .send(command(reply))
            .map_err(|_| DbError::Timeout)?;
        answer.await.unwrap_or(Err(DbError::Timeout))
    }
}

/// Serves one transaction to its end.
pub(super) fn serve(begin: Begin, statements: &mut Statements<'_>) {
    if begin.reply.is_closed() {
        return;
    }
    if begin.since.elapsed() > begin.patience {
        let _ = begin.reply.send(Err(DbError::Timeout));
        return;
    }
    if let Err(error) = statements.begin() {
        let _ = begin.reply.send(Err(error));
        return;
    }
    let (commands, inbox) = mpsc::channel();
    if begin.reply.send(Ok(Session { commands })).is_ok() {
        let impatient = serve_commands(&inbox, statements, begin.limits);
        if let Some(limit) = impatient {
            statements.deadline.limit(limit);
        }
    }
    roll_back(statements);
}

/// Serves the commands of one transaction; gives the limit of a statement, where it was lifted.
fn serve_commands(
    inbox: &mpsc::Receiver<Command>,
    statements: &mut Statements<'_>,
    limits: Limits,
) -> Option<Duration> {
    let started = Instant::now();
    // The limit of a statement, where it was lifted.
    let mut lifted = None;
    loop {
        let left = limits.total.saturating_sub(started.elapsed());
        let command = match inbox.recv_timeout(limits.idle.min(left)) {
            Ok(command) => command,
            Err(RecvTimeoutError::Disconnected) => return lifted,
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("a transaction idled or lasted too long and was rolled back");
                return lifted;
            }
        };
        match command {
            Command::Statement(mut job) => {
                // Its outcome needs no care here: after a failure the holder can only roll back.
                let _ = job.run(statements);
                job.answer();
            }
            Command::Function(job) => job.run(statements),
            Command::Patience => {
                let limit = statements.deadline.limit(left);
                lifted = lifted.or(Some(limit));
            }
            Command::Commit(reply) => {
                let outcome = commit(statements);
                roll_back(statements);
                let _ = reply.send(outcome);
                return lifted;
            }
            Command::Rollback(reply) => {
                roll_back(statements);
                let _ = reply.send(Ok(()));
                return lifted;
            }
        }
        if statements.connection.is_autocommit() {
            // SQLite gave the transaction up, which the holder was told; nothing more may run outside of it.
            return lifted;
        }
    }
}

fn commit(statements: &mut Statements<'_>) -> Result<(), DbError> {
    if statements.connection.is_autocommit() {
        return Err(DbError::other(
            "the transaction had already been rolled back by SQLite",
        ));
    }
    statements.commit()
}
