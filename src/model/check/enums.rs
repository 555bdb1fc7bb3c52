//! Enums and their values.

use std::collections::HashMap;

use heck::ToPascalCase;

use super::fields::{FieldReader, text};
use super::gone;
use super::naming::{self, Form};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{EnumType, EnumValue, Name};
use crate::schema::field::ValueDoc;
use crate::schema::type_expression::TypeExpression;
use crate::source::{Span, Spanned};

/// The enum that a type and its options describe.
pub fn read(
    field: &FieldReader<'_>,
    r#type: &Spanned<TypeExpression>,
    problems: &mut Vec<Diagnostic>,
) -> Option<EnumType> {
    let short = r#type.value.arguments.as_ref().map(|arguments| {
        arguments
            .iter()
            .map(|name| Spanned::new(ValueDoc::Name(name.clone()), r#type.span))
            .collect::<Vec<_>>()
    });
    let written = match (&short, &field.options.values) {
        (Some(_), Some(values)) => {
            problems.push(
                Diagnostic::new(Code::Contradiction, "the enum's values are given twice")
                    .label(values.span, "given again here")
                    .label(r#type.span, "given here"),
            );
            return None;
        }
        (Some(short), None) => short,
        (None, Some(values)) => &values.value,
        (None, None) if field.options.is_unread(&["values"]) => return None,
        (None, None) => {
            problems.push(
                Diagnostic::new(
                    Code::BadValues,
                    format!("the enum `{}` has no values", field.name),
                )
                .label(r#type.span, "one of what?")
                .help(format!(
                    "write `{}: {{ type: enum, values: [first, second] }}`",
                    field.name
                )),
            );
            return None;
        }
    };
    if written.is_empty() {
        let span = field
            .options
            .values
            .as_ref()
            .map_or(r#type.span, |it| it.span);
        problems.push(
            Diagnostic::new(
                Code::BadValues,
                format!("the enum `{}` has no values", field.name),
            )
            .label(span, "at least one belongs here"),
        );
        return None;
    }
    let before = problems.len();
    let values = enum_values(written, problems);
    let name = Name::new(&format!("{}{}", field.entity.pascal(), field.name.pascal()));
    // With a value missing, a default that names it would be called a wrong one.
    let is_whole = written.iter().all(|it| has_name(&it.value));
    (is_whole && problems.len() == before).then_some(EnumType { name, values })
}

fn has_name(value: &ValueDoc) -> bool {
    match value {
        ValueDoc::Name(_) => true,
        ValueDoc::Options(options) => options.name.is_some(),
        ValueDoc::Unread => false,
    }
}

fn enum_values(written: &[Spanned<ValueDoc>], problems: &mut Vec<Diagnostic>) -> Vec<EnumValue> {
    let mut seen: HashMap<String, (String, Span)> = HashMap::new();
    let mut values = Vec::with_capacity(written.len());
    for doc in written {
        let (name, doc_text, was) = match &doc.value {
            ValueDoc::Name(name) => (Spanned::new(name.clone(), doc.span), None, None),
            ValueDoc::Options(options) => match &options.name {
                Some(name) => (
                    name.clone(),
                    text(options.doc.as_ref()),
                    text(options.was.as_ref()),
                ),
                None => continue,
            },
            ValueDoc::Unread => continue,
        };
        if !naming::check(&name, "an enum value", Form::Any, problems) {
            continue;
        }
        let variant = name.value.to_pascal_case();
        if naming::is_never_rust(&variant) || variant.is_empty() {
            problems.push(
                Diagnostic::new(
                    Code::ReservedName,
                    format!("an enum value cannot be called `{}`", name.value),
                )
                .label(
                    name.span,
                    format!(
                        "its Rust variant would be `{variant}`, a keyword that has no raw form"
                    ),
                ),
            );
        } else if let Some((first, span)) = seen.get(&variant) {
            let message = if *first == name.value {
                format!("the value `{first}` is listed twice")
            } else {
                format!(
                    "the values `{first}` and `{}` become the same Rust variant, `{variant}`",
                    name.value
                )
            };
            let problem = Diagnostic::new(Code::BadValues, message).label(name.span, "again here");
            problems.push(if *span == name.span {
                problem
            } else {
                problem.label(*span, "first here")
            });
        }
        seen.insert(variant, (name.value.clone(), name.span));
        values.push(EnumValue {
            name: Name::new(&name.value),
            doc: doc_text,
            was,
        });
    }
    for doc in written {
        let ValueDoc::Options(options) = &doc.value else {
            continue;
        };
        let (Some(name), Some(was)) = (&options.name, &options.was) else {
            continue;
        };
        let twin = values.iter().find(|it| it.name.written() == was.value);
        if let Some(twin) = twin.filter(|_| name.value != was.value) {
            let name = Name::new(&name.value);
            problems.push(gone::in_use("value", &name, was, &twin.name));
        }
    }
    values
}
