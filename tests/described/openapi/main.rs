//! What the service says of itself: every operation of its OpenAPI document is called, on SQLite,
//! and on PostgreSQL where `TEST_DATABASE_URL` names one.

mod document;
mod examples;
mod parameters;
mod prepared;
mod service;
