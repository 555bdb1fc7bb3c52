//! What a run tells while it lasts.

use std::sync::Arc;
use std::time::Duration;

use super::{Mode, Way};

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another instance migrates, or another program holds the database.
    Waiting,
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
    Arc::new(|event| match event {
        Event::Waiting => tracing::info!("waiting for another instance that migrates the database"),
        Event::Begun { id, way, steps } => {
            tracing::info!(migration = id, way = way.name(), steps, "migrating");
        }
        Event::Step { number, title, .. } => tracing::debug!(number, "{title}"),
        Event::Statement { .. } => {}
        Event::Progress { title, rows } => tracing::info!(rows, "{title}"),
        Event::Retrying { title, because } => tracing::warn!(because, "trying again: {title}"),
        Event::Done { id, took } => tracing::info!(migration = id, ?took, "migrated"),
    })
}
