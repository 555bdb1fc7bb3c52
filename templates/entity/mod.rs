//! {{ naming.capital_plural }}.
//!
//% for line in naming.doc
//! {{ line }}
//% endfor

//% if archived
pub mod archive;
//% endif
pub mod batches;
pub mod commands;
pub mod hooks;
//% for adapter in adapters
mod {{ adapter }};
//% endfor
//% if restores_routed
mod http_archive;
//% endif
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
//% if restores_routed
pub use http_archive::archive_routes;
//% endif
pub use model::*;
pub use rules::{{ naming.entity }}Rules;
