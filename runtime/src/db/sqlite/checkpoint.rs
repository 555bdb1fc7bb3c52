//! Putting the log back into the file. A thread of its own does nearly all of it, beside the
//! writer, whose callers would wait for it otherwise. Only what was written meanwhile is left to
//! the writer: the log begins anew when all of it is in the file, and that is never so while
//! somebody writes.
//!
//! Knows the log; what is written is the writer's.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::start;
use crate::db::DbError;

/// How many pages the log has when they begin to go into the file. SQLite's own 1,000 would be the
/// pages of a few groups of writes, many of which are in the next groups again.
const BEGIN: i64 = 4_000;
/// The longest log, in pages: here the writer waits until it is in the file.
const MOST: i64 = 16_000;
/// How many pages are written before the writer tries once more, where somebody still read the log.
const STRIDE: i64 = 250;

/// The writer's hold on the thread.
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// The length of the log at which the writer last put the rest of it back.
    tried: i64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Wanted,
    Running,
    Ended,
}

/// How long the log is.
#[derive(Debug, Clone, Copy)]
struct Log {
    pages: i64,
    /// Those of them that are in the file.
    done: i64,
}

impl Log {
    const fn left(self) -> i64 {
        self.pages - self.done
    }

    /// Whether so little is left that the writer loses no time with it.
    const fn is_nearly_done(self) -> bool {
        self.left() <= self.pages / 8
    }
}

impl Checkpoints {
    /// Starts the thread, which puts the log back over this connection.
    pub(super) fn start(connection: Connection) -> Result<Self, DbError> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = start("svcgen-checkpoint".to_owned(), move || {
            while of_thread.next() {
                put_back_most(&connection);
                of_thread.pause();
            }
        })?;
        Ok(Self {
            shared,
            thread: Some(thread),
            tried: 0,
        })
    }

    /// Looks after the log, once a transaction has ended and its callers are answered.
    pub(super) fn tend(&mut self, writer: &Connection) {
        let Some(log) = measure(writer, "pragma wal_checkpoint(noop)") else {
            return;
        };
        if log.pages < BEGIN {
            self.tried = 0;
            return;
        }
        if log.pages >= MOST {
            self.shared.wait();
        } else if !log.is_nearly_done() {
            self.shared.want();
            return;
        }
        if log.pages - self.tried >= STRIDE && self.shared.is_idle() {
            self.tried = log.pages;
            measure(writer, PUT_BACK);
        }
    }

    /// Ends the thread and closes its connection.
    pub(super) fn end(mut self) {
        self.shared.set(State::Ended);
        if let Some(thread) = self.thread.take() {
            // It has told of whatever went wrong in it.
            let _ = thread.join();
        }
    }
}

/// Waits for nobody, neither for who reads nor for who writes.
const PUT_BACK: &str = "pragma wal_checkpoint(passive)";

fn put_back_most(connection: &Connection) {
    let mut before = i64::MAX;
    while let Some(log) = measure(connection, PUT_BACK) {
        // Somebody who reads an older state can keep it from going on.
        if log.is_nearly_done() || log.left() >= before {
            return;
        }
        before = log.left();
    }
}

/// Runs a checkpoint and tells what it found.
fn measure(connection: &Connection, checkpoint: &str) -> Option<Log> {
    let mut statement = connection.prepare_cached(checkpoint).ok()?;
    let log = statement.query_row([], |row| {
        Ok(Log {
            pages: row.get(1)?,
            done: row.get(2)?,
        })
    });
    match log {
        Ok(log) => Some(log),
        Err(error) => {
            tracing::warn!(%error, "the log of the database cannot be put back into the file");
            None
        }
    }
}

impl Shared {
    /// Waits until there is something to do; false when there will be nothing more.
    fn next(&self) -> bool {
        let mut state = self.lock();
        loop {
            match *state {
                State::Idle | State::Running => state = self.sleep(state),
                State::Wanted => {
                    *state = State::Running;
                    return true;
                }
                State::Ended => return false,
            }
        }
    }

    fn pause(&self) {
        let mut state = self.lock();
        if *state == State::Running {
            *state = State::Idle;
        }
        drop(state);
        self.changed.notify_all();
    }

    fn want(&self) {
        if self.is_idle() {
            self.set(State::Wanted);
        }
    }

    fn is_idle(&self) -> bool {
        *self.lock() == State::Idle
    }

    /// Waits until nothing is being done.
    fn wait(&self) {
        let mut state = self.lock();
        while matches!(*state, State::Wanted | State::Running) {
            state = self.sleep(state);
        }
    }

    fn set(&self, to: State) {
        *self.lock() = to;
        self.changed.notify_all();
    }

    fn sleep<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;
    use crate::db::DbConfig;

    /// How long the log became, and how often it began anew, while twice `MOST` pages were written.
    fn write(is_tended: bool) -> (i64, usize) {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::File(directory.path().join("a.db"));
        let config = DbConfig::default();
        let writer = location.open_writer(&config).unwrap();
        let checkpoints = location.open_for_checkpoints(&config, &writer).unwrap();
        let mut checkpoints = Checkpoints::start(checkpoints.unwrap()).unwrap();
        writer
            .execute_batch(
                "pragma synchronous = off; create table t (a integer primary key, b blob) strict",
            )
            .unwrap();
        let (mut longest, mut anew, mut before) = (0, 0, 0);
        for _ in 0..MOST / 100 {
            let rows =
                "insert into t (b) with recursive n(i) as (select 1 union all select i + 1 from n
                            where i < 200) select zeroblob(3500) from n";
            writer.execute(rows, []).unwrap();
            let log = measure(&writer, "pragma wal_checkpoint(noop)").unwrap();
            longest = longest.max(log.pages);
            anew += usize::from(log.pages < before);
            before = log.pages;
            if is_tended {
                checkpoints.tend(&writer);
            }
        }
        checkpoints.end();
        drop(writer);
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "whoever closes last takes the log away");
        (longest, anew)
    }

    #[test]
    fn the_log_begins_anew_while_somebody_writes() {
        let (longest, anew) = write(true);
        assert!(longest < MOST + 500, "{longest}");
        assert!(anew > 0);
        // The control: nobody but the thread and the writer looks after it.
        assert_eq!(write(false).1, 0);
    }

    #[test]
    fn who_reads_an_older_state_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::File(directory.path().join("a.db"));
        let config = DbConfig::default();
        let writer = location.open_writer(&config).unwrap();
        let connection = location.open_for_checkpoints(&config, &writer).unwrap();
        writer
            .execute_batch("create table t (a integer primary key, b blob) strict; insert into t values (1, zeroblob(9))")
            .unwrap();
        let reader = location.open_reader(&config).unwrap();
        let rows = |connection: &Connection| {
            let count = "select count(*) from t";
            connection.query_row(count, [], |row| row.get::<_, i64>(0))
        };
        reader.execute_batch("begin").unwrap();
        assert_eq!(rows(&reader), Ok(1));
        writer
            .execute("insert into t (b) values (zeroblob(9))", [])
            .unwrap();
        // Gives up where it gets no further, instead of trying for ever.
        put_back_most(&connection.unwrap());
        assert_eq!((rows(&reader), rows(&writer)), (Ok(1), Ok(2)));
        reader.execute_batch("commit").unwrap();
        assert_eq!(rows(&reader), Ok(2));
    }
}
