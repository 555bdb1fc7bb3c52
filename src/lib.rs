//! svcgen: YAML schemas in, a complete Rust service out; and again after every change.
//!
//! # The flow
//!
//! ```text
//! YAML text ─load→ Document ─check→ Service ─plan→ FilePlan ─render→ Rendered ─reconcile→ WritePlan ─apply→ disk
//!             as written       as meant       whose files       texts                what happens
//! ```
//!
//! The tables take a side road: `tables::of` makes a `Schema` of the service, `tables::diff`
//! compares it with that of the last run, a dialect turns the changes into SQL, and the SQL
//! is planned like any other file. There is one road to the disk.
//!
//! # The modules, in reading order
//!
//! Each knows those before it and none after it; `tests/it/tidy.rs` holds them to that.
//!
//! | module | what it does | what it has never heard of |
//! |---|---|---|
//! | [`parallel`] | the same work on many items at a time | what the work is |
//! | [`source`], [`diagnostic`] | texts, places in them, and what is wrong there, with excerpt and help | what the texts mean |
//! | [`schema`] | reads YAML into a `Document`: as written, every value with its place; derives the JSON Schemas from the same types | defaults; other files than its own |
//! | [`model`] | the `Service`: complete and resolved, with every spelling of every name; its `check` makes it of a `Document` | SQL, paths, templates; outside of `check` not even YAML |
//! | [`tables`] | the service as tables, and what changed between two of them | Rust, files, any one database |
//! | [`dialect`] | SQL, one file for each database | entities |
//! | [`migrate`] | steps from one set of tables to the next that keep every row, and the proof | the disk, YAML |
//! | [`plan`] | which files there will be, whose each is, and what it is made from | what is in them |
//! | [`features`] | what a service can have: each feature adds files, and entries for the shared files | the disk |
//! | [`render`] | templates, then one `rustfmt` over all of them | entities, features |
//! | [`generate`] | the spine: load, check, plan, render, on one screen | what is on the disk |
//! | [`import`] | reads a database that exists, and says it as a schema; how its rows get into the tables of a service | the project; what is done with the files |
//! | [`reconcile`] | rendered, remembered and found: what happens to each path | templates |
//! | [`project`] | reads the project, applies a plan as one transaction, recovers after a crash | why anything is written |
//! | [`cli`] | the commands, what they ask and what they tell | |
//!
//! # What never happens
//!
//! - Nothing is written before everything is decided, rendered, parsed and formatted.
//! - No module but `project` writes to a project; `render::rustfmt` has a scratch directory,
//!   `cli::server` starts a PostgreSQL server of its own to prove migrations on, and keeps
//!   an empty cluster for the next one in the user's cache,
//!   `cli::new` reads what `--from` names and starts the service with `--run`, `cli::meta`
//!   writes manual pages. No other touches the disk or starts a process.
//! - No check stops at the first mistake: `check` returns all diagnostics of all files.
//! - No `Option` in the model means "to be defaulted later".
//! - No template compares, counts, converts or asks for a feature: it interpolates, loops
//!   over a list of its view, and asks a boolean of its view.
//! - No shared file (`app.rs`, `Cargo.toml`, `README.md`) asks which feature is on: it loops
//!   over what the features added.
//! - No ownership is decided twice: a feature says whose a file is when it plans it, and
//!   `reconcile` reads it, once.
//! - No file is kept up to date at a place other than its own: where its owner moved it is on
//!   record in `svcgen.lock`, and `reconcile::moves` sends what was rendered there before
//!   anything is decided. A moved module keeps its name; `#[path]` tells where it lies.
//! - No date and no version stands in a generated file; `svcgen.lock` has them. The same
//!   schema gives the same bytes.
//! - No path from the lock is trusted: each stays inside the project and goes through no link.
//!
//! # Where a change goes
//!
//! A feature is `src/features/NAME.rs`, `templates/NAME/`, and a line in
//! [`features::ALL`]; a database is `src/dialect/NAME.rs` and a line in [`dialect::ALL`]; a
//! diagnostic is a variant of [`diagnostic::Code`]; a key of the schema is a field of a type
//! in `src/schema/`, and the JSON Schemas follow (`cargo test` says how to write them).
//!
//! Everything that generated services share at run time is the crate `svcgen-runtime`, in
//! `runtime/`, whose own page begins in `runtime/src/lib.rs`.

pub mod cli;
pub mod diagnostic;
pub mod dialect;
pub mod features;
pub mod generate;
pub mod import;
pub mod migrate;
pub mod model;
pub mod parallel;
pub mod plan;
pub mod project;
pub mod reconcile;
pub mod render;
pub mod schema;
pub mod source;
pub mod tables;
