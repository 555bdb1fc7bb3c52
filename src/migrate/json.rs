//! `plan.json`: a migration as a reviewer, or a machine, reads it.

use serde::{Deserialize, Serialize};

use crate::tables::change::{Change, Class, Reversible};
use crate::tables::{Schema, delta::Delta, diff::Diff};
use crate::tables::{TableKind, build, convert, hex};

use super::lint::{Code, Finding};
use super::script::Mode;
use super::step::{self, Lock, Phase, Place, Step};
use super::{Plan, script::Keep};

/// What `plan.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The migration.
    pub id: String,
    /// What identifies the tables before.
    #[serde(default)]
    pub from: String,
    /// What identifies the tables after.
    #[serde(default)]
    pub to: String,
    /// What changes, a sentence each.
    pub changes: Vec<Said>,
    /// What a reviewer should know.
    #[serde(default)]
    pub findings: Vec<Found>,
    /// The steps on SQLite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<Ways>,
    /// The steps on PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Ways>,
}

/// A change in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The change as one sentence.
    pub says: String,
    /// How grave it is.
    pub class: Class,
    /// The way back from it.
    pub reversible: Reversible,
    /// The archive table that changes along with the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
}

/// What a rule found, as it was when the migration was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The rule.
    pub code: Code,
    /// The table.
    #[serde(default)]
    pub table: String,
    /// What it found, and why it matters.
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub fix: String,
}

/// The steps there and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// There.
    pub up: Vec<Told>,
    /// Back.
    pub down: Vec<Told>,
}

/// A step, and the checks around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What it does.
    pub title: String,
    /// How it is run.
    pub mode: Mode,
    /// The table, by its new name.
    #[serde(default)]
    pub table: String,
    /// How grave it is.
    pub class: Class,
    /// Where in the life of a release it belongs.
    pub phase: Phase,
    /// The strongest lock that it takes, on PostgreSQL; on SQLite whoever writes waits for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// The way back from it.
    pub reversible: Reversible,
    /// What must hold before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prechecks: Vec<String>,
    /// What must hold when its transaction has begun, and nobody else can reach the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked_checks: Vec<String>,
    /// What must hold after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postchecks: Vec<String>,
    /// Tables whose number of rows it must not change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<String>,
}

/// What a text of `plan.json` says.
pub fn read(text: &str) -> Result<Document, serde_json::Error> {
    serde_json::from_str(text)
}

/// The text of `plan.json`.
pub fn write(
    id: &str,
    old: &Schema,
    diff: &Diff,
    findings: &[Finding],
    plans: &[Plan],
) -> Result<String, serde_json::Error> {
    let plan = |name: &str| {
        let plan = plans.iter().find(|it| it.dialect == name)?;
        Some(Ways {
            up: steps(name, &plan.up),
            down: steps(name, &plan.down),
        })
    };
    let document = Document {
        id: id.to_owned(),
        from: digest(old)?,
        to: digest(&diff.target)?,
        changes: diff
            .changes
            .iter()
            .map(|it| line(it, &diff.delta))
            .collect(),
        findings: findings.iter().map(found).collect(),
        sqlite: plan("sqlite"),
        postgres: plan("postgres"),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

/// What identifies a set of tables.
pub fn digest(schema: &Schema) -> Result<String, serde_json::Error> {
    use sha2::{Digest as _, Sha256};
    let text = serde_json::to_string(schema)?;
    Ok(hex(&Sha256::digest(text.as_bytes())[..16]))
}

fn found(finding: &Finding) -> Found {
    Found {
        code: finding.code,
        table: finding.table.clone(),
        message: finding.message.clone(),
        fix: finding.fix.to_owned(),
    }
}

fn steps(dialect: &str, steps: &[Step]) -> Vec<Told> {
    let works = steps.iter().enumerate();
    let works = works.filter(|(_, step)| step.mode != Mode::Check);
    works
        .map(|(at, step)| {
            let checks = |early: bool| {
                steps
                    .iter()
                    .filter(|it| it.mode == Mode::Check && it.table == step.table)
                    .filter(|it| it.locks.is_empty())
                    .filter(move |it| !it.proves_last && (it.place == Place::Precheck) == early)
                    .map(|it| it.title.clone())
            };
            let own = steps[at + 1..].iter().take_while(|it| it.proves_last);
            let locked = step::under_its_lock(steps, at).iter();
            Told {
                title: step.title.clone(),
                mode: step.mode,
                table: step.table.clone(),
                class: step.class,
                phase: step.phase(),
                lock: (dialect != "sqlite").then_some(step.lock),
                reversible: step.reversible,
                prechecks: checks(true).collect(),
                locked_checks: locked.map(|it| it.title.clone()).collect(),
                postchecks: checks(false)
                    .chain(own.map(|it| it.title.clone()))
                    .collect(),
                keeps: step.keeps.iter().map(kept).collect(),
            }
        })
        .collect()
}

fn kept(keep: &Keep) -> String {
    if keep.before == keep.after {
        keep.before.clone()
    } else {
        format!("{} as {}", keep.before, keep.after)
    }
}

fn line(change: &Change, delta: &Delta) -> Said {
    let twin = build::archive_name(change.table());
    let has_twin = delta.pairs.iter().any(|pair| pair.new.name == twin)
        || delta
            .created
            .iter()
            .any(|it| it.name == twin && it.kind == TableKind::Archive);
    Said {
        says: say(change),
        class: change.class(),
        reversible: change.reversible(),
        archive: has_twin.then_some(twin),
    }
}

/// A change as one sentence.
#[expect(clippy::too_many_lines, reason = "one line for each change")]
pub fn say(change: &Change) -> String {
    match change {
        Change::CreateTable(table) => format!("create `{}`", table.name),
        Change::DropTable { table, stash: None } => {
            format!("drop `{}` with all its rows", table.name)
        }
        Change::DropTable {
            table,
            stash: Some(stash),
        } => format!("drop `{}`, its rows kept in `{stash}`", table.name),
        Change::RetireTable { table } => format!("leave `{table}`, which the schema no longer has"),
        Change::RenameTable { from, to } => format!("rename `{from}` to `{to}`"),
        Change::AddColumn {
            table,
            column,
            fill,
        } => {
            let filled = if fill.is_some() { ", filled" } else { "" };
            let required = if column.nullable { "" } else { ", required" };
            format!(
                "add `{}`, {}{required}{filled}, to `{table}`",
                column.name,
                convert::name(column.ty)
            )
        }
        Change::DropColumn {
            table,
            column,
            stash,
        } => {
            let kept = if *stash {
                ", its values copied away"
            } else {
                " with its values"
            };
            format!("drop `{}` of `{table}`{kept}", column.name)
        }
        Change::RetireColumn { table, column } => {
            format!("leave `{column}` of `{table}`, which the schema no longer has")
        }
        Change::RenameColumn { table, from, to } => {
            format!("rename `{from}` of `{table}` to `{to}`")
        }
        Change::ChangeType {
            table,
            column,
            from,
            to,
            ..
        } => format!(
            "make `{column}` of `{table}` {} instead of {}",
            convert::name(*to),
            convert::name(*from)
        ),
        Change::Convert {
            table,
            column,
            from,
        } => {
            format!("convert what can be of `{from}` to `{column}` of `{table}`")
        }
        Change::Relax { table, column } => format!("let `{column}` of `{table}` be null"),
        Change::Require {
            table,
            column,
            fill,
        } => {
            let filled = if fill.is_some() {
                ", filling what is"
            } else {
                ""
            };
            format!("let `{column}` of `{table}` not be null{filled}")
        }
        Change::ChangeDefault { table, column, .. } => {
            format!("change the default of `{column}` of `{table}`")
        }
        Change::RenameValues {
            table,
            column,
            values,
        } => {
            let pairs: Vec<String> = values.iter().map(|(a, b)| format!("{a} to {b}")).collect();
            format!(
                "rename values of `{column}` of `{table}`: {}",
                pairs.join(", ")
            )
        }
        Change::ChangeCheck {
            table,
            column,
            narrows,
            ..
        } => {
            let how = if *narrows { "tighten" } else { "change" };
            format!("{how} the rule on `{column}` of `{table}`")
        }
        Change::ChangeKey { table, columns } => {
            let columns: Vec<String> = columns.iter().map(|it| format!("`{it}`")).collect();
            format!("tell rows of `{table}` apart by {}", columns.join(" and "))
        }
        Change::RenameConstraint { table, from, to } => {
            format!("rename the constraint `{from}` of `{table}` to `{to}`")
        }
        Change::AddForeignKey { table, key, .. } => {
            format!("let `{}` of `{table}` refer to `{}`", key.column, key.table)
        }
        Change::DropForeignKey { table, key } => {
            format!("let `{}` of `{table}` refer to nothing", key.column)
        }
        Change::Guard { table } => format!("let rows of `{table}` leave only through the archive"),
        Change::Unguard { table } => format!("let rows of `{table}` be deleted"),
        Change::AddSearch { table } => format!("let `{table}` be searched for words"),
        Change::DropSearch { table } => format!("end the search in `{table}`"),
        Change::AddIndex { index, .. } => format!("make `{}`", index.name),
        Change::DropIndex { index, .. } => format!("drop the index `{}`", index.name),
        Change::RenameIndex { from, to, .. } => {
            format!("rename the index `{}` to `{}`", from.name, to.name)
        }
    }
}
