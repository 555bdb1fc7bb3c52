//! One migration as it is written: its name, its files, its link in the chain.

use crate::dialect::Dialect;
use crate::tables::Schema;
use crate::tables::change::Change;
use crate::tables::diff::Diff;

use super::lint::{self, Finding};
use super::sum::{self, Link};
use super::{Plan, json, record, title};

/// Where the migrations of a project are.
pub const FOLDER: &str = "migrations";
/// Where their chain is.
pub const SUM: &str = "migrations/svcgen.sum";
/// The files of a migration's folder that its link in the chain covers, where they are there.
pub const FILES: [&str; 6] = [
    PLAN,
    TABLES,
    "sqlite.sql",
    "sqlite.down.sql",
    "postgres.sql",
    "postgres.down.sql",
];
/// What changes, for people and programs.
pub const PLAN: &str = "plan.json";
/// What changes of the tables that svcgen remembers.
pub const TABLES: &str = "tables.json";

/// The path of a file of a migration.
pub fn path(id: &str, file: &str) -> String {
    format!("{FOLDER}/{id}/{file}")
}

/// A folder as it was found, whatever became of it since it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its files, by name.
    pub files: Vec<(String, String)>,
}

impl Folder {
    /// The text of a file.
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut files = self.files.iter();
        files.find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// What `plan.json` says.
    pub fn plan(&self) -> Result<Option<json::Document>, serde_json::Error> {
        self.text(PLAN).map(json::read).transpose()
    }

    /// Whether these are the files that the link was made of.
    pub fn is_as_written(&self, before: Option<&Link>, link: &Link) -> bool {
        let texts: Vec<(&str, &str)> = self
            .files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        sum::link(before, &link.id, &texts) == *link
    }
}

/// A migration, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its name, which is also its folder's.
    pub id: String,
    /// The way there and back, for each database.
    pub plans: Vec<Plan>,
    /// What a reviewer should know.
    pub findings: Vec<Finding>,
    /// The files of its folder, by name.
    pub files: Vec<(String, String)>,
    /// Its link in the chain.
    pub link: Link,
}

impl Migration {
    /// The migration that makes the changes, if the databases have to do anything for them.
    pub fn of(
        dialects: &[&'static dyn Dialect],
        history: &[Link],
        old: &Schema,
        diff: &Diff,
    ) -> Result<Option<Self>, serde_json::Error> {
        Self::recording(dialects, history, old, old, diff)
    }

    /// The same where the migrations so far have not recorded all of what is remembered: what
    /// the databases had nothing to do for is recorded with the next.
    pub fn recording(
        dialects: &[&'static dyn Dialect],
        history: &[Link],
        recorded: &Schema,
        old: &Schema,
        diff: &Diff,
    ) -> Result<Option<Self>, serde_json::Error> {
        if !diff.changes.iter().any(Change::is_physical) {
            return Ok(None);
        }
        let id = next_id(history, diff);
        let plans: Vec<Plan> = dialects
            .iter()
            .map(|dialect| Plan::of(*dialect, &diff.delta, &id))
            .collect();
        let findings = lint::findings(&diff.changes, &diff.delta, &plans);
        let mut files = vec![(
            PLAN.to_owned(),
            json::write(&id, old, diff, &findings, &plans)?,
        )];
        for plan in &plans {
            files.push((format!("{}.sql", plan.dialect), plan.up_text()));
            files.push((format!("{}.down.sql", plan.dialect), plan.down_text()));
        }
        let record = record::write(recorded, &diff.target)?;
        files.push((TABLES.to_owned(), record));
        let texts: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let link = sum::link(history.last(), &id, &texts);
        Ok(Some(Self {
            id,
            plans,
            findings,
            files,
            link,
        }))
    }
}

/// The number of the next migration.
pub fn next_number(history: &[Link]) -> u64 {
    let numbers = history
        .iter()
        .filter_map(|link| link.id.split('_').next()?.parse::<u64>().ok());
    numbers.max().unwrap_or(0) + 1
}

/// The name of the next migration: a number, and what it is about.
fn next_id(history: &[Link], diff: &Diff) -> String {
    let title = if history.is_empty() {
        "initial".to_owned()
    } else {
        title::of(&diff.changes, &diff.delta)
    };
    format!("{:04}_{title}", next_number(history))
}
