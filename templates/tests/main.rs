//! Drives the real application over HTTP: on SQLite, and on PostgreSQL where
//! `TEST_DATABASE_URL` names one.

//% if recursion_limit
#![recursion_limit = "{{ recursion_limit }}"]

//% endif
//% for entity in entities
mod {{ entity.module }};
//% endfor
//% if archived
mod archive;
//% endif
//% if related
mod relations;
//% endif
mod statements;
mod support;
mod writes;
