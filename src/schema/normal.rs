//! The schema without its comments and layout: what svcgen remembers of it, to make once
//! more what it made last.
//!
//! Each file is kept as JSON, which is YAML as well, so it is read like any other.

use std::fmt::Write as _;

use super::{Value, yaml};
use crate::source::{Source, SourceId};

/// All files as one JSON document, the content of each under its path.
/// `None` if one of them cannot be read.
pub fn normalised(sources: &[Source]) -> Option<String> {
    let mut text = String::from("{");
    for (index, source) in sources.iter().enumerate() {
        let node = yaml::parse(source, SourceId(0)).ok()?;
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&quoted(&source.path));
        text.push_str(": ");
        write(&node.value, 0, &mut text);
    }
    text.push_str("\n}\n");
    Some(text)
}

/// The files of a document that [`normalised`] made; `None` for any other text.
pub fn restored(text: &str) -> Option<Vec<Source>> {
    let whole = Source::new("", text.to_owned());
    let Value::Map(files) = yaml::parse(&whole, SourceId(0)).ok()?.value else {
        return None;
    };
    let source = |file: super::Entry| {
        let mut text = String::new();
        write(&file.value.value, 0, &mut text);
        Source::new(file.key.value, text)
    };
    Some(files.into_iter().map(source).collect())
}

/// A line for each entry of the outer mappings, so that a change of the schema is a small
/// change here.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(digits) => text.push_str(digits),
        Value::Text(value) => text.push_str(&quoted(value)),
        Value::List(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(&value.value, depth + 2, text);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            let glue = match depth {
                0 | 1 => format!("\n{}", "  ".repeat(depth + 1)),
                _ => " ".to_owned(),
            };
            text.push('{');
            for (index, entry) in entries.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                // Writing to a string cannot fail.
                let _ = write!(text, "{glue}{}: ", quoted(&entry.key.value));
                write(&entry.value.value, depth + 1, text);
            }
            text.push_str(if entries.is_empty() { "" } else { &glue[..1] });
            text.push('}');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether two nodes say the same, wherever they stand.
#[cfg(test)]
fn same(left: &super::Node, right: &super::Node) -> bool {
    match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
        }
        (Value::Map(left), Value::Map(right)) => {
            let alike = |(a, b): (&super::Entry, &super::Entry)| {
                a.key.value == b.key.value && same(&a.value, &b.value)
            };
            left.len() == right.len() && left.iter().zip(right).all(alike)
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_restored_says_the_same() {
        let texts = [
            "svcgen: 1\n# comment\nname: shop\ndoc: |\n  Two\n  \"lines\".\nfeatures: { http: {}, openapi: }\n",
            "entity: Order\nfields:\n  total: decimal(12,2)\n  rate: { type: decimal(4,2), default: 1.50 }\n  id: 00012\n  on: yes\n  note: 'it''s é\u{1f600}'\n",
        ];
        let sources: Vec<Source> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| Source::new(format!("entities/{index}.yaml"), (*text).to_owned()))
            .collect();
        let text = normalised(&sources).expect("YAML");
        assert!(!text.contains("comment"));
        let restored = restored(&text).expect("as it was written");
        assert_eq!(restored.len(), 2);
        for (before, after) in sources.iter().zip(&restored) {
            assert_eq!(before.path, after.path);
            let parse = |source| yaml::parse(source, SourceId(0)).expect("YAML");
            assert!(same(&parse(before), &parse(after)), "{}", after.text);
        }
        assert_eq!(normalised(&restored), Some(text));
    }
}
