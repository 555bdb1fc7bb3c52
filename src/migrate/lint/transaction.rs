//! What a script for PostgreSQL says that does not go with the way its steps are run.

use super::postgres::is_named;
use super::statement::{Statement, Words};
use super::{Code, Finding, finding};
use crate::dialect::tokens::Token;
use crate::migrate::script::Mode;

/// What PostgreSQL refuses inside a transaction.
const OUTSIDE: &[&str] = &[
    "vacuum",
    "create database",
    "drop database",
    "create tablespace",
    "drop tablespace",
    "alter system",
];

/// What belongs inside of a transaction, or outside.
pub fn of(statements: &[Statement], at: usize) -> Vec<Finding> {
    let statement = &statements[at];
    let words = Words(&statement.tokens);
    let said: String = words.name(0).unwrap_or_default();
    let one = |code, message: &str| vec![finding(code, "", message)];
    let ends = ["begin", "commit", "rollback", "abort", "end"].contains(&said.as_str())
        || words.after("start transaction").is_some();
    if ends {
        return one(Code::Tx104, &format!("a step says `{said}` itself"));
    }
    match statement.mode {
        Mode::Autocommit => match once(statements, at) {
            Some(what) => one(
                Code::Tx103,
                &format!(
                    "a step outside of a transaction says `{what}`, which cannot be run again"
                ),
            ),
            None => Vec::new(),
        },
        Mode::Check | Mode::Transaction | Mode::Batches => {
            let is_concurrent =
                words.says("concurrently") && words.after("refresh materialized view").is_none();
            let is_outside = OUTSIDE.iter().any(|it| words.after(it).is_some());
            if is_concurrent || is_outside {
                let what = if is_concurrent { "concurrently" } else { &said };
                return one(
                    Code::Tx102,
                    &format!(
                        "a step in a transaction says `{what}`, which PostgreSQL refuses there"
                    ),
                );
            }
            of_enum(statements, at)
        }
    }
}

/// A value that an enum gets, used before it is committed.
fn of_enum(statements: &[Statement], at: usize) -> Vec<Finding> {
    let (statement, step) = (&statements[at], statements[at].step);
    let words = Words(&statement.tokens);
    let Some(value) = words
        .after("alter type")
        .and_then(|_| words.find("add value"))
        .and_then(|at| words.0[at..].iter().find(|it| matches!(it, Token::Text(_))))
    else {
        return Vec::new();
    };
    let after = statements[at + 1..].iter();
    let mut uses = after.filter(|it| it.step == step && it.tokens.contains(value));
    match (uses.next(), value) {
        (Some(_), Token::Text(value)) => {
            let message =
                format!("the value `{value}` is added to an enum and used in one transaction");
            vec![finding(Code::Tx101, "", message)]
        }
        _ => Vec::new(),
    }
}

/// What of a statement cannot be done twice, so that a run that was stopped cannot go on.
fn once(statements: &[Statement], at: usize) -> Option<&'static str> {
    let words = Words(&statements[at].tokens);
    let is_careful =
        words.says("if exists") || words.says("if not exists") || words.says("or replace");
    if is_careful {
        return None;
    }
    if let Some(concurrently) = words.find("concurrently") {
        let name = words.name(concurrently + 1).unwrap_or_default();
        let step = statements[at].step;
        let drops = |it: &Statement| {
            let words = Words(&it.tokens);
            it.step == step
                && words.after("drop index").is_some()
                && words.0.iter().any(|it| is_named(it, &name))
        };
        let is_again = words.after("create").is_none() || statements[..at].iter().any(drops);
        return (!is_again).then_some("create index");
    }
    [
        ("create", "create"),
        ("insert", "insert"),
        ("drop", "drop"),
        ("alter table", "add"),
        ("alter table", "drop"),
        ("alter table", "rename"),
    ]
    .into_iter()
    .find(|(begin, says)| {
        let is_default = words.says("drop default") || words.says("drop not null");
        words.after(begin).is_some() && words.says(says) && !is_default
    })
    .map(|(_, says)| says)
}

/// Limits that the runner sets, and a script takes away.
pub fn of_limits(statement: &Statement) -> Vec<Finding> {
    let words = Words(&statement.tokens);
    let one = |code, message: String| vec![finding(code, "", message)];
    if words.after("reset all").is_some() {
        return one(
            Code::To101,
            "a step resets every limit of the runner".to_owned(),
        );
    }
    for limit in ["lock_timeout", "statement_timeout"] {
        if words.is_at(1, &[limit]) && words.after("reset").is_some() {
            return one(Code::To101, format!("a step resets `{limit}`"));
        }
        let at = match words.after("set") {
            Some(at) if words.is_at(at, &["local"]) || words.is_at(at, &["session"]) => at + 1,
            Some(at) => at,
            None => continue,
        };
        if !words.is_at(at, &[limit]) {
            continue;
        }
        let value = words.0.get(at + 2);
        let is_none = value.is_some_and(|it| {
            it.is_word("default") || matches!(it, Token::Text(it) | Token::Number(it) if it.trim_start_matches('0').is_empty())
        });
        if is_none && limit == "lock_timeout" {
            return one(
                Code::To101,
                "a step waits for its locks for ever, and everybody behind it as well".to_owned(),
            );
        }
        if !words.is_at(1, &["local"]) {
            return one(
                Code::To102,
                format!("`{limit}` is set for the session, and holds for the steps after it"),
            );
        }
    }
    Vec::new()
}
