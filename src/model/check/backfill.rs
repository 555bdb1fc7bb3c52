//! Backfills: what records get that were there before a field was.

use super::defaults;
use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::model::{Backfill, FieldKind, Name};
use crate::schema::{self, Value, list_of};
use crate::source::{Span, Spanned};

/// A backfill, when it is one.
pub fn read(
    written: &Spanned<schema::field::DefaultValue>,
    kind: &FieldKind,
    problems: &mut Vec<Diagnostic>,
) -> Option<Backfill> {
    if let Some(given) = expression(&written.value.0) {
        return Some(given);
    }
    if let FieldKind::Reference(_) = kind {
        problems.push(
            Diagnostic::new(Code::BadDefault, "the backfill of a reference is an expression")
                .label(written.span, "a constant")
                .help("write an id as an expression, `{ sql: \"(select id from authors limit 1)\" }`, or `{ copy: FIELD }`"),
        );
        return None;
    }
    defaults::read(written, kind, false, problems).map(Backfill::Value)
}

/// Reports copies of fields that are not there, and those that lead back to where they began.
pub fn copies(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let copies: Vec<(Name, Name, Span)> = draft
        .columns()
        .filter_map(|(member, options, field)| {
            let Some(Backfill::Copy(from)) = &field?.backfill else {
                return None;
            };
            let written = options.backfill.as_ref()?;
            Some((member.name.clone(), Name::new(from), written.span))
        })
        .collect();
    for (name, from, at) in &copies {
        let is_there = |it: &Name| {
            let mut columns = draft.columns();
            columns.any(|(member, ..)| member.name.snake() == it.snake())
        };
        if !is_there(from) && !is_automatic(draft, from) {
            problems.push(missing(draft, from, *at));
        } else if leads_back(&copies, name) {
            let message = format!("the backfill of `{}` leads back to itself", name.written());
            problems.push(
                Diagnostic::new(Code::Contradiction, message)
                    .label(*at, "a copy of what is to be filled itself")
                    .help("give one of them a value or an expression, `{ sql: \"…\" }`"),
            );
        }
    }
}

fn is_automatic(draft: &Draft<'_>, name: &Name) -> bool {
    match name.snake() {
        "id" => true,
        "version" => draft.automatic.version,
        "created_at" => draft.automatic.created_at,
        "updated_at" => draft.automatic.updated_at,
        _ => false,
    }
}

fn missing(draft: &Draft<'_>, from: &Name, at: Span) -> Diagnostic {
    let names: Vec<&str> = draft
        .columns()
        .map(|(member, _, _)| member.name.snake())
        .collect();
    let message = format!("`{}` has no field `{}` to copy", draft.name, from.written());
    let problem = Diagnostic::new(Code::UnknownColumn, message).label(at, "no such field");
    match nearest(from.snake(), names.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("it has {}", list_of(&names))),
    }
}

/// Whether following copies from this field comes back to it.
fn leads_back(copies: &[(Name, Name, Span)], name: &Name) -> bool {
    let mut at = name.snake();
    for _ in copies {
        match copies.iter().find(|(copy, ..)| copy.snake() == at) {
            Some((_, from, _)) => at = from.snake(),
            None => return false,
        }
        if at == name.snake() {
            return true;
        }
    }
    false
}

/// The expression that a mapping writes. Any other mapping may be the value of a JSON field.
fn expression(value: &Value) -> Option<Backfill> {
    let Value::Map(entries) = value else {
        return None;
    };
    let text = |key: &str| {
        let entry = entries.iter().find(|it| it.key.value == key)?;
        match &entry.value.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    };
    let keys: Vec<&str> = entries.iter().map(|it| it.key.value.as_str()).collect();
    match keys.as_slice() {
        ["copy"] => text("copy").map(Backfill::Copy),
        ["sql"] => text("sql").map(|sql| Backfill::Sql {
            sqlite: sql.clone(),
            postgres: sql,
        }),
        ["sqlite", "postgres"] | ["postgres", "sqlite"] => text("sqlite")
            .zip(text("postgres"))
            .map(|(sqlite, postgres)| Backfill::Sql { sqlite, postgres }),
        _ => None,
    }
}
