//! SQL texts as Rust expressions.
//!
//! What several statements of a slice say alike, such as the columns of its table, stands in a
//! constant. A text says `constant("COLUMNS")` where that belongs, and is put together from its
//! pieces by the compiler: one more column is one more line in one place. Knows nothing of tables.

use serde::Serialize;

/// A piece of SQL that several statements share.
#[derive(Debug, Clone, Serialize)]
pub struct Shared {
    /// The constant's name.
    pub name: String,
    /// What it holds, as a sentence.
    pub doc: String,
    /// The Rust literal.
    pub literal: String,
}

impl Shared {
    /// A constant of this text, whose lines stand under each other.
    pub fn new(name: &str, doc: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(wrapped).collect();
        let text = lines.join("\n").replace('\n', "\n    ");
        let literal = if text.contains('"') {
            format!("r#\"\n    {text}\"#")
        } else {
            format!("\"\n    {text}\"")
        };
        Self {
            name: name.to_owned(),
            doc: doc.to_owned(),
            literal,
        }
    }
}

/// Around the path of a constant, in a text: private use, so no schema has them.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// Line length up to which lists are filled.
const WIDTH: usize = 84;

/// A constant in a text, by its path from where the statement stands.
pub fn constant(path: &str) -> String {
    format!("{OPEN}{path}{CLOSE}")
}

/// A SQL text as a Rust expression of a `&'static str`, on a line that is indented so far.
///
/// It is laid out as `rustfmt` would do it, who leaves an item alone in which a literal is wider
/// than the page: under a narrower page than the usual one, that is.
pub fn expression(sql: &str, indent: &str) -> String {
    match pieces(sql).as_slice() {
        [only] => only.clone(),
        pieces => call("db::text!", pieces, indent),
    }
}

/// A macro call with a line for each piece.
pub fn call(name: &str, pieces: &[String], indent: &str) -> String {
    let line = format!("\n{indent}    ");
    format!(
        "{name}({line}{}\n{indent})",
        pieces.join(&format!(",{line}"))
    )
}

/// The literals and constants that a SQL text consists of.
pub fn pieces(sql: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for (index, part) in sql.split(OPEN).enumerate() {
        let (path, text) = match part.split_once(CLOSE) {
            Some((path, text)) if index > 0 => (Some(path), text),
            _ => (None, part),
        };
        pieces.extend(path.map(str::to_owned));
        if !text.is_empty() {
            // A piece goes on where the constant ends: a space parts them as well as a line would.
            let text = match text.strip_prefix('\n').map(str::trim_start) {
                Some(rest) if rest.starts_with(')') => rest.to_owned(),
                Some(rest) => format!(" {rest}"),
                None => text.to_owned(),
            };
            pieces.push(literal(&text));
        }
    }
    pieces
}

/// A SQL text as a Rust literal whose lines stand under each other.
fn literal(sql: &str) -> String {
    let lines: Vec<String> = sql.split('\n').map(wrapped).collect();
    let aligned = lines.join("\n").replace('\n', "\n     ");
    if sql.contains('"') {
        format!("r#\"{}\"#", aligned.replace("\n     ", "\n       "))
    } else {
        format!("\"{aligned}\"")
    }
}

/// A line of SQL, broken at spaces outside of quotes where it is too long: `rustfmt`
/// leaves a whole item as it is when a literal in it is wider than the page.
fn wrapped(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let mut text = String::new();
    let mut rest = line.to_owned();
    while rest.len() > WIDTH {
        let Some(at) = break_before(&rest, indent) else {
            break;
        };
        text.push_str(rest[..at].trim_end());
        text.push('\n');
        rest = format!("{}{}", " ".repeat(indent + 4), rest[at..].trim_start());
    }
    text.push_str(&rest);
    text
}

/// The last space within the width that is outside of quotes and past the indentation.
fn break_before(line: &str, indent: usize) -> Option<usize> {
    let mut quote = None;
    let mut found = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, ' ') if at > indent + 4 && at <= WIDTH => found = Some(at),
            _ => {}
        }
    }
    found
}

/// Columns, one a line, so that one more is one more line.
pub fn listed(columns: &[String], indent: &str) -> String {
    columns.join(&format!(",\n{indent}"))
}

/// Items separated by commas, filled into lines.
pub fn filled(items: &[String], indent: &str) -> String {
    let mut text = String::new();
    let mut column = indent.len();
    for (position, item) in items.iter().enumerate() {
        let last = position + 1 == items.len();
        if position > 0 {
            if column + item.len() + 2 > WIDTH {
                text.push('\n');
                text.push_str(indent);
                column = indent.len();
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text.push_str(item);
        column += item.len() + 1;
        if !last {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_part_a_text_into_pieces() {
        let columns = constant("COLUMNS");
        let text = format!("select\n    {columns}\nfrom \"order\"");
        assert_eq!(
            expression(&text, ""),
            "db::text!(\n    \"select\n         \",\n    COLUMNS,\n    r#\" from \"order\"\"#\n)"
        );
        assert_eq!(expression(&columns, ""), "COLUMNS");
        assert_eq!(expression("select 1", ""), "\"select 1\"");
    }

    #[test]
    fn long_lines_break_outside_of_quotes() {
        let start = format!("select {}", "column, ".repeat(8).trim_end());
        let line = format!("{start} 'a text of several words', other");
        assert_eq!(
            wrapped(&line),
            format!("{start}\n    'a text of several words', other")
        );
    }
}
