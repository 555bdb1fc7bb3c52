//! What removals remember of references that they cut, under the names of today.
//!
//! The table of such references names tables and columns in its rows, so a rename changes rows.

use crate::dialect::text_literal;
use crate::tables::TableKind;
use crate::tables::build::ARCHIVE_REFERENCES;
use crate::tables::change::{Class, Reversible};
use crate::tables::delta::{Delta, Pair, Source};

use super::script::Mode;
use super::step::{Lock, Place, Step};

/// The step that renames what is remembered, where anything that it can name is renamed.
pub fn steps(delta: &Delta) -> Option<Step> {
    let is_there = |pair: &&Pair| pair.new.kind == TableKind::ArchiveReferences && !pair.is_stash;
    delta.pairs.iter().find(is_there)?;
    let live = || {
        delta
            .pairs
            .iter()
            .filter(|it| it.new.kind == TableKind::Live && !it.is_stash)
    };
    let mut columns = Vec::new();
    for pair in live() {
        for (was, now) in renamed_references(pair) {
            let (table, was) = (text_literal(&pair.old.name), text_literal(was));
            let now = text_literal(now);
            columns.push(format!(
                "when table_name = {table} and column_name = {was} then {now}"
            ));
        }
    }
    let tables: Vec<String> = live()
        .filter(|pair| pair.old.name != pair.new.name)
        .map(|pair| {
            let (was, now) = (text_literal(&pair.old.name), text_literal(&pair.new.name));
            format!("when table_name = {was} then {now}")
        })
        .collect();
    let mut sets = Vec::new();
    for (column, arms) in [("column_name", &columns), ("table_name", &tables)] {
        if !arms.is_empty() {
            let arms = arms.join("\n        ");
            sets.push(format!(
                "{column} = case\n        {arms}\n        else {column} end"
            ));
        }
    }
    if sets.is_empty() {
        return None;
    }
    let named: Vec<String> = live()
        .filter(|it| it.old.name != it.new.name || renamed_references(it).next().is_some())
        .map(|it| text_literal(&it.old.name))
        .collect();
    let sql = format!(
        "update {ARCHIVE_REFERENCES}\nset {}\nwhere table_name in ({});\n",
        sets.join(",\n    "),
        named.join(", ")
    );
    let title = "Renames what removals remember of references that they cut.";
    let step = Step::new(Place::Backfill, ARCHIVE_REFERENCES, title, sql);
    Some(
        step.run(Mode::Transaction, Lock::Rows)
            .grave(Class::Data, Reversible::Exact),
    )
}

/// The references of a table that get another name: old and new.
fn renamed_references(pair: &Pair) -> impl Iterator<Item = (&str, &str)> {
    pair.columns
        .iter()
        .filter_map(|column| match &column.source {
            Source::Column { name, .. } if *name != column.name => pair
                .new
                .key_of(&column.name)
                .map(|_| (name.as_str(), column.name.as_str())),
            _ => None,
        })
}
