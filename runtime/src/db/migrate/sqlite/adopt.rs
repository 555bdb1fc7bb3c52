//! Taking over a file: everything in the one transaction that keeps everybody else out.

use std::sync::Arc;
use std::time::Duration;

use super::{Location, Runner, Task, catalogue, count, ledger, record, texts};
use crate::db::migrate::adopt::{Adopt, Adopted, Replayed, SCRIPT};
use crate::db::migrate::{Drift, Event, MigrateError, Migration, Options, Way, script};
use crate::db::{DbConfig, DbError, Engine};

impl Runner {
    /// Records migrations without running them, if the tables are as they would have made them.
    pub(in crate::db::migrate) fn adopt(
        &mut self,
        migrations: &'static [Migration],
        adopt: &Adopt,
        config: &DbConfig,
    ) -> Result<Adopted, MigrateError> {
        let replayed = replayed(migrations, config)?;
        let work = |runner: &mut Self| runner.adopt_open(migrations, adopt, &replayed);
        if self.options.dry_run {
            self.rehearse(work)
        } else {
            self.committed(work)
        }
    }

    /// Does the work inside the open transaction.
    fn adopt_open(
        &mut self,
        migrations: &'static [Migration],
        adopt: &Adopt,
        replayed: &Replayed,
    ) -> Result<Adopted, MigrateError> {
        let found = ledger(&self.connection)?;
        let wanted = adopt.wanted(&found, migrations, Engine::Sqlite)?;
        let Some(last) = wanted.last() else {
            return Ok(Adopted {
                recorded: Vec::new(),
                beside: Drift::default(),
            });
        };
        if let Some(text) = &adopt.script {
            self.run_script(text)?;
        }
        let live = catalogue(&self.connection)?;
        let beside = replayed.compare(last.id, &live, &self.options)?;
        for table in replayed.tables(last.id) {
            texts::check(&self.connection, table)?;
        }
        for migration in &wanted {
            record(&self.connection, migration, Duration::ZERO)?;
            let keep = "update svcgen_migrations set catalogue = ?1 where id = ?2";
            self.connection
                .execute(keep, [replayed.after(migration.id), migration.id])
                .map_err(DbError::from)?;
        }
        self.remember_catalogue()?;
        Ok(Adopted {
            recorded: wanted.iter().map(|it| it.id).collect(),
            beside,
        })
    }

    fn run_script(&self, text: &str) -> Result<(), MigrateError> {
        let task = Task {
            migration: &SCRIPT,
            way: Way::Up,
        };
        let steps = script::steps(text).map_err(|what| MigrateError::Script {
            id: SCRIPT.id.to_owned(),
            what,
        })?;
        (self.watcher)(&Event::Begun {
            id: SCRIPT.id.to_owned(),
            way: Way::Up,
            steps: steps.len(),
        });
        for (index, step) in steps.iter().enumerate() {
            self.run_step(task, index + 1, step)?;
        }
        count::check_references(&self.connection, &SCRIPT)
    }
}

/// What the migrations make of an empty database, in memory.
fn replayed(migrations: &'static [Migration], config: &DbConfig) -> Result<Replayed, MigrateError> {
    let location = Location::parse("sqlite::memory:")?;
    let mut runner = Runner::open(&location, config, Options::default(), Arc::new(|_| {}))?;
    runner.up(migrations)?;
    Ok(Replayed::of(ledger(&runner.connection)?))
}
