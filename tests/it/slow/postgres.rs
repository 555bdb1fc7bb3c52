//! The PostgreSQL that the slow tests start for themselves.

#[expect(dead_code, reason = "the runtime's own tests use the rest")]
#[path = "../../../runtime/tests/support/server.rs"]
mod server;

pub use server::Server;
