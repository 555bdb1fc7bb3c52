//! Names and indexes that a script makes, which either database could do without.

use std::collections::BTreeMap;

use super::statement::{Statement, Words, statements};
use super::{Code, Finding, finding};
use crate::dialect::tokens::Token;

/// The longest identifier that PostgreSQL keeps whole, in bytes.
const LONGEST: usize = 63;

/// What a script says of names and indexes.
pub fn of_script(text: &str, is_postgres: bool) -> Vec<Finding> {
    let statements = statements(text);
    let mut findings = Vec::new();
    if is_postgres {
        findings.extend(long_names(&statements));
    }
    findings.extend(names_alike(&statements));
    let indexes = indexes(&statements);
    findings.extend(twins(&indexes));
    findings.extend(unserved(&statements, &indexes));
    findings
}

fn long_names(statements: &[Statement]) -> Vec<Finding> {
    let all = statements.iter().flat_map(|it| &it.tokens);
    let names = all.filter_map(|it| match it {
        Token::Word(name) | Token::Name(name) if name.len() > LONGEST => Some(name),
        _ => None,
    });
    names
        .map(|name| {
            let message = format!("`{name}` is longer than {LONGEST} bytes");
            finding(Code::Nm101, "", message)
        })
        .collect()
}

/// Names that a quoted one differs from in case only: to one of the databases they are two.
fn names_alike(statements: &[Statement]) -> Vec<Finding> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for token in statements.iter().flat_map(|it| &it.tokens) {
        let (Token::Word(name) | Token::Name(name)) = token else {
            continue;
        };
        let before = seen.entry(name.to_lowercase()).or_insert(name);
        // Keywords stand in scripts as well, and are no names.
        if *before != name && !is_keyword(before) && !is_keyword(name) {
            let message = format!("`{before}` and `{name}` differ in case only");
            findings.push(finding(Code::Nm102, "", message));
        }
    }
    findings
}

/// Words that mostly stand in scripts as what they mean to SQL.
fn is_keyword(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "add",
        "alter",
        "as",
        "by",
        "check",
        "column",
        "create",
        "default",
        "drop",
        "from",
        "in",
        "index",
        "into",
        "is",
        "key",
        "not",
        "null",
        "on",
        "or",
        "order",
        "primary",
        "references",
        "select",
        "set",
        "table",
        "text",
        "to",
        "type",
        "unique",
        "update",
        "value",
        "values",
        "where",
    ];
    WORDS.contains(&word)
}

/// An index that a script makes.
struct Index {
    name: String,
    table: String,
    terms: Vec<Vec<Token>>,
    condition: Vec<Token>,
}

fn indexes(statements: &[Statement]) -> Vec<Index> {
    statements.iter().filter_map(index).collect()
}

fn index(statement: &Statement) -> Option<Index> {
    let words = Words(&statement.tokens);
    let at = words
        .after("create index")
        .or_else(|| words.after("create unique index"))?;
    let on = words.find("on")?;
    let (table, after) = words.object(on + 1)?;
    let terms = words.in_brackets(after)?;
    let condition = words.find("where").map(|at| words.0[at..].to_vec());
    let named = words.name(on - 1).filter(|_| on > at);
    Some(Index {
        name: named.unwrap_or_default(),
        table,
        terms: terms.parts().iter().map(|it| it.0.to_vec()).collect(),
        condition: condition.unwrap_or_default(),
    })
}

fn twins(indexes: &[Index]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, one) in indexes.iter().enumerate() {
        let is_twin = |it: &&Index| {
            it.name != one.name
                && it.table == one.table
                && it.terms == one.terms
                && it.condition == one.condition
        };
        if let Some(twin) = indexes[..at].iter().find(is_twin) {
            let message = format!("`{}` and `{}` are of the same columns", twin.name, one.name);
            findings.push(finding(Code::Ix102, &one.table, message));
        }
    }
    findings
}

/// References of columns that a script adds, which no index of the script begins with.
fn unserved(statements: &[Statement], indexes: &[Index]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for statement in statements {
        let words = Words(&statement.tokens);
        let (Some((table, at)), is_new) = table_of(words) else {
            continue;
        };
        // The indexes of a table that is rebuilt outlive it, wherever they were made.
        if table.starts_with("svcgen_") {
            continue;
        }
        let body = if is_new {
            words.in_brackets(at)
        } else {
            Some(Words(&words.0[at..]))
        };
        let parts = body.map_or_else(Vec::new, Words::parts);
        let leading: Vec<String> = parts.iter().filter_map(|it| key_of(*it)).collect();
        for part in &parts {
            let Some(column) = referring(*part, is_new) else {
                continue;
            };
            let leads = |it: &Index| {
                it.table == table
                    && it.terms.first().and_then(|it| Words(it).name(0)).as_ref() == Some(&column)
            };
            if !indexes.iter().any(leads) && !leading.contains(&column) {
                let message = format!("no index of `{table}` begins with `{column}`");
                findings.push(finding(Code::Ix101, &table, message));
            }
        }
    }
    findings
}

/// The table of a `create table` or `alter table`, and whether it is new.
fn table_of(words: Words<'_>) -> (Option<(String, usize)>, bool) {
    match (words.after("create table"), words.after("alter table")) {
        (Some(at), _) => (words.object(at), true),
        (None, Some(at)) => (words.object(at), false),
        (None, None) => (None, false),
    }
}

/// The column that a definition makes a reference of.
fn referring(part: Words<'_>, is_new: bool) -> Option<String> {
    part.find("references")?;
    if let Some(at) = part.find("foreign key") {
        // Of a column that was there already, nothing is known here.
        return part.in_brackets(at)?.name(0).filter(|_| is_new);
    }
    if is_new {
        return part.name(0);
    }
    let at = part.after("add column").or_else(|| part.after("add"))?;
    Some(part.object(at)?.0)
}

/// The first column of the key or the unique set that a definition declares.
fn key_of(part: Words<'_>) -> Option<String> {
    let at = part.find("primary key").or_else(|| part.find("unique"))?;
    let begins = part.after("add column").or_else(|| part.after("add"));
    let first = part.object(begins.unwrap_or(0))?.0;
    if ["primary", "unique", "constraint"].contains(&first.as_str()) {
        part.in_brackets(at)?.name(0)
    } else {
        Some(first)
    }
}
