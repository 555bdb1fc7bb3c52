//! Which tables are entities, which are links, archives or none of the service's business.

use std::collections::BTreeMap;

use super::Note;
use super::catalogue::{Catalogue, Column, Engine, Index, Table, Term};
use super::draft::{Automatic, Draft, Field, Id};
use super::fields::{self, TableRules};
use super::links;
use super::names::{self, EntityName, Members};

/// Tables in which tools remember their own work.
const BOOKKEEPING: &[&str] = &[
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "__efmigrationshistory",
    "_prisma_migrations",
    "_sqlx_migrations",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "migrations",
    "phinxlog",
    "refinery_schema_history",
    "schema_migrations",
    "seaql_migrations",
    "sqlite_stat1",
    "typeorm_metadata",
];

/// The table that remembers references which removals cut, in a database of svcgen.
const ARCHIVE_REFERENCES: &str = crate::tables::build::ARCHIVE_REFERENCES;

/// How an entity's rows are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// By one column, which becomes the `id`.
    Column(String, Id),
    /// By an `id` that the table does not have yet.
    New,
}

/// A table that becomes an entity.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its names.
    pub name: EntityName,
    /// Its key.
    pub key: Key,
}

/// Everything that a column's meaning can depend on.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The engine.
    pub engine: Engine,
    /// Whether the database was made by a service of svcgen.
    pub is_ours: bool,
    /// The entities, by table.
    pub subjects: BTreeMap<&'a str, Subject<'a>>,
}

/// The entities of a database.
pub fn drafts(catalogue: &Catalogue, notes: &mut Vec<Note>) -> Vec<Draft> {
    let is_ours = catalogue.is_ours;
    let mut tables: Vec<&Table> = Vec::new();
    for table in &catalogue.tables {
        if let Some(why) = set_aside(catalogue, table, is_ours) {
            if !why.is_empty() {
                notes.push(Note::left_out(table.name.as_str(), why));
            }
        } else {
            tables.push(table);
        }
    }
    let (link_tables, entity_tables): (Vec<&Table>, Vec<&Table>) = tables
        .iter()
        .partition(|table| links::is_link(table, &tables, catalogue.engine));
    let named = names::entities(entity_tables.iter().map(|table| table.name.as_str()));
    let scope = Scope {
        engine: catalogue.engine,
        is_ours,
        subjects: entity_tables
            .iter()
            .zip(named)
            .map(|(table, name)| {
                let key = key(table, catalogue.engine);
                (table.name.as_str(), Subject { table, name, key })
            })
            .collect(),
    };
    let mut drafts = Vec::new();
    let mut members = BTreeMap::new();
    for subject in scope.subjects.values() {
        let mut given = Members::new(&subject.name);
        drafts.push(draft(catalogue, &scope, subject, &mut given, notes));
        members.insert(subject.table.name.as_str(), given);
    }
    links::add(&scope, &link_tables, &mut members, &mut drafts, notes);
    drafts
}

/// Why a table is no entity and no link; an empty reason when nobody needs to be told.
fn set_aside(catalogue: &Catalogue, table: &Table, is_ours: bool) -> Option<&'static str> {
    let name = table.name.to_lowercase();
    if name.starts_with("svcgen_") || (is_ours && name == ARCHIVE_REFERENCES) {
        return Some("");
    }
    if BOOKKEEPING.contains(&name.as_str()) {
        return Some("a tool keeps its own notes there");
    }
    if archived_table(table).is_some_and(|live| catalogue.table(live).is_some()) {
        return Some("");
    }
    table
        .columns
        .is_empty()
        .then_some("a table without columns says nothing")
}

/// The table whose removed rows a table keeps, if it is an archive of svcgen's.
fn archived_table(table: &Table) -> Option<&str> {
    let live = table.name.strip_suffix("_archive")?;
    let columns: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
    ["archive_id", "archive_batch", "archived_at"]
        .iter()
        .all(|column| columns.contains(column))
        .then_some(live)
}

fn key(table: &Table, engine: Engine) -> Key {
    let [only] = table.primary_key.as_slice() else {
        return Key::New;
    };
    let refers = table
        .foreign_keys
        .iter()
        .any(|key| key.columns.contains(only));
    let id = table.column(only).and_then(|column| id_of(column, engine));
    match id {
        Some(id) if !refers => Key::Column(only.clone(), id),
        _ => Key::New,
    }
}

/// The type of identifier that a column could be.
pub fn id_of(column: &Column, engine: Engine) -> Option<Id> {
    let meaning = super::types::meaning(engine, &column.ty)?;
    match meaning.ty.as_str() {
        "int" | "bigint" => Some(Id::Bigint),
        "uuid" => Some(Id::Uuid),
        // An embedded database has no type for them but this.
        "bytes" if engine == Engine::Sqlite => Some(Id::Uuid),
        "string" | "text" => Some(Id::String),
        _ => None,
    }
}

fn draft(
    catalogue: &Catalogue,
    scope: &Scope<'_>,
    subject: &Subject<'_>,
    members: &mut Members<'_>,
    notes: &mut Vec<Note>,
) -> Draft {
    let Subject { table, name, key } = subject;
    if name.table != table.name {
        notes.push(Note::changed(
            table.name.as_str(),
            format!(
                "the table becomes `{}`, of the entity `{}`",
                name.table, name.entity
            ),
        ));
    }
    tell_key(table, key, notes);
    let rules = TableRules::of(table, notes);
    let (fields, automatic) = fields::of(scope, subject, &rules, members, notes);
    let archive = format!("{}_archive", table.name);
    let is_archived = catalogue
        .table(&archive)
        .is_some_and(|it| archived_table(it).is_some());
    let is_in_the_way = fields
        .iter()
        .any(|it| it.name.starts_with("archive_") || it.name.starts_with("archived_"));
    let mut draft = Draft {
        table: table.name.clone(),
        future_table: name.table.clone(),
        key: match key {
            Key::Column(column, _) => Some(column.clone()),
            Key::New => None,
        },
        entity: name.entity.clone(),
        plural: name.is_odd.then(|| name.table.clone()),
        doc: table.comment.clone(),
        id: match key {
            Key::Column(_, id) => *id,
            Key::New => new_id(scope),
        },
        fields,
        links: Vec::new(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        default_order: None,
        hard: is_in_the_way || (scope.is_ours && !is_archived),
        automatic,
    };
    add_indexes(scope, subject, &mut draft, notes);
    draft
}

fn tell_key(table: &Table, key: &Key, notes: &mut Vec<Note>) {
    let about = table.name.as_str();
    match (key, table.primary_key.as_slice()) {
        (Key::Column(column, _), _) if column == "id" => {}
        (Key::Column(column, _), _) => notes.push(Note::changed(
            format!("{about}.{column}"),
            "the primary key is called `id`",
        )),
        (Key::New, []) => notes.push(Note::changed(
            about,
            "it has no primary key; an `id` is added",
        )),
        (Key::New, [only]) => notes.push(Note::changed(
            about,
            format!("`{only}` is no identifier of its own; an `id` is added, and `{only}` is unique"),
        )),
        (Key::New, several) => notes.push(Note::changed(
            about,
            format!(
                "a record has one identifier in a schema; an `id` is added, and {} are unique together",
                quoted(several)
            ),
        )),
    }
}

/// The identifier that most entities have, for those that have none; never one that callers
/// would have to choose.
fn new_id(scope: &Scope<'_>) -> Id {
    let count = |wanted: Id| {
        let has = |it: &&Subject<'_>| matches!(&it.key, Key::Column(_, id) if *id == wanted);
        scope.subjects.values().filter(has).count()
    };
    if count(Id::Bigint) > count(Id::Uuid) {
        Id::Bigint
    } else {
        Id::Uuid
    }
}

/// Names as a list for people.
pub fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn add_indexes(scope: &Scope<'_>, subject: &Subject<'_>, draft: &mut Draft, notes: &mut Vec<Note>) {
    let table = subject.table;
    if subject.key == Key::New && !table.primary_key.is_empty() {
        match terms_of(draft, subject, &plain(&table.primary_key)) {
            Ok(terms) => add_unique(draft, terms),
            Err(why) => notes.push(Note::left_out(
                format!("{}, primary key", table.name),
                format!("its columns cannot be unique together: {why}"),
            )),
        }
    }
    let mut plain_indexes = Vec::new();
    for index in &table.indexes {
        match understood(draft, subject, index) {
            Err(why) => notes.push(Note::left_out(
                format!(
                    "{}, {} {}",
                    table.name,
                    if index.unique {
                        "unique index"
                    } else {
                        "index"
                    },
                    index.name
                ),
                why,
            )),
            Ok(terms) if index.unique => add_unique(draft, terms),
            Ok(terms) => plain_indexes.push(terms),
        }
    }
    for terms in &plain_indexes {
        let bare = terms[0].trim_start_matches('-');
        let refers = |field: &Field| field.name == bare && field.is_reference();
        // A reference gets an index by itself, unless another one begins with it.
        let others = plain_indexes.iter().chain(&draft.uniques);
        let by_itself = terms.len() == 1
            && draft.fields.iter().any(refers)
            && !draft.fields.iter().any(|it| refers(it) && it.unique)
            && !others.clone().any(|it| it != terms && it[0] == terms[0]);
        // What begins with a reference serves the lists under it.
        let is_default = is_order(terms) && !draft.fields.iter().any(refers);
        if scope.is_ours && draft.default_order.is_none() && is_default {
            draft.default_order = Some(terms[..terms.len() - 1].to_vec());
        } else if !by_itself && !draft.indexes.contains(terms) {
            draft.indexes.push(terms.clone());
        }
    }
}

/// Whether an index serves an order that ends in the id, as those of svcgen's lists do.
fn is_order(terms: &[String]) -> bool {
    match terms {
        [.., before, last] => {
            last.trim_start_matches('-') == "id" && last.starts_with('-') == before.starts_with('-')
        }
        _ => false,
    }
}

fn plain(columns: &[String]) -> Vec<Term> {
    let term = |name: &String| Term::Column {
        name: name.clone(),
        descending: false,
    };
    columns.iter().map(term).collect()
}

fn add_unique(draft: &mut Draft, terms: Vec<String>) {
    if terms == ["id"] {
        return;
    }
    if let [only] = terms.as_slice()
        && let Some(field) = draft.fields.iter_mut().find(|field| field.name == *only)
    {
        field.unique = true;
    } else if !draft.uniques.contains(&terms) {
        draft.uniques.push(terms);
    }
}

fn understood(draft: &Draft, subject: &Subject<'_>, index: &Index) -> Result<Vec<String>, String> {
    if let Some(condition) = &index.condition {
        return Err(format!(
            "a schema has no partial indexes; this one holds where {condition}"
        ));
    }
    if let Some(method) = &index.method {
        return Err(format!("a schema has no indexes of the kind `{method}`"));
    }
    let terms = terms_of(draft, subject, &index.terms)?;
    let directed = terms.iter().any(|term| term.starts_with('-'));
    Ok(if index.unique && directed {
        // Uniqueness has no direction.
        let bare = |term: String| term.trim_start_matches('-').to_owned();
        terms.into_iter().map(bare).collect()
    } else {
        terms
    })
}

/// The fields that the columns of an index became.
fn terms_of(draft: &Draft, subject: &Subject<'_>, terms: &[Term]) -> Result<Vec<String>, String> {
    let has = |automatic: Automatic, name: &str| match name {
        "created_at" => automatic.created_at,
        "updated_at" => automatic.updated_at,
        "version" => automatic.version,
        _ => false,
    };
    let term = |term: &Term| match term {
        Term::Expression(what) => Err(format!("a schema has no indexes on {what}")),
        Term::Column { name, descending } => {
            let minus = if *descending { "-" } else { "" };
            let field = draft.fields.iter().find(|field| field.column == *name);
            match field {
                Some(field) => Ok(format!("{minus}{}", field.name)),
                None if matches!(&subject.key, Key::Column(key, _) if key == name) => {
                    Ok(format!("{minus}id"))
                }
                None if has(draft.automatic, name) => Ok(format!("{minus}{name}")),
                None => Err(format!("its column `{name}` is not in the schema")),
            }
        }
    };
    terms.iter().map(term).collect()
}
