//! The arguments of `svcgen migrate`. Only declarations.

use clap::{Args, Subcommand};

use super::Format;

/// What to do with migrations.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum MigrateCommand {
    /// Tell what a reviewer should know of each migration
    #[command(after_help = "\
Exit status 1 where something is told that nobody has accepted. A line in a script of the migration
accepts a code, with a reason:

  -- nolint: DS102 nobody reads it since March

Examples:
  svcgen migrate lint
  svcgen migrate lint --format json")]
    Lint(MigrateLint),
    /// Put the migrations of two branches one on top of the other
    #[command(after_help = "\
After a merge of two branches that both added a migration, git reports a conflict in
migrations/svcgen.sum. Merge the schema first. The migrations of the other branch then stay as they
are; those of yours are taken away, and what the schema has besides is planned anew. Where yours are
applied somewhere already and theirs are not, keep yours.

Examples:
  svcgen migrate merge
  svcgen migrate merge --keep-ours")]
    Merge(MigrateMerge),
}

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
