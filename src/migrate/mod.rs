//! Migrations: from the changes of the tables to steps that keep every row, proved before
//! they are written. Knows tables and dialects; has never heard of the disk or of YAML.
//!
//! # On the disk
//!
//! ```text
//! migrations/
//!   svcgen.sum                    one line a migration, each chained to the one before
//!   0002_add_phone_to_authors/
//!     plan.json                   what changes, and each step with its class, phase, lock …
//!     snapshot.json               the tables afterwards, whole
//!     sqlite.sql                  the steps for SQLite
//!     sqlite.down.sql             the steps back
//!     postgres.sql                the steps for PostgreSQL
//!     postgres.down.sql           the steps back
//! ```
//!
//! A number stands in front, because a date would make two runs differ. Two branches that
//! both add a migration both add a line at the end of `svcgen.sum`, and change its head: git
//! reports a conflict, on purpose, and `svcgen migrate merge` plans one on top of the other.
//! The formats of the SQL files and of the sum are in [`script`] and [`sum`].

pub mod script;
pub mod sum;
