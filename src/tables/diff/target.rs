//! Tables as the database will have them: the new ones, with what became of them since they
//! were created, and with what is retired.

use super::super::delta::{Pair, Source};
use super::super::{Column, Table, TableKind, rules};

/// A table that the schema no longer has, as it stays.
pub fn retired_table(table: &Table) -> Table {
    let mut kept = table.clone();
    kept.past.retired = true;
    // A rule that nobody keeps any longer must not stop anybody.
    kept.foreign_keys.clear();
    kept
}

/// A column that the schema no longer has, as it stays: every new row leaves it out.
pub fn retired_column(column: &Column) -> Column {
    let mut kept = column.clone();
    kept.past.retired = true;
    kept.nullable |= kept.default.is_none();
    kept
}

/// An origin for something new, where something else began under its name.
pub fn fresh_origin<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> Option<String> {
    let taken: Vec<&str> = taken.collect();
    if !taken.contains(&name) {
        return None;
    }
    let mut number = 2;
    loop {
        let origin = format!("{name}#{number}");
        if !taken.contains(&origin.as_str()) {
            return Some(origin);
        }
        number += 1;
    }
}

/// Gives a pair's new table its past, and leaves what says the same as it was written.
pub fn settle(pair: &mut Pair) {
    let Pair {
        old, new, columns, ..
    } = pair;
    let origin = old.origin();
    new.past.origin = (origin != new.name).then(|| origin.to_owned());
    for column in &mut new.columns {
        let source = columns.iter().find(|it| it.name == column.name);
        match source.map(|it| &it.source) {
            Some(Source::Column { name, .. }) => {
                let Some(before) = old.column(name) else {
                    continue;
                };
                let origin = before.origin();
                column.past.origin = (origin != column.name).then(|| origin.to_owned());
                column.past.fills = before.past.fills.clone();
                column.past.renamed_values = before.past.renamed_values.clone();
                column.past.converted_from = before.past.converted_from.clone();
            }
            _ => {
                column.past.origin =
                    fresh_origin(&column.name, old.columns.iter().map(Column::origin));
            }
        }
    }
    keep_texts(pair);
}

/// A rule that says the same keeps its text, so that nothing is rebuilt for the order of
/// an enum's values. Not where the column has another type: the same edge is another constant then,
/// 2 of an integer and 200 of a decimal that is stored as hundredths.
fn keep_texts(pair: &mut Pair) {
    let names: Vec<(String, String)> = pair
        .new
        .checks
        .iter()
        .filter_map(|check| {
            let before = pair.old_of(&check.column)?;
            let now = pair.new.column(&check.column)?;
            (before.ty == now.ty).then(|| (check.column.clone(), before.name.clone()))
        })
        .collect();
    for check in &mut pair.new.checks {
        let before = names
            .iter()
            .find(|(new, _)| *new == check.column)
            .and_then(|(_, old)| pair.old.check_of(old));
        if let Some(before) = before
            && rules::same(&before.rules, &check.rules)
            && rules::are_alike(&before.rules, &check.rules)
        {
            check.rules.clone_from(&before.rules);
        }
    }
}

/// Whether a table's columns may be dropped at all.
pub fn lets_go(table: &Table) -> bool {
    table.kind != TableKind::Archive
}
