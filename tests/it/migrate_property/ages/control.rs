//! An archive that is left behind on purpose: the oracle notices, every time that it matters.

use rusqlite::types::Value;
use svcgen::migrate::verify;
use svcgen::tables::TableKind;
use svcgen::tables::change;
use svcgen::tables::delta::{ColumnPair, Source};
use svcgen::tables::diff::Diff;

use super::super::{Pair, chain};
use super::engines::{Engine as _, Sqlite};
use super::kept::Kept;
use super::{AGES, Life, migration};

/// An archive that does not follow a rename: the column stays under its old name, and an empty one
/// comes. The proof of a single migration believes the plan, and sees nothing wrong with it.
fn left_behind(diff: &Diff, archive: &str, from: &str, to: &str) -> Diff {
    let mut broken = diff.clone();
    let pairs = broken.delta.pairs.iter_mut();
    let pair = pairs.into_iter().find(|it| it.new.name == archive);
    let pair = pair.expect("it follows");
    let old = pair.old.column(from).expect("there").clone();
    for column in pair.columns.iter_mut().filter(|it| it.name == to) {
        column.source = Source::New { fill: None };
    }
    pair.columns.push(ColumnPair {
        name: from.to_owned(),
        source: Source::Column {
            name: from.to_owned(),
            values: Vec::new(),
            fill: None,
        },
    });
    pair.new.columns.push(old);
    let table = pair.new.clone();
    let mut tables = broken.target.tables.iter_mut();
    *tables.find(|it| it.name == archive).expect("there") = table;
    broken.changes = change::of(&broken.delta);
    broken
}

#[test]
fn an_archive_that_does_not_follow_a_rename_is_noticed() {
    let mut noticed = 0;
    for seed in 1..4_000 {
        let mut engine = Sqlite::new();
        let pairs = chain(seed, AGES.0);
        let Some(first) = pairs.first() else { continue };
        engine.begin(&first.old).expect("made");
        let mut life = Life::new(&mut engine, seed);
        for (place, pair) in pairs.iter().enumerate() {
            let Some((archive, from, to)) = life.rename(pair) else {
                life.step(place + 2, pair, &pair.diff).expect("right");
                continue;
            };
            let broken = left_behind(&pair.diff, &archive, &from, &to);
            let migration = migration(place + 2, &pair.old, &broken).expect("changes");
            verify::with_rows(&pair.old, &broken, &migration, &pair.rows)
                .unwrap_or_else(|error| panic!("its own proof noticed: {error}\n{}", pair.shown));
            let ended = life.step(place + 2, pair, &broken);
            assert!(ended.is_err(), "{from} to {to}\n{}", pair.shown);
            noticed += 1;
            break;
        }
        if noticed == 8 {
            return;
        }
    }
    panic!("only {noticed} renames were tried");
}

impl Life<'_> {
    /// A column that gets another name while archived rows hold something in it.
    fn rename(&self, pair: &Pair) -> Option<(String, String, String)> {
        let pairs = pair.diff.delta.pairs.iter();
        let archives = pairs.filter(|it| it.new.kind == TableKind::Archive && !it.is_stash);
        archives.into_iter().find_map(|archive| {
            let renamed = archive.columns.iter().find_map(|it| match &it.source {
                Source::Column { name, .. } if *name != it.name && !it.name.contains("__v") => {
                    let is_free = archive.new.column(name).is_none();
                    is_free.then(|| (name.clone(), it.name.clone()))
                }
                _ => None,
            });
            let (from, to) = renamed?;
            let mut rows = self.kept.iter().filter(|it| it.archive == archive.old.name);
            let holds = |row: &Kept| row.held.get(&from).is_some_and(|it| it.0 != Value::Null);
            rows.any(holds)
                .then(|| (archive.new.name.clone(), from, to))
        })
    }
}
