//! `generate` on a project that people live with.

use std::{fs, process::Command};

use crate::support::Place;

const ADD_FIELD: &str = "entity: Note\nfields:\n  title: string\n  body: text?\n  pinned: { type: bool, backfill: false }\n";

#[test]
fn a_second_run_changes_nothing_and_touches_nothing() {
    let place = Place::notes();
    let before = place.times();
    place
        .ok(&["generate"])
        .is(0, &["Unchanged notes", "up to date"]);
    place.ok(&["gen", "-v"]).is(0, &["Timing", "look"]);
    fs::remove_file(place.root().join(".svcgen/settled")).expect("removed");
    place
        .ok(&["gen", "-v"])
        .is(0, &["Timing", "read", "generate", "reconcile", "write"]);
    assert_eq!(place.times(), before);
}

#[test]
fn a_note_that_all_is_settled_hides_no_change() {
    let place = Place::notes();
    let settle = || {
        place.ok(&["generate"]);
        place.ok(&["generate", "-v"]).is(0, &["Unchanged", "look"]);
    };
    for path in [
        "src/note/model.rs",
        "src/note/rules.rs",
        "Cargo.toml",
        ".svcgen/tables.json",
    ] {
        settle();
        let text = place.read(path);
        fs::remove_file(place.root().join(path)).expect("removed");
        let ended = place.svcgen(&["generate", "-v"]);
        assert!(!ended.stderr.contains("look"), "{path}: {}", ended.stderr);
        place.put(path, text);
    }
    settle();
    place.put("rustfmt.toml", "max_width = 80\n");
    place.ok(&["generate", "-v"]).is(0, &["reconcile"]);
    settle();
    place.put("entities/note.yaml", ADD_FIELD);
    place
        .ok(&["generate"])
        .is(0, &["Updated src/note/model.rs"]);
    // What has to be said each time is said each time.
    place.append("migrations/0001_initial/sqlite.sql", "-- mine");
    place.ok(&["generate"]).is(0, &["warning"]);
    place.ok(&["generate"]).is(0, &["warning"]);
}

#[test]
fn it_finds_the_project_from_below_and_by_name() {
    let place = Place::notes();
    let below = Command::new(crate::support::SVCGEN)
        .arg("check")
        .current_dir(place.root().join("src"))
        .output();
    assert!(below.expect("svcgen starts").status.success());
    let above = place.root().parent().expect("a parent");
    let named = Command::new(crate::support::SVCGEN)
        .args(["generate", "--project", "notes"])
        .current_dir(above)
        .output();
    assert!(named.expect("svcgen starts").status.success());
}

#[test]
fn a_changed_schema_changes_what_depends_on_it_and_keeps_the_rest() {
    let place = Place::notes();
    place.append("src/note/rules.rs", "// my rule");
    place.append("src/main.rs", "// my main");
    let before = place.times();
    place.put("entities/note.yaml", ADD_FIELD);
    let ended = place.ok(&["generate"]);
    ended.is(0, &["Updated src/note/model.rs", "Finished notes"]);
    assert!(place.read("src/note/model.rs").contains("pinned"));
    assert!(place.read("src/note/rules.rs").ends_with("// my rule\n"));
    assert!(place.read("src/main.rs").ends_with("// my main\n"));
    let after = place.times();
    for path in [
        "src/main.rs",
        "src/note/rules.rs",
        "svcgen.yaml",
        ".gitignore",
        ".gitattributes",
    ] {
        assert_eq!(after[path], before[path], "{path} was touched");
    }
}

#[test]
fn a_dry_run_lists_on_standard_output_and_writes_nothing() {
    let place = Place::notes();
    assert_eq!(place.ok(&["generate", "--dry-run"]).stdout, "");
    place.put("entities/note.yaml", ADD_FIELD);
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    let before = place.times();
    let ended = place.ok(&["generate", "-n"]);
    for line in [
        "update src/note/model.rs",
        "create src/tag/model.rs",
        "create src/tag/rules.rs",
        "update src/app.rs",
    ] {
        assert!(
            ended.stdout.lines().any(|it| it == line),
            "{line} is missing in {}",
            ended.stdout
        );
    }
    ended.is(0, &["nothing was written"]);
    assert_eq!(place.times(), before);
}

#[test]
fn edits_and_changes_of_the_schema_come_together() {
    let place = Place::notes();
    place.append("src/app.rs", "\n/// Mine.\npub fn mine() {}");
    let model = place.read("src/note/model.rs");
    let model = format!("// careful here\n{model}").replace(
        "    /// The title.\n",
        "    /// The title.\n    // as people see it\n",
    );
    place.put("src/note/model.rs", &model);
    let cargo = place.read("Cargo.toml").replace(
        "[dependencies]\n",
        "[dependencies]\nrand = \"0.9\" # mine\n",
    );
    place.put("Cargo.toml", cargo);
    // Nothing has changed in the schema: the edits stay, and nothing is written over.
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    place.put("entities/note.yaml", ADD_FIELD);
    let ended = place.ok(&["generate"]);
    ended.is(0, &["Merged src/note/model.rs"]);
    let model = place.read("src/note/model.rs");
    assert!(model.starts_with("// careful here\n"), "{model}");
    assert!(model.contains("pinned"), "{model}");
    assert!(place.read("src/app.rs").contains("pub fn mine()"));
    assert!(place.read("Cargo.toml").contains("rand = \"0.9\" # mine\n"));
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    // And again, from the copy that was kept.
    place.put(
        "entities/note.yaml",
        format!("{ADD_FIELD}  rank: {{ type: int, backfill: 0 }}\n"),
    );
    place.ok(&["generate"]).is(0, &["Merged src/note/model.rs"]);
    let model = place.read("src/note/model.rs");
    assert!(
        model.starts_with("// careful here\n") && model.contains("rank"),
        "{model}"
    );
    // The edit is taken out by hand: the copy goes.
    assert!(place.has(".svcgen/base/src/note/model.rs"));
    let clean = Place::notes();
    clean.put(
        "entities/note.yaml",
        format!("{ADD_FIELD}  rank: {{ type: int, backfill: 0 }}\n"),
    );
    clean.ok(&["generate"]);
    place.put("src/note/model.rs", clean.read("src/note/model.rs"));
    place.ok(&["generate"]);
    assert!(!place.has(".svcgen/base/src/note/model.rs"));
}

#[test]
fn an_edited_sealed_file_is_refused_with_the_place_to_change() {
    let place = Place::notes();
    place.append("openapi.json", " ");
    place.put("entities/note.yaml", ADD_FIELD);
    let (before, old) = (place.times(), place.tree());
    let ended = place.svcgen(&["generate"]);
    ended.is(
        3,
        &[
            "openapi.json: edited",
            "nothing was written",
            "change the schema",
        ],
    );
    assert_eq!(place.times(), before);
    place.ok(&["generate", "--on-conflict", "generated"]).is(
        0,
        &["Updated openapi.json (your edits are gone; `svcgen undo` brings them back)"],
    );
    place.ok(&["undo"]).is(0, &["Undone"]);
    assert_eq!(place.tree(), old);
}

#[test]
fn formatting_is_no_edit_under_any_configuration() {
    let place = Place::notes();
    for config in [
        "max_width = 60\nuse_small_heuristics = \"Off\"\n",
        "hard_tabs = true\n",
        "max_width = 180\n",
    ] {
        place.put("rustfmt.toml", config);
        let formatted = Command::new("rustfmt")
            .args(["--edition", "2024", "src/note/model.rs"])
            .current_dir(place.root())
            .status();
        assert!(formatted.expect("rustfmt starts").success());
        let ended = place.svcgen(&["generate"]);
        ended.is(0, &["notes"]);
        place.ok(&["generate"]).is(0, &["Unchanged"]);
    }
}

#[test]
fn line_endings_are_no_edit_and_are_kept() {
    let place = Place::notes();
    let crlf = place.read("src/note/model.rs").replace('\n', "\r\n");
    place.put("src/note/model.rs", format!("\u{feff}{crlf}"));
    let before = place.times();
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    assert_eq!(place.times(), before);
    place.put("entities/note.yaml", ADD_FIELD);
    place.ok(&["generate"]);
    let text = place.read("src/note/model.rs");
    assert!(text.starts_with('\u{feff}') && text.contains("pinned"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn a_deleted_seeded_file_stays_deleted_and_a_managed_one_comes_back() {
    let place = Place::notes();
    for path in ["tests/note.rs", "src/note/rules.rs", "src/note/model.rs"] {
        let _ = fs::remove_file(place.root().join(path));
    }
    place
        .ok(&["generate"])
        .is(0, &["Created src/note/model.rs (it was missing)"]);
    assert!(!place.has("src/note/rules.rs"));
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    assert!(!place.has("src/note/rules.rs"));
}

#[test]
fn an_edited_migration_is_reported_and_left_alone() {
    let place = Place::notes();
    let migration = "migrations/0001_initial/sqlite.sql";
    place.append(migration, "-- mine");
    let before = place.times();
    place
        .ok(&["generate"])
        .is(0, &["warning", migration, "must not change"]);
    assert_eq!(place.times(), before);
}

#[test]
fn files_of_an_entity_that_is_gone_go_unless_they_were_edited() {
    let place = Place::notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.put(
        "entities/mark.yaml",
        "entity: Mark\nfields:\n  name: string\n",
    );
    place.ok(&["generate"]);
    place.append("src/tag/rules.rs", "// my rule");
    for entity in ["tag", "mark"] {
        fs::remove_file(place.root().join(format!("entities/{entity}.yaml"))).expect("removed");
    }
    let ended = place.ok(&["generate", "-v"]);
    ended.is(
        0,
        &[
            "Removed src/tag/model.rs (no longer generated)",
            "kept `src/tag/rules.rs`",
            "you edited it",
        ],
    );
    assert!(place.has("src/tag/rules.rs") && !place.has("src/tag/model.rs"));
    assert!(!place.has("src/mark"), "an empty directory stays behind");
    place
        .ok(&["generate"])
        .is(0, &["Unchanged", "kept `src/tag/rules.rs`"]);
}

#[test]
fn an_unknown_file_in_the_way_is_refused_unless_it_says_the_same() {
    let place = Place::notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.put("src/tag/model.rs", "// mine\n");
    place.svcgen(&["generate"]).is(
        3,
        &["src/tag/model.rs: exists, and svcgen did not write it"],
    );
    assert!(!place.has("src/tag/rules.rs"));
    fs::remove_file(place.root().join("src/tag/model.rs")).expect("removed");
    place.ok(&["generate"]);
    // With the lock gone, files that say what they should are taken over, and what is its owner's stays.
    place.append("src/tag/rules.rs", "// my rule");
    fs::remove_file(place.root().join("svcgen.lock")).expect("removed");
    place.ok(&["generate"]);
    assert!(place.has("svcgen.lock"));
    assert!(place.read("src/tag/rules.rs").ends_with("// my rule\n"));
}

#[test]
fn two_places_get_the_same_bytes() {
    assert_eq!(Place::notes().tree(), Place::notes().tree());
}
