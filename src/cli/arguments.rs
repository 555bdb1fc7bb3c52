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

use super::new::examples;

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

Exit status: 0 ok, 1 the schema is wrong, 2 wrong usage or an internal error, 3 a file is in the way.")]
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
            Self::Check(options) => options.format,
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
times are left alone when it has not. Seeded files (src/main.rs, src/<entity>/rules.rs, …) are
written once and then yours; migrations are never rewritten. If a file that svcgen keeps up to
date was edited by hand, nothing is written, the files are listed and the exit status is 3.

Examples:
  svcgen generate
  svcgen generate --dry-run       list what would be written
  svcgen --project api generate   the project in ./api"
    )]
    Generate(Generate),
    /// Describe a new entity in the schema, and generate what comes of it
    #[command(after_help = FIELDS_HELP)]
    AddEntity(AddEntity),
    /// Add fields to an entity, and generate what comes of them
    #[command(after_help = "\
Columns go after the entity's columns, collections to the end; comments, order and layout of the
file stay as they are.

Examples:
  svcgen add-field Order placed_at:timestamp? 'total:decimal(12,2)'
  svcgen add-field Customer 'orders:many(Order)'")]
    AddField(AddField),
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

const FIELDS_HELP: &str = "\
Fields are NAME:TYPE; a `?` makes one nullable. Types: string text int bigint float decimal(P,S)
bool uuid date time timestamp duration json bytes enum(a,b) list(TYPE), the name of an entity for
a reference, many(ENTITY) for its other side. In a terminal, what is not given is asked.

Examples:
  svcgen add-entity Order customer:Customer total:'decimal(12,2)' status:'enum(draft,paid)' note:'text?'
  svcgen add-entity Tag name:string --dry-run     lists what would be written
  svcgen add-entity                               asks";

/// How a command that changes the schema goes about it.
#[derive(Debug, Clone, Copy, Args)]
pub struct Manner {
    /// List on standard output what would be written, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    pub no_input: bool,
    /// How the outcome is told: human, on standard error, or json, on standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}

/// Options of `add-entity`.
#[derive(Debug, Clone, Args)]
pub struct AddEntity {
    /// Its name in the singular, such as `Order`
    pub name: Option<String>,
    /// Its fields, such as `total:'decimal(12,2)'`
    #[arg(value_name = "FIELD:TYPE")]
    pub fields: Vec<String>,
    /// What one record is
    #[arg(long, value_name = "TEXT")]
    pub doc: Option<String>,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `add-field`.
#[derive(Debug, Clone, Args)]
pub struct AddField {
    /// The entity that gets them
    pub entity: Option<String>,
    /// The fields, such as `note:text?`
    #[arg(value_name = "FIELD:TYPE")]
    pub fields: Vec<String>,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `remove-entity`.
#[derive(Debug, Clone, Args)]
pub struct RemoveEntity {
    /// The entity
    pub entity: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `rename-entity`.
#[derive(Debug, Clone, Args)]
pub struct RenameEntity {
    /// Its name so far
    pub old: String,
    /// Its new name
    pub new: String,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// Options of `rename-field`.
#[derive(Debug, Clone, Args)]
pub struct RenameField {
    /// The entity that has it
    pub entity: String,
    /// Its name so far
    pub old: String,
    /// Its new name
    pub new: String,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
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

Examples:
  svcgen new shop                              asks what it needs
  svcgen new shop --example shop --run         generates, builds and starts the example
  svcgen new notes --entity 'Note title:string body:text? pinned:bool'
  svcgen new shop --from ../schemas/shop       from schema files")]
pub struct New {
    /// The service's name, such as `web-shop` [default: the example's]
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
    /// Write into a directory that is not empty; files that are there are still never overwritten
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
#[derive(Debug, Clone, Copy, Args)]
pub struct Generate {
    /// List on standard output what would be written, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

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
