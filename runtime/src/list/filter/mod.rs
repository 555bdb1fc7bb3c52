//! Filters after AIP-160: read, checked against the columns that may be asked about, and written as SQL.

pub(super) mod check;
pub(super) mod lex;
pub(super) mod parse;
pub(super) mod sql;
