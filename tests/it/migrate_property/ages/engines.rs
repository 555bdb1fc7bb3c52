//! What a life of rows is lived on: an SQLite database in memory, or a PostgreSQL server.

use std::collections::BTreeMap;

use postgres::Client;
use rusqlite::Connection;
use rusqlite::types::Value;
use svcgen::dialect::{self, Dialect, text_literal};
use svcgen::migrate::verify;
use svcgen::migrate::verify::postgres::{said, shown};
use svcgen::migrate::verify::rows::Rows;
use svcgen::tables::{ColumnType, Schema, Table, hex};

use super::super::Outcome;

/// A row, by column, as texts that say the same on both.
pub type Shown = BTreeMap<String, Option<String>>;

/// A database that goes through all migrations of a chain.
pub trait Engine {
    /// Its statements.
    fn dialect(&self) -> &'static dyn Dialect;
    /// These tables and no others, with nothing in them.
    fn begin(&mut self, schema: &Schema) -> Outcome;
    /// Puts rows in.
    fn insert(&mut self, schema: &Schema, rows: &Rows) -> Outcome;
    /// Runs a script, as the runner of a service would.
    fn migrate(&mut self, text: &str) -> Outcome;
    /// Runs statements while nobody looks at references.
    fn execute(&mut self, sql: &str) -> Outcome;
    /// The same, and takes it back where it fails or is only tried.
    fn attempt(&mut self, sql: &str, for_good: bool) -> Outcome;
    /// Every row of a table or a view.
    fn rows(&mut self, table: &Table) -> Result<Vec<Shown>, String>;
    /// A value in a statement.
    fn literal(&self, value: &Value, ty: ColumnType) -> String;
    /// An expression in a view, of this type whatever it is.
    fn typed(&self, expression: &str, ty: ColumnType) -> String;
}

fn dialect(name: &str) -> &'static dyn Dialect {
    let mut all = dialect::ALL.iter();
    *all.find(|it| it.name() == name).expect("known")
}

/// How a transaction ends.
fn end(well: bool) -> &'static str {
    if well { "commit" } else { "rollback" }
}

/// SQLite in memory.
pub struct Sqlite(pub Connection);

impl Sqlite {
    pub fn new() -> Self {
        Self(Connection::open_in_memory().expect("opened"))
    }
}

impl Engine for Sqlite {
    fn dialect(&self) -> &'static dyn Dialect {
        dialect("sqlite")
    }

    fn begin(&mut self, schema: &Schema) -> Outcome {
        self.0 = verify::fresh(self.dialect(), schema).map_err(|it| it.to_string())?;
        Ok(())
    }

    fn insert(&mut self, _: &Schema, rows: &Rows) -> Outcome {
        self.execute("")?;
        verify::insert(&self.0, rows).map_err(|it| it.to_string())
    }

    fn migrate(&mut self, text: &str) -> Outcome {
        verify::replay::run(&self.0, text).map_err(|it| it.to_string())
    }

    fn execute(&mut self, sql: &str) -> Outcome {
        let sql = format!("pragma foreign_keys = off; {sql}");
        self.0
            .execute_batch(&sql)
            .map_err(|it| format!("{it}: {sql}"))
    }

    fn attempt(&mut self, sql: &str, for_good: bool) -> Outcome {
        self.execute("begin")?;
        let tried = self.execute(sql);
        self.execute(end(tried.is_ok() && for_good))?;
        tried
    }

    fn rows(&mut self, table: &Table) -> Result<Vec<Shown>, String> {
        let rows = verify::select(&self.0, table).map_err(|it| it.to_string())?;
        let as_text = |(name, value): (String, Value)| {
            let ty = table.column(&name).expect("its own").ty;
            let text = shown(&value, ty);
            (name, text)
        };
        let rows = rows.into_iter();
        Ok(rows
            .map(|row| row.into_iter().map(as_text).collect())
            .collect())
    }

    fn literal(&self, value: &Value, _: ColumnType) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Integer(it) => it.to_string(),
            Value::Real(it) => format!("{it:?}"),
            Value::Text(it) => text_literal(it),
            Value::Blob(it) => format!("x'{}'", hex(it)),
        }
    }

    fn typed(&self, expression: &str, _: ColumnType) -> String {
        expression.to_owned()
    }
}

/// A schema of its own on a server.
pub struct Postgres<'a>(pub &'a mut Client);

impl Engine for Postgres<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        dialect("postgres")
    }

    fn begin(&mut self, schema: &Schema) -> Outcome {
        verify::postgres::fresh(self.0, schema).map_err(|it| it.to_string())
    }

    fn insert(&mut self, schema: &Schema, rows: &Rows) -> Outcome {
        verify::postgres::insert(self.0, schema, rows).map_err(|it| said(&it))
    }

    fn migrate(&mut self, text: &str) -> Outcome {
        verify::postgres::run(self.0, text).map_err(|it| it.to_string())
    }

    fn execute(&mut self, sql: &str) -> Outcome {
        self.attempt(sql, true)
    }

    fn attempt(&mut self, sql: &str, for_good: bool) -> Outcome {
        let mut run = |sql: &str| {
            self.0
                .batch_execute(sql)
                .map_err(|it| format!("{}: {sql}", said(&it)))
        };
        // Neither references nor guards are anybody's concern then.
        run("set session_replication_role = replica; begin")?;
        let tried = run(sql);
        run(end(tried.is_ok() && for_good))?;
        run("set session_replication_role = origin")?;
        tried
    }

    fn rows(&mut self, table: &Table) -> Result<Vec<Shown>, String> {
        verify::postgres::select(self.0, table).map_err(|it| said(&it))
    }

    fn literal(&self, value: &Value, ty: ColumnType) -> String {
        verify::postgres::literal(value, ty)
    }

    fn typed(&self, expression: &str, ty: ColumnType) -> String {
        format!("({expression})::{}", self.dialect().column_type(ty))
    }
}
