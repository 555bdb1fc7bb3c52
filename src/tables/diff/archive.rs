//! How archives follow their tables, so that a record of any age can be listed and restored.
//!
//! | the table | its archive |
//! |---|---|
//! | a new column | the column, null for what is older |
//! | a column dropped | kept, retired, until the entity says that its archive lets go of it |
//! | a name that comes again with another type | the old column under `NAME__vN`, a new one |
//! | a rename | the same; what has the name already, of a field dropped before, under `NAME__vN` |
//! | a wider type | the same |
//! | a type that not every value fits | the old column under `NAME__vN`; in the new one what can be converted |
//! | required, unique, checks, references, defaults, indexes | nothing |
//! | values of an enum | nothing; the renames are remembered |
//! | its archive switched off | retired; it follows on, for when it is switched on again |
//! | the table dropped | kept, retired, until the service drops it by its name |

use super::super::build::archive_name;
use super::super::convert::{self, Fit};
use super::super::delta::{ColumnPair, Delta, Pair, Source};
use super::super::intent::{Intent, TableIntent};
use super::super::{Column, Fill, LateFill, RenamedValue, Schema, Table, TableKind};
use super::{columns, target};

/// Matches the archives anew, after their tables.
pub fn follow(old: &Schema, intent: &Intent, delta: &mut Delta, tables: &mut [Table]) {
    let live: Vec<(String, Option<Pair>, Table)> = tables
        .iter()
        .filter(|table| matches!(table.kind, TableKind::Live | TableKind::Link))
        .map(|table| {
            let pair = delta.pair(&table.name).cloned();
            (archive_name(&table.name), pair, table.clone())
        })
        .collect();
    for pair in &mut delta.pairs {
        if pair.new.kind != TableKind::Archive {
            continue;
        }
        let Some((_, live_pair, live)) = live.iter().find(|(name, ..)| *name == pair.new.name)
        else {
            continue;
        };
        let Some(before) = old.table(&pair.old.name) else {
            continue;
        };
        *pair = followed(before, &pair.new, live, live_pair.as_ref(), intent);
        if let Some(table) = tables.iter_mut().find(|it| it.name == pair.new.name) {
            *table = pair.new.clone();
        }
    }
}

/// The archives that are switched off stay, retired.
pub fn retire(left: &[Table], delta: &mut Delta, tables: &mut [Table]) {
    let is_left = |table: &Table| left.iter().any(|it| it.name == table.name);
    let pairs = delta.pairs.iter_mut().map(|pair| &mut pair.new);
    for table in pairs.chain(tables).filter(|table| is_left(table)) {
        table.past.retired = true;
    }
}

/// A table whose archive goes is guarded no longer: its guard would speak of what is not there.
pub fn unguard(delta: &mut Delta, tables: &mut [Table]) {
    let names: Vec<String> = tables.iter().map(|it| it.name.clone()).collect();
    let pairs = delta.pairs.iter_mut().map(|pair| &mut pair.new);
    for table in pairs.chain(tables) {
        table.guarded &= names.contains(&archive_name(&table.name));
    }
}

fn followed(
    old: &Table,
    new: &Table,
    live: &Table,
    live_pair: Option<&Pair>,
    intent: &Intent,
) -> Pair {
    let mut pair = Pair {
        old: old.clone(),
        new: Table {
            columns: Vec::new(),
            ..new.clone()
        },
        columns: Vec::new(),
        stashed: Vec::new(),
        is_stash: false,
    };
    // What was kept of columns that are gone stays behind those that are there.
    let current: Vec<&Column> = new.columns.iter().filter(|it| !it.past.retired).collect();
    let mut kept: Vec<(String, String)> = Vec::new();
    for column in current {
        let (source, version) = source(old, column, live_pair);
        let taken = Some(&column.name).filter(|name| is_taken(old, &source, name));
        for name in version.iter().chain(taken) {
            kept.push((name.clone(), version_of(old, name)));
        }
        pair.columns.push(ColumnPair {
            name: column.name.clone(),
            source,
        });
        pair.new.columns.push(column.clone());
    }
    let said = intent.table(&new.name);
    for column in &old.columns {
        if pair.new_of(&column.name).is_some() {
            continue;
        }
        let is_in = |names: fn(&TableIntent) -> &[String]| {
            said.is_some_and(|it| names(it).contains(&column.name))
        };
        let (is_dropped, is_stashed) = (is_in(|it| &it.dropped), is_in(|it| &it.stashed));
        if is_stashed || is_dropped && intent.allow.stash {
            pair.stashed.push(column.name.clone());
            continue;
        }
        if is_dropped {
            continue;
        }
        let name = kept
            .iter()
            .find(|(name, _)| *name == column.name)
            .map_or(&column.name, |(_, version)| version);
        let mut kept = target::retired_column(column);
        kept.name.clone_from(name);
        pair.columns.push(ColumnPair {
            name: kept.name.clone(),
            source: Source::Column {
                name: column.name.clone(),
                values: Vec::new(),
                fill: None,
            },
        });
        pair.new.columns.push(kept);
    }
    target::settle(&mut pair);
    forget_gone(&mut pair);
    follow_names(&mut pair);
    remember_values(&mut pair, live_pair, intent.migration);
    remember_fills(&mut pair, live, live_pair, intent);
    pair
}

/// Where an archive's column gets its values, and the old column that gives up its name for it.
fn source(old: &Table, column: &Column, live: Option<&Pair>) -> (Source, Option<String>) {
    let plain = |name: &str| Source::Column {
        name: name.to_owned(),
        values: Vec::new(),
        fill: None,
    };
    let in_live = live.filter(|it| it.new.column(&column.name).is_some());
    let renamed_from = in_live
        .and_then(|it| it.old_of(&column.name))
        .map(|it| it.name.as_str());
    // A column of the table that is new is not what the archive kept under its name, unless
    // the two can hold the same.
    let before = match (in_live, renamed_from) {
        (Some(_), Some(name)) => old.column(name),
        _ => old.column(&column.name),
    };
    let Some(before) = before else {
        return (Source::New { fill: None }, None);
    };
    if before.ty == column.ty {
        return (plain(&before.name), None);
    }
    let is_new = in_live.is_some() && renamed_from.is_none();
    match convert::fit(before.ty, column.ty) {
        Some(Fit::Wider) if !is_new => (plain(&before.name), None),
        Some(_) if !is_new => (
            Source::Converted {
                name: before.name.clone(),
            },
            Some(before.name.clone()),
        ),
        _ => (Source::New { fill: None }, Some(before.name.clone())),
    }
}

/// Whether a renamed column comes upon one that is kept under its new name.
fn is_taken(old: &Table, source: &Source, name: &str) -> bool {
    let (Source::Column { name: before, .. } | Source::Converted { name: before }) = source else {
        return false;
    };
    before != name && old.column(name).is_some()
}

/// The first free name for an old version of a column.
fn version_of(table: &Table, column: &str) -> String {
    let mut number = 1;
    loop {
        let name = format!("{column}__v{number}");
        if table.column(&name).is_none() {
            return name;
        }
        number += 1;
    }
}

/// What an old column of the archive is called now: some give up their name for a new version.
fn name_now<'a>(pair: &'a Pair, old: &'a str) -> &'a str {
    pair.new_of(old).unwrap_or(old)
}

/// What is remembered of other columns does not speak of those that go.
fn forget_gone(pair: &mut Pair) {
    let before = pair.clone();
    let is_gone = |name: &str| before.old.column(name).is_some() && before.new_of(name).is_none();
    for column in &mut pair.new.columns {
        let past = &mut column.past;
        past.fills.retain(|late| match &late.fill {
            Fill::Copy(name) => !is_gone(name),
            Fill::Sql { sqlite, postgres } => {
                let mut gone = late.names.iter().filter(|(_, now)| is_gone(now));
                !gone.any(|(then, _)| speaks_of(sqlite, then) || speaks_of(postgres, then))
            }
            Fill::Value(_) | Fill::Now | Fill::Today | Fill::NewUuid => true,
        });
        for late in &mut past.fills {
            late.names.retain(|(_, now)| !is_gone(now));
        }
        // What that one was made of tells the next best.
        while let Some(name) = past.converted_from.as_ref().filter(|it| is_gone(it)) {
            let gone = before.old.column(name);
            past.converted_from = gone.and_then(|it| it.past.converted_from.clone());
        }
    }
}

/// Whether a column's name is a word of an expression.
fn speaks_of(text: &str, column: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words
        .into_iter()
        .any(|word| word.eq_ignore_ascii_case(column))
}

/// What is remembered of other columns speaks of them by the names they have now.
fn follow_names(pair: &mut Pair) {
    let before = pair.clone();
    for column in &mut pair.new.columns {
        let past = &mut column.past;
        for fill in &mut past.fills {
            if let Fill::Copy(name) = &mut fill.fill {
                *name = name_now(&before, name).to_owned();
            }
            for (_, now) in &mut fill.names {
                *now = name_now(&before, now).to_owned();
            }
        }
        let source = before.columns.iter().find(|it| it.name == column.name);
        past.converted_from = match source.map(|it| &it.source) {
            Some(Source::Converted { name }) => Some(name_now(&before, name).to_owned()),
            _ => (past.converted_from.take()).map(|it| name_now(&before, &it).to_owned()),
        };
    }
}

/// Archived values keep the names they had; what these mean now is remembered.
fn remember_values(pair: &mut Pair, live: Option<&Pair>, migration: u64) {
    let Some(live) = live else { return };
    for column in &live.columns {
        let Source::Column { values, .. } = &column.source else {
            continue;
        };
        let kept = pair.new.columns.iter_mut();
        for kept in kept.filter(|it| it.name == column.name) {
            let renamed = |was: &str, now: &str| RenamedValue {
                migration,
                was: was.to_owned(),
                now: now.to_owned(),
            };
            let past = &mut kept.past.renamed_values;
            past.extend(values.iter().map(|(was, now)| renamed(was, now)));
            // What had the name before is nothing that it stands for now.
            let taken = values.iter().map(|(_, now)| now);
            let taken = taken.filter(|now| live.values_of(column).contains(now));
            past.extend(taken.map(|now| renamed(now, &columns::former(now))));
        }
    }
}

/// What the migration gives to live rows without a value, it owes to archived ones.
fn remember_fills(pair: &mut Pair, live: &Table, live_pair: Option<&Pair>, intent: &Intent) {
    let sources = pair.columns.clone();
    for column in &mut pair.new.columns {
        let is = |it: &&ColumnPair| it.name == column.name;
        let of_live = live_pair.and_then(|it| it.columns.iter().find(is));
        let said = intent.table(&live.name);
        let fill = match (
            sources.iter().find(is).map(|it| &it.source),
            of_live.map(|it| &it.source),
        ) {
            (_, Some(Source::Column { fill, .. })) if fill.is_some() => fill.clone(),
            (_, Some(Source::New { .. }))
            | (Some(Source::New { .. }), _)
            | (Some(Source::Converted { .. }), None) => {
                columns::fill_of(said, Some(live), &column.name)
            }
            _ => None,
        };
        let Some(fill) = fill else { continue };
        let speaks = matches!(fill, Fill::Sql { .. });
        let others = live
            .columns
            .iter()
            .filter(|it| speaks && it.name != column.name);
        column.past.fills.push(LateFill {
            migration: intent.migration,
            ty: column.ty,
            table: if speaks {
                live.name.clone()
            } else {
                String::new()
            },
            names: others
                .map(|it| (it.name.clone(), it.name.clone()))
                .collect(),
            fill,
        });
    }
}
