//! The names and docs of an entity as the templates interpolate them.

use serde::Serialize;

use crate::model::Entity;

use super::rust;

/// Names and docs that every template of a slice uses.
#[derive(Debug, Clone, Serialize)]
pub struct Naming {
    /// `Order`
    pub entity: String,
    /// `order`, as a module and a path.
    pub module: String,
    /// `order`, as a variable that clashes with none of the template's own.
    pub var: String,
    /// `orders`, as a field.
    pub plural: String,
    /// `order line`
    pub sentence: String,
    /// `an order line`
    pub a_sentence: String,
    /// `An order line`
    pub capital_a_sentence: String,
    /// `order lines`
    pub plural_sentence: String,
    /// `Order lines`
    pub capital_plural: String,
    /// The schema's words, as doc lines.
    pub doc: Vec<String>,
}

/// Variables that the templates use themselves.
pub const TAKEN_VARIABLES: &[&str] = &[
    "after",
    "aggregation",
    "app",
    "batch",
    "before",
    "caller",
    "changed",
    "changes",
    "conditions",
    "created",
    "current",
    "edit",
    "expected",
    "found",
    "id",
    "inside",
    "listing",
    "mask",
    "merge",
    "new",
    "now",
    "outcome",
    "page",
    "reason",
    "removal",
    "row",
    "rows",
    "rules",
    "saved",
    "size",
    "statement",
    "tx",
    "unit",
    "work",
    "write",
    "parameters",
    "error",
    "body",
    "http",
    "db",
    "input",
    "last",
    "params",
];

impl Naming {
    /// The names of an entity.
    pub fn of(entity: &Entity) -> Self {
        let snake = entity.name.snake();
        let sentence = entity.name.sentence();
        let plural_sentence = entity.name.plural_sentence();
        let fallback = format!(
            "{}.",
            capitalised(&format!("{} {sentence}", article(sentence)))
        );
        Self {
            entity: entity.name.pascal().to_owned(),
            module: rust::escaped(snake),
            var: if TAKEN_VARIABLES.contains(&snake) {
                "record".to_owned()
            } else {
                rust::escaped(snake)
            },
            plural: rust::escaped(entity.name.plural_snake()),
            a_sentence: format!("{} {sentence}", article(sentence)),
            capital_a_sentence: capitalised(&format!("{} {sentence}", article(sentence))),
            capital_plural: capitalised(plural_sentence),
            doc: doc_lines(entity.doc.as_deref()).unwrap_or_else(|| vec![fallback]),
            sentence: sentence.to_owned(),
            plural_sentence: plural_sentence.to_owned(),
        }
    }
}

/// `a` or `an`.
pub fn article(sentence: &str) -> &'static str {
    match sentence.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o') => "an",
        _ => "a",
    }
}

/// The text with a capital first letter.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A schema's doc as lines; none when there is nothing to say.
pub fn doc_lines(doc: Option<&str>) -> Option<Vec<String>> {
    let lines: Vec<String> = doc?
        .trim()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    (!lines.is_empty()).then_some(lines)
}
