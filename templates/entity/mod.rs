//! {{ naming.capital_plural }}.
//!
//% for line in naming.doc
//! {{ line }}
//% endfor

pub mod commands;
//% if has_http
mod http;
//% endif
mod model;
pub mod queries;
mod rules;

//% if has_http
pub use http::routes;
//% endif
pub use model::*;
pub use rules::{{ naming.entity }}Rules;
