//! STUB, replaced when the renderer is merged.
pub mod rustfmt;
