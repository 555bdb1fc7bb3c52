//! `tests/golden/blog`: a schema and the whole service that comes of it, byte for byte.
//!
//! `SVCGEN_BLESS=1` writes what is generated now. Read the difference before committing it: it is
//! what every user will see in a pull request. The slow tests compile and run the same service.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Place;

/// What is not compared: the lock names svcgen's version, and the JSON Schemas are `schemas/`.
const LEFT_OUT: [&str; 3] = ["svcgen.lock", ".svcgen/schema/", ".svcgen/busy"];

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/blog")
}

/// Files by path, as a checkout has them.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let walk = walkdir::WalkDir::new(root).into_iter();
    // Where someone built it, the build is no part of it.
    let walk = walk.filter_entry(|it| it.file_name() != "target");
    let mut files = BTreeMap::new();
    for entry in walk {
        let entry = entry.expect("readable");
        let path = entry.path().strip_prefix(root).expect("inside");
        let path = path.to_string_lossy().replace('\\', "/");
        let is_left_out = LEFT_OUT.iter().any(|it| path.starts_with(it)) || path == "Cargo.lock";
        if entry.file_type().is_file() && !is_left_out {
            files.insert(path, fs::read(entry.path()).expect("readable"));
        }
    }
    files
}

/// Generates the service from the schema that lies with it.
fn generated() -> BTreeMap<String, Vec<u8>> {
    let place = Place::empty();
    let schema = place.root().join("schema");
    fs::create_dir_all(schema.join("entities")).expect("created");
    for (path, bytes) in files(&golden()) {
        if path == "svcgen.yaml" || path.starts_with("entities/") {
            fs::write(schema.join(path), bytes).expect("written");
        }
    }
    place.ok(&[
        "new",
        "blog",
        "--from",
        "schema",
        "--no-input",
        "--no-git",
        "--quiet",
    ]);
    files(&place.root().join("blog"))
}

#[test]
fn the_service_is_as_it_was_reviewed() {
    let generated = generated();
    if std::env::var_os("SVCGEN_BLESS").is_some() {
        bless(&generated);
    }
    let expected = files(&golden());
    let paths = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        paths(&generated),
        paths(&expected),
        "SVCGEN_BLESS=1 renews them"
    );
    for (path, bytes) in &generated {
        let (now, before) = (
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&expected[path]),
        );
        let difference = now
            .lines()
            .zip(before.lines())
            .position(|(now, before)| now != before);
        let line = difference.unwrap_or_else(|| now.lines().count().min(before.lines().count()));
        assert!(
            *bytes == expected[path],
            "{path}:{}: generated `{}`, expected `{}`; SVCGEN_BLESS=1 renews it",
            line + 1,
            now.lines().nth(line).unwrap_or_default(),
            before.lines().nth(line).unwrap_or_default()
        );
    }
}

fn bless(generated: &BTreeMap<String, Vec<u8>>) {
    let root = golden();
    for path in files(&root)
        .keys()
        .filter(|it| !generated.contains_key(*it))
    {
        fs::remove_file(root.join(path)).expect("removed");
    }
    for (path, bytes) in generated {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("created");
        fs::write(file, bytes).expect("written");
    }
}

/// What the slow tests compile is what was reviewed: the example has the same entities.
#[test]
fn the_golden_schema_is_the_example() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples/blog");
    let entities = |root: &Path| files(&root.join("entities"));
    assert_eq!(entities(&example), entities(&golden()));
}
