//! What happens where people and svcgen changed the same place, and how a run is taken back.

use std::{fs, process::Command};

use crate::support::Place;

const DOC: &str =
    "entity: Note\nfields:\n  title: { type: string, doc: What it is called. }\n  body: text?\n";
const FIELD: &str = "entity: Note\nfields:\n  title: string\n  body: text?\n  pinned: { type: bool, backfill: false }\n";
const MODEL: &str = "src/note/model.rs";

fn git(place: &Place, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ])
        .args([
            "-c",
            "core.autocrlf=false",
            "-c",
            "merge.conflictStyle=merge",
        ])
        .args(arguments)
        .current_dir(place.root())
        .output()
        .expect("git starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn commit(place: &Place, message: &str) {
    git(place, &["add", "--all"]);
    git(place, &["commit", "-q", "-m", message]);
}

fn in_git() -> Place {
    let place = Place::notes();
    git(&place, &["init", "-q", "-b", "main"]);
    commit(&place, "Begin");
    place
}

/// The owner and the schema both changed the words on a field; and the schema more than that.
fn clash(place: &Place) {
    let model = place.read(MODEL);
    let line = model
        .lines()
        .find(|it| it.contains("pub title: "))
        .expect("a field")
        .to_owned();
    place.put(
        MODEL,
        model.replacen(&line, &format!("    /// Mine.\n{line}"), 1),
    );
    place.put(
        "entities/note.yaml",
        format!("{DOC}  pinned: {{ type: bool, backfill: false }}\n"),
    );
}

#[test]
fn without_a_terminal_nothing_is_touched_and_a_list_and_a_patch_are_left() {
    let place = Place::notes();
    clash(&place);
    let before = place.times();
    let ended = place.svcgen(&["generate"]);
    ended.is(
        3,
        &[
            "src/note/model.rs: you and svcgen changed the same place",
            "nothing was written",
        ],
    );
    ended.is(
        3,
        &[
            ".svcgen/conflicts/list",
            ".svcgen/conflicts/changes.patch",
            "--on-conflict markers",
        ],
    );
    assert_eq!(place.times(), before);
    assert!(place.read(".svcgen/conflicts/list").contains(MODEL));
    let patch = place.read(".svcgen/conflicts/changes.patch");
    assert!(
        patch.contains("+++ b/src/note/model.rs") && patch.contains("+    /// What it is called."),
        "{patch}"
    );
}

/// Files and directories, `.git` left out.
fn everything(place: &Place) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(place.root()).sort_by_file_name();
    let all = entries
        .into_iter()
        .map(|it| it.expect("readable").into_path());
    all.collect()
}

#[test]
fn a_directory_where_nothing_was_generated_before_stays_as_it_was() {
    let place = Place::empty();
    place.put("svcgen.yaml", "svcgen: 1\nname: notes\n");
    place.put("entities/note.yaml", DOC);
    place.put("src/app.rs", "//! Somebody's own.\n");
    let before = everything(&place);
    for command in [&["generate"][..], &["add-field", "Note", "x:int?"]] {
        let ended = place.svcgen(command);
        ended.is(3, &["src/app.rs", "nothing was written"]);
        assert!(!ended.stderr.contains(".svcgen"), "{}", ended.stderr);
        assert_eq!(everything(&place), before);
    }
    fs::remove_file(place.root().join("src/app.rs")).expect("removed");
    place.svcgen(&["generate"]).is(0, &[]);
    assert!(place.has(".svcgen/busy") && place.has("svcgen.lock"));
}

#[test]
fn conflicts_are_marked_resolved_and_put_behind() {
    let place = in_git();
    clash(&place);
    let ended = place.svcgen(&["generate", "--on-conflict", "markers"]);
    ended.is(
        3,
        &[
            "Merged src/note/model.rs (with conflicts)",
            "resolve --continue",
        ],
    );
    let model = place.read(MODEL);
    for line in [
        "<<<<<<< yours\n",
        "    /// Mine.\n",
        "||||||| last generated\n",
        "=======\n",
        "    /// What it is called.\n",
        ">>>>>>> new\n",
    ] {
        assert!(model.contains(line), "{model}");
    }
    // Everything else is done, and git knows of the conflict.
    assert!(place.read("src/note/commands.rs").contains("pinned"));
    assert_eq!(git(&place, &["ls-files", "-u"]).lines().count(), 3);
    let shown = git(&place, &["show", &format!(":3:{MODEL}")]);
    assert!(shown.contains("What it is called") && !shown.contains("<<<<"));
    place
        .svcgen(&["generate"])
        .is(3, &["not resolved yet", MODEL, "resolve --abort"]);
    assert_eq!(
        place.ok(&["resolve", "--list"]).stdout,
        format!("conflicted {MODEL}\n")
    );
    place
        .svcgen(&["resolve", "--continue"])
        .is(3, &["still have conflict markers"]);
    let resolved: Vec<&str> = model
        .lines()
        .filter(|it| {
            !["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
                .iter()
                .any(|marker| it.starts_with(marker))
        })
        .collect();
    place.put(MODEL, resolved.join("\n") + "\n");
    assert_eq!(
        place.ok(&["resolve", "--list"]).stdout,
        format!("resolved {MODEL}\n")
    );
    place
        .ok(&["resolve", "--continue"])
        .is(0, &["Resolved 1 file"]);
    assert_eq!(git(&place, &["ls-files", "-u"]), "");
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    assert!(
        place.read(MODEL).contains("/// Mine.") && place.read(MODEL).contains("What it is called.")
    );
    // The next change merges with what was resolved.
    place.put(
        "entities/note.yaml",
        format!("{DOC}  pinned: {{ type: bool, backfill: false }}\n  rank: int?\n"),
    );
    place.ok(&["generate"]).is(0, &["Merged src/note/model.rs"]);
    assert!(place.read(MODEL).contains("/// Mine."));
}

#[test]
fn a_run_with_conflicts_is_aborted_without_a_trace() {
    let place = in_git();
    clash(&place);
    let (before, index) = (place.tree(), git(&place, &["ls-files", "-s"]));
    place
        .svcgen(&["generate", "--on-conflict", "markers"])
        .is(3, &["conflicts"]);
    // Even what was resolved half way goes.
    place.append(MODEL, "// half way");
    place.ok(&["resolve", "--abort"]).is(0, &["Undone"]);
    assert_eq!(place.tree(), before);
    assert_eq!(git(&place, &["ls-files", "-s"]), index);
    place
        .svcgen(&["resolve", "--abort"])
        .is(2, &["no conflicts"]);
    assert_eq!(place.ok(&["resolve", "--list"]).stdout, "");
}

#[test]
fn scripts_choose_a_side_or_have_both() {
    for (wish, has_mine, has_new) in [("yours", true, false), ("generated", false, true)] {
        let place = Place::notes();
        clash(&place);
        place
            .ok(&["generate", "--on-conflict", wish])
            .is(0, &["src/note/model.rs (with your edits"]);
        let model = place.read(MODEL);
        let (clashed, _) = model.split_once("pub title: ").expect("a field");
        assert_eq!(
            (
                clashed.contains("/// Mine."),
                clashed.contains("What it is called."),
            ),
            (has_mine, has_new),
            "{model}"
        );
        assert!(model.contains("pinned"), "what did not clash is there");
    }
    let place = Place::notes();
    clash(&place);
    let mine = place.read(MODEL);
    place
        .ok(&["generate", "--on-conflict", "beside"])
        .is(0, &["warning", MODEL]);
    assert_eq!(place.read(MODEL), mine);
    assert!(
        place
            .read("src/note/model.rs.new")
            .contains("What it is called.")
    );
    place.ok(&["generate", "--on-conflict", "beside"]);
    place
        .svcgen(&["generate", "--on-conflict", "both"])
        .is(2, &["invalid value 'both'"]);
}

#[test]
fn without_a_base_it_is_said_and_nothing_is_guessed() {
    let place = Place::notes();
    clash(&place);
    fs::remove_file(place.root().join(".svcgen/schema.json")).expect("removed");
    let before = place.tree();
    place
        .svcgen(&["generate"])
        .is(3, &[MODEL, "nowhere to be found", "--on-conflict"]);
    assert_eq!(place.tree(), before);
    place
        .svcgen(&["generate", "--on-conflict", "markers"])
        .is(3, &["with conflicts"]);
    let model = place.read(MODEL);
    assert!(
        model.contains("/// Mine.")
            && model.contains("What it is called.")
            && model.contains("<<<<<<< yours")
    );
}

#[test]
fn the_base_is_found_in_git() {
    let place = in_git();
    fs::remove_file(place.root().join(".svcgen/schema.json")).expect("removed");
    place.append(MODEL, "\n/// Mine.\npub fn mine() {}");
    place.put("entities/note.yaml", FIELD);
    place.ok(&["generate"]).is(0, &["Merged src/note/model.rs"]);
    assert!(place.read(MODEL).contains("pub fn mine()") && place.read(MODEL).contains("pinned"));
}

#[test]
fn a_tampered_copy_is_not_believed() {
    let place = Place::notes();
    place.append(MODEL, "\n/// Mine.\npub fn mine() {}");
    place.ok(&["generate"]);
    let copy = format!(".svcgen/base/{MODEL}");
    // A base without the owner's lines would make them somebody else's; one with them, nobody's.
    place.put(&copy, place.read(MODEL));
    place.put("entities/note.yaml", FIELD);
    place.ok(&["generate"]).is(0, &["Merged src/note/model.rs"]);
    assert!(
        place.read(MODEL).contains("pub fn mine()"),
        "the tampered copy was believed"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let place = Place::notes();
    place.put("entities/note.yaml", FIELD);
    for (bytes, words) in [
        (b"fn broken( {\n".as_slice(), "cannot be read: line 1"),
        (b"\0\0\0".as_slice(), "no text"),
        (
            b"<<<<<<< HEAD\n=======\n>>>>>>> other\n".as_slice(),
            "has conflict markers",
        ),
    ] {
        place.put(MODEL, bytes);
        let before = place.tree();
        place
            .svcgen(&["generate"])
            .is(3, &[MODEL, words, "nothing was written"]);
        assert_eq!(place.tree(), before);
    }
    place
        .ok(&["generate", "--on-conflict", "generated"])
        .is(0, &["svcgen undo"]);
    place.ok(&["undo"]);
    assert!(place.read(MODEL).starts_with("<<<<<<<"));
}

#[test]
fn a_run_is_undone_and_done_again() {
    let place = Place::notes();
    place.svcgen(&["undo"]).is(2, &["nothing to undo"]);
    place.put("entities/note.yaml", FIELD);
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    let before = place.tree();
    place.ok(&["generate"]);
    let after = place.tree();
    assert_ne!(before, after);
    place.ok(&["undo"]).is(0, &["Undone"]);
    assert_eq!(place.tree(), before);
    assert!(!place.has("src/tag"));
    place.ok(&["undo"]);
    assert_eq!(place.tree(), after);
    // A file that was changed since is in the way.
    place.append("src/tag/model.rs", "// since");
    let changed = place.tree();
    place
        .svcgen(&["undo"])
        .is(3, &["src/tag/model.rs", "--force"]);
    assert_eq!(place.tree(), changed);
    place.ok(&["undo", "--force"]);
    assert_eq!(place.tree(), before);
    place.ok(&["undo"]);
    assert_eq!(place.tree(), changed);
}

#[test]
fn the_layout_that_the_owner_chose_stays_where_nothing_changed() {
    let place = Place::notes();
    let model = place.read(MODEL) + "\n/// Mine.\npub fn mine( a:u8 )->u8{ a }\n";
    place.put(MODEL, &model);
    place.put("entities/note.yaml", FIELD);
    place.ok(&["generate"]).is(0, &["Merged src/note/model.rs"]);
    let merged = place.read(MODEL);
    assert!(
        merged.contains("pub fn mine( a:u8 )->u8{ a }\n"),
        "{merged}"
    );
    assert!(merged.contains("pinned"));
}

/// Two branches change the schema and the code; git merges what it can; the YAML is resolved
/// by hand, and svcgen makes the rest as it should be, with what both people wrote.
#[test]
fn two_branches_come_together() {
    let place = in_git();
    git(&place, &["checkout", "-q", "-b", "left"]);
    place.put("entities/note.yaml", FIELD);
    place.ok(&["generate"]);
    place.append(MODEL, "\n/// Of the left.\npub fn left() {}");
    commit(&place, "Left");
    git(&place, &["checkout", "-q", "-b", "right", "main"]);
    place.put(
        "entities/note.yaml",
        FIELD.replace("pinned: { type: bool, backfill: false }", "rank: int?"),
    );
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.ok(&["generate"]);
    place.append(MODEL, "\n/// Of the right.\npub fn right() {}");
    place.append("src/tag/rules.rs", "// a rule of the right");
    place.append(
        "src/tag/model.rs",
        "\n/// Of the right.\npub fn also_right() {}",
    );
    commit(&place, "Right");
    git(&place, &["checkout", "-q", "left"]);
    let said = git(&place, &["merge", "right"]);
    for path in [
        "svcgen.lock",
        "openapi.json",
        ".svcgen/tables.json",
        "entities/note.yaml",
    ] {
        assert!(
            said.contains(&format!("Merge conflict in {path}")),
            "{path} merged in silence: {said}"
        );
    }
    assert!(
        !place.read("svcgen.lock").contains("<<<<"),
        "git must leave the lock whole"
    );
    place.put("entities/note.yaml", format!("{FIELD}  rank: int?\n"));
    let ended = place.svcgen(&["generate"]);
    ended.is(0, &["Finished notes"]);
    let wanted = Place::notes();
    wanted.put("entities/note.yaml", format!("{FIELD}  rank: int?\n"));
    wanted.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    wanted.ok(&["generate"]);
    for path in [
        "openapi.json",
        "src/app.rs",
        "src/lib.rs",
        "src/note/commands.rs",
        "src/note/queries.rs",
        "src/tag/http.rs",
        ".svcgen/schema.json",
    ] {
        assert_eq!(place.read(path), wanted.read(path), "{path}");
    }
    let model = place.read(MODEL);
    for words in ["pub fn left()", "pub fn right()", "pinned", "rank"] {
        assert!(model.contains(words), "{words}: {model}");
    }
    let without: String = model
        .split("\n/// Of the ")
        .map(|it| it.split_once("() {}\n").map_or(it, |(_, rest)| rest))
        .collect();
    assert_eq!(without, wanted.read(MODEL));
    assert!(
        place
            .read("src/tag/rules.rs")
            .contains("a rule of the right")
    );
    assert!(place.read("src/tag/model.rs").contains("also_right"));
    commit(&place, "Both");
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    assert_eq!(git(&place, &["status", "--porcelain"]), "");
}
