//! How files stand, what was changed in them, and whose they are: `status`, `diff`, `own`,
//! `restore`, and the modes of `generate` that write nothing.

use std::fs;

use crate::support::Place;

fn json(place: &Place, arguments: &[&str]) -> (i32, serde_json::Value) {
    let ended = place.svcgen(arguments);
    let value = serde_json::from_str(&ended.stdout).expect("JSON");
    (ended.status, value)
}

/// What a command finds, path by path.
fn found(value: &serde_json::Value, list: &str, key: &str) -> Vec<(String, String)> {
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let files = value[list].as_array().expect("a list");
    files
        .iter()
        .map(|it| (text(it, "path"), text(it, key)))
        .collect()
}

#[test]
fn status_tells_whose_a_file_is_and_what_became_of_it() {
    let place = Place::notes();
    let quiet = place.ok(&["status"]);
    assert_eq!(quiet.stdout, "", "nothing is worth a line");
    quiet.is(0, &["managed:", "seeded:", "sealed:", "history: "]);
    place.append("src/app.rs", "// mine");
    place.append("src/note/rules.rs", "// my rule");
    place.put(
        "src/note/http.rs",
        place.read("src/note/http.rs").replace("    ", "  "),
    );
    for path in ["src/note/model.rs", "tests/api/note.rs"] {
        fs::remove_file(place.root().join(path)).expect("removed");
    }
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    let ended = place.ok(&["status"]);
    let lines: Vec<String> = ended
        .stdout
        .lines()
        .map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "edited managed src/app.rs",
            "reformatted managed src/note/http.rs",
            "missing managed src/note/model.rs",
            "deleted seeded tests/api/note.rs",
        ]
    );
    let (status, all) = json(&place, &["status", "--format", "json"]);
    let all = found(&all, "files", "standing");
    assert_eq!(status, 0);
    assert!(
        all.contains(&("src/note/rules.rs".to_owned(), "edited".to_owned())),
        "{all:?}"
    );
    assert!(all.contains(&("Cargo.toml".to_owned(), "as generated".to_owned())));
    let listed = place.ok(&["status", "--all"]).stdout;
    assert_eq!(listed.lines().count(), all.len());
}

#[test]
fn what_is_no_longer_generated_is_orphaned() {
    let place = Place::notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.ok(&["generate"]);
    place.append("src/tag/rules.rs", "// mine");
    fs::remove_file(place.root().join("entities/tag.yaml")).expect("removed");
    let ended = place.svcgen(&["generate", "--check"]);
    ended.is(
        1,
        &["orphaned   src/tag/model.rs", "orphaned   src/tag/rules.rs"],
    );
    place.ok(&["generate"]);
    place
        .ok(&["status"])
        .is(0, &["edited, orphaned  seeded  src/tag/rules.rs"]);
    place
        .svcgen(&["restore", "src/tag/rules.rs"])
        .is(2, &["no longer generated"]);
}

#[test]
fn a_deleted_file_that_the_code_needs_is_named_in_every_run() {
    let place = Place::notes();
    let remove = |path: &str| fs::remove_file(place.root().join(path)).expect("removed");
    let needed = ["src/main.rs", "src/note/rules.rs", "tests/api/note.rs"];
    let rules = place.read("src/note/rules.rs");
    needed.into_iter().for_each(remove);
    ["README.md", "config/service.toml"]
        .into_iter()
        .for_each(remove);
    for _ in 0..2 {
        let ended = place.ok(&["generate"]);
        for path in needed {
            let advice = format!("`{path}` was deleted, and the project does not build without it");
            ended.is(0, &[&advice, &format!("`svcgen restore {path}`")]);
        }
        assert!(!ended.stderr.contains("README.md"), "{}", ended.stderr);
    }
    place
        .svcgen(&["generate", "--check"])
        .is(1, &["missing    src/note/rules.rs"]);
    // Who has taken it out of the code as well does not hear of it.
    let main = place.read("tests/api/main.rs");
    place.put("tests/api/main.rs", main.replace("mod note;\n", ""));
    let ended = place.ok(&["generate"]);
    assert!(
        !ended.stderr.contains("tests/api/note.rs"),
        "{}",
        ended.stderr
    );
    // One comes back by hand, the other by svcgen.
    place.put("src/note/rules.rs", rules);
    place.ok(&["restore", "src/main.rs"]);
    let ended = place.ok(&["generate"]);
    assert!(!ended.stderr.contains("deleted"), "{}", ended.stderr);
}

#[test]
fn check_lists_everything_that_is_not_up_to_date_and_writes_nothing() {
    let place = Place::notes();
    place
        .ok(&["generate", "--check"])
        .is(0, &["everything is up to date"]);
    place.append("migrations/0001_initial/sqlite.sql", "-- mine");
    fs::remove_file(place.root().join("src/note/model.rs")).expect("removed");
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  title: string\n  body: text?\n  pinned: bool?\n",
    );
    let before = place.times();
    let (status, value) = json(&place, &["generate", "--check", "--format", "json"]);
    assert_eq!((status, &value["ok"]), (1, &false.into()));
    let findings = found(&value, "findings", "finding");
    for (path, finding) in [
        ("migrations/0001_initial/sqlite.sql", "edited"),
        ("src/note/model.rs", "missing"),
        ("src/note/queries.rs", "stale"),
        ("openapi.json", "stale"),
    ] {
        assert!(
            findings.contains(&(path.to_owned(), finding.to_owned())),
            "{path}: {findings:?}"
        );
    }
    place.svcgen(&["generate", "--check"]).is(
        1,
        &["missing    src/note/model.rs", "not up to date", "--diff"],
    );
    assert_eq!(place.times(), before);
    place.put("src/note/commands.rs", "");
    fs::remove_file(place.root().join("src/note/commands.rs")).expect("removed");
    fs::create_dir(place.root().join("src/note/commands.rs")).expect("created");
    place
        .svcgen(&["generate", "--check"])
        .is(1, &["in the way src/note/commands.rs"]);
}

#[test]
fn a_diff_shows_what_would_be_written() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  title: string\n  body: text?\n  pinned: bool?\n",
    );
    let before = place.times();
    let ended = place.ok(&["generate", "--diff"]);
    ended.is(
        0,
        &[
            "--- now/src/note/model.rs\n+++ generated/src/note/model.rs\n",
            "+    pub pinned: Option<bool>,\n",
            "--- /dev/null",
        ],
    );
    assert!(!ended.stdout.contains('\u{1b}'));
    let coloured = place
        .ok(&["generate", "--diff", "--color", "always"])
        .stdout;
    assert!(coloured.contains("\u{1b}[32m+    pub pinned"));
    place
        .svcgen(&["generate", "--diff", "--check"])
        .is(1, &["+    pub pinned", "stale"]);
    let (_, value) = json(&place, &["generate", "--dry-run", "--format", "json"]);
    assert_eq!(value["written"], false);
    assert_eq!(place.times(), before);
    let (_, value) = json(&place, &["generate", "--format", "json"]);
    assert_eq!(value["written"], true);
    assert!(
        found(&value, "files", "action")
            .contains(&("src/note/model.rs".to_owned(), "update".to_owned()))
    );
}

#[test]
fn a_file_can_be_taken_over_and_given_back() {
    let place = Place::notes();
    let generated = place.read("src/app.rs");
    place.append("src/app.rs", "// mine");
    place.ok(&["diff", "src/app.rs"]).is(
        0,
        &[
            "--- generated/src/app.rs",
            "+++ yours/src/app.rs",
            "+// mine",
        ],
    );
    place
        .ok(&["own", "src/app.rs"])
        .is(0, &["Owned", "svcgen restore src/app.rs"]);
    place.ok(&["own", "src/app.rs"]).is(0, &["yours already"]);
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.ok(&["generate"]);
    assert!(
        place.read("src/app.rs").ends_with("// mine\n")
            && !place.read("src/app.rs").contains("tag")
    );
    place.ok(&["status"]).is(0, &["owned  managed  src/app.rs"]);
    place
        .ok(&["diff", "src/app.rs"])
        .is(0, &["-            .merge(crate::tag::routes())"]);
    place
        .ok(&["restore", "src/app.rs"])
        .is(0, &["Restored src/app.rs"]);
    assert!(place.read("src/app.rs").contains("crate::tag::routes()"));
    assert_ne!(place.read("src/app.rs"), generated);
    place.ok(&["diff", "src/app.rs"]).is(0, &["Unchanged"]);
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    // Owned as it was generated, it stays owned.
    place.ok(&["own", "src/app.rs"]);
    place.ok(&["generate"]);
    place.ok(&["status"]).is(0, &["owned  managed  src/app.rs"]);
}

#[test]
fn what_was_deleted_comes_back_by_restore() {
    let place = Place::notes();
    let written = place.read("src/note/rules.rs");
    fs::remove_file(place.root().join("src/note/rules.rs")).expect("removed");
    place.ok(&["generate"]);
    assert!(!place.has("src/note/rules.rs"));
    let below = place
        .command(&["restore", "rules.rs"])
        .current_dir(place.root().join("src/note"))
        .output();
    assert!(below.expect("svcgen starts").status.success());
    assert_eq!(place.read("src/note/rules.rs"), written);
    place.ok(&["status"]).is(0, &["history: "]);
}

#[test]
fn files_that_are_not_svcgens_are_refused_by_name() {
    let place = Place::notes();
    let before = place.tree();
    for (arguments, words) in [
        (
            ["own", "src/nowhere.rs"],
            "does not generate `src/nowhere.rs`",
        ),
        (["own", "migrations/0001_initial/sqlite.sql"], "a migration"),
        (["diff", "src/nowhere.rs"], "does not generate"),
        (
            ["diff", "migrations/0001_initial/sqlite.sql"],
            "git diff -- migrations",
        ),
        (["restore", "../other.rs"], "outside of the project"),
        (
            ["restore", "svcgen.yaml"],
            "does not generate `svcgen.yaml`",
        ),
    ] {
        place.svcgen(&arguments).is(2, &[words]);
    }
    place
        .ok(&["own", "src/main.rs"])
        .is(0, &["yours already: svcgen wrote it once"]);
    assert_eq!(place.tree(), before);
}
