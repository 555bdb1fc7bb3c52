//! A newer svcgen in an older project: what its templates change and what the schema changes
//! are two things. The tests are two versions of svcgen by way of two variables of the environment.

use crate::support::{Ended, Place};

const OLD: &str = "0.0.9";
/// What the older templates said.
const TEMPLATE: &str = "service/app.rs|//! The application: what every handler can reach|//! The old application: what handlers reach";

/// Runs the older version.
fn older(place: &Place, arguments: &[&str]) -> Ended {
    let mut command = place.command(arguments);
    command
        .env("SVCGEN_TEST_VERSION", OLD)
        .env("SVCGEN_TEST_TEMPLATE", TEMPLATE);
    Ended::of(command.output().expect("svcgen starts"))
}

/// A project that the older version wrote.
fn project() -> Place {
    let place = Place::empty();
    place.put("svcgen.yaml", "svcgen: 1\nname: notes\n");
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  title: string\n",
    );
    older(&place, &["generate"]).is(0, &["Finished"]);
    assert!(
        place
            .read("src/app.rs")
            .starts_with("//! The old application")
    );
    assert!(place.read("svcgen.lock").contains("\nsvcgen 0.0.9\n"));
    // What the old templates said is what git has; without git it would be gone.
    for words in [
        &["init", "-q"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "commit",
            "-qm",
            "x",
        ],
    ] {
        let mut git = std::process::Command::new("git");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(variable);
        }
        assert!(
            git.args(words)
                .current_dir(place.root())
                .status()
                .expect("git starts")
                .success()
        );
    }
    place
}

fn add_tag(place: &Place) {
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
}

#[test]
fn templates_and_schema_are_told_apart() {
    let place = project();
    place.append("src/app.rs", "// mine");
    add_tag(&place);
    let before = place.tree();
    let dry = place.ok(&["generate", "--dry-run"]).stdout;
    let (templates, schema) = dry
        .split_once("# because of the schema\n")
        .expect("two parts");
    assert!(
        templates.starts_with("# because of svcgen 0.1.0, which was 0.0.9\n"),
        "{templates}"
    );
    assert!(
        templates.contains(" src/app.rs") && !templates.contains("tag"),
        "{templates}"
    );
    assert!(
        schema.contains("create src/tag/model.rs") && schema.contains(" src/app.rs"),
        "{schema}"
    );
    place
        .svcgen(&["generate", "--check"])
        .is(1, &["stale      src/app.rs", "src/tag/model.rs"]);
    assert_eq!(place.tree(), before);
    let ended = place.ok(&["generate", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (&told["upgrade"]["from"], &told["upgrade"]["to"]),
        (&OLD.into(), &"0.1.0".into())
    );
    ended.is(
        0,
        &[
            "Upgraded svcgen 0.0.9 to 0.1.0:",
            "because of its templates",
            "Finished",
        ],
    );
    let app = place.read("src/app.rs");
    assert!(
        app.starts_with("//! The application")
            && app.contains("crate::tag::routes()")
            && app.ends_with("// mine\n"),
        "{app}"
    );
    assert!(place.read("svcgen.lock").contains("\nsvcgen 0.1.0\n"));
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    // All of it is one run.
    place.ok(&["undo"]);
    assert_eq!(place.tree(), before);
}

#[test]
fn what_is_in_the_way_of_the_templates_is_told_as_such() {
    let place = project();
    let edited = place.read("src/app.rs").replace(
        "//! The old application: what handlers reach",
        "//! My application",
    );
    place.put("src/app.rs", &edited);
    add_tag(&place);
    let before = place.tree();
    let ended = place.svcgen(&["generate"]);
    ended.is(
        3,
        &[
            "src/app.rs",
            "comes of svcgen itself, which is 0.1.0 and was 0.0.9, and not of the schema",
        ],
    );
    assert_eq!(place.read("src/app.rs"), edited);
    assert_eq!(place.tree().get("svcgen.lock"), before.get("svcgen.lock"));
    place.ok(&["generate", "--on-conflict", "yours"]);
    let app = place.read("src/app.rs");
    assert!(
        app.starts_with("//! My application") && app.contains("crate::tag::routes()"),
        "{app}"
    );
}

#[test]
fn an_upgrade_without_a_change_says_so_and_only_the_lock_moves() {
    let place = Place::notes();
    let lock = place.read("svcgen.lock");
    let mut command = place.command(&["generate"]);
    command.env("SVCGEN_TEST_VERSION", "0.2.0");
    Ended::of(command.output().expect("svcgen starts")).is(
        0,
        &["svcgen 0.1.0 to 0.2.0: its templates change nothing here"],
    );
    let (mut then, mut now) = (lock.lines(), place.read("svcgen.lock"));
    now = now.replace("svcgen 0.2.0", "svcgen 0.1.0");
    let changed = now.lines().filter(|it| then.next() != Some(*it)).count();
    assert_eq!(changed, 1, "only the checksum at the end");
}

#[test]
fn an_older_svcgen_leaves_a_newer_project_alone() {
    let place = Place::notes();
    let before = place.tree();
    for arguments in [
        &["generate"][..],
        &["generate", "--check"],
        &["status"],
        &["add-field", "Note", "a:int?"],
        &["own", "src/app.rs"],
    ] {
        older(&place, arguments).is(
            2,
            &[
                "written by svcgen 0.1.0",
                "cargo install svcgen --version 0.1.0",
            ],
        );
    }
    assert_eq!(place.tree(), before);
}

#[test]
fn an_entity_is_renamed_once_the_upgrade_is_behind() {
    let place = project();
    place
        .svcgen(&["rename-entity", "Note", "Memo"])
        .is(3, &["svcgen 0.0.9 wrote this project", "svcgen generate"]);
    place
        .ok(&["add-field", "Note", "a:int?"])
        .is(0, &["Added 1 field"]);
    assert!(place.read("src/app.rs").starts_with("//! The application"));
}

#[test]
fn a_conflict_with_the_schema_is_not_put_down_to_the_upgrade() {
    let place = project();
    // The older version's rendering of the model is that of this one; the edit is of the schema's line.
    let model = place.read("src/note/model.rs");
    let edited = model.replacen("    pub title: String,\n", "    pub title: Box<str>,\n", 1);
    assert_ne!(model, edited);
    place.put("src/note/model.rs", edited);
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  title: string?\n",
    );
    let before = place.tree();
    let ended = place.svcgen(&["generate"]);
    ended.is(3, &["src/note/model.rs"]);
    assert!(
        !ended.stderr.contains("comes of svcgen itself"),
        "{}",
        ended.stderr
    );
    // Nothing of the first step is written either.
    assert_eq!(place.tree(), before);
    place
        .ok(&["generate", "--on-conflict", "generated"])
        .is(0, &["Upgraded svcgen 0.0.9 to 0.1.0"]);
    assert!(place.read("src/app.rs").starts_with("//! The application"));
    assert!(
        place
            .read("src/note/model.rs")
            .contains("pub title: Option<String>")
    );
    place.ok(&["generate", "--check"]);
}

/// Two branches that an older version wrote: one thing after the other.
#[test]
fn two_chains_are_joined_before_an_upgrade() {
    const SUM: &str = "migrations/svcgen.sum";
    let place = project();
    let base = place.tree();
    older(&place, &["add-field", "Note", "pages:int?"]).is(0, &[]);
    let theirs = place.tree();
    for path in theirs.keys().filter(|it| !base.contains_key(*it)) {
        std::fs::remove_file(place.root().join(path)).expect("removed");
    }
    for (path, content) in &base {
        place.put(path, content);
    }
    older(&place, &["add-field", "Note", "stars:int?"]).is(0, &[]);
    for (path, content) in theirs
        .iter()
        .filter(|(path, _)| path.starts_with("migrations/0002"))
    {
        place.put(path, content);
    }
    let entity = place.read("entities/note.yaml");
    place.put(
        "entities/note.yaml",
        entity.replace("  stars:", "  pages: int?\n  stars:"),
    );
    let before = place.tree();
    for command in [
        &["generate"][..],
        &["generate", "--check"],
        &["add-field", "Note", "more:int?"],
    ] {
        place
            .svcgen(command)
            .is(3, &["0002_add_pages_to_notes", "svcgen migrate merge"]);
    }
    assert_eq!(place.tree(), before);
    place.ok(&["migrate", "merge"]);
    let sum = place.read(SUM);
    assert!(
        sum.contains("0002_add_stars_to_notes") && sum.contains("0003_add_pages_to_notes"),
        "{sum}"
    );
    assert!(place.read("src/app.rs").starts_with("//! The application"));
    place.ok(&["generate", "--check"]);
    place.ok(&["migrate", "lint"]);
}
