//! Taking over a schema of a database: the script, the comparison and the record are one
//! transaction. What the migrations would have made is made in a schema of its own, and goes again.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Place, Runner, catalogue, ledger};
use crate::db::migrate::adopt::{Adopt, Adopted, Replayed, SCRIPT};
use crate::db::migrate::{
    Drift, Event, MigrateError, Migration, Mode, Options, Watcher, Way, script,
};
use crate::db::postgres::Settings;
use crate::db::{DbError, Engine};

/// The schema in use, and the path that names are looked for on.
const WHERE: &str = "select current_schema()::text, current_setting('search_path')";

/// Records migrations without running them, if the tables are as they would have made them.
pub(in crate::db::migrate) async fn adopt(
    settings: &Settings,
    migrations: &'static [Migration],
    adopt: &Adopt,
    options: &Options,
    watcher: &Watcher,
) -> Result<Adopted, MigrateError> {
    let connected = settings.connect().await?;
    let runner = Runner {
        client: &connected.client,
        options,
        watcher,
    };
    let work = async {
        let found = runner.hold().await?;
        let wanted = adopt.wanted(&found, migrations, Engine::Postgres)?;
        let Some(last) = wanted.last() else {
            return Ok(Adopted {
                recorded: Vec::new(),
                beside: Drift::default(),
            });
        };
        let replayed = runner.replayed(migrations).await?;
        runner.session("begin").await?;
        let outcome = runner.adopt_open(adopt, &wanted, last.id, &replayed).await;
        let keeps = outcome.is_ok() && !options.dry_run;
        let end = if keeps { "commit" } else { "rollback" };
        let ended = runner.session(end).await;
        let adopted = outcome?;
        ended?;
        Ok(adopted)
    };
    let outcome = work.await;
    runner.let_go().await;
    outcome
}

impl Runner<'_> {
    /// Does the work inside the open transaction.
    async fn adopt_open(
        &self,
        adopt: &Adopt,
        wanted: &[&'static Migration],
        last: &str,
        replayed: &Replayed,
    ) -> Result<Adopted, MigrateError> {
        if let Some(text) = &adopt.script {
            self.run_script(text).await?;
        }
        let live = catalogue(self.client).await?;
        let beside = replayed.compare(last, &live, self.options)?;
        for migration in wanted {
            let after = if migration.id == last {
                live.as_str()
            } else {
                replayed.after(migration.id)
            };
            self.client
                .execute(
                    "insert into svcgen_migrations (id, checksum, applied_at, duration_ms, catalogue) values ($1, $2, $3, 0, $4)",
                    &[&migration.id, &migration.checksum(Engine::Postgres), &Timestamp::now(), &after],
                )
                .await
                .map_err(DbError::from)?;
        }
        Ok(Adopted {
            recorded: wanted.iter().map(|it| it.id).collect(),
            beside,
        })
    }

    async fn run_script(&self, text: &str) -> Result<(), MigrateError> {
        let wrong = |what: String| MigrateError::Script {
            id: SCRIPT.id.to_owned(),
            what,
        };
        let steps = script::steps(text).map_err(wrong)?;
        (self.watcher)(&Event::Begun {
            id: SCRIPT.id.to_owned(),
            way: Way::Up,
            steps: steps.len(),
        });
        for (index, step) in steps.iter().enumerate() {
            if matches!(step.mode, Mode::Autocommit | Mode::Batches) {
                return Err(wrong(format!(
                    "an adoption is one transaction, and has no `{}` steps",
                    step.mode.name()
                )));
            }
            // A `commit` would keep half of it.
            if step.statements().into_iter().any(ends_transaction) {
                return Err(MigrateError::EndsTransaction(SCRIPT.id.to_owned()));
            }
            if !step.is_under_lock() {
                self.run_inside(&Place::of(&SCRIPT, Way::Up, &steps, index))
                    .await?;
            }
        }
        Ok(())
    }

    /// What the migrations make of a schema that is empty.
    async fn replayed(&self, migrations: &'static [Migration]) -> Result<Replayed, MigrateError> {
        let row = self.client.query_one(WHERE, &[]).await;
        let row = row.map_err(DbError::from)?;
        let (home, path): (Option<String>, String) = (
            row.try_get(0).map_err(DbError::from)?,
            row.try_get(1).map_err(DbError::from)?,
        );
        let home = home.ok_or_else(|| DbError::other("the search path names no schema"))?;
        let scratch = scratch_name(&home);
        let named = quoted_where_needed(&home);
        // Nothing but the new schema is on the path: what is there already must not be touched.
        if let Some(migration) = migrations.iter().find(|it| speaks_of(it.postgres, &named)) {
            return Err(MigrateError::NamesSchema {
                id: migration.id.to_owned(),
                schema: home,
            });
        }
        let enter = format!(
            "drop schema if exists {scratch} cascade; create schema {scratch}; set search_path = {scratch}"
        );
        self.session(&enter).await?;
        let outcome = self.replay(migrations).await;
        let leave = format!("set search_path = {path}; drop schema if exists {scratch} cascade");
        let left = self.session(&leave).await;
        let mut replayed = outcome?;
        left?;
        // Some definitions name the schema that they are in.
        for (_, catalogue) in &mut replayed.0 {
            *catalogue = catalogue.replace(&format!("{scratch}."), &format!("{named}."));
        }
        Ok(replayed)
    }

    async fn replay(&self, migrations: &'static [Migration]) -> Result<Replayed, MigrateError> {
        self.session(super::CREATE_LEDGER).await?;
        let options = Options {
            dry_run: false,
            ..self.options.clone()
        };
        let watcher: Watcher = Arc::new(|_| {});
        let silent = Runner {
            client: self.client,
            options: &options,
            watcher: &watcher,
        };
        for migration in migrations {
            let found = ledger(self.client).await?;
            silent.apply(migration, Way::Up, &found).await?;
        }
        Ok(Replayed::of(ledger(self.client).await?))
    }
}

fn ends_transaction(statement: &str) -> bool {
    let first = crate::db::sql::words(statement).next();
    first.is_some_and(|word| {
        ["commit", "end", "rollback", "abort", "prepare"]
            .iter()
            .any(|it| word.eq_ignore_ascii_case(it))
    })
}

/// A name of letters, digits and underscores, of its own for each schema of a service.
fn scratch_name(home: &str) -> String {
    let plain: String = home
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() {
                it.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    format!("svcgen_adopting_{plain}")
}

/// Whether SQL names a schema, and so would leave the one that it is run in.
fn speaks_of(sql: &str, named: &str) -> bool {
    let (sql, bare) = (sql.to_lowercase(), named.trim_matches('"').to_lowercase());
    sql.contains(&format!("{bare}.")) || sql.contains(&format!("\"{bare}\"."))
}

/// As the server writes a name in what it says of itself.
fn quoted_where_needed(name: &str) -> String {
    let is_plain = name.starts_with(|it: char| it.is_ascii_lowercase() || it == '_')
        && name
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if is_plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
