//! {{ naming.capital_plural }}.
//!
//% for line in naming.doc
//! {{ line }}
//% endfor

pub mod commands;
pub mod hooks;
//% for adapter in adapters
mod {{ adapter }};
//% endfor
mod model;
pub mod queries;
//% if related
pub mod relations;
//% endif
pub mod removal;
mod rules;

//% for adapter in adapters
pub use {{ adapter }}::routes;
//% endfor
pub use model::*;
pub use rules::{{ naming.entity }}Rules;
