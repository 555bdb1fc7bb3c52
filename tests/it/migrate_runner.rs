//! The scripts that the runner's own tests run: what svcgen makes of two schemas, checked in
//! beside those tests, so that they are always tried with what is generated today.

use std::path::PathBuf;

use svcgen::dialect;
use svcgen::generate::check_only;
use svcgen::migrate::Migration;
use svcgen::source::Source;
use svcgen::tables::diff::diff;
use svcgen::tables::intent::Intent;
use svcgen::tables::{self, Schema};

use crate::migrate::blessed;

const BEFORE: &[&str] = &[
    "{ entity: Author, fields: { name: string, kind: { type: enum, values: [poet, critic] }, best: Book? } }",
    "{ entity: Book, fields: { title: { type: string, max: 80 }, pages: int?, note: text?, author: Author, sequel: Book? } }",
];
/// A rebuild and a fill of everything: names, types, values, rules, references, archives.
const AFTER: &[&str] = &[
    "{ entity: Author, fields: { full_name: { type: string, was: name, searchable: true }, \
       kind: { type: enum, values: [{ name: writer, was: poet }, critic] }, best: Volume? } }",
    "{ entity: Volume, was: Book, stashed: [note], unique: [[title, author]], fields: { \
       title: { type: string, max: 60, narrow: true }, pages: { type: bigint, backfill: 7 }, \
       code: { type: string, backfill: { sql: \"'v' || title\" } }, author: Author, sequel: Volume? } }",
];

/// What goes in the end: an archive, a column of one, columns whose values are copied away, and a
/// value whose name another takes.
const WHOLE: &[&str] = &[
    "{ entity: Note, fields: { title: string, body: text?, tag: int?, label: string, \
       kind: { type: enum?, values: [a, b, c] } } }",
    "{ entity: Paper, fields: { title: string } }",
];
const LESS: &[&str] = &[
    "{ entity: Note, dropped: [body], fields: { title: string, tag: int?, label: string, \
       kind: { type: enum?, values: [a, b, c] } } }",
    "{ entity: Paper, delete: hard, fields: { title: string } }",
];
const LEAST: &[&str] = &[
    "{ entity: Memo, was: Note, archive: { dropped: [body] }, stashed: [tag, label], fields: { title: string, \
       kind: { type: enum?, narrow: true, values: [{ name: b, was: a }, c] } } }",
    "{ entity: Paper, delete: hard, fields: { title: string } }",
];
/// What the service file says of the tables.
const SERVICE: &str = "name: runner, defaults: { id: bigint }";

/// The tables of a service with these entities, and what it says of changes.
pub fn tables_of(entities: &[&str]) -> (Schema, Intent) {
    tables_with(SERVICE, entities)
}

fn tables_with(service: &str, entities: &[&str]) -> (Schema, Intent) {
    let source = |path: String, text: &str| Source::new(path, text.to_owned());
    let head = format!("{{ svcgen: 1, {service} }}");
    let mut sources = vec![source("svcgen.yaml".to_owned(), &head)];
    for (number, text) in entities.iter().enumerate() {
        sources.push(source(format!("entities/e{number}.yaml"), text));
    }
    let (service, problems) = check_only(&sources);
    let service = service.unwrap_or_else(|| panic!("{problems:#?}"));
    (tables::of(&service), Intent::of(&service))
}

#[test]
fn the_runner_is_tried_with_what_is_generated() {
    let steps = [BEFORE, AFTER].map(|it| (SERVICE.to_owned(), it));
    are_blessed(&steps, &["sqlite", "postgres"], "");
}

#[test]
fn the_runner_is_tried_with_what_goes_while_people_work() {
    let last = format!("{SERVICE}, dropped: [papers_archive]");
    let steps = [
        (SERVICE.to_owned(), WHOLE),
        (SERVICE.to_owned(), LESS),
        (last, LEAST),
    ];
    are_blessed(&steps, &["postgres"], "gone_");
}

/// Compares the scripts of one migration after the other with those of the runner's tests.
fn are_blessed(steps: &[(String, &[&str])], dialects: &[&str], prefix: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("runtime/tests/generated");
    let mut old = Schema::default();
    let mut history = Vec::new();
    for (number, (service, entities)) in steps.iter().enumerate() {
        let (new, mut intent) = tables_with(service, entities);
        intent.migration = number as u64 + 1;
        let diff = diff(&old, &new, &intent);
        assert!(diff.questions.is_empty(), "{:?}", diff.questions);
        let migration = Migration::of(dialect::ALL, &history, &old, &diff);
        let migration = migration.expect("written").expect("changes");
        for plan in &migration.plans {
            if !dialects.contains(&plan.dialect) {
                continue;
            }
            let name =
                |way: &str| folder.join(format!("{prefix}{number}.{}{way}.sql", plan.dialect));
            blessed(&name(""), &plan.up_text());
            blessed(&name(".down"), &plan.down_text());
        }
        history.push(migration.link);
        old = diff.target;
    }
}
