//! What the templates of a slice interpolate: final strings and booleans.

use serde::Serialize;

use crate::model::{Entity, EntityId, Field, FieldKind, IdType, Service, Via};
use crate::tables::build::{default_order_terms, field_column, is_archived};
use crate::tables::{IndexTerm, Table};

use super::super::Context;
use super::imports::Imports;
use super::removal::Removal;
use super::rust;
use super::sql::{Statement, Statements, automatic, links};

/// Names and docs that every template of a slice uses.
#[derive(Debug, Clone, Serialize)]
pub struct Naming {
    /// `Order`
    pub entity: String,
    /// `order`, as a module and a path.
    pub module: String,
    /// `order`, as a variable that clashes with none of the template's own.
    pub var: String,
    /// `orders`, as a field.
    pub plural: String,
    /// `order line`
    pub sentence: String,
    /// `an order line`
    pub a_sentence: String,
    /// `order lines`
    pub plural_sentence: String,
    /// `Order lines`
    pub capital_plural: String,
    /// The schema's words, as doc lines.
    pub doc: Vec<String>,
}

/// Variables that the templates use themselves.
const TAKEN_VARIABLES: &[&str] = &[
    "app", "caller", "changes", "current", "expected", "found", "id", "inside", "listing", "new",
    "now", "page", "reason", "removal", "row", "rows", "rules", "size", "tx", "parameters", "error",
    "body", "http", "db", "input", "last", "params",
];

impl Naming {
    /// The names of an entity.
    pub fn of(entity: &Entity) -> Self {
        let snake = entity.name.snake();
        let sentence = entity.name.sentence();
        let plural_sentence = entity.name.plural_sentence();
        let fallback = format!("{}.", capitalised(&format!("{} {sentence}", article(sentence))));
        Self {
            entity: entity.name.pascal().to_owned(),
            module: rust::escaped(snake),
            var: if TAKEN_VARIABLES.contains(&snake) {
                "record".to_owned()
            } else {
                rust::escaped(snake)
            },
            plural: rust::escaped(entity.name.plural_snake()),
            a_sentence: format!("{} {sentence}", article(sentence)),
            capital_plural: capitalised(plural_sentence),
            doc: doc_lines(entity.doc.as_deref()).unwrap_or_else(|| vec![fallback]),
            sentence: sentence.to_owned(),
            plural_sentence: plural_sentence.to_owned(),
        }
    }
}

/// `a` or `an`.
fn article(sentence: &str) -> &'static str {
    match sentence.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o') => "an",
        _ => "a",
    }
}

/// The text with a capital first letter.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A schema's doc as lines; none when there is nothing to say.
pub fn doc_lines(doc: Option<&str>) -> Option<Vec<String>> {
    let lines: Vec<String> = doc?
        .trim()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    (!lines.is_empty()).then_some(lines)
}

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
    /// The variable that holds the request's object.
    pub body: String,
    /// Whether the record has a version.
    pub versioned: bool,
    /// JSON fields, which a merge patch merges: name and whether nullable.
    pub merged: Vec<Merged>,
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
        let mut ignored_new: Vec<String> = automatic(entity).into_iter().map(str::to_owned).collect();
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
        Self {
            naming: Naming::of(entity),
            enums: enums(entity),
            record,
            new,
            changes,
            ignored_new,
            ignored_changes,
            immutable: entity
                .fields
                .iter()
                .filter(|field| field.immutable)
                .map(field_column)
                .collect(),
            body: free_name(entity, &["body", "request", "sent", "request_body"]),
            versioned: entity.automatic.version,
            merged,
            imports: imports.lines(),
        }
    }
}

fn is_json(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Scalar(crate::model::ScalarType::Json)
    )
}

/// The first of the names that no field has.
fn free_name(entity: &Entity, names: &[&str]) -> String {
    let taken: Vec<String> = entity.fields.iter().map(field_column).collect();
    names
        .iter()
        .find(|name| !taken.iter().any(|it| it == *name))
        .map_or_else(|| "__body".to_owned(), |name| (*name).to_owned())
}

fn record(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<Member> {
    let id_doc = format!("Identifies the {}.", entity.name.sentence());
    let mut members = vec![member("id", rust::id_type(entity.id), &id_doc, "row.get(0)?")];
    for field in &entity.fields {
        let read = rust::from_row(field, members.len(), imports);
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
        let read = format!("row.get::<db::Json<{ty}>>({})?.0", members.len());
        members.push(member(&name, &ty, &doc, &read));
    }
    for column in automatic(entity) {
        let (ty, doc) = match column {
            "version" => ("i64", "Counts the changes; the entity tag."),
            "created_at" => ("Timestamp", "When it was created."),
            _ => ("Timestamp", "When it was last changed."),
        };
        let read = format!("row.get({})?", members.len());
        members.push(member(column, ty, doc, &read));
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
                Some((link_member(collection), target, doc))
            }
            Via::Reference { .. } => None,
        })
        .collect()
}

/// The member that shows a link: `tag_ids` for the collection `tags`.
pub fn link_member(collection: &crate::model::Collection) -> String {
    format!("{}_ids", collection.name.singular_snake())
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
        let key = field_column(field);
        let read = match (&field.default, field.nullable) {
            (None, false) => format!("{body}.required(\"{key}\", {accepts})"),
            (None, true) => format!("{body}.optional(\"{key}\", {accepts})"),
            (Some(default), nullable) => {
                let default = rust::default_value(field, default, imports);
                let verb = if nullable { "nullable_or" } else { "or" };
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
            let read = format!("{body}.change(\"{name}\", {list})");
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
            let key = field_column(field);
            let verb = if field.nullable { "change_nullable" } else { "change" };
            Member {
                name: rust::field_ident(field),
                ty: format!("Option<{}>", rust::field_type(service, field)),
                doc: field_doc(service, field),
                shown: true,
                read: format!("{body}.{verb}(\"{key}\", {accepts})"),
            }
        })
        .collect();
    members.extend(link_inputs(service, entity, imports, &body, "change"));
    members
}

fn field_doc(service: &Service, field: &Field) -> Vec<String> {
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
                vec![format!("The {} of {} {of}.", field.name.sentence(), article(of))]
            }),
            variants: enumeration
                .values
                .iter()
                .map(|value| Variant {
                    name: value.name.pascal().to_owned(),
                    text: rust::string_literal(value.name.written()),
                    doc: doc_lines(value.doc.as_deref())
                        .unwrap_or_else(|| vec![format!("{}.", capitalised(value.name.sentence()))]),
                })
                .collect(),
        })
        .collect()
}

/// A link as the commands write it.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView {
    /// The member that holds the ids.
    pub member: String,
    /// The constant that ties.
    pub link: String,
    /// The constant that unties.
    pub unlink: String,
}

/// A named constraint as the commands list it.
#[derive(Debug, Clone, Serialize)]
pub struct ConstraintView {
    /// The Rust expression.
    pub expression: String,
}

/// What `commands.rs` and `queries.rs` show.
#[derive(Debug, Clone, Serialize)]
pub struct OperationsView {
    /// The names.
    pub naming: Naming,
    /// The type of the identifier, as an argument.
    pub id: String,
    /// How the identifier of a new record comes about; `None` when the database makes it.
    pub new_id: Option<String>,
    /// Whether the table has `version`.
    pub versioned: bool,
    /// Whether any column takes the time of the write.
    pub timed_insert: bool,
    /// Whether `updated_at` takes the time of a change.
    pub timed_update: bool,
    /// Whether anything can change.
    pub changeable: bool,
    /// The parameters of an insert after the id, the time last.
    pub insert: Vec<String>,
    /// The parameters of an update after id, version and time.
    pub update: Vec<String>,
    /// Many-to-many links.
    pub links: Vec<LinkView>,
    /// JSON fields, which a merge patch merges.
    pub merged: Vec<Merged>,
    /// Named constraints.
    pub constraints: Vec<ConstraintView>,
    /// The statements of the commands.
    pub commands: Vec<Statement>,
    /// The statements of the queries.
    pub queries: Vec<Statement>,
    /// What a removal takes along; none when one statement does it.
    pub removal: Option<Removal>,
    /// Whether a removal must say why.
    pub reason_required: bool,
    /// Page sizes.
    pub default_page: u32,
    /// The largest page.
    pub max_page: u32,
    /// What page tokens of the default order are bound to.
    pub scope: String,
    /// The type of a cursor.
    pub cursor_type: String,
    /// The pattern that takes a cursor apart.
    pub cursor_pattern: String,
    /// The cursor's values as parameters.
    pub cursor_parameters: Vec<String>,
    /// The cursor of the last record.
    pub cursor_of_last: String,
    /// The `use` lines of `commands.rs`.
    pub command_imports: Vec<String>,
    /// The `use` lines of `queries.rs`.
    pub query_imports: Vec<String>,
}

impl OperationsView {
    /// The operations on an entity.
    pub fn of(context: &Context<'_>, id: EntityId, table: &Table) -> Self {
        let service = context.service;
        let entity = service.entity(id);
        let statements = Statements::new(context, entity, table);
        let mut command_imports = Imports::new();
        command_imports.add_all("svcgen_runtime", &["db", "http", "params", "Error", "Violations"]);
        let mut query_imports = Imports::new();
        query_imports.add_all("svcgen_runtime", &["db", "http", "params", "Error"]);
        rust::import_id(entity.id, &mut query_imports);
        let removal = Removal::of(context, id);
        let removal = (!removal.is_plain()).then_some(removal);
        let links = link_views(service, entity);
        let changeable = entity.fields.iter().any(|field| !field.immutable) || !links.is_empty();
        let cursor = cursor(context, entity, &mut query_imports);
        Self {
            naming: Naming::of(entity),
            id: rust::id_argument(entity.id).to_owned(),
            new_id: new_id(entity, &mut command_imports),
            versioned: entity.automatic.version,
            timed_insert: entity.automatic.created_at || entity.automatic.updated_at,
            timed_update: entity.automatic.updated_at && changeable,
            changeable,
            insert: insert_parameters(service, entity, &mut command_imports),
            update: update_parameters(service, &statements, &mut command_imports),
            merged: ModelView::of(service, entity).merged,
            constraints: constraints(entity, table),
            commands: command_statements(service, entity, &statements, removal.is_some()),
            queries: query_statements(entity, &statements),
            reason_required: match &entity.delete {
                crate::model::Delete::Archive(archive) => archive.reason_required,
                crate::model::Delete::Hard => false,
            },
            removal,
            links,
            default_page: entity.list.default_page,
            max_page: entity.list.max_page,
            scope: cursor.scope,
            cursor_type: cursor.ty,
            cursor_pattern: cursor.pattern,
            cursor_parameters: cursor.parameters,
            cursor_of_last: cursor.of_last,
            command_imports: {
                import_command_types(entity, changeable, &mut command_imports);
                command_imports.lines()
            },
            query_imports: query_imports.lines(),
        }
    }
}

fn import_command_types(entity: &Entity, changeable: bool, imports: &mut Imports) {
    rust::import_id(entity.id, imports);
    if entity.automatic.created_at || entity.automatic.updated_at {
        imports.add("jiff", "Timestamp");
    }
    if is_archived(entity) {
        imports.add("uuid", "Uuid");
    }
    let name = entity.name.pascal();
    imports.add("super::model", name);
    imports.add("super::model", &format!("New{name}"));
    if changeable {
        imports.add("super::model", &format!("{name}Changes"));
    }
}

fn new_id(entity: &Entity, imports: &mut Imports) -> Option<String> {
    rust::import_id(entity.id, imports);
    match entity.id {
        IdType::Uuid => Some("new.id.unwrap_or_else(Uuid::now_v7)".to_owned()),
        IdType::String => Some("&new.id".to_owned()),
        IdType::Bigint => None,
    }
}

fn insert_parameters(service: &Service, entity: &Entity, imports: &mut Imports) -> Vec<String> {
    entity
        .fields
        .iter()
        .map(|field| {
            let place = format!("new.{}", rust::field_ident(field));
            rust::parameter(service, field, &place, field.nullable, imports)
        })
        .collect()
}

fn update_parameters(
    service: &Service,
    statements: &Statements<'_>,
    imports: &mut Imports,
) -> Vec<String> {
    let mut parameters = Vec::new();
    for parameter in statements.update_parameters() {
        let place = format!("changes.{}", rust::field_ident(parameter.field));
        if parameter.flagged {
            parameters.push(format!("{place}.is_some()"));
            let flat = if rust::is_copy(service, &parameter.field.kind) {
                format!("{place}.flatten()")
            } else {
                format!("{place}.as_ref().and_then(Option::as_ref)")
            };
            parameters.push(flattened(service, parameter.field, &flat));
        } else {
            parameters.push(rust::parameter(service, parameter.field, &place, true, imports));
        }
    }
    parameters
}

/// An expression of `Option<T>` or `Option<&T>` as a parameter.
fn flattened(service: &Service, field: &Field, place: &str) -> String {
    let mut unused = Imports::new();
    match &field.kind {
        FieldKind::List(_) => format!("{place}.map(db::Json)"),
        FieldKind::Scalar(crate::model::ScalarType::Decimal(_)) => {
            rust::parameter(service, field, place, true, &mut unused)
        }
        _ => place.to_owned(),
    }
}

fn link_views(service: &Service, entity: &Entity) -> Vec<LinkView> {
    link_members(service, entity)
        .into_iter()
        .map(|(member, _, _)| LinkView {
            link: format!("LINK_{}", member.to_uppercase()),
            unlink: format!("UNLINK_{}", member.to_uppercase()),
            member,
        })
        .collect()
}

fn constraints(entity: &Entity, table: &Table) -> Vec<ConstraintView> {
    let mut expressions = Vec::new();
    let name = &table.name;
    expressions.push(format!(
        "db::Constraint::unique(\"{name}_pkey\", \"{name}\", &[\"id\"], \"/id\")"
    ));
    for index in table.indexes.iter().filter(|index| index.unique) {
        let columns: Vec<String> = index.terms.iter().map(|it| format!("\"{}\"", it.column)).collect();
        expressions.push(format!(
            "db::Constraint::unique(\"{}\", \"{name}\", &[{}], \"/{}\")",
            index.name,
            columns.join(", "),
            index.terms[0].column
        ));
    }
    for key in &table.foreign_keys {
        expressions.push(format!(
            "db::Constraint::reference(\"{}\", \"/{}\")",
            key.name, key.column
        ));
    }
    for check in &table.checks {
        expressions.push(format!(
            "db::Constraint::check(\"{}\", \"/{}\")",
            check.name, check.column
        ));
    }
    for collection in &entity.collections {
        if let Via::Link(link) = &collection.via {
            expressions.push(format!(
                "db::Constraint::reference(\"{}\", \"/{}\")",
                crate::tables::derived_name(&[&link.table, &link.target_column], "fkey"),
                link_member(collection)
            ));
        }
    }
    expressions
        .into_iter()
        .map(|expression| ConstraintView { expression })
        .collect()
}

fn command_statements(
    service: &Service,
    entity: &Entity,
    statements: &Statements<'_>,
    complex_removal: bool,
) -> Vec<Statement> {
    let mut commands = vec![statements.insert()];
    if !statements.update_parameters().is_empty() || links(service, entity).next().is_some() {
        commands.push(statements.update());
    }
    let members = link_members(service, entity);
    for ((link, target), (member, _, _)) in links(service, entity).zip(&members) {
        commands.extend(statements.link(link, target, member));
    }
    commands.push(statements.lock());
    if !complex_removal {
        commands.push(statements.delete());
    }
    commands
}

fn query_statements(entity: &Entity, statements: &Statements<'_>) -> Vec<Statement> {
    let mut queries = vec![statements.find()];
    queries.extend(statements.lists());
    if entity.automatic.version {
        queries.push(statements.version());
    }
    queries
}

struct Cursor {
    scope: String,
    ty: String,
    pattern: String,
    parameters: Vec<String>,
    of_last: String,
}

/// The cursor of the default order: one value a term, the id last.
fn cursor(context: &Context<'_>, entity: &Entity, imports: &mut Imports) -> Cursor {
    let service = context.service;
    let terms = default_order_terms(entity);
    let mut types = Vec::new();
    let mut names = Vec::new();
    let mut parameters = Vec::new();
    let mut of_last = Vec::new();
    for term in &terms {
        let (ty, name, parameter, last) = cursor_part(service, entity, term, imports);
        types.push(ty);
        names.push(name);
        parameters.push(parameter);
        of_last.push(last);
    }
    let scope: Vec<String> = terms
        .iter()
        .map(|term| format!("{}{}", if term.descending { "-" } else { "" }, term.column))
        .collect();
    let tuple = |parts: &[String]| match parts {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    };
    Cursor {
        scope: format!("{} by {}", entity.name.plural_snake(), scope.join(", ")),
        ty: tuple(&types),
        pattern: tuple(&names),
        parameters,
        of_last: tuple(&of_last),
    }
}

/// One term of a cursor: its type, its variable, its parameter, and its value in the last record.
fn cursor_part(
    service: &Service,
    entity: &Entity,
    term: &IndexTerm,
    imports: &mut Imports,
) -> (String, String, String, String) {
    let field = entity.fields.iter().find(|field| field_column(field) == term.column);
    if let Some(field) = field {
        rust::import_type(service, &field.kind, imports);
        if let FieldKind::Enum(enumeration) = &field.kind {
            imports.add("super::model", enumeration.name.pascal());
        }
        let ident = rust::field_ident(field);
        let variable = if TAKEN_VARIABLES.contains(&ident.as_str()) {
            format!("after_{ident}")
        } else {
            ident.clone()
        };
        let copy = if rust::is_copy(service, &field.kind) { "" } else { ".clone()" };
        return (
            rust::field_type(service, field),
            variable.clone(),
            rust::parameter(service, field, &variable, field.nullable, imports),
            format!("last.{ident}{copy}"),
        );
    }
    let (ty, copy) = match term.column.as_str() {
        "id" => (rust::id_type(entity.id), if entity.id == IdType::String { ".clone()" } else { "" }),
        "version" => ("i64", ""),
        _ => {
            imports.add("jiff", "Timestamp");
            ("Timestamp", "")
        }
    };
    let variable = format!("after_{}", term.column);
    (
        ty.to_owned(),
        variable.clone(),
        variable,
        format!("last.{}{copy}", term.column),
    )
}
