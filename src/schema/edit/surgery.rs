//! Which bytes of a text an edit changes. What comes of it is checked by the caller, so a
//! layout that is not foreseen here costs a refusal and never a file.

use super::print::{Around, in_the_quotes_of, print, scalar};
use super::{Edit, Step, Tree};
use crate::schema::node::{Entry, Node, Value, entry};

/// The text with the edit made; `None` where the way to do that is not known.
pub(super) fn operate(text: &str, root: &Node, edit: &Edit) -> Option<String> {
    let text = Text(text);
    match edit {
        Edit::Insert {
            into,
            after,
            key,
            value,
        } => {
            let place = text.find(root, into)?;
            text.insert(&place, after.as_deref(), key, value)
        }
        Edit::Rename { entry, to } => {
            let place = text.find(root, entry)?;
            text.rename(&place, to)
        }
        Edit::Replace { at, text: new } => {
            let place = text.find(root, at)?;
            let old = text.written(place.node)?;
            let new = in_the_quotes_of(old, new, place.around);
            Some(text.replaced(place.node.span.start, place.node.span.end, &new))
        }
        Edit::Wrap { at, key } => {
            let place = text.find(root, at)?;
            let old = text.written(place.node)?;
            let inner = match (&place.node.value, old.starts_with(['"', '\''])) {
                (Value::Text(value), false) => scalar(value, Around::Flow),
                _ => old.to_owned(),
            };
            let new = format!("{{ {key}: {inner} }}");
            Some(text.replaced(place.node.span.start, place.node.span.end, &new))
        }
        Edit::Append { list, item } => {
            let place = text.find(root, list)?;
            text.append(&place, item)
        }
        Edit::Remove { entry } => {
            let place = text.find(root, entry)?;
            text.remove(&place)
        }
    }
}

struct Text<'t>(&'t str);

/// A value and what is around it.
struct Place<'n> {
    node: &'n Node,
    /// The entry whose value it is, if it is one's.
    entry: Option<&'n Entry>,
    /// The mapping that has the entry.
    parent: Option<&'n Node>,
    /// The entry whose value the mapping is.
    grandparent: Option<&'n Entry>,
    around: Around,
}

impl<'t> Text<'t> {
    fn find<'n>(&self, root: &'n Node, steps: &[Step]) -> Option<Place<'n>> {
        let mut place = Place {
            node: root,
            entry: None,
            parent: None,
            grandparent: None,
            around: Around::Block,
        };
        for step in steps {
            let around = if self.is_flow(place.node) {
                Around::Flow
            } else {
                place.around
            };
            place = match (&place.node.value, step) {
                (Value::Map(_), Step::Key(key)) => {
                    let found = entry(place.node, key)?;
                    Place {
                        node: &found.value,
                        entry: Some(found),
                        parent: Some(place.node),
                        grandparent: place.entry,
                        around,
                    }
                }
                (Value::List(items), Step::Item(index)) => Place {
                    node: items.get(*index)?,
                    entry: None,
                    parent: None,
                    grandparent: None,
                    around,
                },
                _ => return None,
            };
        }
        Some(place)
    }

    fn is_flow(&self, node: &Node) -> bool {
        let rest = self.0.get(node.span.start..).unwrap_or_default();
        rest.starts_with(['{', '['])
    }

    fn written(&self, node: &Node) -> Option<&'t str> {
        self.0.get(node.span.start..node.span.end)
    }

    fn replaced(&self, start: usize, end: usize, new: &str) -> String {
        format!("{}{new}{}", &self.0[..start], &self.0[end..])
    }

    /// How the file ends its lines.
    fn newline(&self) -> &'static str {
        match self.0.find('\n') {
            Some(at) if self.0[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.0[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line ends, its newline not counted.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.0[at..];
        let end = at + rest.find('\n').unwrap_or(rest.len());
        end - usize::from(self.0[at..end].ends_with('\r'))
    }

    fn column(&self, at: usize) -> usize {
        self.0[self.line_start(at)..at].chars().count()
    }

    fn is_first_on_its_line(&self, at: usize) -> bool {
        self.0[self.line_start(at)..at].trim().is_empty()
    }

    /// Where a value ends: one past its last byte.
    fn end(&self, entry: &Entry) -> Option<usize> {
        self.end_of(&entry.value, self.column(entry.key.span.start))
            .map(|end| end.max(entry.key.span.end))
    }

    fn end_of(&self, node: &Node, indent: usize) -> Option<usize> {
        let rest = self.0.get(node.span.start..)?;
        if rest.starts_with(['{', '[']) {
            return Some(node.span.start + closing(rest)?);
        }
        if rest.starts_with(['|', '>']) {
            return Some(self.end_of_block_scalar(node.span.start, indent));
        }
        match &node.value {
            Value::Map(entries) => self.end(entries.last()?),
            Value::List(items) => self.end_of(items.last()?, indent),
            _ => Some(node.span.end),
        }
    }

    /// A block scalar goes on as long as lines are empty or indented deeper than its key.
    fn end_of_block_scalar(&self, start: usize, indent: usize) -> usize {
        let mut end = self.line_end(start);
        let mut at = end;
        while let Some(newline) = self.0[at..].find('\n') {
            let line_start = at + newline + 1;
            let line_end = self.line_end(line_start);
            let line = &self.0[line_start..line_end];
            let depth = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() {
                if depth <= indent {
                    break;
                }
                end = line_end;
            }
            if line_start >= self.0.len() {
                break;
            }
            at = line_end;
        }
        end
    }

    fn insert(
        &self,
        place: &Place<'_>,
        after: Option<&str>,
        key: &str,
        value: &Tree,
    ) -> Option<String> {
        let entries = match &place.node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => return None,
        };
        let before = match after {
            Some(after) => entries.iter().find(|it| it.key.value == after),
            None => entries.last(),
        };
        match before {
            None => self.insert_first(place, key, value),
            Some(before) if self.is_flow(place.node) => {
                self.insert_in_flow(entries, before, key, value)
            }
            Some(before) => self.insert_line(entries, before, key, value),
        }
    }

    fn append(&self, place: &Place<'_>, item: &Tree) -> Option<String> {
        let Value::List(items) = &place.node.value else {
            return None;
        };
        if self.is_flow(place.node) {
            let new = print(item, Around::Flow);
            let Some(last) = items.last() else {
                let open = place.node.span.start;
                let close = open + closing(&self.0[open..])?;
                return Some(self.replaced(open, close, &format!("[{new}]")));
            };
            let end = self.end_of(last, 0)?;
            return Some(self.replaced(end, end, &format!(", {new}")));
        }
        // The new line begins as the last one does, with its dash.
        let last = items.last()?;
        let start = &self.0[self.line_start(last.span.start)..last.span.start];
        let line_end = self.line_end(self.end_of(last, self.column(last.span.start))?);
        let new = print(item, Around::Block);
        (start.trim() == "-").then(|| {
            format!(
                "{}{}{start}{new}{}",
                &self.0[..line_end],
                self.newline(),
                self.with_end(line_end)
            )
        })
    }

    /// Into a mapping that is empty, or not written at all.
    fn insert_first(&self, place: &Place<'_>, key: &str, value: &Tree) -> Option<String> {
        let holder = place.entry?;
        let (start, end) = match place.node.value {
            Value::Null if place.node.span == holder.key.span => {
                let colon = self.colon(holder)?;
                (colon + 1, colon + 1)
            }
            Value::Null => (place.node.span.start, place.node.span.end),
            _ => (place.node.span.start, self.end(holder)?),
        };
        if place.around == Around::Flow || !self.is_first_on_its_line(holder.key.span.start) {
            let map = Tree::Map(vec![(key.to_owned(), value.clone())]);
            let space = if start == end { " " } else { "" };
            let new = format!("{space}{}", print(&map, Around::Flow));
            return Some(self.replaced(start, end, &new));
        }
        // The braces go, and the entry stands on the line below.
        let kept = self.0[..start].trim_end_matches(' ').len();
        let line_end = self.line_end(end);
        let indent = " ".repeat(self.column(holder.key.span.start) + 2);
        let line = format!(
            "{}{indent}{}: {}",
            self.newline(),
            scalar(key, Around::Block),
            print(value, Around::Block)
        );
        Some(format!(
            "{}{}{line}{}",
            &self.0[..kept],
            &self.0[end..line_end],
            self.with_end(line_end)
        ))
    }

    /// What follows a line that was written at this place; a last line gets its newline.
    fn with_end(&self, at: usize) -> &str {
        let rest = &self.0[at..];
        if rest.is_empty() {
            self.newline()
        } else {
            rest
        }
    }

    fn insert_in_flow(
        &self,
        entries: &[Entry],
        before: &Entry,
        key: &str,
        value: &Tree,
    ) -> Option<String> {
        let new = format!(
            "{}: {}",
            scalar(key, Around::Flow),
            print(value, Around::Flow)
        );
        let end = self.end(before)?;
        let is_own_line = entries.len() > 1
            && entries
                .iter()
                .all(|it| self.is_first_on_its_line(it.key.span.start));
        if !is_own_line {
            return Some(self.replaced(end, end, &format!(", {new}")));
        }
        let has_comma = self.0[end..].starts_with(',');
        let line_end = self.line_end(end);
        let first = before.key.span.start;
        let indent = &self.0[self.line_start(first)..first];
        let trailing = if has_comma { "," } else { "" };
        let rest = &self.0[end + usize::from(has_comma)..line_end];
        Some(format!(
            "{},{rest}{}{indent}{new}{trailing}{}",
            &self.0[..end],
            self.newline(),
            &self.0[line_end..]
        ))
    }

    fn insert_line(
        &self,
        entries: &[Entry],
        before: &Entry,
        key: &str,
        value: &Tree,
    ) -> Option<String> {
        let indent = self.column(before.key.span.start);
        let key = scalar(key, Around::Block);
        let gap = match self.aligned(entries) {
            Some(column) => column
                .saturating_sub(indent + key.chars().count() + 1)
                .max(1),
            None => 1,
        };
        let line_end = self.line_end(self.end(before)?);
        Some(format!(
            "{}{}{}{key}:{}{}{}",
            &self.0[..line_end],
            self.newline(),
            " ".repeat(indent),
            " ".repeat(gap),
            print(value, Around::Block),
            self.with_end(line_end)
        ))
    }

    /// The column in which all values of a block mapping begin, where somebody has aligned them.
    fn aligned(&self, entries: &[Entry]) -> Option<usize> {
        let on_line = entries.iter().filter(|it| {
            it.value.span.start > it.key.span.end
                && self.line_start(it.value.span.start) == self.line_start(it.key.span.start)
        });
        let mut columns = on_line.clone().map(|it| self.column(it.value.span.start));
        let column = columns.next()?;
        let is_shared = columns.all(|it| it == column);
        let is_meant = on_line
            .into_iter()
            .any(|it| it.value.span.start > it.key.span.end + 2);
        (is_shared && is_meant).then_some(column)
    }

    fn colon(&self, entry: &Entry) -> Option<usize> {
        let rest = &self.0[entry.key.span.end..];
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest[spaces..]
            .starts_with(':')
            .then_some(entry.key.span.end + spaces)
    }

    fn rename(&self, place: &Place<'_>, to: &str) -> Option<String> {
        let found = place.entry?;
        let old = self.0.get(found.key.span.start..found.key.span.end)?;
        let new = in_the_quotes_of(old, to, place.around);
        let colon = self.colon(found)?;
        let value = found.value.span.start;
        let is_on_line = value > colon && self.line_start(value) == self.line_start(colon);
        let aligned = match &place.parent?.value {
            Value::Map(entries) if place.around == Around::Block => self.aligned(entries),
            _ => None,
        };
        let Some(column) = aligned.filter(|_| is_on_line) else {
            return Some(self.replaced(found.key.span.start, found.key.span.end, &new));
        };
        let used = self.column(found.key.span.start) + new.chars().count() + 1;
        let gap = " ".repeat(column.saturating_sub(used).max(1));
        Some(self.replaced(found.key.span.start, value, &format!("{new}:{gap}")))
    }

    fn remove(&self, place: &Place<'_>) -> Option<String> {
        let (found, parent) = (place.entry?, place.parent?);
        let Value::Map(entries) = &parent.value else {
            return None;
        };
        let (start, end) = (found.key.span.start, self.end(found)?);
        if self.is_flow(parent) {
            return self.remove_from_flow(entries, parent, start, end);
        }
        if !self.is_first_on_its_line(start) {
            return None;
        }
        let line_end = self.line_end(end);
        let next = line_end + self.0[line_end..].find('\n').map_or(0, |it| it + 1);
        let rest = format!("{}{}", &self.0[..self.line_start(start)], &self.0[next..]);
        if entries.len() > 1 {
            return Some(rest);
        }
        // A mapping that lost all its entries would be null.
        let colon = self.colon(place.grandparent?)?;
        Some(format!("{} {{}}{}", &rest[..=colon], &rest[colon + 1..]))
    }

    fn remove_from_flow(
        &self,
        entries: &[Entry],
        parent: &Node,
        start: usize,
        end: usize,
    ) -> Option<String> {
        if entries.len() == 1 {
            let open = parent.span.start;
            let close = open + closing(&self.0[open..])?;
            return Some(self.replaced(open, close, "{}"));
        }
        let rest = &self.0[end..];
        let trimmed = rest.trim_start();
        if let Some(after) = trimmed.strip_prefix(',') {
            let skipped = after.len() - after.trim_start_matches([' ', '\t']).len();
            let upto = self.0.len() - after.len() + skipped;
            return Some(self.replaced(start, upto, ""));
        }
        let before = self.0[..start].trim_end().strip_suffix(',')?;
        Some(self.replaced(before.len(), end, ""))
    }
}

/// One past the bracket that closes the one that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut letters = text.char_indices();
    let mut last = ' ';
    while let Some((at, letter)) = letters.next() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            // A quote inside of a word is a letter.
            '"' if !last.is_alphanumeric() => {
                while let Some((_, inner)) = letters.next() {
                    match inner {
                        '\\' => drop(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '\'' if !last.is_alphanumeric() => {
                letters.by_ref().find(|(_, inner)| *inner == '\'');
            }
            '#' if last.is_whitespace() => {
                letters.by_ref().find(|(_, inner)| *inner == '\n');
            }
            _ => {}
        }
        last = letter;
    }
    None
}
