//! Whether the server takes what is written, for whoever asks whether the service is ready.
//!
//! A server whose disk is full, that has no memory or connection left, or was made read-only answers
//! whoever reads as before. What proves it is a write, and each notes when it fails for such a
//! reason; while writes go well, that is one look at a flag. From then on the service is not ready
//! until something is written again: by a request, or by a trial, since requests go elsewhere
//! while it is not ready. A trial makes a table that is gone at the end of its transaction, which
//! needs room for its pages as every other does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::db::DbError;

/// How long after a trial there is another.
const PAUSE: Duration = Duration::from_secs(1);

/// What a trial runs, in a transaction that is rolled back: what it made would be in the way of
/// the next one, and would have to be vacuumed away.
pub(super) const TRIAL: &str = "set local temp_tablespaces = ''; create temporary table svcgen_trial on commit drop as \
     select repeat('x', 1000) as room from generate_series(1, 100)";

/// What is known of writing.
#[derive(Default)]
pub(super) struct Vitals {
    /// Whether anything is known that is not good.
    is_bad: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Why nothing could be written, if nothing has been written since.
    failed: Option<DbError>,
    /// When it was tried last.
    tried: Option<Instant>,
}

impl Vitals {
    /// Something was written, and is there for good.
    #[inline]
    pub(super) fn written(&self) {
        if self.is_bad.load(Ordering::Relaxed) {
            self.recover();
        }
    }

    /// A statement or a commit has failed, perhaps for a reason that concerns them all.
    pub(super) fn failed(&self, error: &DbError) {
        if !matches!(
            error,
            DbError::DiskFull | DbError::ReadOnly | DbError::Unavailable(_)
        ) {
            return;
        }
        let mut known = self.lock();
        if known.failed.is_none() {
            tracing::error!(%error, "PostgreSQL takes no writes; the service is not ready until it does");
        }
        known.failed = Some(error.clone());
        self.is_bad.store(true, Ordering::Relaxed);
    }

    /// Whether the caller has to try to write, which nobody else does at the moment.
    pub(super) fn wants_trial(&self) -> bool {
        if !self.is_bad.load(Ordering::Relaxed) {
            return false;
        }
        let mut known = self.lock();
        let is_due = known.tried.is_none_or(|it| it.elapsed() >= PAUSE);
        if is_due {
            known.tried = Some(Instant::now());
        }
        is_due
    }

    /// How a trial has ended. One that fails for another reason says nothing of writes.
    pub(super) fn tried(&self, outcome: &Result<(), DbError>) {
        match outcome {
            Err(
                error @ (DbError::DiskFull
                | DbError::ReadOnly
                | DbError::Unavailable(_)
                | DbError::Timeout),
            ) => self.failed(error),
            Ok(()) | Err(_) => self.recover(),
        }
    }

    /// What is known by now.
    pub(super) fn verdict(&self) -> Result<(), DbError> {
        if !self.is_bad.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.lock().failed.clone().map_or(Ok(()), Err)
    }

    #[cold]
    fn recover(&self) {
        let mut known = self.lock();
        if known.failed.take().is_some() {
            tracing::info!("PostgreSQL takes writes again");
        }
        known.tried = None;
        self.is_bad.store(false, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing that can panic runs under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
