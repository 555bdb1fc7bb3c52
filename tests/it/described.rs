//! The examples of the OpenAPI document keep the schemas that stand beside them, whatever the
//! schema of the service is. The slow tests send them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use svcgen::generate;
use svcgen::plan::Content;
use svcgen::source::Source;
use svcgen::tables::intent::Allow;

use crate::random_schema::{Dice, Schema};

/// The description of a random service, where it can be generated.
fn description(dice: &mut Dice) -> Option<Value> {
    let mut sources = Schema::random(dice).sources();
    let service = sources.iter_mut().find(|it| it.path == "svcgen.yaml")?;
    let text = format!(
        "{}features: {{ http: {{}}, openapi: {{}} }}\n",
        service.text
    );
    *service = Source::new(&service.path, &text);
    of_sources(&sources)
}

fn of_sources(sources: &[Source]) -> Option<Value> {
    let inputs = generate::Inputs {
        sources,
        known: &BTreeMap::new(),
        previous_tables: None,
        project: None,
        allow: Allow::default(),
    };
    let files = generate::generate(&inputs).ok()?.files;
    let file = files.into_iter().find(|it| it.path == "openapi.json")?;
    match file.content {
        Content::Whole(bytes) => Some(serde_json::from_slice(&bytes).expect("JSON")),
        Content::AsBefore => None,
    }
}

/// How many examples there are, and which are none of their schemas.
fn judged(api: &Value) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (path, item) in api["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let content = operation["requestBody"]["content"].as_object();
            for (media, body) in content.into_iter().flatten() {
                let schema = json!({ "allOf": [body["schema"]], "components": api["components"] });
                let schema = jsonschema::options()
                    .should_validate_formats(true)
                    .build(&schema);
                let schema = schema.expect("a schema");
                count += 1;
                if body["example"].is_null() || !schema.is_valid(&body["example"]) {
                    wrong.push(format!("{method} {path} {media}: {}", body["example"]));
                }
            }
        }
    }
    (count, wrong)
}

#[test]
fn every_body_has_an_example_that_its_schema_takes() {
    let mut dice = Dice::new(1);
    let mut count = 0;
    for _ in 0..12 {
        if let Some(api) = description(&mut dice) {
            let (judged, wrong) = judged(&api);
            assert!(wrong.is_empty(), "{wrong:#?}");
            count += judged;
        }
    }
    assert!(count > 100, "only {count} examples");
}

#[test]
fn an_example_that_its_schema_refuses_is_found() {
    let mut dice = Dice::new(2);
    let mut api = std::iter::repeat_with(|| description(&mut dice))
        .take(20)
        .find_map(|it| it)
        .expect("a schema that can be generated");
    let (count, wrong) = judged(&api);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for item in api["paths"].as_object_mut().expect("paths").values_mut() {
        for operation in item.as_object_mut().expect("operations").values_mut() {
            let content = operation.pointer_mut("/requestBody/content");
            let content = content.and_then(Value::as_object_mut);
            for body in content.into_iter().flat_map(|it| it.values_mut()) {
                body["example"]["no_such_member"] = json!(1);
            }
        }
    }
    assert_eq!(judged(&api).1.len(), count);
}

/// The number of a constant in a file of the runtime.
fn constant(text: &str, name: &str) -> Option<u64> {
    let line = text
        .lines()
        .find(|it| it.contains(&format!("const {name}:")))?;
    let (_, number) = line.trim_end_matches(';').split_once(" = ")?;
    number.replace('_', "").parse().ok()
}

/// The longest values of all parameters of one name.
fn longest(value: &Value, name: &str) -> Vec<Option<u64>> {
    let inner = value.as_object().into_iter().flat_map(|it| it.values());
    let inner = inner.chain(value.as_array().into_iter().flatten());
    let mut found: Vec<_> = inner.flat_map(|it| longest(it, name)).collect();
    if value["name"] == name && value["in"] == "query" {
        found.push(value["schema"]["maxLength"].as_u64());
    }
    found
}

#[test]
fn texts_in_parameters_may_be_as_long_as_the_runtime_reads_them() {
    let service = "svcgen: 1\nname: notes\nfeatures: { http: {}, openapi: {} }\n";
    let note = "entity: Note\nfields:\n  title: { type: string, searchable: true }\n";
    let sources = [
        Source::new("svcgen.yaml", service),
        Source::new("entities/note.yaml", note),
    ];
    let api = of_sources(&sources).expect("a description");
    let search = include_str!("../../runtime/src/list/search.rs");
    let removal = include_str!("../../runtime/src/http/removal.rs");
    for (name, text, its_name) in [
        ("search", search, "LONGEST"),
        ("reason", removal, "LONGEST_REASON"),
    ] {
        let found = longest(&api, name);
        let limit = constant(text, its_name);
        assert!(limit.is_some() && !found.is_empty(), "{name}");
        assert!(found.iter().all(|it| *it == limit), "{name}: {found:?}");
    }
}
