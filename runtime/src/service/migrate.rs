//! `migrate status`, `up`, `down`, `plan` and `adopt` of a service: what they do, and how they tell it.
//!
//! Answers go to standard output, as text or as JSON; what goes on meanwhile goes to standard error.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::arguments::{Format, Migrate, Task};
use super::{Service, StartError};
use crate::config::Config;
use crate::db::migrate::{self, Adopt, Drift, Event, Options, Pace, State, Status, Watcher, Way};
use crate::db::{Db, Engine, Migration};

/// Runs one of the commands.
pub(super) async fn run<S: Service>(
    config: Config,
    command: Migrate,
) -> Result<ExitCode, StartError> {
    let db = Db::connect(&config.db).await?;
    let outcome = match command.task {
        Task::Status => status::<S>(&db, &command).await,
        Task::Plan => plan::<S>(&db, &command).await,
        Task::Up => up::<S>(&db, &config, &command).await,
        Task::Down(count) => down::<S>(&db, &config, &command, count).await,
        Task::Adopt => adopt::<S>(&db, &config, &command).await,
    };
    db.close().await;
    outcome
}

/// How the configuration and the command line want migrations to be run.
pub(super) fn options(config: &Config) -> Options {
    Options {
        patience: config.migration.migrate_wait,
        lock_timeout: config.migration.migrate_lock_timeout,
        statement_timeout: config.migration.migrate_statement_timeout,
        ..Options::default()
    }
}

async fn status<S: Service>(db: &Db, command: &Migrate) -> Result<ExitCode, StartError> {
    let status = migrate::status(db, S::MIGRATIONS).await?;
    let drift = migrate::drift(db).await?;
    match command.format {
        Format::Json => say_json(&json!({
            "database": db.engine().to_string(),
            "migrations": status.iter().map(StatusView::of).collect::<Vec<_>>(),
            "drift": DriftView::of(&drift),
        })),
        Format::Text => {
            for status in &status {
                println!("{}: {}", status.id, told(status.state));
            }
            if !drift.is_empty() {
                println!("\nThe database is not as its last migration left it:\n{drift}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn plan<S: Service>(db: &Db, command: &Migrate) -> Result<ExitCode, StartError> {
    let status = migrate::status(db, S::MIGRATIONS).await?;
    let is_open = |it: &Migration| {
        let state = status.iter().find(|status| status.id == it.id);
        state.is_some_and(|it| matches!(it.state, State::Pending | State::Unfinished(..)))
    };
    let open: Vec<&Migration> = S::MIGRATIONS.iter().filter(|it| is_open(it)).collect();
    tell_plans(&open, db.engine(), Way::Up, command);
    Ok(ExitCode::SUCCESS)
}

async fn up<S: Service>(
    db: &Db,
    config: &Config,
    command: &Migrate,
) -> Result<ExitCode, StartError> {
    let mut options = options(config);
    options.accept_drift = command.accept_drift;
    options.dry_run = command.dry_run;
    let applied = migrate::up(db, S::MIGRATIONS, options, progress()).await?;
    let verb = if command.dry_run {
        "would apply"
    } else {
        "applied"
    };
    tell_done(&applied, verb, Way::Up, command);
    Ok(ExitCode::SUCCESS)
}

async fn down<S: Service>(
    db: &Db,
    config: &Config,
    command: &Migrate,
    count: usize,
) -> Result<ExitCode, StartError> {
    let mut options = options(config);
    options.accept_drift = command.accept_drift;
    options.dry_run = command.dry_run;
    if !command.yes && !command.dry_run {
        let status = migrate::status(db, S::MIGRATIONS).await?;
        let is_applied = |it: &&Migration| {
            let state = status.iter().find(|status| status.id == it.id);
            state.is_some_and(|it| matches!(it.state, State::Applied(_) | State::Unfinished(..)))
        };
        let last: Vec<&Migration> = S::MIGRATIONS
            .iter()
            .rev()
            .filter(is_applied)
            .take(count)
            .collect();
        tell_plans(&last, db.engine(), Way::Down, command);
        return Err(StartError::Usage(
            "nothing was done; what is marked as lost comes back by no command: add `--yes` to take these back".to_owned(),
        ));
    }
    let taken = migrate::down(db, S::MIGRATIONS, count, options, progress()).await?;
    let verb = if command.dry_run {
        "would take back"
    } else {
        "took back"
    };
    tell_done(&taken, verb, Way::Down, command);
    Ok(ExitCode::SUCCESS)
}

async fn adopt<S: Service>(
    db: &Db,
    config: &Config,
    command: &Migrate,
) -> Result<ExitCode, StartError> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path);
        text.map_err(|error| {
            StartError::Usage(format!("cannot read `{}`: {error}", path.display()))
        })
    };
    let what = Adopt {
        to: command.to.clone(),
        script: command.script.as_ref().map(read).transpose()?,
    };
    let mut options = options(config);
    options.accept_drift = command.accept_drift;
    options.dry_run = command.dry_run;
    let adopted = migrate::adopt(db, S::MIGRATIONS, what, options, progress()).await?;
    if command.format == Format::Json {
        say_json(&json!({
            "dry_run": command.dry_run,
            "recorded": adopted.recorded,
            "beside": DriftView::of(&adopted.beside),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let verb = if command.dry_run {
        "would record"
    } else {
        "recorded"
    };
    for id in &adopted.recorded {
        println!("{verb} {id} as applied");
    }
    if adopted.recorded.is_empty() {
        println!("{}", nothing(Way::Up));
    }
    if !adopted.beside.is_empty() {
        println!(
            "\nBeside what the migrations make there is, and stays:\n{}",
            adopted.beside
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said where there is nothing to do.
fn nothing(way: Way) -> &'static str {
    match way {
        Way::Up => "nothing is pending",
        Way::Down => "nothing is applied",
    }
}

fn tell_done(ids: &[&str], verb: &str, way: Way, command: &Migrate) {
    match command.format {
        Format::Json => {
            say_json(&json!({ "dry_run": command.dry_run, verb.replace(' ', "_"): ids }));
        }
        Format::Text if ids.is_empty() => println!("{}", nothing(way)),
        Format::Text => ids.iter().for_each(|id| println!("{verb} {id}")),
    }
}

/// The steps of migrations, in the order in which they would be run.
fn tell_plans(migrations: &[&Migration], engine: Engine, way: Way, command: &Migrate) {
    let plans: Vec<PlanView> = migrations
        .iter()
        .map(|it| PlanView::of(it, engine, way))
        .collect();
    match command.format {
        Format::Json => say_json(&json!({ "way": way.name(), "migrations": plans })),
        Format::Text if plans.is_empty() => println!("{}", nothing(way)),
        Format::Text => plans
            .iter()
            .for_each(|plan| print!("{}", plan.text(command.sql))),
    }
}

fn say_json(value: &serde_json::Value) {
    println!("{value:#}");
}

fn told(state: State) -> String {
    match state {
        State::Applied(at) => format!("applied at {at}"),
        State::Pending => "pending".to_owned(),
        State::Unfinished(Way::Up, steps) => {
            format!("stopped after {steps} steps; `migrate up` goes on")
        }
        State::Unfinished(Way::Down, steps) => {
            format!("stopped while it was taken back, after {steps} steps; `migrate down` goes on")
        }
        State::Changed => "applied, and its text has changed since".to_owned(),
        State::Unknown => "applied, and not among this version's migrations".to_owned(),
    }
}

/// Tells what goes on: people at a terminal by a line that grows, the log of a job now and then.
fn progress() -> Watcher {
    let is_terminal = std::io::stderr().is_terminal();
    let pace = Pace::of(Duration::from_millis(if is_terminal {
        200
    } else {
        10_000
    }));
    Arc::new(move |event| match event {
        Event::Progress { rows, .. } => match (pace.is_due(*rows), is_terminal) {
            (true, true) => eprint!("{WIPE}     {rows} rows so far …"),
            (true, false) => eprintln!("     {rows} rows so far …"),
            (false, _) => {}
        },
        Event::Step { .. } | Event::Retrying { .. } | Event::Done { .. } => {
            if let Some(rows) = pace.reached() {
                eprintln!("{}     {rows} rows", if is_terminal { WIPE } else { "" });
            }
            tell(event);
        }
        Event::Waiting
        | Event::Neighbours { .. }
        | Event::Begun { .. }
        | Event::Statement { .. } => tell(event),
    })
}

/// Back to the beginning of the line, and nothing left in it.
const WIPE: &str = "\r\x1b[K";

fn tell(event: &Event) {
    match event {
        Event::Waiting => eprintln!("waiting for another instance that migrates the database …"),
        Event::Neighbours { tables } => {
            eprintln!("warning: {}", migrate::told_of_neighbours(tables));
        }
        Event::Begun { id, way, steps } => {
            let verb = match way {
                Way::Up => "applying",
                Way::Down => "taking back",
            };
            let ending = if *steps == 1 { "" } else { "s" };
            eprintln!("{verb} {id}, {steps} step{ending}");
        }
        Event::Step { number, title, .. } if !title.is_empty() => {
            eprintln!("  {number:>2} {title}");
        }
        Event::Retrying { title, because } => {
            let title = title.trim_end_matches('.');
            eprintln!("     trying again: {title} ({because})");
        }
        Event::Done { id, took } => eprintln!("{id} is done, {:.1} s", took.as_secs_f64()),
        Event::Step { .. } | Event::Progress { .. } | Event::Statement { .. } => {}
    }
}

#[derive(Serialize)]
struct StatusView<'a> {
    id: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps_done: Option<usize>,
}

impl<'a> StatusView<'a> {
    fn of(status: &'a Status) -> Self {
        let (state, at, steps_done) = match status.state {
            State::Applied(at) => ("applied", Some(at.to_string()), None),
            State::Pending => ("pending", None, None),
            State::Unfinished(Way::Up, steps) => ("half_applied", None, Some(steps)),
            State::Unfinished(Way::Down, steps) => ("half_taken_back", None, Some(steps)),
            State::Changed => ("changed", None, None),
            State::Unknown => ("unknown", None, None),
        };
        Self {
            id: &status.id,
            state,
            applied_at: at,
            steps_done,
        }
    }
}

#[derive(Serialize)]
struct DriftView<'a> {
    missing: &'a [String],
    unexpected: &'a [String],
}

impl<'a> DriftView<'a> {
    fn of(drift: &'a Drift) -> Self {
        Self {
            missing: &drift.missing,
            unexpected: &drift.unexpected,
        }
    }
}

#[derive(Serialize)]
struct PlanView<'a> {
    id: &'a str,
    steps: Vec<StepView>,
}

#[derive(Serialize)]
struct StepView {
    mode: &'static str,
    title: String,
    sql: String,
}

impl<'a> PlanView<'a> {
    fn of(migration: &'a Migration, engine: Engine, way: Way) -> Self {
        // What cannot be read is refused before it is run, and has no steps to show.
        let steps = migrate::steps(migration.text(engine, way)).unwrap_or_default();
        let view = |step: migrate::Step| StepView {
            mode: step.mode.name(),
            title: step.title,
            sql: step.sql.trim().to_owned(),
        };
        Self {
            id: migration.id,
            steps: steps.into_iter().map(view).collect(),
        }
    }

    fn text(&self, sql: bool) -> String {
        let mut text = format!("{}\n", self.id);
        for (index, step) in self.steps.iter().enumerate() {
            let title = if step.title.is_empty() {
                "Statements that were written by hand."
            } else {
                &step.title
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {:>2} {:<11} {title}", index + 1, step.mode);
            if sql {
                for line in step.sql.lines() {
                    let _ = writeln!(text, "       {line}");
                }
            }
        }
        text
    }
}
