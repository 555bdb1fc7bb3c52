//! Schemathesis, pinned, sends what each API's description allows and what it forbids, and finds
//! no answer that the description does not promise: all phases, on both engines.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::cargo::{cargo, scratch, succeed, target};
use super::postgres::Server;
use super::running::Running;
use super::{are_asked_for, services, step, tools};

pub const EXAMPLES: [&str; 3] = ["blog", "shop", "clinic"];

#[test]
fn schemathesis_finds_nothing() {
    if !are_asked_for("schemathesis_finds_nothing") {
        return;
    }
    step("build the examples", build);
    let data = scratch("schemathesis");
    for name in EXAMPLES {
        let url = format!("sqlite://{}/{name}.db", data.display());
        let running = Running::start(&target().join("debug").join(name), &url);
        step(&format!("examine {name} on SQLite"), || nothing(&running));
        drop(running);
        let server = Server::start();
        let url = server.url("postgres");
        let running = Running::start(&target().join("debug").join(name), &url);
        step(&format!("examine {name} on PostgreSQL"), || {
            nothing(&running);
        });
    }
}

#[test]
fn schemathesis_finds_what_a_service_does_not_keep() {
    if !are_asked_for("schemathesis_finds_what_a_service_does_not_keep") {
        return;
    }
    step("build the examples", build);
    let data = scratch("schemathesis-control");
    let url = format!("sqlite://{}/blog.db", data.display());
    let running = Running::start(&target().join("debug/blog"), &url);
    let (status, whole) = running.call("GET", "/openapi.json", &Value::Null);
    assert_eq!(status, 200);
    for promise in &PROMISES {
        let mut broken = whole.clone();
        (promise.make)(&mut broken);
        let path = data.join("broken.json");
        fs::write(&path, broken.to_string()).expect("written");
        let options = [
            "--phases",
            promise.phase,
            "--include-path-regex",
            promise.paths,
        ];
        let Promise { what, says, .. } = promise;
        step(&format!("examine blog, {what}"), || {
            let (status, said) = examine(&running, &path.to_string_lossy(), &options);
            assert_eq!(status, Some(1), "{what} is not found: {said}");
            assert!(said.contains(says), "`{says}` is missing: {said}");
        });
    }
}

/// What a description promises wrongly.
struct Promise {
    what: &'static str,
    make: fn(&mut Value),
    /// The phase that finds it, among the operations on these paths, and in which words.
    phase: &'static str,
    paths: &'static str,
    says: &'static str,
}

const PROMISES: [Promise; 4] = [
    Promise {
        what: "a number said to be a text",
        make: |api| of_schema(api, "Tag")["version"] = json!({ "type": "string" }),
        phase: "stateful",
        paths: "",
        says: "Response violates schema",
    },
    Promise {
        what: "a status not said",
        // Nothing is in the archive, so every answer has it.
        make: |api| {
            let answers = &mut api["paths"]["/v1/archive/authors/{archive_id}"]["get"]["responses"];
            remove(answers, "404");
        },
        phase: "coverage",
        paths: "^/v1/archive/authors/",
        says: "Undocumented status code",
    },
    Promise {
        what: "a limit that is narrower than it says",
        make: |api| of_schema(api, "NewTag")["name"]["maxLength"] = json!(60),
        phase: "coverage",
        paths: "^/v1/tags$",
        says: "Schema-valid request rejected",
    },
    Promise {
        what: "a limit that nobody keeps",
        make: |api| of_schema(api, "NewTag")["name"]["maxLength"] = json!(20),
        phase: "coverage",
        paths: "^/v1/tags$",
        says: "Schema-violating request accepted",
    },
];

fn of_schema<'a>(api: &'a mut Value, name: &str) -> &'a mut Value {
    &mut api["components"]["schemas"][name]["properties"]
}

fn remove(object: &mut Value, member: &str) {
    let removed = object.as_object_mut().and_then(|it| it.remove(member));
    assert!(removed.is_some(), "there is no {member}");
}

/// The examples, built as their own tests build them, so that nothing is built twice.
pub fn build() {
    let mut build = cargo(services::directory());
    build.args(["test", "--no-run", "--quiet"]);
    succeed(build.args(EXAMPLES.iter().flat_map(|name| ["-p", name])));
}

fn nothing(running: &Running) {
    let description = format!("{}/openapi.json", running.url());
    let (status, said) = examine(running, &description, &[]);
    assert_eq!(status, Some(0), "{said}");
    // Where it followed no link it would have found nothing either.
    let followed = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("API Links:"));
    let covered = followed.and_then(|it| it.trim().split(' ').next()?.parse::<u32>().ok());
    assert!(covered.is_some_and(|it| it > 0), "no link: {said}");
}

/// What it says, and with which status it ends: 1 where it found something.
fn examine(running: &Running, description: &str, options: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(tools::python().join("schemathesis"))
        .args(["--config-file", "schemathesis.toml", "run", "--no-color"])
        .arg(description)
        .args(["--url", &running.url()])
        .args(options)
        .current_dir(tools::python())
        .output()
        .expect("schemathesis starts");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
