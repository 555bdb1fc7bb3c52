//! Drives the real application over HTTP: on SQLite, and on PostgreSQL where
//! `TEST_DATABASE_URL` names one.

//% for entity in entities
mod {{ entity.module }};
//% endfor
mod statements;
mod support;
