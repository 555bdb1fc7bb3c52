//! What each field holds: types, references, enums and lists with their options.

use std::collections::HashMap;

use heck::ToPascalCase;

use super::defaults;
use super::draft::{Draft, MemberKind, Names};
use super::limits;
use super::naming::{self, Form};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    EnumType, EnumValue, Field, FieldKind, ListType, Name, OnArchive, Reference, ScalarType,
};
use crate::schema::field::{FieldOptions, OnArchiveWord, ValueDoc};
use crate::schema::one_of;
use crate::schema::type_expression::{TYPES, TypeExpression};
use crate::source::{Span, Spanned};

/// The most elements of a list, and links of a record, unless the schema says otherwise.
pub const MAX_ITEMS: u32 = 100;

/// Understands the columns of all entities.
pub fn read(drafts: &mut [Draft<'_>], names: &Names, problems: &mut Vec<Diagnostic>) {
    for draft in drafts {
        let entity = draft.name.clone();
        for member in &mut draft.members {
            if let MemberKind::Column(options, field) = &mut member.kind {
                let reader = FieldReader {
                    entity: &entity,
                    name: &member.name,
                    at: member.at,
                    options,
                    names,
                };
                *field = reader.read(problems);
            }
        }
    }
}

struct FieldReader<'a> {
    entity: &'a Name,
    name: &'a Name,
    at: Span,
    options: &'a FieldOptions,
    names: &'a Names,
}

impl FieldReader<'_> {
    fn read(&self, problems: &mut Vec<Diagnostic>) -> Option<Field> {
        let r#type = self.options.r#type.as_ref()?;
        let kind = self.kind(r#type, problems);
        let nullable = self.nullable(r#type, problems);
        let kind = kind?;
        self.contradictions(&kind, nullable, problems);
        let default = match &self.options.default {
            Some(written) => defaults::read(written, &kind, nullable, problems),
            None => None,
        };
        let options = self.options;
        let is = |switch: &Option<Spanned<bool>>| switch.as_ref().is_some_and(|it| it.value);
        Some(Field {
            name: self.name.clone(),
            doc: text(options.doc.as_ref()),
            kind,
            nullable,
            default,
            unique: is(&options.unique),
            immutable: is(&options.immutable),
            write_only: is(&options.write_only),
            pii: is(&options.pii),
            was: text(options.was.as_ref()),
        })
    }

    fn kind(
        &self,
        r#type: &Spanned<TypeExpression>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<FieldKind> {
        let written = &r#type.value;
        match written.name.as_str() {
            "enum" => {
                limits::fitting(self.options, "an enum", &["values"], problems);
                self.values(r#type, problems).map(FieldKind::Enum)
            }
            "list" => {
                limits::fitting(self.options, "a list", &["of", "max_items"], problems);
                self.list(r#type, problems).map(FieldKind::List)
            }
            name if TYPES.iter().any(|(known, _)| *known == name) => {
                limits::scalar(r#type, Some(self.options), problems).map(FieldKind::Scalar)
            }
            _ => {
                limits::fitting(self.options, "a reference", &["on_archive"], problems);
                self.reference(r#type, problems).map(FieldKind::Reference)
            }
        }
    }

    fn nullable(&self, r#type: &Spanned<TypeExpression>, problems: &mut Vec<Diagnostic>) -> bool {
        if let (true, Some(Spanned { value: false, span })) =
            (r#type.value.nullable, &self.options.nullable)
        {
            problems.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{}` is nullable and is not", self.name),
                )
                .label(*span, "not nullable here")
                .label(r#type.span, "the `?` makes it nullable"),
            );
        }
        r#type.value.nullable || self.options.nullable.as_ref().is_some_and(|it| it.value)
    }

    fn reference(
        &self,
        r#type: &Spanned<TypeExpression>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Reference> {
        let written = &r#type.value;
        let Some(target) = self.names.find(&written.name) else {
            problems.extend(unknown_type(r#type, self.names));
            return None;
        };
        if written.arguments.is_some() {
            problems.push(
                Diagnostic::new(
                    Code::BadType,
                    format!("the entity `{}` has no arguments", written.name),
                )
                .label(r#type.span, "nothing belongs in brackets here"),
            );
        }
        let on_archive = self
            .options
            .on_archive
            .as_ref()
            .map_or(OnArchive::Restrict, |it| on_archive(it.value));
        Some(Reference { target, on_archive })
    }

    fn list(
        &self,
        r#type: &Spanned<TypeExpression>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<ListType> {
        let element = match (&r#type.value.arguments, &self.options.of) {
            (Some(arguments), None) => self.element(r#type, arguments, problems)?,
            (None, Some(of)) => of.clone(),
            (Some(_), Some(of)) => {
                problems.push(
                    Diagnostic::new(Code::Contradiction, "the list's elements are given twice")
                        .label(of.span, "given again here")
                        .label(r#type.span, "given here"),
                );
                return None;
            }
            (None, None) => {
                problems.push(
                    Diagnostic::new(
                        Code::MissingKey,
                        format!("nothing says what `{}` is a list of", self.name),
                    )
                    .label(r#type.span, "a list of what?")
                    .help("write `list(string)`, or `{ type: list, of: string }`"),
                );
                return None;
            }
        };
        let of = self.list_element(&element, problems)?;
        let max_items = match &self.options.max_items {
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
        &self,
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
                    format!("`{}` is a list of one type", self.name),
                )
                .label(r#type.span, "one type belongs in the brackets")
                .help("write `list(string)`"),
            );
        }
        element.map(|element| Spanned::new(element, r#type.span))
    }

    fn list_element(
        &self,
        element: &Spanned<TypeExpression>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<ScalarType> {
        let name = element.value.name.as_str();
        let scalar = TYPES.iter().any(|(known, _)| *known == name)
            && !matches!(name, "enum" | "list" | "json");
        let problem = if element.value.nullable {
            Diagnostic::new(Code::BadType, "the elements of a list cannot be null")
                .help("remove the `?` inside the list")
        } else if scalar {
            return limits::scalar(element, None, problems);
        } else if self.names.find(name).is_some() {
            Diagnostic::new(
                Code::BadType,
                format!("a list cannot hold the entity `{name}`"),
            )
            .help(format!("write `{}: {{ many: {name} }}`", self.name))
        } else if matches!(name, "enum" | "list" | "json") {
            Diagnostic::new(Code::BadType, format!("a list cannot hold `{name}`"))
                .help("a list holds one scalar type; `json` holds anything")
        } else {
            problems.extend(unknown_type(element, self.names));
            return None;
        };
        problems.push(problem.label(element.span, "not an element"));
        None
    }

    fn values(
        &self,
        r#type: &Spanned<TypeExpression>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<EnumType> {
        let short = r#type.value.arguments.as_ref().map(|arguments| {
            arguments
                .iter()
                .map(|name| Spanned::new(ValueDoc::Name(name.clone()), r#type.span))
                .collect::<Vec<_>>()
        });
        let written = match (&short, &self.options.values) {
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
            (None, None) => {
                problems.push(
                    Diagnostic::new(
                        Code::BadValues,
                        format!("the enum `{}` has no values", self.name),
                    )
                    .label(r#type.span, "one of what?")
                    .help(format!(
                        "write `{}: {{ type: enum, values: [first, second] }}`",
                        self.name
                    )),
                );
                return None;
            }
        };
        if written.is_empty() {
            let span = self
                .options
                .values
                .as_ref()
                .map_or(r#type.span, |it| it.span);
            problems.push(
                Diagnostic::new(
                    Code::BadValues,
                    format!("the enum `{}` has no values", self.name),
                )
                .label(span, "at least one belongs here"),
            );
            return None;
        }
        let before = problems.len();
        let values = enum_values(written, problems);
        let name = Name::new(&format!("{}{}", self.entity.pascal(), self.name.pascal()));
        (problems.len() == before).then_some(EnumType { name, values })
    }

    fn contradictions(&self, kind: &FieldKind, nullable: bool, problems: &mut Vec<Diagnostic>) {
        let options = self.options;
        if let (FieldKind::Reference(reference), Some(word)) = (kind, &options.on_archive) {
            let empties = matches!(reference.on_archive, OnArchive::SetNull | OnArchive::Detach);
            if empties && !nullable {
                problems.push(
                    Diagnostic::new(Code::NeedsNullable, format!("`{}` would become null, and is required", self.name))
                        .label(word.span, "this empties the reference")
                        .help(format!("make it nullable (a `?` after the type of `{}`), or use `restrict` or `cascade`", self.name)),
                );
            } else if let (true, Some(Spanned { value: true, span })) =
                (empties, &options.immutable)
            {
                problems.push(
                    Diagnostic::new(
                        Code::Contradiction,
                        format!("`{}` never changes, and would become null", self.name),
                    )
                    .label(word.span, "this changes the reference")
                    .label(*span, "this forbids a change"),
                );
            }
        }
        let json_or_list = matches!(
            kind,
            FieldKind::List(_) | FieldKind::Scalar(ScalarType::Json)
        );
        if let (true, Some(Spanned { value: true, span })) = (json_or_list, &options.unique) {
            problems.push(
                Diagnostic::new(
                    Code::UnsuitableColumn,
                    format!("`{}` cannot be unique", self.name),
                )
                .label(*span, "neither JSON nor a list can be unique")
                .label(self.at, "declared here"),
            );
        }
        if let (Some(Spanned { value: true, span }), Some(default)) =
            (&options.unique, &options.default)
            && !defaults::is_fresh(&default.value)
        {
            problems.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("only one record could have the default of `{}`", self.name),
                )
                .label(default.span, "every new record gets this")
                .label(*span, "no two records share a value"),
            );
        }
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
            let message = match *first == name.value {
                true => format!("the value `{first}` is listed twice"),
                false => format!(
                    "the values `{first}` and `{}` become the same Rust variant, `{variant}`",
                    name.value
                ),
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
    values
}

/// The meaning of a word of the format.
pub fn on_archive(word: OnArchiveWord) -> OnArchive {
    match word {
        OnArchiveWord::Restrict => OnArchive::Restrict,
        OnArchiveWord::Cascade => OnArchive::Cascade,
        OnArchiveWord::SetNull => OnArchive::SetNull,
        OnArchiveWord::Detach => OnArchive::Detach,
    }
}

/// A text that says something.
pub fn text(written: Option<&Spanned<String>>) -> Option<String> {
    written
        .map(|it| it.value.trim().to_owned())
        .filter(|text| !text.is_empty())
}

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

fn unknown_type(r#type: &Spanned<TypeExpression>, names: &Names) -> Option<Diagnostic> {
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
            (None, None) if name.starts_with(|c: char| c.is_ascii_uppercase()) => problem.help(
                format!("describe it in a file that begins with `entity: {name}`"),
            ),
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
