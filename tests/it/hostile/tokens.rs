//! Schemas that are almost right: the examples and the cases of `tests/errors`, with tokens
//! and bytes of each other in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use svcgen::model::check::check;
use svcgen::schema;
use svcgen::source::Source;

use super::{config, contract};
use crate::errors::{cases, checked, example};

/// No schema of this size takes longer, even in a slow build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// Schemas to begin with: what is right, and what is wrong in one place.
static SCHEMAS: LazyLock<Vec<Vec<Source>>> = LazyLock::new(|| {
    let mut schemas: Vec<Vec<Source>> = Vec::new();
    // As often as the cases, of which each has but a few lines.
    for _ in 0..12 {
        schemas.extend(["blog", "shop", "clinic"].map(example));
    }
    let cases = cases().into_iter().map(|(_, _, case)| case.sources());
    // What begins as no YAML seldom becomes any.
    schemas.extend(cases.filter(|it| schema::load(it).0.unread.is_empty()));
    schemas
});

/// Every word that a schema has anywhere, and some that none has.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words = BTreeSet::new();
    for source in SCHEMAS.iter().flatten() {
        let tokens = tokens(&source.text);
        words.extend(tokens.into_iter().filter(|it| is_word(it)));
    }
    let rare = "0 -1 1e400 99999999999999999999 1.50 null true {} [] ~ '' Note? list(int) decimal(28,28) enum(a) 7y 0s 200% ü";
    words.extend(rare.split(' ').map(str::to_owned));
    words.into_iter().filter(|it| it.len() < 80).collect()
});

/// Every line that a schema has anywhere.
static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let lines = SCHEMAS.iter().flatten().flat_map(|it| it.text.lines());
    let lines: BTreeSet<&str> = lines.filter(|it| it.len() < 200).collect();
    lines.into_iter().map(str::to_owned).collect()
});

/// What is done to one file; places and words are chosen by index.
#[derive(Debug, Clone)]
enum Change {
    Word(Index, Index),
    Option(Index, Index, Index),
    Swap(Index, Index),
    Drop(Index),
    Line(Index, Index),
    Twice(Index),
    Gone(Index),
    Byte(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        6 => (at(), at()).prop_map(|(at, word)| Change::Word(at, word)),
        4 => (at(), at(), at()).prop_map(|(at, key, value)| Change::Option(at, key, value)),
        2 => (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
        1 => at().prop_map(Change::Drop),
        3 => (at(), at()).prop_map(|(at, line)| Change::Line(at, line)),
        1 => at().prop_map(Change::Twice),
        2 => at().prop_map(Change::Gone),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
    ]
}

/// A schema with changes in some of its files.
fn changed() -> impl Strategy<Value = Vec<Source>> {
    let changes = vec((any::<Index>(), change()), 1..4);
    (any::<Index>(), changes).prop_map(|(schema, changes)| {
        let mut sources = schema.get(&SCHEMAS).clone();
        for (file, change) in changes {
            let source = file.get_mut(&mut sources);
            let bytes = apply(&change, &source.text);
            *source = Source::from_bytes(source.path.clone(), bytes);
        }
        sources
    })
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Words, runs of spaces, and single signs.
fn tokens(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        ' ' => 0,
        c if c.is_alphanumeric() || "_-.?".contains(c) => 1,
        _ => 2,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut before = 2;
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if kind(c) == before && before < 2 => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        before = kind(c);
    }
    tokens
}

fn apply(change: &Change, text: &str) -> Vec<u8> {
    match change {
        Change::Word(..) | Change::Option(..) | Change::Swap(..) | Change::Drop(_) => {
            in_tokens(change, tokens(text)).concat().into_bytes()
        }
        Change::Line(..) | Change::Twice(_) | Change::Gone(_) => {
            in_lines(change, text).join("\n").into_bytes()
        }
        Change::Byte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            if !bytes.is_empty() {
                *at.get_mut(&mut bytes) = *byte;
            }
            bytes
        }
    }
}

fn in_tokens(change: &Change, mut tokens: Vec<String>) -> Vec<String> {
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let places = tokens.iter().enumerate();
        let places = places.filter(|(_, it)| wanted(it));
        places.map(|(place, _)| place).collect()
    };
    let words = of(&is_word);
    let braces = of(&|it| it == "{");
    if words.is_empty() {
        return tokens;
    }
    match change {
        Change::Word(at, word) => tokens[*at.get(&words)].clone_from(word.get(&WORDS)),
        Change::Option(at, key, value) if !braces.is_empty() => {
            let option = format!(" {}: {},", key.get(&WORDS), value.get(&WORDS));
            tokens.insert(at.get(&braces) + 1, option);
        }
        Change::Swap(one, other) => tokens.swap(*one.get(&words), *other.get(&words)),
        Change::Drop(at) => drop(tokens.remove(at.index(tokens.len()))),
        _ => {}
    }
    tokens
}

fn in_lines(change: &Change, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return lines;
    }
    match change {
        Change::Line(at, line) => {
            let at = at.index(lines.len());
            let indent = lines[at].len() - lines[at].trim_start().len();
            let line = format!("{}{}", &lines[at][..indent], line.get(&LINES).trim_start());
            lines.insert(at + 1, line);
        }
        Change::Twice(at) => {
            let line = at.get(&lines).clone();
            lines.insert(at.index(lines.len()), line);
        }
        Change::Gone(at) => drop(lines.remove(at.index(lines.len()))),
        _ => {}
    }
    lines
}

fn keeps_the_contract(sources: &[Source]) -> Result<(), String> {
    let started = Instant::now();
    contract(checked(sources), sources)?;
    let took = started.elapsed();
    if took < LONGEST {
        Ok(())
    } else {
        Err(format!("it took {took:?}"))
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn almost_right_schemas(sources in changed()) {
        prop_assert_eq!(keeps_the_contract(&sources), Ok(()));
    }
}

/// The property would be worth little if most of its schemas were no YAML: a considerable
/// share is checked whole, and most kinds of mistakes are made.
#[test]
fn almost_right_schemas_reach_the_model() {
    const SCHEMAS: usize = 600;
    let mut runner = TestRunner::deterministic();
    let (mut whole, mut good) = (0, 0);
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..SCHEMAS {
        let sources = changed().new_tree(&mut runner).unwrap().current();
        let (document, _) = schema::load(&sources);
        let (service, problems) = check(&document);
        whole += usize::from(document.unread.is_empty() && document.service.is_some());
        good += usize::from(service.is_some());
        for problem in problems {
            *codes.entry(problem.code.as_str()).or_default() += 1;
        }
    }
    let found = format!("{whole} whole and {good} good of {SCHEMAS}, with {codes:?}");
    assert!(whole * 2 > SCHEMAS, "{found}");
    assert!(good > 10 && codes.len() > 22, "{found}");
}
