//! Taking over a database that has tables, but no ledger that tells where they come from.
//!
//! A script may bring the tables into the form that the migrations would have given them.
//! What counts is what is there then: the migrations are applied to a database that is empty,
//! the two describe themselves, and only where nothing is missing are the migrations recorded.
//! Nothing of this module knows an engine; each has an `adopt` of its own.

#[cfg(feature = "sqlite")]
use std::collections::BTreeSet;

use super::{Drift, Engine, Ledger, MigrateError, Migration, Options, Watcher};
use crate::db::{Backend, Db};

/// What is to be taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopt {
    /// The last migration that counts as applied; the newest where none is named.
    pub to: Option<String>,
    /// Steps that bring the tables into form, run and kept only if they do.
    pub script: Option<String>,
}

/// What was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// The migrations that count as applied now.
    pub recorded: Vec<&'static str>,
    /// What is there beside what the migrations make; it stays.
    pub beside: Drift,
}

/// What stands for the script where errors name a migration.
pub(super) static SCRIPT: Migration = Migration::new("adoption", "", "");

/// Compares the database with what the migrations make, and records them as applied if it has
/// all of that, under the lock that every run takes. Nothing of a migration is run.
pub async fn adopt(
    db: &Db,
    migrations: &'static [Migration],
    adopt: Adopt,
    options: Options,
    watcher: Watcher,
) -> Result<Adopted, MigrateError> {
    super::check(migrations, db.engine())?;
    match &db.0.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite(backend) => {
            let (location, config) = (backend.location().clone(), db.0.config.clone());
            let run = move || {
                let mut runner = super::sqlite::Runner::open(&location, &config, options, watcher)?;
                runner.adopt(migrations, &adopt, &config)
            };
            tokio::task::spawn_blocking(run)
                .await
                .map_err(crate::db::DbError::other)?
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres(backend) => {
            super::postgres::adopt(backend.settings(), migrations, &adopt, &options, &watcher).await
        }
    }
}

impl Adopt {
    /// The migrations that are to be recorded, if the ledger agrees with the binary.
    pub(super) fn wanted(
        &self,
        ledger: &Ledger,
        migrations: &'static [Migration],
        engine: Engine,
    ) -> Result<Vec<&'static Migration>, MigrateError> {
        let pending = ledger.pending(migrations, engine)?;
        if let Some(unfinished) = &ledger.unfinished {
            return Err(MigrateError::HalfUp(unfinished.id.clone()));
        }
        if self.script.is_some() && !ledger.entries.is_empty() {
            return Err(MigrateError::AdoptedBefore);
        }
        let Some(to) = &self.to else {
            return Ok(pending);
        };
        if migrations.iter().all(|it| it.id != to) {
            return Err(MigrateError::NoSuch(to.clone()));
        }
        Ok(pending
            .into_iter()
            .filter(|it| it.id <= to.as_str())
            .collect())
    }
}

/// What the migrations leave in a database that was empty, after each of them.
#[derive(Debug)]
pub(super) struct Replayed(pub(super) Vec<(String, String)>);

impl Replayed {
    /// From the ledger of the database that was empty.
    pub(super) fn of(ledger: Ledger) -> Self {
        let entries = ledger.entries.into_iter();
        Self(
            entries
                .map(|it| (it.id, it.catalogue.unwrap_or_default()))
                .collect(),
        )
    }

    /// The catalogue after a migration.
    pub(super) fn after(&self, id: &str) -> &str {
        let found = self.0.iter().find(|(it, _)| it == id);
        found.map_or("", |(_, catalogue)| catalogue)
    }

    /// The tables that there are after a migration.
    #[cfg(feature = "sqlite")]
    pub(super) fn tables(&self, id: &str) -> BTreeSet<&str> {
        self.after(id).lines().filter_map(table_of).collect()
    }

    /// Compares a database with what stands after a migration; what is there beside it is the answer.
    pub(super) fn compare(
        &self,
        id: &str,
        live: &str,
        options: &Options,
    ) -> Result<Drift, MigrateError> {
        let drift = Drift::between(self.after(id), live);
        if options.accept_drift || !is_grave(&drift, self.after(id)) {
            return Ok(drift);
        }
        let fits = self.0.iter().rev().find(|(_, after)| {
            let drift = Drift::between(after, live);
            !is_grave(&drift, after)
        });
        Err(MigrateError::NotAdopted {
            id: id.to_owned(),
            drift,
            fits: fits.map(|(id, _)| id.clone()),
        })
    }
}

/// Whether the service would miss something, or a table of its own demands or forbids what it
/// has never heard of. Indexes, triggers, views and tables of others are theirs.
fn is_grave(drift: &Drift, expected: &str) -> bool {
    let own: Vec<&str> = expected.lines().filter_map(table_of).collect();
    let mut unexpected = drift.unexpected.iter().filter_map(|it| table_of(it));
    !drift.missing.is_empty() || unexpected.any(|table| own.contains(&table))
}

/// The table that a line of a catalogue defines a part of.
fn table_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("table ")?;
    Some(rest.split(": ").next().unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_beside_it_is_theirs() {
        let expected = "table a\ntable a: column x text";
        let is_grave = |live: &str| is_grave(&Drift::between(expected, live), expected);
        assert!(!is_grave("table a\ntable a: column x text"));
        assert!(!is_grave(
            "index i: of a\ntable a\ntable a: column x text\ntable b\ntable b: column y text"
        ));
        assert!(is_grave(
            "table a\ntable a: column x text\ntable a: column y text not null"
        ));
        assert!(is_grave("table a"));
    }
}
