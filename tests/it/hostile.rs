//! Whatever the bytes are: a whole model or an error, and never a panic.
//!
//! `SVCGEN_FUZZ=100000` runs as many cases of each property instead of a few.

mod tokens;

use proptest::collection::vec;
use proptest::prelude::*;
use svcgen::diagnostic::{Diagnostic, Style, render, to_json};
use svcgen::model::Service;
use svcgen::source::Source;

use crate::errors::{checked, example};

fn config() -> ProptestConfig {
    let cases = std::env::var("SVCGEN_FUZZ")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(300);
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    }
}

/// Loading and checking keep their contract.
fn model_or_error(sources: &[Source]) -> Result<(), String> {
    contract(checked(sources), sources)
}

/// What may come out of loading and checking.
fn contract(
    (service, diagnostics): (Option<Service>, Vec<Diagnostic>),
    sources: &[Source],
) -> Result<(), String> {
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if service.is_some() == failed {
        return Err(format!("a model: {}, errors: {failed}", service.is_some()));
    }
    for diagnostic in &diagnostics {
        for (span, _) in &diagnostic.labels {
            let text = &sources
                .get(span.source.0 as usize)
                .ok_or("a label without a source")?
                .text;
            if text.get(span.start..span.end).is_none() {
                return Err(format!(
                    "`{}` points at {}..{}",
                    diagnostic.message, span.start, span.end
                ));
            }
        }
    }
    let style = Style { color: true };
    if render(&diagnostics, sources, style).is_empty() != diagnostics.is_empty() {
        return Err("a diagnostic is not shown".to_owned());
    }
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&to_json(&diagnostics, sources)).map_err(|it| it.to_string())?;
    if json.len() == diagnostics.len() {
        Ok(())
    } else {
        Err("a diagnostic is not in the JSON".to_owned())
    }
}

/// A change to a text, at a place given as a share of its length.
#[derive(Debug, Clone)]
enum Mutation {
    Insert(u16, String),
    Remove(u16, u8),
    Swap(u16, u16),
    Repeat(u16, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "?",
        "-",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "|\n",
        ">\n",
        "\t",
        "\n",
        "\n  ",
        "'",
        "\"",
        "#",
        "~",
        "null",
        "true",
        "yes",
        "0",
        "-1",
        "1e400",
        ".nan",
        "99999999999999999999",
        "type",
        "many",
        "self",
        "Self",
        "decimal(",
        "list(",
        "enum(",
        "decimal(28,28)",
        "ü",
        "\u{0}",
        "\u{2028}",
        "\u{1f600}",
        "entity: A\n",
        "---\n",
        "%YAML 1.2\n",
        "Order",
        "Post?",
        "id",
        "version",
        "page_token",
        "on_archive: detach",
        "min: 5",
        "max: 1",
        "default: now",
        "unique: true",
    ]);
    prop_oneof![
        (any::<u16>(), words.prop_map(str::to_owned))
            .prop_map(|(at, text)| Mutation::Insert(at, text)),
        (any::<u16>(), ".{0,6}").prop_map(|(at, text)| Mutation::Insert(at, text)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<u16>(), any::<u16>()).prop_map(|(a, b)| Mutation::Swap(a, b)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

fn mutate(text: &mut Vec<char>, mutation: &Mutation) {
    let place = |share: u16| usize::from(share) * text.len() / (usize::from(u16::MAX) + 1);
    match mutation {
        Mutation::Insert(at, new) => {
            let at = place(*at);
            text.splice(at..at, new.chars());
        }
        Mutation::Remove(at, length) => {
            let at = place(*at);
            let end = (at + usize::from(*length)).min(text.len());
            text.drain(at..end);
        }
        Mutation::Swap(a, b) => {
            let (a, b) = (place(*a), place(*b));
            if a < text.len() && b < text.len() {
                text.swap(a, b);
            }
        }
        Mutation::Repeat(at, length) => {
            let at = place(*at);
            let end = (at + usize::from(*length)).min(text.len());
            let again = text[at..end].to_vec();
            text.splice(at..at, again);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes(files in vec(vec(any::<u8>(), 0..400), 1..4)) {
        let sources: Vec<Source> = files.into_iter().map(|bytes| Source::from_bytes("a.yaml", bytes)).collect();
        prop_assert_eq!(model_or_error(&sources), Ok(()));
    }

    #[test]
    fn arbitrary_text(text in "(entity: A\n|svcgen: 1\n|fields:\n|  [a-z]{1,3}: |[\\[\\]{}:,?&*!|>'\"%@` \n\t-]|[a-zA-Z0-9(]|\\PC){0,120}") {
        let sources = vec![Source::new("a.yaml", text)];
        prop_assert_eq!(model_or_error(&sources), Ok(()));
    }

    #[test]
    fn mutated_examples(
        name in prop::sample::select(vec!["blog", "shop", "clinic"]),
        file in any::<prop::sample::Index>(),
        mutations in vec(mutation(), 1..6),
    ) {
        let mut sources = example(name);
        let source = file.get_mut(&mut sources);
        let mut text: Vec<char> = source.text.chars().collect();
        for mutation in &mutations {
            mutate(&mut text, mutation);
        }
        source.text = text.into_iter().collect();
        prop_assert_eq!(model_or_error(&sources), Ok(()));
    }
}

/// The property would be worth nothing if every mutation were caught, or none.
#[test]
fn mutations_reach_both_sides() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut good = 0;
    let mut bad = 0;
    for _ in 0..200 {
        let mutation = mutation().new_tree(&mut runner).unwrap().current();
        let mut sources = example("blog");
        let mut text: Vec<char> = sources[2].text.chars().collect();
        mutate(&mut text, &mutation);
        sources[2].text = text.into_iter().collect();
        match checked(&sources).0 {
            Some(_) => good += 1,
            None => bad += 1,
        }
    }
    assert!(good > 10 && bad > 10, "{good} good, {bad} bad");
}

/// The property sees checkers that are broken on purpose.
#[test]
fn a_broken_checker_would_be_seen() {
    let good = example("blog");
    let mut bad = good.clone();
    bad[0].text = bad[0].text.replace("entity: Author", "entity: author");
    let (service, errors) = (checked(&good).0, checked(&bad).1);
    assert!(service.is_some() && !errors.is_empty());
    assert_eq!(contract((service.clone(), Vec::new()), &good), Ok(()));
    assert_eq!(contract((None, errors.clone()), &bad), Ok(()));
    assert!(
        contract((None, Vec::new()), &bad).is_err(),
        "nothing is reported"
    );
    assert!(
        contract((service, errors.clone()), &bad).is_err(),
        "a model in spite of errors"
    );
    let mut outside = errors;
    outside[0].labels[0].0.end = usize::MAX;
    assert!(
        contract((None, outside), &bad).is_err(),
        "a label outside of the text"
    );
}

#[test]
fn a_large_file_and_many_files_are_read() {
    let long = format!(
        "entity: A\ndoc: {}\nfields: [{}\n",
        "x".repeat(400_000),
        "[{a: b}],".repeat(60_000)
    );
    assert!(model_or_error(&[Source::new("a.yaml", long)]).is_ok());
    let mut sources = vec![Source::new("svcgen.yaml", "svcgen: 1\nname: big\n")];
    for index in 0..1_200 {
        let text = format!(
            "entity: Thing{index}\nfields:\n  name: string\n  next: Thing{}?\n",
            (index + 1) % 1_200
        );
        sources.push(Source::new(format!("entities/thing{index}.yaml"), text));
    }
    let (service, diagnostics) = checked(&sources);
    assert_eq!(diagnostics, Vec::new());
    assert_eq!(service.unwrap().entities.len(), 1_200);
}
