//! What the tests of all entities share.
//% if numbered

use std::cell::Cell;

/// A number that no other record of this test has; a test runs on one thread.
pub fn next() -> usize {
    thread_local! {
        static LAST: Cell<usize> = const { Cell::new(0) };
    }
    LAST.set(LAST.get() + 1);
    LAST.get()
}
//% endif
