//! A schema grows while a database has rows: the new service takes over with every row.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::cargo::{cargo, repository, scratch, succeed, target, workspace};
use super::postgres::Server;
use super::running::Running;
use super::{are_asked_for, step};

const BEFORE: &str = "entity: Note\nfields:\n  title: string\n";
const AFTER: &str = "entity: Note\nfields:\n  title: string\n  body: text?\n  stars: { type: int, default: 3, min: 0, max: 5 }\n  kind: { type: enum, values: [plain, rich], default: rich }\n  price: { type: \"decimal(28,10)\", default: \"-1.5\" }\n  extra: { type: json, default: { a: \"it's\" } }\n  labels: { type: list(string), default: [] }\n";
const ADDED: &str = "entity: Tag\nfields:\n  name: { type: string, unique: true }\n  note: { type: Note?, on_archive: set_null }\n";

#[test]
fn a_service_grows_over_its_rows() {
    if !are_asked_for("a_service_grows_over_its_rows") {
        return;
    }
    let (before, after) = step("build before and after", build_both);
    let sqlite = scratch("upgrade-data");
    let url = format!("sqlite://{}/notes.db", sqlite.display());
    step("upgrade on SQLite", || upgrade(&before, &after, &url));
    let server = Server::start();
    step("upgrade on PostgreSQL", || {
        upgrade(&before, &after, &server.url("postgres"));
    });
}

/// The service as it was and as it becomes: two programs.
fn build_both() -> (PathBuf, PathBuf) {
    let directory = scratch("upgrade").join("notes");
    let runtime = repository().join("runtime");
    let mut new = Command::new(crate::support::SVCGEN);
    new.args([
        "new",
        "upgraded-notes",
        "--no-input",
        "--no-git",
        "--quiet",
        "--entity",
        "Note title:string",
        "--path",
    ]);
    succeed(new.arg(&directory).arg("--runtime-path").arg(runtime));
    fs::write(directory.join("entities/note.yaml"), BEFORE).expect("written");
    succeed(&mut generate(&directory));
    let first =
        fs::read(directory.join("migrations/0001_initial/sqlite.sql")).expect("a migration");
    workspace(directory.parent().expect("a parent"), &["notes"]);
    let before = build(&directory, "upgraded-notes-before");
    fs::write(directory.join("entities/note.yaml"), AFTER).expect("written");
    fs::write(directory.join("entities/tag.yaml"), ADDED).expect("written");
    succeed(&mut generate(&directory));
    assert_eq!(
        fs::read(directory.join("migrations/0001_initial/sqlite.sql")).expect("a migration"),
        first
    );
    let migrations = fs::read_dir(directory.join("migrations"))
        .expect("migrations")
        .filter(|it| it.as_ref().is_ok_and(|it| it.path().is_dir()))
        .count();
    assert_eq!(migrations, 2, "one more migration");
    let after = build(&directory, "upgraded-notes-after");
    (before, after)
}

fn generate(directory: &Path) -> Command {
    let mut generate = Command::new(crate::support::SVCGEN);
    generate
        .args(["generate", "--quiet"])
        .current_dir(directory);
    generate
}

fn build(directory: &Path, name: &str) -> PathBuf {
    succeed(cargo(directory).args(["build", "--quiet"]));
    let built = target().join("debug/upgraded-notes");
    let kept = directory.with_file_name(name);
    fs::copy(built, &kept).expect("copied");
    kept
}

fn upgrade(before: &Path, after: &Path, url: &str) {
    let running = Running::start(before, url);
    let mut old = Vec::new();
    for number in 0..3 {
        let created = running.call(
            "POST",
            "/v1/notes",
            &json!({"title": format!("note {number}")}),
        );
        assert_eq!(created.0, 201, "{}", created.1);
        old.push(created.1);
    }
    drop(running);
    let running = Running::start(after, url);
    for note in &old {
        let path = format!("/v1/notes/{}", note["id"].as_str().unwrap_or_default());
        let (status, found) = running.call("GET", &path, &Value::Null);
        assert_eq!(status, 200, "{found}");
        for member in ["id", "title", "version", "created_at", "updated_at"] {
            assert_eq!(found[member], note[member], "{member}");
        }
        let added = json!({"body": null, "stars": 3, "kind": "rich", "price": "-1.5000000000", "extra": {"a": "it's"}, "labels": []});
        for (member, value) in added.as_object().into_iter().flatten() {
            assert_eq!(&found[member], value, "{member}");
        }
        let (status, changed) = running.call("PATCH", &path, &json!({"body": "text", "stars": 5}));
        assert_eq!(status, 200, "{changed}");
        assert_eq!(changed["version"], 2);
        let (status, refused) = running.call("PATCH", &path, &json!({"stars": 6}));
        assert_eq!(status, 422, "{refused}");
    }
    let tag = json!({"name": "a", "note_id": old[0]["id"]});
    assert_eq!(running.call("POST", "/v1/tags", &tag).0, 201);
    assert_eq!(running.call("POST", "/v1/tags", &tag).0, 409);
    let (_, listed) = running.call("GET", "/v1/notes", &Value::Null);
    assert_eq!(
        listed["notes"].as_array().map(Vec::len),
        Some(3),
        "{listed}"
    );
    // Removing a record copies its new columns into the archive as well.
    let path = format!("/v1/notes/{}", old[0]["id"].as_str().unwrap_or_default());
    assert_eq!(running.call("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(
        running.call("GET", "/v1/tags", &Value::Null).1["tags"][0]["note_id"],
        Value::Null
    );
    drop(running);
    // Started once more, it has nothing to migrate and the same rows.
    let running = Running::start(after, url);
    let (_, listed) = running.call("GET", "/v1/notes", &Value::Null);
    assert_eq!(
        listed["notes"].as_array().map(Vec::len),
        Some(2),
        "{listed}"
    );
}
