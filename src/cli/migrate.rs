//! `svcgen migrate`: the migrations of a project as a reviewer likes to read them.
//!
//! What is shown is what was planned, written and proved; running them is the service's own
//! `migrate` command.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use serde_json::json;

use super::{
    Failure,
    arguments::{DatabaseName, Format, Migrate, MigrateCommand, Show},
    check::counted,
    generate,
    shell::Shell,
};
use crate::{
    migrate::{
        folder::{self, Folder, SUM},
        json::{Document, Found, Said, Told},
        script::Mode,
        step::Lock,
        sum::{self, Link},
    },
    project::Project,
    tables::change::Reversible,
};

/// Runs the command.
pub fn run(project: Option<&Path>, options: &Migrate, shell: &Shell) -> Result<(), Failure> {
    let found = || {
        let project = generate::find(project)?;
        let chain = chain(&project)?;
        Ok::<_, Failure>((project, chain))
    };
    match &options.command {
        MigrateCommand::List { format } => {
            let (project, chain) = found()?;
            list(&project, &chain, *format, shell)
        }
        MigrateCommand::Show(options) => {
            let (project, chain) = found()?;
            show(&project, &chain, options, shell)
        }
        MigrateCommand::Lint(options) => super::chain::lint(project, *options, shell),
        MigrateCommand::Adopt(options) => super::adopt::run(project, options, shell),
        MigrateCommand::Merge(options) => super::chain::merge(project, *options, shell),
    }
}

/// The migrations of a project, in order.
pub fn chain(project: &Project) -> Result<Vec<Link>, Failure> {
    let Some(text) = project.text(SUM)? else {
        return Err(Failure::usage(
            format!("there is no `{SUM}`"),
            "run `svcgen generate` first",
        ));
    };
    sum::read(&text).ok_or_else(|| Failure::InTheWay {
        message: format!("`{SUM}` is no list of migrations; two branches may both have added one"),
        hint: "take the side of the branch that is merged into, and run `svcgen generate` for the other's changes".to_owned(),
    })
}

fn list(project: &Project, chain: &[Link], format: Format, shell: &Shell) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut before = None;
    for link in chain {
        let folder = folder(project, &link.id)?;
        let plan = plan(&folder, &link.id)?;
        let is_as_written = folder.is_as_written(before, link);
        before = Some(link);
        lines.push((link, plan, is_as_written));
    }
    if format == Format::Json {
        let lines: Vec<_> = lines
            .iter()
            .map(|(link, plan, is_as_written)| {
                json!({ "id": link.id, "changes": plan.changes, "as_written": is_as_written })
            })
            .collect();
        return shell.data(format!("{:#}\n", json!({ "migrations": lines })).as_bytes());
    }
    let mut text = String::new();
    for (link, plan, is_as_written) in &lines {
        let changes = counted(plan.changes.len(), "change", "changes");
        let edited = if *is_as_written {
            ""
        } else {
            ", EDITED since it was written"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {changes}{edited}", link.id);
    }
    shell.data(text.as_bytes())?;
    if lines.iter().any(|(_, _, is_as_written)| !is_as_written) {
        return Err(Failure::InTheWay {
            message: "a migration is not what it was when it was written".to_owned(),
            hint: "restore it from version control; a service that has applied it refuses to start with another text".to_owned(),
        });
    }
    Ok(())
}

/// The folder of a migration, as it is.
pub fn folder(project: &Project, id: &str) -> Result<Folder, Failure> {
    let mut files = Vec::new();
    for name in folder::FILES {
        if let Some(text) = project.text(&folder::path(id, name))? {
            files.push((name.to_owned(), text));
        }
    }
    Ok(Folder { files })
}

/// What a migration's plan says.
pub fn plan(folder: &Folder, id: &str) -> Result<Document, Failure> {
    let path = folder::path(id, "plan.json");
    let plan = folder
        .plan()
        .map_err(|error| Failure::internal(format!("cannot read `{path}`"), error))?;
    plan.ok_or_else(|| {
        Failure::usage(
            format!("there is no `{path}`"),
            "restore it from version control",
        )
    })
}

fn show(project: &Project, chain: &[Link], options: &Show, shell: &Shell) -> Result<(), Failure> {
    let wanted = match &options.id {
        None => chain.last(),
        Some(id) => chain
            .iter()
            .find(|link| link.id == *id || link.id.split('_').next() == Some(id)),
    };
    let Some(link) = wanted else {
        let known: Vec<&str> = chain.iter().map(|link| link.id.as_str()).collect();
        let id = options.id.as_deref().unwrap_or("the last one");
        return Err(Failure::usage(
            format!("there is no migration `{id}`"),
            format!("there are {}", known.join(", ")),
        ));
    };
    let folder = folder(project, &link.id)?;
    let plan = plan(&folder, &link.id)?;
    if options.format == Format::Json {
        let text = serde_json::to_string_pretty(&plan)
            .map_err(|error| Failure::internal("cannot write the plan", error))?;
        return shell.data(format!("{text}\n").as_bytes());
    }
    let mut text = overview(&plan);
    for (name, database, ways) in [
        ("sqlite", DatabaseName::Sqlite, &plan.sqlite),
        ("postgres", DatabaseName::Postgres, &plan.postgres),
    ] {
        let is_wanted = options.database.is_none_or(|it| it == database);
        if let Some(ways) = ways.as_ref().filter(|_| is_wanted) {
            let steps = if options.down { &ways.down } else { &ways.up };
            text.push_str(&of_database(name, steps));
            if options.sql {
                let way = if options.down { ".down" } else { "" };
                let sql = folder.text(&format!("{name}{way}.sql"));
                let sql = sql.unwrap_or_default();
                text.extend(sql.lines().map(|line| format!("      {line}\n")));
            }
        }
    }
    shell.data(text.as_bytes())
}

fn overview(plan: &Document) -> String {
    let mut text = format!("{}\n\n", plan.id);
    for alike in plan.changes.chunk_by(|a, b| manner(a) == manner(b)) {
        // What is the same of many changes is said of them once.
        if let [Said { says, .. }] = alike {
            let _ = writeln!(text, "  {says} ({})", manner(&alike[0]));
            continue;
        }
        let _ = writeln!(text, "  {}:", manner(&alike[0]));
        for Said { says, .. } in alike {
            let _ = writeln!(text, "    {says}");
        }
    }
    for Found { code, message, .. } in &plan.findings {
        let _ = writeln!(text, "  {}: {message}", code.name());
    }
    text
}

fn manner(change: &Said) -> String {
    format!("{}; {}", change.class.name(), way_back(change.reversible))
}

fn of_database(name: &str, steps: &[Told]) -> String {
    let mut text = format!(
        "\n  On {name}, {}{}:\n",
        counted(steps.len(), "step", "steps"),
        if name == "sqlite" {
            " in one transaction, which other writers wait for"
        } else {
            ""
        }
    );
    let mut told = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "  {:>3} {}", index + 1, step.title);
        let checks = step.prechecks.iter().map(|it| ("before", it));
        let checks = checks.chain(step.postchecks.iter().map(|it| ("after", it)));
        // A check of a table is told of once, with the first step there.
        let checks = checks.filter(|it| told.insert(it.1));
        let locked = step.locked_checks.iter().map(|it| ("under its lock", it));
        let checks: Vec<_> = checks.chain(locked).collect();
        // What steps in a row have in common is said after the last of them.
        let is_last = steps
            .get(index + 1)
            .is_none_or(|it| course(it) != course(step));
        if is_last || !checks.is_empty() || !step.keeps.is_empty() {
            let _ = writeln!(text, "      {}", course(step));
        }
        for (when, check) in checks {
            let _ = writeln!(text, "      {when}: {check}");
        }
        if !step.keeps.is_empty() {
            let _ = writeln!(
                text,
                "      rows counted before and after: {}",
                step.keeps.join(", ")
            );
        }
    }
    text
}

/// How a step runs.
fn course(step: &Told) -> String {
    let waiting = step.lock.map_or_else(String::new, |it| {
        format!("{}; {}; ", mode(step.mode), lock(it))
    });
    let (phase, class) = (step.phase.name(), step.class.name());
    format!("{phase}, {class}; {waiting}{}", way_back(step.reversible))
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Check => "a check",
        Mode::Transaction => "one transaction",
        Mode::Autocommit => "outside a transaction",
        Mode::Batches => "in batches",
    }
}

fn lock(lock: Lock) -> &'static str {
    match lock {
        Lock::None => "nobody waits",
        Lock::Rows => "locks the rows of a batch",
        Lock::ShareUpdateExclusive => "other changes of the table wait",
        Lock::ShareRowExclusive => "writers wait",
        Lock::AccessExclusive => "everybody waits, for a moment",
        Lock::AccessExclusiveScan => "EVERYBODY WAITS until every row is read",
        Lock::AccessExclusiveRewrite => "EVERYBODY WAITS until every row is rewritten",
    }
}

fn way_back(reversible: Reversible) -> &'static str {
    match reversible {
        Reversible::Exact => "the way back is exact",
        Reversible::Lossy => "the way back loses what came since",
        Reversible::No => "no way back brings the values back",
    }
}
