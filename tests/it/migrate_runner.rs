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

/// The tables of a service with these entities, and what it says of changes.
pub fn tables_of(entities: &[&str]) -> (Schema, Intent) {
    let source = |path: String, text: &str| Source::new(path, text.to_owned());
    let head = "{ svcgen: 1, name: runner, defaults: { id: bigint } }";
    let mut sources = vec![source("svcgen.yaml".to_owned(), head)];
    for (number, text) in entities.iter().enumerate() {
        sources.push(source(format!("entities/e{number}.yaml"), text));
    }
    let (service, problems) = check_only(&sources);
    let service = service.unwrap_or_else(|| panic!("{problems:#?}"));
    (tables::of(&service), Intent::of(&service))
}

#[test]
fn the_runner_is_tried_with_what_is_generated() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("runtime/tests/generated");
    let mut old = Schema::default();
    let mut history = Vec::new();
    for (number, entities) in [BEFORE, AFTER].into_iter().enumerate() {
        let (new, intent) = tables_of(entities);
        let diff = diff(&old, &new, &intent);
        assert!(diff.questions.is_empty(), "{:?}", diff.questions);
        let migration = Migration::of(dialect::ALL, &history, &old, &diff);
        let migration = migration.expect("written").expect("changes");
        for plan in &migration.plans {
            let name = |way: &str| folder.join(format!("{number}.{}{way}.sql", plan.dialect));
            blessed(&name(""), &plan.up_text());
            blessed(&name(".down"), &plan.down_text());
        }
        history.push(migration.link);
        old = diff.target;
    }
}
