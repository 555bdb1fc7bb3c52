//! The time limit of the statement that a connection is running. SQLite asks every
//! few thousand steps whether to go on, so nobody has to watch from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How many steps of SQLite's machine pass between two questions; some tens of microseconds.
const STEPS: i32 = 4_000;

/// One connection's limit, shared with its progress handler.
#[derive(Clone)]
pub(super) struct Deadline {
    limit: Duration,
    started: Instant,
    /// Milliseconds after `started` when the statement must end; `u64::MAX` when none is running.
    ends: Arc<AtomicU64>,
}

impl Deadline {
    /// Puts a limit on every statement between `arm` and `disarm`.
    pub(super) fn install(connection: &Connection, limit: Duration) -> rusqlite::Result<Self> {
        let deadline = Self {
            limit,
            started: Instant::now(),
            ends: Arc::new(AtomicU64::new(u64::MAX)),
        };
        let watched = deadline.clone();
        connection.progress_handler(STEPS, Some(move || watched.has_passed()))?;
        Ok(deadline)
    }

    /// Sets the limit of the statements to come, and gives the one that there was.
    pub(super) const fn limit(&mut self, limit: Duration) -> Duration {
        std::mem::replace(&mut self.limit, limit)
    }

    #[inline]
    pub(super) fn arm(&self) {
        self.ends.store(
            self.now().saturating_add(millis(self.limit)),
            Ordering::Relaxed,
        );
    }

    #[inline]
    pub(super) fn disarm(&self) {
        self.ends.store(u64::MAX, Ordering::Relaxed);
    }

    fn has_passed(&self) -> bool {
        let ends = self.ends.load(Ordering::Relaxed);
        ends != u64::MAX && self.now() >= ends
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX - 1)
}
