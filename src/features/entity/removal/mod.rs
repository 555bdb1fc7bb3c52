//! What the removal of one record takes along, as statements.
//!
//! `levels` says which rows go, `going` everything that happens on the way, and
//! three spell it: `steps` for SQLite, whose writer runs one statement after the
//! other with nobody in between; `whole` for PostgreSQL, as one statement;
//! `preview` for whoever asks first.

mod going;
mod levels;
mod preview;
mod steps;
mod whole;

use serde::Serialize;

use crate::dialect::quoted;
use crate::model::{EntityId, FieldKind, OnArchive, Service};

use super::super::Context;
use super::rust;
use super::sql::{Statement, statement};

use going::Going;
use levels::Level;

/// The parts of a removal, by the names of their statements.
#[derive(Debug, Clone, Default, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "templates ask booleans and nothing else"
)]
pub struct Removal {
    /// Every statement that both databases can run.
    pub shared: Vec<Statement>,
    /// Every statement of SQLite.
    pub sqlite: Vec<Statement>,
    /// Every statement of PostgreSQL.
    pub postgres: Vec<Statement>,
    /// Whether the service can run on SQLite.
    pub on_sqlite: bool,
    /// Whether the service can run on PostgreSQL.
    pub on_postgres: bool,
    /// Whether any row goes into an archive.
    pub archives: bool,
    /// Whether records of a kind take records of the same kind along.
    pub is_tree: bool,
    /// Whether it can touch more than the record and its links.
    pub reaches: bool,
    /// On SQLite: whether anything can keep the record.
    pub restricted: bool,
    /// On SQLite: copies into the archives, the record first.
    pub copies: Vec<String>,
    /// On SQLite: references that are remembered.
    pub remembered: Vec<String>,
    /// On SQLite: references that are cut.
    pub cuts: Vec<String>,
    /// On SQLite: the ends of the rows, children first.
    pub ends: Vec<End>,
    /// What goes along, from the top down.
    pub along: Vec<Along>,
    /// Whether records of this kind go along with others.
    pub goes_along: bool,
    /// On PostgreSQL: how many parameters the one statement takes after the id and the version.
    pub takes: usize,
}

/// Records that go along.
#[derive(Debug, Clone, Serialize)]
pub struct Along {
    /// Their table.
    pub table: String,
    /// The statement of their ids.
    pub ids: String,
    /// The module of their slice.
    pub module: String,
}

/// The end of the rows of one table.
#[derive(Debug, Clone, Serialize)]
pub struct End {
    /// The deletion.
    pub delete: String,
    /// Which of the copies has the rows, as an expression.
    pub copy: String,
}

impl Removal {
    /// What removing a record of the entity takes along.
    pub fn of(context: &Context<'_>, root: EntityId) -> Self {
        let going = Going::of(context, root);
        let mut removal = Self {
            archives: going.archives(),
            takes: match (going.archives(), going.remembers()) {
                (true, _) => 6,
                (false, true) => 1,
                (false, false) => 0,
            },
            is_tree: going.levels.iter().any(|level| !level.own.is_empty()),
            reaches: going.levels.len() > 1
                || going.levels.iter().any(|level| !level.own.is_empty())
                || going.cuts.iter().any(|it| !it.ties.is_empty()),
            restricted: !going.restricts.is_empty(),
            goes_along: cascades_to(context.service, root),
            ..Self::default()
        };
        preview::add(context.service, &going, &mut removal);
        for level in going.levels.iter().filter(|it| it.ids != "$1") {
            let ids = named(&mut removal.shared, ids(context.service, &going, level));
            let module = rust::escaped(going.entity(level).name.snake());
            let table = level.table.clone();
            removal.along.push(Along { table, ids, module });
        }
        if has(context, "sqlite") {
            removal.on_sqlite = true;
            steps::add(&going, &mut removal);
        }
        if has(context, "postgres") {
            removal.on_postgres = true;
            whole::add(&going, &mut removal);
        }
        removal
    }
}

/// Whether records of an entity go along with others.
fn cascades_to(service: &Service, entity: EntityId) -> bool {
    let fields = &service.entity(entity).fields;
    fields.iter().any(|field| {
        matches!(&field.kind, FieldKind::Reference(it) if it.on_archive == OnArchive::Cascade)
    })
}

/// The ids of the records of a level.
fn ids(service: &Service, going: &Going<'_>, level: &Level) -> Statement {
    let names = going.entity(level).name.plural_sentence();
    let doc = format!("The {names} that go, held until the transaction ends.");
    statement(service, &constant("GOING", &level.table), &doc, |dialect| {
        format!(
            "select id\nfrom {}\nwhere {}{}",
            quoted(&level.table),
            level.rows,
            dialect.for_update()
        )
    })
}

fn has(context: &Context<'_>, dialect: &str) -> bool {
    super::super::migrations::dialects(context.service)
        .iter()
        .any(|it| it.name() == dialect)
}

/// Takes a statement in, and gives its name.
fn named(statements: &mut Vec<Statement>, statement: Statement) -> String {
    let name = statement.name.clone();
    statements.push(statement);
    name
}

/// The name of a statement on a table.
fn constant(verb: &str, table: &str) -> String {
    format!("{verb}_{}", table.to_uppercase())
}
