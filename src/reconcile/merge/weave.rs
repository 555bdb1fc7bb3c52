//! Three trees merged part by part.
//!
//! A part that only one side changed is taken from that side; where both changed it,
//! its own parts are merged. Only where that fails are its lines tried, and only where
//! those fail is it a conflict: marked on lines of its own, as deep as lines go.

use super::{
    Merged, Resolution, align, lines,
    list_text::{Piece, write},
    tree::{Element, List, Node, Order, Place, Shape, Use},
    uses,
};

/// A conflict that must be marked further up, where it has lines of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash;

/// How a merge is made.
#[derive(Debug, Clone, Copy)]
pub struct Weaver {
    /// What becomes of conflicts.
    pub resolution: Resolution,
    /// Whether lines may be tried where parts fail.
    pub by_lines: bool,
}

/// One of a list's elements on each side; `None` where a side lacks it.
#[derive(Debug, Clone, Copy, Default)]
struct Row<'a> {
    base: Option<&'a Element>,
    yours: Option<&'a Element>,
    new: Option<&'a Element>,
}

impl Weaver {
    /// Merges three versions of one part.
    pub fn node(self, base: &Node, yours: &Node, new: &Node) -> Result<Merged, Clash> {
        if let Some(text) = one_sided(&base.text, &yours.text, &new.text) {
            return Ok(Merged::clean(text));
        }
        let by_parts = match (&base.shape, &yours.shape, &new.shape) {
            (Shape::Frame(base), Shape::Frame(yours), Shape::Frame(new)) => {
                self.frame(base, yours, new)
            }
            (Shape::List(base), Shape::List(yours), Shape::List(new)) => {
                self.list(base, yours, new)
            }
            (Shape::Use(base), Shape::Use(yours), Shape::Use(new)) => {
                let text = uses::merge(base, yours, new);
                text.map(|it| Merged::clean(&it)).ok_or(Clash)
            }
            (Shape::Setting, Shape::Setting, Shape::Setting) => Ok(Merged::clean(&yours.text)),
            _ => Err(Clash),
        };
        match by_parts {
            Ok(merged) if merged.conflicts == 0 => Ok(merged),
            other => match self.lines(&base.text, &yours.text, &new.text) {
                Some(text) => Ok(Merged::clean(&text)),
                None => other,
            },
        }
    }

    fn lines(self, base: &str, yours: &str, new: &str) -> Option<String> {
        let clean = || lines::clean(base, yours, new);
        self.by_lines.then(clean).flatten()
    }

    fn frame(self, base: &[Node], yours: &[Node], new: &[Node]) -> Result<Merged, Clash> {
        if base.len() != yours.len() || base.len() != new.len() {
            return Err(Clash);
        }
        let mut whole = Merged::default();
        for ((base, yours), new) in base.iter().zip(yours).zip(new) {
            whole.push(&self.node(base, yours, new)?);
        }
        Ok(whole)
    }

    fn list(self, base: &List, yours: &List, new: &List) -> Result<Merged, Clash> {
        let rows = rows(base, yours, new)?;
        // Where a list is on one line, a conflict in it has no line of its own.
        let is_inline = base.is_inline && yours.is_inline && new.is_inline;
        let frame = if new.elements.is_empty() || (new.is_inline && !yours.is_inline) {
            yours
        } else {
            new
        };
        let mut conflicts = 0;
        let mut pieces = Vec::with_capacity(rows.len());
        for row in rows {
            match self.row(row, frame) {
                Ok(None) => {}
                Ok(Some(piece)) => {
                    conflicts += piece.conflicts;
                    pieces.push(piece);
                }
                Err(Clash) if is_inline || frame.kind.place == Place::Prefix => return Err(Clash),
                Err(Clash) => {
                    let piece = self.marked(row, base, yours, new);
                    conflicts += piece.conflicts;
                    pieces.push(piece);
                }
            }
        }
        if conflicts > 0 && is_inline {
            return Err(Clash);
        }
        let open = one_sided(&base.open, &yours.open, &new.open);
        let tail = one_sided(&base.tail, &yours.tail, &new.tail)
            .map(str::to_owned)
            .or_else(|| self.lines(&base.tail, &yours.tail, &new.tail));
        let (Some(open), Some(tail)) = (open.or_else(|| blank(base, yours, new)), tail) else {
            return Err(Clash);
        };
        let tail = (tail, new.is_tail_apart || yours.is_tail_apart);
        Ok(Merged {
            text: write(frame, open, &pieces, &tail),
            conflicts,
        })
    }

    /// One element: none where it is gone, and a clash where it needs lines of its own.
    fn row(self, row: Row<'_>, frame: &List) -> Result<Option<Piece>, Clash> {
        let whole = |it: &Element| Piece::of(it, frame);
        match (row.base, row.yours, row.new) {
            (None, Some(only), None) | (None, None, Some(only)) => Ok(Some(whole(only))),
            (None, Some(yours), Some(new)) if yours.says(new) => Ok(Some(whole(yours))),
            (None, Some(yours), Some(new)) => added_names(yours, new, frame).map(Some),
            (Some(base), Some(left), None) | (Some(base), None, Some(left)) if base.says(left) => {
                Ok(None)
            }
            (Some(base), Some(yours), Some(new)) => self.element(base, yours, new, frame).map(Some),
            (_, None, None) => Ok(None),
            _ => Err(Clash),
        }
    }

    fn element(
        self,
        base: &Element,
        yours: &Element,
        new: &Element,
        frame: &List,
    ) -> Result<Piece, Clash> {
        let text = |base: &str, yours: &str, new: &str| {
            one_sided(base, yours, new)
                .map(str::to_owned)
                .or_else(|| lines::clean(base, yours, new))
                .ok_or(Clash)
        };
        let lead = text(&base.lead, &yours.lead, &new.lead)?;
        let after = text(&base.after, &yours.after, &new.after)?;
        let merged = self.node(&base.node, &yours.node, &new.node)?;
        let is_apart = if base.is_apart == yours.is_apart {
            new.is_apart
        } else {
            yours.is_apart
        };
        Ok(Piece {
            is_apart,
            conflicts: merged.conflicts,
            is_whole: false,
            text: format!("{lead}{}", merged.text),
            after,
            indentation: frame.indentation.clone(),
        })
    }

    /// An element that clashes, line by line, with its lead and what is behind it.
    fn marked(self, row: Row<'_>, base: &List, yours: &List, new: &List) -> Piece {
        let text = |element: Option<&Element>, list: &List| {
            element.map_or_else(String::new, |it| Piece::of(it, list).line(list.kind))
        };
        let merged = lines::merge(
            &text(row.base, base),
            &text(row.yours, yours),
            &text(row.new, new),
            self.resolution,
        );
        let any = row.yours.or(row.new).or(row.base);
        Piece {
            is_apart: any.is_some_and(|it| it.is_apart),
            // Lines can settle what parts cannot, and what comes of it must be looked at.
            conflicts: merged.conflicts,
            is_whole: true,
            text: merged.text,
            after: String::new(),
            indentation: String::new(),
        }
    }
}

/// Names that both sides began to use, which is no conflict.
fn added_names(yours: &Element, new: &Element, frame: &List) -> Result<Piece, Clash> {
    let (Shape::Use(in_yours), Shape::Use(in_new)) = (&yours.node.shape, &new.node.shape) else {
        return Err(Clash);
    };
    let nothing = Use {
        head: in_yours.head.clone(),
        paths: Vec::new(),
    };
    if yours.lead != new.lead && !yours.lead.is_empty() {
        return Err(Clash);
    }
    let text = uses::merge(&nothing, in_yours, in_new).ok_or(Clash)?;
    Ok(Piece {
        text: format!("{}{text}", new.lead),
        ..Piece::of(new, frame)
    })
}

/// The text that needs no merging: both sides say the same, or one did not change it.
fn one_sided<'a>(base: &str, yours: &'a str, new: &'a str) -> Option<&'a str> {
    if yours == new || base == new {
        Some(yours)
    } else if base == yours {
        Some(new)
    } else {
        None
    }
}

/// An opening without a comment is as good as another.
fn blank<'a>(base: &List, yours: &'a List, new: &'a List) -> Option<&'a str> {
    let has_comment = |it: &List| !it.open.trim().is_empty();
    match (has_comment(base), has_comment(yours), has_comment(new)) {
        (false, false, _) => Some(&new.open),
        (false, true, false) => Some(&yours.open),
        _ => None,
    }
}

impl Element {
    /// Whether it is the same, comments and all; blank lines around it aside.
    fn says(&self, other: &Self) -> bool {
        self.lead == other.lead && self.node.text == other.node.text && self.after == other.after
    }
}

/// The elements of all sides, those that are the same one beside each other, in the
/// order in which they come out.
fn rows<'a>(base: &'a List, yours: &'a List, new: &'a List) -> Result<Vec<Row<'a>>, Clash> {
    let order = base.kind.order;
    let in_yours = align::align(&base.elements, &yours.elements, order);
    let in_new = align::align(&base.elements, &new.elements, order);
    let is_reordered = !in_yours.iter().flatten().is_sorted();
    // The side that gives the order, and the one whose additions are put in.
    let (lead, lead_from, other, other_from) = if is_reordered {
        (yours, &in_yours, new, &in_new)
    } else {
        (new, &in_new, yours, &in_yours)
    };
    let mut rows: Vec<Slot<'a>> = Vec::new();
    for (element, from) in lead.elements.iter().zip(lead_from) {
        rows.push(Slot {
            base: *from,
            lead: Some(element),
            other: None,
        });
    }
    place_others(&mut rows, other, other_from, order)?;
    Ok(rows
        .into_iter()
        .map(|it| Row {
            base: it.base.map(|at| &base.elements[at]),
            yours: if is_reordered { it.lead } else { it.other },
            new: if is_reordered { it.other } else { it.lead },
        })
        .collect())
}

/// A row in the making.
struct Slot<'a> {
    base: Option<usize>,
    lead: Option<&'a Element>,
    other: Option<&'a Element>,
}

/// Puts the elements of the other side beside those that they are, or behind the one
/// that they follow.
fn place_others<'a>(
    rows: &mut Vec<Slot<'a>>,
    other: &'a List,
    from: &[Option<usize>],
    order: Order,
) -> Result<(), Clash> {
    let mut behind = 0;
    for (element, from) in other.elements.iter().zip(from) {
        let same = rows.iter().position(|row| {
            if from.is_some() {
                return row.base == *from;
            }
            let is_added = row.base.is_none() && row.other.is_none();
            let is_same = |it| is_same_addition(it, element, order);
            is_added && row.lead.is_some_and(is_same)
        });
        if let Some(at) = same {
            rows[at].other = Some(element);
            behind = at + 1;
            continue;
        }
        if from.is_none() {
            // Behind what the leading side added in the same place.
            let added = |row: &Slot<'_>| row.base.is_none() && row.other.is_none();
            let run = rows[behind..].iter().take_while(|row| added(row)).count();
            if run > 0 && order == Order::Strict {
                return Err(Clash);
            }
            behind += run;
        }
        rows.insert(
            behind,
            Slot {
                base: *from,
                lead: None,
                other: Some(element),
            },
        );
        behind += 1;
    }
    Ok(())
}

/// Whether two additions are one: what has a key of its own cannot be there twice.
fn is_same_addition(left: &Element, right: &Element, order: Order) -> bool {
    left.key == right.key && (order == Order::Free || left.node.text == right.node.text)
}
