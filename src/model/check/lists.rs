//! Lists of scalars.

use super::fields::{FieldReader, MAX_ITEMS};
use super::{limits, unknown};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ListType, ScalarType};
use crate::schema::type_expression::{TYPES, TypeExpression};
use crate::source::Spanned;

/// The list that a type and its options describe.
pub fn read(
    field: &FieldReader<'_>,
    r#type: &Spanned<TypeExpression>,
    problems: &mut Vec<Diagnostic>,
) -> Option<ListType> {
    let element = match (&r#type.value.arguments, &field.options.of) {
        (Some(arguments), None) => element(field, r#type, arguments, problems)?,
        (None, Some(of)) => of.clone(),
        (Some(_), Some(of)) => {
            problems.push(
                Diagnostic::new(Code::Contradiction, "the list's elements are given twice")
                    .label(of.span, "given again here")
                    .label(r#type.span, "given here"),
            );
            return None;
        }
        (None, None) if field.options.is_unread(&["of"]) => return None,
        (None, None) => {
            problems.push(
                Diagnostic::new(
                    Code::MissingKey,
                    format!("nothing says what `{}` is a list of", field.name),
                )
                .label(r#type.span, "a list of what?")
                .help("write `list(string)`, or `{ type: list, of: string }`"),
            );
            return None;
        }
    };
    let of = scalar_element(field, &element, problems)?;
    let max_items = match &field.options.max_items {
        Some(items) if !(1..=10_000).contains(&items.value) => {
            problems.push(limits::out_of_range(
                items.span,
                "a list has room for 1 to 10000 elements",
            ));
            return None;
        }
        Some(items) => items.value,
        None => MAX_ITEMS,
    };
    Some(ListType { of, max_items })
}

fn element(
    field: &FieldReader<'_>,
    r#type: &Spanned<TypeExpression>,
    arguments: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<Spanned<TypeExpression>> {
    let element = match arguments {
        [only] => TypeExpression::parse(only),
        _ => None,
    };
    if element.is_none() {
        problems.push(
            Diagnostic::new(
                Code::BadType,
                format!("`{}` is a list of one type", field.name),
            )
            .label(r#type.span, "one type belongs in the brackets")
            .help("write `list(string)`"),
        );
    }
    element.map(|element| Spanned::new(element, r#type.span))
}

fn scalar_element(
    field: &FieldReader<'_>,
    element: &Spanned<TypeExpression>,
    problems: &mut Vec<Diagnostic>,
) -> Option<ScalarType> {
    let name = element.value.name.as_str();
    let scalar =
        TYPES.iter().any(|(known, _)| *known == name) && !matches!(name, "enum" | "list" | "json");
    let problem = if element.value.nullable {
        Diagnostic::new(Code::BadType, "the elements of a list cannot be null")
            .help("remove the `?` inside the list")
    } else if scalar {
        return limits::scalar(element, None, problems);
    } else if field.names.find(name).is_some() {
        Diagnostic::new(
            Code::BadType,
            format!("a list cannot hold the entity `{name}`"),
        )
        .help(format!("write `{}: {{ many: {name} }}`", field.name))
    } else if matches!(name, "enum" | "list" | "json") {
        Diagnostic::new(Code::BadType, format!("a list cannot hold `{name}`"))
            .help("a list holds one scalar type; `json` holds anything")
    } else {
        problems.extend(unknown::unknown_type(element, field.names));
        return None;
    };
    problems.push(problem.label(element.span, "not an element"));
    None
}
