//! The queue before the database threads. It is bounded, so that a burst is refused
//! early instead of being answered when nobody waits any more.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why an item was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many are waiting.
    Full,
    /// The threads have stopped.
    Closed,
}

/// Many senders, one or more receivers.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    capacity: usize,
}

struct State<T> {
    items: VecDeque<T>,
    /// Receivers that sleep; nobody is woken while all are busy.
    sleeping: usize,
    /// How many of them are called and have not come yet: to call costs the caller more than to wait
    /// costs the item.
    called: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            items: VecDeque::new(),
            sleeping: 0,
            called: 0,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            capacity,
        }
    }

    pub(super) fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.items.len() >= self.capacity {
            return Err(Refused::Full);
        }
        state.items.push_back(item);
        let wake = state.sleeping > state.called;
        if wake {
            state.called += 1;
        }
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for the next item; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state.sleeping += 1;
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.sleeping -= 1;
            // One may wake that nobody called; then one more is called in its place.
            state.called = state.called.saturating_sub(1);
        }
    }

    /// The next item, if there is one and it is `wanted`; does not wait.
    pub(super) fn pop_if(&self, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut state = self.lock();
        if state.items.front().is_some_and(wanted) {
            state.items.pop_front()
        } else {
            None
        }
    }

    /// Moves items that are there to `into`, at most `limit`, while they are `wanted`; does not wait.
    pub(super) fn drain(&self, into: &mut Vec<T>, limit: usize, wanted: impl Fn(&T) -> bool) {
        let mut state = self.lock();
        for _ in 0..limit {
            if !state.items.front().is_some_and(&wanted) {
                break;
            }
            into.extend(state.items.pop_front());
        }
    }

    /// Refuses new items; those that are there are still served.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Each item is sent only when the one before it was taken, so that receivers sleep and are called
    /// again and again; one that nobody is called for would lie there for good.
    #[test]
    fn whoever_sleeps_is_called_for_every_item() {
        let queue = Arc::new(Queue::new(100));
        let (taken, seen) = mpsc::channel();
        for _ in 0..2 {
            let (queue, taken) = (Arc::clone(&queue), taken.clone());
            thread::spawn(move || {
                while let Some(item) = queue.pop() {
                    taken.send(item).unwrap();
                }
            });
        }
        for item in 0..2_000 {
            for of in [item, -item - 1] {
                queue.push(of).unwrap();
            }
            for _ in 0..2 {
                let waited = seen.recv_timeout(Duration::from_secs(30));
                assert!(waited.is_ok(), "nobody came for {item}");
            }
        }
        queue.close();
    }

    #[test]
    fn a_full_or_closed_queue_refuses() {
        let queue = Queue::new(2);
        assert_eq!(
            (queue.push(1), queue.push(2), queue.push(3)),
            (Ok(()), Ok(()), Err(Refused::Full))
        );
        let mut taken = Vec::new();
        queue.drain(&mut taken, 10, |it| *it < 2);
        assert_eq!(taken, [1]);
        queue.close();
        assert_eq!(queue.push(4), Err(Refused::Closed));
        assert_eq!(
            (queue.pop(), queue.pop()),
            (Some(2), None),
            "what was accepted is still served"
        );
    }
}
