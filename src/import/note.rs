//! What an import has to say: each thing that the schema says otherwise or not at all.

use std::fmt::Write as _;

use serde::Serialize;

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Something of the database is not in the schema.
    LeftOut,
    /// Something is in the schema in another form.
    Changed,
}

/// One thing worth a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// How much it matters.
    pub weight: Weight,
    /// What it is about: `orders.total`, `view v`.
    pub about: String,
    /// What became of it, and why.
    pub what: String,
}

impl Note {
    /// Something that is not in the schema.
    pub fn left_out(about: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            weight: Weight::LeftOut,
            about: about.into(),
            what: what.into(),
        }
    }

    /// Something that the schema says in another form.
    pub fn changed(about: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            weight: Weight::Changed,
            about: about.into(),
            what: what.into(),
        }
    }
}

/// Puts the weighty ones first, each once.
pub(super) fn sort(notes: &mut Vec<Note>) {
    notes.sort();
    notes.dedup();
}

/// The notes for people: two lists, each thing with its reason.
pub fn render(notes: &[Note]) -> String {
    let mut text = String::new();
    for (weight, title) in [
        (Weight::LeftOut, "Not in the schema:"),
        (Weight::Changed, "In the schema in another form:"),
    ] {
        let mut notes = notes.iter().filter(|note| note.weight == weight).peekable();
        if notes.peek().is_none() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(title);
        text.push('\n');
        for note in notes {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {}: {}", note.about, note.what);
        }
    }
    text
}
