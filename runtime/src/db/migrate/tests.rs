//! Tests of the runner on SQLite; those on PostgreSQL are in `tests/db_postgres.rs`.
