//! What a script for PostgreSQL that somebody wrote or edited may cost the people who are at work.
//!
//! Plans of svcgen are judged by their steps, which know the types and the rows; here nothing is
//! known but the words. A table that the script makes itself has no rows, and nobody waits for it.

use std::collections::BTreeSet;

use super::statement::{Statement, Words, created, statements};
use super::{Code, Finding, finding, transaction};
use crate::dialect::tokens::Token;
use crate::migrate::script::Mode;

/// Functions that give every row of a statement the same value.
const STABLE: &[&str] = &[
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "current_schema",
];

/// What a script says.
pub fn of_script(text: &str) -> Vec<Finding> {
    let statements = statements(text);
    let script = Script {
        created: created(&statements),
        statements: &statements,
    };
    let mut findings = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        findings.extend(script.of_locks(at));
        findings.extend(transaction::of(&statements, at));
        findings.extend(transaction::of_limits(statement));
    }
    findings
}

struct Script<'a> {
    created: BTreeSet<String>,
    statements: &'a [Statement],
}

impl Script<'_> {
    /// Statements that keep people waiting, or take what they rely on.
    fn of_locks(&self, at: usize) -> Vec<Finding> {
        let words = Words(&self.statements[at].tokens);
        if let Some((table, rest)) = words.after("alter table").and_then(|it| words.object(it)) {
            if self.created.contains(&table) {
                return Vec::new();
            }
            let actions = Words(&words.0[rest..]).parts();
            let actions = actions.into_iter();
            return actions
                .flat_map(|it| self.of_action(at, &table, it))
                .collect();
        }
        let found = self
            .made_index(words)
            .or_else(|| self.dropped_index(at, words))
            .or_else(|| self.dropped_table(words))
            .or_else(|| self.whole_write(at, words));
        found.into_iter().collect()
    }

    fn made_index(&self, words: Words<'_>) -> Option<Finding> {
        let after = words
            .after("create index")
            .or_else(|| words.after("create unique index"))?;
        let (table, _) = words.object(words.find("on")? + 1)?;
        if words.is_at(after, &["concurrently"]) || self.created.contains(&table) {
            return None;
        }
        let message = format!("an index of `{table}` is made while writers wait");
        Some(finding(Code::Pg104, &table, message))
    }

    fn dropped_index(&self, at: usize, words: Words<'_>) -> Option<Finding> {
        let after = words.after("drop index")?;
        let (dropped, _) = words.object(after)?;
        let makes = |it: &Statement| {
            let made = Words(&it.tokens);
            made.after("create").is_some() && made.0.iter().any(|it| is_named(it, &dropped))
        };
        if words.is_at(after, &["concurrently"]) || self.statements[..at].iter().any(makes) {
            return None;
        }
        let message = format!("`{dropped}` is dropped while everybody waits for its table");
        Some(finding(Code::Pg105, "", message))
    }

    fn dropped_table(&self, words: Words<'_>) -> Option<Finding> {
        let (table, _) = words.object(words.after("drop table")?)?;
        if self.created.contains(&table) || table.starts_with("svcgen_") {
            return None;
        }
        let message = format!("`{table}` goes, with all its rows");
        Some(finding(Code::Ds101, &table, message))
    }

    /// `update` and `delete` of every row at once.
    fn whole_write(&self, at: usize, words: Words<'_>) -> Option<Finding> {
        let after = words
            .after("update")
            .or_else(|| words.after("delete from"))?;
        let (table, _) = words.object(after)?;
        let is_bounded = self.statements[at].mode == Mode::Batches || words.says("where");
        if is_bounded || self.created.contains(&table) {
            return None;
        }
        let message = format!("every row of `{table}` is written by one statement");
        Some(finding(Code::Pg110, &table, message))
    }

    /// One action of an `alter table`.
    fn of_action(&self, at: usize, table: &str, action: Words<'_>) -> Vec<Finding> {
        let one = |code, message: String| vec![finding(code, table, message)];
        if action.after("rename").is_some() {
            return renamed(table, action);
        }
        if let Some(after) = action.after("drop") {
            let is_other = ["constraint", "identity", "expression"]
                .iter()
                .any(|it| action.is_at(after, &[it]));
            let after = after + usize::from(action.is_at(after, &["column"]));
            let column = action.object(after).map(|(name, _)| name);
            return match column.filter(|_| !is_other) {
                Some(column) => one(
                    Code::Ds102,
                    format!("`{column}` of `{table}` goes, with all its values"),
                ),
                None => Vec::new(),
            };
        }
        if let Some(after) = action.after("alter") {
            return self.of_column(at, table, action, after);
        }
        if let Some(after) = action.after("validate constraint") {
            let name = action.name(after).unwrap_or_default();
            let step = self.statements[at].step;
            let adds = |it: &Statement| {
                let words = Words(&it.tokens);
                let added = words
                    .find("add constraint")
                    .and_then(|at| words.name(at + 2));
                it.step == step && it.mode == Mode::Transaction && added.as_ref() == Some(&name)
            };
            if self.statements[..at].iter().any(adds) {
                return one(
                    Code::Pg109,
                    format!("`{name}` of `{table}` is proved in the transaction that adds it"),
                );
            }
            return Vec::new();
        }
        match action.after("add") {
            Some(after) => added(table, action, after),
            None => Vec::new(),
        }
    }

    /// `alter column …`
    fn of_column(&self, at: usize, table: &str, action: Words<'_>, after: usize) -> Vec<Finding> {
        if action.is_at(after, &["constraint"]) {
            return Vec::new();
        }
        let after = after + usize::from(action.is_at(after, &["column"]));
        let Some((column, rest)) = action.object(after) else {
            return Vec::new();
        };
        let one = |code, message: String| vec![finding(code, table, message)];
        if action.is_at(rest, &["type"]) || action.is_at(rest, &["set", "data", "type"]) {
            return one(
                Code::Pg101,
                format!(
                    "`{table}` may be rewritten while everybody waits: `{column}` changes its type"
                ),
            );
        }
        if action.is_at(rest, &["set", "not", "null"]) && !self.is_proved(at, table, &column) {
            return one(
                Code::Pg107,
                format!("every row of `{table}` is read for `{column}` while everybody waits"),
            );
        }
        Vec::new()
    }

    /// Whether an earlier statement validates that a column is not null.
    fn is_proved(&self, at: usize, table: &str, column: &str) -> bool {
        let before = &self.statements[..at];
        let rule = before.iter().find_map(|it| {
            let words = Words(&it.tokens);
            let add = words.find("add constraint")?;
            let inner = words.in_brackets(add)?;
            let says =
                inner.name(0).as_deref() == Some(column) && inner.is_at(1, &["is", "not", "null"]);
            let is_of_table = words.0.iter().any(|it| is_named(it, table));
            words.name(add + 2).filter(|_| says && is_of_table)
        });
        rule.is_some_and(|rule| {
            before.iter().any(|it| {
                let words = Words(&it.tokens);
                let validates = words.find("validate constraint");
                validates.and_then(|at| words.name(at + 2)).as_ref() == Some(&rule)
            })
        })
    }
}

fn renamed(table: &str, action: Words<'_>) -> Vec<Finding> {
    let one = |code, message: String| vec![finding(code, table, message)];
    if action.is_at(1, &["constraint"]) {
        return Vec::new();
    }
    if action.is_at(1, &["to"]) {
        return one(
            Code::Bc101,
            format!("`{table}` gets another name, and the old release asks for this one"),
        );
    }
    let at = 1 + usize::from(action.is_at(1, &["column"]));
    let column = action.name(at).unwrap_or_default();
    one(
        Code::Bc102,
        format!("`{column}` of `{table}` gets another name, and the old release asks for this one"),
    )
}

/// `add …`
fn added(table: &str, action: Words<'_>, after: usize) -> Vec<Finding> {
    let one = |code, message: String| vec![finding(code, table, message)];
    let is_constraint = action.is_at(after, &["constraint"]);
    let kind = after + if is_constraint { 2 } else { 0 };
    let is_kind = |words: &[&str]| action.is_at(kind, words);
    if is_kind(&["check"]) || is_kind(&["foreign", "key"]) {
        if action.says("not valid") {
            return Vec::new();
        }
        return one(
            Code::Pg106,
            format!("every row of `{table}` is checked while everybody waits"),
        );
    }
    if is_kind(&["unique"]) || is_kind(&["primary", "key"]) || is_kind(&["exclude"]) {
        if action.says("using index") && !is_kind(&["exclude"]) {
            return Vec::new();
        }
        return one(
            Code::Pg108,
            format!("an index of `{table}` is built while everybody waits"),
        );
    }
    if is_constraint {
        return Vec::new();
    }
    let after = after + usize::from(action.is_at(after, &["column"]));
    let Some((column, rest)) = action.object(after) else {
        return Vec::new();
    };
    let definition = Words(&action.0[rest..]);
    let mut findings = Vec::new();
    if is_computed(definition) {
        let message = format!(
            "`{table}` is rewritten while everybody waits: `{column}` has a value of its own in each row"
        );
        findings.push(finding(Code::Pg101, table, message));
    }
    if definition.says("unique") || definition.says("primary key") {
        let message = format!("an index of `{table}` is built while everybody waits");
        findings.push(finding(Code::Pg108, table, message));
    }
    findings
}

/// Whether a new column has another value in every row.
fn is_computed(definition: Words<'_>) -> bool {
    let is_serial = definition.name(0).is_some_and(|it| it.ends_with("serial"));
    if is_serial || definition.says("generated") {
        return true;
    }
    let Some(default) = definition.find("default") else {
        return false;
    };
    let tokens = &definition.0[default + 1..];
    let calls = |at: usize| match (&tokens[at], tokens.get(at + 1)) {
        (Token::Word(name), Some(next)) if next.is_mark("(") => {
            let is_cast = at > 0 && tokens[at - 1].is_mark("::");
            // What follows the default may have brackets too.
            let is_rule = ["check", "references", "key"].contains(&name.as_str());
            !is_cast && !is_rule && !STABLE.contains(&name.as_str())
        }
        _ => false,
    };
    let rule = (0..tokens.len()).find(|at| {
        ["check", "references", "constraint"]
            .iter()
            .any(|it| tokens[*at].is_word(it))
    });
    (0..rule.unwrap_or(tokens.len())).any(calls)
}

/// Whether a token is this name.
pub fn is_named(token: &Token, name: &str) -> bool {
    matches!(token, Token::Word(it) | Token::Name(it) if it == name)
}
