//! What came back.

use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::Value;

/// A whole answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The status; `assert_eq!(answer.status, 201)` works.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, bytes: Bytes) -> Self {
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            body,
            bytes,
        }
    }

    /// The text of a header, or an empty one.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }
}
