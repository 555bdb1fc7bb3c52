//! The migrations, oldest first; the service runs those that a database lacks.

use svcgen_runtime::db::Migration;

/// Every migration of this service.
pub const ALL: &[Migration] = &[Migration {
    id: "0001_initial",
    sqlite: include_str!("../migrations/0001_initial/sqlite.sql"),
    postgres: include_str!("../migrations/0001_initial/postgres.sql"),
    sqlite_down: "",
    postgres_down: "",
}];
