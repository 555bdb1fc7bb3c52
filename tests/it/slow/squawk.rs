//! Squawk, pinned, finds nothing in what svcgen writes for PostgreSQL but what the schema asks for.
//!
//! It is given each file as the runner runs it: every step in the transaction, and with the
//! timeouts, that its marker asks for. Every rule is on; [`ACCEPTED`] is what it may say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use svcgen::migrate::script::{self, Mode};

use super::cargo::{generate, repository, scratch};
use super::{are_asked_for, step, tools};
use crate::migrate::{VARIANTS, cases};

/// What may be found: a rule, what the statement then says, and why that is as it should be.
const ACCEPTED: [(&str, &str, &str); 15] = [
    (
        "ban-drop-column",
        "drop column",
        "an explicit word in the schema, or a flag, asks for it; svcgen's own DS102 and BC106 tell of it",
    ),
    (
        "ban-drop-table",
        "drop table",
        "the same, told of by DS101; and a copy that was kept for the way back",
    ),
    (
        "ban-drop-constraint",
        "drop constraint",
        "a check that proved a column not null is of no use after; a rule of the schema went, or came in another form",
    ),
    (
        "ban-drop-not-null",
        "drop not null",
        "the schema lets the field be null; no reader or writer of a value is hurt",
    ),
    (
        "ban-drop-default",
        "drop default",
        "services of svcgen write every column; the schema has another default, or none",
    ),
    (
        "ban-drop-function",
        "drop function",
        "svcgen made it, and only its own trigger calls it",
    ),
    (
        "renaming-column",
        "rename column",
        "`was:` asks for it, and BC102 tells of it",
    ),
    (
        "renaming-table",
        "rename to",
        "`was:` asks for it, and BC101 tells of it",
    ),
    (
        "renaming-object",
        "rename",
        "constraints and indexes follow the names of their tables; nobody calls them by name",
    ),
    (
        "prefer-bigint-over-int",
        "integer",
        "the field is an `int` in the schema, whose limits the service checks",
    ),
    (
        "adding-required-field",
        "not null",
        "the step before proves that the table has no rows, or asks for a `backfill:`",
    ),
    (
        "adding-field-with-default",
        "default -",
        "squawk takes the minus of a constant for a computation",
    ),
    (
        "require-concurrent-index-creation",
        "using gin",
        "the table is as new as the index",
    ),
    (
        "changing-column-type",
        "type bigint using",
        "a duration is its microseconds, bigint before and after",
    ),
    (
        "changing-column-type",
        "type numeric(",
        "more digits before the point and as many after rewrite nothing",
    ),
];

#[derive(Debug, Deserialize)]
struct Finding {
    file: String,
    /// From 0.
    line: usize,
    message: String,
    rule_name: String,
}

#[test]
fn squawk_finds_only_what_the_schema_asks_for() {
    if !are_asked_for("squawk_finds_only_what_the_schema_asks_for") {
        return;
    }
    let directory = scratch("squawk");
    write_cases(&directory);
    step("generate the examples", || write_examples(&directory));
    let found = step("lint every migration for PostgreSQL", || lint(&directory));
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for one in &found {
        let statement = statement(one);
        let accepted = ACCEPTED
            .iter()
            .position(|(rule, says, _)| *rule == one.rule_name && statement.contains(says));
        match accepted {
            Some(index) => drop(used.insert(index)),
            None => wrong.push(format!(
                "{}:{} {}: {}\n    {statement}",
                one.file, one.line, one.rule_name, one.message
            )),
        }
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (index, (rule, says, _)) in ACCEPTED.iter().enumerate() {
        assert!(
            used.contains(&index),
            "nothing is accepted for `{rule}` and `{says}`: take it away"
        );
    }
    step("lint what is wrong on purpose", || {
        are_found(&directory.join("wrong"));
    });
}

/// What must never be written is found, so the judge is really asked.
fn are_found(directory: &Path) {
    fs::create_dir_all(directory).expect("created");
    let wrong = [
        (
            "require-concurrent-index-creation",
            "transaction",
            "create index a_b_idx on a (b);",
        ),
        (
            "ban-concurrent-index-creation-in-transaction",
            "transaction",
            "create index concurrently a_b_idx on a (b);",
        ),
        (
            "constraint-missing-not-valid",
            "transaction",
            "alter table a add constraint c check (b > 1);",
        ),
        (
            "adding-foreign-key-constraint",
            "transaction",
            "alter table a add constraint c foreign key (b) references d (id);",
        ),
        (
            "adding-not-nullable-field",
            "transaction",
            "alter table a alter column b set not null;",
        ),
        (
            "changing-column-type",
            "transaction",
            "alter table a alter column b type bigint;",
        ),
        (
            "disallowed-unique-constraint",
            "transaction",
            "alter table a add constraint c unique (b);",
        ),
    ];
    for (rule, mode, sql) in wrong {
        let text = format!("-- svcgen:step {mode} Is wrong.\n{sql}\n");
        fs::write(directory.join(format!("{rule}.sql")), as_run(&text)).expect("written");
    }
    let found = lint(directory);
    for (rule, _, sql) in wrong {
        let is_found = found
            .iter()
            .any(|it| it.rule_name == rule && it.file.contains(rule));
        assert!(is_found, "{rule} is not found in: {sql}");
    }
}

fn write_cases(directory: &Path) {
    for (index, case) in cases().into_iter().flat_map(|(_, cases)| cases).enumerate() {
        for variant in VARIANTS {
            for (name, text) in case
                .ready(variant)
                .migration
                .into_iter()
                .flat_map(|it| it.files)
            {
                if name.starts_with("postgres") {
                    let kind = variant.name.split(',').next().unwrap_or_default();
                    let path = directory.join(format!("case{index}_{kind}_{name}"));
                    fs::write(path, as_run(&text)).expect("written");
                }
            }
        }
    }
}

fn write_examples(directory: &Path) {
    for schema in [
        "schemas/examples/blog",
        "schemas/examples/shop",
        "schemas/examples/clinic",
        "tests/types/schema",
    ] {
        let name = schema
            .split('/')
            .find(|it| !["schemas", "examples", "tests"].contains(it));
        let name = name.expect("a name");
        let service = scratch("squawk-examples").join(name);
        generate(
            name,
            &repository().join(schema),
            &service,
            &["--runtime-path", "runtime"],
        );
        let mut count = 0;
        for migration in fs::read_dir(service.join("migrations")).expect("migrations") {
            let migration = migration.expect("an entry").path();
            for way in ["postgres.sql", "postgres.down.sql"] {
                if let Ok(text) = fs::read_to_string(migration.join(way)) {
                    let path = directory.join(format!("{name}_{count}_{way}"));
                    fs::write(path, as_run(&text)).expect("written");
                    count += 1;
                }
            }
        }
        assert!(count >= 2, "{name} has no migration");
    }
}

/// A script with what the runner says around each of its steps.
fn as_run(text: &str) -> String {
    let steps = script::read(text).expect("a script");
    let limits = |local: &str| {
        format!("set {local} lock_timeout = '3s';\nset {local} statement_timeout = '1h';\n")
    };
    steps
        .iter()
        .map(|step| match step.mode {
            Mode::Autocommit => format!("{}{}", limits(""), step.sql),
            Mode::Check | Mode::Transaction | Mode::Batches => {
                format!("begin;\n{}{}commit;\n", limits("local"), step.sql)
            }
        })
        .collect()
}

fn lint(directory: &Path) -> Vec<Finding> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .expect("a directory")
        .map(|it| it.expect("an entry").path())
        .filter(|it| it.extension().is_some_and(|it| it == "sql"))
        .collect();
    files.sort();
    // The oldest version that svcgen writes for.
    let output = Command::new(tools::python().join("squawk"))
        .args(["--reporter", "json", "--pg-version", "12.0"])
        .args(&files)
        .current_dir(directory)
        .output()
        .expect("squawk starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stdout);
        let more = String::from_utf8_lossy(&output.stderr);
        panic!("squawk says no JSON: {error}: {said}{more}")
    })
}

/// The line that a finding is about.
fn statement(finding: &Finding) -> String {
    let text = fs::read_to_string(&finding.file).expect("readable");
    text.lines()
        .nth(finding.line)
        .unwrap_or_default()
        .to_owned()
}
