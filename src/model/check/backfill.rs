//! Backfills: what records get that were there before a field was.

use super::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Backfill, FieldKind};
use crate::schema::{self, Value};
use crate::source::Spanned;

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
