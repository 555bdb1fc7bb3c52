//! Filling rows a batch at a time, from the first key to the last.

use crate::dialect::{Dialect, quoted};
use crate::tables::change::Change;
use crate::tables::delta::{Pair, Source};
use crate::tables::{Column, ColumnType};

use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::super::values::{DEPTH, Values};

/// How many rows one transaction goes through.
const BATCH: u32 = 1_000;
/// How many rows a sample has.
const SAMPLE: usize = 5;

/// The rows of one table, which has all its new names by now.
pub struct Filling<'a> {
    /// PostgreSQL.
    pub dialect: &'a dyn Dialect,
    /// The table.
    pub pair: &'a Pair,
    /// The table that drops left values in.
    pub stash: &'a str,
}

impl Filling<'_> {
    /// Fills a column where it lacks a value.
    pub fn fill(&self, column: &Column, lacks: &str, change: &Change) -> Option<Step> {
        let value = self.value(column)?;
        let table = &self.pair.new.name;
        let title = format!("Fills `{}` of `{table}`.", column.name);
        Some(self.batches(column, lacks, &value, title, change))
    }

    fn value(&self, column: &Column) -> Option<String> {
        let mut columns = self.pair.columns.iter();
        let source = &columns.find(|it| it.name == column.name)?.source;
        match source {
            Source::New { fill: Some(fill) }
            | Source::Column {
                fill: Some(fill), ..
            } => {
                let values = Values::of(self.dialect, self.pair, self.stash);
                Some(values.fill(fill, column, DEPTH))
            }
            Source::Stash { name } => {
                let key = &self.pair.new.primary_key[0];
                Some(format!(
                    "(select svcgen_stash.{} from {} as svcgen_stash where svcgen_stash.{key} = {}.{key})",
                    quoted(name),
                    quoted(self.stash),
                    quoted(&self.pair.new.name),
                    key = quoted(key)
                ))
            }
            _ => None,
        }
    }

    /// Sets a column to a value in the rows that lack it.
    pub fn batches(
        &self,
        column: &Column,
        lacks: &str,
        value: &str,
        title: String,
        change: &Change,
    ) -> Step {
        let set = format!("{} = {value}", quoted(&column.name));
        self.update(lacks, &set, title)
            .grave(change.class(), change.reversible())
    }

    /// Sets columns in the rows that lack something.
    pub fn update(&self, lacks: &str, set: &str, title: String) -> Step {
        let table = quoted(&self.pair.new.name);
        let key = &self.pair.new.primary_key[0];
        let ty = self
            .pair
            .new
            .column(key)
            .map_or(ColumnType::Text, |it| it.ty);
        // Names that no table and no column has: the values may be an expression of the schema.
        let sql = format!(
            "with svcgen_batch as (
    select {key} as svcgen_key from {table}
    where $1::text is null or {key} > $1::text::{ty}
    order by {key}
    limit {BATCH}
), svcgen_filled as (
    update {table} set {set}
    from svcgen_batch
    where {table}.{key} = svcgen_key and {lacks}
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);
",
            key = quoted(key),
            ty = self.dialect.column_type(ty),
        );
        Step::new(Place::Backfill, &self.pair.new.name, title, sql).run(Mode::Batches, Lock::Rows)
    }

    /// That the filling left no row without a value.
    pub fn is_complete(&self, column: &Column) -> Step {
        let table = &self.pair.new.name;
        let key = quoted(&self.pair.new.primary_key[0]);
        Step::check(
            Place::Validate,
            table,
            format!(
                "The backfill gives every row of `{table}` a value of `{}`.",
                column.name
            ),
            format!(
                "select {key} from {} where {} is null limit {SAMPLE};\n",
                quoted(table),
                quoted(&column.name)
            ),
        )
    }
}
