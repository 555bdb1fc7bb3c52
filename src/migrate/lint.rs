//! What a reviewer should know of a migration: codes, reasons, and what to do instead.
//!
//! A finding stops nothing; `svcgen migrate lint` fails on those that nobody has accepted. A
//! line `-- nolint: CODE reason` in a script of the migration accepts a code, for that migration.
//!
//! A plan is judged by its changes and its steps. A script that is not as svcgen wrote it is
//! judged by its words, for either database.

mod change;
mod code;
mod plan;
mod postgres;
mod shape;
mod sqlite;
mod statement;
mod transaction;

pub use code::{ALL, Code};

use std::fmt;

use serde::Serialize;

use crate::tables::TableKind;
use crate::tables::change::Change;
use crate::tables::delta::{Delta, Pair};

use super::Plan;
use super::script;

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// The table.
    pub table: String,
    /// What it found, and why it matters.
    pub message: String,
    /// What to do about it.
    pub fix: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.code.name(), self.message, self.fix)
    }
}

fn finding(code: Code, table: &str, message: impl Into<String>) -> Finding {
    Finding {
        code,
        table: table.to_owned(),
        message: message.into(),
        fix: code.fix(),
    }
}

/// What is worth a word, each once.
pub fn findings(changes: &[Change], delta: &Delta, plans: &[Plan]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = changes
        .iter()
        .flat_map(|it| change::of_change(it, delta))
        .collect();
    // What the old release does not know of a table it does not know of its archive either.
    let is_archive = |name: &str| {
        let pair = delta.pair(name);
        pair.is_some_and(|it| it.new.kind == TableKind::Archive)
    };
    findings.retain(|it| !(it.code.is_of_releases() && is_archive(&it.table)));
    for plan in plans {
        match plan.dialect {
            "sqlite" => findings.extend(plan::of_sqlite(plan, delta)),
            _ => findings.extend(plan::of_postgres(plan)),
        }
        findings.extend(of_texts(plan));
    }
    findings.extend(delta.pairs.iter().filter_map(of_values));
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|it| seen.insert((it.code, it.table.clone(), it.message.clone())));
    findings.sort_by(|a, b| (a.code, &a.table).cmp(&(b.code, &b.table)));
    findings
}

fn of_values(pair: &Pair) -> Option<Finding> {
    let kept = pair.new.kind == TableKind::Archive;
    let column = pair.new.columns.iter().find(|it| {
        let before = pair
            .old_of(&it.name)
            .map_or(0, |it| it.past.renamed_values.len());
        it.past.renamed_values.len() > before
    })?;
    let message = format!(
        "archived rows keep the old values of `{}` of `{}`",
        column.name, pair.new.name
    );
    kept.then(|| finding(Code::Ar102, &pair.new.name, message))
}

/// What no script may say, whoever wrote it.
fn of_texts(plan: &Plan) -> Vec<Finding> {
    let text = plan.up_text();
    match plan.dialect {
        "sqlite" => of_sqlite(&text),
        _ => shape::of_script(&text, true),
    }
}

/// What a script for SQLite says that it must not.
fn of_sqlite(text: &str) -> Vec<Finding> {
    let codes = sqlite::of_script(text).into_iter();
    let codes = codes.map(|code| finding(code, "", "the script for sqlite says so"));
    codes.chain(shape::of_script(text, false)).collect()
}

/// What a script says that somebody wrote, or edited: its plan does not tell of it.
pub fn of_script(file: &str, text: &str) -> Vec<Finding> {
    if file == "sqlite.sql" {
        return of_sqlite(text);
    }
    let mut findings = postgres::of_script(text);
    findings.extend(shape::of_script(text, true));
    findings
}

/// The codes that a script accepts, each with its reason.
pub fn accepted(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(script::acceptance)
        .filter_map(|rest| {
            let (code, reason) = rest.trim().split_once(' ')?;
            let reason = reason.trim();
            (!reason.is_empty()).then(|| (code.to_uppercase(), reason.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_accepted_with_a_reason_only() {
        let text = "-- nolint: DS102 nobody reads it\n-- nolint: BC106\n";
        assert_eq!(
            accepted(text),
            [("DS102".to_owned(), "nobody reads it".to_owned())]
        );
        assert!(ALL.iter().all(|it| !it.fix().is_empty()));
    }
}
