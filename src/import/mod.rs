//! From a database that exists to a schema: what `svcgen import` knows.
//!
//! ```text
//! SQLite file, PostgreSQL ─read→ Catalogue ─understand→ [Draft] ─settle→ YAML files, Notes
//!                                as it is              as svcgen would say it
//! ```
//!
//! Reading never writes. What the schema language cannot say is left out and told of in a
//! [`Note`], with the reason; what is said in another way is told of too. The checker of schemas
//! has the last word: `settle` takes back what it refuses, so what is written passes.
//! When the schema has become a service, [`adopt`] says how the rows get into its tables.
//! This module does not know the project's directory, nor what happens to the files.

pub mod adopt;
pub mod catalogue;
mod connect;
mod defaults;
mod draft;
mod expression;
mod fields;
mod links;
mod names;
mod note;
mod postgres;
mod rules;
mod settle;
mod sql_text;
mod sqlite;
mod types;
mod understand;
mod yaml;

pub use connect::{ConnectError, connect};
pub use note::{Note, Weight, render};

use std::path::Path;

use catalogue::Catalogue;

/// Where a schema is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A SQLite file.
    Sqlite(String),
    /// A PostgreSQL database, by its URL.
    Postgres {
        /// `postgres://…`
        url: String,
        /// The namespace whose tables are read.
        schema: String,
    },
}

impl Origin {
    /// Reads what stands behind `--from`.
    pub fn parse(from: &str, schema: &str) -> Self {
        let is_postgres = from.starts_with("postgres://") || from.starts_with("postgresql://");
        if is_postgres {
            return Self::Postgres {
                url: from.to_owned(),
                schema: schema.to_owned(),
            };
        }
        let path = from
            .strip_prefix("sqlite://")
            .or_else(|| from.strip_prefix("sqlite:"))
            .unwrap_or(from);
        Self::Sqlite(path.split('?').next().unwrap_or(path).to_owned())
    }
}

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The SQLite file cannot be read.
    #[error("cannot read the SQLite database `{path}`")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The PostgreSQL server cannot be reached.
    #[error("cannot reach the PostgreSQL database")]
    Connect(#[from] ConnectError),
    /// The PostgreSQL server refuses.
    #[error("cannot read the PostgreSQL database")]
    Postgres(#[from] ::postgres::Error),
    /// There is nothing that could become an entity.
    #[error("there are no tables in {0}")]
    Empty(String),
    /// What was made of the database does not pass the check; a mistake in svcgen.
    #[error("the schema that was made of the database does not pass `svcgen check`:\n{0}")]
    Unsettled(String),
}

/// A file of the schema, relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `svcgen.yaml` or `entities/NAME.yaml`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A database as a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The service's name.
    pub name: String,
    /// The schema's files, `svcgen.yaml` first.
    pub files: Vec<File>,
    /// What is said otherwise, and what is not said at all.
    pub notes: Vec<Note>,
}

/// Reads a database.
pub fn read(origin: &Origin) -> Result<Catalogue, ImportError> {
    let catalogue = match origin {
        Origin::Sqlite(path) => sqlite::read(path).map_err(|source| ImportError::Sqlite {
            path: path.clone(),
            source,
        })?,
        Origin::Postgres { url, schema } => postgres::read(url, schema)?,
    };
    if catalogue.tables.is_empty() {
        return Err(ImportError::Empty(match origin {
            Origin::Sqlite(path) => format!("`{path}`"),
            Origin::Postgres { schema, .. } => {
                format!("the schema `{schema}` of the database `{}`", catalogue.name)
            }
        }));
    }
    Ok(catalogue)
}

/// Makes a schema of a catalogue. The service is called `name`, or like the database.
pub fn import(catalogue: &Catalogue, name: Option<&str>) -> Result<Imported, ImportError> {
    let mut notes = catalogue.omitted.clone();
    let drafts = understand::drafts(catalogue, &mut notes);
    let name = name.map_or_else(|| names::service(&catalogue.name), str::to_owned);
    let service = yaml::Service::of(&name, catalogue, &drafts);
    let files = settle::settle(&service, drafts, &mut notes)?;
    note::sort(&mut notes);
    Ok(Imported { name, files, notes })
}

/// The name of a file without its directories and its ending.
fn stem(path: &str) -> String {
    let stem = Path::new(path).file_stem();
    stem.map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}
