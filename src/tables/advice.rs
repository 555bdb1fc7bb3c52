//! Which lists no index serves, and the index that would: what `svcgen check` advises.
//!
//! An index serves a list when it begins with the column that the list is ordered or filtered
//! by: what is left to sort then are the records of one value. The default order, references,
//! and with them the children of a parent, and the archive have their indexes already.

use super::build::column_name;
use super::{Schema, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Column, Entity, FieldKind, OrderTerm, ScalarType, Service};
use crate::schema::{Document, EntityFile};
use crate::source::{Span, Spanned};

/// The longest text, in characters, of which an index is advised: PostgreSQL refuses entries of more than 2,704 bytes.
const LONGEST: u32 = 600;

/// A warning for each entity with lists that no index serves.
pub fn advice(document: &Document, service: &Service, schema: &Schema) -> Vec<Diagnostic> {
    let found = service.entities.iter().filter_map(|entity| {
        let name = entity.name.pascal();
        let mut files = document.entities.iter();
        let is_its_own = |file: &&EntityFile| {
            let of = file.doc.entity.as_ref();
            of.is_some_and(|it| it.value == name)
        };
        let file = files.find(is_its_own)?;
        let table = entity.name.plural_snake();
        let table = schema.tables.iter().find(|it| it.name == table)?;
        of_entity(file, entity, table)
    });
    found.collect()
}

/// A column that lists use, and that no index begins with.
struct Unserved {
    column: Column,
    span: Span,
    ordered: bool,
}

fn of_entity(file: &EntityFile, entity: &Entity, table: &Table) -> Option<Diagnostic> {
    let list = &file.doc.list.as_ref()?.value;
    let mut unserved: Vec<Unserved> = Vec::new();
    let uses = [
        (&list.order, &entity.list.order, true),
        (&list.filter, &entity.list.filter, false),
    ];
    for (written, columns, ordered) in uses {
        let written: &[Spanned<String>] = written.as_ref().map_or(&[], |it| &it.value);
        for (name, column) in written.iter().zip(columns) {
            let is_known = unserved.iter().any(|it| it.column == *column);
            if !is_known
                && wants_index(entity, column, ordered)
                && !is_served(entity, table, column)
            {
                unserved.push(Unserved {
                    column: column.clone(),
                    span: name.span,
                    ordered,
                });
            }
        }
    }
    let names: Vec<String> = unserved
        .iter()
        .map(|it| format!("`{}`", written(entity, &it.column)))
        .collect();
    let message = format!(
        "no index serves the list of {} by {}",
        entity.name.plural_sentence(),
        names.split_last().map(|(last, rest)| match rest {
            [] => last.clone(),
            rest => format!("{} and {last}", rest.join(", ")),
        })?
    );
    let mut warning = Diagnostic::warning(Code::UnservedList, message);
    for it in &unserved {
        let label = if it.ordered {
            "a page in this order sorts all of them"
        } else {
            "a page of one value reads all of them"
        };
        warning = warning.label(it.span, label);
    }
    let indexes = snippet(entity, &unserved);
    Some(warning.help(format!("write `indexes: [{indexes}]`")))
}

/// A flag divides into two, which is no help to a filter; and an index cannot hold every text.
fn wants_index(entity: &Entity, column: &Column, ordered: bool) -> bool {
    let Column::Field(index) = column else {
        return true;
    };
    match &entity.fields[*index].kind {
        FieldKind::Scalar(ScalarType::Bool) => ordered,
        FieldKind::Scalar(ScalarType::String(text) | ScalarType::Text(text)) => {
            text.max.is_some_and(|max| max <= LONGEST)
        }
        _ => true,
    }
}

fn is_served(entity: &Entity, table: &Table, column: &Column) -> bool {
    let name = column_name(entity, column);
    let mut firsts = table.indexes.iter().filter_map(|it| it.terms.first());
    *column == Column::Id || firsts.any(|first| first.column == name)
}

/// The entity's indexes as a schema has them, with what is missing.
fn snippet(entity: &Entity, unserved: &[Unserved]) -> String {
    let declared = entity.indexes.iter().cloned();
    let missing = unserved.iter().map(|it| {
        let first = OrderTerm {
            column: it.column.clone(),
            descending: false,
        };
        let mut terms = vec![first];
        if it.ordered || entity.list.default_order.is_empty() {
            // The id breaks ties.
            terms.push(OrderTerm {
                column: Column::Id,
                descending: false,
            });
        } else {
            // The records of one value come in the default order.
            terms.extend(entity.list.default_order.iter().cloned());
        }
        terms
    });
    let indexes = declared.chain(missing).map(|terms| {
        let terms = terms.iter().map(|term| {
            let direction = if term.descending { "-" } else { "" };
            format!("{direction}{}", written(entity, &term.column))
        });
        format!("[{}]", terms.collect::<Vec<_>>().join(", "))
    });
    indexes.collect::<Vec<_>>().join(", ")
}

/// A column as a schema names it: a reference is named like its field.
fn written(entity: &Entity, column: &Column) -> String {
    match column {
        Column::Field(index) => entity.fields[*index].name.snake().to_owned(),
        other => column_name(entity, other),
    }
}
