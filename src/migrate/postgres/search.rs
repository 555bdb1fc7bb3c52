//! Indexes of words on PostgreSQL: a column that a trigger keeps up, and an index of it.
//!
//! The column is none that the database itself computes, because such a one can only be added
//! while everybody waits for every row. This one comes empty and is filled a batch at a time.

use crate::dialect::{Dialect, postgres, quoted};
use crate::tables::change::{Class, Reversible};
use crate::tables::delta::Pair;

use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::filling::Filling;

/// The steps that let a table be searched that may have rows.
pub fn begin(dialect: &dyn Dialect, pair: &Pair) -> Vec<Step> {
    let Some(search) = &pair.new.search else {
        return Vec::new();
    };
    let (table, column) = (&pair.new.name, quoted(&search.name));
    let filling = Filling {
        dialect,
        pair,
        stash: "",
    };
    let kept = Step::new(
        Place::Guard,
        table,
        format!("Keeps the words of new rows of `{table}`."),
        postgres::keep_words(&pair.new, search),
    );
    let set = format!("{column} = {}", postgres::words(search, ""));
    let fill = filling.update(
        &format!("{column} is null"),
        &set,
        format!("Reads the words of `{table}`."),
    );
    let index = postgres::index_words(&pair.new, search);
    let index = format!(
        "drop index concurrently if exists {}_idx;\n{}",
        search.name,
        index.replacen("index ", "index concurrently if not exists ", 1)
    );
    let index = Step::new(
        Place::Guard,
        table,
        format!("Lets `{table}` be searched for words."),
        index,
    )
    .run(Mode::Autocommit, Lock::ShareUpdateExclusive);
    [
        kept,
        Step {
            place: Place::Guard,
            ..fill
        },
        index,
    ]
    .map(|it| it.grave(Class::Additive, Reversible::Exact))
    .into()
}
