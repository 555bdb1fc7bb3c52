//! The code map: modules in reading order.

pub mod model;
pub mod plan;
