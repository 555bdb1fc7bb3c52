//! Types that nobody declared, and what was probably meant.

use super::draft::Names;
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::type_expression::{TYPES, TypeExpression};
use crate::schema::{list_of, one_of};
use crate::source::Spanned;

/// Types that people know from elsewhere, each with its name here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("array", "list"),
    ("bigserial", "bigint"),
    ("binary", "bytes"),
    ("blob", "bytes"),
    ("boolean", "bool"),
    ("bytea", "bytes"),
    ("char", "string"),
    ("character", "string"),
    ("datetime", "timestamp"),
    ("double", "float"),
    ("f64", "float"),
    ("guid", "uuid"),
    ("i32", "int"),
    ("i64", "bigint"),
    ("int4", "int"),
    ("int8", "bigint"),
    ("integer", "int"),
    ("interval", "duration"),
    ("jsonb", "json"),
    ("long", "bigint"),
    ("money", "decimal(12,2)"),
    ("number", "decimal(12,2)"),
    ("numeric", "decimal(12,2)"),
    ("object", "json"),
    ("real", "float"),
    ("serial", "bigint"),
    ("smallint", "int"),
    ("str", "string"),
    ("timestamptz", "timestamp"),
    ("varchar", "string"),
];

/// Reports an entity that nobody declared, where nothing but an entity can be meant.
pub fn unknown_entity(name: &Spanned<String>, names: &Names) -> Diagnostic {
    let written = name.value.as_str();
    let problem = Diagnostic::new(Code::UnknownType, format!("there is no entity `{written}`"))
        .label(name.span, "not known");
    let is_scalar = TYPES.iter().any(|(word, _)| *word == written)
        && !matches!(written, "enum" | "list" | "json");
    match crate::diagnostic::nearest(written, names.all()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if is_scalar => problem.help(format!(
            "`many` is for records of another entity; a list of values is `list({written})`"
        )),
        None if written.starts_with(|c: char| c.is_ascii_uppercase()) => {
            problem.help(describe(written))
        }
        None => {
            let mut known: Vec<&str> = names.all().collect();
            known.sort_unstable();
            problem.help(format!("there is {}", list_of(&known)))
        }
    }
}

fn describe(name: &str) -> String {
    format!("describe it in a file that begins with `entity: {name}`")
}

/// Reports an unknown type, unless the entity may be in a file that could not be read.
pub fn unknown_type(r#type: &Spanned<TypeExpression>, names: &Names) -> Option<Diagnostic> {
    let name = r#type.value.name.as_str();
    if names.may_be(name) {
        return None;
    }
    let problem = Diagnostic::new(
        Code::UnknownType,
        format!("there is no type or entity `{name}`"),
    );
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(word, _)| name.eq_ignore_ascii_case(word));
    let known = || TYPES.iter().map(|(word, _)| *word).chain(names.all());
    let problem = problem.label(r#type.span, "not known");
    Some(
        match (elsewhere, crate::diagnostic::nearest(name, known())) {
            (Some((_, here)), _) => problem.help(format!("here it is called `{here}`")),
            (None, Some(near)) => problem.help(format!("did you mean `{near}`?")),
            (None, None) if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                problem.help(describe(name))
            }
            (None, None) => {
                let words: Vec<&str> = TYPES.iter().map(|(word, _)| *word).collect();
                problem.help(format!(
                    "a type is {}, or the name of an entity",
                    one_of(&words)
                ))
            }
        },
    )
}
