//! One more field in the shop example: how many lines change, and where. The README has the figure.

use std::collections::BTreeMap;

use crate::support::Place;

/// The most lines that may be added and taken away in Rust that people read.
const MOST_IN_SOURCES: usize = 50;
/// The most lines that may be added and taken away in all files of the service.
const MOST: usize = 140;
/// The most lines of the new migration that say how the tables are remembered.
const MOST_REMEMBERED: usize = 40;

/// How many lines were added and taken away, by path.
fn changed(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) -> BTreeMap<String, (usize, usize)> {
    let mut counts = BTreeMap::new();
    for path in before.keys().chain(after.keys()) {
        let text = |tree: &BTreeMap<String, Vec<u8>>| {
            let bytes = tree.get(path).cloned().unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (old, new) = (text(before), text(after));
        if old == new {
            continue;
        }
        let difference = similar::TextDiff::from_lines(&old, &new);
        let count = |tag| {
            difference
                .iter_all_changes()
                .filter(|it| it.tag() == tag)
                .count()
        };
        let added = count(similar::ChangeTag::Insert);
        counts.insert(path.clone(), (added, count(similar::ChangeTag::Delete)));
    }
    counts
}

/// Lines of the sources that changed and say nothing of the field: apart from the numbers of the
/// parameters of an `insert`, and how many values a restore can override, there are none.
fn beside_the_point(before: &str, after: &str) -> Vec<String> {
    let difference = similar::TextDiff::from_lines(before, after);
    let changed = difference
        .iter_all_changes()
        .filter(|it| it.tag() != similar::ChangeTag::Equal)
        .map(|it| it.value().trim().to_owned());
    changed
        .filter(|line| {
            let plain = line.to_lowercase().replace('_', " ");
            let counts = line.starts_with("values ($1") || line.starts_with("overrides: ");
            !plain.contains("weight grams") && !counts
        })
        .collect()
}

#[test]
fn a_field_changes_lines_about_that_field() {
    let place = Place::empty();
    place.ok(&[
        "new",
        "shop",
        "--example",
        "shop",
        "--no-git",
        "--quiet",
        "--path",
        ".",
    ]);
    let before = place.tree();
    place.ok(&["add-field", "Product", "weight_grams:int?"]);
    let after = place.tree();
    let counts = changed(&before, &after);
    for path in counts.keys().filter(|it| it.starts_with("src/")) {
        let text = |tree: &BTreeMap<String, Vec<u8>>| {
            String::from_utf8(tree.get(path).cloned().unwrap_or_default()).expect("text")
        };
        let other = beside_the_point(&text(&before), &text(&after));
        assert!(other.is_empty(), "{path}: {other:?}");
    }
    let remembered = "migrations/0002_add_weight_grams_to_products/tables.json";
    assert!(counts[remembered].0 <= MOST_REMEMBERED, "{counts:?}");
    let mut totals = BTreeMap::new();
    for (path, (added, removed)) in &counts {
        println!("{path}: +{added} -{removed}");
        let group = match path.split('/').next() {
            Some("src") => "src",
            Some("migrations") => "the migration",
            Some(".svcgen" | "svcgen.lock") => "what svcgen remembers",
            _ => "everything else",
        };
        *totals.entry(group).or_insert(0) += added + removed;
        // No other entity, no shared file, nobody's seeded file.
        let is_expected = path.starts_with("src/product/")
            || path.starts_with("migrations/0002_add_weight_grams_to_products/")
            || path == "migrations/svcgen.sum"
            || path.starts_with(".svcgen/")
            || [
                "entities/product.yaml",
                "openapi.json",
                "src/migrations.rs",
                "svcgen.lock",
            ]
            .contains(&path.as_str());
        assert!(is_expected, "{path} changed for a field of another entity");
        assert_ne!(path, "src/product/rules.rs");
    }
    let service = totals["src"] + totals["everything else"];
    println!("{totals:?}, {service} in the service");
    assert_eq!(counts["entities/product.yaml"], (1, 0));
    assert!(totals["src"] <= MOST_IN_SOURCES, "{totals:?}");
    assert!(service <= MOST, "{totals:?}");
}

/// A line that changed for another reason is told.
#[test]
fn a_line_that_moves_is_seen() {
    let before = "name,\nid: row.get(1)\n";
    let after = "name,\nweight_grams,\nid: row.get(2)\n";
    assert_eq!(
        beside_the_point(before, after),
        ["id: row.get(1)", "id: row.get(2)"]
    );
}

/// The count is of lines, both ways.
#[test]
fn every_changed_line_is_counted() {
    let tree = |text: &str| BTreeMap::from([("a".to_owned(), text.as_bytes().to_vec())]);
    assert_eq!(changed(&tree("x\ny\n"), &tree("x\nz\nw\n"))["a"], (2, 1));
    assert!(changed(&tree("x\n"), &tree("x\n")).is_empty());
}
