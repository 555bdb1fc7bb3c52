//! Drives the real application over HTTP: on SQLite, and on PostgreSQL where
//! `TEST_DATABASE_URL` names one.

mod archive;
mod author;
mod comment;
mod post;
mod relations;
mod statements;
mod support;
mod tag;
mod writes;
