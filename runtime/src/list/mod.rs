//! Lists: pages by cursor and by offset, filters, orders, read masks and aggregates, over declared columns.
//!
//! A generated slice declares a [`Table`]; [`Table::page`] answers a request with a page
//! of its records. This is the one place where the text of a statement is put together at
//! run time: of declared names alone, while every value is bound. It knows no entity.

mod aggregate;
mod column;
pub(crate) mod filter;
mod include;
mod keyset;
mod mask;
mod matching;
mod order;
mod page;
mod rows;
mod search;
mod several;
mod statement;
mod value;

pub use aggregate::{Groups, Measured};
pub use column::{Column, Kind, Plain, Record, Search, Table, Term, Within, names};
pub use include::{Include, MOST as MOST_INCLUDED, Through};
pub use mask::Mask;
pub use matching::Matching;
pub use page::Page;

use crate::input::Violations;

/// Something that cannot be understood, and where in the text it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Counted in characters from 1.
    pub at: usize,
    pub detail: String,
}

impl Mistake {
    pub(crate) fn new(at: usize, detail: impl Into<String>) -> Self {
        Self {
            at,
            detail: detail.into(),
        }
    }

    /// Notes it as a violation of the parameter that held the text.
    pub(crate) fn note(self, parameter: &str, code: &'static str, found: &mut Violations) {
        let detail = format!("At character {}: {}", self.at, self.detail);
        found.add_parameter(parameter, code, detail);
    }
}
