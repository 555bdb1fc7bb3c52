//! One database handle for SQLite and PostgreSQL; the URL decides at run time.
