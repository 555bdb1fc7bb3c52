//! A YAML file as a tree in which every node knows its place.
//!
//! Knows nothing of what any key means.

use crate::source::{Span, Spanned};

/// A value and its place.
pub type Node = Spanned<Value>;

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `~`, `null`, or a key without a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written, so that no digit is lost.
    Number(String),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys may repeat.
    Map(Vec<Entry>),
}

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// Its value.
    pub value: Node,
}

impl Value {
    /// What the value is called in a message.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// The entry of this key, if the node is a mapping that has it.
pub fn entry<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key.value == key),
        _ => None,
    }
}

/// The part of a span that lies in its first line: what is worth underlining of a block.
pub fn first_line(span: Span, text: &str) -> Span {
    let written = text.get(span.start..span.end).unwrap_or("");
    let line = written.lines().next().unwrap_or("").trim_end();
    Span {
        end: span.start + line.len(),
        ..span
    }
}
