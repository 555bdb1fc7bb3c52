//! Whether an archived record could come back as it is.

use serde::Serialize;

use super::conflict::Conflict;
use super::{Archive, Entry};
use crate::Error;
use crate::db::{Db, IntoValue, Value};
use crate::list::Mask;
use crate::params;

/// The member that says so.
const MEMBER: &str = "archive_restorability";

/// What a restore of the record alone would meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restorability {
    /// Nothing.
    Ok,
    /// Values that are missing or are no longer allowed, and can be overridden.
    NeedsValues,
    /// Something that it refers to is in the archive as well, perhaps in the same batch.
    ParentArchived,
    /// A live record with its id or a unique value of it, or a reference to what is gone for good.
    Conflict,
}

impl Restorability {
    /// The worst of what stands in the way.
    fn of(conflicts: &[Conflict]) -> Self {
        let mut worst = Self::Ok;
        for conflict in conflicts {
            worst = match (conflict.code(), worst) {
                ("ID_TAKEN" | "UNIQUE_TAKEN" | "UNIQUE_TWICE" | "PARENT_MISSING", _)
                | (_, Self::Conflict) => Self::Conflict,
                ("PARENT_ARCHIVED", _) | (_, Self::ParentArchived) => Self::ParentArchived,
                _ => Self::NeedsValues,
            };
        }
        worst
    }
}

impl Archive {
    /// Finds out whether a record could come back.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn judge(&self, db: &Db, entry: &mut Entry) -> Result<(), Error> {
        let mut values = params![entry.archive_batch, entry.archive_id];
        for _ in 0..self.overrides {
            values.extend([false.into_value(), Value::Null]);
        }
        let conflicts: Vec<Conflict> = db.fetch_all(self.conflicts, values).await?;
        entry.archive_restorability = Some(Restorability::of(&conflicts));
        Ok(())
    }

    /// The same for the records of a page, one after the other, where a mask asks for it by name.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn judge_page(
        &self,
        db: &Db,
        mask: Option<Mask>,
        entries: impl Iterator<Item = &mut Entry> + Send,
    ) -> Result<(), Error> {
        if mask.is_some_and(|mask| mask.has(MEMBER)) {
            for entry in entries {
                self.judge(db, entry).await?;
            }
        }
        Ok(())
    }
}
