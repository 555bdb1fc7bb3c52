//! Spectral, pinned, finds nothing in what svcgen writes about an API.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::cargo::{generate, repository, scratch};
use super::{are_asked_for, step, tools};

#[test]
fn spectral_finds_nothing() {
    if !are_asked_for("spectral_finds_nothing") {
        return;
    }
    for (name, schema) in [
        ("blog", "schemas/examples/blog"),
        ("shop", "schemas/examples/shop"),
        ("clinic", "schemas/examples/clinic"),
        ("types", "tests/types/schema"),
    ] {
        let service = scratch("spectral").join(name);
        generate(
            name,
            &repository().join(schema),
            &service,
            &["--runtime-path", "runtime"],
        );
        let description = service.join("openapi.json");
        step(&format!("lint {name}"), || {
            let found = lint(&description);
            assert!(found.is_empty(), "{name}: {found:#?}");
        });
        step(&format!("lint {name}, broken"), || are_found(&description));
    }
}

/// What is broken on purpose is found, and by the rule that is there for it.
fn are_found(description: &Path) {
    let text = fs::read_to_string(description).expect("readable");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let paths = whole["paths"].as_object().expect("paths");
    let (path, _) = paths
        .iter()
        .find(|(_, operations)| operations["post"].is_object())
        .expect("something that creates");
    let mut copy = whole.clone();
    let create = &mut copy["paths"][path]["post"];
    create["operationId"] = json!("the same");
    create["responses"]["201"]["content"]["application/json"]["schema"]["$ref"] =
        json!("#/components/schemas/Nothing");
    create["tags"] = json!(["of nothing"]);
    copy["paths"][path]["get"]["operationId"] = json!("the same");
    let broken = description.with_file_name("broken.json");
    fs::write(&broken, copy.to_string()).expect("written");
    let found = lint(&broken);
    for rule in [
        "operation-operationId-unique",
        "operation-tag-defined",
        "invalid-ref",
    ] {
        let is_named = found.iter().any(|it| it["code"] == rule);
        assert!(is_named, "{rule} finds nothing: {found:#?}");
    }
}

fn lint(description: &Path) -> Vec<Value> {
    let output = Command::new(tools::node().join("spectral"))
        .args(["lint", "--quiet", "--format", "json", "--ruleset"])
        .arg(repository().join("tests/tools/spectral.yaml"))
        .arg(description)
        .output()
        .expect("spectral starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stdout);
        let more = String::from_utf8_lossy(&output.stderr);
        panic!("spectral says no JSON: {error}: {said}{more}")
    })
}
