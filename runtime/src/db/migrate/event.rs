//! What a run tells while it lasts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Mode, Way, neighbours};

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another instance migrates, or another program holds the database.
    Waiting,
    /// No migration has been applied yet, and the database has tables that none has made.
    Neighbours {
        /// Their names, sorted.
        tables: Vec<String>,
    },
    /// A migration begins.
    Begun {
        /// The migration.
        id: String,
        /// Whether it is applied or taken back.
        way: Way,
        /// How many steps it has.
        steps: usize,
    },
    /// A step begins.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How it is run.
        mode: Mode,
        /// What it does.
        title: String,
    },
    /// A statement of a step was run. (A watcher that never returns from here stops the run
    /// where a power cut could have stopped it.)
    Statement {
        /// The step's number, from 1.
        step: usize,
        /// The statement's, from 1.
        number: usize,
    },
    /// A batch of a long step was committed.
    Progress {
        /// What the step does.
        title: String,
        /// The rows that it went through so far, in this run.
        rows: i64,
    },
    /// A step could not get a lock, and is tried again.
    Retrying {
        /// What the step does.
        title: String,
        /// What was in the way.
        because: String,
    },
    /// A migration is done, and recorded.
    Done {
        /// The migration.
        id: String,
        /// How long it took.
        took: Duration,
    },
}

/// Is told what goes on.
pub type Watcher = Arc<dyn Fn(&Event) + Send + Sync>;

/// A watcher that writes what matters into the log.
pub fn log() -> Watcher {
    let pace = Pace::of(Duration::from_secs(10));
    Arc::new(move |event| match event {
        Event::Waiting => tracing::info!("waiting for another instance that migrates the database"),
        Event::Neighbours { tables } => tracing::warn!("{}", neighbours::told(tables)),
        Event::Begun { id, way, steps } => {
            tracing::info!(migration = id, way = way.name(), steps, "migrating");
        }
        Event::Step { number, title, .. } => tracing::debug!(number, "{title}"),
        Event::Statement { .. } => {}
        Event::Progress { title, rows } => {
            if pace.is_due(*rows) {
                tracing::info!(rows, "{title}");
            }
        }
        Event::Retrying { title, because } => tracing::warn!(because, "trying again: {title}"),
        Event::Done { id, took } => tracing::info!(migration = id, ?took, "migrated"),
    })
}

/// How often rows are told of: a backfill has more batches than anybody wants to read lines.
pub(crate) struct Pace {
    every: Duration,
    told: Mutex<Told>,
}

struct Told {
    at: Instant,
    /// What has been reached in this step.
    reached: Option<i64>,
}

impl Pace {
    /// Once in so long.
    pub(crate) fn of(every: Duration) -> Self {
        let told = Told {
            at: Instant::now(),
            reached: None,
        };
        Self {
            every,
            told: Mutex::new(told),
        }
    }

    /// Whether so many rows are to be told of now.
    pub(crate) fn is_due(&self, rows: i64) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.at.elapsed() >= self.every;
        if is_due {
            told.at = Instant::now();
        }
        told.reached = Some(rows);
        is_due
    }

    /// The rows that were reached in the step that ends here.
    pub(crate) fn reached(&self) -> Option<i64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.reached.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_of_now_and_then_and_at_the_end() {
        let seldom = Pace::of(Duration::from_secs(3_600));
        assert!(!seldom.is_due(1_000) && !seldom.is_due(2_000));
        assert_eq!((seldom.reached(), seldom.reached()), (Some(2_000), None));
        let always = Pace::of(Duration::ZERO);
        assert!(always.is_due(1_000) && always.is_due(2_000));
        assert_eq!((always.reached(), always.reached()), (Some(2_000), None));
    }
}
