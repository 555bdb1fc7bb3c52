//! The statements that make records: one, one unless it is there, and many at once.

use crate::dialect::quoted;
use crate::model::{Database, Field, FieldKind};

use super::rust;
use super::sql::{Statement, Statements, links, times};
use super::text::filled;

impl Statements<'_> {
    /// A new record.
    pub fn insert(&self) -> Statement {
        let doc = format!("A new {}.", self.entity.name.sentence());
        let mut insert = self.insertion("INSERT", &doc, "");
        if self.may_be_grouped() {
            insert.expression.push_str(".grouped()");
        }
        insert
    }

    /// Whether rows that come at the same time may go to PostgreSQL as one statement: one that
    /// refers to others would hold what it refers to while it waits for the rest.
    fn may_be_grouped(&self) -> bool {
        let service = self.context.service;
        let refers = |field: &Field| matches!(field.kind, FieldKind::Reference(_));
        service.databases.contains(&Database::Postgres) && !self.entity.fields.iter().any(refers)
    }

    /// A new record unless its id is taken; none where callers choose no id, or could not change
    /// what is there.
    pub fn insert_missing(&self) -> Option<Statement> {
        rust::id_from_caller(self.entity)?;
        if self.update_parameters().is_empty()
            && links(self.context.service, self.entity).next().is_none()
        {
            return None;
        }
        let doc = format!(
            "A new {}, unless its id is taken.",
            self.entity.name.sentence()
        );
        Some(self.insertion("INSERT_MISSING", &doc, "\non conflict (id) do nothing"))
    }

    fn insertion(&self, name: &str, doc: &str, conflict: &str) -> Statement {
        let mut columns: Vec<String> = Vec::new();
        let mut values: Vec<String> = Vec::new();
        let mut next = 1;
        let mut parameter = || {
            next += 1;
            format!("${}", next - 1)
        };
        if rust::id_from_caller(self.entity).is_some() {
            columns.push("id".to_owned());
            values.push(parameter());
        }
        for field in &self.entity.fields {
            columns.push(quoted(&field.column()));
            values.push(parameter());
        }
        if self.entity.automatic.version {
            columns.push("version".to_owned());
            values.push("1".to_owned());
        }
        let times = times(self.entity);
        if !times.is_empty() {
            let now = parameter();
            for time in times {
                columns.push(time.to_owned());
                values.push(now.clone());
            }
        }
        self.make(name, doc, |dialect| {
            let head = if columns.is_empty() {
                format!("insert into {} default values", self.table_name())
            } else {
                format!(
                    "insert into {} ({})\nvalues ({})",
                    self.table_name(),
                    self.in_table(&columns),
                    filled(&values, "    ")
                )
            };
            format!("{head}{conflict}\n{}", self.returning(dialect))
        })
    }
}
