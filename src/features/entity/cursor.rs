//! The cursor of a list: the values that tell where a page ends.

use crate::model::{Entity, FieldKind, IdType, Service};
use crate::tables::IndexTerm;
use crate::tables::build::default_order_terms;

use super::super::Context;
use super::imports::Imports;
use super::naming::TAKEN_VARIABLES;
use super::rust;

/// A cursor as the templates write it.
pub struct Cursor {
    /// What a page token is bound to.
    pub scope: String,
    /// The type.
    pub ty: String,
    /// The pattern that takes it apart.
    pub pattern: String,
    /// Its values as parameters.
    pub parameters: Vec<String>,
    /// The cursor of the last record.
    pub of_last: String,
}

/// The cursor of the default order: one value a term, the id last.
pub fn cursor(context: &Context<'_>, entity: &Entity, imports: &mut Imports) -> Cursor {
    let service = context.service;
    let terms = default_order_terms(entity);
    let mut types = Vec::new();
    let mut names = Vec::new();
    let mut parameters = Vec::new();
    let mut of_last = Vec::new();
    for term in &terms {
        let (ty, name, parameter, last) = cursor_part(service, entity, term, imports);
        types.push(ty);
        names.push(name);
        parameters.push(parameter);
        of_last.push(last);
    }
    let scope: Vec<String> = terms
        .iter()
        .map(|term| format!("{}{}", if term.descending { "-" } else { "" }, term.column))
        .collect();
    let tuple = |parts: &[String]| match parts {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    };
    Cursor {
        scope: format!("{} by {}", entity.name.plural_snake(), scope.join(", ")),
        ty: tuple(&types),
        pattern: tuple(&names),
        parameters,
        of_last: tuple(&of_last),
    }
}

/// One term of a cursor: its type, its variable, its parameter, and its value in the last record.
fn cursor_part(
    service: &Service,
    entity: &Entity,
    term: &IndexTerm,
    imports: &mut Imports,
) -> (String, String, String, String) {
    let field = entity
        .fields
        .iter()
        .find(|field| field.column() == term.column);
    if let Some(field) = field {
        rust::import_type(service, &field.kind, imports);
        if let FieldKind::Enum(enumeration) = &field.kind {
            imports.add("super::model", enumeration.name.pascal());
        }
        let ident = rust::field_ident(field);
        let variable = if TAKEN_VARIABLES.contains(&ident.as_str()) {
            format!("after_{ident}")
        } else {
            ident.clone()
        };
        let copy = if rust::is_copy(service, &field.kind) {
            ""
        } else {
            ".clone()"
        };
        return (
            rust::field_type(service, field),
            variable.clone(),
            rust::parameter(service, field, &variable, field.nullable, imports),
            format!("last.{ident}{copy}"),
        );
    }
    let (ty, copy) = match term.column.as_str() {
        "id" => (
            rust::id_type(entity.id),
            if entity.id == IdType::String {
                ".clone()"
            } else {
                ""
            },
        ),
        "version" => ("i64", ""),
        _ => {
            imports.add("jiff", "Timestamp");
            ("Timestamp", "")
        }
    };
    let variable = format!("after_{}", term.column);
    (
        ty.to_owned(),
        variable.clone(),
        variable,
        format!("last.{}{copy}", term.column),
    )
}
