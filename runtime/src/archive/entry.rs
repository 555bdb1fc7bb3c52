//! What every archived record has besides its own columns, and what lists of them may be asked about.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::Restorability;
use crate::db::{DbError, FromRow, Row, Sql, Value};
use crate::list::{Column, Kind, Table, Term};

/// How a record came into the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Identifies it in the archive.
    pub archive_id: Uuid,
    /// What was removed together has the same batch.
    pub archive_batch: Uuid,
    /// When it was removed.
    pub archived_at: Timestamp,
    /// Who removed it.
    pub archived_by: String,
    /// Why.
    pub archive_reason: Option<String>,
    /// In which request.
    #[serde(skip_serializing)]
    pub archive_request: String,
    /// What the removal began with.
    pub archive_root: String,
    /// Which of them.
    pub archive_root_id: Option<String>,
    /// The number of the schema it was removed under: a null may mean that there was no such member.
    pub archive_schema: Option<i64>,
    /// Until when it must stay; for ever where there is none.
    pub archive_purge_after: Option<Timestamp>,
    /// Whether it must stay in any case.
    pub archive_hold: bool,
    /// What proves that it is unchanged.
    #[serde(skip_serializing)]
    pub archive_hash: Option<String>,
    /// Whether it could come back as it is, where that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_restorability: Option<Restorability>,
}

/// Reads the archive's own columns, which come before those of the record.
impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            archive_id: row.next()?,
            archive_batch: row.next()?,
            archived_at: row.next()?,
            archived_by: row.next()?,
            archive_reason: row.next()?,
            archive_request: row.next()?,
            archive_root: row.next()?,
            archive_root_id: row.next()?,
            archive_schema: row.next()?,
            archive_purge_after: row.next()?,
            archive_hold: row.next()?,
            archive_hash: row.next()?,
            archive_restorability: None,
        })
    }
}

impl Entry {
    /// The value of a column that lists are ordered by.
    pub fn value(&self, column: &str) -> Value {
        match column {
            "archive_id" => Value::of(self.archive_id),
            "archived_at" => Value::of(self.archived_at),
            _ => Value::Null,
        }
    }
}

/// What a list of archived records may be asked about; `id` is what identified the live ones.
pub const fn columns(id: Kind) -> [Column; 9] {
    [
        Column::new("archive_id", Kind::Uuid),
        Column::new("archive_batch", Kind::Uuid).filter(),
        Column::new("archived_at", Kind::Timestamp).filter().order(),
        Column::new("archived_by", Kind::Text).filter(),
        Column::new("archive_reason", Kind::Text)
            .nullable()
            .filter(),
        Column::new("archive_root", Kind::Text).filter(),
        Column::new("archive_root_id", Kind::Text)
            .nullable()
            .filter(),
        Column::new("archive_hold", Kind::Bool).filter(),
        Column::new("id", id).nullable().filter(),
    ]
}

const LAST_FIRST: [Term; 1] = [Term::descending("archived_at")];

/// An archive as lists see it, the last removals first.
pub const fn table(
    name: &'static str,
    record: Sql,
    members: &'static [&'static str],
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        record,
        members,
        columns,
        default_order: &LAST_FIRST,
        key: "archive_id",
        page_size: 50,
        most: 1000,
        relations: &[],
        plain: None,
        search: None,
    }
}
