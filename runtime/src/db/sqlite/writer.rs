//! The one thread that writes. It gathers the jobs that wait into one transaction and
//! answers them after its commit, so that one `fsync` serves many callers.
//!
//! Each job stands or falls alone, without the cost of a savepoint: a job is one statement,
//! and SQLite undoes a statement that fails. In the rare cases where that is not enough (its
//! rows cannot be read, SQLite gave up the whole transaction, the commit fails) the
//! transaction is rolled back and run again without the culprit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::job::{Outcome, Write};
use super::queue::Queue;
use super::session::{self, Begin};
use super::statement::Statements;
use crate::db::DbError;
use crate::db::sql::Text;

/// How many jobs share a transaction at most.
const GROUP: usize = 256;
/// How long a group may take in more jobs before it commits.
const GATHER: Duration = Duration::from_millis(5);

const ROLLBACK: Text = Text::constant("rollback");

/// What the writer is asked to do.
pub(super) enum Task {
    /// One statement, which may share a transaction with others.
    Write(Box<dyn Write>),
    /// A transaction that somebody holds for a while.
    Begin(Begin),
    /// A trial, for somebody who waits until it is over.
    Try(oneshot::Sender<()>),
}

/// Serves the queue until it is closed; `after` each transaction, when its callers are answered.
pub(super) fn run(
    queue: &Arc<Queue<Task>>,
    statements: &mut Statements<'_>,
    patience: Duration,
    mut after: impl FnMut(&Connection),
) {
    let mut writer = Writer {
        queue,
        statements,
        patience,
    };
    while let Some(task) = queue.pop() {
        match task {
            Task::Write(job) => writer.group(job),
            Task::Begin(begin) => session::serve(begin, writer.statements),
            Task::Try(over) => {
                writer.statements.try_to_write();
                // Whoever asked may not have waited for it.
                let _ = over.send(());
                // The log is as long as it was.
                continue;
            }
        }
        after(writer.statements.connection);
    }
}

struct Writer<'w, 'c> {
    queue: &'w Queue<Task>,
    statements: &'w mut Statements<'c>,
    /// How long a job may have waited; nobody needs the answer to an older one.
    patience: Duration,
}

/// How a try to commit some jobs together ended.
enum Attempt {
    Committed,
    /// Everything is rolled back, and this job must not be tried again with the others.
    Without(usize),
    /// Everything is rolled back, for a reason that no job explains.
    Failed(DbError),
}

impl Writer<'_, '_> {
    fn group(&mut self, first: Box<dyn Write>) {
        let mut jobs = Vec::new();
        self.accept(first, &mut jobs);
        self.gather(&mut jobs);
        let mut gathering = true;
        while !jobs.is_empty() {
            match self.attempt(&mut jobs, gathering) {
                Attempt::Committed => {
                    for job in jobs.drain(..) {
                        job.answer();
                    }
                }
                Attempt::Without(culprit) => jobs.remove(culprit).answer(),
                Attempt::Failed(error) if jobs.len() > 1 && is_one_jobs_fault(&error) => {
                    return self.one_by_one(jobs);
                }
                Attempt::Failed(error) => {
                    for job in jobs.drain(..) {
                        job.fail(error.clone());
                    }
                }
            }
            // A second try is only for those that were in the first.
            gathering = false;
        }
    }

    /// For a commit that failed because of one job, by a deferred foreign key or for want of space.
    fn one_by_one(&mut self, jobs: Vec<Box<dyn Write>>) {
        for job in jobs {
            let mut alone = vec![job];
            let error = match self.attempt(&mut alone, false) {
                Attempt::Committed | Attempt::Without(_) => None,
                Attempt::Failed(error) => Some(error),
            };
            for job in alone {
                match &error {
                    None => job.answer(),
                    Some(error) => job.fail(error.clone()),
                }
            }
        }
    }

    fn attempt(&mut self, jobs: &mut Vec<Box<dyn Write>>, gathering: bool) -> Attempt {
        if let Err(error) = self.statements.begin() {
            return Attempt::Failed(error);
        }
        let started = Instant::now();
        let mut at = 0;
        loop {
            while let Some(job) = jobs.get_mut(at) {
                let outcome = job.run(self.statements);
                let rolled_back = self.statements.connection.is_autocommit();
                if rolled_back || outcome == Outcome::MustUndo {
                    self.roll_back();
                    return Attempt::Without(at);
                }
                at += 1;
            }
            if !gathering || at >= GROUP || started.elapsed() > GATHER {
                break;
            }
            self.gather(jobs);
            if jobs.len() == at {
                break;
            }
        }
        match self.statements.commit() {
            Ok(()) => Attempt::Committed,
            Err(error) => {
                self.roll_back();
                Attempt::Failed(error)
            }
        }
    }

    /// Takes in what has arrived, up to the next held transaction.
    fn gather(&mut self, jobs: &mut Vec<Box<dyn Write>>) {
        let mut arrived = Vec::new();
        self.queue
            .drain(&mut arrived, GROUP.saturating_sub(jobs.len()), |it| {
                matches!(it, Task::Write(_))
            });
        for task in arrived {
            if let Task::Write(job) = task {
                self.accept(job, jobs);
            }
        }
    }

    /// Takes a job in, unless nobody needs it any more.
    fn accept(&self, job: Box<dyn Write>, jobs: &mut Vec<Box<dyn Write>>) {
        if job.is_stale(self.patience) {
            job.fail(DbError::Timeout);
        } else {
            jobs.push(job);
        }
    }

    fn roll_back(&mut self) {
        roll_back(self.statements);
    }
}

/// Ends the transaction if there is one.
pub(super) fn roll_back(statements: &mut Statements<'_>) {
    if statements.connection.is_autocommit() {
        return;
    }
    if let Err(error) = statements.control(&ROLLBACK) {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn is_one_jobs_fault(error: &DbError) -> bool {
    matches!(error, DbError::ForeignKey { .. } | DbError::DiskFull)
}
