//! Comments.
//!
//! What a reader says about a post.

pub mod batches;
pub mod commands;
pub mod hooks;
mod http;
mod model;
pub mod queries;
pub mod relations;
pub mod removal;
mod rules;

pub use http::routes;
pub use model::*;
pub use rules::CommentRules;
