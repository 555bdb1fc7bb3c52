//! How a project that has been lived in differs from a fresh one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edit, make};
use crate::support::Place;

/// What differs between two histories of the same schema, and is no edit of anybody.
const HISTORY: [&str; 5] = [
    "migrations/",
    "src/migrations.rs",
    ".svcgen/",
    "svcgen.lock",
    "rustfmt.toml",
];

/// What is written once.
const SEEDED: [&str; 4] = ["README.md", "config/", "src/main.rs", "tests/api/"];

/// How a project differs from one that was generated afresh: a line for each line.
pub fn differences(fresh: &Place, place: &Place, begun: &BTreeMap<String, Vec<u8>>) -> String {
    if place.has("rustfmt.toml") {
        // Layout that was asked for is no edit.
        make(fresh, &Edit::Format(place.read("rustfmt.toml")));
    }
    let (old, mut new) = (fresh.tree(), place.tree());
    let mut text = String::new();
    // What was moved is compared with what is fresh where it was.
    let lock = new.get("svcgen.lock").cloned().unwrap_or_default();
    for line in String::from_utf8_lossy(&lock).lines() {
        if let Some((from, to)) = line
            .strip_prefix("moved ")
            .and_then(|it| it.split_once(" -> "))
            && let Some(content) = new.remove(to)
        {
            text.push_str(&["  ", from, " is ", to, "\n"].concat());
            new.insert(from.to_owned(), content);
        }
    }
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        let is_history = HISTORY.iter().any(|it| path.starts_with(it));
        let is_schema = path.starts_with("entities/") || path == "svcgen.yaml";
        // Given away and never touched, it says what the schema said at first.
        let is_given_away =
            SEEDED.iter().any(|it| path.starts_with(it)) || path.ends_with("/rules.rs");
        let is_untouched = is_given_away && new.get(path) == begun.get(path);
        if is_untouched || is_history || is_schema || path.starts_with("vendor/") {
            continue;
        }
        let told = match (old.get(path), new.get(path)) {
            (Some(old), Some(new)) if old != new => ["  ", path, "\n", &lines(old, new)].concat(),
            (None, Some(new)) => ["  ", path, " is there\n", &lines(&[], new)].concat(),
            (Some(_), None) => ["  ", path, " is not there\n"].concat(),
            _ => continue,
        };
        text.push_str(&told);
    }
    text
}

fn lines(old: &[u8], new: &[u8]) -> String {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return "    is no text\n".to_owned();
    };
    let mut text = String::new();
    if new.starts_with('\u{feff}') || new.contains("\r\n") {
        text.push_str("    has the line ends and the mark of another system\n");
    }
    let (old, new) = (plain(old), plain(new));
    for change in similar::TextDiff::from_lines(&old, &new).iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
            similar::ChangeTag::Equal => continue,
        };
        text.push_str(format!("    {sign}{}", change.value().trim_end()).trim_end());
        text.push('\n');
    }
    text
}

fn plain(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}
