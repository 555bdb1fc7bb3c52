//! The runtime's HTTP side, over real connections.

mod conditional;
mod hostile;
mod lifecycle;
mod notes;
mod pages;
mod problems;
mod raw;
