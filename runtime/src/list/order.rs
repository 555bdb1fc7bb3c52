//! Orders after AIP-132, such as `placed_at desc, number`, and the keys that they make.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Mistake;
use super::column::{Column, Kind, Table, Term, quoted};
use super::filter::check::no_such;
use super::filter::lex::tokens;
use super::filter::parse::{OperandKind, Parser, operands};
use crate::input::nearest;

/// The most terms of an order.
const MOST_TERMS: usize = 8;

/// One term of an order with all that a statement and a cursor need to know.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub name: Cow<'static, str>,
    pub kind: Kind,
    pub nullable: bool,
    pub descending: bool,
    pub nulls_first: bool,
}

impl Key {
    /// Nulls are the smallest values unless a caller says otherwise.
    pub(crate) fn of(column: &'static Column, descending: bool) -> Self {
        Self {
            name: Cow::Borrowed(column.name),
            kind: column.kind,
            nullable: column.nullable,
            descending,
            nulls_first: !descending,
        }
    }

    /// The same key read from the other end.
    pub(crate) fn reversed(&self) -> Self {
        Self {
            descending: !self.descending,
            nulls_first: !self.nulls_first,
            ..self.clone()
        }
    }

    /// As `order by` has it. The place of nulls is written out wherever there can be any: engines disagree on it.
    pub(crate) fn sql(&self) -> String {
        let mut sql = quoted(&self.name);
        if self.descending {
            sql.push_str(" desc");
        }
        if self.nullable {
            sql.push_str(if self.nulls_first {
                " nulls first"
            } else {
                " nulls last"
            });
        }
        sql
    }
}

/// The keys of an order in one line, which page tokens are bound to.
pub(crate) fn described(keys: &[Key]) -> String {
    let mut text = String::new();
    for key in keys {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{}{}{},",
            if key.descending { "-" } else { "" },
            key.name,
            if key.nullable && key.nulls_first == key.descending {
                "!"
            } else {
                ""
            }
        );
    }
    text
}

/// The order of a table where the caller names none.
pub(crate) fn default(table: &Table) -> Vec<Key> {
    let key = |term: &Term| {
        let column = table.column(term.column)?;
        Some(Key::of(column, term.descending))
    };
    let keys = table.default_order.iter().filter_map(key).collect();
    with_tie_break(keys, table)
}

/// The order that a caller asks for.
pub(crate) fn read(text: &str, table: &Table) -> Result<Vec<Key>, Mistake> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(default(table));
    }
    let mut keys: Vec<Key> = Vec::new();
    operands(&tokens, |parser, operand| {
        let column = match &operand.kind {
            OperandKind::Path(path) if path.len() == 1 => table
                .called(&path[0])
                .filter(|column| column.order || column.name == table.key),
            _ => None,
        };
        let Some(column) = column else {
            let names = table.columns.iter().filter(|column| column.order);
            let near = nearest(&operand.to_string(), names.map(|column| column.name));
            let what = format!("field that {} can be ordered by", table.name);
            return Err(no_such(operand.at, &operand.to_string(), &what, near));
        };
        let mut key = Key::of(column, false);
        direction(parser, &mut key)?;
        if keys.iter().any(|other| other.name == key.name) {
            let detail = format!("`{operand}` is named twice.");
            return Err(Mistake::new(operand.at, detail));
        }
        if keys.len() == MOST_TERMS {
            let detail = format!("Has more than {MOST_TERMS} terms.");
            return Err(Mistake::new(operand.at, detail));
        }
        keys.push(key);
        Ok(())
    })?;
    Ok(with_tie_break(keys, table))
}

/// `desc`, `nulls first`: what may follow the name of a term.
pub(crate) fn direction(parser: &mut Parser<'_>, key: &mut Key) -> Result<(), Mistake> {
    key.descending = parser.take_word("desc");
    if !key.descending {
        parser.take_word("asc");
    }
    key.nulls_first = !key.descending;
    if parser.take_word("nulls") {
        key.nulls_first = match (parser.take_word("first"), parser.take_word("last")) {
            (true, _) => true,
            (_, true) => false,
            _ => return Err(parser.unexpected("`first` or `last`")),
        };
    }
    Ok(())
}

/// The identifier ends every order, so that no two records share a place in it.
fn with_tie_break(mut keys: Vec<Key>, table: &Table) -> Vec<Key> {
    if let Some(at) = keys.iter().position(|key| key.name == table.key) {
        // What comes after what is unique orders nothing.
        keys.truncate(at + 1);
        return keys;
    }
    let descending = keys.last().is_none_or(|last| last.descending);
    if let Some(column) = table.column(table.key) {
        keys.push(Key::of(column, descending));
    }
    keys
}
