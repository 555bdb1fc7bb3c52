//! The part of the tables that a migration can touch: what its proof makes, instead of all.
//!
//! Most migrations change one table of many, and a proof of all of them says nothing more than
//! a proof of that one, of what a fault in it could reach, and of what these need to be there:
//!
//! - *touched* is each table that changes, and each whose name is a word of the scripts, wherever
//!   it stands; then whatever refers to one of these, because what happens to a row happens to
//!   the rows that refer to it (they are emptied or deleted with it); and the other of a table and
//!   its archive, because the guard of the one speaks of the other;
//! - *needed* is what these refer to, because they cannot be made or filled without it.
//!
//! The scripts are the ones that will be written, and run unchanged. That is what makes this
//! safe: a table that was left out is not there, so a statement that touches it, in a way that
//! nobody thought of here, fails, and the migration is not written. Nothing that a statement
//! does to a table can go unseen because of what was left out.
//!
//! Knows no SQL but where a word ends.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::Migration;
use crate::tables::build::archive_name;
use crate::tables::delta::{Delta, Pair, Source};
use crate::tables::diff::Diff;
use crate::tables::{Schema, Table};

/// The old tables and the difference, without the tables that the migration has nothing to do
/// with.
pub fn of(old: &Schema, diff: &Diff, migration: &Migration) -> (Schema, Diff) {
    let ways = Ways::of(old, diff);
    let touched = spread(seeds(old, diff, migration), &[&ways.twins, &ways.referrers]);
    let needed = spread(touched, &[&ways.twins, &ways.targets]);
    let kept = |schema: &Schema| Schema {
        tables: filtered(&schema.tables, |table| needed.contains(table.name.as_str())),
    };
    let delta = &diff.delta;
    let part = Diff {
        target: kept(&diff.target),
        delta: Delta {
            created: delta.created.clone(),
            dropped: delta.dropped.clone(),
            pairs: filtered(&delta.pairs, |pair| needed.contains(pair.new.name.as_str())),
        },
        changes: diff.changes.clone(),
        questions: Vec::new(),
    };
    (kept(old), part)
}

fn filtered<T: Clone>(all: &[T], is_kept: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|it| is_kept(it)).cloned().collect()
}

/// From table to table, by name. Old tables and new of the same name are not told apart.
#[derive(Default)]
struct Ways<'a> {
    /// To what refers to it.
    referrers: Edges<'a>,
    /// To what it refers to.
    targets: Edges<'a>,
    /// To its other name, and between a table and its archive.
    twins: Edges<'a>,
}

type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl<'a> Ways<'a> {
    fn of(old: &'a Schema, diff: &'a Diff) -> Self {
        let mut ways = Self::default();
        for schema in [old, &diff.target] {
            ways.add(schema);
        }
        for pair in &diff.delta.pairs {
            ways.are_twins(&pair.old.name, &pair.new.name);
        }
        ways
    }

    fn add(&mut self, schema: &'a Schema) {
        let mut names: BTreeMap<String, &'a str> = BTreeMap::new();
        for table in &schema.tables {
            let name = table.name.as_str();
            names.insert(archive_name(name), name);
            for key in &table.foreign_keys {
                self.targets.entry(name).or_default().insert(&key.table);
                self.referrers.entry(&key.table).or_default().insert(name);
            }
        }
        for table in &schema.tables {
            if let Some(live) = names.get(&table.name) {
                self.are_twins(live, &table.name);
            }
        }
    }

    fn are_twins(&mut self, one: &'a str, other: &'a str) {
        self.twins.entry(one).or_default().insert(other);
        self.twins.entry(other).or_default().insert(one);
    }
}

/// Everything that can be reached on these ways, the beginnings included.
fn spread<'a>(from: BTreeSet<&'a str>, ways: &[&Edges<'a>]) -> BTreeSet<&'a str> {
    let mut waiting: Vec<&str> = from.iter().copied().collect();
    let mut reached = from;
    while let Some(name) = waiting.pop() {
        for next in ways.iter().filter_map(|edges| edges.get(name)).flatten() {
            if reached.insert(next) {
                waiting.push(next);
            }
        }
    }
    reached
}

/// What changes, and what the scripts name.
fn seeds<'a>(old: &'a Schema, diff: &'a Diff, migration: &Migration) -> BTreeSet<&'a str> {
    let delta = &diff.delta;
    let pairs = delta.pairs.iter().filter(|pair| changes(pair));
    let mut seeds: BTreeSet<&str> = pairs
        .flat_map(|pair| [&pair.old, &pair.new])
        .chain(&delta.created)
        .chain(&delta.dropped)
        .map(|table| table.name.as_str())
        .collect();
    let rest: Vec<&Table> = old
        .tables
        .iter()
        .chain(&diff.target.tables)
        .filter(|table| !seeds.contains(table.name.as_str()))
        .collect();
    if !rest.is_empty() {
        let words = words(migration);
        let named = rest.into_iter().map(|table| table.name.as_str());
        seeds.extend(named.filter(|name| words.contains(&name.to_lowercase())));
    }
    seeds
}

fn changes(pair: &Pair) -> bool {
    let is_kept = |column: &crate::tables::delta::ColumnPair| match &column.source {
        Source::Column { name, values, fill } => {
            *name == column.name && values.is_empty() && fill.is_none()
        }
        _ => false,
    };
    pair.old != pair.new || !pair.stashed.is_empty() || !pair.columns.iter().all(is_kept)
}

/// Every word of the scripts, in lower case, because databases read names so.
fn words(migration: &Migration) -> BTreeSet<String> {
    let texts = migration
        .plans
        .iter()
        .flat_map(|plan| [plan.up_text(), plan.down_text()]);
    let mut words = BTreeSet::new();
    for text in texts {
        let found = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.extend(found.map(str::to_lowercase));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect;
    use crate::migrate::verify;
    use crate::tables::diff::diff;
    use crate::tables::intent::Intent;

    const OTHERS: &[&str] = &[
        "entity: Tag\nfields: { label: string }",
        "entity: Visit\nfields: { tag: Tag }",
        "entity: Author\nfields: { name: string, city: City }",
        "entity: City\nfields: { name: string }",
        "entity: Mayor\nfields: { city: City }",
        "entity: Remark\nfields: { about: Book, author: Author }",
        "entity: Mark\nfields: { remark: Remark }",
    ];

    fn tables(book: &str) -> (Schema, Intent) {
        let file = |path: String, text: &str| crate::source::Source {
            path,
            text: text.to_owned(),
        };
        let mut sources = vec![file(
            "svcgen.yaml".to_owned(),
            "svcgen: 1\nname: shop\ndefaults: { delete: archive }\n",
        )];
        for (index, text) in OTHERS.iter().chain([&book]).enumerate() {
            sources.push(file(format!("entities/{index}.yaml"), text));
        }
        let (service, diagnostics) = crate::generate::check_only(&sources);
        let service = service.unwrap_or_else(|| panic!("{diagnostics:?}"));
        (crate::tables::of(&service), Intent::of(&service))
    }

    fn planned(book: &str) -> (Schema, Diff, Migration) {
        let (old, intent) =
            tables("entity: Book\ndelete: hard\nfields: { title: string, author: Author }");
        let old = diff(&Schema::default(), &old, &intent).target;
        let (new, intent) = tables(book);
        let diff = diff(&old, &new, &intent);
        assert_eq!(diff.questions, []);
        let migration = Migration::of(dialect::ALL, &[], &old, &diff).expect("written");
        (old, diff, migration.expect("something changes"))
    }

    fn names(schema: &Schema) -> Vec<&str> {
        schema.tables.iter().map(|it| it.name.as_str()).collect()
    }

    const LEADS_TO_BOOKS: &[&str] = &[
        "books",
        "marks",
        "marks_archive",
        "remarks",
        "remarks_archive",
    ];
    const BOOKS_NEED: &[&str] = &["authors", "authors_archive", "cities", "cities_archive"];

    #[test]
    fn what_a_change_cannot_reach_is_left_out() {
        let (old, diff, migration) = planned(
            "entity: Book\ndelete: hard\nfields: { title: string, pages: { type: int, backfill: 1 }, author: Author }",
        );
        let (part, smaller) = of(&old, &diff, &migration);
        let mut wanted = [LEADS_TO_BOOKS, BOOKS_NEED].concat();
        wanted.sort_unstable();
        assert_eq!(names(&part), wanted);
        assert_eq!(names(&smaller.target), wanted);
        assert_eq!(smaller.delta.pairs.len(), wanted.len());
        let rows = verify::rows::hostile(&part, &smaller.delta);
        verify::with_rows(&part, &smaller, &migration, &rows).expect("proved");
    }

    #[test]
    fn what_somebodys_own_words_name_is_there() {
        let (old, diff, migration) = planned(
            "entity: Book\ndelete: hard\nfields: { title: string, seen: { type: int, backfill: { sql: \"(select count(*) from VISITS)\" } }, author: Author }",
        );
        let (part, _) = of(&old, &diff, &migration);
        for name in ["visits", "visits_archive", "tags"] {
            assert!(names(&part).contains(&name), "{name}: {:?}", names(&part));
        }
        assert!(!names(&part).contains(&"mayors"));
        verify::migration(&old, &diff, &migration).expect("proved");
    }

    #[test]
    fn a_statement_that_reaches_what_was_left_out_fails() {
        let (old, diff, mut migration) = planned(
            "entity: Book\ndelete: hard\nfields: { title: string, pages: int?, author: Author }",
        );
        let (part, smaller) = of(&old, &diff, &migration);
        for plan in &mut migration.plans {
            plan.up[0]
                .sql
                .push_str("update mayors set city_id = city_id;\n");
        }
        let rows = verify::rows::hostile(&part, &smaller.delta);
        let failed = verify::with_rows(&part, &smaller, &migration, &rows);
        let failed = failed.expect_err("a statement reached it").to_string();
        assert!(failed.contains("no such table: mayors"), "{failed}");
    }
}
