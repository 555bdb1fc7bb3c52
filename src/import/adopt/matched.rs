//! Which table of the database fills which of the project, and which column which.
//!
//! An import gives the names; the project may have changed them since. What a table or a column
//! was is on record where the project has been generated in between, and is said by `was:` where
//! it has not. Nothing is matched because it looks alike.

use std::collections::BTreeMap;

use crate::model::{FieldKind, Name, Service};
use crate::tables::intent::Intent;
use crate::tables::{Column, ForeignKey, Schema, Table, TableKind};

use super::rows::Source;
use super::{Note, aside};
use crate::import::catalogue::{Catalogue, ForeignKey as OldKey, Table as Old};
use crate::import::draft::{Draft, Field, Link};

/// What is to be filled.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// The tables, as they were generated last.
    pub schema: &'a Schema,
    /// The service that they are of.
    pub service: &'a Service,
}

/// Which old table fills which new one.
pub fn moves<'a>(
    catalogue: &'a Catalogue,
    project: Project<'a>,
    drafts: &[Draft],
    notes: &mut Vec<Note>,
) -> Vec<Source<'a>> {
    let intent = Intent::of(project.service);
    let mut moves = Vec::new();
    of_entities(catalogue, project, &intent, drafts, &mut moves, notes);
    let tables = named_tables(project.schema, &intent, TableKind::Link);
    let links = drafts
        .iter()
        .flat_map(|draft| draft.links.iter().map(move |link| (draft, link)));
    let pairs: Vec<_> = links
        .filter_map(|(draft, link)| Some((draft, link, catalogue.table(&link.table)?)))
        .collect();
    for (draft, link, old) in &pairs {
        let is_only = pairs.iter().filter(|it| pair(it.2) == pair(old)).count() == 1;
        let named = heir(&[link_name(draft, link)], &tables, |_| false);
        let only = || only_between(&tables, old, &moves).filter(|_| is_only);
        let Some(new) = named.or_else(only) else {
            let name = link_name(draft, link);
            let what = format!("say `through: {name}` at its collection, run `svcgen generate`");
            notes.push(stays(old, &name, &what));
            continue;
        };
        let named = ends(draft, link, old, new, &moves);
        if named.is_empty() {
            notes.push(unknown_ends(old, new));
        }
        moves.push(Source {
            engine: catalogue.engine,
            aside: aside(&old.name, &moves),
            old,
            new,
            named,
            imported: BTreeMap::new(),
            lists: Vec::new(),
        });
    }
    moves
}

fn of_entities<'a>(
    catalogue: &'a Catalogue,
    project: Project<'a>,
    intent: &Intent,
    drafts: &[Draft],
    moves: &mut Vec<Source<'a>>,
    notes: &mut Vec<Note>,
) {
    let live = named_tables(project.schema, intent, TableKind::Live);
    let is_old = |name: &str| drafts.iter().any(|it| it.future_table == name);
    for draft in drafts {
        let Some(old) = catalogue.table(&draft.table) else {
            continue;
        };
        // `was:` names an entity, whose plural may be any word.
        let follows = Name::new(&draft.entity).plural_snake().to_owned();
        let names = [draft.future_table.clone(), follows];
        let Some(new) = heir(&names, &live, is_old) else {
            let what = format!("say `was: {}` at its entity", draft.entity);
            notes.push(stays(old, &draft.future_table, &what));
            continue;
        };
        moves.push(Source {
            engine: catalogue.engine,
            aside: aside(&old.name, moves),
            old,
            new,
            named: columns(intent, draft, new),
            imported: draft
                .fields
                .iter()
                .map(|it| (it.column.clone(), it.name.clone()))
                .collect(),
            lists: lists(project.service, &new.name),
        });
    }
}

fn stays(old: &Old, name: &str, what: &str) -> Note {
    Note::left_out(
        old.name.as_str(),
        format!(
            "its rows stay where they are: the project has no table `{name}`; where that has another name now, {what}, \
             and run this again"
        ),
    )
}

fn unknown_ends(old: &Old, new: &Table) -> Note {
    let columns: Vec<&str> = new.primary_key.iter().map(String::as_str).collect();
    Note::changed(
        old.name.as_str(),
        format!(
            "both of its columns refer to the same table, and none is called like one of `{}`: only you know which \
             becomes `{}`; say it in the script, in place of each `null`",
            new.name,
            columns.join("` and which `")
        ),
    )
}

/// The columns of a table that hold lists, which are JSON to a database.
fn lists(service: &Service, table: &str) -> Vec<String> {
    let mut entities = service.entities.iter();
    let entity = entities.find(|it| it.name.plural_snake() == table);
    let fields = entity.into_iter().flat_map(|it| &it.fields);
    let lists = fields.filter(|it| matches!(it.kind, FieldKind::List(_)));
    lists.map(crate::model::Field::column).collect()
}

/// Something that has a name, and the names that it had.
struct Named<'s, 'n, T> {
    it: &'s T,
    name: &'n str,
    past: Vec<&'n str>,
}

fn named_tables<'s: 'n, 'n>(
    schema: &'s Schema,
    intent: &'n Intent,
    kind: TableKind,
) -> Vec<Named<'s, 'n, Table>> {
    let tables = schema.tables.iter();
    let of_kind = tables.filter(|it| it.kind == kind && !it.past.retired);
    of_kind
        .map(|it| {
            let said = intent.table(&it.name);
            let said = said.iter().flat_map(|it| &it.was).map(String::as_str);
            Named {
                it,
                name: &it.name,
                past: past(it.origin(), &it.name, said),
            }
        })
        .collect()
}

fn named_columns<'s: 'n, 'n>(intent: &'n Intent, table: &'s Table) -> Vec<Named<'s, 'n, Column>> {
    let columns = table.columns.iter().filter(|it| !it.past.retired);
    columns
        .map(|it| {
            let said = intent.column(&table.name, &it.name);
            let said = said.iter().flat_map(|it| &it.was).map(String::as_str);
            Named {
                it,
                name: &it.name,
                past: past(it.origin(), &it.name, said),
            }
        })
        .collect()
}

fn past<'a>(origin: &'a str, name: &str, said: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let all = std::iter::once(origin).chain(said);
    all.filter(|it| *it != name).collect()
}

/// What has one of these names now, or had it. What was once called so is meant even if another
/// has the name by now; but not where the database has one for both, for then a `was:` tells of
/// a rename before the import.
fn heir<'s, T>(
    names: &[String],
    all: &[Named<'s, '_, T>],
    is_old: impl Fn(&str) -> bool,
) -> Option<&'s T> {
    let (own, _) = names.split_first()?;
    let had_it =
        |it: &&Named<'_, '_, T>| it.past.iter().any(|past| names.iter().any(|it| it == past));
    let is_claimed = |name: &str| {
        let claims = |it: &Named<'_, '_, T>| it.past.contains(&name);
        all.iter().any(claims)
    };
    let renamed = all.iter().find(had_it);
    let renamed = renamed.filter(|it| !is_old(it.name) || is_claimed(it.name));
    let now = all.iter().find(|it| it.name == own);
    // One that took the name over from another has its own past to follow.
    let now = now.filter(|it| !it.past.iter().any(|past| is_old(past) && !is_old(it.name)));
    renamed.or(now).map(|it| it.it)
}

/// By new name of a column, the old one.
fn columns(intent: &Intent, draft: &Draft, new: &Table) -> BTreeMap<String, String> {
    let all = named_columns(intent, new);
    let is_old = |name: &str| draft.fields.iter().any(|it| it.future_column() == name);
    let of_field = |it: &Field| {
        let names = [it.future_column(), it.name.clone()];
        let column = heir(&names, &all, is_old)?;
        Some((column.name.clone(), it.column.clone()))
    };
    let key = draft.key.iter().map(|it| ("id".to_owned(), it.clone()));
    let has = draft.automatic;
    let automatic = [
        ("created_at", has.created_at),
        ("updated_at", has.updated_at),
        ("version", has.version),
    ];
    let automatic = automatic.iter().filter(|(_, has)| *has);
    let automatic = automatic.map(|(name, _)| ((*name).to_owned(), (*name).to_owned()));
    let fields = draft.fields.iter().filter_map(of_field);
    fields.chain(key).chain(automatic).collect()
}

fn link_name(draft: &Draft, link: &Link) -> String {
    let follows = || format!("{}_{}", Name::new(&draft.entity).snake(), link.name);
    link.through.clone().unwrap_or_else(follows)
}

/// The only link table of the project between the two entities: it is called otherwise when the
/// other side declares it.
fn only_between<'s>(
    all: &[Named<'s, '_, Table>],
    old: &Old,
    moves: &[Source<'_>],
) -> Option<&'s Table> {
    let wanted = targets(old.foreign_keys.iter().map(|it| moved(moves, &it.table)));
    let is_between = |table: &&Table| {
        let keys = table.foreign_keys.iter().map(|it| Some(it.table.as_str()));
        targets(keys) == wanted
    };
    let mut between = all.iter().map(|it| it.it).filter(is_between);
    match (between.next(), between.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn pair(old: &Old) -> Vec<Option<&str>> {
    targets(old.foreign_keys.iter().map(|it| Some(it.table.as_str())))
}

fn targets<'a>(tables: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<&'a str>> {
    let mut tables: Vec<Option<&str>> = tables.collect();
    tables.sort_unstable();
    tables
}

/// The new name of an old table.
fn moved<'m>(moves: &'m [Source<'_>], old: &str) -> Option<&'m str> {
    let source = moves.iter().find(|it| it.old.name == old);
    source.map(|it| it.new.name.as_str())
}

/// Both columns of a link, by what they refer to; where that is the same table, by their names.
/// Nothing where neither tells.
fn ends(
    draft: &Draft,
    link: &Link,
    old: &Old,
    new: &Table,
    moves: &[Source<'_>],
) -> BTreeMap<String, String> {
    let target = |key: &ForeignKey| {
        let leads_there = |it: &&OldKey| moved(moves, &it.table) == Some(key.table.as_str());
        let column = old.foreign_keys.iter().find(leads_there)?.columns.first()?;
        Some((key.column.clone(), column.clone()))
    };
    let by_target: BTreeMap<String, String> = new.foreign_keys.iter().filter_map(target).collect();
    let mut taken: Vec<&String> = by_target.values().collect();
    taken.dedup();
    if taken.len() == 2 {
        return by_target;
    }
    let old_ends = old_ends(old);
    let ([first, second], [own, other]) = (old_ends.as_slice(), new.primary_key.as_slice()) else {
        return BTreeMap::new();
    };
    // The import called the second column after the collection.
    let imported = format!("{}_id", Name::of_many(&link.name).singular_snake());
    let straight =
        own == *first || other == *second || (*own == own_id(draft) && *other == imported);
    let crossed = own == *second || other == *first;
    let pairs = match (straight, crossed) {
        (true, false) => [(own, *first), (other, *second)],
        (false, true) => [(own, *second), (other, *first)],
        _ => return BTreeMap::new(),
    };
    let pairs = pairs.map(|(new, old)| (new.clone(), old.clone()));
    pairs.into_iter().collect()
}

fn own_id(draft: &Draft) -> String {
    format!("{}_id", Name::new(&draft.entity).snake())
}

/// The columns of a link as the import takes them: its owner's first.
fn old_ends(old: &Old) -> Vec<&String> {
    match old.primary_key.as_slice() {
        [] => old.columns.iter().map(|it| &it.name).collect(),
        key => key.iter().collect(),
    }
}
