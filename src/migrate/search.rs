//! Indexes of words: made once their tables are as they will be, and taken away before.
//!
//! Such an index is written over columns of its table. Where one of them changes, or the table
//! is rebuilt, it is made anew from what the table holds.

use crate::dialect::Dialect;
use crate::tables::Table;
use crate::tables::change::{Class, Reversible};
use crate::tables::delta::{Delta, Pair};

use super::script::Mode;
use super::sqlite;
use super::step::{Lock, Place, Step};

/// The steps that take indexes of words away and make them.
pub fn steps(dialect: &dyn Dialect, delta: &Delta) -> Vec<Step> {
    let touched = || {
        delta
            .pairs
            .iter()
            .filter(|pair| is_touched(dialect, delta, pair))
    };
    let ended = delta.dropped.iter().chain(touched().map(|pair| &pair.old));
    let ends = ended.filter(|table| table.search.is_some()).map(|table| {
        let title = format!("Ends the search in `{}`.", table.name);
        Step::new(Place::Unguard, &table.name, title, dialect.unsearch(table))
            .grave(Class::Widening, Reversible::Exact)
    });
    let begins = |table: &Table| {
        let title = format!("Lets `{}` be searched for words.", table.name);
        Step::new(Place::Guard, &table.name, title, dialect.search(table))
            .run(Mode::Transaction, Lock::None)
            .grave(Class::Additive, Reversible::Exact)
    };
    let fresh = delta.created.iter().filter(|table| table.search.is_some());
    let mut steps: Vec<Step> = ends.chain(fresh.map(begins)).collect();
    for pair in touched().filter(|pair| pair.new.search.is_some()) {
        match dialect.name() {
            "sqlite" => steps.push(begins(&pair.new)),
            _ => steps.extend(super::postgres::search::begin(dialect, pair)),
        }
    }
    steps
}

/// Whether the index would be another, or the migration touches what it is written over.
fn is_touched(dialect: &dyn Dialect, delta: &Delta, pair: &Pair) -> bool {
    let text_changes = |table: &Table| {
        let search = table.search.iter().flat_map(|search| &search.columns);
        search
            .map(|column| table.column(column).cloned())
            .collect::<Vec<_>>()
    };
    dialect.search(&pair.old) != dialect.search(&pair.new)
        || text_changes(&pair.old) != text_changes(&pair.new)
        // Only SQLite rebuilds tables, and their triggers go with them.
        || (dialect.name() == "sqlite" && sqlite::is_rebuilt(delta, pair))
}
