//! The options of `svcgen migrate lint` and `merge`. Only declarations.

use clap::Args;

use super::Format;

/// Options of `migrate lint`.
#[derive(Debug, Clone, Copy, Args)]
pub struct MigrateLint {
    /// How it is told: human or json, both on standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}

/// Options of `migrate merge`.
#[derive(Debug, Clone, Copy, Args)]
pub struct MigrateMerge {
    /// Keep the migrations of this branch, and plan those of the other anew
    #[arg(long)]
    pub keep_ours: bool,
}
