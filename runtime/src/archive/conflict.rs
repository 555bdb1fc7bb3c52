//! What stands in the way of a restore, for people and for programs.

use uuid::Uuid;

use crate::db::{DbError, FromRow, Row};
use crate::input::Violations;
use crate::record_id::RecordId;
use crate::{Error, Kind};

use super::Archive;

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conflict {
    archive_id: Uuid,
    code: String,
    column: String,
    /// The record that has the value, live or to be restored, the record that is missing, or the value that is no more.
    other: Option<RecordId>,
    /// The batch in which the missing record is archived.
    batch: Option<Uuid>,
}

impl FromRow for Conflict {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            archive_id: row.get(0)?,
            code: row.get(1)?,
            column: row.get(2)?,
            other: row.get(3)?,
            batch: row.get(4)?,
        })
    }
}

impl Conflict {
    /// Whether what is missing is restored together with the record.
    pub(super) fn is_of_batch(&self, batch: Uuid) -> bool {
        self.code == "PARENT_MISSING" && self.batch == Some(batch)
    }

    pub(super) fn code(&self) -> &'static str {
        match (self.code.as_str(), &self.batch) {
            ("ID_TAKEN", _) => "ID_TAKEN",
            ("UNIQUE_TAKEN", _) => "UNIQUE_TAKEN",
            ("UNIQUE_TWICE", _) => "UNIQUE_TWICE",
            ("PARENT_MISSING", Some(_)) => "PARENT_ARCHIVED",
            ("PARENT_MISSING", None) => "PARENT_MISSING",
            ("ENUM_VALUE_REMOVED", _) => "ENUM_VALUE_REMOVED",
            ("REQUIRED_VALUE_MISSING", _) => "REQUIRED_VALUE_MISSING",
            ("VALUE_NOT_CONVERTED", _) => "VALUE_NOT_CONVERTED",
            _ => "CHECK_FAILED",
        }
    }

    fn detail(&self) -> String {
        let other = self.other.as_ref().map(RecordId::to_string);
        let other = other.unwrap_or_default();
        match (self.code(), &self.batch) {
            ("ID_TAKEN", _) => format!("The live record `{other}` has this id."),
            ("UNIQUE_TAKEN", _) => format!("The live record `{other}` has this value."),
            ("UNIQUE_TWICE", _) => {
                format!("The record `{other}`, which would come back with it, has this value.")
            }
            ("PARENT_ARCHIVED", Some(batch)) => {
                format!("What it refers to, `{other}`, is in the archive, in the batch `{batch}`.")
            }
            ("PARENT_MISSING", _) => format!("What it refers to, `{other}`, does not exist."),
            ("ENUM_VALUE_REMOVED", _) => format!("There is no value `{other}` any more."),
            ("REQUIRED_VALUE_MISSING", _) => {
                "A value is required by now, and the archived record has none.".to_owned()
            }
            ("VALUE_NOT_CONVERTED", _) => {
                format!("The archived value `{other}` is none of the type of today.")
            }
            _ => "The archived value breaks a rule of today.".to_owned(),
        }
    }
}

/// 409 with everything that stands in the way; nothing has changed.
pub(super) fn refused(conflicts: &[(&Archive, Conflict)], whole_batch: bool) -> Error {
    let mut found = Violations::new();
    for (archive, conflict) in conflicts {
        let pointer = if whole_batch {
            format!(
                "/{}/{}/{}",
                archive.table, conflict.archive_id, conflict.column
            )
        } else {
            format!("/{}", conflict.column)
        };
        found.add(pointer, conflict.code(), conflict.detail());
    }
    let detail = match conflicts.len() {
        1 => "Something stands in the way; nothing was restored.".to_owned(),
        several => format!("{several} things stand in the way; nothing was restored."),
    };
    Error::new(Kind::FailedPrecondition, "RESTORE_CONFLICT", detail).with_violations(found)
}
