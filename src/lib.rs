//! The code map: modules in reading order.

pub mod diagnostic;
pub mod model;
pub mod tables;
pub mod dialect;
pub mod plan;
pub mod schema;
pub mod source;
