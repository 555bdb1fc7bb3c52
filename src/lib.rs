//! The code map: modules in reading order.

pub mod cli;
pub mod diagnostic;
pub mod dialect;
pub mod features;
pub mod generate;
pub mod model;
pub mod plan;
pub mod project;
pub mod reconcile;
pub mod render;
pub mod schema;
pub mod source;
pub mod tables;
