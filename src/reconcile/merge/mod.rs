//! Three texts come together: what was generated last, what its owner made of it, and
//! what is generated now.
//!
//! Rust and TOML are merged part by part, everything else line by line. What comes of
//! Rust parses, and of TOML too, and nothing is defined twice that was not before; where that cannot
//! be had, it is a conflict. Pure: texts in, text out. What is merged, and what becomes
//! of conflicts, others decide.

mod align;
mod body;
pub mod layout;
pub mod lines;
mod list_text;
pub mod markers;
mod rust;
mod toml;
mod tree;
mod uses;
mod weave;

use std::{collections::BTreeSet, path::Path};

use self::{
    tree::{List, Node, Shape},
    weave::{Clash, Weaver},
};

/// What becomes of places that both sides changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Both versions are written, between markers.
    Markers,
    /// The owner's version is taken.
    Yours,
    /// The generator's version is taken.
    Generated,
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// The text.
    pub text: String,
    /// How many places both sides changed, whatever became of them.
    pub conflicts: usize,
}

impl Merged {
    fn clean(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            conflicts: 0,
        }
    }

    fn push(&mut self, part: &Self) {
        self.text.push_str(&part.text);
        self.conflicts += part.conflicts;
    }
}

/// The three texts, with LF and without a byte order mark.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// What was generated last.
    pub base: &'a str,
    /// What its owner made of it.
    pub yours: &'a str,
    /// What is generated now.
    pub new: &'a str,
}

/// What kind of text a file holds, for the purposes of merging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// TOML.
    Toml,
    /// Lines.
    Text,
}

impl Language {
    /// Of the file at a path.
    pub fn of(path: &str) -> Self {
        match Path::new(path).extension().and_then(|it| it.to_str()) {
            Some("rs") => Self::Rust,
            Some("toml") => Self::Toml,
            _ => Self::Text,
        }
    }

    /// The text as a tree of parts: every text is one, except for what is no Rust or no TOML.
    fn parse(self, text: &str) -> Option<Node> {
        match self {
            Self::Rust => rust::parse(text),
            Self::Toml => toml::parse(text),
            Self::Text => Some(Node::leaf(text)),
        }
    }

    /// Why a text cannot be merged as what it should be, if so.
    pub fn problem(self, text: &str) -> Option<String> {
        match self {
            Self::Rust => syn::parse_file(text)
                .err()
                .map(|it| format!("line {}: {it}", it.span().start().line)),
            Self::Toml => toml_edit::Document::parse(text)
                .err()
                .map(|it| it.message().to_owned()),
            Self::Text => None,
        }
    }
}

/// Merges three versions of a text.
pub fn merge(language: Language, versions: Versions<'_>, resolution: Resolution) -> Merged {
    let marked = attempt(language, versions, Resolution::Markers);
    if marked.conflicts == 0 || resolution == Resolution::Markers {
        return marked;
    }
    let resolved = attempt(language, versions, resolution);
    if language.parse(&resolved.text).is_some() && !markers::are_in(resolved.text.as_bytes()) {
        return resolved;
    }
    // Side by side the choices make no sense: one side it is, as a whole.
    let side = match resolution {
        Resolution::Generated => versions.new,
        Resolution::Yours | Resolution::Markers => versions.yours,
    };
    Merged {
        text: side.to_owned(),
        conflicts: marked.conflicts,
    }
}

fn attempt(language: Language, versions: Versions<'_>, resolution: Resolution) -> Merged {
    let Versions { base, yours, new } = versions;
    let by_lines = || lines::merge(base, yours, new, resolution);
    let trees = (
        language.parse(base),
        language.parse(yours),
        language.parse(new),
    );
    let (Some(base_tree), Some(mut yours_tree), Some(new_tree)) = trees else {
        return by_lines();
    };
    drop_repeated_names(&base_tree, &mut yours_tree, &new_tree);
    let mut best: Option<Merged> = None;
    for tries_lines in [true, false] {
        let weaver = Weaver {
            resolution,
            by_lines: tries_lines,
        };
        let merged = match weaver.node(&base_tree, &yours_tree, &new_tree) {
            Ok(merged) => merged,
            Err(Clash) => by_lines(),
        };
        if merged.conflicts == 0 && is_sound(language, &merged.text, &[&yours_tree, &new_tree]) {
            return merged;
        }
        let is_better = best
            .as_ref()
            .is_none_or(|it| merged.conflicts < it.conflicts);
        if merged.conflicts > 0 && is_better {
            best = Some(merged);
        }
    }
    best.unwrap_or_else(|| Merged {
        text: markers::conflict(yours, base, new),
        conflicts: 1,
    })
}

/// A name that both sides began to use, in whatever declarations, is used once.
fn drop_repeated_names(base: &Node, yours: &mut Node, new: &Node) {
    if let (Some(base), Some(new)) = (items(base), items(new))
        && let Shape::Frame(parts) = &mut yours.shape
        && let Some(Shape::List(list)) = parts.last_mut().map(|it| &mut it.shape)
    {
        uses::without_those_of(&mut list.elements, &base.elements, &new.elements);
    }
}

fn items(file: &Node) -> Option<&List> {
    match &file.shape {
        Shape::Frame(parts) => match &parts.last()?.shape {
            Shape::List(list) => Some(list),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a merged text can be read, and defines nothing twice that no side does.
fn is_sound(language: Language, text: &str, sides: &[&Node]) -> bool {
    let Some(tree) = language.parse(text) else {
        return false;
    };
    let mut known = BTreeSet::new();
    for side in sides {
        repeated(side, "", &mut known);
    }
    let mut found = BTreeSet::new();
    repeated(&tree, "", &mut found);
    found.is_subset(&known)
}

/// What is there twice although a key should tell.
fn repeated(node: &Node, place: &str, found: &mut BTreeSet<String>) {
    match &node.shape {
        Shape::Frame(parts) => parts.iter().for_each(|it| repeated(it, place, found)),
        Shape::List(list) => {
            let mut seen = BTreeSet::new();
            for element in &list.elements {
                let here = format!("{place}/{}", element.key);
                let is_named = list.kind.order == tree::Order::Free;
                if is_named && !seen.insert(&element.key) {
                    found.insert(here.clone());
                }
                repeated(&element.node, &here, found);
            }
        }
        Shape::Leaf | Shape::Setting | Shape::Use(_) => {}
    }
}

#[cfg(test)]
mod tests;
