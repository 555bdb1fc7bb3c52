//! One of the threads that read. What waits together is read from one snapshot, because
//! to begin and end one locks the file, which costs as much as to find a row.

use std::time::Instant;

use super::job::Read;
use super::queue::Queue;
use super::statement::Statements;
use crate::db::sql::Text;

const BEGIN: Text = Text::constant("begin");
const COMMIT: Text = Text::constant("commit");

/// Serves the queue until it is closed.
pub(super) fn run(queue: &Queue<Box<dyn Read>>, statements: &mut Statements<'_>) {
    while let Some(job) = queue.pop() {
        // A snapshot taken from now on shows all that a job which waits by now has to see.
        let now = Instant::now();
        let waits = |job: &dyn Read| job.shares_since().is_some_and(|since| since < now);
        let mut next = if waits(job.as_ref()) {
            queue.pop_if(|job| waits(job.as_ref()))
        } else {
            None
        };
        // If it cannot begin, then each job finds out by itself.
        let shared = next.is_some() && statements.control(&BEGIN).is_ok();
        job.run(statements);
        while let Some(job) = next {
            job.run(statements);
            // One after the other, so that a slow statement holds up no more than itself.
            next = queue.pop_if(|job| waits(job.as_ref()));
        }
        if shared
            && !statements.connection.is_autocommit()
            && let Err(error) = statements.control(&COMMIT)
        {
            tracing::error!(%error, "a snapshot could not be released");
        }
    }
}
