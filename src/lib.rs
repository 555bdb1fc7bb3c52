//! The code map: modules in reading order.

pub mod model;
pub mod tables;
pub mod dialect;
pub mod plan;
pub mod features;
pub mod render;
