//! A YAML value without its places: what a text means, and what it is to mean after an edit.

use super::{Edit, EditError, Step};
use crate::schema::node::{Node, Value};

/// A value without its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping in its order.
    Map(Vec<(String, Tree)>),
}

/// The entries of a mapping.
type Entries = Vec<(String, Tree)>;

impl Tree {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A mapping.
    pub fn map<const N: usize>(entries: [(&str, Tree); N]) -> Self {
        Self::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// What a node means.
    pub fn of(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(digits) => Self::Number(digits.clone()),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Map(entries) => Self::Map(
                entries
                    .iter()
                    .map(|it| (it.key.value.clone(), Self::of(&it.value)))
                    .collect(),
            ),
        }
    }

    /// Makes the edit on the value, as it is to be made on the text.
    pub(super) fn edit(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::Insert {
                into,
                after,
                key,
                value,
            } => {
                let map = self.at(into)?;
                if *map == Self::Null {
                    *map = Self::Map(Vec::new());
                }
                let entries = map.entries(into)?;
                if entries.iter().any(|(name, _)| name == key) {
                    return Err(EditError::There(key.clone()));
                }
                let place = match after {
                    None => entries.len(),
                    Some(after) => position(entries, after)? + 1,
                };
                entries.insert(place, (key.clone(), value.clone()));
            }
            Edit::Rename { entry, to } => {
                let (map, index) = self.entry(entry)?;
                if map.iter().any(|(name, _)| name == to) {
                    return Err(EditError::There(to.clone()));
                }
                map[index].0.clone_from(to);
            }
            Edit::Replace { at, text } => *self.at(at)? = Self::Text(text.clone()),
            Edit::Wrap { at, key } => {
                let value = self.at(at)?;
                let inner = std::mem::replace(value, Self::Null);
                *value = Self::Map(vec![(key.clone(), inner)]);
            }
            Edit::Append { list, item } => match self.at(list)? {
                Self::List(items) => items.push(item.clone()),
                _ => return Err(EditError::missing(list)),
            },
            Edit::Remove { entry } => {
                let (map, index) = self.entry(entry)?;
                map.remove(index);
            }
        }
        Ok(())
    }

    fn at(&mut self, steps: &[Step]) -> Result<&mut Self, EditError> {
        let mut value = self;
        for step in steps {
            let next = match (value, step) {
                (Self::Map(entries), Step::Key(key)) => entries
                    .iter_mut()
                    .find(|(name, _)| name == key)
                    .map(|(_, value)| value),
                (Self::List(items), Step::Item(index)) => items.get_mut(*index),
                _ => None,
            };
            value = next.ok_or_else(|| EditError::missing(steps))?;
        }
        Ok(value)
    }

    fn entries(&mut self, steps: &[Step]) -> Result<&mut Entries, EditError> {
        match self {
            Self::Map(entries) => Ok(entries),
            _ => Err(EditError::missing(steps)),
        }
    }

    fn entry(&mut self, steps: &[Step]) -> Result<(&mut Entries, usize), EditError> {
        let missing = || EditError::missing(steps);
        let (last, before) = steps.split_last().ok_or_else(missing)?;
        let Step::Key(key) = last else {
            return Err(missing());
        };
        let entries = self.at(before)?.entries(before)?;
        let index = position(entries, key)?;
        Ok((entries, index))
    }
}

fn position(entries: &[(String, Tree)], key: &str) -> Result<usize, EditError> {
    entries
        .iter()
        .position(|(name, _)| name == key)
        .ok_or_else(|| EditError::Missing(key.to_owned()))
}
