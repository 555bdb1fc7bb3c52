//! The JSON Schemas: committed as they are derived, and in step with what is read.

use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use svcgen::schema::json_schemas;
use svcgen::source::Source;

use crate::errors::{cases, checked, example};

#[test]
fn the_committed_schemas_are_the_derived_ones() {
    for (name, text) in json_schemas() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schemas")
            .join(name);
        if std::env::var_os("SVCGEN_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is out of date; run the tests with SVCGEN_BLESS=1"
        );
    }
}

fn validators() -> (Validator, Validator) {
    let [service, entity] = json_schemas().map(|(_, text)| {
        let schema: Value = serde_json::from_str(&text).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
        jsonschema::validator_for(&schema).unwrap()
    });
    (service, entity)
}

/// What a validator says about a file; `None` for a file that is no JSON-like YAML.
fn complaints(validators: &(Validator, Validator), source: &Source) -> Option<Vec<String>> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
    };
    let value: Value = serde_saphyr::from_str_with_options(&source.text, options).ok()?;
    let validator = if value.get("svcgen").is_some() {
        &validators.0
    } else {
        &validators.1
    };
    Some(
        validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect(),
    )
}

#[test]
fn the_examples_are_valid() {
    let validators = validators();
    for source in ["blog", "shop", "clinic"].into_iter().flat_map(example) {
        assert_eq!(
            complaints(&validators, &source),
            Some(Vec::new()),
            "{}",
            source.path
        );
    }
}

/// An editor must not mark what svcgen takes.
#[test]
fn what_svcgen_takes_is_valid() {
    let validators = validators();
    let mut files = 0;
    for (path, _, case) in cases() {
        let sources = case.sources();
        if checked(&sources).0.is_none() {
            continue;
        }
        for source in sources {
            files += 1;
            assert_eq!(
                complaints(&validators, &source),
                Some(Vec::new()),
                "{}",
                path.display()
            );
        }
    }
    assert!(files > 0);
}

/// And it must mark what svcgen refuses for its shape.
#[test]
fn what_has_the_wrong_shape_is_invalid() {
    let validators = validators();
    let shapes = ["S0101", "S0102", "S0103", "S0104"];
    for (path, _, case) in cases() {
        let sources = case.sources();
        let (document, diagnostics) = svcgen::schema::load(&sources);
        drop(document);
        for diagnostic in diagnostics
            .iter()
            .filter(|it| shapes.contains(&it.code.as_str()))
        {
            let Some((span, _)) = diagnostic.labels.first() else {
                continue;
            };
            let source = &sources[span.source.0 as usize];
            let Some(found) = complaints(&validators, source) else {
                continue;
            };
            assert!(
                !found.is_empty(),
                "{}: {}",
                path.display(),
                diagnostic.message
            );
        }
    }
}

/// Every key and every word of the format is documented, so that an editor has something to show.
#[test]
fn everything_has_a_description() {
    for (name, text) in json_schemas() {
        let schema: Value = serde_json::from_str(&text).unwrap();
        let definitions = schema["$defs"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, definition)| definition);
        for object in definitions.chain([&schema]) {
            for (key, property) in object["properties"].as_object().into_iter().flatten() {
                let description = property["description"].as_str().unwrap_or("");
                assert!(
                    description.ends_with('.') || description.ends_with('`'),
                    "{name}: {key}: {description}"
                );
            }
        }
    }
}

/// Between them the examples use every key of an entity and of its fields, and every type.
#[test]
fn the_examples_show_the_whole_format() {
    use svcgen::schema::type_expression::TYPES;
    let text: String = ["blog", "shop", "clinic"]
        .into_iter()
        .flat_map(example)
        .map(|it| it.text)
        .collect();
    let [_, (_, entity)] = json_schemas();
    let schema: Value = serde_json::from_str(&entity).unwrap();
    let keys = |it: &Value| {
        it["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let options = keys(&schema["$defs"]["FieldOptions"]);
    let unused = [
        "plural",
        "by",
        "through",
        "created_at",
        // What is said of an earlier schema; the examples have none.
        "backfill",
        "dropped",
        "kept",
        "narrow",
        "stashed",
    ];
    for key in keys(&schema)
        .into_iter()
        .chain(options)
        .filter(|key| !unused.contains(&key.as_str()))
    {
        assert!(text.contains(&format!("{key}:")), "no example uses `{key}`");
    }
    for (name, _) in TYPES {
        let forms = [format!(": {name}"), format!("\"{name}(")];
        assert!(
            forms.iter().any(|form| text.contains(form)),
            "no example uses the type `{name}`"
        );
    }
}
