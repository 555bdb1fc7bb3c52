//! TOML as a tree of parts: tables, their keys, and lists of values.
//!
//! Keys that svcgen never wrote are in no base and in no new text, so they stay.
//! Lists of text, such as features, are sets. The version of a dependency is a setting:
//! whoever changed it keeps it.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Table, Value};

use super::tree::{Found, ListKind, Node, Order, Place, Shape, list};

const TABLES: ListKind = ListKind {
    separator: "",
    order: Order::Free,
    place: Place::Top,
};
const KEYS: ListKind = ListKind {
    place: Place::Suffix,
    ..TABLES
};
const VALUES: ListKind = ListKind {
    separator: ",",
    order: Order::Free,
    place: Place::Bracketed,
};

/// A file as a tree; `None` for what is no TOML.
pub fn parse(text: &str) -> Option<Node> {
    let document = Document::parse(text).ok()?;
    let mut keys = Vec::new();
    collect(text, document.as_table(), &mut keys)?;
    keys.sort_by_key(|it| it.range.start);
    let headers = headers(text, &keys);
    let first = headers.first().map_or(text.len(), |it| it.start);
    let mut tables = Vec::new();
    let mut keys = keys.into_iter().peekable();
    // The keys above the first header are elements like the tables.
    while let Some(key) = keys.next_if(|it| it.range.start < first) {
        tables.push(key);
    }
    for (index, header) in headers.iter().enumerate() {
        let end = headers.get(index + 1).map_or(text.len(), |it| it.start);
        let mut inside = Vec::new();
        while let Some(key) = keys.next_if(|it| it.range.start < end) {
            inside.push(key);
        }
        tables.push(table(text, header.clone(), inside));
    }
    let node = list(text, 0..text.len(), TABLES, tables);
    Some(Node::frame(vec![node]))
}

fn table(text: &str, header: Range<usize>, inside: Vec<Found>) -> Found {
    let end = inside.last().map_or(header.end, |it| {
        // A comment behind the last key is the key's.
        let line = text[it.range.end..]
            .find('\n')
            .unwrap_or(text.len() - it.range.end);
        it.range.end + line
    });
    let name = &text[header.clone()];
    Found {
        key: name.split_whitespace().collect(),
        range: header.start..end,
        node: Node::frame(vec![
            Node::leaf(name),
            list(text, header.end..end, KEYS, inside),
        ]),
    }
}

/// The headers of tables: lines that begin with a bracket and are in no value.
fn headers(text: &str, keys: &[Found]) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let is_in_value = || keys.iter().any(|it| it.range.contains(&start));
        if text[start.min(text.len())..].starts_with('[') && start < at && !is_in_value() {
            let end = line
                .find('#')
                .map_or(line.trim_end().len(), |it| line[..it].trim_end().len());
            found.push(start..at - line.len() + end);
        }
    }
    found
}

/// All keys with a value, in whatever table.
fn collect(text: &str, table: &Table, found: &mut Vec<Found>) -> Option<()> {
    for (name, item) in table {
        match item {
            Item::Table(table) if table.is_dotted() => dotted(text, table, name, found)?,
            Item::Table(table) => collect(text, table, found)?,
            Item::ArrayOfTables(tables) => {
                for table in tables {
                    collect(text, table, found)?;
                }
            }
            Item::Value(value) => {
                let key = table.get_key_value(name)?.0;
                found.push(entry(text, name, key.span()?, value)?);
            }
            Item::None => {}
        }
    }
    Some(())
}

/// `a.b = 1` stands on one line, and its key begins there.
fn dotted(text: &str, table: &Table, before: &str, found: &mut Vec<Found>) -> Option<()> {
    for (name, item) in table {
        let name = format!("{before}.{name}");
        match item {
            Item::Value(value) => {
                let end = value.span()?.end;
                let start = text[..value.span()?.start]
                    .rfind('\n')
                    .map_or(0, |at| at + 1);
                found.push(Found {
                    key: name,
                    range: start..end,
                    node: Node::leaf(&text[start..end]),
                });
            }
            Item::Table(table) => dotted(text, table, &name, found)?,
            Item::None | Item::ArrayOfTables(_) => {}
        }
    }
    Some(())
}

fn entry(text: &str, name: &str, key: Range<usize>, value: &Value) -> Option<Found> {
    let at = value.span()?;
    Some(Found {
        key: name.to_owned(),
        range: key.start..at.end,
        node: Node::frame(vec![
            Node::leaf(&text[key.start..at.start]),
            self::value(text, name, value)?,
        ]),
    })
}

fn value(text: &str, name: &str, value: &Value) -> Option<Node> {
    let at = value.span()?;
    let inside = at.start + 1..at.end.checked_sub(1)?;
    let bracketed = |found| {
        Node::frame(vec![
            Node::leaf(&text[at.start..inside.start]),
            list(text, inside.clone(), VALUES, found),
            Node::leaf(&text[inside.end..at.end]),
        ])
    };
    Some(match value {
        Value::Array(array) if array.iter().all(Value::is_str) => {
            let found = array.iter().map(|it| {
                let range = it.span()?;
                Some(Found {
                    key: text[range.clone()].to_owned(),
                    node: Node::leaf(&text[range.clone()]),
                    range,
                })
            });
            bracketed(found.collect::<Option<_>>()?)
        }
        Value::InlineTable(table) => bracketed(entries(text, table)?),
        Value::String(_) if name == "version" => Node {
            text: text[at].to_owned(),
            shape: Shape::Setting,
        },
        Value::String(_) => as_dependency(&text[at]),
        _ => Node::leaf(&text[at]),
    })
}

fn entries(text: &str, table: &InlineTable) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for (name, inner) in table.get_values() {
        let [key] = name.as_slice() else { return None };
        found.push(entry(text, key.get(), key.span()?, inner)?);
    }
    Some(found)
}

/// A text, which may be a dependency's version: beside a table it is one with just that.
fn as_dependency(text: &str) -> Node {
    let whole = format!("version = {text}");
    let setting = |text: &str| Node {
        text: text.to_owned(),
        shape: Shape::Setting,
    };
    let version = Found {
        key: "version".to_owned(),
        range: 1..1 + whole.len(),
        node: Node::frame(vec![Node::leaf("version = "), setting(text)]),
    };
    let padded = format!(" {whole} ");
    let parts = list(&padded, 0..padded.len(), VALUES, vec![version]);
    let table = Node::frame(vec![Node::leaf("{"), parts, Node::leaf("}")]);
    Node {
        text: text.to_owned(),
        shape: table.shape,
    }
}
