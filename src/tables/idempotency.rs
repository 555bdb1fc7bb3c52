//! The table that keeps the answers to requests with idempotency keys.
//!
//! The runtime reads and writes it; its columns are those of `idempotency/store.rs` there.

use super::build::required;
use super::indexes::{ascending, index};
use super::{ColumnType, Past, Table, TableKind};
use crate::model::Service;

/// Its name.
const NAME: &str = "idempotency_keys";

/// Whether requests may carry idempotency keys: where anything can be written over HTTP.
pub fn keeps_answers(service: &Service) -> bool {
    service.features.http.is_some() && !service.entities.is_empty()
}

/// The table.
pub fn table() -> Table {
    Table {
        name: NAME.to_owned(),
        kind: TableKind::Idempotency,
        columns: vec![
            required("id", ColumnType::Bytes),
            required("caller", ColumnType::Text),
            required("operation", ColumnType::Text),
            required("idempotency_key", ColumnType::Text),
            required("fingerprint", ColumnType::Bytes),
            required("status", ColumnType::Bigint),
            required("headers", ColumnType::Json),
            required("body", ColumnType::Bytes),
            required("created_at", ColumnType::Timestamp),
            required("expires_at", ColumnType::Timestamp),
        ],
        primary_key: vec!["id".to_owned()],
        identity: false,
        guarded: false,
        search: None,
        past: Past::default(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        indexes: vec![index(NAME, vec![ascending("expires_at")], false)],
    }
}
