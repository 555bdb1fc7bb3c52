//! The tool as a whole, by the real binary.

mod command;
mod faults;
mod generate;
mod new;
mod support;
#[cfg(unix)]
mod terminal;
