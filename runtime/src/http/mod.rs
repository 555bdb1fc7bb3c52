//! What stands between axum and a handler: extractors that refuse with
//! problems, and answers that carry the right headers.
//!
//! Knows nothing of entities. The server puts the [`Context`] of each request
//! in its place; without it (in a test of a bare router) defaults hold.

mod accept;
mod aggregation;
mod answer;
mod batch;
mod body;
mod caller;
pub(crate) mod coding;
mod conditional;
mod context;
mod hold;
mod id;
mod listing;
mod masked;
mod patch;
mod query;
mod removal;
mod viewing;
mod within;
mod write;

pub(crate) use accept::refuses_json;
pub use aggregation::Aggregation;
pub use answer::{Created, NoContent, Tag, Tagged, location, no_content, told, version_tag};
pub use batch::{Batch, Change, Element, Ids, Several, Target, Targeted, Targets, several};
pub use body::Body;
pub(crate) use body::too_large;
pub use caller::{Caller, Subject};
pub use conditional::Conditions;
pub(crate) use conditional::not_modified;
pub use context::{Context, RequestId};
pub(crate) use context::{Limits, Progress};
pub use hold::hold;
pub use id::{Id, Pair};
pub use listing::Listing;
pub use masked::Masked;
pub use patch::{Edit, Identifier, Missing, Patch, Replacement};
pub use query::NoParameters;
pub(crate) use query::parameters;
pub use removal::{Removal, Removed, Removing, RemovingMatching};
pub use viewing::{Included, View, Viewed, Viewing};
pub use within::Child;
pub use write::{Answered, Instead, Write};
