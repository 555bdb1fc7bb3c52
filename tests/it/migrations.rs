//! `svcgen migrate`: the migrations of a project, read.

use crate::support::Place;

#[test]
fn migrations_are_listed_and_shown() {
    let place = Place::notes();
    let listed = place.svcgen(&["migrate", "list"]);
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    assert!(
        listed.stdout.starts_with("0001_initial: "),
        "{}",
        listed.stdout
    );
    let shown = place.svcgen(&["migrate", "show"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    for words in [
        "create `notes`",
        "On sqlite",
        "On postgres",
        "one transaction",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    let sql = place.svcgen(&[
        "migrate",
        "show",
        "0001",
        "--database",
        "sqlite",
        "--sql",
        "--down",
    ]);
    assert!(sql.stdout.contains("drop table"), "{}", sql.stdout);
    assert!(!sql.stdout.contains("On postgres"), "{}", sql.stdout);
    let json = place.svcgen(&["migrate", "show", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(plan["id"], "0001_initial");
    assert!(plan["postgres"]["up"][0]["lock"].is_string());
    let unknown = place.svcgen(&["migrate", "show", "0009"]);
    assert_eq!(unknown.status, 2, "{}", unknown.stdout);
    assert!(
        unknown.stderr.contains("0001_initial"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn an_edited_migration_is_told_of() {
    let place = Place::notes();
    let path = place.root().join("migrations/0001_initial/sqlite.sql");
    let text = std::fs::read_to_string(&path).expect("read");
    // Another kind of line end is no edit.
    std::fs::write(&path, text.replace('\n', "\r\n")).expect("written");
    assert_eq!(place.svcgen(&["migrate", "list"]).status, 0);
    std::fs::write(&path, text + "select 1;\n").expect("written");
    let listed = place.svcgen(&["migrate", "list"]);
    assert_eq!(listed.status, 3, "{}", listed.stderr);
    assert!(listed.stdout.contains("EDITED"), "{}", listed.stdout);
}

#[test]
fn a_server_that_was_named_for_the_proof_and_does_not_answer_stops_the_migration() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: string, body: text?, pages: int? }\n",
    );
    let before = place.tree();
    let url = "postgres://svcgen@127.0.0.1:1/none";
    let ended = place.svcgen(&["generate", "--postgres-url", url]);
    ended.is(
        3,
        &[
            "the server that was named for its proof does not answer",
            "--no-postgres-proof",
        ],
    );
    assert!(before == place.tree(), "something was written");
    let both = ["generate", "--postgres-url", url, "--no-postgres-proof"];
    assert_eq!(place.svcgen(&both).status, 2);
    // Where nothing changes, nothing is proved, and no server is asked.
    place.ok(&["generate", "--no-postgres-proof"]).is(
        0,
        &["Proved 0002_add_pages_to_notes there and back, on SQLite"],
    );
    place.ok(&["generate", "--postgres-url", url]);
}
