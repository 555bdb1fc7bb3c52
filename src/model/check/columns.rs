//! Indexes, unique constraints and lists: columns by name, and what each may be used for.

use std::collections::HashMap;

use super::collections::Resolved;
use super::draft::{Draft, MemberKind};
use super::fields::text;
use super::{backfill, gone, limits, writes};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::model::{Column, Entity, FieldKind, List, OrderTerm, ScalarType};
use crate::schema::list_of;
use crate::schema::values::OneOrMany;
use crate::source::Spanned;

const PAGE: u32 = 50;
const MAX_PAGE: u32 = 1_000;
/// The most columns of one index or unique constraint on every engine.
pub const MAX_COLUMNS: usize = 16;

/// What a column is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Index,
    Unique,
    Filter,
    Order,
}

impl Use {
    fn refusal(self) -> &'static str {
        match self {
            Self::Index => "cannot be indexed",
            Self::Unique => "cannot be unique",
            Self::Filter => "cannot be filtered by",
            Self::Order => "cannot be ordered by",
        }
    }
}

/// The entities as meant. Where something was not understood it is left out, and a problem says so.
pub fn finish(
    drafts: Vec<Draft<'_>>,
    collections: Vec<Resolved>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Entity> {
    gone::renamed_entities(&drafts, problems);
    drafts
        .into_iter()
        .zip(collections)
        .map(|(draft, collections)| entity(draft, collections, problems))
        .collect()
}

fn entity(draft: Draft<'_>, collections: Resolved, problems: &mut Vec<Diagnostic>) -> Entity {
    let doc = draft.doc;
    let columns = Columns { draft: &draft };
    let indexes = doc.indexes.as_ref().map_or(&[][..], |it| &it.value);
    let indexes = indexes
        .iter()
        .map(|index| columns.terms(&index.value, Use::Index, problems))
        .collect();
    let uniques = doc.unique.as_ref().map_or(&[][..], |it| &it.value);
    let uniques = uniques
        .iter()
        .map(|unique| columns.plain(&unique.value.0, Use::Unique, problems))
        .collect();
    let list = columns.list(problems);
    gone::renames(&draft, problems);
    backfill::copies(&draft, problems);
    Entity {
        doc: text(doc.doc.as_ref()),
        id: draft.id,
        collections: collections
            .into_iter()
            .map(|(_, collection)| collection)
            .collect(),
        indexes,
        uniques,
        delete: draft.delete.clone(),
        list,
        write: writes::read(&draft, problems),
        automatic: draft.automatic,
        was: text(doc.was.as_ref()),
        dropped: gone::fields(doc.dropped.as_ref(), &draft, problems),
        stashed: gone::fields(doc.stashed.as_ref(), &draft, problems),
        kept: gone::fields(doc.kept.as_ref(), &draft, problems),
        archive: gone::of_archive(&draft, problems),
        name: draft.name.clone(),
        fields: draft
            .members
            .into_iter()
            .filter_map(|member| match member.kind {
                MemberKind::Column(_, field) => field.map(|field| *field),
                _ => None,
            })
            .collect(),
    }
}

struct Columns<'d, 'a> {
    draft: &'d Draft<'a>,
}

impl Columns<'_, '_> {
    fn list(&self, problems: &mut Vec<Diagnostic>) -> List {
        let doc = self.draft.doc.list.as_ref().map(|it| &it.value);
        let names = |names: Option<&Spanned<Vec<Spanned<String>>>>| {
            names.map_or(Vec::new(), |it| it.value.clone())
        };
        let page = doc.and_then(|it| it.page.as_ref());
        let max_page = doc.and_then(|it| it.max_page.as_ref());
        let max = max_page.map_or(MAX_PAGE, |it| it.value);
        for size in [page, max_page].into_iter().flatten() {
            if !(1..=100_000).contains(&size.value) {
                problems.push(limits::out_of_range(
                    size.span,
                    "a page has between 1 and 100000 records",
                ));
            }
        }
        if let Some(page) = page.filter(|page| page.value > max) {
            let problem = Diagnostic::new(
                Code::BadLimits,
                format!("`page` is above `max_page`, which is {max}"),
            );
            let problem = problem.label(page.span, "the size when the caller names none");
            problems.push(match max_page {
                Some(max_page) => problem.label(max_page.span, "the largest size"),
                None => problem.help("set `max_page`"),
            });
        }
        let mut default_order = doc
            .and_then(|it| it.default_order.as_ref())
            .map_or(Vec::new(), |it| self.terms(&it.value, Use::Order, problems));
        // The id breaks ties in any case; saying so changes nothing.
        if default_order.last()
            == Some(
                &(OrderTerm {
                    column: Column::Id,
                    descending: false,
                }),
            )
        {
            default_order.pop();
        }
        List {
            filter: self.plain(
                &names(doc.and_then(|it| it.filter.as_ref())),
                Use::Filter,
                problems,
            ),
            order: self.plain(
                &names(doc.and_then(|it| it.order.as_ref())),
                Use::Order,
                problems,
            ),
            default_order,
            // A default page above a smaller maximum that the schema sets means the maximum.
            default_page: page.map_or(PAGE.min(max), |it| it.value),
            max_page: max,
        }
    }

    fn terms(
        &self,
        written: &OneOrMany,
        wanted: Use,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<OrderTerm> {
        let mut directions = Vec::with_capacity(written.0.len());
        let plain: Vec<Spanned<String>> = written
            .0
            .iter()
            .map(|term| {
                let name = term.value.trim();
                let bare = name.strip_prefix('-').unwrap_or(name);
                directions.push(name.starts_with('-'));
                Spanned::new(bare.trim().to_owned(), term.span)
            })
            .collect();
        let columns = self.each(&plain, wanted, problems);
        columns
            .into_iter()
            .zip(directions)
            .filter_map(|(column, descending)| {
                Some(OrderTerm {
                    column: column?,
                    descending,
                })
            })
            .collect()
    }

    fn plain(
        &self,
        written: &[Spanned<String>],
        wanted: Use,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Column> {
        self.each(written, wanted, problems)
            .into_iter()
            .flatten()
            .collect()
    }

    fn each(
        &self,
        written: &[Spanned<String>],
        wanted: Use,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Option<Column>> {
        if written.len() > MAX_COLUMNS && matches!(wanted, Use::Index | Use::Unique) {
            problems.push(
                Diagnostic::new(
                    Code::UnsuitableColumn,
                    format!("an index has at most {MAX_COLUMNS} columns"),
                )
                .label(written[MAX_COLUMNS].span, "one too many"),
            );
        }
        let mut seen: HashMap<&str, &Spanned<String>> = HashMap::new();
        let mut columns = Vec::with_capacity(written.len());
        for name in written {
            if let Some(first) = seen.insert(name.value.as_str(), name) {
                problems.push(
                    Diagnostic::new(
                        Code::RepeatedColumn,
                        format!("`{}` is listed twice", name.value),
                    )
                    .label(name.span, "again here")
                    .label(first.span, "first here"),
                );
                columns.push(None);
                continue;
            }
            columns.push(self.column(name, wanted, problems));
        }
        columns
    }

    fn column(
        &self,
        name: &Spanned<String>,
        wanted: Use,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Column> {
        let automatic = &self.draft.automatic;
        let (column, present) = match name.value.as_str() {
            "id" => (Column::Id, true),
            "created_at" => (Column::CreatedAt, automatic.created_at),
            "updated_at" => (Column::UpdatedAt, automatic.updated_at),
            "version" => (Column::Version, automatic.version),
            _ => return self.declared(name, wanted, problems),
        };
        if present {
            return Some(column);
        }
        problems.push(
            Diagnostic::new(
                Code::UnknownColumn,
                format!("`{}` is turned off for `{}`", name.value, self.draft.name),
            )
            .label(name.span, "no such column")
            .help(format!("remove `{}: false`", name.value)),
        );
        None
    }

    fn declared(
        &self,
        name: &Spanned<String>,
        wanted: Use,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Column> {
        let columns = self.draft.columns().enumerate();
        let found = columns
            .into_iter()
            .find(|(_, (member, _, _))| member.name.snake() == name.value);
        let Some((index, (member, _, field))) = found else {
            let unread = |member: &super::draft::Member<'_>| {
                matches!(member.kind, MemberKind::Unread) && member.name.snake() == name.value
            };
            if !self.draft.members.iter().any(unread) {
                problems.push(self.unknown(name, wanted));
            }
            return None;
        };
        let field = field?;
        let reason = unsuitable(&field.kind, field.write_only, wanted);
        if let Some(reason) = reason {
            problems.push(
                Diagnostic::new(
                    Code::UnsuitableColumn,
                    format!("`{}` {}", name.value, wanted.refusal()),
                )
                .label(name.span, reason)
                .label(member.at, "declared here"),
            );
            return None;
        }
        Some(Column::Field(index))
    }

    fn unknown(&self, name: &Spanned<String>, wanted: Use) -> Diagnostic {
        let collection = |member: &&super::draft::Member<'_>| {
            matches!(member.kind, MemberKind::Collection(_)) && member.name.snake() == name.value
        };
        if let Some(member) = self.draft.members.iter().find(collection) {
            return Diagnostic::new(
                Code::UnsuitableColumn,
                format!("`{}` {}", name.value, wanted.refusal()),
            )
            .label(name.span, "a collection is no column")
            .label(member.at, "declared here");
        }
        let names: Vec<&str> = self
            .draft
            .columns()
            .map(|(member, _, _)| member.name.snake())
            .collect();
        let problem = Diagnostic::new(
            Code::UnknownColumn,
            format!("`{}` has no column `{}`", self.draft.name, name.value),
        )
        .label(name.span, "no such column");
        let bare = name
            .value
            .strip_suffix("_id")
            .filter(|bare| names.contains(bare));
        if let Some(bare) = bare {
            return problem.help(format!("a reference is named like its field: `{bare}`"));
        }
        match nearest(
            &name.value,
            names
                .iter()
                .copied()
                .chain(["id", "created_at", "updated_at", "version"]),
        ) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => problem,
            None => problem.help(format!("it has {}", list_of(&names))),
        }
    }
}

fn unsuitable(kind: &FieldKind, write_only: bool, wanted: Use) -> Option<&'static str> {
    let listing = matches!(wanted, Use::Filter | Use::Order);
    match kind {
        FieldKind::List(_) => Some("a list has no order and no single value"),
        FieldKind::Scalar(ScalarType::Json) => Some("JSON has no order and no single value"),
        FieldKind::Scalar(ScalarType::Bytes(_)) if listing => Some("bytes have no useful order"),
        _ if write_only && listing => Some("it is write-only, and this would show it"),
        _ => None,
    }
}
