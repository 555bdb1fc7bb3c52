//! Edits of YAML files that people wrote: a few bytes change, and everything else stays as it
//! is: comments, the order of keys, quotes, alignment, line endings.
//!
//! An edit is made on the text, at the places that the parser names. Then the text is parsed
//! again, and must mean exactly what the old text meant with the edit made on its value. Where
//! it does not (an alias stands there, or a layout that the edit did not foresee), nothing
//! is changed and the edit is refused. Knows no disk and nothing of what keys mean, but for
//! [`refactor`].

pub mod answer;
pub mod print;
pub mod refactor;
mod surgery;
mod tree;

pub use tree::Tree;

use std::fmt::Write as _;

use super::node::{Node, entry};
use super::yaml;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, SourceId};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One step on the way from the top of a file to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the entry of this key.
    Key(String),
    /// Into this item of a list.
    Item(usize),
}

/// One change of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new entry of a mapping; what is null becomes a mapping.
    Insert {
        /// The mapping.
        into: Vec<Step>,
        /// The key that it follows; the last one, where none is named.
        after: Option<String>,
        /// Its key.
        key: String,
        /// Its value.
        value: Tree,
    },
    /// A key gets another name.
    Rename {
        /// The entry.
        entry: Vec<Step>,
        /// The new key.
        to: String,
    },
    /// A scalar becomes this text.
    Replace {
        /// The scalar.
        at: Vec<Step>,
        /// The text.
        text: String,
    },
    /// A scalar becomes a mapping that has it under a key.
    Wrap {
        /// The scalar.
        at: Vec<Step>,
        /// The key.
        key: String,
    },
    /// A list gets one more item, at its end.
    Append {
        /// The list.
        list: Vec<Step>,
        /// The item.
        item: Tree,
    },
    /// An entry goes.
    Remove {
        /// The entry.
        entry: Vec<Step>,
    },
}

/// Why a file was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read.
    #[error("{}", .0.message)]
    Unreadable(Box<Diagnostic>),
    /// What was to be edited is not there.
    #[error("there is no `{0}`")]
    Missing(String),
    /// What was to be inserted is there.
    #[error("`{0}` is there already")]
    There(String),
    /// The text would have come to mean something else.
    #[error("`{0}` is written in a way that svcgen does not dare to edit, such as an alias")]
    Unforeseen(String),
}

impl EditError {
    fn missing(steps: &[Step]) -> Self {
        Self::Missing(name(steps))
    }
}

/// `fields.total`
fn name(steps: &[Step]) -> String {
    let mut name = String::new();
    for step in steps {
        let dot = if name.is_empty() { "" } else { "." };
        // Writing to a string cannot fail.
        let _ = match step {
            Step::Key(key) => write!(name, "{dot}{key}"),
            Step::Item(index) => write!(name, "[{index}]"),
        };
    }
    name
}

/// The steps to a value, written `fields.total`; no key may hold a dot.
pub fn steps(path: &str) -> Vec<Step> {
    path.split('.')
        .filter(|it| !it.is_empty())
        .map(|it| Step::Key(it.to_owned()))
        .collect()
}

/// Makes the edits, one after the other, on a file as it lies on the disk.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let (mark, mut body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (BYTE_ORDER_MARK, body.to_owned()),
        None => ("", text.to_owned()),
    };
    for edit in edits {
        body = one(&body, edit)?;
    }
    Ok(format!("{mark}{body}"))
}

fn one(text: &str, edit: &Edit) -> Result<String, EditError> {
    let node = parse(text)?;
    let mut wanted = Tree::of(&node);
    wanted.edit(edit)?;
    let refused = || EditError::Unforeseen(name(edit.place()));
    let edited = surgery::operate(text, &node, edit).ok_or_else(refused)?;
    match parse(&edited) {
        Ok(node) if Tree::of(&node) == wanted => Ok(edited),
        _ => Err(refused()),
    }
}

/// One value, as a schema writes it after a key; nothing is null.
pub fn value(text: &str) -> Result<Tree, EditError> {
    let node = parse(&format!("value: {text}\n"))?;
    let value = entry(&node, "value");
    Ok(value.map_or(Tree::Null, |it| Tree::of(&it.value)))
}

/// Parses a text that is shown to nobody.
pub fn parse(text: &str) -> Result<Node, EditError> {
    let source = Source::new(
        "",
        text.strip_prefix(BYTE_ORDER_MARK)
            .unwrap_or(text)
            .to_owned(),
    );
    yaml::parse(&source, SourceId(0)).map_err(|it| EditError::Unreadable(Box::new(it)))
}

impl Edit {
    fn place(&self) -> &[Step] {
        match self {
            Self::Insert { into, .. } => into,
            Self::Append { list, .. } => list,
            Self::Rename { entry, .. } | Self::Remove { entry } => entry,
            Self::Replace { at, .. } | Self::Wrap { at, .. } => at,
        }
    }
}

#[cfg(test)]
mod tests;
