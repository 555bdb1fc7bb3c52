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

/// A range of the order, as an index can hold it.
#[derive(Debug)]
pub(crate) enum Range {
    /// The rows whose keys, compared as one row, lie beyond the cursor.
    Beyond,
    /// What holds of each key, the first one first.
    Each(Vec<Bound>),
}

/// What holds of one key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// It is what the cursor has.
    Same,
    /// It is larger, or smaller where larger values come first.
    Beyond,
    Null,
    NotNull,
}

/// The ranges that hold what comes after the cursor, the next one first: all of one come before any of the other.
pub(crate) fn after(keys: &[Key], cursor: &[Value]) -> Vec<Range> {
    if is_one_range(keys) {
        return vec![Range::Beyond];
    }
    let mut ranges = Vec::new();
    for (last, (key, value)) in keys.iter().zip(cursor).enumerate().rev() {
        for beyond in beyond(key, value) {
            let mut bounds = vec![Bound::Same; last];
            bounds.push(*beyond);
            ranges.push(Range::Each(bounds));
        }
    }
    ranges
}

/// The same with the record at the cursor, which comes before all of them.
pub(crate) fn from(keys: &[Key], cursor: &[Value]) -> Vec<Range> {
    let here = Range::Each(vec![Bound::Same; keys.len()]);
    std::iter::once(here).chain(after(keys, cursor)).collect()
}

/// One comparison of rows does where all keys go the same way and none can be null.
fn is_one_range(keys: &[Key]) -> bool {
    let mut directions = keys.iter().map(|key| key.descending);
    let first = directions.next();
    directions.all(|it| Some(it) == first) && !keys.iter().any(|key| key.nullable)
}

/// What comes after the value in one key: larger (or smaller) values, and nulls where they come last.
const fn beyond(key: &Key, value: &Value) -> &'static [Bound] {
    match value {
        Value::Null if key.nulls_first => &[Bound::NotNull],
        Value::Null => &[],
        _ if key.nullable && !key.nulls_first => &[Bound::Beyond, Bound::Null],
        _ => &[Bound::Beyond],
    }
}

impl Range {
    /// The condition on a row of it; binds the values that it compares with.
    pub(crate) fn sql(
        &self,
        keys: &[Key],
        cursor: &[Value],
        parameters: &mut Parameters,
    ) -> String {
        let mut bind = |(key, value): (&Key, &Value)| parameters.bind(key.kind, value.clone());
        match self {
            Self::Beyond => {
                let names: Vec<String> = keys.iter().map(|key| quoted(&key.name)).collect();
                let values: Vec<String> = keys.iter().zip(cursor).map(bind).collect();
                let operator = operator(&keys[0]);
                match names.as_slice() {
                    [name] => format!("{name} {operator} {}", values[0]),
                    _ => format!("({}) {operator} ({})", names.join(", "), values.join(", ")),
                }
            }
            Self::Each(bounds) => {
                let each = bounds.iter().zip(keys.iter().zip(cursor));
                let parts = each.map(|(bound, at)| {
                    let name = quoted(&at.0.name);
                    match (bound, at.1) {
                        // Nothing is compared with a null, so none is bound.
                        (Bound::Null, _) | (Bound::Same, Value::Null) => format!("{name} is null"),
                        (Bound::NotNull, _) => format!("{name} is not null"),
                        (Bound::Same, _) => format!("{name} = {}", bind(at)),
                        (Bound::Beyond, _) => format!("{name} {} {}", operator(at.0), bind(at)),
                    }
                });
                parts.collect::<Vec<_>>().join(" and ")
            }
        }
    }
}

const fn operator(key: &Key) -> &'static str {
    if key.descending { "<" } else { ">" }
}
