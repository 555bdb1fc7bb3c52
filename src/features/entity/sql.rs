//! The statements of one slice, for every database the service can run on.
//!
//! Each is written once per dialect from the same pieces; where the dialects
//! agree, the generated constant holds one text.

use serde::Serialize;

use crate::dialect::{self, Dialect, JsonArray, quoted};
use crate::model::{Database, Entity, Field, IdType, Link, Service, Via};
use crate::tables::build::id_type;
use crate::tables::indexes::default_order_terms;
use crate::tables::{Column, IndexTerm, Table};

use super::super::Context;
use super::super::migrations::dialects;
use super::naming::Naming;
use super::rust;
use super::text::{self, Shared, constant, listed};

/// A named statement as a template shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    /// The constant's name.
    pub name: String,
    /// What it does, as a sentence.
    pub doc: String,
    /// The Rust expression that makes it.
    pub expression: String,
}

/// A statement from its text in each dialect.
pub fn statement(
    service: &Service,
    name: &str,
    doc: &str,
    text: impl Fn(&dyn Dialect) -> String,
) -> Statement {
    Statement {
        name: name.to_owned(),
        doc: doc.to_owned(),
        expression: expression(service, text),
    }
}

/// A statement that one database alone runs.
pub fn only(name: &str, doc: &str, text: &str) -> Statement {
    Statement {
        name: name.to_owned(),
        doc: doc.to_owned(),
        expression: same(text),
    }
}

/// The Rust expression of a text that both databases understand.
pub fn same(text: &str) -> String {
    same_at(text, "")
}

/// The same on a line that is indented so far.
pub fn same_at(text: &str, indent: &str) -> String {
    match text::pieces(text).as_slice() {
        [only] => format!("db::Sql::new(\n{indent}    {only},\n{indent})"),
        pieces => format!("db::Sql::new({})", text::call("db::text!", pieces, indent)),
    }
}

/// What a select has more on PostgreSQL where its rows are held.
const HELD: &str = "\nfor update";

/// The Rust expression of a statement from its text in each dialect.
fn expression(service: &Service, text: impl Fn(&dyn Dialect) -> String) -> String {
    let mut texts: Vec<String> = dialects(service).into_iter().map(text).collect();
    texts.dedup();
    match texts.as_slice() {
        [only] => same(only),
        [free, held] if held.strip_prefix(free.as_str()) == Some(HELD) => {
            text::call("db::held!", &text::pieces(free), "")
        }
        [sqlite, postgres] => format!(
            "db::Sql::each(\n    {},\n    {},\n)",
            text::expression(sqlite, "    "),
            text::expression(postgres, "    ")
        ),
        // The check of the schema demands at least one database, and there are two.
        _ => String::new(),
    }
}

/// What the statements of one entity are made from.
pub struct Statements<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) entity: &'a Entity,
    pub(super) table: &'a Table,
    /// The module of `queries.rs`, where the shared constants are, as the statements name it.
    queries: &'static str,
}

/// What an update changes and how its parameters are numbered.
#[derive(Debug, Clone)]
pub struct UpdateParameter<'a> {
    /// The field.
    pub field: &'a Field,
    /// Whether a flag before the value says that the field changes at all.
    pub flagged: bool,
}

impl<'a> Statements<'a> {
    /// The statements of an entity whose table is in the context's schema.
    /// They stand in `queries.rs` itself, or name it by the path `queries::`.
    pub fn new(
        context: &'a Context<'a>,
        entity: &'a Entity,
        table: &'a Table,
        queries: &'static str,
    ) -> Self {
        Self {
            context,
            entity,
            table,
            queries,
        }
    }

    pub(super) fn make(
        &self,
        name: &str,
        doc: &str,
        text: impl Fn(&dyn Dialect) -> String,
    ) -> Statement {
        statement(self.context.service, name, doc, text)
    }

    pub(super) fn table_name(&self) -> String {
        quoted(&self.table.name)
    }

    /// The columns of a record in the order in which [`crate::features`] reads them.
    pub fn record_columns(&self, dialect: &dyn Dialect) -> Vec<String> {
        let mut columns = vec!["id".to_owned()];
        columns.extend(
            self.entity
                .fields
                .iter()
                .map(|field| quoted(&field.column())),
        );
        for (link, target) in links(self.context.service, self.entity) {
            columns.push(dialect.json_array(&JsonArray {
                table: &quoted(&link.table),
                column: &quoted(&link.target_column),
                ty: id_type(target.id),
                own_column: &quoted(&link.own_column),
                owner: &format!("{}.id", self.table_name()),
            }));
        }
        columns.extend(automatic(self.entity).into_iter().map(str::to_owned));
        columns
    }

    /// What the statements of a slice share.
    pub fn shared(&self) -> Vec<Shared> {
        let sentence = &self.naming().a_sentence;
        let mut shared = vec![Shared::new(
            COLUMNS,
            &format!("The columns of {sentence}, in the order of its table."),
            &listed(&column_names(self.table), ""),
        )];
        for dialect in dialects(self.context.service) {
            let name = self.record_constant(dialect);
            if shared.iter().all(|it| it.name != name) {
                shared.push(Shared::new(
                    name,
                    &format!("What a record of {sentence} is read from, in its order."),
                    &listed(&self.record_columns(dialect), ""),
                ));
            }
        }
        shared
    }

    /// The constant that a record is read from: the columns, and the ids of what it is linked with.
    fn record_constant(&self, dialect: &dyn Dialect) -> &'static str {
        if self.record_columns(dialect) == column_names(self.table) {
            return COLUMNS;
        }
        match (dialects(self.context.service).len(), dialect.name()) {
            (1, _) => "RECORD",
            (_, "sqlite") => "SQLITE_RECORD",
            _ => "POSTGRES_RECORD",
        }
    }

    /// The columns of a record, as statements put them between `select` and `from`.
    fn record_in(&self, dialect: &dyn Dialect) -> String {
        constant(&format!(
            "{}{}",
            self.queries,
            self.record_constant(dialect)
        ))
    }

    /// These columns, by the constant where they are all of the table's.
    pub(super) fn in_table(&self, columns: &[String]) -> String {
        if *columns == column_names(self.table) {
            constant(&format!("{}{COLUMNS}", self.queries))
        } else {
            format!("\n    {}\n", listed(columns, "    "))
        }
    }

    pub(super) fn select(&self, dialect: &dyn Dialect) -> String {
        format!(
            "select {}\nfrom {}",
            self.record_in(dialect),
            self.table_name()
        )
    }

    pub(super) fn returning(&self, dialect: &dyn Dialect) -> String {
        format!("returning {}", self.record_in(dialect))
    }

    fn naming(&self) -> Naming {
        Naming::of(self.entity)
    }

    pub(super) fn matches_version(&self) -> &'static str {
        if self.entity.automatic.version {
            "where id = $1 and version = coalesce($2, version)"
        } else {
            "where id = $1"
        }
    }

    /// One record by its id.
    pub fn find(&self) -> Statement {
        let doc = format!("One {} by its id.", self.entity.name.sentence());
        let mut find = self.make("FIND", &doc, |dialect| {
            format!("{}\nwhere id = $1", self.select(dialect))
        });
        if self.context.service.databases.contains(&Database::Postgres) {
            find.expression.push_str(".grouped()");
        }
        find
    }

    /// One record by its id and version, held until the transaction ends.
    pub fn lock(&self) -> Statement {
        let doc = format!(
            "One {} by its id, held until the transaction ends.",
            self.entity.name.sentence()
        );
        self.make("LOCK", &doc, |dialect| {
            format!(
                "{}\n{}{}",
                self.select(dialect),
                self.matches_version(),
                dialect.for_update()
            )
        })
    }

    /// A record's version, which tells a stale caller from a lost one.
    pub fn version(&self) -> Statement {
        self.make("VERSION", "The version of a record that is there.", |_| {
            format!("select version from {} where id = $1", self.table_name())
        })
    }

    /// The first page in the default order, and the pages after a cursor where one range holds them.
    pub fn lists(&self) -> Vec<Statement> {
        let plural = self.entity.name.plural_sentence();
        let first = format!("The first page of {plural}, in the default order.");
        let mut statements = vec![self.make("LIST", &first, |dialect| {
            format!(
                "{}\norder by {}\nlimit $1",
                self.select(dialect),
                self.order(dialect)
            )
        })];
        if is_one_range(self.entity, self.table) {
            let after = format!("The page of {plural} after the one that a cursor names.");
            statements.push(self.make("LIST_AFTER", &after, |dialect| {
                format!(
                    "{}\nwhere {}\norder by {}\nlimit $1",
                    self.select(dialect),
                    after_cursor(self.entity),
                    self.order(dialect)
                )
            }));
        }
        statements
    }

    /// The columns of a record, as lists put them between `select` and `from`.
    pub fn record(&self) -> String {
        expression(self.context.service, |dialect| self.record_in(dialect))
    }

    fn order(&self, dialect: &dyn Dialect) -> String {
        let terms: Vec<String> = default_order_terms(self.entity)
            .iter()
            .map(|term| dialect::order_term(dialect, term, is_nullable(self.table, term)))
            .collect();
        terms.join(", ")
    }

    /// The fields an update can change, in the order of their parameters.
    pub fn update_parameters(&self) -> Vec<UpdateParameter<'a>> {
        let changeable = self.entity.fields.iter().filter(|field| !field.immutable);
        changeable
            .map(|field| UpdateParameter {
                field,
                flagged: field.nullable,
            })
            .collect()
    }

    /// The changes of a record: what is not sent stays as it is.
    pub fn update(&self) -> Statement {
        let doc = format!(
            "The changes of one {}: what is not sent stays as it is.",
            self.entity.name.sentence()
        );
        let mut next = if self.entity.automatic.version { 3 } else { 2 };
        let mut assignments = Vec::new();
        // Last, so that one more field takes no comma from the line before it.
        let mut automatic = Vec::new();
        if self.entity.automatic.version {
            automatic.push("version = version + 1".to_owned());
        }
        if self.entity.automatic.updated_at {
            automatic.push(format!("updated_at = ${next}"));
            next += 1;
        }
        for UpdateParameter { field, flagged } in self.update_parameters() {
            let column = quoted(&field.column());
            if flagged {
                let value = next + 1;
                assignments.push(format!(
                    "{column} = case when ${next} then ${value} else {column} end"
                ));
                next += 2;
            } else {
                assignments.push(format!("{column} = coalesce(${next}, {column})"));
                next += 1;
            }
        }
        assignments.extend(automatic);
        if assignments.is_empty() {
            // Only links can change: the statement still says whether the record is there.
            assignments.push("id = id".to_owned());
        }
        self.make("UPDATE", &doc, |dialect| {
            format!(
                "update {}\nset\n    {}\n{}\n{}",
                self.table_name(),
                assignments.join(",\n    "),
                self.matches_version(),
                self.returning(dialect)
            )
        })
    }
}

/// The constant of a slice that holds the columns of its table.
pub const COLUMNS: &str = "COLUMNS";

/// The columns of an entity's table, by the constant of its slice.
pub fn columns_of(entity: &Entity) -> String {
    let module = rust::escaped(entity.name.snake());
    constant(&format!("crate::{module}::queries::{COLUMNS}"))
}

/// The columns of a table, as SQL has them.
pub fn column_names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|it| quoted(&it.name)).collect()
}

fn is_nullable(table: &Table, term: &IndexTerm) -> bool {
    table
        .column(&term.column)
        .is_some_and(|column: &Column| column.nullable)
}

/// Whether what comes after a cursor of the default order is one range of an index.
pub fn is_one_range(entity: &Entity, table: &Table) -> bool {
    let terms = default_order_terms(entity);
    let descending = terms.first().is_some_and(|term| term.descending);
    terms
        .iter()
        .all(|term| term.descending == descending && !is_nullable(table, term))
}

/// What holds for the rows after the cursor `$2, $3 …`: one comparison of rows.
fn after_cursor(entity: &Entity) -> String {
    let terms = default_order_terms(entity);
    let names: Vec<String> = terms.iter().map(|term| quoted(&term.column)).collect();
    let values: Vec<String> = (0..terms.len()).map(|i| format!("${}", i + 2)).collect();
    let descending = terms.first().is_some_and(|term| term.descending);
    let operator = if descending { "<" } else { ">" };
    match names.as_slice() {
        [only] => format!("{only} {operator} $2"),
        _ => format!("({}) {operator} ({})", names.join(", "), values.join(", ")),
    }
}

/// The kind that lists give to an identifier.
pub fn id_kind(id: IdType) -> &'static str {
    match id {
        IdType::Uuid => "Uuid",
        IdType::Bigint => "Bigint",
        IdType::String => "Text",
    }
}

/// The many-to-many links of an entity, with the entity at the other end.
pub fn links<'a>(
    service: &'a Service,
    entity: &'a Entity,
) -> impl Iterator<Item = (&'a Link, &'a Entity)> {
    entity
        .collections
        .iter()
        .filter_map(|collection| match &collection.via {
            Via::Link(link) => Some((link, service.entity(collection.target))),
            Via::Reference { .. } => None,
        })
}

/// The automatic columns of an entity, in the order of its table.
pub fn automatic(entity: &Entity) -> Vec<&'static str> {
    let version = entity.automatic.version.then_some("version");
    version.into_iter().chain(times(entity)).collect()
}

pub(super) fn times(entity: &Entity) -> Vec<&'static str> {
    let created = entity.automatic.created_at.then_some("created_at");
    let updated = entity.automatic.updated_at.then_some("updated_at");
    created.into_iter().chain(updated).collect()
}
