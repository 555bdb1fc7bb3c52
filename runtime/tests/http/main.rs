//! The runtime's HTTP side, over real connections.

mod conditional;
mod content;
mod cors;
mod heads;
mod hostile;
mod lifecycle;
mod methods;
mod notes;
mod once;
mod outage;
mod pages;
mod problems;
mod raw;
#[path = "../support/mod.rs"]
mod support;
