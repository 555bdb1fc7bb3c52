//! Posts, the people who write them, and what readers say.

pub mod app;
pub mod archive;
pub mod author;
pub mod comment;
pub mod migrations;
pub mod post;
pub mod tag;
