//! What the command line understands. Only declarations; clap reads them.
#![expect(
    clippy::doc_markdown,
    reason = "help texts are read in a terminal, where backticks are noise"
)]

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{
        PossibleValuesParser, Styles,
        styling::{AnsiColor, Effects},
    },
};

pub use database::{Import, Migrate, MigrateCommand, Show};
pub use evolve::{AddEntity, AddField, Manner, RemoveEntity, RenameEntity, RenameField};
pub use files::{Files, Move, OneFile, Status};
pub use migrate::{MigrateAdopt, MigrateLint, MigrateMerge};

use super::new::examples;
use crate::reconcile::OnConflict;

mod database;
mod evolve;
mod files;
mod migrate;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// Writes complete Rust services from YAML schemas, and again after every change.
#[derive(Debug, Parser)]
#[command(name = "svcgen", version, styles = STYLES, max_term_width = 100, after_help = "\
Examples:
  svcgen new shop --example shop --run    a service that answers, from an example
  svcgen generate                         after a change of svcgen.yaml or entities/*.yaml
  svcgen check                            only look for mistakes in the schema

Exit status: 0 ok, 1 the schema is wrong or `--check` found something,
2 wrong usage or an internal error, 3 a file is in the way.")]
pub struct Arguments {
    /// What holds for all commands.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Command {
    /// How the command tells its outcome, where that can be chosen.
    pub fn format(&self) -> Format {
        match self {
            Self::AddEntity(options) => options.manner.format,
            Self::AddField(options) => options.manner.format,
            Self::RemoveEntity(options) => options.manner.format,
            Self::RenameEntity(options) => options.manner.format,
            Self::RenameField(options) => options.manner.format,
            Self::Generate(options) => options.format,
            Self::Status(options) => options.format,
            Self::Check(options) => options.format,
            Self::Migrate(Migrate {
                command: MigrateCommand::Lint(options),
            }) => options.format,
            _ => Format::Human,
        }
    }
}

/// What holds for all commands.
#[derive(Debug, Args)]
pub struct Common {
    /// The project's directory [default: the nearest one with a svcgen.yaml, here or above]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub project: Option<PathBuf>,
    /// When to colour the output: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub color: Color,
    /// Say more: every file, and how long each stage took
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// Say nothing but errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    pub quiet: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begin a new service
    New(New),
    /// Bring the service up to date with its schema
    #[command(
        visible_alias = "gen",
        after_help = "\
Files that svcgen keeps up to date are rewritten when what they say has changed, and their
times are left alone when it has not. Edit them: your changes are merged with svcgen's. Seeded
files (src/main.rs, src/<entity>/rules.rs, …) are written once and then yours; migrations are
never rewritten. Where you and svcgen changed the same place, a terminal gets conflict markers;
without one nothing is written, the conflicts are listed and the exit status is 3.

A new migration is run there and back, over rows made to break it, before it is written: in memory
on SQLite, and on a PostgreSQL server that is started for that where its programs are installed, or
in the database that --postgres-url or SVCGEN_POSTGRES_URL names. --no-postgres-proof, or
SVCGEN_NO_POSTGRES_PROOF=1, saves the half second that the latter takes.

Examples:
  svcgen generate
  svcgen generate --dry-run       list what would be written
  svcgen generate --diff          show it, line by line
  svcgen generate --check         for CI: exit status 1 where files are not up to date
  svcgen --project api generate   the project in ./api"
    )]
    Generate(Generate),
    /// Describe a new entity in the schema, and generate what comes of it
    #[command(after_help = evolve::FIELDS_HELP)]
    AddEntity(AddEntity),
    /// Add fields to an entity, and generate what comes of them
    #[command(after_help = "\
Columns go after the entity's columns, collections to the end; comments, order and layout of the
file stay as they are.

Examples:
  svcgen add-field Order placed_at:timestamp? 'total:decimal(12,2)' --backfill total=0
  svcgen add-field Customer 'orders:many(Order)'")]
    AddField(AddField),
    /// See to the conflicts that the last run has marked in files
    #[command(after_help = "\
Examples:
  svcgen resolve --list        which files have conflicts, and which of them are resolved
  svcgen resolve --continue    all are resolved, and no markers are left
  svcgen resolve --abort       as before the run that found the conflicts")]
    Resolve(Resolve),
    /// Take back the last run that wrote files
    #[command(after_help = "\
All files are as before the run, svcgen.lock and .svcgen/ included. If one of them was changed
since, nothing is taken back, unless --force says so. Undoing twice brings the run back.

Example:
  svcgen undo")]
    Undo(Undo),
    /// Give an entity another name, and keep its rows and your code
    #[command(after_help = "\
The file of the entity is renamed, what refers to it follows, and `was:` remembers the old name, so
that the migration renames the tables. Your files move with the slice; names in them are renamed by
token where they are certain, and what you should look at is listed.

Examples:
  svcgen rename-entity Order Purchase
  svcgen rename-entity Order Purchase --dry-run")]
    RenameEntity(RenameEntity),
    /// Give a field another name, and keep its values and your code
    #[command(after_help = "\
Indexes, orders, filters and collections that name the field follow, and `was:` remembers the old
name, so that the migration renames the column.

Examples:
  svcgen rename-field Order total amount
  svcgen rename-field Order total amount --format json")]
    RenameField(RenameField),
    /// Take an entity out of the schema and the service
    #[command(after_help = "\
Collections of other entities that hold it go along; references to it refuse the removal. Files that
you edited stay where they are, outside of the module tree; the others go. `svcgen undo` takes it
back. What happens to the tables is said before anything runs.

Examples:
  svcgen remove-entity Tag              asks
  svcgen remove-entity Tag --yes
  svcgen remove-entity Tag --dry-run")]
    RemoveEntity(RemoveEntity),
    /// How every file stands: whose it is, and what became of it
    #[command(after_help = files::STATUS_HELP)]
    Status(Status),
    /// What you changed in a file against what svcgen generated
    #[command(after_help = "\
Examples:
  svcgen diff src/app.rs
  svcgen diff src/app.rs | less -R --color always")]
    Diff(OneFile),
    /// Take files over: svcgen leaves them alone from here on
    #[command(after_help = files::OWN_HELP)]
    Own(Files),
    /// Put files back as svcgen makes them; `svcgen undo` has what was there
    #[command(after_help = files::RESTORE_HELP)]
    Restore(Files),
    /// Move a file that svcgen writes, or say that you moved it
    #[command(after_help = files::MOVE_HELP)]
    Mv(Move),
    /// Look for mistakes in the schema, and write nothing
    #[command(after_help = "\
Examples:
  svcgen check
  svcgen check --format json      for editors and scripts; on standard output")]
    Check(Check),
    /// Read the tables of an existing database into a schema
    #[command(after_help = "\
The database is only read. What a schema cannot say (views, triggers, composite keys, partial
indexes, …) is listed with the reason; what is written passes `svcgen check`.

Examples:
  svcgen import --from old.db --into shop
  svcgen import --from postgres://me@localhost/shop --into shop
  svcgen import --from old.db --dry-run         the schema on standard output")]
    Import(Import),
    /// Read the migrations of the project as a reviewer does
    #[command(after_help = "\
The service itself runs them: `migrate up`, `down`, `status` and `plan` of its own command line.

Examples:
  svcgen migrate list                      each migration, and whether it is as it was written
  svcgen migrate show                      the last one: what changes, step by step, on each database
  svcgen migrate show 0002 --sql --database postgres
  svcgen migrate show 0002 --format json   for programs")]
    Migrate(Migrate),
    /// Explain the code of a diagnostic, or list them all
    #[command(after_help = "Example:\n  svcgen explain S0101")]
    Explain {
        /// A code such as S0101
        code: Option<String>,
    },
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  svcgen completions bash > ~/.local/share/bash-completion/completions/svcgen
  svcgen completions zsh > \"${fpath[1]}/_svcgen\"")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command
    Man {
        /// Write the pages into this directory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Options of `new`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[command(after_help = "\
In a terminal, what is not given is asked. Without one, or with --no-input, a service without
entities begins with an example entity, Note.

Fields are NAME:TYPE; a `?` makes one nullable. Types: string text int bigint float decimal(P,S)
bool uuid date time timestamp duration json bytes enum(a,b) list(TYPE), the name of an entity for
a reference, many(ENTITY) for its other side.

With --force, a README, a configuration, tests and git's files that are there stay as they are,
and are named; a file that the service is built of is in the way.

Examples:
  svcgen new shop                              asks what it needs
  svcgen new shop --example shop --run         generates, builds and starts the example
  svcgen new notes --entity 'Note title:string body:text? pinned:bool'
  svcgen new shop --from ../schemas/shop       from schema files")]
pub struct New {
    /// The service's name, such as `web-shop` [default: that of the example or the schema]
    pub name: Option<String>,
    /// Begin with an example
    #[arg(long, value_name = "EXAMPLE", value_parser = PossibleValuesParser::new(examples::names()),
          conflicts_with_all = ["from", "entity", "doc", "database", "feature"], help_heading = "What it is")]
    pub example: Option<String>,
    /// Begin with the schema of a directory, or with one schema file
    #[arg(long, value_name = "DIR|FILE", conflicts_with_all = ["entity", "doc", "database", "feature"],
          help_heading = "What it is")]
    pub from: Option<PathBuf>,
    /// An entity and its fields; may be repeated
    #[arg(long, value_name = "'NAME FIELD:TYPE …'", help_heading = "What it is")]
    pub entity: Vec<String>,
    /// What the service is for
    #[arg(long, value_name = "TEXT", help_heading = "What it is")]
    pub doc: Option<String>,
    /// A database it can run on: sqlite or postgres; may be repeated [default: both]
    #[arg(
        long,
        value_name = "DATABASE",
        hide_possible_values = true,
        help_heading = "What it is"
    )]
    pub database: Vec<DatabaseName>,
    /// A feature it has: http or openapi; may be repeated [default: both]
    #[arg(
        long,
        value_name = "FEATURE",
        hide_possible_values = true,
        help_heading = "What it is"
    )]
    pub feature: Vec<FeatureName>,
    /// Link the runtime crate of this directory instead of a vendored copy
    #[arg(long, value_name = "DIR", help_heading = "What it is")]
    pub runtime_path: Option<PathBuf>,
    /// The directory to write to [default: ./NAME]
    #[arg(long, value_name = "DIR", help_heading = "How it is written")]
    pub path: Option<PathBuf>,
    /// Ask nothing
    #[arg(long, help_heading = "How it is written")]
    pub no_input: bool,
    /// Write into a directory that is not empty; no file that is there is overwritten
    #[arg(long, help_heading = "How it is written")]
    pub force: bool,
    /// Do not make the directory a git repository
    #[arg(long, help_heading = "How it is written")]
    pub no_git: bool,
    /// Build and start the service at once
    #[arg(long, help_heading = "How it is written")]
    pub run: bool,
}

/// A database by its name in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatabaseName {
    /// Embedded, with no server; the default at run time
    Sqlite,
    /// PostgreSQL, chosen by URL at run time
    Postgres,
}

/// A feature by its name in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FeatureName {
    /// REST, under /v1
    Http,
    /// The OpenAPI document, and its page at /docs
    Openapi,
}

/// Options of `generate`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Generate {
    /// List on standard output what would be written, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Write nothing, and exit with 1 where something would be written; for CI
    #[arg(long)]
    pub check: bool,
    /// Show as a unified diff what would be written, and write nothing
    #[arg(long)]
    pub diff: bool,
    /// How the outcome is told: human (standard error) or json (standard output)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
    /// Where both changed: stop, markers, yours, generated, beside [default: markers in a terminal]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub on_conflict: Option<OnConflictName>,
    /// Refuse where git has changes that are not committed; for CI and scripts
    #[arg(long)]
    pub require_clean: bool,
    /// Let the migration drop columns and tables that the schema no longer has
    #[arg(long)]
    pub allow_drops: bool,
    /// Let the migration make types and limits stricter; records that do not fit stop it
    #[arg(long)]
    pub allow_narrowing: bool,
    /// Let the migration keep what it drops of columns and tables in tables svcgen_stash_…
    #[arg(long)]
    pub stash: bool,
    /// Prove a new migration in this PostgreSQL database, in a schema of its own
    #[arg(long, value_name = "URL", conflicts_with = "no_postgres_proof")]
    pub postgres_url: Option<String>,
    /// Prove a new migration on SQLite alone
    #[arg(long)]
    pub no_postgres_proof: bool,
}

/// What becomes of places that both the user and svcgen changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflictName {
    /// Write nothing at all, and list the conflicts
    Stop,
    /// Write both versions between conflict markers
    Markers,
    /// Take your version there
    Yours,
    /// Take svcgen's version there
    Generated,
    /// Leave the file, and put svcgen's version beside it, as FILE.new
    Beside,
}

impl From<OnConflictName> for OnConflict {
    fn from(name: OnConflictName) -> Self {
        match name {
            OnConflictName::Stop => Self::Stop,
            OnConflictName::Markers => Self::Markers,
            OnConflictName::Yours => Self::Yours,
            OnConflictName::Generated => Self::Generated,
            OnConflictName::Beside => Self::Beside,
        }
    }
}

/// Options of `resolve`.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
pub struct Resolve {
    /// List the files, on standard output
    #[arg(long)]
    pub list: bool,
    /// Put the conflicts behind: no file has markers any more
    #[arg(long)]
    pub r#continue: bool,
    /// Take back the run that found the conflicts
    #[arg(long)]
    pub abort: bool,
}

/// Options of `undo`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Undo {
    /// Also when files were changed since
    #[arg(long)]
    pub force: bool,
}

/// Options of `check`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Check {
    /// How problems are told: human, on standard error, or json, on standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}

/// How problems are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on standard error
    Human,
    /// For programs, on standard output
    Json,
}
