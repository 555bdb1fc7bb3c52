//! What a reviewer should know of a migration: codes, reasons, and what to do instead.
//!
//! A finding stops nothing; `svcgen migrate lint` fails on those that nobody has accepted. A
//! line `-- nolint: CODE reason` in a script of the migration accepts a code, for that migration.

mod code;
mod words;

pub use code::{ALL, Code};
pub use words::of_script;

use std::fmt;

use serde::Serialize;

use crate::tables::change::Change;
use crate::tables::convert::{self, Fit};
use crate::tables::delta::{Delta, Pair};
use crate::tables::{Table, TableKind};

use super::Plan;
use super::script::{self, Mode};
use super::step::Lock;

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
    let mut findings: Vec<Finding> = changes.iter().flat_map(|it| of_change(it, delta)).collect();
    // What the old release does not know of a table it does not know of its archive either.
    let is_archive = |name: &str| {
        let pair = delta.pair(name);
        pair.is_some_and(|it| it.new.kind == TableKind::Archive)
    };
    findings.retain(|it| !(it.code.is_of_releases() && is_archive(&it.table)));
    for plan in plans {
        match plan.dialect {
            "sqlite" => findings.extend(of_sqlite(plan, delta)),
            _ => findings.extend(of_postgres(plan)),
        }
        findings.extend(of_texts(plan));
    }
    for table in delta
        .created
        .iter()
        .chain(delta.pairs.iter().map(|it| &it.new))
    {
        findings.extend(of_table(table));
    }
    findings.extend(delta.pairs.iter().filter_map(of_values));
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|it| seen.insert((it.code, it.table.clone(), it.message.clone())));
    findings.sort_by(|a, b| (a.code, &a.table).cmp(&(b.code, &b.table)));
    findings
}

#[expect(clippy::too_many_lines, reason = "one arm for each change")]
fn of_change(change: &Change, delta: &Delta) -> Vec<Finding> {
    let table = change.table();
    let one = |code, message: String| vec![finding(code, table, message)];
    match change {
        Change::DropTable { table: gone, stash } if gone.kind == TableKind::Archive => {
            let lost = format!("`{table}` goes, with every removed record that it has");
            let found = stash.is_none().then(|| finding(Code::Ar103, table, lost));
            found.into_iter().collect()
        }
        Change::DropTable { stash, .. } => {
            let used = format!("the old release still uses `{table}`");
            let mut found = one(Code::Bc106, used);
            if stash.is_none() {
                let lost = format!("`{table}` goes, with all its rows");
                found.push(finding(Code::Ds101, table, lost));
            }
            found
        }
        Change::DropColumn { column, stash, .. } => {
            let name = &column.name;
            let used = format!("the old release still uses `{name}` of `{table}`");
            let mut found = one(Code::Bc106, used);
            let of_archive = delta.pair(table).map(|it| it.new.kind) == Some(TableKind::Archive);
            if of_archive && !stash {
                let lost =
                    format!("removed records lose their `{name}`, with `{name}` of `{table}`");
                found.push(finding(Code::Ar104, table, lost));
            } else if !stash {
                let lost = format!("`{name}` of `{table}` goes, with all its values");
                found.push(finding(Code::Ds102, table, lost));
            }
            found
        }
        Change::RenameTable { from, .. } => one(
            Code::Bc101,
            format!(
                "`{from}` is called `{table}` from now on, and the old release asks for `{from}`"
            ),
        ),
        Change::RenameColumn { from, to, .. } if !to.contains("__v") => one(
            Code::Bc102,
            format!(
                "`{from}` of `{table}` is called `{to}` from now on, and the old release asks for `{from}`"
            ),
        ),
        Change::AddColumn { column, fill, .. } if !column.nullable && column.default.is_none() => {
            let name = &column.name;
            let lacks =
                format!("the old release does not fill `{name}` of `{table}`, which is required");
            let mut found = one(Code::Bc104, lacks);
            if fill.is_none() {
                let rows =
                    format!("rows of `{table}` that are there have no `{name}`, which is required");
                found.push(finding(Code::Mf102, table, rows));
            }
            found
        }
        Change::Require { column, fill, .. } => {
            let may =
                format!("the old release may leave `{column}` of `{table}` out, which is required");
            let mut found = one(Code::Bc104, may);
            if fill.is_none() {
                let rows =
                    format!("rows of `{table}` may have no `{column}`, which becomes required");
                found.push(finding(Code::Mf103, table, rows));
            }
            found
        }
        Change::ChangeType {
            column,
            from,
            to,
            fit,
            ..
        } => {
            let says = format!(
                "`{column}` of `{table}` is {} instead of {}",
                convert::name(*to),
                convert::name(*from)
            );
            let mut found = one(
                Code::Bc105,
                format!("the old release does not know that {says}"),
            );
            match fit {
                Fit::Wider => {}
                Fit::Checked => {
                    found.push(finding(
                        Code::Mf104,
                        table,
                        format!("{says}, which not every value fits"),
                    ));
                }
                Fit::Lossy => found.push(finding(
                    Code::Ds104,
                    table,
                    format!("{says}, which says less"),
                )),
            }
            found
        }
        Change::ChangeCheck {
            column,
            narrows: true,
            from,
            to,
            ..
        } => {
            let values = |check: &Option<crate::tables::Check>| {
                check
                    .iter()
                    .flat_map(|it| &it.rules)
                    .any(|it| matches!(it, crate::tables::CheckRule::OneOf(_)))
            };
            let (code, what) = if values(from) && values(to) {
                let what = format!("a value of `{column}` of `{table}` goes, which rows may have");
                (Code::Ds103, what)
            } else {
                let what =
                    format!("the rule on `{column}` of `{table}` gets stricter than rows may be");
                (Code::Mf103, what)
            };
            let may = format!("the old release may break the new rule on `{column}` of `{table}`");
            vec![finding(code, table, what), finding(Code::Bc107, table, may)]
        }
        Change::AddIndex { index, .. } if index.unique => {
            let name = &index.name;
            let two = format!("`{name}` demands that no two rows of `{table}` agree, and two may");
            let mut found = one(Code::Mf101, two);
            let pair = delta.pair(table);
            let is_old = |column: &str| pair.is_some_and(|it| it.old_of(column).is_some());
            if index.terms.iter().all(|it| is_old(&it.column)) {
                let may = format!("the old release may write what `{name}` of `{table}` forbids");
                found.push(finding(Code::Bc107, table, may));
            }
            found
        }
        Change::AddForeignKey {
            key, fresh: false, ..
        } => {
            let (column, other) = (&key.column, &key.table);
            let nothing = format!("`{column}` of `{table}` may refer to nothing in `{other}`");
            let may = format!(
                "the old release may let `{column}` of `{table}` refer to nothing in `{other}`"
            );
            vec![
                finding(Code::Mf105, table, nothing),
                finding(Code::Bc107, table, may),
            ]
        }
        Change::RenameValues { column, values, .. } => {
            let olds: Vec<&str> = values.iter().map(|(was, _)| was.as_str()).collect();
            one(
                Code::Bc103,
                format!(
                    "the old release still writes {} in `{column}` of `{table}`",
                    olds.join(", ")
                ),
            )
        }
        _ => Vec::new(),
    }
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

fn of_sqlite(plan: &Plan, delta: &Delta) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in plan.up.iter().filter(|step| !step.carries.is_empty()) {
        let table = &step.table;
        let Some(pair) = delta.pair(table) else {
            continue;
        };
        let mut found = |code, message: String| findings.push(finding(code, table, message));
        if step.keeps.len() > 1 {
            found(
                Code::Sl01,
                format!(
                    "the rebuild of `{table}` would delete the rows that refer to it, if foreign keys were on"
                ),
            );
        }
        if pair.new.identity {
            found(
                Code::Sl02,
                format!("the rebuild of `{table}` carries the mark of ids that were given out"),
            );
        }
        if pair.new.guarded || !pair.new.indexes.is_empty() {
            found(
                Code::Sl03,
                format!("the rebuild of `{table}` makes its indexes and triggers again"),
            );
        }
        let retyped = pair
            .new
            .columns
            .iter()
            .any(|it| pair.old_of(&it.name).is_some_and(|old| old.ty != it.ty));
        if retyped {
            found(Code::Sl04, format!("`{table}` changes a type"));
        }
        found(
            Code::Sl07,
            format!("the rebuild of `{table}` copies every row"),
        );
    }
    findings
}

fn of_postgres(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &plan.up {
        if step.lock == Lock::AccessExclusiveRewrite {
            let message = format!("`{}` is rewritten while everybody waits", step.table);
            findings.push(finding(Code::Pg101, &step.table, message));
        }
        match step.mode {
            Mode::Batches => {
                let message = format!("rows of `{}` are filled a batch at a time", step.table);
                findings.push(finding(Code::Pg102, &step.table, message));
            }
            Mode::Autocommit if step.sql.contains(" index ") => {
                let message = format!(
                    "an index of `{}` is made outside of a transaction",
                    step.table
                );
                findings.push(finding(Code::Pg103, &step.table, message));
            }
            Mode::Check | Mode::Transaction | Mode::Autocommit => {}
        }
    }
    findings
}

fn of_texts(plan: &Plan) -> Vec<Finding> {
    let text = plan.up_text();
    let codes = of_script(&text).into_iter();
    codes
        .map(|code| finding(code, "", format!("the script for {} says so", plan.dialect)))
        .collect()
}

fn of_table(table: &Table) -> Vec<Finding> {
    let name = &table.name;
    let mut findings = Vec::new();
    let mut names: Vec<&str> = vec![name];
    names.extend(table.columns.iter().map(|it| it.name.as_str()));
    names.extend(table.indexes.iter().map(|it| it.name.as_str()));
    for long in names.iter().filter(|it| it.len() > 63) {
        findings.push(finding(
            Code::Nm101,
            name,
            format!("`{long}` is longer than 63 bytes"),
        ));
    }
    for (index, column) in table.columns.iter().enumerate() {
        let twin = table.columns[..index]
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(&column.name));
        if let Some(twin) = twin {
            let message = format!(
                "`{}` and `{}` of `{name}` differ in case only",
                twin.name, column.name
            );
            findings.push(finding(Code::Nm102, name, message));
        }
    }
    for key in &table.foreign_keys {
        let leads = |columns: Option<&String>| columns == Some(&key.column);
        let is_served = leads(table.primary_key.first())
            || table
                .indexes
                .iter()
                .any(|it| leads(it.terms.first().map(|it| &it.column)));
        if !is_served {
            let message = format!("no index of `{name}` begins with `{}`", key.column);
            findings.push(finding(Code::Ix101, name, message));
        }
    }
    for (index, one) in table.indexes.iter().enumerate() {
        let twin = table.indexes[..index]
            .iter()
            .find(|it| it.terms == one.terms);
        if let Some(twin) = twin {
            let message = format!("`{}` and `{}` are of the same columns", twin.name, one.name);
            findings.push(finding(Code::Ix102, name, message));
        }
    }
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
