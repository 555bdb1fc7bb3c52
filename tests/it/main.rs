//! The integration tests: one binary, so that the crate is linked once.

mod adopt;
mod advice;
mod branches;
mod command;
mod conflicts;
mod errors;
mod evolve;
mod faults;
mod files;
mod generate;
mod golden;
mod hostile;
mod import;
mod layouts;
mod merging;
mod migrate;
mod migrate_property;
mod migrate_runner;
mod migrations;
mod models;
mod new;
mod random_schema;
mod regenerate;
mod schema_files;
mod schemas;
mod slow;
mod small_diffs;
mod support;
mod taken_names;
#[cfg(unix)]
mod terminal;
mod tidy;
mod twice;
mod upgrade;
mod words;
mod yaml_edits;
