//! One step, in each of the ways in which it can be run.

use std::fmt::Write as _;

use tokio_postgres::Error;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::{Runner, holder};
use crate::db::migrate::script::Step;
use crate::db::migrate::{Event, MigrateError, Migration, Mode, Way};
use crate::db::{DbError, Engine};

const RECORD: &str =
    "insert into svcgen_migration_steps (migration, step, way, checksum, position, done)
values ($1, $2, $3, $4, $5, $6)
on conflict (migration, step) do update set position = excluded.position, done = excluded.done";

/// Where a step stands.
pub(super) struct Place<'a> {
    migration: &'static Migration,
    way: Way,
    number: usize,
    step: &'a Step,
    /// The checks that its transaction begins with, each under its locks.
    checks: &'a [Step],
}

/// Why one attempt failed.
enum Failure {
    /// The database said so, at a statement.
    Said(Error, usize),
    /// The runner itself refuses.
    Refused(MigrateError),
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Said(error, 0)
    }
}

impl Runner<'_> {
    /// Runs a step, as often as it takes to get its locks.
    pub(super) async fn run_step(&self, place: &Place<'_>) -> Result<(), MigrateError> {
        self.tell(place);
        let step = place.step;
        let mut tries = 0;
        loop {
            tries += 1;
            let outcome = match step.mode {
                Mode::Check => self.check(place).await,
                Mode::Transaction => self.transaction(place).await,
                Mode::Autocommit => self.autocommit(place).await,
                Mode::Batches => self.batches(place).await,
            };
            let Err(failure) = outcome else {
                return Ok(());
            };
            // Outside a transaction this is a warning of the server; without a connection it fails too.
            let _ = self.session("rollback").await;
            match failure {
                Failure::Said(error, statement) if is_passing(&error) => {
                    let because = self.in_the_way(step, &error).await;
                    if tries >= self.options.tries {
                        self.drop_invalid_indexes(step).await;
                        return Err(place.failed(DbError::Unavailable(because), statement));
                    }
                    self.retrying(&step.title, because, tries).await;
                }
                Failure::Said(error, statement) => {
                    self.drop_invalid_indexes(step).await;
                    return Err(place.failed(error.into(), statement));
                }
                Failure::Refused(error) => return Err(error),
            }
        }
    }

    fn tell(&self, place: &Place<'_>) {
        let steps = place.checks.iter().chain([place.step]);
        for (number, step) in (place.number - place.checks.len()..).zip(steps) {
            (self.watcher)(&Event::Step {
                number,
                mode: step.mode,
                title: step.title.clone(),
            });
        }
    }

    /// What the database said, and whose doing it is.
    async fn in_the_way(&self, step: &Step, error: &Error) -> String {
        let who = holder::of(self.client, &step.sql).await;
        let who = who.map_or_else(String::new, |who| format!("; {who}"));
        format!("{}{who}", said(error))
    }

    fn limits(&self, local: &str) -> String {
        let (lock, statement) = (self.options.lock_timeout, self.options.statement_timeout);
        format!(
            "set {local} lock_timeout = {}; set {local} statement_timeout = {}",
            lock.as_millis(),
            statement.as_millis()
        )
    }

    async fn check(&self, place: &Place<'_>) -> Result<(), Failure> {
        let begin = format!("begin read only; {}", self.limits("local"));
        self.client.batch_execute(&begin).await?;
        self.refuse_rows(place.migration, place.step).await?;
        self.client.batch_execute("rollback").await?;
        Ok(())
    }

    /// What a check finds is in the way.
    async fn refuse_rows(
        &self,
        migration: &'static Migration,
        check: &Step,
    ) -> Result<(), Failure> {
        let messages = self.client.simple_query(&check.sql).await?;
        let rows: Vec<String> = messages.iter().filter_map(row_text).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let all = format!("select count(*) from ({}) as found", check.unlimited());
        let count = match self.client.query_one(&all, &[]).await {
            Ok(row) => row.try_get(0)?,
            // What cannot be counted is at least what was seen.
            Err(_) => i64::try_from(rows.len()).unwrap_or(i64::MAX),
        };
        Err(Failure::Refused(MigrateError::Check {
            id: migration.id.to_owned(),
            title: check.title.clone(),
            rows,
            count,
        }))
    }

    async fn transaction(&self, place: &Place<'_>) -> Result<(), Failure> {
        let begin = format!("begin; {}", self.limits("local"));
        self.client.batch_execute(&begin).await?;
        self.ask_under_lock(place).await?;
        self.change(place).await?;
        self.record_step(place, None, true).await?;
        self.client.batch_execute("commit").await?;
        Ok(())
    }

    /// What the checks before a step find once nobody else can change it.
    async fn ask_under_lock(&self, place: &Place<'_>) -> Result<(), Failure> {
        for check in place.checks {
            for table in &check.locks {
                let lock = format!("lock table {} in access exclusive mode", quoted(table));
                self.client.batch_execute(&lock).await?;
            }
            self.refuse_rows(place.migration, check).await?;
        }
        Ok(())
    }

    /// A step inside an open transaction that belongs to somebody else.
    pub(super) async fn run_inside(&self, place: &Place<'_>) -> Result<(), MigrateError> {
        self.tell(place);
        let limits = self.limits("local");
        self.session(&limits).await?;
        let work = async {
            self.ask_under_lock(place).await?;
            match place.step.mode {
                Mode::Check => self.refuse_rows(place.migration, place.step).await,
                Mode::Transaction | Mode::Autocommit | Mode::Batches => self.change(place).await,
            }
        };
        work.await.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::Said(error, statement) => place.failed_with(error.into(), statement, 0),
        })
    }

    /// The statements of a step, and the count of the rows that it must not change.
    async fn change(&self, place: &Place<'_>) -> Result<(), Failure> {
        self.client
            .batch_execute("savepoint svcgen_migration")
            .await?;
        let mut before = Vec::with_capacity(place.step.keeps.len());
        for keep in &place.step.keeps {
            // Nobody else may add or remove rows between the two counts. Who takes a lock and asks
            // for a stronger one later may wait for somebody who waits for the first.
            let mode = if place.step.alters() {
                "access exclusive"
            } else {
                "share row exclusive"
            };
            let lock = format!("lock table {} in {mode} mode", quoted(&keep.before));
            self.client.batch_execute(&lock).await?;
            before.push((&keep.after, self.count(&keep.before).await?));
        }
        self.statements(place).await?;
        let ended = self
            .client
            .batch_execute("release savepoint svcgen_migration");
        if let Err(error) = ended.await {
            return Err(ended_early(place, error));
        }
        for (table, before) in before {
            let after = self.count(table).await?;
            if after != before {
                return Err(Failure::Refused(MigrateError::RowsLost {
                    id: place.migration.id.to_owned(),
                    table: table.clone(),
                    before,
                    after,
                }));
            }
        }
        Ok(())
    }

    async fn autocommit(&self, place: &Place<'_>) -> Result<(), Failure> {
        self.client.batch_execute(&self.limits("")).await?;
        let outcome = self.statements(place).await;
        self.client
            .batch_execute("set statement_timeout = 0")
            .await?;
        outcome?;
        self.record_step(place, None, true).await?;
        Ok(())
    }

    async fn statements(&self, place: &Place<'_>) -> Result<(), Failure> {
        for (index, statement) in place.step.statements().into_iter().enumerate() {
            self.client
                .batch_execute(statement)
                .await
                .map_err(|error| Failure::Said(error, index + 1))?;
            (self.watcher)(&Event::Statement {
                step: place.number,
                number: index + 1,
            });
        }
        Ok(())
    }

    async fn batches(&self, place: &Place<'_>) -> Result<(), Failure> {
        let mut position = self.position(place).await?;
        let sql = place.step.sql.trim().trim_end_matches(';');
        let statement = self.client.prepare_typed(sql, &[Type::TEXT]).await?;
        let mut rows = 0;
        loop {
            let begin = format!("begin; {}", self.limits("local"));
            self.client.batch_execute(&begin).await?;
            let row = self.client.query_one(&statement, &[&position]).await?;
            position = row.try_get(0)?;
            rows += row.try_get::<_, i64>(1)?;
            self.record_step(place, position.as_deref(), position.is_none())
                .await?;
            self.client.batch_execute("commit").await?;
            (self.watcher)(&Event::Progress {
                title: place.step.title.clone(),
                rows,
            });
            if position.is_none() {
                return Ok(());
            }
        }
    }

    /// Where a step that was stopped is to go on.
    async fn position(&self, place: &Place<'_>) -> Result<Option<String>, Error> {
        let ask = "select position from svcgen_migration_steps where migration = $1 and step = $2";
        let row = self
            .client
            .query_opt(ask, &[&place.migration.id, &place.step_number()])
            .await?;
        row.map_or(Ok(None), |row| row.try_get(0))
    }

    async fn record_step(
        &self,
        place: &Place<'_>,
        position: Option<&str>,
        done: bool,
    ) -> Result<(), Error> {
        self.client
            .execute(
                RECORD,
                &[
                    &place.migration.id,
                    &place.step_number(),
                    &place.way.name(),
                    &place.migration.checksum(Engine::Postgres),
                    &position,
                    &done,
                ],
            )
            .await?;
        Ok(())
    }

    async fn count(&self, table: &str) -> Result<i64, Error> {
        let sql = format!("select count(*) from {}", quoted(table));
        self.client.query_one(&sql, &[]).await?.try_get(0)
    }

    /// An index that could not be built to its end is of no use, and costs every write.
    async fn drop_invalid_indexes(&self, step: &Step) {
        const FIND: &str =
            "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
            join pg_namespace n on n.oid = c.relnamespace
            where not i.indisvalid and n.nspname = current_schema()";
        if step.mode != Mode::Autocommit {
            return;
        }
        let Ok(rows) = self.client.query(FIND, &[]).await else {
            return;
        };
        for name in rows
            .iter()
            .filter_map(|row| row.try_get::<_, String>(0).ok())
        {
            if step.sql.contains(&name) {
                // The next run does it otherwise.
                let drop = format!("drop index concurrently if exists {}", quoted(&name));
                let _ = self.session(&drop).await;
            }
        }
    }
}

impl<'a> Place<'a> {
    /// The step of this index.
    pub(super) fn of(
        migration: &'static Migration,
        way: Way,
        steps: &'a [Step],
        index: usize,
    ) -> Self {
        let before = &steps[..index];
        let locked = before.iter().rev().take_while(|it| it.is_under_lock());
        Self {
            migration,
            way,
            number: index + 1,
            step: &steps[index],
            checks: &before[index - locked.count()..],
        }
    }

    fn step_number(&self) -> i32 {
        i32::try_from(self.number).unwrap_or(i32::MAX)
    }

    fn failed(&self, error: DbError, statement: usize) -> MigrateError {
        self.failed_with(error, statement, self.number - 1 - self.checks.len())
    }

    /// The same, where so many steps stay done.
    fn failed_with(&self, error: DbError, statement: usize, done: usize) -> MigrateError {
        let mut step = self.step.called(self.number);
        if statement > 0 {
            // Writing to a string cannot fail.
            let _ = write!(step, ", statement {statement}");
        }
        MigrateError::Failed {
            id: self.migration.id.to_owned(),
            step,
            done,
            source: Box::new(error),
        }
    }
}

fn ended_early(place: &Place<'_>, error: Error) -> Failure {
    let ended = [
        SqlState::NO_ACTIVE_SQL_TRANSACTION,
        SqlState::S_E_INVALID_SPECIFICATION,
    ];
    if error.code().is_some_and(|code| ended.contains(code)) {
        Failure::Refused(MigrateError::EndsTransaction(place.migration.id.to_owned()))
    } else {
        error.into()
    }
}

/// Whether it may go away by itself: a lock that somebody holds, a deadlock.
fn is_passing(error: &Error) -> bool {
    let passing = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    error.code().is_some_and(|code| passing.contains(code))
}

fn said(error: &Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |it| it.message().to_owned())
}

/// A row for people.
fn row_text(message: &SimpleQueryMessage) -> Option<String> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(index, column)| {
        let value = match row.get(index) {
            None => "null".to_owned(),
            Some(text) => {
                let cut: String = text.chars().take(60).collect();
                let dots = if cut.len() < text.len() { "…" } else { "" };
                format!("'{cut}{dots}'")
            }
        };
        format!("{} = {value}", column.name())
    });
    Some(values.collect::<Vec<_>>().join(", "))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
