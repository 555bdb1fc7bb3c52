//! What `model.rs` of a slice interpolates: the record, and what creates and changes it.

use serde::Serialize;

use crate::model::{Entity, Field, FieldKind, IdType, ScalarType, Service, Via};

use super::imports::Imports;
use super::list::{KeyValue, key_values};
use super::naming::{Naming, article, capitalised, doc_lines};
use super::rust;
use super::sql::{automatic, links};

/// A struct field with its type.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// The field's name as Rust writes it.
    pub name: String,
    /// Its type.
    pub ty: String,
    /// Its doc lines.
    pub doc: Vec<String>,
    /// Whether an answer shows it.
    pub shown: bool,
    /// How it is read: from a row, or from a request.
    pub read: String,
}

/// A closed set of names.
#[derive(Debug, Clone, Serialize)]
pub struct EnumView {
    /// The type's name.
    pub name: String,
    /// Its doc lines.
    pub doc: Vec<String>,
    /// Its variants: name, stored text, doc lines.
    pub variants: Vec<Variant>,
}

/// One value of a closed set.
#[derive(Debug, Clone, Serialize)]
pub struct Variant {
    /// The variant.
    pub name: String,
    /// The text stored and sent, as a literal.
    pub text: String,
    /// Its doc lines.
    pub doc: Vec<String>,
}

/// What `model.rs` shows.
#[derive(Debug, Clone, Serialize)]
pub struct ModelView {
    /// The names.
    pub naming: Naming,
    /// The `use` lines.
    pub imports: Vec<String>,
    /// The enums of the fields.
    pub enums: Vec<EnumView>,
    /// The record.
    pub record: Vec<Member>,
    /// What a caller sends to create one.
    pub new: Vec<Member>,
    /// What a caller sends to change one; empty when nothing can change.
    pub changes: Vec<Member>,
    /// Members that a request may repeat from an answer.
    pub ignored_new: Vec<String>,
    /// The same for a change.
    pub ignored_changes: Vec<String>,
    /// Members that never change.
    pub immutable: Vec<String>,
    /// The same, for a replacement that must agree in them.
    pub agreed: Vec<Agreed>,
    /// The variable that holds the request's object.
    pub body: String,
    /// Whether the record has a version.
    pub versioned: bool,
    /// JSON fields, which a merge patch merges: name and whether nullable.
    pub merged: Vec<Merged>,
    /// The columns that lists are ordered by.
    pub keys: Vec<KeyValue>,
}

/// A field that a replacement must leave as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Agreed {
    /// The field as Rust writes it.
    pub name: String,
    /// The member of a request.
    pub column: String,
}

/// A JSON field in a merge patch.
#[derive(Debug, Clone, Serialize)]
pub struct Merged {
    /// The field as Rust writes it.
    pub name: String,
    /// Whether it may be null.
    pub nullable: bool,
}

impl ModelView {
    /// The model of an entity.
    pub fn of(service: &Service, entity: &Entity) -> Self {
        let mut imports = Imports::new();
        imports.add("serde", "Serialize");
        imports.add_all("svcgen_runtime", &["db", "input"]);
        rust::import_id(entity.id, &mut imports);
        if entity.automatic.created_at || entity.automatic.updated_at {
            imports.add("jiff", "Timestamp");
        }
        for field in &entity.fields {
            rust::import_type(service, &field.kind, &mut imports);
        }
        let record = record(service, entity, &mut imports);
        let new = new_members(service, entity, &mut imports);
        let changes = change_members(service, entity, &mut imports);
        if entity.automatic.version {
            imports.add("svcgen_runtime", "http");
        }
        imports.add("svcgen_runtime", "list");
        let keys = key_values(service, entity, &mut imports);
        let mut ignored_new: Vec<String> =
            automatic(entity).into_iter().map(str::to_owned).collect();
        let mut ignored_changes = ignored_new.clone();
        ignored_changes.insert(0, "id".to_owned());
        if entity.id == IdType::Bigint {
            ignored_new.insert(0, "id".to_owned());
        }
        let merged: Vec<Merged> = entity
            .fields
            .iter()
            .filter(|field| is_json(field) && !field.immutable)
            .map(|field| Merged {
                name: rust::field_ident(field),
                nullable: field.nullable,
            })
            .collect();
        let agreed: Vec<Agreed> = if changes.is_empty() {
            Vec::new()
        } else {
            immutable(entity).map(Agreed::of).collect()
        };
        if !agreed.is_empty() {
            imports.add("svcgen_runtime", "Violations");
        }
        Self {
            naming: Naming::of(entity),
            enums: enums(entity),
            record,
            new,
            changes,
            ignored_new,
            ignored_changes,
            immutable: immutable(entity).map(Field::column).collect(),
            agreed,
            body: free_name(entity, &["body", "request", "sent", "request_body"]),
            versioned: entity.automatic.version,
            merged,
            keys,
            imports: imports.lines(),
        }
    }
}

impl Agreed {
    fn of(field: &Field) -> Self {
        Self {
            name: rust::field_ident(field),
            column: field.column(),
        }
    }
}

fn immutable(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields.iter().filter(|field| field.immutable)
}

fn is_json(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Scalar(ScalarType::Json))
}

/// The first of the names that no field has.
pub fn free_name(entity: &Entity, names: &[&str]) -> String {
    let taken: Vec<String> = entity.fields.iter().map(Field::column).collect();
    names
        .iter()
        .find(|name| !taken.iter().any(|it| it == *name))
        .map_or_else(|| "__body".to_owned(), |name| (*name).to_owned())
}

fn record(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<Member> {
    let id_doc = format!("Identifies the {}.", entity.name.sentence());
    let mut members = vec![member(
        "id",
        rust::id_type(entity.id),
        &id_doc,
        "row.next()?",
    )];
    for field in &entity.fields {
        let read = rust::from_row(field, imports);
        members.push(Member {
            name: rust::field_ident(field),
            ty: rust::field_type(service, field),
            doc: field_doc(service, field),
            shown: !field.write_only,
            read,
        });
    }
    for (name, target, doc) in link_members(service, entity) {
        let ty = format!("Vec<{}>", rust::id_type(target.id));
        rust::import_id(target.id, imports);
        let read = format!("row.next::<db::Json<{ty}>>()?.0");
        members.push(member(&name, &ty, &doc, &read));
    }
    for column in automatic(entity) {
        let (ty, doc) = match column {
            "version" => ("i64", "Counts the changes; the entity tag."),
            "created_at" => ("Timestamp", "When it was created."),
            _ => ("Timestamp", "When it was last changed."),
        };
        members.push(member(column, ty, doc, "row.next()?"));
    }
    members
}

fn member(name: &str, ty: &str, doc: &str, read: &str) -> Member {
    Member {
        name: name.to_owned(),
        ty: ty.to_owned(),
        doc: vec![doc.to_owned()],
        shown: true,
        read: read.to_owned(),
    }
}

/// The members that show links: name, the entity at the other end, and a doc.
pub fn link_members<'a>(
    service: &'a Service,
    entity: &'a Entity,
) -> Vec<(String, &'a Entity, String)> {
    entity
        .collections
        .iter()
        .filter_map(|collection| match collection.via {
            Via::Link(_) => {
                let target = service.entity(collection.target);
                let doc = collection.doc.clone().unwrap_or_else(|| {
                    format!("The {} it is linked with.", target.name.plural_sentence())
                });
                Some((collection.ids_member(), target, doc))
            }
            Via::Reference { .. } => None,
        })
        .collect()
}

fn new_members(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<Member> {
    let mut members = Vec::new();
    if let Some(required) = rust::id_from_caller(entity) {
        let accepts = rust::id_accepts(entity.id, imports);
        let body = free_name(entity, &["body", "request", "sent", "request_body"]);
        members.push(if required {
            let read = format!("{body}.required(\"id\", {accepts})");
            member("id", "String", "Identifies it from now on.", &read)
        } else {
            let read = format!("{body}.optional(\"id\", {accepts})");
            let doc = "Identifies it from now on; made by the service when not sent.";
            member("id", "Option<Uuid>", doc, &read)
        });
    }
    let body = free_name(entity, &["body", "request", "sent", "request_body"]);
    for field in &entity.fields {
        let accepts = rust::accepts(service, &field.kind, imports);
        let key = field.column();
        let read = match (&field.default, field.nullable) {
            (None, false) => format!("{body}.required(\"{key}\", {accepts})"),
            (None, true) => format!("{body}.optional(\"{key}\", {accepts})"),
            (Some(default), nullable) => {
                let default = rust::default_value(field, default, imports);
                let verb = if nullable { "optional_or" } else { "or" };
                format!("{body}.{verb}(\"{key}\", {accepts}, {default})")
            }
        };
        members.push(Member {
            name: rust::field_ident(field),
            ty: rust::field_type(service, field),
            doc: field_doc(service, field),
            shown: true,
            read,
        });
    }
    members.extend(link_inputs(service, entity, imports, &body, "or"));
    members
}

fn link_inputs(
    service: &Service,
    entity: &Entity,
    imports: &mut Imports,
    body: &str,
    verb: &str,
) -> Vec<Member> {
    let mut members = Vec::new();
    let ways = links(service, entity).map(|(link, _)| link.max_items);
    for ((name, target, doc), max_items) in link_members(service, entity).into_iter().zip(ways) {
        let ids = format!("Vec<{}>", rust::id_type(target.id));
        let accepts = rust::id_accepts(target.id, imports);
        let list = format!("input::list({accepts}).max_items({max_items})");
        let (ty, read) = if verb == "or" {
            (ids, format!("{body}.or(\"{name}\", {list}, Vec::new())"))
        } else {
            let read = format!("{body}.change_or(\"{name}\", {list}, Vec::new())");
            (format!("Option<{ids}>"), read)
        };
        members.push(member(&name, &ty, &doc, &read));
    }
    members
}

fn change_members(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<Member> {
    let body = free_name(entity, &["body", "request", "sent", "request_body"]);
    let mut members: Vec<Member> = entity
        .fields
        .iter()
        .filter(|field| !field.immutable)
        .map(|field| {
            let accepts = rust::accepts(service, &field.kind, imports);
            let key = field.column();
            let verb = if field.nullable {
                "change_nullable"
            } else {
                "change"
            };
            let read = match &field.default {
                None => format!("{body}.{verb}(\"{key}\", {accepts})"),
                Some(default) => {
                    let default = rust::default_value(field, default, imports);
                    format!("{body}.{verb}_or(\"{key}\", {accepts}, {default})")
                }
            };
            Member {
                name: rust::field_ident(field),
                ty: format!("Option<{}>", rust::field_type(service, field)),
                doc: field_doc(service, field),
                shown: true,
                read,
            }
        })
        .collect();
    members.extend(link_inputs(service, entity, imports, &body, "change"));
    members
}

pub fn field_doc(service: &Service, field: &Field) -> Vec<String> {
    doc_lines(field.doc.as_deref()).unwrap_or_else(|| match &field.kind {
        FieldKind::Reference(reference) => {
            let target = service.entity(reference.target).name.sentence();
            vec![format!("The {target} it belongs to.")]
        }
        _ => vec![format!("{}.", capitalised(field.name.sentence()))],
    })
}

fn enums(entity: &Entity) -> Vec<EnumView> {
    entity
        .fields
        .iter()
        .filter_map(|field| match &field.kind {
            FieldKind::Enum(enumeration) => Some((field, enumeration)),
            _ => None,
        })
        .map(|(field, enumeration)| EnumView {
            name: enumeration.name.pascal().to_owned(),
            doc: doc_lines(field.doc.as_deref()).unwrap_or_else(|| {
                let of = entity.name.sentence();
                vec![format!(
                    "The {} of {} {of}.",
                    field.name.sentence(),
                    article(of)
                )]
            }),
            variants: enumeration
                .values
                .iter()
                .map(|value| Variant {
                    name: value.name.pascal().to_owned(),
                    text: rust::string_literal(value.name.written()),
                    doc: doc_lines(value.doc.as_deref()).unwrap_or_else(|| {
                        vec![format!("{}.", capitalised(value.name.sentence()))]
                    }),
                })
                .collect(),
        })
        .collect()
}
