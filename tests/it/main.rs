//! The integration tests: one binary, so that the crate is linked once.

mod errors;
mod hostile;
mod models;
mod schemas;
