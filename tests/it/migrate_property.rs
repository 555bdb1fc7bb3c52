//! Random chains of schemas: the migration from each to the next keeps every row.
//!
//! The proof is svcgen's own, the one that every generation makes: the tables after the
//! migration are those of a fresh creation, every row is what an oracle says, sequences do not
//! go back, children keep their count, planning again is empty, the way back leads back. Here
//! it is tried on many schemas that nobody has thought of, and on engines that are broken on
//! purpose, which it must notice.
//!
//! `SVCGEN_PAIRS=100000` tries so many pairs, `SVCGEN_SEED` begins with another chain of them.
//! On PostgreSQL the slow run tries them, in `slow/migrate_property.rs`.

pub mod ages;
pub mod controls;
pub mod strangers;

use std::collections::BTreeMap;

use svcgen::dialect::{self, Dialect};
use svcgen::migrate::verify::oracle::stored;
use svcgen::migrate::verify::pieces;
use svcgen::migrate::verify::rows::{self, Rows};
use svcgen::migrate::{Migration, verify};
use svcgen::tables::diff::{Diff, diff};
use svcgen::tables::intent::{Allow, Intent};
use svcgen::tables::{self, CheckRule, Schema};

use crate::errors::checked;
use crate::random_schema::{Dice, Schema as Text};

/// How many schemas follow each other.
const LENGTH: usize = 4;

/// Two schemas, and everything that svcgen makes of them.
pub struct Pair {
    /// The tables before.
    pub old: Schema,
    /// What becomes of them.
    pub diff: Diff,
    /// What the second schema says of the way.
    pub intent: Intent,
    /// The tables that the second schema alone would have.
    pub new: Schema,
    /// Rows that try it.
    pub rows: Rows,
    /// Both schemas, for people.
    pub shown: String,
}

/// How a pair ended that was tried.
type Outcome = Result<(), String>;

fn tables_of(text: &Text) -> Option<(Schema, Intent)> {
    let (service, _) = checked(&text.sources());
    let service = service?;
    Some((tables::of(&service), Intent::of(&service)))
}

/// The pairs of a seed.
pub fn pairs(seed: u64) -> Vec<Pair> {
    chain(seed, LENGTH)
}

/// The pairs of so many schemas: each begins with what the one before left in the database. They
/// end where a schema is none, or svcgen asks what is meant.
pub fn chain(seed: u64, length: usize) -> Vec<Pair> {
    let mut dice = Dice::new(seed);
    let mut before = Text::random(&mut dice);
    let mut pairs = Vec::new();
    let Some((first, intent)) = tables_of(&before) else {
        return pairs;
    };
    let mut old = diff(&Schema::default(), &first, &intent).target;
    for _ in 1..length {
        let after = before.edited(&mut dice);
        let allow = Allow {
            drops: dice.one_in(2),
            narrowing: dice.one_in(2),
            stash: dice.one_in(3),
        };
        let start = dice.below(60);
        let Some((new, intent)) = tables_of(&after) else {
            break;
        };
        let intent = Intent {
            allow,
            migration: u64::try_from(pairs.len() + 2).expect("a few"),
            ..intent
        };
        let diff = diff(&old, &new, &intent);
        if !diff.questions.is_empty() {
            break;
        }
        let target = diff.target.clone();
        pairs.push(Pair {
            rows: rows::varied(&old, &diff.delta, start),
            shown: shown(seed, pairs.len(), allow, &before, &after),
            old,
            diff,
            intent,
            new,
        });
        (old, before) = (target, after);
    }
    pairs
}

fn shown(seed: u64, place: usize, allow: Allow, old: &Text, new: &Text) -> String {
    let text = |text: &Text| -> String {
        let files = text.sources().into_iter().map(|it| it.text);
        files.collect::<Vec<_>>().join("---\n")
    };
    format!(
        "seed {seed}, pair {place}, {allow:?}\n=== old\n{}\n=== new\n{}",
        text(old),
        text(new)
    )
}

impl Pair {
    /// The migration, for every database, because a plan for one must not depend on another;
    /// nothing where nothing changes.
    pub fn migration(&self) -> Option<Migration> {
        let dialects: Vec<&'static dyn Dialect> = dialect::ALL.to_vec();
        Migration::of(&dialects, &[], &self.old, &self.diff).expect("written")
    }

    /// The same in pieces as small as they can be. What a generation proves is made of these.
    pub fn pieces(&self, migration: &Migration) -> Vec<(Self, Migration)> {
        let pieces = pieces::of(&self.old, &self.diff, migration, 1).into_iter();
        let with_rows = pieces.map(|piece| {
            let mut rows = self.rows.clone();
            rows.retain(|name, _| piece.old.table(name).is_some());
            let pair = Self {
                old: piece.old,
                diff: piece.diff,
                rows,
                intent: self.intent.clone(),
                new: self.new.clone(),
                shown: self.shown.clone(),
            };
            (pair, piece.migration)
        });
        with_rows.collect()
    }

    fn is_settled(&self) -> Outcome {
        let again = diff(&self.diff.target, &self.new, &self.intent);
        if !again.questions.is_empty() {
            return Err(format!("planning again asks {:?}", again.questions));
        }
        if let Some(change) = again.changes.iter().find(|it| it.is_physical()) {
            return Err(format!("planning again gives {change:?}"));
        }
        // What proves a migration goes by the tables that it leads to, so it cannot tell this.
        let (there, wanted) = (edges(&self.diff.target), edges(&self.new));
        match wanted
            .iter()
            .find(|(of, edges)| there.get(*of) != Some(edges))
        {
            Some((of, edges)) => Err(format!("{of:?} has {:?}, not {edges:?}", there.get(of))),
            None => Ok(()),
        }
    }
}

/// What SQLite compares numbers with, by table and column.
fn edges(schema: &Schema) -> BTreeMap<(&str, &str), Vec<String>> {
    let of = |rule: &CheckRule, ty| match rule {
        CheckRule::AtLeast(edge) => Some(format!(">= {:?}", stored(edge, ty))),
        CheckRule::AtMost(edge) => Some(format!("<= {:?}", stored(edge, ty))),
        CheckRule::OneOf(_) | CheckRule::MinLength(_) | CheckRule::MaxLength(_) => None,
    };
    let tables = schema.tables.iter();
    let checks = tables.flat_map(|table| table.checks.iter().map(move |check| (table, check)));
    let edges = checks.filter_map(|(table, check)| {
        let ty = table.column(&check.column)?.ty;
        let mut edges: Vec<String> = check.rules.iter().filter_map(|it| of(it, ty)).collect();
        edges.sort();
        Some(((table.name.as_str(), check.column.as_str()), edges))
    });
    edges.collect()
}

/// Tries so many pairs as `SVCGEN_PAIRS` says, from the seed that `SVCGEN_SEED` names.
pub fn try_pairs(otherwise: usize, mut proof: impl FnMut(&Pair, &Migration) -> Outcome) {
    let count: usize = number("SVCGEN_PAIRS", otherwise);
    let from: u64 = number("SVCGEN_SEED", 1);
    let (mut tried, mut proved, mut same, mut empty) = (0, 0, 0, 0);
    let mut failures: Vec<(u64, String)> = Vec::new();
    let started = std::time::Instant::now();
    for seed in from.. {
        if tried >= count || failures.len() >= 20 {
            break;
        }
        let pairs = pairs(seed);
        empty += usize::from(pairs.is_empty());
        for pair in &pairs {
            tried += 1;
            if tried % 1_000 == 0 {
                let seconds = started.elapsed().as_secs();
                println!(
                    "{tried} pairs up to seed {seed}, {} failed, {seconds} s",
                    failures.len()
                );
            }
            let Some(migration) = pair.migration() else {
                same += 1;
                continue;
            };
            match proof(pair, &migration).and_then(|()| pair.is_settled()) {
                Ok(()) => proved += 1,
                Err(why) => {
                    // At once: a long run may be cut off.
                    println!("seed {seed}: {why}\n{}", pair.shown);
                    failures.push((seed, why));
                }
            }
        }
        if pairs.is_empty() && count == 1 {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{tried} pairs in {seconds:.0} s: {proved} proved, {same} without a change, {} failed; {empty} seeds without a pair",
        failures.len()
    );
    let first_lines: Vec<(u64, &str)> = failures
        .iter()
        .map(|(seed, why)| (*seed, why.lines().next().unwrap_or_default()))
        .collect();
    assert!(failures.is_empty(), "{first_lines:#?}");
    assert!(
        proved * 2 > count || count == 1,
        "{proved} of {count} say anything"
    );
}

fn number<T: std::str::FromStr>(variable: &str, otherwise: T) -> T {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |it| it.parse().ok().expect("a number"))
}

#[test]
fn random_pairs_keep_every_row() {
    try_pairs(300, |pair, migration| {
        verify::with_rows(&pair.old, &pair.diff, migration, &pair.rows)
            .map_err(|error| error.to_string())?;
        for (piece, migration) in pair.pieces(migration) {
            verify::with_rows(&piece.old, &piece.diff, &migration, &piece.rows)
                .map_err(|error| format!("of a piece, {error}"))?;
        }
        strangers::survive(pair, migration)
    });
}
