//! SQLite behind threads: some that read, one that writes. Callers never block and never
//! touch a connection; readers see every commit that was answered before they began.

mod checkpoint;
mod deadline;
mod each;
mod error;
mod functions;
mod job;
mod open;
mod queue;
mod rank;
mod reader;
mod references;
mod replaced;
mod session;
mod statement;
mod steps;
pub(crate) mod value;
mod vitals;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{Mutex, mpsc, oneshot};

pub(crate) use open::Location;
pub(crate) use session::{Limits, Session};
pub(crate) use steps::{Step, Wants};

use self::checkpoint::Checkpoints;
use self::deadline::Deadline;
use self::job::{FunctionJob, PrepareJob, Read, ReadJob, WriteJob};
use self::queue::{Queue, Refused};
use self::session::Begin;
use self::statement::Statements;
use self::steps::StepsJob;
use self::vitals::Vitals;
use self::writer::Task;
use super::collect::{Collect, One};
use super::sql::Text;
use super::{DbConfig, DbError, Value};

/// How many calls may wait for the readers, and as many for the writer.
const WAITING: usize = 16_384;
/// How long a trial of the writer is waited for. It comes late where somebody holds a transaction,
/// which says nothing against the file.
const TRIAL: Duration = Duration::from_millis(500);
/// Asks the file itself, and not only the thread.
const PING: Text = Text::constant("select count(*) from (select 1 from sqlite_schema limit 1)");

/// The database file and its threads.
pub(crate) struct Sqlite {
    readers: Arc<Queue<Box<dyn Read>>>,
    writer: Arc<Queue<Task>>,
    patience: Duration,
    limits: Limits,
    location: Location,
    /// Whether the file takes what is written; memory always does.
    vitals: Option<Arc<Vitals>>,
    /// Ends when the writer has ended, which waits for the readers.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Sqlite {
    /// Opens or creates the file and starts the threads.
    pub(crate) fn open(config: &DbConfig, location: Location) -> Result<Self, DbError> {
        location.create_directory()?;
        let (alive, ended) = mpsc::channel(1);
        let (reading, readers_ended) = mpsc::channel(1);
        let limits = Limits {
            idle: config.transaction_idle_timeout.0,
            total: config.transaction_timeout.0,
        };
        let vitals = match &location {
            Location::File(path) => Some(Arc::new(Vitals::new(config.busy_timeout.0, path))),
            Location::Memory(_) => None,
        };
        let sqlite = Self {
            vitals,
            readers: Arc::new(Queue::new(WAITING)),
            writer: Arc::new(Queue::new(WAITING)),
            patience: config.statement_timeout.0,
            limits,
            location,
            ended: Mutex::new(ended),
        };
        // The writer comes first, because it creates the file and turns WAL on.
        sqlite.start_writer(config, alive, readers_ended)?;
        if let Some(vitals) = &sqlite.vitals {
            vitals.opened();
        }
        for number in 1..=config.readers.max(1) {
            sqlite.start_reader(config, number, reading.clone())?;
        }
        Ok(sqlite)
    }

    /// Where the file is.
    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// Runs a statement on a reader thread, which puts the rows into the caller's place for them.
    #[inline]
    pub(crate) async fn read<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
        into: C,
    ) -> Result<C::Output, DbError> {
        let (reply, answer) = oneshot::channel();
        self.submit_read(Box::new(ReadJob {
            text,
            values,
            into,
            reply,
            since: Instant::now(),
            limit: self.patience,
        }))?;
        answer.await.unwrap_or_else(|_| stopped())
    }

    /// Runs a statement on the writer thread; the answer comes after its commit.
    #[inline]
    pub(crate) async fn write<C: Collect>(
        &self,
        text: Text,
        values: Vec<Value>,
    ) -> Result<C::Output, DbError> {
        let (reply, answer) = oneshot::channel();
        self.submit_write(Task::Write(Box::new(WriteJob::<C> {
            text,
            values,
            reply,
            since: Instant::now(),
            kept: None,
        })))?;
        answer.await.unwrap_or_else(|_| stopped())
    }

    /// Runs several statements on the writer thread, with nothing between them.
    pub(crate) async fn steps(&self, steps: Vec<Step>) -> Result<bool, DbError> {
        let (reply, answer) = oneshot::channel();
        self.submit_write(Task::Write(Box::new(StepsJob {
            steps,
            reply,
            since: Instant::now(),
            kept: None,
        })))?;
        answer.await.unwrap_or_else(|_| stopped())
    }

    /// Runs a function over a connection that cannot write.
    pub(crate) async fn function<T, F>(&self, function: F) -> Result<T, DbError>
    where
        F: FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.submit_read(Box::new(FunctionJob { function, reply }))?;
        answer.await.unwrap_or_else(|_| stopped())
    }

    pub(crate) async fn prepare(&self, text: Text) -> Result<(), DbError> {
        let (reply, answer) = oneshot::channel();
        self.submit_read(Box::new(PrepareJob { text, reply }))?;
        answer.await.unwrap_or_else(|_| stopped())
    }

    /// Whether the file can be read, and takes what is written.
    pub(crate) async fn ping(&self) -> Result<(), DbError> {
        self.read(PING, Vec::new(), One::<(i64,)>::default())
            .await?;
        let Some(vitals) = &self.vitals else {
            return Ok(());
        };
        if vitals.wants_trial() {
            let (over, is_over) = oneshot::channel();
            if self.submit_write(Task::Try(over)).is_ok() {
                // What is known by then counts, whether the writer has come to it or not.
                let _ = tokio::time::timeout(TRIAL, is_over).await;
            } else {
                vitals.end_trial();
            }
        }
        vitals.verdict()
    }

    /// Waits for the writer and begins a transaction that the caller holds.
    pub(crate) async fn begin(&self) -> Result<Session, DbError> {
        let (reply, answer) = oneshot::channel();
        let begin = Begin {
            reply,
            since: Instant::now(),
            patience: self.patience,
            limits: self.limits,
        };
        self.submit_write(Task::Begin(begin))?;
        // A held transaction may last longer than anybody wants to wait for the next one.
        match tokio::time::timeout(self.patience, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| stopped()),
            Err(_) => Err(DbError::Timeout),
        }
    }

    /// Refuses new work and waits until everything accepted is answered and the file is closed.
    pub(crate) async fn close(&self) {
        self.stop();
        let _ = self.ended.lock().await.recv().await;
    }

    fn stop(&self) {
        self.readers.close();
        self.writer.close();
    }

    #[inline]
    fn submit_read(&self, job: Box<dyn Read>) -> Result<(), DbError> {
        self.readers.push(job).map_err(refused)
    }

    #[inline]
    fn submit_write(&self, task: Task) -> Result<(), DbError> {
        self.writer.push(task).map_err(refused)
    }

    fn start_writer(
        &self,
        config: &DbConfig,
        alive: mpsc::Sender<()>,
        mut readers_ended: mpsc::Receiver<()>,
    ) -> Result<(), DbError> {
        let connection = self.location.open_writer(config)?;
        let deadline = Deadline::install(&connection, self.patience)?;
        let queue = Arc::clone(&self.writer);
        let (capacity, patience) = (config.statement_cache, self.patience);
        let vitals = self.vitals.clone();
        let mut checkpoints = match self.location.open_for_checkpoints(config, &connection)? {
            Some(connection) => Some(Checkpoints::start(connection)?),
            None => None,
        };
        let run = move || {
            writer::run(
                &queue,
                &mut Statements::new(&connection, capacity, deadline).watched(vitals),
                patience,
                |connection| {
                    if let Some(checkpoints) = &mut checkpoints {
                        checkpoints.tend(connection);
                    }
                },
            );
            if let Some(checkpoints) = checkpoints {
                checkpoints.end();
            }
            // Keeps the planner's statistics fresh; it does nothing when they are.
            let _ = connection.execute_batch("pragma optimize");
            // Only the last connection to close can put the log back into the file, and two that
            // close at once both fail.
            readers_ended.blocking_recv();
            drop(connection);
            drop(alive);
        };
        start("svcgen-writer".to_owned(), run).map(drop)
    }

    fn start_reader(
        &self,
        config: &DbConfig,
        number: usize,
        alive: mpsc::Sender<()>,
    ) -> Result<(), DbError> {
        let connection = self.location.open_reader(config)?;
        let deadline = Deadline::install(&connection, self.patience)?;
        let queue = Arc::clone(&self.readers);
        let capacity = config.statement_cache;
        start(format!("svcgen-reader-{number}"), move || {
            let mut statements = Statements::new(&connection, capacity, deadline);
            reader::run(&queue, &mut statements);
            drop(statements);
            drop(connection);
            drop(alive);
        })
        .map(drop)
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    std::thread::Builder::new()
        .name(name)
        .spawn(run)
        .map_err(DbError::other)
}

fn refused(refused: Refused) -> DbError {
    DbError::Unavailable(match refused {
        Refused::Full => "too many calls wait for the database".to_owned(),
        Refused::Closed => "the database is closed".to_owned(),
    })
}

fn stopped<T>() -> Result<T, DbError> {
    Err(DbError::Unavailable(
        "the database thread has stopped".to_owned(),
    ))
}
