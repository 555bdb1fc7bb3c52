//! The same work on many items, several at a time. It does not know what the work is.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// As many threads as the machine has processors: for work that computes.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does the work for each item on so many threads, and gives the results in the items' order.
/// A thread that is done with an item takes the next that nobody has, so the longest belong first.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(usize, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else {
                return done;
            };
            done.push((place, work(place, item)));
        }
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.min(items.len()))
            .map(|_| scope.spawn(share))
            .collect();
        let end = |it: thread::ScopedJoinHandle<'_, _>| {
            it.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        running.into_iter().flat_map(end).collect()
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled = map(&items, 7, |place, item| place + item);
        assert_eq!(doubled, items.iter().map(|it| it * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[usize], 3, |_, it| *it).is_empty());
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_comes_through() {
        map(&[1, 7, 2], 2, |_, it| assert_ne!(*it, 7, "seven"));
    }
}
