//! Rows of every age: one database goes through a whole chain of schemas, and at each of them
//! rows come, are changed, go into their archives, and some of them come back and go again.
//!
//! What is expected of them is worked out from what became of the *live* tables alone, row by
//! row and without SQL: how archives follow is what is tried here, so nothing that a plan says
//! of an archive is believed. After every migration
//!
//! - the rows that are live or archived are those that were, each once;
//! - an archived value is under the name that its field has by now, in the type that it has, or
//!   under the name that it had if its field is gone or its type could not take it;
//! - what a restore would read of an archived row is what the row would be had it stayed;
//! - and a restore succeeds, or is refused by the rule that the oracle has said it would break.

mod control;
pub mod engines;
mod kept;

use std::collections::BTreeMap;

use rusqlite::types::Value;
use svcgen::dialect::{self, columns, quoted, text_literal};
use svcgen::features::Past;
use svcgen::migrate::verify::oracle::Expected;
use svcgen::migrate::verify::rows::Rows;
use svcgen::migrate::{Migration, sum};
use svcgen::tables::build::archive_name;
use svcgen::tables::diff::Diff;
use svcgen::tables::{Column, Schema, Table, TableKind};

use super::{Outcome, Pair, chain, number};
use crate::random_schema::Dice;
use engines::{Engine, Shown, Sqlite};
use kept::{Kept, Live, evolved, holds, is, is_said};

/// How many schemas rows live under, and how few are not worth it.
const AGES: (usize, usize) = (9, 3);

/// A row that is live.
struct Present {
    table: String,
    values: Live,
}

/// One database, and what is expected of it.
struct Life<'a> {
    engine: &'a mut dyn Engine,
    dice: Dice,
    present: Vec<Present>,
    kept: Vec<Kept>,
    /// How many rows were ever archived.
    archived: usize,
    /// How many could have come back, at whatever age.
    restored: usize,
    /// How many restores were refused as was said.
    refused: usize,
}

/// What became of rows, for those who want to know whether anything was tried.
#[derive(Default)]
pub struct Tried {
    chains: usize,
    archived: usize,
    restored: usize,
    refused: usize,
}

fn is_record(table: &Table) -> bool {
    matches!(table.kind, TableKind::Live | TableKind::Link)
}

/// The migration of this number.
fn migration(number: usize, old: &Schema, diff: &Diff) -> Option<Migration> {
    let last = sum::link(None, &format!("{:04}_last", number - 1), &[]);
    Migration::of(dialect::ALL, &[last], old, diff).expect("written")
}

impl<'a> Life<'a> {
    fn new(engine: &'a mut dyn Engine, seed: u64) -> Self {
        Self {
            engine,
            dice: Dice::new(seed + 1_000_003),
            present: Vec::new(),
            kept: Vec::new(),
            archived: 0,
            restored: 0,
            refused: 0,
        }
    }

    /// Rows come, the tables change, everything is looked at, and the rows are archived.
    fn step(&mut self, number: usize, pair: &Pair, diff: &Diff) -> Outcome {
        self.come(pair)?;
        if let Some(migration) = migration(number, &pair.old, diff) {
            let name = self.engine.dialect().name();
            let plan = migration.plans.iter().find(|it| it.dialect == name);
            self.engine
                .migrate(&plan.expect("a plan").up_text())
                .map_err(|it| format!("with older rows, {it}"))?;
        }
        self.follow(pair);
        let target = &diff.target;
        self.look_at_live(target)?;
        self.look_at_archives(target)?;
        self.change(target)?;
        self.archive(number, target)?;
        self.look_at_archives(target)?;
        self.restore(number, target)
    }

    /// The rows that the migration has to take. Those of earlier ages are all archived.
    fn come(&mut self, pair: &Pair) -> Outcome {
        let mut rows = Rows::new();
        for (name, of_table) in &pair.rows {
            if pair.old.table(name).is_some_and(is_record) {
                rows.insert(name.clone(), of_table.clone());
            }
        }
        for (table, of_table) in &rows {
            for row in of_table {
                let values = row.iter();
                self.present.push(Present {
                    table: table.clone(),
                    values: values
                        .map(|(name, value)| (name.clone(), Expected::Exactly(value.clone())))
                        .collect(),
                });
            }
        }
        self.engine.insert(&pair.old, &rows)
    }

    /// What is expected from now on, by what became of the live tables.
    fn follow(&mut self, pair: &Pair) {
        let delta = &pair.diff.delta;
        let stays = |table: &str| {
            let mut pairs = delta.pairs.iter();
            pairs.find(|it| it.old.name == table && is_record(&it.old) && !it.is_stash)
        };
        self.present.retain_mut(|row| {
            let Some(of) = stays(&row.table) else {
                return false;
            };
            row.table.clone_from(&of.new.name);
            row.values = evolved(of, &row.values, None);
            true
        });
        self.kept.retain_mut(|row| {
            let before = pair.old.table(&row.archive);
            let mut pairs = delta.pairs.iter();
            let of = pairs.find(|it| {
                archive_name(&it.old.name) == row.archive && is_record(&it.old) && !it.is_stash
            });
            match of {
                Some(of) => row.follow(of, before, pair),
                None => row.is_left(),
            }
            pair.diff.target.table(&row.archive).is_some() || !is_let_go(pair, &row.archive)
        });
    }

    fn look_at_live(&mut self, target: &Schema) -> Outcome {
        for table in target.tables.iter().filter(|it| is_record(it)) {
            let mut found = self.engine.rows(table)?;
            let wanted = self.present.iter().filter(|it| it.table == table.name);
            for row in wanted {
                let is_it = |shown: &Shown| {
                    let mut key = table.primary_key.iter();
                    key.all(|it| is(shown, it, table, &row.values[it]))
                };
                let place = found.iter().position(is_it);
                let place = place.ok_or_else(|| format!("a row of `{}` is gone", table.name))?;
                let shown = found.swap_remove(place);
                holds(&shown, table, &row.values)?;
            }
            if !found.is_empty() {
                return Err(format!("`{}` has {} rows more", table.name, found.len()));
            }
        }
        Ok(())
    }

    fn look_at_archives(&mut self, target: &Schema) -> Outcome {
        let archives = target.tables.iter();
        for archive in archives.filter(|it| it.kind == TableKind::Archive) {
            let found = by_tag(self.engine.rows(archive)?);
            let wanted = self.kept.iter().filter(|it| it.archive == archive.name);
            let count = wanted.clone().count();
            if found.len() != count {
                let (is, name) = (found.len(), &archive.name);
                return Err(format!("`{name}` has {is} rows instead of {count}"));
            }
            for row in wanted {
                let shown = found.get(&row.tag);
                let shown = shown.ok_or_else(|| format!("the row {} is gone", row.tag))?;
                row.is_there(shown, archive)?;
            }
            let Some(live) = live_of(target, archive) else {
                continue;
            };
            let read = self.read(live, archive)?;
            for row in self.kept.iter().filter(|it| it.archive == archive.name) {
                holds(&read[&row.tag], live, &row.live)
                    .map_err(|it| format!("restoring {}, {it}", row.tag))?;
            }
        }
        Ok(())
    }

    /// What restores would read, by tag.
    fn read(&mut self, live: &Table, archive: &Table) -> Result<BTreeMap<String, Shown>, String> {
        let mut view = Table {
            name: "restored_rows".to_owned(),
            ..live.clone()
        };
        view.columns.retain(is_said);
        let values = view.columns.iter().map(|column| {
            let value = self.value(archive, column);
            let value = self.engine.typed(&value, column.ty);
            format!("{value} as {}", quoted(&column.name))
        });
        let mut values: Vec<String> = values.collect();
        values.push("archive_reason".to_owned());
        let sql = format!(
            "create temp view restored_rows as select {} from {}",
            values.join(", "),
            quoted(&archive.name)
        );
        self.engine.execute(&sql)?;
        let reason = archive.column("archive_reason").expect("its own").clone();
        view.columns.push(reason);
        let read = self.engine.rows(&view).map(by_tag);
        self.engine.execute("drop view restored_rows")?;
        read
    }

    fn value(&self, archive: &Table, column: &Column) -> String {
        Past::of(self.engine.dialect(), archive).value(column)
    }

    /// Some live values are taken away.
    fn change(&mut self, target: &Schema) -> Outcome {
        for table in target.tables.iter().filter(|it| is_record(it)) {
            let mut free = table.columns.iter().filter(|it| it.nullable && is_said(it));
            let Some(column) = free.next().filter(|_| self.dice.one_in(3)) else {
                continue;
            };
            let (name, set) = (quoted(&table.name), quoted(&column.name));
            self.engine
                .execute(&format!("update {name} set {set} = null"))?;
            for row in self.present.iter_mut().filter(|it| it.table == table.name) {
                let nothing = Expected::Exactly(Value::Null);
                row.values.insert(column.name.clone(), nothing);
            }
        }
        Ok(())
    }

    /// Every live row goes, into its archive where there is one.
    fn archive(&mut self, number: usize, target: &Schema) -> Outcome {
        for row in std::mem::take(&mut self.present) {
            let table = target.table(&row.table).expect("it stays");
            if let Some(archive) = target.table(&archive_name(&table.name)) {
                let kept = self.archive_row(number, table, archive, row.values)?;
                self.kept.push(kept);
            }
        }
        for table in target.tables.iter().filter(|it| is_record(it)) {
            let name = quoted(&table.name);
            self.engine.execute(&format!("delete from {name}"))?;
        }
        Ok(())
    }

    fn archive_row(
        &mut self,
        number: usize,
        table: &Table,
        archive: &Table,
        values: Live,
    ) -> Result<Kept, String> {
        self.archived += 1;
        let tag = format!("{number}/{}", self.archived);
        let mut key = Vec::new();
        for name in &table.primary_key {
            let Expected::Exactly(value) = &values[name] else {
                return Err(format!("nobody knows the key of a row of `{}`", table.name));
            };
            let ty = table.column(name).expect("its own").ty;
            key.push(format!(
                "{} = {}",
                quoted(name),
                self.engine.literal(value, ty)
            ));
        }
        let both = table.columns.iter();
        let both: Vec<&Column> = both
            .filter(|it| archive.column(&it.name).is_some())
            .collect();
        let names: Vec<&str> = both.iter().map(|it| it.name.as_str()).collect();
        let (names, uuid) = (columns(&names), self.engine.dialect().new_uuid());
        self.engine.execute(&format!(
            "insert into {} (archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request, \
             archive_root, archive_schema, {names})\nselect {uuid}, {uuid}, {}, 'me', {}, 'request', 'root', {number}, {names} \
             from {} where {}",
            quoted(&archive.name),
            self.engine.dialect().now(),
            text_literal(&tag),
            quoted(&table.name),
            key.join(" and "),
        ))?;
        let known = |column: &&Column| match values.get(&column.name) {
            Some(Expected::Exactly(value)) => {
                Some((column.name.clone(), (value.clone(), column.ty)))
            }
            _ => None,
        };
        Ok(Kept {
            archive: archive.name.clone(),
            tag,
            held: both.iter().filter_map(known).collect(),
            former: Vec::new(),
            live: values,
        })
    }

    /// Whether each archived row can come back is tried. Some do, and go again, as young as they
    /// are by then.
    fn restore(&mut self, number: usize, target: &Schema) -> Outcome {
        for place in 0..self.kept.len() {
            let archive = target.table(&self.kept[place].archive);
            let Some((archive, live)) = archive.and_then(|it| Some((it, live_of(target, it)?)))
            else {
                continue;
            };
            let row = &self.kept[place];
            let Some(broken) = row.breaks(live) else {
                continue;
            };
            let (sql, tag) = (self.restoring(live, archive, row), row.tag.clone());
            let comes_back = self.dice.one_in(4);
            let ended = self.engine.attempt(&sql, comes_back);
            let said = ended
                .as_ref()
                .err()
                .map(|it| it.to_lowercase().replace('-', " "));
            match said {
                None if broken.is_empty() => self.restored += 1,
                Some(said) if broken.iter().any(|it| said.contains(it)) => self.refused += 1,
                _ => {
                    return Err(format!(
                        "{tag} breaks {broken:?}, and restoring it: {ended:?}"
                    ));
                }
            }
            if ended.is_err() || !comes_back {
                continue;
            }
            let forget = format!(
                "delete from {} where archive_reason = {}",
                quoted(&archive.name),
                text_literal(&tag)
            );
            self.engine.execute(&forget)?;
            let mut values = self.kept[place].live.clone();
            // The rest is as in a new row.
            values.retain(|name, _| live.column(name).is_some_and(is_said));
            let again = self.archive_row(number, live, archive, values)?;
            let name = quoted(&live.name);
            self.engine.execute(&format!("delete from {name}"))?;
            // What the archive has of fields that are gone does not come back.
            self.kept[place] = again;
        }
        self.look_at_archives(target)
    }

    fn restoring(&self, live: &Table, archive: &Table, row: &Kept) -> String {
        let dialect = self.engine.dialect();
        let there = live.columns.iter().filter(|it| !it.past.retired);
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in there {
            names.push(column.name.as_str());
            values.push(match column.name.as_str() {
                "version" => "1".to_owned(),
                "created_at" | "updated_at" => dialect.now().to_owned(),
                _ => self.engine.typed(&self.value(archive, column), column.ty),
            });
        }
        let overriding = if live.identity {
            dialect.overriding()
        } else {
            ""
        };
        format!(
            "insert into {} ({}) {overriding} select {} from {} where archive_reason = {}",
            quoted(&live.name),
            columns(&names),
            values.join(", "),
            quoted(&archive.name),
            text_literal(&row.tag)
        )
    }
}

/// The table whose removed rows an archive in use keeps.
fn live_of<'a>(target: &'a Schema, archive: &Table) -> Option<&'a Table> {
    let live = target
        .tables
        .iter()
        .find(|it| is_record(it) && archive_name(&it.name) == archive.name && !it.past.retired);
    live.filter(|_| !archive.past.retired)
}

/// Whether the schema has called an archive by its name.
fn is_let_go(pair: &Pair, archive: &str) -> bool {
    let Pair { intent, .. } = pair;
    let mut words = intent.dropped.iter().chain(&intent.stashed);
    words.any(|it| it == archive)
}

fn by_tag(rows: Vec<Shown>) -> BTreeMap<String, Shown> {
    let tagged = rows.into_iter().map(|row| {
        let tag = row["archive_reason"].clone();
        (tag.unwrap_or_default(), row)
    });
    tagged.collect()
}

/// Lives the chains of so many seeds on an engine, or of as many as `SVCGEN_CHAINS` says.
pub fn live(engine: &mut dyn Engine, chains: usize) -> Tried {
    let chains = number("SVCGEN_CHAINS", chains);
    let mut tried = Tried::default();
    for seed in number("SVCGEN_SEED", 1).. {
        let pairs = chain(seed, AGES.0);
        if pairs.len() + 1 < AGES.1 {
            continue;
        }
        engine.begin(&pairs[0].old).expect("made");
        let mut life = Life::new(&mut *engine, seed);
        for (place, pair) in pairs.iter().enumerate() {
            life.step(place + 2, pair, &pair.diff)
                .unwrap_or_else(|why| panic!("{why}\n{}", pair.shown));
        }
        tried.chains += 1;
        tried.archived += life.archived;
        tried.restored += life.restored;
        tried.refused += life.refused;
        if tried.chains == chains {
            return tried;
        }
    }
    tried
}

impl Tried {
    /// Whether it says anything.
    pub fn is_enough(&self) {
        let Self {
            chains,
            archived,
            restored,
            refused,
        } = self;
        println!("{chains} chains: {archived} archived, {restored} restored, {refused} refused");
        assert!(*archived > 10 * chains && *restored > 5 * chains && *refused > 0);
    }
}

#[test]
fn rows_of_every_age_are_kept_and_come_back() {
    live(&mut Sqlite::new(), 60).is_enough();
}
