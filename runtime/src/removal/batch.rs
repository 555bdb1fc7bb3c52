//! What all rows of one removal have in common: the batch, who, why, when, and in which request.

use jiff::Timestamp;
use uuid::Uuid;

use super::Removal;
use crate::db::{IntoValue, Value};
use crate::http::{Caller, Removal as Request};

/// One removal, of one record or of several: its rows are archived, and can be restored, together.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(super) id: Uuid,
    pub(super) caller: Caller,
    reason: Option<String>,
    /// SQLite lives in this process, and this is its clock; PostgreSQL has its own, which stands
    /// still for a transaction.
    at: Timestamp,
}

/// The record that is removed.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) id: Value,
    pub(super) shown: String,
    pub(super) expected: Option<i64>,
}

impl Batch {
    /// A batch that this caller asks for.
    pub fn new(caller: &Caller, request: &Request) -> Self {
        Self {
            id: Uuid::now_v7(),
            caller: caller.clone(),
            reason: request.reason.clone(),
            at: Timestamp::now(),
        }
    }

    /// The batch's id, which every archived row has.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The values of a copy on SQLite.
    pub(super) fn copied(&self, removal: &Removal, root: &Root) -> Vec<Value> {
        let mut values = vec![root.id.clone()];
        values.extend(self.values(removal, root));
        values.push(self.at.into_value());
        values
    }

    /// The values of the one statement on PostgreSQL.
    pub(super) fn whole(&self, removal: &Removal, root: &Root, takes: usize) -> Vec<Value> {
        let mut values = root.values(removal);
        values.extend(self.values(removal, root).into_iter().take(takes));
        values
    }

    fn values(&self, removal: &Removal, root: &Root) -> [Value; 6] {
        [
            self.id.into_value(),
            (&self.caller.subject).into_value(),
            (&self.reason).into_value(),
            (&self.caller.request_id).into_value(),
            removal.schema.into_value(),
            (&root.shown).into_value(),
        ]
    }
}

impl Root {
    pub(super) fn new(id: impl IntoValue + std::fmt::Display, expected: Option<i64>) -> Self {
        Self {
            shown: id.to_string(),
            id: id.into_value(),
            expected,
        }
    }

    /// The id, and the version where there is one.
    pub(super) fn values(&self, removal: &Removal) -> Vec<Value> {
        let mut values = vec![self.id.clone()];
        if removal.versioned {
            values.push(self.expected.into_value());
        }
        values
    }
}
