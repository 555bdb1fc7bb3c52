//! Keyset pagination: what comes after a cursor, as ranges that an index can hold.
//!
//! What comes after `(a, b, id)` is not one range but several: the rest of this
//! `(a, b)`, then the rest of this `a`, then every larger `a`; and where values may be
//! null, the nulls are a range of their own. Written as one condition with `or`, no engine
//! finds its beginning; written as ranges, each is read no further than the page is long.

use super::column::quoted;
use super::order::Key;
use super::statement::Parameters;
use crate::db::Value;

/// The ranges that hold what comes after the cursor, in the order of the keys.
pub(crate) fn after(keys: &[Key], cursor: &[Value], parameters: &mut Parameters) -> Vec<String> {
    let values: Vec<String> = keys
        .iter()
        .zip(cursor)
        .map(|(key, value)| match value {
            // Nothing is compared with a null, so none is bound.
            Value::Null => String::new(),
            value => parameters.bind(key.kind, value.clone()),
        })
        .collect();
    if let Some(range) = one_range(keys, &values) {
        return vec![range];
    }
    let mut ranges = Vec::new();
    for last in (0..keys.len()).rev() {
        let same: Vec<String> = (0..last).map(|at| same(&keys[at], &values[at])).collect();
        for beyond in beyond(&keys[last], &values[last]) {
            let mut parts = same.clone();
            parts.push(beyond);
            ranges.push(parts.join(" and "));
        }
    }
    ranges
}

/// One comparison of rows, where all keys go the same way and none can be null.
fn one_range(keys: &[Key], values: &[String]) -> Option<String> {
    let descending = keys.first()?.descending;
    let is_uniform = keys
        .iter()
        .all(|key| key.descending == descending && !key.nullable);
    let names: Vec<String> = keys.iter().map(|key| quoted(&key.name)).collect();
    let operator = if descending { "<" } else { ">" };
    is_uniform.then(|| match names.as_slice() {
        [name] => format!("{name} {operator} {}", values[0]),
        _ => format!("({}) {operator} ({})", names.join(", "), values.join(", ")),
    })
}

fn same(key: &Key, value: &str) -> String {
    let name = quoted(&key.name);
    if value.is_empty() {
        format!("{name} is null")
    } else {
        format!("{name} = {value}")
    }
}

/// What comes after the value in one key: larger (or smaller) values, and nulls where they come last.
fn beyond(key: &Key, value: &str) -> Vec<String> {
    let name = quoted(&key.name);
    if value.is_empty() {
        return if key.nulls_first {
            vec![format!("{name} is not null")]
        } else {
            Vec::new()
        };
    }
    let operator = if key.descending { "<" } else { ">" };
    let mut ranges = vec![format!("{name} {operator} {value}")];
    if key.nullable && !key.nulls_first {
        ranges.push(format!("{name} is null"));
    }
    ranges
}
