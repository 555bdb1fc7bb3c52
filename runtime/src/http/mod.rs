//! What stands between axum and a handler: extractors that refuse with
//! problems, and answers that carry the right headers.
//!
//! Knows nothing of entities. The server puts the [`Context`] of each request
//! in its place; without it (in a test of a bare router) defaults hold.

mod accept;
mod aggregation;
mod answer;
mod body;
mod caller;
pub(crate) mod coding;
mod conditional;
mod context;
mod id;
mod listing;
mod masked;
mod query;
pub(crate) use query::parameters;

pub(crate) use accept::refuses_json;
pub use aggregation::Aggregation;
pub use answer::{Created, NoContent, Tag, Tagged, location, version_tag};
pub use body::Body;
pub(crate) use body::too_large;
pub use caller::{Caller, Subject};
pub use conditional::IfMatch;
pub(crate) use conditional::not_modified;
pub use context::{Context, RequestId};
pub(crate) use context::{Limits, Progress};
pub use id::Id;
pub use listing::{Listing, Removal};
pub use masked::{Masked, Partial, ReadMask};
