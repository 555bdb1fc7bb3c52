//! Applying migrations to SQLite, on a connection of their own.
//!
//! SQLite rebuilds a table by copying it, dropping the old one and renaming the copy. With
//! foreign keys on, the drop deletes the rows of every table that refers to it, without an
//! error; and inside a transaction they cannot be turned off. So they are off before `begin`,
//! and rows are counted all the same.

mod adopt;
mod carry;
mod catalogue;
mod count;
mod texts;

use catalogue::record;
pub(super) use catalogue::{catalogue, ledger};
#[cfg(test)]
pub(super) use count::{check_references, check_rows, count_rows};

use std::time::{Duration, Instant};

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::{Batch, Connection, types::ValueRef};

use super::{
    DbError, Engine, Event, Ledger, MigrateError, Migration, Mode, Options, Step, Watcher, Way,
    neighbours, script,
};
use crate::db::DbConfig;
use crate::db::sqlite::Location;

/// How long one attempt to get the database waits before another.
const PAUSE: Duration = Duration::from_millis(200);

/// Applies migrations over one connection.
pub(super) struct Runner {
    connection: Connection,
    options: Options,
    watcher: Watcher,
}

/// A migration on its way.
#[derive(Clone, Copy)]
struct Task {
    migration: &'static Migration,
    way: Way,
}

impl Runner {
    /// A runner with a connection of its own, with foreign keys off.
    pub(super) fn open(
        location: &Location,
        config: &DbConfig,
        options: Options,
        watcher: Watcher,
    ) -> Result<Self, MigrateError> {
        let connection = location.open_for_migration(config)?;
        Ok(Self::over(connection, options, watcher))
    }

    /// A runner over a connection that has foreign keys off.
    pub(super) fn over(connection: Connection, options: Options, watcher: Watcher) -> Self {
        Self {
            connection,
            options,
            watcher,
        }
    }

    /// Applies what is pending.
    pub(super) fn up(
        &mut self,
        migrations: &'static [Migration],
    ) -> Result<Vec<&'static str>, MigrateError> {
        let found = ledger(&self.connection)?;
        let pending = found.pending(migrations, Engine::Sqlite)?;
        if pending.is_empty() && !self.options.accept_drift {
            return Ok(Vec::new());
        }
        if found.is_new() {
            neighbours::tell(&self.watcher, catalogue::tables(&self.connection)?);
        }
        if self.options.dry_run {
            return self.rehearse(|runner| {
                let ids = pending.iter().map(|it| it.id).collect();
                for migration in pending {
                    runner.apply_open(migration, Way::Up)?;
                }
                Ok(ids)
            });
        }
        let mut applied = Vec::new();
        for migration in migrations {
            // Another instance may have applied it meanwhile, so the ledger is read again inside.
            let is_done = self.committed(|runner| {
                let ledger = ledger(&runner.connection)?;
                ledger.refuse_drift(&catalogue(&runner.connection)?, &runner.options)?;
                let pending = ledger.pending(migrations, Engine::Sqlite)?;
                let is_pending = pending.iter().any(|it| it.id == migration.id);
                if is_pending {
                    runner.apply_open(migration, Way::Up)?;
                }
                Ok(is_pending)
            })?;
            applied.extend(is_done.then_some(migration.id));
        }
        if self.options.accept_drift {
            self.committed(|runner| runner.remember_catalogue())?;
        }
        Ok(applied)
    }

    /// Takes the last migrations back.
    pub(super) fn down(
        &mut self,
        migrations: &'static [Migration],
        count: usize,
    ) -> Result<Vec<&'static str>, MigrateError> {
        let last = |ledger: &Ledger| ledger.last(migrations, count, Engine::Sqlite);
        if self.options.dry_run {
            return self.rehearse(|runner| {
                let last = last(&ledger(&runner.connection)?)?;
                let ids = last.iter().map(|it| it.id).collect();
                for migration in last {
                    runner.apply_open(migration, Way::Down)?;
                }
                Ok(ids)
            });
        }
        let mut taken = Vec::new();
        for migration in last(&ledger(&self.connection)?)? {
            self.committed(|runner| {
                let ledger = ledger(&runner.connection)?;
                ledger.refuse_drift(&catalogue(&runner.connection)?, &runner.options)?;
                runner.apply_open(migration, Way::Down)
            })?;
            taken.push(migration.id);
        }
        Ok(taken)
    }

    /// Runs something in a transaction that keeps everybody else out.
    fn committed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        self.begin()?;
        let outcome = work(self).and_then(|done| {
            let commit = self.connection.execute_batch("commit");
            commit.map_err(|error| MigrateError::Ledger(error.into()))?;
            Ok(done)
        });
        self.roll_back()?;
        outcome
    }

    /// Does everything, and takes it back.
    fn rehearse<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        self.begin()?;
        let outcome = work(self);
        self.roll_back()?;
        outcome
    }

    fn roll_back(&self) -> Result<(), MigrateError> {
        if !self.connection.is_autocommit() {
            self.connection
                .execute_batch("rollback")
                .map_err(DbError::from)?;
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), MigrateError> {
        self.connection.busy_timeout(PAUSE).map_err(DbError::from)?;
        let since = Instant::now();
        let mut is_told = false;
        loop {
            let Err(error) = self.connection.execute_batch("begin exclusive") else {
                break;
            };
            let DbError::Unavailable(_) = DbError::from(error) else {
                return Err(MigrateError::Locked);
            };
            if !is_told {
                (self.watcher)(&Event::Waiting);
                is_told = true;
            }
            if since.elapsed() >= self.options.patience {
                return Err(MigrateError::Locked);
            }
            // In memory a lock is refused at once.
            std::thread::sleep(PAUSE / 10);
        }
        catalogue::create_ledger(&self.connection)?;
        Ok(())
    }

    /// A rebuild copies the columns that the plan knows: what somebody else has added to the table
    /// would be gone.
    fn refuse_loss(&self, migration: &Migration, steps: &[Step]) -> Result<(), MigrateError> {
        let rebuilt: Vec<&String> = steps.iter().flat_map(Step::rebuilt).collect();
        if rebuilt.is_empty() {
            return Ok(());
        }
        let drift = ledger(&self.connection)?.drift(&catalogue(&self.connection)?);
        for table in rebuilt {
            let added = drift.added_to(table);
            if !added.is_empty() {
                return Err(MigrateError::Added {
                    id: migration.id.to_owned(),
                    table: table.clone(),
                    added,
                });
            }
        }
        Ok(())
    }

    /// Does the work inside the open transaction.
    fn apply_open(&mut self, migration: &'static Migration, way: Way) -> Result<(), MigrateError> {
        let begun = Instant::now();
        let task = Task { migration, way };
        let steps = task.steps()?;
        self.refuse_loss(migration, &steps)?;
        (self.watcher)(&Event::Begun {
            id: migration.id.to_owned(),
            way,
            steps: steps.len(),
        });
        for (index, step) in steps.iter().enumerate() {
            self.run_step(task, index + 1, step)?;
        }
        count::check_references(&self.connection, migration)?;
        let took = begun.elapsed();
        match way {
            Way::Up => record(&self.connection, migration, took)?,
            Way::Down => {
                let forget = "delete from svcgen_migrations where id = ?1";
                self.connection
                    .execute(forget, [migration.id])
                    .map_err(DbError::from)?;
            }
        }
        self.remember_catalogue()?;
        (self.watcher)(&Event::Done {
            id: migration.id.to_owned(),
            took,
        });
        Ok(())
    }

    fn remember_catalogue(&self) -> Result<(), MigrateError> {
        let text = catalogue(&self.connection)?;
        let keep = "update svcgen_migrations set catalogue = ?1
            where id = (select max(id) from svcgen_migrations)";
        self.connection
            .execute(keep, [text])
            .map_err(DbError::from)?;
        Ok(())
    }

    fn run_step(&self, task: Task, number: usize, step: &Step) -> Result<(), MigrateError> {
        (self.watcher)(&Event::Step {
            number,
            mode: step.mode,
            title: step.title.clone(),
        });
        match step.mode {
            Mode::Check => self.check(task, number, step),
            Mode::Transaction => self.change(task, number, step),
            Mode::Autocommit | Mode::Batches => Err(MigrateError::Script {
                id: task.migration.id.to_owned(),
                what: format!("SQLite has no `{}` steps", step.mode.name()),
            }),
        }
    }

    fn check(&self, task: Task, number: usize, step: &Step) -> Result<(), MigrateError> {
        let failed = |error: rusqlite::Error| task.failed(step.called(number), error);
        let mut statement = self.connection.prepare(&step.sql).map_err(failed)?;
        let names: Vec<String> = statement
            .column_names()
            .iter()
            .map(|it| (*it).to_owned())
            .collect();
        let mut rows = statement.query([]).map_err(failed)?;
        let mut sample = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let mut values = Vec::with_capacity(names.len());
            for (index, name) in names.iter().enumerate() {
                let value = row.get_ref(index).map_err(failed)?;
                values.push(format!("{name} = {}", shown(value)));
            }
            sample.push(values.join(", "));
        }
        if sample.is_empty() {
            return Ok(());
        }
        let all = format!("select count(*) from ({})", step.unlimited());
        let count = self.connection.query_row(&all, [], |row| row.get(0));
        Err(MigrateError::Check {
            id: task.migration.id.to_owned(),
            title: step.title.clone(),
            // What cannot be counted is at least what was seen.
            count: count.unwrap_or_else(|_| i64::try_from(sample.len()).unwrap_or(i64::MAX)),
            rows: sample,
        })
    }

    fn change(&self, task: Task, number: usize, step: &Step) -> Result<(), MigrateError> {
        let before = count::Before::of(&self.connection, step)?;
        let carried = carry::Carried::take(&self.connection, step)?;
        // A `commit` among the statements would keep half of the work without its row in the ledger.
        self.connection
            .commit_hook(Some(|| true))
            .map_err(DbError::from)?;
        let outcome = self.run_statements(task, number, step);
        self.connection
            .commit_hook(None::<fn() -> bool>)
            .map_err(DbError::from)?;
        if self.connection.is_autocommit() {
            return match outcome {
                // SQLite itself rolls back when there is no room.
                Err(MigrateError::Failed { ref source, .. })
                    if matches!(**source, DbError::DiskFull) =>
                {
                    outcome
                }
                _ => Err(MigrateError::EndsTransaction(task.migration.id.to_owned())),
            };
        }
        outcome?;
        carried.restore(&self.connection).map_err(|(what, error)| {
            task.failed(format!("{}, {what}", step.called(number)), error)
        })?;
        before.compare(&self.connection, task.migration)
    }

    fn run_statements(&self, task: Task, number: usize, step: &Step) -> Result<(), MigrateError> {
        let mut batch = Batch::new(&self.connection, &step.sql);
        let mut count = 0;
        loop {
            let called = || format!("{}, statement {}", step.called(number), count + 1);
            let failed = |error: rusqlite::Error| task.failed(called(), error);
            let Some(mut statement) = batch.next().map_err(failed)? else {
                return Ok(());
            };
            let mut rows = statement.raw_query();
            while rows.next().map_err(failed)?.is_some() {}
            count += 1;
            (self.watcher)(&Event::Statement {
                step: number,
                number: count,
            });
        }
    }
}

impl Task {
    fn steps(self) -> Result<Vec<Step>, MigrateError> {
        let text = self.migration.text(Engine::Sqlite, self.way);
        script::steps(text).map_err(|what| MigrateError::Script {
            id: self.migration.id.to_owned(),
            what,
        })
    }

    fn failed(self, step: String, error: rusqlite::Error) -> MigrateError {
        MigrateError::Failed {
            id: self.migration.id.to_owned(),
            step,
            done: 0,
            source: Box::new(error.into()),
        }
    }
}

/// A value for people; a long one is cut.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let cut: String = text.chars().take(60).collect();
            let dots = if cut.len() < text.len() { "…" } else { "" };
            format!("'{cut}{dots}'")
        }
        ValueRef::Blob(octets) => {
            let digits: Vec<String> = octets
                .iter()
                .take(16)
                .map(|it| format!("{it:02x}"))
                .collect();
            let dots = if octets.len() > 16 { "…" } else { "" };
            format!("x'{}{dots}'", digits.concat())
        }
    }
}
