//! What the tests of all entities share.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number that no other record of this run has.
pub fn next() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
