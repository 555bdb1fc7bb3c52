//! What `queries.rs`, `commands.rs` and `hooks.rs` of a slice interpolate.

use serde::Serialize;

use crate::model::{Delete, Entity, EntityId, Field, FieldKind, IdType, ScalarType, Service, Via};
use crate::tables::Table;

use super::super::Context;
use super::super::openapi::is_removed_by_filter;
use super::constraints::{constraints, link_constraint};
use super::imports::Imports;
use super::linking::{is_held_first, is_touched};
use super::list::ListView;
use super::model_view::{Merged, ModelView};
use super::naming::Naming;
use super::relations::touch_time;
use super::removal::Removal;
use super::rust;
use super::sql::{Statement, Statements, links};
use super::text::Shared;

/// A link as the commands write it.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView {
    /// The member that holds the ids.
    pub member: String,
    /// The constant that ties.
    pub link: String,
    /// The constant that unties.
    pub unlink: String,
    /// The constant of what the ids can break.
    pub constraints: String,
    /// What the ids can break.
    pub constraint: String,
    /// Whether the other end shows the link too.
    pub touched: bool,
    /// The constant that says so to it.
    pub touch: String,
    /// The time of that, as a further parameter.
    pub touch_time: &'static str,
    /// Whether the other end is held before the record.
    pub held_first: bool,
    /// The constant that holds it.
    pub hold: String,
}

/// What `commands.rs` and `queries.rs` show.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "templates ask booleans and nothing else"
)]
pub struct OperationsView {
    /// The names.
    pub naming: Naming,
    /// The type of the identifier, as an argument.
    pub id: String,
    /// The type of the identifier, owned.
    pub id_owned: String,
    /// What makes an argument of an identifier that is owned.
    pub id_borrow: String,
    /// An id that stands behind a reference, as an argument.
    pub id_by_reference: String,
    /// Whether a filter may say which records go.
    pub matching: bool,
    /// What makes an argument of the identifier that a batch's element holds.
    pub target_id: String,
    /// How many records one request can be about.
    pub max_batch: u32,
    /// Whether callers may choose it, so that a record can be made under a given one.
    pub chosen_id: bool,
    /// How the identifier of a new record comes about; `None` when the database makes it.
    pub new_id: Option<String>,
    /// Whether an insert takes anything of what a caller sends.
    pub takes_new: bool,
    /// Whether some field never changes.
    pub immutable: bool,
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
    pub constraints: Vec<String>,
    /// The statements of the commands.
    pub commands: Vec<Statement>,
    /// What the statements share.
    pub shared: Vec<Shared>,
    /// The statements of the queries.
    pub queries: Vec<Statement>,
    /// The table.
    pub table: String,
    /// What a removal does.
    pub removal: Removal,
    /// Whether removed records are kept.
    pub archived: bool,
    /// Whether a removal must say why.
    pub reason_required: bool,
    /// What lists may be asked about.
    pub list: ListView,
    /// The `use` lines of `commands.rs`.
    pub command_imports: Vec<String>,
    /// The `use` lines of `batches.rs`.
    pub batch_imports: Vec<String>,
    /// The `use` lines of `hooks.rs`.
    pub hook_imports: Vec<String>,
    /// The `use` lines of `queries.rs`.
    pub query_imports: Vec<String>,
    /// The `use` lines of `removal.rs`.
    pub removal_imports: Vec<String>,
}

impl OperationsView {
    /// The operations on an entity.
    pub fn of(context: &Context<'_>, id: EntityId, table: &Table) -> Self {
        let service = context.service;
        let entity = service.entity(id);
        let statements = Statements::new(context, entity, table, "");
        let written = Statements::new(context, entity, table, "queries::");
        let mut command_imports = Imports::new();
        command_imports.add_all(
            "svcgen_runtime",
            &[
                "Constraint",
                "Error",
                "Saved",
                "Unit",
                "Violations",
                "db",
                "http",
                "params",
            ],
        );
        let merged = ModelView::of(service, entity).merged;
        let mut query_imports = Imports::new();
        query_imports.add_all("svcgen_runtime", &["db", "http", "list", "params", "Error"]);
        rust::import_id(entity.id, &mut query_imports);
        let links = link_views(service, entity);
        let changeable = entity.fields.iter().any(|field| !field.immutable) || !links.is_empty();
        let list = ListView::of(service, entity, table, &statements, &mut query_imports);
        let removal = Removal::of(context, id);
        Self {
            naming: Naming::of(entity),
            id: rust::id_argument(entity.id).to_owned(),
            id_owned: rust::id_type(entity.id).to_owned(),
            id_borrow: if entity.id == IdType::String { "&" } else { "" }.to_owned(),
            id_by_reference: if entity.id == IdType::String {
                "id"
            } else {
                "*id"
            }
            .to_owned(),
            matching: is_removed_by_filter(entity),
            target_id: match entity.id {
                IdType::String => "target.id()",
                IdType::Uuid | IdType::Bigint => "*target.id()",
            }
            .to_owned(),
            max_batch: entity.write.max_batch,
            batch_imports: batch_imports(entity, changeable, &links),
            chosen_id: rust::id_from_caller(entity).is_some(),
            new_id: new_id(entity, &mut command_imports),
            takes_new: rust::id_from_caller(entity).is_some() || !entity.fields.is_empty(),
            immutable: entity.fields.iter().any(|field| field.immutable),
            versioned: entity.automatic.version,
            timed_insert: entity.automatic.created_at || entity.automatic.updated_at,
            timed_update: entity.automatic.updated_at && changeable,
            changeable,
            insert: insert_parameters(service, entity, &mut command_imports),
            update: update_parameters(service, &statements, &mut command_imports),
            merged,
            constraints: constraints(table),
            commands: command_statements(service, entity, &written),
            shared: statements.shared(),
            queries: query_statements(entity, &statements),
            archived: matches!(entity.delete, Delete::Archive(_)),
            reason_required: match &entity.delete {
                Delete::Archive(archive) => archive.reason_required,
                Delete::Hard => false,
            },
            table: table.name.clone(),
            removal_imports: removal_imports(entity, removal.goes_along),
            removal,
            list,
            command_imports: {
                import_command_types(entity, changeable, &mut command_imports);
                import_link_statements(&links, &mut command_imports);
                command_imports.lines()
            },
            links,
            hook_imports: hook_imports(entity, changeable).lines(),
            query_imports: query_imports.lines(),
        }
    }
}

fn import_command_types(entity: &Entity, changeable: bool, imports: &mut Imports) {
    rust::import_id(entity.id, imports);
    if entity.automatic.created_at || entity.automatic.updated_at {
        imports.add("jiff", "Timestamp");
    }
    let name = entity.name.pascal();
    imports.add("super::model", name);
    imports.add("super::model", &format!("New{name}"));
    if changeable {
        imports.add("super::model", &format!("{name}Changes"));
    }
    imports.add("super", "queries");
}

fn import_link_statements(links: &[LinkView], imports: &mut Imports) {
    for link in links {
        imports.add_all("super::relations", &[&link.link, &link.unlink]);
        if link.touched {
            imports.add("super::relations", &link.touch);
        }
        if link.held_first {
            imports.add("super::relations", &link.hold);
        }
    }
    import_touch_time(links, imports);
}

fn import_touch_time(links: &[LinkView], imports: &mut Imports) {
    if links
        .iter()
        .any(|it| it.touched && !it.touch_time.is_empty())
    {
        imports.add("jiff", "Timestamp");
    }
}

fn hook_imports(entity: &Entity, changeable: bool) -> Imports {
    let mut imports = Imports::new();
    imports.add_all("svcgen_runtime", &["Error", "Violations", "http"]);
    imports.add("svcgen_runtime::hooks", "Inside");
    rust::import_id(entity.id, &mut imports);
    let name = entity.name.pascal();
    imports.add("super::model", name);
    imports.add("super::model", &format!("New{name}"));
    if changeable {
        imports.add("svcgen_runtime::hooks", "InsideChange");
        imports.add("super::model", &format!("{name}Changes"));
    }
    imports
}

fn batch_imports(entity: &Entity, changeable: bool, links: &[LinkView]) -> Vec<String> {
    let mut imports = Imports::new();
    imports.add_all(
        "svcgen_runtime",
        &[
            "Error",
            "Saved",
            "Unit",
            "Violations",
            "db",
            "http",
            "params",
            "removal",
        ],
    );
    if is_removed_by_filter(entity) {
        imports.add("svcgen_runtime", "list");
    }
    rust::import_id(entity.id, &mut imports);
    let commands = ["CONSTRAINTS", "INSERT", "LOCK", "insert_parameters"];
    imports.add_all("super::commands", &commands);
    imports.add("super::commands", "self");
    import_touch_time(links, &mut imports);
    for link in links {
        imports.add("super::relations", &link.link);
        imports.add("super::commands", &link.constraints);
        if link.touched {
            imports.add("super::relations", &link.touch);
        }
    }
    let name = entity.name.pascal();
    imports.add("super::model", name);
    imports.add("super::model", &format!("New{name}"));
    if changeable {
        imports.add("super::model", &format!("{name}Changes"));
    }
    imports.add_all("super::removal", &["missed", "remove_held"]);
    imports.add("super", "queries");
    imports.lines()
}

fn removal_imports(entity: &Entity, goes_along: bool) -> Vec<String> {
    let mut imports = Imports::new();
    imports.add_all(
        "svcgen_runtime",
        &["Error", "Unit", "db", "http", "params", "removal"],
    );
    rust::import_id(entity.id, &mut imports);
    imports.add("super::commands", "LOCK");
    if entity.automatic.version {
        imports.add("super::commands", "outdated");
    }
    imports.add("super::hooks", "Rules as _");
    imports.add("super::model", entity.name.pascal());
    if goes_along {
        imports.add("svcgen_runtime", "hooks");
        imports.add("super::queries", "FIND");
    }
    imports.lines()
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
            parameters.push(rust::parameter(
                service,
                parameter.field,
                &place,
                true,
                imports,
            ));
        }
    }
    parameters
}

/// An expression of `Option<T>` or `Option<&T>` as a parameter.
pub fn flattened(service: &Service, field: &Field, place: &str) -> String {
    let mut unused = Imports::new();
    match &field.kind {
        FieldKind::List(_) => format!("{place}.map(db::Json)"),
        FieldKind::Scalar(ScalarType::Decimal(_)) => {
            rust::parameter(service, field, place, true, &mut unused)
        }
        _ => place.to_owned(),
    }
}

fn link_views(service: &Service, entity: &Entity) -> Vec<LinkView> {
    let linked = entity.collections.iter().filter_map(|it| match &it.via {
        Via::Link(link) => Some((it, link)),
        Via::Reference { .. } => None,
    });
    linked
        .map(|(collection, link)| {
            let target = service.entity(collection.target);
            let member = collection.ids_member();
            let constant = member.to_uppercase();
            LinkView {
                link: format!("LINK_{constant}"),
                unlink: format!("UNLINK_{constant}"),
                constraint: link_constraint(collection, link),
                touched: is_touched(target, link),
                touch: format!("TOUCH_{constant}"),
                touch_time: touch_time(target),
                held_first: is_held_first(entity, target, link),
                hold: format!("HOLD_{constant}"),
                constraints: constant,
                member,
            }
        })
        .collect()
}

fn command_statements(
    service: &Service,
    entity: &Entity,
    statements: &Statements<'_>,
) -> Vec<Statement> {
    let mut commands = vec![statements.insert()];
    if let Some(insert_missing) = statements.insert_missing() {
        commands.push(insert_missing);
    }
    if !statements.update_parameters().is_empty() || links(service, entity).next().is_some() {
        commands.push(statements.update());
    }
    commands.push(statements.lock());
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
