//! Types as they are written: `text`, `decimal(12,2)?`, `list(string)`, `Customer?`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::node::{Node, Value};
use super::read::{Read, Reader};
use crate::diagnostic::{Code, Diagnostic};

/// The types that are part of the format, each with what it is.
pub const TYPES: &[(&str, &str)] = &[
    (
        "string",
        "Text of at most 255 characters, unless `max` says otherwise.",
    ),
    ("text", "Text of any length."),
    ("int", "A 32-bit integer."),
    ("bigint", "A 64-bit integer."),
    ("float", "A 64-bit floating point number."),
    (
        "decimal",
        "An exact decimal number: `decimal(precision, scale)`.",
    ),
    ("bool", "True or false."),
    ("uuid", "A UUID."),
    ("date", "A calendar date."),
    ("time", "A time of day without a zone."),
    ("timestamp", "A point in time, to the microsecond."),
    ("duration", "A span of time, to the microsecond."),
    ("json", "Any JSON value."),
    ("bytes", "Octets; base64 in JSON."),
    ("enum", "One of a closed set of names, listed in `values`."),
    ("list", "Several values of one scalar type: `list(string)`."),
];

/// A type as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeExpression {
    /// The word before any bracket.
    pub name: String,
    /// What stands in the brackets; `None` without brackets.
    pub arguments: Option<Vec<String>>,
    /// Whether a `?` follows.
    pub nullable: bool,
}

impl TypeExpression {
    /// Parses `name`, `name(arguments)` and either with a `?`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, nullable) = match text.strip_suffix('?') {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name.trim_end(), Some(arguments(rest.strip_suffix(')')?)?)),
            None => (text, None),
        };
        let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        word.then(|| Self {
            name: name.to_owned(),
            arguments,
            nullable,
        })
    }
}

/// Splits at the commas outside of inner brackets.
fn arguments(text: &str) -> Option<Vec<String>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    let parts: Vec<String> = parts.iter().map(|part| part.trim().to_owned()).collect();
    (depth == 0 && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

impl Read for TypeExpression {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            reader.wrong_shape(node, "the name of a type");
            return None;
        };
        let read = Self::parse(text);
        if read.is_none() {
            let problem = Diagnostic::new(Code::BadType, format!("`{text}` is not a type"))
                .label(node.span, "not a type");
            let open = text.contains('(') && !text.contains(')');
            reader.report(if open {
 problem.help(format!("inside `{{ }}` a comma ends the value; put the type in quotes: `\"{text},…)\"`"))
 } else {
 problem.help("write a type such as `string`, `text?`, `decimal(12,2)` or the name of an entity")
 });
        }
        read
    }
}

impl JsonSchema for TypeExpression {
    fn schema_name() -> Cow<'static, str> {
        "Type".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let simple = TYPES.iter().filter(|(name, _)| *name != "decimal");
        let words: Vec<Schema> = simple
            .map(|(name, what)| json_schema!({ "const": *name, "description": *what }))
            .collect();
        json_schema!({
            "description": "A type: a word, `decimal(12,2)`, `enum(draft, paid)`, `list(string)`, or the name of an entity. A `?` after it makes it nullable.",
            "anyOf": [
                { "oneOf": words },
                { "type": "string", "pattern": "^decimal\\([0-9 ]+,[0-9 ]+\\)\\??$", "description": "An exact decimal number.", "examples": ["decimal(12,2)", "decimal(12,2)?"] },
                { "type": "string", "pattern": "^(enum|list)\\(.*\\)\\??$", "examples": ["list(string)", "enum(draft, paid)"] },
                { "type": "string", "pattern": "^(string|text|int|bigint|float|bool|uuid|date|time|timestamp|duration|json|bytes|enum)\\?$", "description": "A nullable type." },
                { "type": "string", "pattern": "^[A-Z][A-Za-z0-9]*\\??$", "description": "A reference to a record of another entity; the column adds `_id`." },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TypeExpression;

    #[test]
    fn types_are_read_as_written() {
        let read = TypeExpression::parse("decimal( 12, 2 )?").unwrap();
        assert_eq!(read.name, "decimal");
        assert_eq!(read.arguments, Some(vec!["12".to_owned(), "2".to_owned()]));
        assert!(read.nullable);
        let list = TypeExpression::parse("list(decimal(12,2))").unwrap();
        assert_eq!(list.arguments, Some(vec!["decimal(12,2)".to_owned()]));
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for bad in [
            "",
            "?",
            "decimal(12",
            "a b",
            "a)",
            "text??",
            "x(,)",
            "x(()",
            "x())",
        ] {
            assert!(TypeExpression::parse(bad).is_none(), "{bad}");
        }
    }
}
