//! `include=`: the records that belong to those of a page, read with one statement for each name.

use std::collections::HashMap;
use std::hash::Hash;

use super::column::{Table, quoted};
use super::filter::check::no_such;
use super::{Mistake, order};
use crate::Error;
use crate::db::{Db, DbError, FromColumn, FromRow, IntoValue, Row, Sql, Value};
use crate::input::nearest;

/// The most records of a collection that are included; the collection's own list has all of them.
pub const MOST: i64 = 100;
/// The most owners in one statement: engines limit their parameters.
const CHUNK: usize = 4096;

/// The relations that a caller wants to see with a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Include(Vec<&'static str>);

impl Include {
    /// What a text such as `author,comments` names among the relations of a record.
    pub(crate) fn read(text: &str, known: &'static [&'static str]) -> Result<Self, Mistake> {
        let mut included = Vec::new();
        if text.trim().is_empty() {
            return Ok(Self(included));
        }
        let mut at = 1;
        for part in text.split(',') {
            let name = part.trim();
            let Some(relation) = known.iter().find(|relation| **relation == name) else {
                if let Some((first, _)) = name.split_once('.')
                    && known.contains(&first)
                {
                    let detail =
                        format!("`{name}` goes further than one level; ask for `{first}`.");
                    return Err(Mistake::new(at, detail));
                }
                let near = nearest(name, known.iter().copied());
                return Err(no_such(at, name, "relation of the record", near));
            };
            if included.contains(relation) {
                return Err(Mistake::new(at, format!("`{name}` is named twice.")));
            }
            included.push(*relation);
            at += part.chars().count() + 1;
        }
        Ok(Self(included))
    }

    /// Whether a relation is asked for.
    pub fn has(&self, relation: &str) -> bool {
        self.0.contains(&relation)
    }

    /// Whether none is.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How records belong to their owners.
#[derive(Debug, Clone, Copy)]
pub enum Through {
    /// The owner holds the record's identifier.
    Key,
    /// The record holds its owner's identifier, in this column.
    Column(&'static str),
    /// A table of links holds both.
    Link {
        /// The table.
        table: &'static str,
        /// The column with the owner's identifier.
        owner: &'static str,
        /// The column with the record's.
        record: &'static str,
    },
}

impl Table {
    /// The records that belong to each of these owners, in the default order, and at most [`MOST`] for each.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn belonging<T, K>(
        &'static self,
        db: &Db,
        through: Through,
        owners: impl IntoIterator<Item = K>,
    ) -> Result<HashMap<K, Vec<T>>, Error>
    where
        T: FromRow + Send + 'static,
        K: FromColumn + IntoValue + Clone + Eq + Hash + Send + 'static,
    {
        let mut found: HashMap<K, Vec<T>> = owners.into_iter().map(|it| (it, Vec::new())).collect();
        let owners: Vec<Value> = found.keys().cloned().map(Value::of).collect();
        for chunk in owners.chunks(CHUNK) {
            let values = padded(chunk);
            let sql = self.belongings(db, through, values.len());
            for belonging in db.fetch_all::<Belonging<T, K>>(&sql, values).await? {
                let of_owner = found.entry(belonging.owner).or_default();
                of_owner.push(belonging.record);
            }
        }
        Ok(found)
    }

    /// The statement for this many owners.
    fn belongings(&self, db: &Db, through: Through, owners: usize) -> Sql {
        let numbers: Vec<String> = (1..=owners).map(|number| format!("${number}")).collect();
        let these = format!("in ({})", numbers.join(", "));
        let (record, name, key) = (
            self.record.text(db.engine()),
            quoted(self.name),
            quoted(self.key),
        );
        // The default order is always one that can be read.
        let keys = order::read("", self).unwrap_or_default();
        let order: Vec<String> = keys.iter().map(order::Key::sql).collect();
        let order = order.join(", ");
        let ranked = |owner: &str, from: &str| {
            format!(
                "select {record}, svcgen_owner from (select {name}.*, {owner} as svcgen_owner, \
                 row_number() over (partition by {owner} order by {order}) as svcgen_place \
                 from {from}) as {name} where svcgen_place <= {MOST} order by {order}"
            )
        };
        Sql::at_run_time(match through {
            Through::Key => format!("select {record}, {key} from {name} where {key} {these}"),
            Through::Column(column) => {
                let column = quoted(column);
                ranked(
                    &format!("{name}.{column}"),
                    &format!("{name} where {name}.{column} {these}"),
                )
            }
            Through::Link {
                table,
                owner,
                record,
            } => {
                let (table, owner, record) = (quoted(table), quoted(owner), quoted(record));
                ranked(
                    "svcgen_link.svcgen_from",
                    &format!(
                        "(select {owner} as svcgen_from, {record} as svcgen_to from {table} where {owner} {these}) \
                         as svcgen_link join {name} on {name}.{key} = svcgen_link.svcgen_to"
                    ),
                )
            }
        })
    }
}

/// As many values as the next power of two, the last one repeated: so few statements differ that each stays prepared.
pub(super) fn padded(values: &[Value]) -> Vec<Value> {
    let mut padded = values.to_vec();
    if let Some(last) = values.last() {
        padded.resize(values.len().next_power_of_two(), last.clone());
    }
    padded
}

/// A record, and in the last column the owner that it belongs to.
struct Belonging<T, K> {
    record: T,
    owner: K,
}

impl<T: FromRow, K: FromColumn> FromRow for Belonging<T, K> {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            record: T::from_row(row)?,
            owner: row.get(row.width().saturating_sub(1))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_this_record_and_of_one_level() {
        const KNOWN: &[&str] = &["author", "comments"];
        let read = |text| Include::read(text, KNOWN).map_err(|it| (it.at, it.detail));
        assert!(read("").unwrap().is_empty() && read(" ").unwrap().is_empty());
        let both = read("comments, author").unwrap();
        assert!(both.has("author") && both.has("comments") && !both.has("tags"));
        for (text, at, says) in [
            ("autor", 1, "Did you mean `author`?"),
            ("author,tags", 8, "`tags`"),
            ("author.posts", 1, "one level"),
            ("comments,author.posts.author", 10, "one level"),
            ("author,author", 8, "twice"),
            ("author,", 8, "``"),
            ("*", 1, "`*`"),
        ] {
            let (found, detail) = read(text).unwrap_err();
            assert!(
                found == at && detail.contains(says),
                "{text}: {found} {detail}"
            );
        }
    }

    #[test]
    fn few_numbers_of_owners_make_statements() {
        let of = |count: usize| padded(&vec![Value::Int(7); count]).len();
        assert_eq!(
            [of(0), of(1), of(2), of(3), of(50), of(1000)],
            [0, 1, 2, 4, 64, 1024]
        );
    }
}
