//! `svcgen migrate lint` and `merge`: what a reviewer should know, and two branches made one.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    Failure,
    arguments::{Format, MigrateLint, MigrateMerge},
    generate,
    heads::{self, Keep},
    migrate,
    pipeline::{self, Wishes},
    proving::Proving,
    shell::Shell,
};
use crate::{
    migrate::{
        folder::SUM,
        lint,
        sum::{self, Link},
    },
    project::Project,
};

/// One line of the report.
struct Line {
    migration: String,
    code: String,
    message: String,
    fix: String,
    accepted: Option<String>,
    is_grave: bool,
}

/// Tells what a reviewer should know of each migration.
pub fn lint(project: Option<&Path>, options: MigrateLint, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let text = project.text(SUM)?.unwrap_or_default();
    let links = sum::read(&text).ok_or_else(|| Failure::InTheWay {
        message: format!("`{SUM}` is no chain: two branches have each added a migration"),
        hint: "run `svcgen migrate merge`".to_owned(),
    })?;
    let mut told = Vec::new();
    for (index, link) in links.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|it| links.get(it));
        told.extend(lint_one(&project, before, link)?);
    }
    let open = told
        .iter()
        .filter(|it| it.is_grave && it.accepted.is_none())
        .count();
    if options.format == Format::Json {
        let findings: Vec<Value> = told
            .iter()
            .map(|it| {
                json!({
                    "migration": it.migration, "code": it.code, "message": it.message,
                    "fix": it.fix, "accepted": it.accepted, "grave": it.is_grave,
                })
            })
            .collect();
        shell.json(&json!({ "migrations": links.len(), "open": open, "findings": findings }))?;
    } else {
        for line in &told {
            let rest = match &line.accepted {
                Some(reason) => format!("accepted: {reason}"),
                None => line.fix.clone(),
            };
            let text = format!(
                "{} {}: {}; {rest}\n",
                line.migration, line.code, line.message
            );
            shell.data(text.as_bytes())?;
        }
    }
    if open > 0 {
        return Err(Failure::Told);
    }
    Ok(())
}

fn lint_one(project: &Project, before: Option<&Link>, link: &Link) -> Result<Vec<Line>, Failure> {
    let folder = migrate::folder(project, &link.id)?;
    let scripts = folder.files.iter().filter(|it| !it.0.contains("json"));
    let accepted: Vec<(String, String)> =
        scripts.flat_map(|(_, text)| lint::accepted(text)).collect();
    let reason = |code: &str| {
        let found = accepted.iter().find(|(it, _)| it == code);
        found.map(|(_, reason)| reason.clone())
    };
    let mut lines = Vec::new();
    let mut tell = |code: &str, message: String, fix: &str, is_grave: bool| {
        lines.push(Line {
            migration: link.id.clone(),
            code: code.to_owned(),
            message,
            fix: fix.to_owned(),
            accepted: reason(code),
            is_grave,
        });
    };
    let is_as_written = folder.is_as_written(before, link);
    if !is_as_written {
        let what = "its files are not as they were written".to_owned();
        let code = lint::Code::In101;
        tell(&code.name(), what, code.fix(), code.is_grave());
    }
    let plan = migrate::plan(&folder, &link.id)?;
    let known: Vec<(lint::Code, String)> = plan
        .findings
        .iter()
        .map(|it| (it.code, it.message.clone()))
        .collect();
    for found in plan.findings {
        let code = found.code;
        tell(&code.name(), found.message, &found.fix, code.is_grave());
    }
    // What svcgen wrote was judged when it was planned, by who knows more than the words.
    let edited = ["sqlite.sql", "postgres.sql"]
        .into_iter()
        .filter(|_| !is_as_written);
    for name in edited {
        let text = folder.text(name).unwrap_or_default();
        for found in lint::of_script(name, text) {
            let is_known = known
                .iter()
                .any(|(code, message)| *code == found.code && *message == found.message);
            if !is_known {
                tell(
                    &found.code.name(),
                    format!("`{name}`: {}", found.message),
                    found.fix,
                    found.code.is_grave(),
                );
            }
        }
    }
    Ok(lines)
}

/// Keeps the migrations of one branch as they are, and plans anew, on top of them, what the
/// schema has besides.
pub fn merge(named: Option<&Path>, options: MigrateMerge, shell: &Shell) -> Result<(), Failure> {
    let held = generate::hold(generate::find(named)?, shell)?;
    let project = held.project();
    let keep = if options.keep_ours {
        Keep::Ours
    } else {
        Keep::Theirs
    };
    let Some(heads) = heads::of(project, keep)? else {
        shell.status("Nothing", "to merge: the migrations are one chain");
        return Ok(());
    };
    let joining = heads.join(project)?;
    joining.tell(shell);
    let proving = Proving::usual();
    let mut wishes = Wishes {
        proving: Some(&proving),
        joining: Some(&joining),
        ..Wishes::default()
    };
    wishes.conflicts.restore = heads::restored();
    let prepared = pipeline::gather(project, project.schema(), &wishes, shell)?.prepare(None)?;
    let mut changes = joining.removals.clone();
    changes.extend(prepared.changes());
    Ok(held.apply(&changes)?)
}
