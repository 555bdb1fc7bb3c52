//! The migrations, oldest first; the service runs those that a database lacks.

use svcgen_runtime::db::Migration;

/// Every migration of this service.
pub const ALL: &[Migration] = &[Migration {
    id: "0001_initial",
    sqlite: include_str!("../migrations/0001_initial/sqlite.sql"),
    sqlite_down: include_str!("../migrations/0001_initial/sqlite.down.sql"),
    postgres: include_str!("../migrations/0001_initial/postgres.sql"),
    postgres_down: include_str!("../migrations/0001_initial/postgres.down.sql"),
}];
