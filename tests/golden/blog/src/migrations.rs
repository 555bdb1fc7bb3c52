//! The migrations, oldest first; the service runs those that a database lacks.

use svcgen_runtime::{db::Migration, migration};

/// Every migration of this service.
pub const ALL: &[Migration] = &[
    // Each is a folder of `migrations/`.
    migration!(sqlite postgres "0001_initial"),
];
