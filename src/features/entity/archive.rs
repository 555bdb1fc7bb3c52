//! The archive of an entity: how its records are shown, listed and restored.

mod past;
mod statements;
pub mod ties;

pub use past::Past;

use serde::Serialize;

use crate::model::{Entity, EntityId, Field, FieldKind, IdType};
use crate::tables::diff::creation_order;
use crate::tables::{Table, TableKind};

use super::super::Context;
use super::imports::Imports;
use super::model_view::{Member, field_doc, free_name};
use super::naming::Naming;
use super::operations_view::flattened;
use super::rust;
use super::sql::{Statement, automatic};
use super::text::Shared;
use statements::Pieces;

/// What `archive.rs` of a slice shows.
#[derive(Debug, Clone, Serialize)]
pub struct ArchiveView {
    /// The names.
    pub naming: Naming,
    /// The `use` lines.
    pub imports: Vec<String>,
    /// The table of the live records.
    pub table: String,
    /// The table of the archived ones.
    pub archive: String,
    /// An archived record, apart from the archive's own members.
    pub record: Vec<Member>,
    /// The members of an archived record that say something about a person.
    pub pii: Vec<String>,
    /// Every column, as an expression of `db::Sql`.
    pub columns: String,
    /// The members that callers see.
    pub members: Vec<String>,
    /// What kind of value the id is.
    pub id_kind: &'static str,
    /// What a restore can override.
    pub overrides: Vec<Member>,
    /// The same as parameters, in pairs.
    pub parameters: Vec<String>,
    /// How many pairs.
    pub pairs: usize,
    /// The pairs whose references may be restored later.
    pub late: Vec<usize>,
    /// The variable that holds the request's object.
    pub body: String,
    /// Members that a request may repeat from an answer.
    pub ignored: Vec<String>,
    /// What the statements share.
    pub shared: Vec<Shared>,
    /// The statements.
    pub statements: Vec<Statement>,
    /// Whether late references are set again.
    pub refers: bool,
    /// Whether ids come from a sequence.
    pub numbered: bool,
}

impl ArchiveView {
    /// The archive of an entity, if it has one.
    pub fn of(context: &Context<'_>, id: EntityId) -> Option<Self> {
        let service = context.service;
        let entity = service.entity(id);
        let table = context.schema.table(entity.name.plural_snake())?;
        let archive = context.schema.archive_of(&table.name)?;
        let mut imports = Imports::new();
        imports.add("serde", "Serialize");
        imports.add("uuid", "Uuid");
        let names = [
            "Error", "Unit", "archive", "db", "hooks", "http", "input", "list", "params",
        ];
        imports.add_all("svcgen_runtime", &names);
        let (record, shown) = record(context, entity, &mut imports);
        let own = crate::tables::build::archive_columns();
        let hidden = ["archive_hash", "archive_request"];
        let mut members: Vec<String> = own.into_iter().map(|it| it.name).collect();
        members.retain(|it| !hidden.contains(&it.as_str()));
        members.push("archive_restorability".to_owned());
        members.extend(shown);
        let late = late(context, entity, table);
        let pieces = Pieces::of(context, table, archive);
        let body = free_name(entity, &["body", "request", "sent", "request_body"]);
        let overrides = overrides(context, entity, &body, &mut imports);
        let parameters = parameters(context, entity, &mut imports);
        Some(Self {
            naming: Naming::of(entity),
            table: table.name.clone(),
            archive: archive.name.clone(),
            record,
            pii: entity
                .fields
                .iter()
                .filter(|it| it.pii)
                .map(rust::field_ident)
                .collect(),
            columns: super::sql::same_at(&statements::columns(), "    "),
            members,
            id_kind: super::sql::id_kind(entity.id),
            pairs: overrides.len(),
            overrides,
            parameters,
            refers: !late.is_empty(),
            statements: statements::of(context, entity, table, archive, &late, &pieces),
            shared: pieces.shared(),
            late: late.iter().map(|(pair, _)| *pair).collect(),
            body,
            ignored: automatic(entity).into_iter().map(str::to_owned).collect(),
            numbered: entity.id == IdType::Bigint,
            imports: imports.lines(),
        })
    }
}

/// An archived record's own members, and the names of those that are shown.
fn record(
    context: &Context<'_>,
    entity: &Entity,
    imports: &mut Imports,
) -> (Vec<Member>, Vec<String>) {
    let service = context.service;
    let optional = |name: &str, ty: &str, doc: String| Member {
        name: name.to_owned(),
        ty: format!("Option<{ty}>"),
        doc: vec![doc],
        shown: true,
        read: "row.next()?".to_owned(),
    };
    let id_doc = format!("Identified the {}.", entity.name.sentence());
    let mut members = vec![optional("id", rust::id_type(entity.id), id_doc)];
    let mut shown = vec!["id".to_owned()];
    for field in &entity.fields {
        // A value that is no longer in the set can still be read, and so can a record from before the field.
        let (ty, read) = if let FieldKind::Enum(_) = field.kind {
            ("Option<String>".to_owned(), "row.next()?".to_owned())
        } else {
            rust::import_type(service, &field.kind, imports);
            let nullable = Field {
                nullable: true,
                ..field.clone()
            };
            (
                rust::field_type(service, &nullable),
                rust::from_row(&nullable, imports),
            )
        };
        if !field.write_only {
            shown.push(field.column());
        }
        members.push(Member {
            name: rust::field_ident(field),
            ty,
            doc: field_doc(service, field),
            shown: !field.write_only,
            read,
        });
    }
    for column in automatic(entity) {
        let (ty, doc) = match column {
            "version" => ("i64", "The version it had."),
            "created_at" => ("Timestamp", "When it was created."),
            _ => ("Timestamp", "When it was last changed."),
        };
        if ty == "Timestamp" {
            imports.add("jiff", ty);
        }
        members.push(optional(column, ty, doc.to_owned()));
        shown.push(column.to_owned());
    }
    (members, shown)
}

/// The optional references to records that a batch may bring back only after this kind: their
/// pair, and their column.
fn late(context: &Context<'_>, entity: &Entity, table: &Table) -> Vec<(usize, String)> {
    let order: Vec<&str> = creation_order(&context.schema.tables)
        .into_iter()
        .filter(|it| it.kind == TableKind::Live)
        .map(|it| it.name.as_str())
        .collect();
    let place = |name: &str| order.iter().position(|it| *it == name);
    let fields = entity.fields.iter().enumerate();
    fields
        .filter_map(|(at, field)| match &field.kind {
            FieldKind::Reference(reference) if field.nullable => {
                let target = context.service.entity(reference.target).name.plural_snake();
                (place(target) >= place(&table.name)).then(|| (at + 1, field.column()))
            }
            _ => None,
        })
        .collect()
}

fn overrides(
    context: &Context<'_>,
    entity: &Entity,
    body: &str,
    imports: &mut Imports,
) -> Vec<Member> {
    let service = context.service;
    let accepts = rust::id_accepts(entity.id, imports);
    rust::import_id(entity.id, imports);
    let mut members = vec![Member {
        name: "id".to_owned(),
        ty: format!("Option<{}>", rust::id_type(entity.id)),
        doc: vec!["Another id.".to_owned()],
        shown: true,
        read: format!("{body}.change(\"id\", {accepts})"),
    }];
    for field in &entity.fields {
        let accepts = rust::accepts(service, &field.kind, imports);
        if let FieldKind::Enum(enumeration) = &field.kind {
            imports.add("super::model", enumeration.name.pascal());
        }
        rust::import_type(service, &field.kind, imports);
        let verb = if field.nullable {
            "change_nullable"
        } else {
            "change"
        };
        members.push(Member {
            name: rust::field_ident(field),
            ty: format!("Option<{}>", rust::field_type(service, field)),
            doc: field_doc(service, field),
            shown: true,
            read: format!("{body}.{verb}(\"{}\", {accepts})", field.column()),
        });
    }
    members
}

fn parameters(context: &Context<'_>, entity: &Entity, imports: &mut Imports) -> Vec<String> {
    let service = context.service;
    let id = if entity.id == IdType::String {
        "&self.id"
    } else {
        "self.id"
    };
    let mut parameters = vec!["self.id.is_some()".to_owned(), id.to_owned()];
    for field in &entity.fields {
        let place = format!("self.{}", rust::field_ident(field));
        parameters.push(format!("{place}.is_some()"));
        parameters.push(if field.nullable {
            let flat = if rust::is_copy(service, &field.kind) {
                format!("{place}.flatten()")
            } else {
                format!("{place}.as_ref().and_then(Option::as_ref)")
            };
            flattened(service, field, &flat)
        } else {
            rust::parameter(service, field, &place, true, imports)
        });
    }
    parameters
}
