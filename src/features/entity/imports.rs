//! The `use` lines of a generated file: collected while it is made, written in order.

use std::collections::{BTreeMap, BTreeSet};

/// What a file uses, by the path it comes from.
#[derive(Debug, Default, Clone)]
pub struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `name` from `path`; once, however often it is asked for.
    pub fn add(&mut self, path: &str, name: &str) {
        self.0
            .entry(path.to_owned())
            .or_default()
            .insert(name.to_owned());
    }

    /// Takes several names from one path.
    pub fn add_all(&mut self, path: &str, names: &[&str]) {
        for name in names {
            self.add(path, name);
        }
    }

    /// The lines: other crates first, then this one, with an empty line between.
    pub fn lines(&self) -> Vec<String> {
        let (own, others): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .partition(|(path, _)| path.starts_with("crate") || path.starts_with("super"));
        let mut lines: Vec<String> = others.into_iter().map(line).collect();
        if !lines.is_empty() && !own.is_empty() {
            lines.push(String::new());
        }
        lines.extend(own.into_iter().map(line));
        lines
    }
}

fn line((path, names): (&String, &BTreeSet<String>)) -> String {
    let mut names = names.iter();
    match (names.next(), names.len()) {
        (Some(only), 0) => format!("use {path}::{only};"),
        (Some(first), _) => {
            let rest: Vec<&str> = names.map(String::as_str).collect();
            format!("use {path}::{{{first}, {}}};", rest.join(", "))
        }
        (None, _) => String::new(),
    }
}
