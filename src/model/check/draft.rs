//! Entities on the way: named and sorted, with fields still to be understood.

use std::collections::{HashMap, HashSet};

use heck::{ToPascalCase, ToSnakeCase};

use super::naming::{self, Form};
use super::reserved;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Archive, Automatic, Delete, EntityId, Field, IdType, Name, Retention};
use crate::schema::Document;
use crate::schema::entity::{ArchiveDoc, DeleteDoc, EntityDoc, ReasonWord};
use crate::schema::field::{CollectionDoc, FieldDoc, FieldOptions};
use crate::schema::service::{DeleteWord, IdWord};
use crate::schema::values::Either;
use crate::source::{Span, Spanned};

/// An entity whose name is known.
pub struct Draft<'a> {
    /// What the file says.
    pub doc: &'a EntityDoc,
    /// Where the name is written.
    pub at: Span,
    pub name: Name,
    pub id: IdType,
    pub automatic: Automatic,
    pub delete: Delete,
    /// Fields and collections as declared.
    pub members: Vec<Member<'a>>,
}

/// A field or a collection on the way.
pub struct Member<'a> {
    pub name: Name,
    /// Where the name is written.
    pub at: Span,
    pub kind: MemberKind<'a>,
}

/// What a member is.
pub enum MemberKind<'a> {
    /// A column; the field is there once it is understood.
    Column(&'a FieldOptions, Option<Box<Field>>),
    /// A many-side.
    Collection(&'a CollectionDoc),
    /// It could not be read. Its name counts.
    Unread,
}

impl<'a> Draft<'a> {
    /// The columns in order, each with the field if it was understood.
    pub fn columns(&self) -> impl Iterator<Item = (&Member<'a>, &'a FieldOptions, Option<&Field>)> {
        self.members.iter().filter_map(|member| match &member.kind {
            MemberKind::Column(options, field) => Some((member, *options, field.as_deref())),
            _ => None,
        })
    }

    /// The name in plural, which is the table's.
    pub fn table(&self) -> &str {
        self.name.plural_snake()
    }

    /// Whether lists can be searched for words.
    pub fn is_searchable(&self) -> bool {
        self.columns()
            .any(|(_, _, field)| field.is_some_and(|field| field.searchable))
    }

    /// Whether removed records are kept.
    pub fn is_archived(&self) -> bool {
        matches!(self.delete, Delete::Archive(_))
    }
}

/// What a type expression can refer to.
pub struct Names {
    ids: HashMap<String, EntityId>,
    unread: HashSet<String>,
}

impl Names {
    /// The names of all entities, sorted as the drafts are.
    pub fn of(drafts: &[Draft<'_>], document: &Document) -> Self {
        let ids = drafts
            .iter()
            .enumerate()
            .map(|(index, draft)| (draft.name.pascal().to_owned(), EntityId(index)));
        let unread = document.unread.iter().map(|name| name.to_pascal_case());
        Self {
            ids: ids.collect(),
            unread: unread.collect(),
        }
    }

    /// The entity of this name.
    pub fn find(&self, pascal: &str) -> Option<EntityId> {
        self.ids.get(pascal).copied()
    }

    /// Whether the entity may be in a file that could not be read.
    pub fn may_be(&self, written: &str) -> bool {
        self.unread.contains(&written.to_pascal_case())
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().map(String::as_str)
    }
}

/// Names and sorts the entities; of two with one name the first counts.
pub fn drafts<'a>(document: &'a Document, problems: &mut Vec<Diagnostic>) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::with_capacity(document.entities.len());
    let mut seen: HashMap<String, Span> = HashMap::new();
    for file in &document.entities {
        let Some(entity) = &file.doc.entity else {
            continue;
        };
        let well_formed = naming::check(entity, "an entity", Form::Pascal, problems);
        // A name of a wrong case is still the name that others refer to.
        let key = if well_formed {
            entity.value.clone()
        } else {
            entity.value.to_pascal_case()
        };
        if let Some(first) = seen.get(&key) {
            problems.push(twice("entity", entity, *first));
            continue;
        }
        seen.insert(key, entity.span);
        drafts.push(draft(document, &file.doc, entity, problems));
    }
    drafts.sort_by(|a, b| a.name.pascal().cmp(b.name.pascal()));
    drafts
}

/// Reports a name that is used again.
pub fn twice(what: &str, name: &Spanned<String>, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateName,
        format!("the {what} `{}` is declared twice", name.value),
    )
    .label(name.span, "declared again here")
    .label(first, "first declared here")
}

fn draft<'a>(
    document: &Document,
    doc: &'a EntityDoc,
    entity: &Spanned<String>,
    problems: &mut Vec<Diagnostic>,
) -> Draft<'a> {
    let defaults = document
        .service
        .as_ref()
        .and_then(|it| it.value.defaults.as_ref())
        .map(|it| &it.value);
    let id = doc.id.as_ref().or_else(|| defaults?.id.as_ref());
    let delete = doc.delete.as_ref().or_else(|| defaults?.delete.as_ref());
    let name = entity_name(doc, &entity.value, problems);
    if let Some(reason) = reserved::entity(name.pascal(), name.snake()) {
        problems.push(
            Diagnostic::new(
                Code::ReservedName,
                format!("an entity cannot be called `{}`", entity.value),
            )
            .label(entity.span, format!("`{}` is {reason}", taken_form(&name)))
            .help("choose another name, such as one that says whose or what kind it is"),
        );
    }
    let on = |switch: &Option<Spanned<bool>>| switch.as_ref().is_none_or(|it| it.value);
    Draft {
        doc,
        at: entity.span,
        id: id.map_or(IdType::Uuid, |it| id_type(it.value)),
        automatic: Automatic {
            created_at: on(&doc.created_at),
            updated_at: on(&doc.updated_at),
            version: on(&doc.version),
        },
        delete: match delete {
            Some(written) => delete_of(&written.value),
            // The file that cannot be read may say that there are no archives, so nothing is
            // told of their names.
            None if document.service.is_none() && !document.unread.is_empty() => Delete::Hard,
            None => default_delete(),
        },
        members: members(doc, &name, problems),
        name,
    }
}

fn taken_form(name: &Name) -> &str {
    let as_type = reserved::entity(name.pascal(), "").is_some();
    if as_type { name.pascal() } else { name.snake() }
}

fn entity_name(doc: &EntityDoc, written: &str, problems: &mut Vec<Diagnostic>) -> Name {
    match &doc.plural {
        Some(plural) if naming::check(plural, "a plural", Form::Snake, problems) => {
            Name::with_plural(written, &plural.value)
        }
        _ => Name::new(written),
    }
}

/// The fields and collections whose names can be used, each once.
fn members<'a>(
    doc: &'a EntityDoc,
    entity: &Name,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Member<'a>> {
    let fields = doc
        .fields
        .as_ref()
        .map_or(&[][..], |fields| &fields.value.0);
    let mut members: Vec<Member<'a>> = Vec::with_capacity(fields.len());
    let mut seen: HashMap<String, Span> = HashMap::new();
    for (key, value) in fields {
        let collection = matches!(
            value.as_ref().map(|it| &it.value),
            Some(FieldDoc::Collection(_))
        );
        naming::check(
            key,
            if collection {
                "a collection"
            } else {
                "a field"
            },
            Form::Snake,
            problems,
        );
        problems.extend(taken(key, entity));
        if let Some(first) = seen.get(&key.value.to_snake_case()) {
            problems.push(
                twice("field", key, *first)
                    .help("names that differ only in case or `_` are one name in Rust and SQL"),
            );
            continue;
        }
        seen.insert(key.value.to_snake_case(), key.span);
        let kind = match value.as_ref().map(|it| &it.value) {
            Some(FieldDoc::Column(options)) => MemberKind::Column(options, None),
            Some(FieldDoc::Collection(collection)) => MemberKind::Collection(collection),
            None => MemberKind::Unread,
        };
        let name = if collection {
            Name::of_many(&key.value)
        } else {
            Name::new(&key.value)
        };
        members.push(Member {
            name,
            at: key.span,
            kind,
        });
    }
    members
}

fn taken(key: &Spanned<String>, entity: &Name) -> Option<Diagnostic> {
    let snake = key.value.to_snake_case();
    if reserved::is_automatic(&snake) {
        let problem = Diagnostic::new(
            Code::AutomaticColumn,
            format!("`{}` is a column that comes by itself", key.value),
        )
        .label(key.span, format!("every `{}` has it", entity.pascal()));
        return Some(match snake.as_str() {
            "id" => problem
                .help("set its type by `id: uuid`, `bigint` or `string` at the top of the file"),
            _ => problem.help(format!(
                "remove the field; `{snake}: false` at the top of the file turns the column off"
            )),
        });
    }
    let reason = reserved::member(&snake)?;
    Some(
        Diagnostic::new(
            Code::ReservedName,
            format!("a field cannot be called `{}`", key.value),
        )
        .label(key.span, format!("`{snake}` is {reason}"))
        .help("choose another name"),
    )
}

/// The type that a word of the format stands for.
pub fn id_type(word: IdWord) -> IdType {
    match word {
        IdWord::Uuid => IdType::Uuid,
        IdWord::Bigint => IdType::Bigint,
        IdWord::String => IdType::String,
    }
}

/// Nothing is lost unless the schema says so.
fn default_delete() -> Delete {
    Delete::Archive(Archive {
        retain: None,
        reason_required: false,
    })
}

fn delete_of(doc: &Either<DeleteWord, DeleteDoc>) -> Delete {
    match doc {
        Either::Word(DeleteWord::Hard) => Delete::Hard,
        Either::Word(DeleteWord::Archive) => default_delete(),
        Either::Mapping(mapping) => mapping
            .archive
            .as_ref()
            .map_or_else(default_delete, |it| archive(&it.value)),
    }
}

fn archive(doc: &ArchiveDoc) -> Delete {
    let retain = doc.retain.as_ref().map(|it| it.value);
    Delete::Archive(Archive {
        retain: retain.map(|it| Retention {
            years: it.years,
            months: it.months,
            days: it.days,
        }),
        reason_required: doc
            .reason
            .as_ref()
            .is_some_and(|it| it.value == ReasonWord::Required),
    })
}
