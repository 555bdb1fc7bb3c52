//! What an SQLite database consists of, in a form in which two that mean the same are the same.
//!
//! SQLite keeps the texts that created everything, and rewrites parts of them itself. They are
//! read as words, without quotes and without the order of columns.

use std::collections::BTreeMap;

use rusqlite::Connection;

/// What a database consists of: by kind and name of each object, its parts.
pub type Catalog = BTreeMap<String, Vec<String>>;

/// Everything in a database, by kind and name, but what begins with `sqlite_` or `svcgen_`.
pub fn read(connection: &Connection) -> rusqlite::Result<Catalog> {
    let mut statement = connection.prepare(
        "select type, name, sql from sqlite_schema where sql is not null \
         and name not like 'sqlite\\_%' escape '\\' and name not like 'svcgen\\_%' escape '\\'",
    )?;
    let objects = statement.query_map([], |row| {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let sql: String = row.get(2)?;
        Ok((format!("{kind} {name}"), definitions(&sql)))
    })?;
    objects.collect()
}

/// The first difference between two databases, as a sentence's end.
pub fn difference(is: &Catalog, should: &Catalog) -> Option<String> {
    for (object, wanted) in should {
        let Some(found) = is.get(object) else {
            return Some(format!("the {object} is missing"));
        };
        if found != wanted {
            let lacks = wanted.iter().find(|it| !found.contains(it));
            let has = found.iter().find(|it| !wanted.contains(it));
            return Some(format!(
                "the {object} has `{}` instead of `{}`",
                has.map_or("nothing", String::as_str),
                lacks.map_or("nothing", String::as_str)
            ));
        }
    }
    let extra = is.keys().find(|object| !should.contains_key(*object))?;
    Some(format!("the {extra} is there and should not be"))
}

/// A statement as its parts: for a table each definition and what stands around them, sorted.
fn definitions(sql: &str) -> Vec<String> {
    let words = words(sql);
    let is_table = words.get(1).is_some_and(|it| it == "table");
    let (Some(open), true) = (words.iter().position(|it| it == "("), is_table) else {
        return vec![words.join(" ")];
    };
    let close = words
        .iter()
        .rposition(|it| it == ")")
        .unwrap_or(words.len());
    let mut parts = vec![words[..open].join(" "), words[close..].join(" ")];
    let mut depth = 0;
    let mut part: Vec<&str> = Vec::new();
    for word in &words[open + 1..close] {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => {
                parts.push(part.join(" "));
                part.clear();
                continue;
            }
            _ => {}
        }
        part.push(word);
    }
    parts.push(part.join(" "));
    parts.sort();
    parts
}

/// The words of a statement: identifiers without quotes, texts as they are.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '\'' || c == '"' {
            let mut word = String::new();
            while let Some(next) = chars.next() {
                if next == c {
                    if chars.peek() != Some(&c) {
                        break;
                    }
                    chars.next();
                }
                word.push(next);
            }
            words.push(if c == '"' { word } else { format!("'{word}'") });
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(next) = chars.next_if(|it| it.is_alphanumeric() || *it == '_') {
                word.push(next);
            }
            let is_keyword = word.bytes().all(|it| it.is_ascii_uppercase());
            words.push(if is_keyword {
                word.to_lowercase()
            } else {
                word
            });
        } else {
            words.push(c.to_string());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_the_order_of_columns_do_not_count() {
        let one = definitions("create table \"a\" (b text, c integer check (c in (1, 2))) strict");
        let other = definitions("CREATE TABLE a (c integer check (c in (1,2)),\n b text) strict");
        assert_eq!(one, other);
        assert_ne!(
            one,
            definitions("create table a (b text, c integer) strict")
        );
        assert_ne!(
            definitions("create index i on a (b, c)"),
            definitions("create index i on a (c, b)")
        );
    }
}
