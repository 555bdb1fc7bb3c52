//! The statements of links, and of whether a record is there.

use crate::dialect::{Dialect, quoted};
use crate::model::{Collection, EntityId, Link, Service};

use super::super::super::Context;
use super::super::naming::{Naming, article};
use super::super::sql::{Statement, Statements, statement};
use super::{is_shown_there, links_of, touch};

/// The statements of an entity's relations.
pub fn of(context: &Context<'_>, id: EntityId) -> Vec<Statement> {
    let service = context.service;
    let entity = service.entity(id);
    let make = |name: &str, doc: &str, text: &dyn Fn(&dyn Dialect) -> String| {
        statement(service, name, doc, text)
    };
    let mut statements = Vec::new();
    let table = quoted(entity.name.plural_snake());
    if !entity.collections.is_empty() {
        let doc = format!("Whether there is such {}.", Naming::of(entity).a_sentence);
        statements.push(make("EXISTS", &doc, &|_| {
            format!("select true\nfrom {table}\nwhere id = $1")
        }));
    }
    for (collection, link) in links_of(entity) {
        statements.extend(link_statements(service, collection, link, &make));
    }
    if let Some(table) = context.schema.table(entity.name.plural_snake()) {
        let of_record = Statements::new(context, entity, table, "queries::");
        for (collection, link) in links_of(entity) {
            let target = service.entity(collection.target);
            statements.extend(of_record.link(link, target, &collection.ids_member()));
        }
    }
    if links_of(entity).next().is_some()
        && let Some(touch) = touch(entity)
    {
        let doc = "What a change of its links changes of a record itself.";
        statements.push(make("TOUCH", doc, &|_| touch.clone()));
    }
    statements
}

type Make<'a> = dyn Fn(&str, &str, &dyn Fn(&dyn Dialect) -> String) -> Statement + 'a;

fn link_statements(
    service: &Service,
    collection: &Collection,
    link: &Link,
    make: &Make<'_>,
) -> Vec<Statement> {
    let target = service.entity(collection.target);
    let upper = collection.name.snake().to_uppercase();
    let sentence = target.name.sentence();
    let other = quoted(target.name.plural_snake());
    let table = quoted(&link.table);
    let (own_column, target_column) = (quoted(&link.own_column), quoted(&link.target_column));
    let shown_there = is_shown_there(target, link);
    let touch = touch(target).filter(|_| shown_there);
    let mut statements = vec![
        make(
            &format!("HOLD_{upper}"),
            &format!("Whether there is such {} {sentence}.", article(sentence)),
            &|dialect| {
                let held = if touch.is_some() {
                    dialect.for_update()
                } else {
                    ""
                };
                format!("select true\nfrom {other}\nwhere id = $1{held}")
            },
        ),
        make(
            &format!("TIE_{upper}"),
            &format!("A link with {} {sentence}.", article(sentence)),
            &|_| {
                format!(
                    "insert into {table} ({own_column}, {target_column})\nvalues ($1, $2)\non conflict do nothing"
                )
            },
        ),
        make(
            &format!("UNTIE_{upper}"),
            &format!("The end of a link with {} {sentence}.", article(sentence)),
            &|_| format!("delete from {table}\nwhere {own_column} = $1 and {target_column} = $2"),
        ),
    ];
    if let Some(touch) = &touch {
        let doc = format!("What the link changes of the {sentence}, which shows it too.");
        statements.push(make(&format!("TOUCH_{upper}"), &doc, &|_| touch.clone()));
    }
    statements
}
