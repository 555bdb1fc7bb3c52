//! Names that are likely to break something: refused with a diagnostic, or generated, compiled and run.
//!
//! The words are in `tests/hostile/words.txt`; the slow tests build a service of all that are taken.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use heck::{ToPascalCase as _, ToSnakeCase as _};
use svcgen::diagnostic::Diagnostic;
use svcgen::source::Source;

use crate::errors::checked;

/// The words whose entities are compiled; a slice of each of the others would take an hour.
const ENTITIES: &[&str] = &[
    "type",
    "match",
    "async",
    "order",
    "group",
    "user",
    "tag",
    "table",
    "select",
    "index",
    "found",
    "new",
    "changes",
    "page",
    "rules",
    "now",
    "tx",
    "model",
    "person",
    "data",
    "status",
    "sheep",
    "commands",
    "transaction",
    "listing",
    "caller",
    "query",
    "ref",
    "the_longest_name_that_anyone_would_ever_want",
];

/// Types that make a slice do different things with a field.
const TYPES: &[&str] = &[
    "int",
    "text?",
    "{ type: timestamp, default: now }",
    "{ type: \"decimal(12,2)\", min: 0, default: 1 }",
    "json?",
    "{ type: json, default: {} }",
    "list(string)",
    "bytes?",
    "{ type: enum, values: [one, two], nullable: true }",
    "{ type: string, max: 20, default: \"\", write_only: true }",
    "{ type: bool, immutable: true }",
    "{ type: uuid, default: new }",
    "{ type: string?, pattern: \"^[a-z]*$\" }",
];

/// As many fields as an entity gets.
const FIELDS: usize = 60;

fn words() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/words.txt");
    let text = std::fs::read_to_string(file).expect("the words");
    let mut words: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A schema that grows by whatever the checker takes.
#[derive(Default)]
struct Growing {
    files: BTreeMap<String, String>,
}

impl Growing {
    fn new() -> Self {
        let service = "svcgen: 1\nname: hostile\ndefaults: { delete: archive }\n";
        Self {
            files: BTreeMap::from([("svcgen.yaml".to_owned(), service.to_owned())]),
        }
    }

    /// Puts the text in place, and takes it back when the checker refuses it.
    fn take(&mut self, path: String, text: String) -> Result<(), Vec<Diagnostic>> {
        let before = self.files.insert(path.clone(), text);
        let sources: Vec<Source> = self
            .files
            .iter()
            .map(|(path, text)| Source::new(path.clone(), text.clone()))
            .collect();
        let (service, diagnostics) = checked(&sources);
        if service.is_some() {
            return Ok(());
        }
        match before {
            Some(text) => self.files.insert(path, text),
            None => self.files.remove(&path),
        };
        Err(diagnostics)
    }
}

/// A refusal says where and why.
fn is_explained(word: &str, diagnostics: &[Diagnostic]) {
    let explained = diagnostics
        .iter()
        .any(|it| it.is_error() && !it.labels.is_empty() && !it.message.is_empty());
    assert!(
        explained,
        "`{word}` is refused, and nothing says why: {diagnostics:?}"
    );
}

/// What of the words is taken as what.
#[derive(Default)]
pub struct Taken {
    pub fields: Vec<String>,
    pub values: Vec<String>,
    pub entities: Vec<String>,
    pub files: BTreeMap<String, String>,
}

/// The schema of a service with every word that the checker takes.
pub fn hostile() -> Taken {
    let mut schema = Growing::new();
    let mut taken = Taken::default();
    take_fields(&mut schema, &mut taken);
    take_values(&mut schema, &mut taken);
    take_entities(&mut schema, &mut taken);
    taken.files = schema.files;
    taken
}

fn take_fields(whole: &mut Growing, taken: &mut Taken) {
    let mut held = String::new();
    // The checker sees each entity alone, which is much faster and finds the same.
    let mut schema = Growing::new();
    for (index, word) in words().iter().enumerate() {
        let number = taken.fields.len() / FIELDS;
        if taken.fields.len().is_multiple_of(FIELDS) {
            held = format!("entity: Holder{number}\nfields:\n");
            whole
                .files
                .append(&mut std::mem::replace(&mut schema, Growing::new()).files);
        }
        let field = format!("  {word}: {}\n", TYPES[index % TYPES.len()]);
        let path = format!("entities/holder{number}.yaml");
        match schema.take(path, format!("{held}{field}")) {
            Ok(()) => {
                held += &field;
                taken.fields.push(word.clone());
            }
            Err(diagnostics) => is_explained(word, &diagnostics),
        }
    }
    whole.files.append(&mut schema.files);
}

fn take_values(whole: &mut Growing, taken: &mut Taken) {
    let mut schema = Growing::new();
    for word in words() {
        // Values keep their case, and become variants in PascalCase, where two may clash.
        let shout = word.len() < 4;
        for value in [Some(word.clone()), shout.then(|| word.to_uppercase())]
            .into_iter()
            .flatten()
        {
            let mut values = taken.values.join(", ");
            write!(
                values,
                "{}{value}",
                if values.is_empty() { "" } else { ", " }
            )
            .expect("a string takes it");
            let text = format!(
                "entity: Choice\nfields:\n  kind: {{ type: enum, values: [{values}] }}\ndelete: hard\n"
            );
            match schema.take("entities/choice.yaml".to_owned(), text) {
                Ok(()) => taken.values.push(value),
                Err(diagnostics) => is_explained(&value, &diagnostics),
            }
        }
    }
    whole.files.append(&mut schema.files);
}

/// Each entity refers to the one before it, by its name.
fn take_entities(schema: &mut Growing, taken: &mut Taken) {
    let mut previous = "Choice".to_owned();
    for (index, word) in ENTITIES.iter().enumerate() {
        let id = ["uuid", "bigint", "string"][index % 3];
        let on_archive = ["restrict", "cascade", "set_null", "detach"][index % 4];
        let delete = ["archive", "hard"][index / 2 % 2];
        let field = previous.to_snake_case();
        let entity = word.to_pascal_case();
        let text = format!(
            "entity: {entity}\nid: {id}\nfields:\n  name: string\n  {field}: {{ type: {previous}?, on_archive: {on_archive} }}\n  {word}: {{ many: {previous}, through: links_{index} }}\ndelete: {delete}\n"
        );
        let plain =
            format!("entity: {entity}\nid: {id}\nfields:\n  {word}: string\ndelete: {delete}\n");
        let path = format!("entities/{}.yaml", entity.to_snake_case());
        let outcome = schema.take(path.clone(), text).or_else(|diagnostics| {
            is_explained(word, &diagnostics);
            schema.take(path, plain)
        });
        match outcome {
            Ok(()) => {
                taken.entities.push(entity.clone());
                previous = entity;
            }
            Err(diagnostics) => is_explained(word, &diagnostics),
        }
    }
}

#[test]
fn every_word_is_taken_or_refused_with_a_reason() {
    let taken = hostile();
    let said = (taken.fields.len(), taken.values.len(), taken.entities.len());
    // Were all refused, or all taken, the words would prove nothing.
    assert!(
        taken.fields.len() > 200 && taken.fields.len() < words().len(),
        "{said:?}"
    );
    assert!(taken.values.len() > 200, "{said:?}");
    assert!(taken.entities.len() > 15, "{said:?}");
}

#[test]
fn every_word_as_an_entity_is_taken_or_refused_with_a_reason() {
    let mut refused = Vec::new();
    for word in words() {
        let mut schema = Growing::new();
        let entity = word.to_pascal_case();
        let text = format!("entity: {entity}\nfields:\n  a: int\n");
        let path = format!("entities/{}.yaml", entity.to_snake_case());
        if let Err(diagnostics) = schema.take(path, text) {
            is_explained(&word, &diagnostics);
            refused.push(word);
        }
    }
    for word in [
        "self", "option", "app", "http", "serde", "con", "error", "value",
    ] {
        assert!(refused.iter().any(|it| it == word), "`{word}` is taken");
    }
    assert!(refused.len() < words().len() / 2, "{refused:?}");
}
