//! `svcgen migrate`: the migrations of a project as a reviewer likes to read them.
//!
//! What is shown is what was planned, written and proved; running them is the service's own
//! `migrate` command.

use std::{fmt::Write as _, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Failure,
    arguments::{DatabaseName, Format, Migrate, MigrateCommand, Show},
    check::counted,
    generate,
    shell::Shell,
};
use crate::{
    migrate::sum::{self, Link},
    project::Project,
};

/// Where the chain of migrations is, relative to the project.
const SUM: &str = "migrations/svcgen.sum";
/// The files of a migration's folder that its link in the chain covers, where they are there.
const FILES: [&str; 6] = [
    "plan.json",
    "postgres.down.sql",
    "postgres.sql",
    "sqlite.down.sql",
    "sqlite.sql",
    "tables.json",
];

/// What `plan.json` says.
#[derive(Debug, Deserialize, Serialize)]
struct Plan {
    id: String,
    changes: Vec<Change>,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sqlite: Option<Ways>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postgres: Option<Ways>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Change {
    says: String,
    class: String,
    reversible: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Finding {
    code: String,
    message: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Ways {
    up: Vec<Step>,
    down: Vec<Step>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Step {
    title: String,
    mode: String,
    class: String,
    phase: String,
    lock: String,
    reversible: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prechecks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    postchecks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keeps: Vec<String>,
}

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
        MigrateCommand::Merge(options) => super::chain::merge(project, *options, shell),
    }
}

fn chain(project: &Project) -> Result<Vec<Link>, Failure> {
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
        let plan = plan(project, &link.id)?;
        let is_as_written = is_as_written(project, before, link)?;
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

/// Whether the files of a migration are those that its link in the chain was made of.
fn is_as_written(project: &Project, before: Option<&Link>, link: &Link) -> Result<bool, Failure> {
    let mut texts = Vec::new();
    for name in FILES {
        if let Some(text) = project.text(&format!("migrations/{}/{name}", link.id))? {
            texts.push((name, text));
        }
    }
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    Ok(sum::link(before, &link.id, &files) == *link)
}

fn plan(project: &Project, id: &str) -> Result<Plan, Failure> {
    let path = format!("migrations/{id}/plan.json");
    let Some(text) = project.text(&path)? else {
        return Err(Failure::usage(
            format!("there is no `{path}`"),
            "restore it from version control",
        ));
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::internal(format!("cannot read `{path}`"), error))
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
    let plan = plan(project, &link.id)?;
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
                let path = format!("migrations/{}/{name}{way}.sql", link.id);
                let sql = project.text(&path)?.unwrap_or_default();
                text.extend(sql.lines().map(|line| format!("      {line}\n")));
            }
        }
    }
    shell.data(text.as_bytes())
}

fn overview(plan: &Plan) -> String {
    let mut text = format!("{}\n\n", plan.id);
    for Change {
        says,
        class,
        reversible,
    } in &plan.changes
    {
        let _ = writeln!(text, "  {says} ({class}; {})", way_back(reversible));
    }
    for Finding { code, message } in &plan.findings {
        let _ = writeln!(text, "  {code}: {message}");
    }
    text
}

fn of_database(name: &str, steps: &[Step]) -> String {
    let mut text = format!(
        "\n  On {name}, {}:\n",
        counted(steps.len(), "step", "steps")
    );
    for (index, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "  {:>3} {}", index + 1, step.title);
        let _ = writeln!(
            text,
            "      {}, {}; {}; {}; {}",
            step.phase,
            step.class,
            mode(&step.mode),
            lock(&step.lock),
            way_back(&step.reversible)
        );
        for check in &step.prechecks {
            let _ = writeln!(text, "      before: {check}");
        }
        for check in &step.postchecks {
            let _ = writeln!(text, "      after: {check}");
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

fn mode(word: &str) -> &str {
    match word {
        "transaction" => "one transaction",
        "autocommit" => "outside a transaction",
        "batches" => "in batches",
        other => other,
    }
}

fn lock(word: &str) -> &str {
    match word {
        "none" => "nobody waits",
        "rows" => "locks the rows of a batch",
        "share_update_exclusive" => "other changes of the table wait",
        "share_row_exclusive" => "writers wait",
        "access_exclusive" => "everybody waits, for a moment",
        "access_exclusive_rewrite" => "EVERYBODY WAITS until every row is rewritten",
        other => other,
    }
}

fn way_back(word: &str) -> &str {
    match word {
        "exact" => "the way back is exact",
        "lossy" => "the way back loses what came since",
        "no" => "no way back brings the values back",
        other => other,
    }
}
