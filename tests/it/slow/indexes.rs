//! The lists of the examples are asked for over HTTP, and both engines explain what was sent to them.
//!
//! The judge runs beside each generated service ([`judge.rs`](../../lists/judge.rs)); here is
//! said what it asks for, and what it has to find.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use svcgen::dialect;
use svcgen::model::{
    Collection, Column, Entity, EntityId, Field, FieldKind, IdType, ScalarType, Service, Via,
};
use svcgen::tables::Schema;
use svcgen::tables::build::{column_name, is_archived};
use svcgen::tables::lists::{Asked, List};

use super::cargo::{cargo, generate, repository, scratch, succeed, workspace};
use super::postgres::Server;
use super::{are_asked_for, step};
use crate::advice::{EXAMPLES, fixed, judged, service};

const TEST: [&str; 5] = ["test", "--workspace", "--test", "lists", "lists_are_served"];

#[test]
fn advice_is_what_the_engines_do() {
    if !are_asked_for("advice_is_what_the_engines_do") {
        return;
    }
    let directory = scratch("indexes");
    let runtime = repository().join("runtime");
    let runtime = runtime.to_str().expect("UTF-8");
    step("generate", || {
        for name in EXAMPLES {
            let place = directory.join(name);
            let schema = repository().join("schemas/examples").join(name);
            generate(name, &schema, &place, &["--runtime-path", runtime]);
            add_judge(name, &place);
        }
        workspace(&directory, &EXAMPLES);
    });
    step("explain on SQLite", || {
        succeed(cargo(&directory).args(TEST));
    });
    step("explain on PostgreSQL", || {
        let server = Server::start();
        let mut test = cargo(&directory);
        succeed(
            test.args(TEST)
                .env("TEST_DATABASE_URL", server.url("postgres")),
        );
    });
}

/// Puts the judge beside the service's own tests, whose samples it uses.
fn add_judge(name: &str, place: &Path) {
    let (service, schema) = service(name, false);
    let to = place.join("tests/lists");
    fs::create_dir_all(&to).expect("created");
    let judge = repository().join("tests/lists/judge.rs");
    fs::copy(judge, to.join("judge.rs")).expect("copied");
    let facts = serde_json::to_string_pretty(&facts(name, &service, &schema)).expect("JSON");
    fs::write(to.join("facts.json"), facts).expect("written");
    fs::write(to.join("main.rs"), main(name, &service)).expect("written");
}

fn main(name: &str, service: &Service) -> String {
    let mut text =
        format!("use {name}::app::App;\nuse svcgen_runtime::testing::TestServer;\n\nmod judge;\n");
    let mut arms = String::new();
    for module in service.entities.iter().map(|it| it.name.snake()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "#[path = \"../api/{module}.rs\"]\nmod {module};");
        let _ = writeln!(
            arms,
            "        \"{module}\" => {module}::sample(server).await,"
        );
    }
    let _ = write!(
        text,
        "#[path = \"../api/support.rs\"]\nmod support;\n\n\
         async fn sample(server: &TestServer<App>, of: &str) -> serde_json::Value {{\n    \
         match of {{\n{arms}        _ => panic!(\"no {{of}}\"),\n    }}\n}}\n"
    );
    text
}

/// What the judge asks for, and what it has to find.
fn facts(name: &str, service: &Service, schema: &Schema) -> Value {
    let (bare, bare_schema) = self::service(name, true);
    let mut lists = Vec::new();
    for (id, entity) in service.entities.iter().enumerate() {
        let id = EntityId(id);
        let in_bare = judged(&bare, &bare_schema, id);
        for (list, is_warned) in judged(service, schema, id) {
            let bare = in_bare.iter().find(|it| it.0.asked == list.asked);
            for (path, parent) in paths(service, id, &list) {
                lists.push(json!({
                    "path": path, "parent": parent,
                    "of": entity.name.snake(), "records": place(service, "", entity), "unique": uniques(entity),
                    "fixed": fixed(entity, &list), "may_sort": list.may_sort(),
                    "served": !is_warned, "served_bare": bare.map(|it| !it.1),
                }));
            }
        }
        if is_archived(entity) {
            lists.extend(of_archive(service, entity));
        }
    }
    json!({ "lists": lists, "bare": undeclared(schema, &bare_schema) })
}

/// The members that no two records share, each with the form of its values; none where other records would have to be made for them.
fn uniques(entity: &Entity) -> Option<BTreeMap<String, &'static str>> {
    let alone = entity.fields.iter().filter(|field| field.unique);
    let mut all: BTreeMap<String, &str> = alone.map(|it| (it.column(), form(it))).collect();
    for unique in &entity.uniques {
        let fields = unique.iter().filter_map(|column| match column {
            Column::Field(index) => Some(&entity.fields[*index]),
            _ => None,
        });
        let mut fields = fields.filter(|it| !matches!(it.kind, FieldKind::Reference(_)));
        let field = fields.next()?;
        all.insert(field.column(), form(field));
    }
    if entity.id == IdType::String {
        all.insert("id".to_owned(), "text");
    }
    Some(all)
}

fn form(field: &Field) -> &'static str {
    match &field.kind {
        FieldKind::Reference(_) => "null",
        FieldKind::Scalar(ScalarType::Timestamp) => "timestamp",
        FieldKind::Scalar(ScalarType::Int(_) | ScalarType::Bigint(_)) => "number",
        _ => "text",
    }
}

/// Where a list is, and whose children it has.
fn paths(service: &Service, id: EntityId, list: &List) -> Vec<(String, Value)> {
    let entity = service.entity(id);
    let path = place(service, "", entity);
    match &list.asked {
        Asked::Plainly => vec![(path, Value::Null)],
        Asked::By(column) => {
            let name = column_name(entity, column);
            let path = |direction| (format!("{path}?order_by={name}{direction}"), Value::Null);
            ["", "%20desc"].map(path).to_vec()
        }
        Asked::With(column) => {
            let (name, value) = (
                column_name(entity, column),
                literal(service, entity, column),
            );
            vec![(format!("{path}?filter={name}%20%3D%20{value}"), Value::Null)]
        }
        Asked::Under(column) => {
            let of = parents(service, id, column).into_iter();
            of.map(|(parent, collection)| {
                let records = place(service, "", parent);
                let path = format!("{records}/{{parent}}/{}", collection.name.kebab());
                let member = column_name(entity, column);
                (
                    path,
                    json!({ "of": parent.name.snake(), "records": records, "member": member }),
                )
            })
            .collect()
        }
    }
}

/// The collections that a reference is the other side of.
fn parents<'a>(
    service: &'a Service,
    id: EntityId,
    column: &Column,
) -> Vec<(&'a Entity, &'a Collection)> {
    let Column::Field(index) = column else {
        return Vec::new();
    };
    let field = &service.entity(id).fields[*index];
    let all = service.entities.iter();
    let all = all.flat_map(|it| {
        it.collections
            .iter()
            .map(move |collection| (it, collection))
    });
    all.filter(|(_, it)| {
        it.target == id
            && matches!(&it.via, Via::Reference { field: by } if by == field.name.snake())
    })
    .collect()
}

/// Where an entity's records are; those of the archive under the folder `/archive`.
fn place(service: &Service, folder: &str, entity: &Entity) -> String {
    let http = service.features.http.as_ref();
    let prefix = http.map_or("", |it| it.prefix.as_str());
    format!("{prefix}{folder}/{}", entity.name.plural_kebab())
}

/// Archives have the indexes that they come with: for their order, their batches and their records.
fn of_archive(service: &Service, entity: &Entity) -> Vec<Value> {
    let path = place(service, "/archive", entity);
    let list = |query: &str, fixed: Option<&str>| {
        json!({
            "path": format!("{path}{query}"), "fixed": fixed, "may_sort": fixed.is_some(),
            "served": true, "served_bare": true,
        })
    };
    let id = of_id(entity.id);
    vec![
        list("", None),
        list("?order_by=archived_at", None),
        list(
            &format!("?filter=archive_batch%20%3D%20{UUID}"),
            Some("archive_batch"),
        ),
        list(&format!("?filter=id%20%3D%20{id}"), Some("id")),
    ]
}

const UUID: &str = "%22018f0000-0000-7000-8000-000000000001%22";

fn of_id(id: IdType) -> &'static str {
    match id {
        IdType::Uuid => UUID,
        IdType::Bigint => "1",
        IdType::String => "%22x%22",
    }
}

/// A value of a column, as a filter in a URL has it.
fn literal(service: &Service, entity: &Entity, column: &Column) -> String {
    let Column::Field(index) = column else {
        return "%222026-01-01T00:00:00Z%22".to_owned();
    };
    let literal = match &entity.fields[*index].kind {
        FieldKind::Enum(values) => return values.values[0].name.written().to_owned(),
        FieldKind::Reference(reference) => of_id(service.entity(reference.target).id),
        FieldKind::Scalar(scalar) => match scalar {
            ScalarType::Int(_)
            | ScalarType::Bigint(_)
            | ScalarType::Float(_)
            | ScalarType::Decimal(_) => "1",
            ScalarType::Bool => "true",
            ScalarType::Uuid => UUID,
            ScalarType::Date => "%222026-01-01%22",
            ScalarType::Time => "%2209:00:00%22",
            ScalarType::Timestamp => "%222026-01-01T00:00:00Z%22",
            ScalarType::Duration => "%22PT1H%22",
            _ => "%22x%22",
        },
        FieldKind::List(_) => panic!("a list cannot be filtered by"),
    };
    literal.to_owned()
}

/// The statements that take away the declared indexes and add those that come where they are not declared.
fn undeclared(schema: &Schema, bare: &Schema) -> Value {
    let of = |engine: &str| {
        let dialect = *dialect::ALL
            .iter()
            .find(|it| it.name() == engine)
            .expect("an engine");
        let mut statements = Vec::new();
        for table in &schema.tables {
            let other = bare.table(&table.name).expect("the same tables");
            let gone = table
                .indexes
                .iter()
                .filter(|it| !other.indexes.contains(it));
            statements.extend(gone.map(dialect::drop_index));
            let new = other
                .indexes
                .iter()
                .filter(|it| !table.indexes.contains(it));
            statements.extend(new.map(|it| dialect::create_index(dialect, other, it)));
        }
        statements
    };
    json!({ "sqlite": of("sqlite"), "postgres": of("postgres") })
}
