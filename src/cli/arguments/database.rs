//! Options of the commands about databases: `import` and `migrate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DatabaseName, Format, MigrateAdopt, MigrateLint, MigrateMerge};

/// Options of `import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// A SQLite file, or the URL of a PostgreSQL database
    #[arg(long, value_name = "URL|FILE")]
    pub from: String,
    /// The directory to write to [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// The service's name [default: the database's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The namespace of a PostgreSQL database whose tables are read
    #[arg(long, value_name = "SCHEMA", default_value = "public")]
    pub schema: String,
    /// Print the schema on standard output, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// How the report is told: human, on standard error, or json, on standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}

/// Options of `migrate`.
#[derive(Debug, Clone, Args)]
pub struct Migrate {
    /// What to do.
    #[command(subcommand)]
    pub command: MigrateCommand,
}

/// What to do with migrations.
#[derive(Debug, Clone, Subcommand)]
pub enum MigrateCommand {
    /// List the migrations; the exit status is 3 when one was edited since it was written
    List {
        /// How they are listed: human or json
        #[arg(
            long,
            value_name = "FORMAT",
            default_value = "human",
            hide_possible_values = true
        )]
        format: Format,
    },
    /// Show one migration: its changes, its steps, the locks they take, the way back
    Show(Show),
    /// Tell what a reviewer should know of each migration
    #[command(after_help = "\
Exit status 1 where something is told that nobody has accepted. A line in a script of the migration
accepts a code, with a reason:

  -- nolint: DS102 nobody reads it since March

Examples:
  svcgen migrate lint
  svcgen migrate lint --format json")]
    Lint(MigrateLint),
    /// Write the script by which the service takes over a database that exists
    #[command(after_help = "\
The script makes the tables of the service of those that are there, and copies their rows; the old
tables stay, under names that begin with svcgen_adopted. It is printed on standard output, to be read
and edited. The service runs it as one transaction, and keeps it only where the tables are then what
the migrations would have made.

Examples:
  svcgen migrate adopt --from old.db > adopt.sql
  shop migrate adopt --script adopt.sql --dry-run    the service tries it, and takes it back")]
    Adopt(MigrateAdopt),
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

/// Options of `migrate show`.
#[derive(Debug, Clone, Args)]
pub struct Show {
    /// The migration, or its number [default: the last one]
    pub id: Option<String>,
    /// Only this database: sqlite or postgres
    #[arg(long, value_name = "DATABASE", hide_possible_values = true)]
    pub database: Option<DatabaseName>,
    /// The way back instead of the way there
    #[arg(long)]
    pub down: bool,
    /// With the statements
    #[arg(long)]
    pub sql: bool,
    /// How it is shown: human or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}
