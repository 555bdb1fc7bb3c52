//! Options of the commands about single files.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// What `status` says at its end.
pub const STATUS_HELP: &str = "\
Classes: managed files are kept up to date and your edits in them are kept; seeded files were written
once and are yours; sealed files are derived and overwritten; history is written once and never
changes. Files that are as generated, and your edits of seeded files, are listed with --all only.

Examples:
  svcgen status
  svcgen status --all
  svcgen status --format json";

/// What `own` says at its end.
pub const OWN_HELP: &str = "\
For a file that is to go its own way. It stays on record as yours, and what svcgen would write there
by now is still to be seen: `svcgen diff FILE`. `svcgen restore FILE` gives it back.

Example:
  svcgen own src/app.rs";

/// What `restore` says at its end.
pub const RESTORE_HELP: &str = "\
For a file whose edits are no longer wanted, that was deleted, or that was taken over with `own`.

Examples:
  svcgen restore src/app.rs
  svcgen restore src/order/rules.rs tests/api/order.rs";

/// What `mv` says at its end.
pub const MOVE_HELP: &str = "\
Moves the file, or takes down that you moved it: it is kept up to date at its new place from then on,
with your edits. A moved Rust file keeps the name of its module; the file that declares it says where
it is. `svcgen mv NEW OLD` takes it back, `svcgen restore OLD` writes it anew at its old place.

Examples:
  svcgen mv src/order/model.rs src/order/shapes.rs
  git mv README.md docs/README.md && svcgen mv README.md docs/README.md";

/// Options of `mv`.
#[derive(Debug, Clone, Args)]
pub struct Move {
    /// Where svcgen knows the file, relative to the project or to where you are
    pub from: PathBuf,
    /// Where it goes, or has gone: a path, or a directory that is there
    pub to: PathBuf,
}

/// Options of `status`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Status {
    /// List every file
    #[arg(short, long)]
    pub all: bool,
    /// How it is told: human, or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub format: Format,
}

/// One file of the project.
#[derive(Debug, Clone, Args)]
pub struct OneFile {
    /// The file, relative to the project or to where you are
    pub file: PathBuf,
}

/// Some files of the project.
#[derive(Debug, Clone, Args)]
pub struct Files {
    /// The files, relative to the project or to where you are
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}
