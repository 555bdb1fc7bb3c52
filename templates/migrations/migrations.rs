//! The migrations, oldest first; the service runs those that a database lacks.

use svcgen_runtime::db::Migration;

/// Every migration of this service.
pub const ALL: &[Migration] = &[
//% for id in migrations
    Migration {
        id: "{{ id }}",
//% if sqlite
        sqlite: include_str!("../migrations/{{ id }}/sqlite.sql"),
//% else
        sqlite: "",
//% endif
//% if postgres
        postgres: include_str!("../migrations/{{ id }}/postgres.sql"),
//% else
        postgres: "",
//% endif
        sqlite_down: "",
        postgres_down: "",
    },
//% endfor
];
