//! The migrations, oldest first; the service runs those that a database lacks.

use svcgen_runtime::db::Migration;

/// Every migration of this service.
pub const ALL: &[Migration] = &[
//% for id in migrations
    Migration {
        id: "{{ id }}",
//% if sqlite
        sqlite: include_str!("../migrations/{{ id }}/sqlite.sql"),
        sqlite_down: include_str!("../migrations/{{ id }}/sqlite.down.sql"),
//% else
        sqlite: "",
        sqlite_down: "",
//% endif
//% if postgres
        postgres: include_str!("../migrations/{{ id }}/postgres.sql"),
        postgres_down: include_str!("../migrations/{{ id }}/postgres.down.sql"),
//% else
        postgres: "",
        postgres_down: "",
//% endif
    },
//% endfor
];
