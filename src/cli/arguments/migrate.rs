//! The options of `svcgen migrate lint`, `adopt` and `merge`. Only declarations.

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

/// Options of `migrate adopt`.
#[derive(Debug, Clone, Args)]
pub struct MigrateAdopt {
    /// A SQLite file, or the URL of a PostgreSQL database
    #[arg(long, value_name = "URL|FILE")]
    pub from: String,
    /// The namespace of a PostgreSQL database whose tables are read
    #[arg(long, value_name = "SCHEMA", default_value = "public")]
    pub schema: String,
    /// How it is told: human, the script on standard output, or json, with what it leaves out
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
