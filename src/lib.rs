//! The code map: modules in reading order.

pub mod diagnostic;
pub mod model;
pub mod plan;
pub mod schema;
pub mod source;
