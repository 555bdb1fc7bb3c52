//! Many-sides: the other side of a reference, or a link table between two entities.

use std::collections::BTreeMap;

use super::draft::{Draft, Member, MemberKind, Names};
use super::fields::{MAX_ITEMS, on_archive, text};
use super::limits;
use super::naming::{self, Form};
use super::unknown::unknown_entity;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Collection, EntityId, FieldKind, Link, OnArchive, Via};
use crate::schema::field::{CollectionDoc, OnArchiveWord};
use crate::schema::{list_of, one_of};
use crate::source::{Span, Spanned};

/// The collections of one entity, each with the place of its name.
pub type Resolved = Vec<(Span, Collection)>;

/// One side of a link before its table is known.
#[derive(Clone, Copy)]
struct Side<'a> {
    entity: usize,
    target: usize,
    member: &'a Member<'a>,
    doc: &'a CollectionDoc,
}

/// Joins every collection to its other side; the answer is in the order of the drafts.
pub fn resolve(
    drafts: &[Draft<'_>],
    names: &Names,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Resolved> {
    let mut resolved: Vec<BTreeMap<usize, (Span, Collection)>> =
        drafts.iter().map(|_| BTreeMap::new()).collect();
    let mut links: BTreeMap<(usize, usize), Vec<(usize, Side<'_>)>> = BTreeMap::new();
    for (entity, draft) in drafts.iter().enumerate() {
        for (position, member) in draft.members.iter().enumerate() {
            let MemberKind::Collection(doc) = &member.kind else {
                continue;
            };
            let Some(target) = target(doc, names, problems) else {
                continue;
            };
            let side = Side {
                entity,
                target,
                member,
                doc,
            };
            match reference(drafts, side, problems) {
                Joined::By(field) => {
                    no_link_options(doc, problems);
                    let collection = collection(side, Via::Reference { field });
                    resolved[entity].insert(position, (member.at, collection));
                }
                Joined::Linked => {
                    let pair = (entity.min(target), entity.max(target));
                    links.entry(pair).or_default().push((position, side));
                }
                Joined::Not => {}
            }
        }
    }
    for sides in links.into_values() {
        for group in groups(&sides, problems) {
            for (position, side, via) in link(drafts, &group, problems) {
                resolved[side.entity].insert(position, (side.member.at, collection(side, via)));
            }
        }
    }
    resolved
        .into_iter()
        .map(|it| it.into_values().collect())
        .collect()
}

fn collection(side: Side<'_>, via: Via) -> Collection {
    Collection {
        name: side.member.name.clone(),
        doc: text(side.doc.doc.as_ref()),
        target: EntityId(side.target),
        via,
    }
}

fn target(doc: &CollectionDoc, names: &Names, problems: &mut Vec<Diagnostic>) -> Option<usize> {
    let many = doc.many.as_ref()?;
    let found = names.find(&many.value);
    if found.is_none() && !names.may_be(&many.value) {
        problems.push(unknown_entity(many, names));
    }
    found.map(|id| id.0)
}

enum Joined {
    By(String),
    Linked,
    Not,
}

/// The reference of the target that points back, if there is one.
fn reference(drafts: &[Draft<'_>], side: Side<'_>, problems: &mut Vec<Diagnostic>) -> Joined {
    let target = &drafts[side.target];
    let back: Vec<(&str, Span)> = target
        .columns()
        .filter(|(_, _, field)| {
            matches!(field.map(|it| &it.kind), Some(FieldKind::Reference(reference)) if reference.target.0 == side.entity)
        })
        .map(|(member, _, _)| (member.name.snake(), member.at))
        .collect();
    let candidates: Vec<&str> = back.iter().map(|(name, _)| *name).collect();
    if let Some(by) = &side.doc.by {
        if candidates.contains(&by.value.as_str()) {
            return Joined::By(by.value.clone());
        }
        if !has_unread(target, &by.value) {
            problems.push(unknown_by(drafts, side, by, &candidates));
        }
        return Joined::Not;
    }
    if side.doc.through.is_some() {
        return Joined::Linked;
    }
    match back.as_slice() {
        [(only, _)] => Joined::By((*only).to_owned()),
        [] if target.members.iter().any(|member| {
            matches!(
                member.kind,
                MemberKind::Unread | MemberKind::Column(_, None)
            )
        }) =>
        {
            Joined::Not
        }
        [] => Joined::Linked,
        several => {
            let problem = Diagnostic::new(
                Code::AmbiguousCollection,
                format!(
                    "`{}` refers to `{}` in {} ways",
                    target.name.pascal(),
                    drafts[side.entity].name.pascal(),
                    several.len()
                ),
            );
            let at = side.doc.many.as_ref().map_or(side.member.at, |it| it.span);
            let problem = problem.label(at, "joined by which of them?");
            let problem = several.iter().take(4).fold(problem, |problem, (_, span)| {
                problem.label(*span, "by this?")
            });
            problems.push(problem.help(format!("add `by:` with {}", one_of(&candidates))));
            Joined::Not
        }
    }
}

/// Whether the target has a field of this name that could not be understood.
fn has_unread(target: &Draft<'_>, name: &str) -> bool {
    let unread = |member: &Member<'_>| {
        matches!(
            member.kind,
            MemberKind::Unread | MemberKind::Column(_, None)
        )
    };
    target
        .members
        .iter()
        .any(|member| member.name.snake() == name && unread(member))
}

fn unknown_by(
    drafts: &[Draft<'_>],
    side: Side<'_>,
    by: &Spanned<String>,
    candidates: &[&str],
) -> Diagnostic {
    let (target, entity) = (
        drafts[side.target].name.pascal(),
        drafts[side.entity].name.pascal(),
    );
    let message = format!("`{target}` has no reference `{}` to `{entity}`", by.value);
    let problem = Diagnostic::new(Code::BadCollection, message).label(by.span, "no such reference");
    match candidates {
        [] => problem.help(format!("`{target}` has no reference to `{entity}` at all; without `by` this is a link between many and many")),
        _ => problem.help(format!("`{target}` has {}", list_of(candidates))),
    }
}

fn no_link_options(doc: &CollectionDoc, problems: &mut Vec<Diagnostic>) {
    let options = [
        ("through", doc.through.as_ref().map(|it| it.span)),
        ("on_archive", doc.on_archive.as_ref().map(|it| it.span)),
        ("max_items", doc.max_items.as_ref().map(|it| it.span)),
    ];
    for (option, span) in options {
        let Some(span) = span else { continue };
        let problem = Diagnostic::new(
            Code::OptionDoesNotFit,
            format!("`{option}` does not fit the other side of a reference"),
        )
        .label(span, "only links between many and many have it");
        problems.push(match option {
            "on_archive" => {
                problem.help("write `on_archive` at the reference, in the other entity")
            }
            _ => problem,
        });
    }
}

/// Sorts the links between two entities (or of one with itself) into tables.
fn groups<'a>(
    sides: &[(usize, Side<'a>)],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Vec<(usize, Side<'a>)>> {
    let through = |side: &Side<'_>| side.doc.through.as_ref().map(|it| it.value.clone());
    let own = sides
        .first()
        .is_some_and(|(_, side)| side.entity == side.target);
    let first = sides.first().map_or(0, |(_, side)| side.entity);
    let (here, there) = sides
        .iter()
        .partition::<Vec<&(usize, Side<'a>)>, _>(|(_, side)| side.entity == first);
    if let (false, [one], [other]) = (own, here.as_slice(), there.as_slice()) {
        if let (Some(a), Some(b)) = (&one.1.doc.through, &other.1.doc.through)
            && a.value != b.value
        {
            problems.push(
                Diagnostic::new(
                    Code::BadCollection,
                    "the two sides of a link name different tables",
                )
                .label(b.span, "this side's table")
                .label(a.span, "that side's table")
                .help("write the same name at both sides, or at one alone"),
            );
            return Vec::new();
        }
        return vec![vec![**one, **other]];
    }
    let mut tables: BTreeMap<String, Vec<(usize, Side<'a>)>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for (position, side) in sides {
        match through(side) {
            Some(table) => tables.entry(table).or_default().push((*position, *side)),
            None => nameless.push((*position, *side)),
        }
    }
    let both = !own
        && nameless.iter().any(|(_, side)| side.entity == first)
        && nameless.iter().any(|(_, side)| side.entity != first);
    let few = nameless.len() == 2 && tables.is_empty();
    if both && !few {
        let problem = Diagnostic::new(
            Code::AmbiguousCollection,
            "these two entities are linked in several ways",
        );
        let problem = nameless.iter().take(6).fold(problem, |problem, (_, side)| {
            problem.label(side.member.at, "in which table?")
        });
        problems.push(problem.help("give both sides of each link the same `through: TABLE`"));
        return Vec::new();
    }
    tables
        .into_values()
        .chain(nameless.into_iter().map(|side| vec![side]))
        .collect()
}

/// The table of one link, as each of its sides sees it.
fn link<'a>(
    drafts: &[Draft<'_>],
    group: &[(usize, Side<'a>)],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(usize, Side<'a>, Via)> {
    let Some((_, owner)) = group.first().copied() else {
        return Vec::new();
    };
    if let Some(problem) = not_two_sides(group, owner) {
        problems.push(problem);
        return Vec::new();
    }
    let named = group.iter().find_map(|(_, side)| side.doc.through.as_ref());
    if let Some(named) = named {
        naming::check(named, "a link table", Form::Snake, problems);
    }
    let table = named.map_or_else(|| table_name(drafts, owner), |it| it.value.clone());
    let Some((own, target)) = columns(drafts, owner, problems) else {
        return Vec::new();
    };
    let mut sides = Vec::with_capacity(2);
    for (index, (position, side)) in group.iter().enumerate() {
        let is_owner = index == 0;
        let link = Link {
            table: table.clone(),
            own_column: if is_owner {
                own.clone()
            } else {
                target.clone()
            },
            target_column: if is_owner {
                target.clone()
            } else {
                own.clone()
            },
            owner: is_owner,
            on_archive: link_on_archive(side.doc, problems),
            max_items: max_items(side.doc, problems),
        };
        sides.push((*position, *side, Via::Link(link)));
    }
    sides
}

fn table_name(drafts: &[Draft<'_>], owner: Side<'_>) -> String {
    format!(
        "{}_{}",
        drafts[owner.entity].name.snake(),
        owner.member.name.snake()
    )
}

/// A link has its owner's side and perhaps the other one, which mirrors it.
fn not_two_sides(group: &[(usize, Side<'_>)], owner: Side<'_>) -> Option<Diagnostic> {
    if let [_, _, (_, third), ..] = group {
        return Some(
            Diagnostic::new(Code::BadCollection, "a link table has two sides")
                .label(third.member.at, "a third side")
                .label(owner.member.at, "the first side"),
        );
    }
    let (_, other) = group.get(1)?;
    let of_itself = owner.entity == owner.target;
    (other.entity == owner.entity && !of_itself).then(|| {
        Diagnostic::new(Code::BadCollection, "one side of a link is declared twice")
            .label(other.member.at, "declared again here")
            .label(owner.member.at, "first declared here")
            .help("give each link a `through: TABLE` of its own")
    })
}

fn link_on_archive(doc: &CollectionDoc, problems: &mut Vec<Diagnostic>) -> OnArchive {
    let Some(word) = &doc.on_archive else {
        return OnArchive::Detach;
    };
    if word.value == OnArchiveWord::SetNull {
        problems.push(
            Diagnostic::new(
                Code::OptionDoesNotFit,
                "a link has nothing that could become null",
            )
            .label(word.span, "has no meaning for links")
            .help("use `detach`: the links go, and a restore brings them back"),
        );
    }
    on_archive(word.value)
}

/// The owner's columns; a link of an entity with itself takes the second from the collection.
fn columns(
    drafts: &[Draft<'_>],
    owner: Side<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<(String, String)> {
    let own = drafts[owner.entity].name.snake();
    let other = if owner.entity == owner.target {
        owner.member.name.singular_snake()
    } else {
        drafts[owner.target].name.snake()
    };
    if own == other {
        problems.push(
            Diagnostic::new(
                Code::BadCollection,
                format!("both columns of the link table would be called `{own}_id`"),
            )
            .label(owner.member.at, format!("one of these is `{other}` again"))
            .help("name the collection after its role, such as `related` or `parts`"),
        );
        return None;
    }
    Some((format!("{own}_id"), format!("{other}_id")))
}

fn max_items(doc: &CollectionDoc, problems: &mut Vec<Diagnostic>) -> u32 {
    let Some(items) = &doc.max_items else {
        return MAX_ITEMS;
    };
    if !(1..=10_000).contains(&items.value) {
        problems.push(limits::out_of_range(
            items.span,
            "a record has room for 1 to 10000 links",
        ));
    }
    items.value
}
