//! What a database was asked, for the tests of a service.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Value;

/// A statement and its values.
type Read = (String, Vec<Value>);

/// The statements outside of transactions.
#[derive(Default)]
pub(super) struct Seen {
    statements: AtomicU64,
    /// Absent until somebody wants to know them: they would fill the memory of a long test.
    reads: Mutex<Option<Vec<Read>>>,
}

impl Seen {
    pub(super) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self, text: &str, values: &[Value]) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reads) = reads.as_mut() {
            reads.push((text.to_owned(), values.to_vec()));
        }
    }

    pub(super) fn reads(&self) -> Vec<Read> {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        mem::take(reads.get_or_insert_default())
    }
}
