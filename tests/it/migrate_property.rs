//! Random pairs of schemas: the migration between them keeps every row.
//!
//! The proof is svcgen's own, the one that every generation makes: the tables after the
//! migration are those of a fresh creation, every row is what an oracle says, sequences do not
//! go back, children keep their count, planning again is empty, the way back leads back. Here
//! it is tried on many schemas that nobody has thought of, and on engines that are broken on
//! purpose, which it must notice.
//!
//! `SVCGEN_PAIRS=100000` tries more of them, `SVCGEN_SEED` another part of them.

use svcgen::dialect::{self, Dialect};
use svcgen::migrate::{Migration, verify};
use svcgen::tables::diff::{Diff, diff};
use svcgen::tables::intent::{Allow, Intent};
use svcgen::tables::{self, Schema};

use crate::errors::checked;
use crate::random_schema::{Dice, Schema as Text};

/// Two schemas, and everything that svcgen makes of them.
struct Pair {
    old: Schema,
    diff: Diff,
    intent: Intent,
    new: Schema,
}

/// What becomes of a pair that is not tried, or is.
enum Tried {
    /// The schemas are no schemas, or svcgen asks what is meant.
    NotMeant,
    /// Nothing changes.
    Same,
    /// It is as it should be.
    Proved,
    /// It is not.
    Failed(String),
}

const ALLOW: Allow = Allow {
    drops: true,
    narrowing: true,
    stash: false,
};

fn tables_of(text: &Text) -> Option<(Schema, Intent)> {
    let (service, _) = checked(&text.sources());
    let service = service?;
    Some((tables::of(&service), Intent::of(&service)))
}

fn pair(old: &Text, new: &Text, stash: bool) -> Option<Pair> {
    let (old, _) = tables_of(old)?;
    let (new, intent) = tables_of(new)?;
    let allow = Allow { stash, ..ALLOW };
    let intent = Intent { allow, ..intent };
    let diff = diff(&old, &new, &intent);
    diff.questions.is_empty().then_some(Pair {
        old,
        diff,
        intent,
        new,
    })
}

fn texts(seed: u64) -> (Text, Text, bool) {
    let mut dice = Dice::new(seed);
    let old = Text::random(&mut dice);
    let new = old.edited(&mut dice);
    (old, new, dice.one_in(3))
}

/// Both, because a plan for one database must not depend on the other.
fn dialects() -> Vec<&'static dyn Dialect> {
    dialect::ALL.to_vec()
}

fn try_pair(seed: u64) -> Tried {
    let (old, new, stash) = texts(seed);
    let Some(pair) = pair(&old, &new, stash) else {
        return Tried::NotMeant;
    };
    let migration = match Migration::of(&dialects(), &[], &pair.old, &pair.diff) {
        Ok(Some(migration)) => migration,
        Ok(None) => return Tried::Same,
        Err(error) => return Tried::Failed(error.to_string()),
    };
    let proved = verify::migration(&pair.old, &pair.diff, &migration);
    let again = diff(&pair.diff.target, &pair.new, &pair.intent);
    let change = again.changes.iter().find(|it| it.is_physical());
    match (proved, change) {
        (Err(error), _) => Tried::Failed(error.to_string()),
        (Ok(()), Some(change)) => Tried::Failed(format!("planning again gives {change:?}")),
        (Ok(()), None) => Tried::Proved,
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |it| it.parse().expect("a number"))
}

fn shown(seed: u64) -> String {
    let (old, new, stash) = texts(seed);
    let text = |text: &Text| -> String {
        let files = text.sources().into_iter().skip(1);
        files.map(|it| it.text).collect::<Vec<_>>().join("---\n")
    };
    format!(
        "seed {seed}, stash {stash}\n=== old\n{}\n=== new\n{}",
        text(&old),
        text(&new)
    )
}

#[test]
fn random_pairs_keep_every_row() {
    let (count, from) = (number("SVCGEN_PAIRS", 300), number("SVCGEN_SEED", 1));
    let (mut proved, mut same, mut not_meant) = (0, 0, 0);
    let mut failures = Vec::new();
    for seed in from..from + count {
        match try_pair(seed) {
            Tried::NotMeant => not_meant += 1,
            Tried::Same => same += 1,
            Tried::Proved => proved += 1,
            Tried::Failed(why) => failures.push((seed, why)),
        }
    }
    println!(
        "{proved} proved, {same} without a change, {not_meant} not meant, {} failed",
        failures.len()
    );
    for (seed, why) in failures.iter().take(5) {
        println!("{why}\n{}\n", shown(*seed));
    }
    assert!(
        failures.is_empty(),
        "{:?}",
        failures.iter().take(20).collect::<Vec<_>>()
    );
    assert!(proved * 2 > count, "{proved} of {count} were tried at all");
}

/// How many of so many migrations a broken engine gets past the proof, and how many not.
fn noticed(count: u64, break_it: impl Fn(u64) -> Option<Result<(), String>>) -> (usize, usize) {
    let outcomes: Vec<_> = (1..=count).filter_map(break_it).collect();
    let noticed = outcomes.iter().filter(|it| it.is_err()).count();
    (noticed, outcomes.len())
}

#[test]
fn a_sequence_that_is_not_carried_is_noticed() {
    let (noticed, tried) = noticed(300, |seed| {
        let (old, new, stash) = texts(seed);
        let pair = pair(&old, &new, stash)?;
        let mut migration = Migration::of(&dialects(), &[], &pair.old, &pair.diff).ok()??;
        let mut is_broken = false;
        for step in migration.plans.iter_mut().flat_map(|plan| &mut plan.up) {
            let statements: Vec<&str> = step.sql.split_inclusive(";\n").collect();
            let kept = statements
                .iter()
                .filter(|it| !it.contains("sqlite_sequence"));
            let kept: String = kept.copied().collect();
            is_broken |= kept != step.sql;
            step.sql = kept;
        }
        let outcome = verify::migration(&pair.old, &pair.diff, &migration);
        is_broken.then(|| outcome.map_err(|it| it.to_string()))
    });
    assert!(tried > 5 && noticed == tried, "{noticed} of {tried}");
}

#[test]
fn a_rename_by_drop_and_add_is_noticed() {
    let (noticed, tried) = noticed(300, |seed| {
        let (old, new, _) = texts(seed);
        let pair = pair(&old, &new, false)?;
        let mut blind = pair.intent.clone();
        let mut is_broken = false;
        for table in blind.tables.values_mut() {
            for column in table.columns.values_mut() {
                is_broken |= !column.was.is_empty();
                column.was.clear();
            }
        }
        let lossy = diff(&pair.old, &pair.new, &blind);
        if !is_broken || !lossy.questions.is_empty() {
            return None;
        }
        let migration = Migration::of(&dialects(), &[], &pair.old, &lossy).ok()??;
        Some(verify::migration(&pair.old, &pair.diff, &migration).map_err(|it| it.to_string()))
    });
    assert!(
        tried > 5 && noticed * 10 > tried * 9,
        "{noticed} of {tried}"
    );
}

#[test]
fn foreign_keys_that_are_turned_off_inside_the_transaction_are_noticed() {
    let sqlite = dialect::ALL[0];
    let (noticed, tried) = noticed(200, |seed| {
        let (old, new, stash) = texts(seed);
        let pair = pair(&old, &new, stash)?;
        let migration = Migration::of(&dialects(), &[], &pair.old, &pair.diff).ok()??;
        let plan = migration.plans.iter().find(|it| it.dialect == "sqlite")?;
        let rows = verify::rows::hostile(&pair.old, &pair.diff.delta);
        let connection = verify::fresh(sqlite, &pair.old).expect("made");
        verify::insert(&connection, &rows).expect("filled");
        let text = plan.up_text();
        let refers = |it: &tables::Table| {
            let rebuilt = |table: &str| text.contains(&format!("drop table {table};"));
            let has_rows = rows.get(&it.name).is_some_and(|rows| !rows.is_empty());
            has_rows
                && it.foreign_keys.iter().any(|key| {
                    rebuilt(&key.table)
                        && !it
                            .columns
                            .iter()
                            .any(|c| c.name == key.column && c.nullable)
                })
        };
        if !pair.old.tables.iter().any(refers) {
            return None;
        }
        let inside =
            format!("pragma foreign_keys = on; begin; pragma foreign_keys = off; {text}; commit;");
        Some(
            connection
                .execute_batch(&inside)
                .map_err(|it| it.to_string()),
        )
    });
    // A parent without rows of its own loses none.
    assert!(
        tried > 3 && noticed * 10 > tried * 8,
        "{noticed} of {tried}"
    );
}
