//! What each field holds: scalars and references here, enums and lists in their own files.

use super::draft::{Draft, MemberKind, Names};
use super::{backfill, defaults, enums, limits, lists, unknown};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Field, FieldKind, Name, OnArchive, Reference, ScalarType};
use crate::schema::field::{FieldOptions, OnArchiveWord};
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
                *field = reader.read(problems).map(Box::new);
            }
        }
    }
}

/// A field while it is understood.
pub struct FieldReader<'a> {
    /// The entity's name.
    pub entity: &'a Name,
    /// The field's name.
    pub name: &'a Name,
    /// Where the field's name is written.
    pub at: Span,
    /// What the schema says of the field.
    pub options: &'a FieldOptions,
    /// What a type can refer to.
    pub names: &'a Names,
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
            nullable,
            default,
            unique: is(&options.unique),
            immutable: is(&options.immutable),
            searchable: is(&options.searchable),
            write_only: is(&options.write_only),
            pii: is(&options.pii),
            was: text(options.was.as_ref()),
            backfill: options
                .backfill
                .as_ref()
                .and_then(|it| backfill::read(it, &kind, problems)),
            narrow: is(&options.narrow),
            kind,
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
                enums::read(self, r#type, problems).map(FieldKind::Enum)
            }
            "list" => {
                limits::fitting(self.options, "a list", &["of", "max_items"], problems);
                lists::read(self, r#type, problems).map(FieldKind::List)
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
            problems.extend(unknown::unknown_type(r#type, self.names));
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
        if let (
            Some(Spanned { value: true, span }),
            Some(Spanned {
                value: true,
                span: hidden,
            }),
        ) = (&options.searchable, &options.write_only)
        {
            problems.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{}` is searchable and never shown", self.name),
                )
                .label(*span, "a search would tell what it holds")
                .label(*hidden, "never shown"),
            );
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
