//! Options of the commands that change the schema.

use clap::Args;

use super::{Format, OnConflictName};

/// What `add-entity` says at its end.
pub const FIELDS_HELP: &str = "\
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
    /// Where both changed: stop, markers, yours, generated, beside [default: markers in a terminal]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub on_conflict: Option<OnConflictName>,
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
    /// What records that are there get of a new field that is required, as the schema writes it
    #[arg(long, value_name = "FIELD=VALUE")]
    pub backfill: Vec<String>,
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
