//! Authors.
//!
//! Someone who writes.

pub mod archive;
pub mod batches;
pub mod commands;
pub mod hooks;
mod http;
mod http_archive;
mod model;
pub mod queries;
pub mod relations;
pub mod removal;
mod rules;

pub use http::routes;
pub use http_archive::archive_routes;
pub use model::*;
pub use rules::AuthorRules;
