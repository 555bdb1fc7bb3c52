//! A text cut into parts that can be merged on their own.
//!
//! The parts of a node, put together again, are its text, byte for byte: comments and
//! blank lines are text and belong to the part that follows them, or to the one
//! before them on the same line. What makes a part is decided by `rust`; how parts are
//! merged, by `weave`.

use std::ops::Range;

/// A piece of text and how it is made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The whole of it.
    pub text: String,
    /// How it is made up.
    pub shape: Shape,
}

/// How a piece of text is made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Of lines only.
    Leaf,
    /// Of something that stays as its owner set it, should he have set it: a version.
    Setting,
    /// Of parts in a fixed order, such as attributes, a head and a body.
    Frame(Vec<Node>),
    /// Of any number of parts, such as fields.
    List(List),
    /// Of the names of a `use` declaration.
    Use(Use),
}

/// A list and what stands around its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What kind of list it is.
    pub kind: ListKind,
    /// Whether it is written on one line.
    pub is_inline: bool,
    /// From the bracket to the first line end.
    pub open: String,
    /// The elements.
    pub elements: Vec<Element>,
    /// Whether a blank line stands before the comment at the end.
    pub is_tail_apart: bool,
    /// A comment after the last element.
    pub tail: String,
    /// From the last line end to the bracket: an indentation.
    pub close: String,
    /// What each element's line begins with.
    pub indentation: String,
}

/// What kind of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListKind {
    /// What stands after each element.
    pub separator: &'static str,
    /// What tells one element from another.
    pub order: Order,
    /// What stands around the elements.
    pub place: Place,
}

/// What stands around the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A bracket on each side, or what does its office.
    Bracketed,
    /// Nothing: they are what a file has.
    Top,
    /// What they belong to follows them, as an item does its attributes.
    Prefix,
    /// What they belong to stands before them, and nothing closes the list.
    Suffix,
}

/// What the place of an element in its list means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Nothing: elements are known by their keys.
    Free,
    /// Something, but two additions in the same place can stand one after the other.
    Loose,
    /// Everything: two additions in the same place are a conflict.
    Strict,
}

/// One part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What it is known by.
    pub key: String,
    /// Whether a blank line stands before it.
    pub is_apart: bool,
    /// Comments before it, up to where it begins; empty, or ends where the element begins.
    pub lead: String,
    /// The element itself.
    pub node: Node,
    /// A comment behind it on the same line.
    pub after: String,
}

/// A `use` declaration as a set of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Up to the paths: `pub use `.
    pub head: String,
    /// The whole path of each name, such as `crate::app::App` or `super::model::*`.
    pub paths: Vec<String>,
}

impl Node {
    /// Text without parts.
    pub fn leaf(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            shape: Shape::Leaf,
        }
    }

    /// Parts in a fixed order, which cover a range of a text without a gap.
    pub fn frame(parts: Vec<Node>) -> Self {
        Self {
            text: parts.iter().map(|it| it.text.as_str()).collect(),
            shape: Shape::Frame(parts),
        }
    }
}

/// An element whose surroundings are still to be worked out.
pub struct Found {
    /// What it is known by.
    pub key: String,
    /// Where it is.
    pub range: Range<usize>,
    /// What it is.
    pub node: Node,
}

/// A list of what was found in a range of a text, in order.
pub fn list(text: &str, range: Range<usize>, kind: ListKind, found: Vec<Found>) -> Node {
    let whole = &text[range.clone()];
    let is_inline = !whole.contains('\n');
    let first = found.first().map_or(range.end, |it| it.range.start);
    let open = &whole[..open_length(whole, first - range.start, kind)];
    let mut at = range.start + open.len();
    let mut line_ends = usize::from(open.ends_with('\n'));
    let mut elements: Vec<Element> = Vec::with_capacity(found.len());
    for Found { key, range, node } in found {
        let gap = Gap::of(&text[at..range.start], elements.last_mut(), kind, line_ends);
        elements.push(Element {
            key,
            is_apart: gap.is_apart,
            lead: gap.lead.to_owned(),
            node,
            after: String::new(),
        });
        (at, line_ends) = (range.end, 0);
    }
    let gap = Gap::of(&text[at..range.end], elements.last_mut(), kind, line_ends);
    // Nothing stands before the first one that could be apart from it: it is as its neighbour.
    if let [first, second, ..] = elements.as_mut_slice() {
        first.is_apart = second.is_apart;
    }
    let last_line = &whole[whole.rfind('\n').map_or(0, |at| at + 1)..];
    let blanks_at_end = &last_line[last_line.trim_end().len()..];
    let indentation = elements.first().filter(|_| !is_inline).map(|element| {
        let before = &text[..first - element.lead.len()];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        // The first element may stand behind its bracket.
        line[..line.len() - line.trim_start().len()].to_owned()
    });
    Node {
        text: whole.to_owned(),
        shape: Shape::List(List {
            kind,
            is_inline,
            open: open.to_owned(),
            is_tail_apart: gap.is_apart,
            tail: gap.lead.trim_end().to_owned(),
            close: if open.len() == whole.len() {
                ""
            } else {
                blanks_at_end
            }
            .to_owned(),
            elements,
            indentation: indentation.unwrap_or_default(),
        }),
    }
}

/// What belongs to the opening bracket: blanks on its line, and a comment behind it.
fn open_length(whole: &str, first: usize, kind: ListKind) -> usize {
    let blanks = whole.len() - whole.trim_start().len();
    match whole.find('\n') {
        _ if matches!(kind.place, Place::Top | Place::Prefix) => 0,
        None => blanks,
        Some(line_end) if line_end < first => line_end + 1,
        Some(_) => 0,
    }
}

struct Gap<'a> {
    is_apart: bool,
    lead: &'a str,
}

impl<'a> Gap<'a> {
    /// What stands between two elements: the separator, a comment on the line of the one
    /// before, blank lines, and the comments that lead to the next.
    fn of(gap: &'a str, before: Option<&mut Element>, kind: ListKind, line_ends: usize) -> Self {
        let mut rest = gap;
        if let Some(before) = before {
            let same_line = gap.find('\n').unwrap_or_else(|| {
                let separator = gap.find(kind.separator).unwrap_or(0);
                separator + kind.separator.len()
            });
            let (behind, next) = gap.split_at(same_line.min(gap.len()));
            rest = next;
            let behind = behind.trim_start();
            let behind = behind.strip_prefix(kind.separator).unwrap_or(behind);
            behind.trim().clone_into(&mut before.after);
        }
        let lead = rest.trim_start();
        let blanks = &rest[..rest.len() - lead.len()];
        Self {
            is_apart: blanks.matches('\n').count() + line_ends > 1,
            lead,
        }
    }
}
