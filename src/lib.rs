//! The code map: modules in reading order.

pub mod source;
pub mod diagnostic;
pub mod schema;
pub mod model;
pub mod tables;
pub mod dialect;
pub mod plan;
pub mod features;
pub mod render;
pub mod reconcile;
pub mod project;
pub mod generate;
pub mod cli;
