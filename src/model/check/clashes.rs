//! Names that become the same once they are spelt for tables, types and members.

use std::collections::HashMap;

use super::collections::Resolved;
use super::constraints;
use super::draft::Draft;
use super::naming::{LONGEST, too_long};
use super::reserved;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FieldKind, Service, Via};
use crate::source::Span;

/// Reports every clash between derived names.
pub fn check(
    drafts: &[Draft<'_>],
    collections: &[Resolved],
    service: Option<&Service>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut taken = tables(drafts, collections, problems);
    types(drafts, problems);
    for (draft, collections) in drafts.iter().zip(collections) {
        members(draft, collections, problems);
        archive_columns(draft, problems);
        under_records(collections, problems);
        constraints::check(draft, &mut taken, problems);
    }
    routes(drafts, service, problems);
    same_plural(drafts, problems);
}

/// Names that are in use, each with where and as what.
#[derive(Default)]
pub struct Taken {
    names: HashMap<String, (Span, String)>,
}

impl Taken {
    /// Takes a name, or tells who has it.
    pub fn take(&mut self, name: String, at: Span, what: String) -> Option<(Span, String)> {
        let clash = self
            .names
            .get(&name)
            .filter(|(span, other)| *span != at || *other != what)
            .cloned();
        self.names.entry(name).or_insert((at, what));
        clash
    }
}

fn clash(
    name: &str,
    kind: &str,
    at: Span,
    what: &str,
    (first, other): (Span, String),
) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::NameClash,
        format!("two things need the {kind} `{name}`"),
    )
    .label(at, what);
    if first == at {
        problem.help(format!("the other one is {other}"))
    } else {
        problem.label(first, other)
    }
}

/// A table that generated SQL needs.
struct Table {
    name: String,
    at: Span,
    what: String,
}

fn tables(drafts: &[Draft<'_>], collections: &[Resolved], problems: &mut Vec<Diagnostic>) -> Taken {
    let mut taken = Taken::default();
    // A name that is refused already needs no more words on what is derived from it.
    let usable = |draft: &&Draft<'_>| draft.name.written().len() <= LONGEST;
    let mut good = Vec::new();
    for draft in drafts.iter().filter(usable) {
        let at = draft
            .doc
            .plural
            .as_ref()
            .map_or(draft.at, |plural| plural.span);
        let what = format!("the table of `{}`", draft.name);
        if take_table(
            &mut taken,
            Table {
                name: draft.table().to_owned(),
                at,
                what,
            },
            problems,
        ) {
            good.push(draft);
        }
    }
    for draft in good.into_iter().filter(|draft| draft.is_archived()) {
        let what = format!("the archive of `{}`", draft.name);
        let name = format!("{}_archive", draft.table());
        take_table(
            &mut taken,
            Table {
                name,
                at: draft.at,
                what,
            },
            problems,
        );
    }
    for draft in drafts.iter().filter(|draft| draft.is_searchable()) {
        for part in ["", "_rows", "_data", "_idx", "_docsize", "_config"] {
            let what = format!("the search of `{}`", draft.name);
            let name = format!("{}_search{part}", draft.table());
            let at = draft.at;
            take_table(&mut taken, Table { name, at, what }, problems);
        }
    }
    for (draft, collections) in drafts.iter().zip(collections) {
        for (at, collection) in collections {
            if let Via::Link(link) = &collection.via
                && link.owner
            {
                let what = format!("the link table of `{}.{}`", draft.name, collection.name);
                take_table(
                    &mut taken,
                    Table {
                        name: link.table.clone(),
                        at: *at,
                        what,
                    },
                    problems,
                );
            }
        }
    }
    taken
}

/// Reports a table whose name cannot be used; true when it can.
fn take_table(taken: &mut Taken, table: Table, problems: &mut Vec<Diagnostic>) -> bool {
    let Table { name, at, what } = table;
    let before = problems.len();
    if let Some(owner) = reserved::table(&name) {
        problems.push(
            Diagnostic::new(
                Code::ReservedName,
                format!("a table cannot be called `{name}`"),
            )
            .label(at, format!("names of this kind are kept for {owner}"))
            .help("choose another name"),
        );
    }
    if name.len() > LONGEST {
        problems.push(too_long(at, &what, &name));
    }
    if let Some(first) = taken.take(name.clone(), at, what.clone()) {
        let problem = clash(&name, "table", at, &what, first);
        problems.push(problem.help("rename one of them, or set `plural:`"));
    }
    problems.len() == before
}

/// Rust types and the schemas of the API description share one space of names.
fn types(drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    let mut taken = Taken::default();
    for draft in drafts {
        taken.take(
            draft.name.pascal().to_owned(),
            draft.at,
            format!("the entity `{}`", draft.name),
        );
    }
    let mut wanted: Vec<(String, Span, String)> = Vec::new();
    for draft in drafts {
        let pascal = draft.name.pascal();
        let derived = [
            format!("New{pascal}"),
            format!("{pascal}Changes"),
            format!("{pascal}Replacement"),
            format!("{pascal}Page"),
            format!("{pascal}Filter"),
            format!("{pascal}Rules"),
            format!("{pascal}Overrides"),
            format!("Archived{pascal}"),
            format!("Archived{pascal}Page"),
        ];
        wanted.extend(
            derived
                .into_iter()
                .map(|name| (name, draft.at, format!("a type that comes with `{pascal}`"))),
        );
        for (member, _, field) in draft.columns() {
            if let Some(FieldKind::Enum(r#type)) = field.map(|it| &it.kind) {
                wanted.push((
                    r#type.name.pascal().to_owned(),
                    member.at,
                    format!("the type of the enum `{pascal}.{}`", member.name),
                ));
            }
        }
    }
    for (name, at, what) in wanted {
        if let Some(first) = taken.take(name.clone(), at, what.clone()) {
            problems.push(clash(&name, "type", at, &what, first).help("rename one of them"));
        }
    }
}

/// Columns and JSON members of one entity.
fn members(draft: &Draft<'_>, collections: &Resolved, problems: &mut Vec<Diagnostic>) {
    let mut taken = Taken::default();
    let mut wanted: Vec<(String, Span, String)> = Vec::new();
    for (member, options, field) in draft.columns() {
        let column = match field {
            Some(field) => field.column(),
            // Not understood, and yet it may have been meant as a reference.
            None if options.r#type.is_none() => continue,
            None => member.name.snake().to_owned(),
        };
        let what = match field.map(|it| &it.kind) {
            Some(FieldKind::Reference(_)) => {
                format!("the column of the reference `{}`", member.name)
            }
            _ => format!("the field `{}`", member.name),
        };
        wanted.push((column, member.at, what));
    }
    for (at, collection) in collections {
        if matches!(collection.via, Via::Link(_)) {
            wanted.push((
                collection.ids_member(),
                *at,
                format!("the ids of the link `{}`", collection.name),
            ));
        }
    }
    for (name, at, what) in wanted {
        if let Some(first) = taken.take(name.clone(), at, what.clone()) {
            problems.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{}` has two members `{name}`", draft.name),
                )
                .label(at, what)
                .label(first.0, first.1)
                .help("rename one of them"),
            );
        }
    }
}

/// The archive adds columns of its own to those of the entity.
fn archive_columns(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    if !draft.is_archived() {
        return;
    }
    for member in &draft.members {
        let snake = member.name.snake();
        if snake.starts_with("archive_") || matches!(snake, "archived_at" | "archived_by") {
            problems.push(
                Diagnostic::new(
                    Code::ReservedName,
                    format!("a field of an archived entity cannot be called `{snake}`"),
                )
                .label(
                    member.at,
                    "names of this kind are kept for the archive's own columns",
                )
                .help("choose another name, or set `delete: hard`"),
            );
        }
    }
}

/// Under a record its collections stand beside what every record has there.
fn under_records(collections: &Resolved, problems: &mut Vec<Diagnostic>) {
    for (at, collection) in collections {
        let name = collection.name.kebab();
        if reserved::UNDER_RECORDS.contains(&name) {
            problems.push(
                Diagnostic::new(
                    Code::ReservedName,
                    format!(
                        "a collection cannot be called `{}`",
                        collection.name.written()
                    ),
                )
                .label(
                    *at,
                    format!("every record has something else at the path `…/{{id}}/{name}`"),
                )
                .help("choose another name"),
            );
        }
    }
}

/// Without a prefix the resources stand beside the service's own pages.
fn routes(drafts: &[Draft<'_>], service: Option<&Service>, problems: &mut Vec<Diagnostic>) {
    let bare = service
        .and_then(|it| it.features.http.as_ref())
        .is_some_and(|http| http.prefix.is_empty());
    for draft in drafts
        .iter()
        .filter(|draft| bare && reserved::ROUTES.contains(&draft.name.plural_kebab()))
    {
        problems.push(
            Diagnostic::new(
                Code::NameClash,
                format!(
                    "the path `/{}` is one of the service's own pages",
                    draft.name.plural_kebab()
                ),
            )
            .label(draft.at, "would be served there")
            .help("set a `prefix` under `features: http`, or `plural:`"),
        );
    }
}

/// `User` and `Users`: the table of the one is the module of the other.
fn same_plural(drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    let singular: HashMap<&str, &Draft<'_>> = drafts
        .iter()
        .map(|draft| (draft.name.snake(), draft))
        .collect();
    for draft in drafts {
        let Some(other) = singular
            .get(draft.table())
            .filter(|other| other.at != draft.at && other.table() != draft.table())
        else {
            continue;
        };
        problems.push(
            Diagnostic::new(
                Code::NameClash,
                format!("`{}` is the plural of `{}`", other.name, draft.name),
            )
            .label(other.at, "an entity of its own")
            .label(draft.at, format!("many of these are `{}`", draft.table()))
            .help("rename one of them, or set `plural:`"),
        );
    }
}
