//! Schemathesis, pinned, sends what each API's description allows and what it forbids, and finds
//! no answer that the description does not promise: all phases, on both engines.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use super::cargo::{cargo, repository, scratch, succeed, target};
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
            let (status, said) = examine(&running.url(), &path.to_string_lossy(), &options);
            assert_eq!(status, Some(1), "{what} is not found: {said}");
            assert!(said.contains(says), "`{says}` is missing: {said}");
        });
    }
}

#[test]
fn schemathesis_finds_a_server_that_fails() {
    if !are_asked_for("schemathesis_finds_a_server_that_fails") {
        return;
    }
    let description = repository().join("tests/golden/blog/openapi.json");
    let url = failing().expect("a server");
    // One path tells it as well as all.
    for phase in ["examples", "coverage", "fuzzing"] {
        let options = ["--phases", phase, "--include-path-regex", "^/v1/tags$"];
        let (status, said) = step(&format!("examine a server that fails, {phase}"), || {
            examine(&url, &description.to_string_lossy(), &options)
        });
        assert_eq!(status, Some(1), "{phase}: nothing is found: {said}");
        assert!(said.contains("Server error"), "{phase}: {said}");
    }
}

/// Starts what answers every request with a problem that is described, 500; where it listens.
fn failing() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away has its answer, or does not want it.
            thread::spawn(move || fail(stream));
        }
    });
    Ok(url)
}

fn fail(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&chunk[..read]),
        }
    }
    let body = json!({ "title": "Internal Server Error", "status": 500, "detail": "It fails.", "code": "INTERNAL", "reason": "INTERNAL" });
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head, body].concat().into_bytes())
}

/// Whether a request has all of its head, and the body that it speaks of.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    if head.contains("transfer-encoding: chunked") {
        return request.ends_with(b"0\r\n\r\n");
    }
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    let length = length.and_then(|it| it.parse().ok()).unwrap_or(0);
    let end = request.windows(4).position(|it| it == b"\r\n\r\n");
    end.is_some_and(|end| request.len() >= end + 4 + length)
}

/// The warnings that fail no run, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    (
        "missing_test_data",
        "most records refer to others, and twenty examples seldom name one that is there",
    ),
    (
        "validation_mismatch",
        "filters and orders have grammars, and what never changes has to be sent as it is stored: schemas have no words for either",
    ),
    (
        "low_valid_rate",
        "counts the same refusals as these two, as a share",
    ),
];

#[test]
fn schemathesis_fails_by_every_warning_that_is_not_explained() {
    if !are_asked_for("schemathesis_fails_by_every_warning_that_is_not_explained") {
        return;
    }
    let settings = fs::read_to_string(repository().join("tests/tools/schemathesis.toml"));
    let settings: toml_edit::DocumentMut = settings.expect("settings").parse().expect("TOML");
    let fail_on = settings["warnings"]["fail-on"].as_array().expect("a list");
    let fail_on = fail_on
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned));
    let explained = LEFT_OUT.iter().map(|it| it.0.to_owned());
    let ours: BTreeSet<String> = fail_on.chain(explained).collect();
    let list = "from schemathesis.core.warnings import SchemathesisWarning as W; print(*W)";
    let output = Command::new(tools::python().join("python"))
        .args(["-c", list])
        .output()
        .expect("Python starts");
    let theirs = String::from_utf8_lossy(&output.stdout).into_owned();
    let theirs: BTreeSet<String> = theirs.split_whitespace().map(str::to_owned).collect();
    assert_eq!(ours, theirs);
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
    let (status, said) = examine(&running.url(), &description, &[]);
    assert_eq!(status, Some(0), "{said}");
    // Where it followed no link it would have found nothing either.
    let followed = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("API Links:"));
    let covered = followed.and_then(|it| it.trim().split(' ').next()?.parse::<u32>().ok());
    assert!(covered.is_some_and(|it| it > 0), "no link: {said}");
}

/// What it says, and with which status it ends: 1 where it found something.
fn examine(url: &str, description: &str, options: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(tools::python().join("schemathesis"))
        .args(["--config-file", "schemathesis.toml", "run", "--no-color"])
        .arg(description)
        .args(["--url", url])
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
