//! Random edits by people against random changes of a schema: whatever comes together,
//! no line that somebody wrote is lost, and what comes of it parses.
//!
//! Trials run in memory, on renderings of the examples; only `git merge-file`, with whose
//! conflicts ours are compared, is a process. Every property has a negative control: a
//! merge that is broken on purpose, which the same harness must find out.
//!
//! `SVCGEN_TRIALS=10000` makes a long run of it, `SVCGEN_SEED` another one.

pub mod edits;
mod renderings;

use std::{collections::BTreeSet, fs, process::Command};

use svcgen::reconcile::merge::{Language, Merged, Resolution, Versions, lines, markers, merge};

use edits::{Edited, Random};
use renderings::Pair;

/// What a merge under test does.
type Merger = dyn Fn(Versions<'_>) -> Merged;

/// What was seen in a run of trials.
#[derive(Debug, Default)]
struct Seen {
    trials: usize,
    /// Trials in which both sides changed the file.
    contested: usize,
    conflicts: usize,
    conflicts_of_git: usize,
    /// What must never be.
    lost: Vec<String>,
    broken: Vec<String>,
    needless: Vec<String>,
}

fn number(variable: &str, default: u64) -> u64 {
    let set = std::env::var(variable).ok();
    set.map_or(default, |it| it.parse().expect("a number"))
}

/// Runs trials: an edited text of the old schema, merged with that of a new one.
fn trials(count: u64, under_test: &Merger, asks_git: bool) -> Seen {
    let pairs = renderings::pairs();
    let mut random = Random::new(number("SVCGEN_SEED", 1));
    let scratch = tempfile::tempdir().expect("a directory");
    let mut seen = Seen::default();
    while (seen.trials as u64) < count {
        let pair = &pairs[random.below(pairs.len())];
        let Some(edited) = edits::edit(&pair.base, &mut random) else {
            continue;
        };
        seen.trials += 1;
        let versions = Versions {
            base: &pair.base,
            yours: &edited.text,
            new: &pair.new,
        };
        let merged = under_test(versions);
        judge(pair, &edited, &merged, &mut seen);
        if pair.base != pair.new {
            seen.contested += 1;
            seen.conflicts += usize::from(merged.conflicts > 0);
            if asks_git {
                seen.conflicts_of_git += usize::from(git_conflicts(scratch.path(), versions));
            }
        }
    }
    seen
}

fn judge(pair: &Pair, edited: &Edited, merged: &Merged, seen: &mut Seen) {
    let told = |what: &str| {
        format!(
            "{what} in {}\n--- base\n{}--- yours\n{}--- new\n{}--- merged\n{}",
            pair.path, pair.base, edited.text, pair.new, merged.text
        )
    };
    for word in &edited.inserted {
        if !merged.text.contains(word.as_str()) {
            seen.lost.push(told(&format!("`{word}` was lost")));
        }
    }
    let is_marked = markers::are_in(merged.text.as_bytes());
    if merged.conflicts == 0 {
        let problem = Language::of(&pair.path).problem(&merged.text);
        if let Some(problem) = problem.or(is_marked.then(|| "markers".to_owned())) {
            seen.broken.push(told(&problem));
        }
    } else if Language::of(&pair.path) == Language::Rust
        && edits::are_apart(&pair.base, &edited.text, &pair.new)
    {
        seen.needless.push(told("different items were touched"));
    }
}

/// Whether `git merge-file` finds a conflict.
fn git_conflicts(scratch: &std::path::Path, versions: Versions<'_>) -> bool {
    let texts = [
        ("yours", versions.yours),
        ("base", versions.base),
        ("new", versions.new),
    ];
    for (name, text) in texts {
        fs::write(scratch.join(name), text).expect("written");
    }
    let status = Command::new("git")
        .args(["merge-file", "-p", "-q", "yours", "base", "new"])
        .current_dir(scratch)
        .stdout(std::process::Stdio::null())
        .status()
        .expect("git starts");
    !status.success()
}

fn ours(versions: Versions<'_>) -> Merged {
    // Which language a text is in shows in it: only Rust and TOML are tried.
    let language = if versions.base.starts_with("[package]") {
        Language::Toml
    } else {
        Language::Rust
    };
    merge(language, versions, Resolution::Markers)
}

#[test]
fn no_line_is_lost_everything_parses_and_different_items_merge() {
    let seen = trials(number("SVCGEN_TRIALS", 800), &ours, true);
    let share = |conflicts: usize| 100 - 100 * conflicts / seen.contested;
    println!(
        "{} trials, {} contested: svcgen merges {} % cleanly, git merge-file {} %; {} conflicts to {}",
        seen.trials,
        seen.contested,
        share(seen.conflicts),
        share(seen.conflicts_of_git),
        seen.conflicts,
        seen.conflicts_of_git,
    );
    for (what, found) in [
        ("lost", &seen.lost),
        ("broken", &seen.broken),
        ("needless", &seen.needless),
    ] {
        assert!(
            found.is_empty(),
            "{} {what}, the first: {}",
            found.len(),
            found[0]
        );
    }
    assert!(
        seen.contested > seen.trials / 4 && seen.conflicts_of_git > 10,
        "{seen:?}"
    );
    assert!(
        seen.conflicts * 3 <= seen.conflicts_of_git,
        "{} conflicts, more than a third of git's {}",
        seen.conflicts,
        seen.conflicts_of_git
    );
}

#[test]
fn a_merge_that_takes_one_side_is_found_out() {
    let seen = trials(
        60,
        &|it| Merged {
            text: it.new.to_owned(),
            conflicts: 0,
        },
        false,
    );
    assert!(seen.lost.len() > 20, "{} lost", seen.lost.len());
}

#[test]
fn a_merge_that_breaks_the_text_is_found_out() {
    let half = |it: Versions<'_>| {
        let text = lines::lines(it.yours);
        let text = text[..text.len() / 2].concat() + "}}\n" + it.yours;
        Merged { text, conflicts: 0 }
    };
    assert!(trials(60, &half, false).broken.len() > 20);
}

#[test]
fn a_merge_by_lines_alone_is_found_out() {
    let by_lines = |it: Versions<'_>| lines::merge(it.base, it.yours, it.new, Resolution::Markers);
    let seen = trials(number("SVCGEN_TRIALS", 800), &by_lines, false);
    assert!(!seen.needless.is_empty(), "{} conflicts", seen.conflicts);
}

#[test]
fn a_comment_behind_an_item_is_part_of_it() {
    let base = "mod a;\nmod b;\nmod c;\n";
    let yours = "mod a;\nmod b; // mine\nmod c;\n";
    assert!(!edits::are_apart(base, yours, "mod a;\nmod c;\n"));
    assert!(edits::are_apart(base, yours, "mod a;\nmod b;\n"));
}

/// The words of all trials are there, so that the harness itself is known to edit.
#[test]
fn edits_insert_change_and_delete() {
    let pairs = renderings::pairs();
    let mut random = Random::new(7);
    let mut kinds = BTreeSet::new();
    for _ in 0..400 {
        let pair = &pairs[random.below(pairs.len())];
        if let Some(edited) = edits::edit(&pair.base, &mut random) {
            assert_ne!(edited.text, pair.base);
            kinds.extend(edited.kinds);
        }
    }
    assert_eq!(kinds.len(), edits::KINDS, "{kinds:?}");
}
