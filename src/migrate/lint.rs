//! What a reviewer should know of a migration: codes, reasons, and what to do instead.
//!
//! A finding stops nothing; `svcgen migrate lint` fails on those that nobody has accepted. A
//! line `-- nolint: CODE reason` in a script of the migration accepts a code, for that migration.

mod code;

pub use code::{ALL, Code};

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
            if !stash {
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

/// What no script may say, whoever wrote it.
pub fn of_script(text: &str) -> Vec<Code> {
    let words: Vec<String> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let says = |phrase: &[&str]| words.windows(phrase.len()).any(|it| it == phrase);
    let mut codes = Vec::new();
    let is_column = |line: &str| line.to_lowercase().contains("add column");
    let moving = ["default (", "current_timestamp", "current_date"];
    if text
        .lines()
        .any(|line| is_column(line) && moving.iter().any(|it| line.to_lowercase().contains(it)))
    {
        codes.push(Code::Sl05);
    }
    // An index of words numbers its rows itself, and replaces them itself.
    let of_words: Vec<&String> = words
        .windows(4)
        .filter(|it| it[..3] == ["create", "virtual", "table"])
        .map(|it| &it[3])
        .collect();
    if gives_ids_again(&words, &of_words) {
        codes.push(Code::Sl06);
    }
    let renamed = words
        .windows(5)
        .filter(|it| it[..2] == ["alter", "table"] && it[3..] == ["rename", "to"]);
    let mut renamed = renamed.map(|it| &it[2]);
    if renamed.any(|table| !table.starts_with("svcgen_") && says(&["create", "table", table])) {
        codes.push(Code::Sl08);
    }
    let mut replaced = words
        .windows(3)
        .filter(|it| it[..2] == ["replace", "into"])
        .map(|it| &it[2]);
    if replaced.any(|table| !of_words.contains(&table)) {
        codes.push(Code::Sl09);
    }
    if says(&["without", "rowid"]) {
        codes.push(Code::Sl10);
    }
    codes
}

/// Whether a table, but for what an index of words keeps, counts its rows without remembering.
fn gives_ids_again(words: &[String], of_words: &[&String]) -> bool {
    let mut table = "";
    for (index, it) in words.windows(4).enumerate() {
        if it[..2] == ["create", "table"] {
            table = &words[index + 2];
        }
        let is_of_words = of_words
            .iter()
            .any(|it| table.strip_suffix("_rows") == Some(it));
        let is_key = it[..3] == ["integer", "primary", "key"];
        if is_key && it[3] != "autoincrement" && !is_of_words {
            return true;
        }
    }
    false
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
    fn what_no_script_may_say_is_found_and_what_it_may_is_not() {
        for (text, code) in [
            (
                "alter table a add column b integer default (1 + 1);",
                Code::Sl05,
            ),
            (
                "create table a (id integer primary key, b text);",
                Code::Sl06,
            ),
            (
                "alter table a rename to old;\ncreate table a (b text);",
                Code::Sl08,
            ),
            ("insert or replace into a values (1);", Code::Sl09),
            (
                "create table a (b text primary key) strict, without rowid;",
                Code::Sl10,
            ),
        ] {
            assert_eq!(of_script(text), [code], "{text}");
        }
        let good = "-- insert or replace\ncreate table svcgen_new_a (id integer primary key autoincrement);\n\
                    alter table svcgen_new_a rename to a;\nalter table a add column b integer default 1;";
        assert_eq!(of_script(good), []);
    }

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
