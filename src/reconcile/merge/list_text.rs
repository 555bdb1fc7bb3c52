//! A merged list written out again: separators, indentation, blank lines, comments.

use super::tree::{Element, List, ListKind, Place};

/// One merged element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whether a blank line stands before it.
    pub is_apart: bool,
    /// How many conflicts are marked in it.
    pub conflicts: usize,
    /// Whether the text is whole lines, separators and indentation and all.
    pub is_whole: bool,
    /// The element with the comments before it.
    pub text: String,
    /// The comment behind it.
    pub after: String,
    /// What its line begins with.
    pub indentation: String,
}

impl Piece {
    /// An element as it is.
    pub fn of(element: &Element, list: &List) -> Self {
        Self {
            is_apart: element.is_apart,
            conflicts: 0,
            is_whole: false,
            text: format!("{}{}", element.lead, element.node.text),
            after: element.after.clone(),
            indentation: list.indentation.clone(),
        }
    }

    /// As lines of its own.
    pub fn line(&self, kind: ListKind) -> String {
        if self.is_whole {
            return self.text.clone();
        }
        format!("{}{}\n", self.indentation, self.bare(kind))
    }

    fn bare(&self, kind: ListKind) -> String {
        let space = if self.after.is_empty() { "" } else { " " };
        format!("{}{}{space}{}", self.text, kind.separator, self.after)
    }
}

/// Writes a list in the manner of one of its versions.
pub fn write(frame: &List, open: &str, pieces: &[Piece], tail: &(String, bool)) -> String {
    let fits = |it: &Piece| it.after.is_empty() && !it.is_whole;
    match frame.kind.place {
        Place::Prefix => prefix(frame, pieces, &tail.0),
        Place::Bracketed | Place::Suffix if frame.is_inline && pieces.iter().all(fits) => {
            on_one_line(frame, open, pieces, &tail.0)
        }
        Place::Suffix => {
            let mut text = lines(frame, format!("{}\n", open.trim_end()), pieces, tail);
            let ends_in_comment = pieces.last().is_some_and(|it| !it.after.is_empty());
            if !ends_in_comment && tail.0.is_empty() && text.ends_with('\n') {
                text.pop();
            }
            text
        }
        Place::Bracketed => lines(frame, format!("{}\n", open.trim_end()), pieces, tail),
        Place::Top => lines(frame, String::new(), pieces, tail),
    }
}

fn lines(frame: &List, open: String, pieces: &[Piece], tail: &(String, bool)) -> String {
    let mut text = open;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.is_apart && index > 0 {
            text.push('\n');
        }
        text.push_str(&piece.line(frame.kind));
    }
    let (comment, is_apart) = tail;
    if !comment.is_empty() {
        text.push_str(if *is_apart { "\n" } else { "" });
        text.push_str(&frame.indentation);
        text.push_str(comment);
        text.push('\n');
    }
    text.push_str(&frame.close);
    text
}

fn prefix(frame: &List, pieces: &[Piece], tail: &str) -> String {
    let line_end = format!("\n{}", frame.close);
    let is_inline = frame.is_inline && !frame.elements.is_empty();
    let mut text = String::new();
    for piece in pieces {
        text.push_str(&piece.bare(frame.kind));
        let stays = is_inline && piece.after.is_empty() && !piece.text.starts_with("//");
        text.push_str(if stays { " " } else { &line_end });
    }
    if !tail.is_empty() {
        text.push_str(tail);
        text.push_str(&line_end);
    }
    text
}

fn on_one_line(frame: &List, open: &str, pieces: &[Piece], tail: &str) -> String {
    let glue = format!("{} ", frame.kind.separator);
    let parts: Vec<&str> = pieces.iter().map(|it| it.text.as_str()).collect();
    let tail = if tail.is_empty() {
        String::new()
    } else {
        format!(" {tail}")
    };
    format!("{open}{}{tail}{}", parts.join(&glue), frame.close)
}
