//! Tables that only say which records belong together.

use std::collections::BTreeMap;

use super::Note;
use super::catalogue::{Engine, Table};
use super::draft::{Draft, Link};
use super::fields::holds;
use super::names::Members;
use super::understand::{Key, Scope, Subject, id_of};
use crate::model::Name;

/// Whether a table is nothing but two references, each to a record with an identifier, and
/// no pair of them is there twice.
pub fn is_link(table: &Table, all: &[&Table], engine: Engine) -> bool {
    let [first, second] = table.columns.as_slice() else {
        return false;
    };
    let refers = |column: &str| {
        table.foreign_keys.iter().any(|key| {
            let target = all.iter().find(|it| it.name == key.table);
            key.columns == [column.to_owned()]
                && target.is_some_and(|target| {
                    let [id] = target.primary_key.as_slice() else {
                        return false;
                    };
                    let is_id = target.column(id).and_then(|it| id_of(it, engine)).is_some();
                    let refers = target.foreign_keys.iter().any(|it| it.columns.contains(id));
                    is_id && !refers && (key.targets.is_empty() || key.targets == [id.clone()])
                })
        })
    };
    let whole = table.primary_key.is_empty() || table.primary_key.len() == 2;
    whole
        && table.foreign_keys.len() == 2
        && table.checks.is_empty()
        && refers(&first.name)
        && refers(&second.name)
}

/// Adds each link to the entity that its first column refers to.
pub fn add(
    scope: &Scope<'_>,
    tables: &[&Table],
    members: &mut BTreeMap<&str, Members<'_>>,
    drafts: &mut [Draft],
    notes: &mut Vec<Note>,
) {
    for table in tables {
        let columns: Vec<&String> = match table.primary_key.as_slice() {
            [] => table.columns.iter().map(|it| &it.name).collect(),
            key => key.iter().collect(),
        };
        let [own, other] = columns.as_slice() else {
            continue;
        };
        let (Some(owner), Some(target)) = (side(scope, table, own), side(scope, table, other))
        else {
            continue;
        };
        let Some(members) = members.get_mut(owner.table.name.as_str()) else {
            continue;
        };
        if table.primary_key.is_empty() {
            notes.push(Note::changed(
                table.name.as_str(),
                "it is a link; each pair is there once",
            ));
        }
        let link = link(table, owner, target, other, members);
        tell(scope, table, owner, &link, [own, other], notes);
        if let Some(draft) = drafts.iter_mut().find(|it| it.table == owner.table.name) {
            draft.links.push(link);
        }
    }
}

fn side<'a>(scope: &'a Scope<'_>, table: &Table, column: &str) -> Option<&'a Subject<'a>> {
    let key = table
        .foreign_keys
        .iter()
        .find(|it| it.columns == [column.to_owned()])?;
    scope.subjects.get(key.table.as_str())
}

fn link(
    table: &Table,
    owner: &Subject<'_>,
    target: &Subject<'_>,
    other: &str,
    members: &mut Members<'_>,
) -> Link {
    let is_self = owner.table.name == target.table.name;
    let wanted = if is_self {
        let role = other.strip_suffix("_id").unwrap_or(other);
        Name::new(&super::names::snake(role))
            .plural_snake()
            .to_owned()
    } else {
        Name::new(&target.name.entity).plural_snake().to_owned()
    };
    let name = members.collection(&wanted);
    let follows = format!("{}_{name}", owner.name.snake);
    let points_back = target
        .table
        .foreign_keys
        .iter()
        .any(|key| key.table == owner.table.name);
    let through = super::names::snake(&table.name);
    let is_said = follows != through || points_back || is_self;
    Link {
        table: table.name.clone(),
        target: target.name.entity.clone(),
        through: Some(through).filter(|_| is_said),
        name,
    }
}

/// What is different in the link table that svcgen makes.
fn tell(
    scope: &Scope<'_>,
    table: &Table,
    owner: &Subject<'_>,
    link: &Link,
    columns: [&String; 2],
    notes: &mut Vec<Note>,
) {
    let other = if link.target == owner.name.entity {
        Name::of_many(&link.name).singular_snake().to_owned()
    } else {
        Name::new(&link.target).snake().to_owned()
    };
    if let Some(through) = link.through.as_ref().filter(|it| **it != table.name) {
        notes.push(Note::changed(
            table.name.as_str(),
            format!("the link table becomes `{through}`"),
        ));
    }
    let future = [format!("{}_id", owner.name.snake), format!("{other}_id")];
    for (column, future) in columns.into_iter().zip(future) {
        if *column != future {
            notes.push(Note::changed(
                format!("{}.{column}", table.name),
                format!("the column becomes `{future}`"),
            ));
        }
        let fits = side(scope, table, column).is_none_or(|target| match &target.key {
            Key::Column(_, id) => table.column(column).is_none_or(|it| holds(*id, it, scope)),
            Key::New => true,
        });
        if !fits {
            notes.push(Note::changed(
                format!("{}.{column}", table.name),
                "it gets the type of the identifier that it refers to",
            ));
        }
    }
}
