//! A migration's `tables.json`: what it changes of the tables that svcgen remembers.
//!
//! ```json
//! [
//!   { "at": "tables/authors/columns/phone", "after": "name", "is": { "name": "phone", "type": "text" } },
//!   { "at": "tables/authors/guarded" }
//! ]
//! ```
//!
//! Each entry says what a place is from now on, or, without `is`, that it is no more. Lists of
//! things with names are addressed by the name; `after` is the one that a new thing follows.
//! Folded from the first migration to the last, the entries are all that is remembered, so that
//! a branch's tables are found again from its migrations alone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tables::Schema;

/// What a place is from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The place: the keys and names that lead there, joined by `/`.
    at: String,
    /// The name of the thing that a new one follows in its list; none where it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// What is there; none where nothing is any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<Value>,
}

/// Why the tables cannot be told from the migrations.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no list of entries, or what comes out are no tables.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// An entry is about something that is not there.
    #[error("it speaks of `{0}`, which is not there")]
    Missing(String),
}

/// The text for a migration that leads from one set of tables to another.
pub fn write(old: &Schema, new: &Schema) -> Result<String, serde_json::Error> {
    let mut entries = Vec::new();
    let (old, new) = (serde_json::to_value(old)?, serde_json::to_value(new)?);
    compare("", &old, &new, &mut entries);
    let mut text = serde_json::to_string_pretty(&entries)?;
    text.push('\n');
    Ok(text)
}

/// The tables after a migration, from those before it and its text.
pub fn read(before: &Schema, text: &str) -> Result<Schema, Unreadable> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut value = serde_json::to_value(before)?;
    for entry in entries {
        let missing = || Unreadable::Missing(entry.at.clone());
        let (parent, name) = entry.at.rsplit_once('/').unwrap_or(("", &entry.at));
        let parent = find(&mut value, parent).ok_or_else(missing)?;
        set(parent, name, &entry).ok_or_else(missing)?;
    }
    Ok(serde_json::from_value(value)?)
}

fn compare(at: &str, old: &Value, new: &Value, entries: &mut Vec<Entry>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => compare_objects(at, old, new, entries),
        (Value::Array(old), Value::Array(new)) if named(old) && named(new) => {
            compare_lists(at, old, new, entries);
        }
        _ => entries.push(entry(at, None, Some(new))),
    }
}

fn compare_objects(
    at: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    entries: &mut Vec<Entry>,
) {
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        entries.push(entry(&join(at, key), None, None));
    }
    for (key, value) in new {
        match old.get(key) {
            Some(old) => compare(&join(at, key), old, value, entries),
            None => entries.push(entry(&join(at, key), None, Some(value))),
        }
    }
}

/// Things that left go first, so that what stays has the order of before; where that is not
/// the order of now, the whole list is said.
fn compare_lists(at: &str, old: &[Value], new: &[Value], entries: &mut Vec<Entry>) {
    let is_in = |list: &[Value], name: &str| list.iter().any(|it| name_of(it) == name);
    let both = |list: &[Value], other: &[Value]| -> Vec<String> {
        let names = list.iter().map(|it| name_of(it).to_owned());
        names.filter(|name| is_in(other, name)).collect()
    };
    if both(old, new) != both(new, old) {
        let whole = Value::Array(new.to_vec());
        entries.push(entry(at, None, Some(&whole)));
        return;
    }
    for gone in old.iter().filter(|it| !is_in(new, name_of(it))) {
        entries.push(entry(&join(at, name_of(gone)), None, None));
    }
    let mut before = None;
    for item in new {
        let place = join(at, name_of(item));
        match old.iter().find(|it| name_of(it) == name_of(item)) {
            Some(old) => compare(&place, old, item, entries),
            None => entries.push(entry(&place, before, Some(item))),
        }
        before = Some(name_of(item));
    }
}

fn entry(at: &str, after: Option<&str>, is: Option<&Value>) -> Entry {
    Entry {
        at: at.to_owned(),
        after: after.map(str::to_owned),
        is: is.cloned(),
    }
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() {
        key.to_owned()
    } else {
        format!("{at}/{key}")
    }
}

/// Whether each thing of a list has a name of its own that can stand in a place.
fn named(list: &[Value]) -> bool {
    let mut names: Vec<&str> = list.iter().map(name_of).collect();
    names.sort_unstable();
    let is_plain = |name: &&str| !name.is_empty() && !name.contains('/');
    names.iter().all(is_plain) && names.windows(2).all(|pair| pair[0] != pair[1])
}

fn name_of(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn find<'a>(value: &'a mut Value, place: &str) -> Option<&'a mut Value> {
    let mut found = value;
    for step in place.split('/').filter(|it| !it.is_empty()) {
        found = match found {
            Value::Object(object) => object.get_mut(step)?,
            Value::Array(list) => list.iter_mut().find(|it| name_of(it) == step)?,
            _ => return None,
        };
    }
    Some(found)
}

fn set(parent: &mut Value, name: &str, entry: &Entry) -> Option<()> {
    match (parent, &entry.is) {
        (Value::Object(object), Some(value)) => {
            object.insert(name.to_owned(), value.clone());
        }
        (Value::Object(object), None) => {
            object.shift_remove(name)?;
        }
        (Value::Array(list), None) => {
            let position = list.iter().position(|it| name_of(it) == name)?;
            list.remove(position);
        }
        (Value::Array(list), Some(value)) => {
            let position = match &entry.after {
                Some(after) => list.iter().position(|it| name_of(it) == after)? + 1,
                None => 0,
            };
            list.insert(position, value.clone());
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Schema {
        serde_json::from_str(text).unwrap()
    }

    fn table(name: &str, columns: &[&str], rest: &str) -> String {
        let columns: Vec<String> = columns
            .iter()
            .map(|it| format!(r#"{{"name":"{it}","type":"text"}}"#))
            .collect();
        format!(
            r#"{{"name":"{name}","kind":"live","columns":[{}],"primary_key":["id"]{rest}}}"#,
            columns.join(",")
        )
    }

    fn all(list: &[String]) -> Schema {
        tables(&format!(r#"{{"tables":[{}]}}"#, list.join(",")))
    }

    #[test]
    fn what_was_written_leads_from_the_old_tables_to_the_new() {
        let states = [
            all(&[]),
            all(&[table("a", &["id", "x"], "")]),
            all(&[table("a", &["id", "x", "y"], r#","guarded":true"#)]),
            all(&[table("a", &["id", "new", "y"], ""), table("b", &["id"], "")]),
            all(&[
                table("a", &["y", "id"], ""),
                table("b", &["id"], r#","identity":true"#),
            ]),
            all(&[table("b", &["first", "id"], "")]),
        ];
        for old in &states {
            for new in &states {
                let text = write(old, new).unwrap();
                assert_eq!(read(old, &text).unwrap(), *new, "{text}");
            }
        }
    }

    #[test]
    fn one_column_more_is_one_entry() {
        let old = all(&[table("a", &["id", "x"], "")]);
        let new = all(&[table("a", &["id", "y", "x"], "")]);
        let entries: Vec<Entry> = serde_json::from_str(&write(&old, &new).unwrap()).unwrap();
        let [entry] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(entry.at, "tables/a/columns/y");
        assert_eq!(entry.after.as_deref(), Some("id"));
    }

    #[test]
    fn an_entry_about_something_that_is_not_there_is_told() {
        let nothing = all(&[]);
        for text in [
            r#"[{"at":"tables/a/columns/x"}]"#,
            r#"[{"at":"tables/a"}]"#,
            r#"[{"at":"tables/a","after":"b","is":{}}]"#,
        ] {
            assert!(
                matches!(read(&nothing, text), Err(Unreadable::Missing(_))),
                "{text}"
            );
        }
        assert!(matches!(read(&nothing, "["), Err(Unreadable::Json(_))));
    }
}
