//! Values as a person would write them on one line.

use std::fmt::Write as _;

use super::{Tree, parse};

/// What surrounds a value that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// The line ends it.
    Block,
    /// A comma or a bracket ends it.
    Flow,
}

/// The value on one line.
pub fn print(value: &Tree, around: Around) -> String {
    match value {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Number(digits) => digits.clone(),
        Tree::Text(text) => scalar(text, around),
        Tree::List(items) => {
            let items: Vec<String> = items.iter().map(|it| print(it, Around::Flow)).collect();
            format!("[{}]", items.join(", "))
        }
        Tree::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Tree::Map(entries) => {
            let entry = |(key, value): &(String, Tree)| {
                format!(
                    "{}: {}",
                    scalar(key, Around::Flow),
                    print(value, Around::Flow)
                )
            };
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A text without quotes where it stays the same text, and with them where it would not.
pub fn scalar(text: &str, around: Around) -> String {
    if is_plain(text, around) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Whether a text can do without quotes: the parser itself is asked.
fn is_plain(text: &str, around: Around) -> bool {
    let line = match around {
        Around::Block => format!("it: {text}\n"),
        Around::Flow => format!("{{ it: {text} }}\n"),
    };
    let is_line = !text.contains(['\n', '\r', '\t', '\u{85}', '\u{2028}', '\u{2029}']);
    is_line
        && parse(&line).is_ok_and(|node| Tree::of(&node) == Tree::map([("it", Tree::text(text))]))
}

/// Text as a double-quoted YAML scalar.
pub fn quoted(text: &str) -> String {
    let mut scalar = String::from("\"");
    for it in text.chars() {
        match it {
            '"' => scalar.push_str("\\\""),
            '\\' => scalar.push_str("\\\\"),
            '\n' => scalar.push_str("\\n"),
            '\t' => scalar.push_str("\\t"),
            it if it.is_control()
                || matches!(it, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') =>
            {
                // Writing to a string cannot fail.
                let _ = write!(scalar, "\\u{:04x}", u32::from(it));
            }
            it => scalar.push(it),
        }
    }
    scalar.push('"');
    scalar
}

/// A text in the quotes that another text stood in, where it had some.
pub fn in_the_quotes_of(old: &str, text: &str, around: Around) -> String {
    match old.chars().next() {
        Some('"') => quoted(text),
        Some('\'') if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => scalar(text, around),
    }
}
