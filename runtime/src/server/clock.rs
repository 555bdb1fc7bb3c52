//! How long a connection may keep its next request from us.
//!
//! hyper arms a timer for the head of each request and throws it away again
//! when the head is there, which is a tree's worth of locking for something
//! that nearly never fires. Here hyper only notes the deadline; the connection
//! has one timer for its whole life, and looks at the note when that one fires.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// No deadline: a request is being served.
const NONE: u64 = u64::MAX;

/// The clock of one connection.
#[derive(Debug, Clone)]
pub(super) struct Clock(Arc<Face>);

#[derive(Debug)]
struct Face {
    began: Instant,
    /// In milliseconds since `began`.
    deadline: AtomicU64,
    /// Whether there has been a request.
    served: AtomicBool,
}

impl Clock {
    /// A clock for a new connection, whose first request is to come within this time.
    pub(super) fn start(first: Duration) -> Self {
        let clock = Self(Arc::new(Face {
            began: Instant::now(),
            deadline: AtomicU64::new(NONE),
            served: AtomicBool::new(false),
        }));
        clock.set(clock.0.began + first);
        clock
    }

    fn set(&self, deadline: Instant) {
        let after = deadline.saturating_duration_since(self.0.began).as_millis();
        let after = u64::try_from(after).unwrap_or(NONE);
        self.0.deadline.store(after, Ordering::Relaxed);
    }

    fn clear(&self) {
        self.0.deadline.store(NONE, Ordering::Relaxed);
    }

    /// A request is there. HTTP/2 never asks for a timer, so this is how its deadline ends.
    pub(super) fn request(&self) {
        if !self.0.served.swap(true, Ordering::Relaxed) {
            self.clear();
        }
    }

    /// Whether no request has come yet.
    pub(super) fn is_silent(&self) -> bool {
        !self.0.served.load(Ordering::Relaxed)
    }

    /// Until when the next request must be there, if one is waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.0.deadline.load(Ordering::Relaxed) {
            NONE => None,
            after => self.0.began.checked_add(Duration::from_millis(after)),
        }
    }
}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.set(deadline);
        Box::pin(Noted(self.clone()))
    }

    fn reset(&self, _sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        self.set(deadline);
    }
}

/// What hyper holds: it never fires, and its end is the end of the deadline.
struct Noted(Clock);

impl Future for Noted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Noted {}

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_holds_while_a_head_is_waited_for() {
        let clock = Clock::start(Duration::from_secs(5));
        assert!(clock.is_silent() && clock.deadline().is_some());
        clock.request();
        assert!(!clock.is_silent() && clock.deadline().is_none());
        let sleep = clock.sleep(Duration::from_secs(9));
        let left = clock.deadline().unwrap() - Instant::now();
        assert!(left > Duration::from_secs(8) && left < Duration::from_secs(10));
        clock.request();
        assert!(
            clock.deadline().is_some(),
            "only the first request ends the first deadline"
        );
        drop(sleep);
        assert!(clock.deadline().is_none());
    }
}
