//! Redocly, pinned, finds nothing in what svcgen writes about an API.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::cargo::{generate, repository, scratch};
use super::{are_asked_for, step, tools};

#[test]
fn redocly_finds_nothing() {
    if !are_asked_for("redocly_finds_nothing") {
        return;
    }
    for schema in [
        "schemas/examples/blog",
        "schemas/examples/shop",
        "schemas/examples/clinic",
        "tests/types/schema",
    ] {
        let name = Path::new(schema)
            .file_name()
            .and_then(|it| it.to_str())
            .expect("a name");
        let name = if name == "schema" { "types" } else { name };
        let service = scratch("redocly").join(name);
        generate(
            name,
            &repository().join(schema),
            &service,
            &["--runtime-path", "runtime"],
        );
        let description = service.join("openapi.json");
        step(&format!("lint {name}"), || {
            let report = lint(&description);
            assert_eq!(found(&report), 0, "{name}: {report:#}");
        });
        step(&format!("lint {name}, broken"), || {
            are_found(&description);
        });
    }
}

/// What is broken on purpose is found, so the judge is really asked.
fn are_found(description: &Path) {
    let text = fs::read_to_string(description).expect("readable");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let first = whole["paths"]
        .as_object()
        .and_then(|it| it.keys().next().cloned())
        .expect("a path");
    let broken = [
        ("no operation id", json!({ "operationId": null })),
        (
            "a reference to nothing",
            json!({ "responses": { "200": { "$ref": "#/components/responses/Nothing" } } }),
        ),
    ];
    for (what, change) in broken {
        let mut copy = whole.clone();
        for (member, value) in change.as_object().into_iter().flatten() {
            copy["paths"][&first]["get"][member] = value.clone();
        }
        let path = description.with_file_name("broken.json");
        fs::write(&path, copy.to_string()).expect("written");
        assert!(found(&lint(&path)) > 0, "{what} is not found");
    }
}

fn found(report: &Value) -> u64 {
    let total = |name: &str| {
        report["totals"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("no totals: {report:#}"))
    };
    total("errors") + total("warnings") + total("ignored")
}

fn lint(description: &Path) -> Value {
    let output = Command::new(tools::node().join("redocly"))
        .args(["lint", "--format", "json", "--config"])
        .arg(repository().join("tests/tools/redocly.yaml"))
        .arg(description)
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .current_dir(tools::node())
        .output()
        .expect("redocly starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stdout);
        let more = String::from_utf8_lossy(&output.stderr);
        panic!("redocly says no JSON: {error}: {said}{more}")
    })
}
