//! What is expected of one row, worked out without SQL and without a word of its archive's plan.

use std::cell::Cell;
use std::collections::BTreeMap;

use rusqlite::types::Value;
use svcgen::migrate::verify::oracle::{self, Expected, convert, keeps};
use svcgen::migrate::verify::postgres::is_as_expected;
use svcgen::tables::build::archive_name;
use svcgen::tables::convert::{Fit, fit};
use svcgen::tables::delta::{self, ColumnPair, Source};
use svcgen::tables::diff::former;
use svcgen::tables::{Column, ColumnType, Table};

use super::super::{Outcome, Pair};
use super::engines::Shown;

/// What a row that was never archived would hold, by column.
pub type Live = BTreeMap<String, Expected>;

/// A row that is archived.
pub struct Kept {
    /// Its archive, by the name of today.
    pub archive: String,
    /// What tells it from all others; stands in the archive as the reason.
    pub tag: String,
    /// What the archive's column of this name holds, and of which type.
    pub held: BTreeMap<String, (Value, ColumnType)>,
    /// What is of fields that are gone, or was of types that they had: under this name, or an
    /// earlier version of it.
    pub former: Vec<(String, Value, ColumnType)>,
    /// What it would be had it stayed.
    pub live: Live,
}

impl Kept {
    /// Its archive followed a table.
    pub fn follow(&mut self, of: &delta::Pair, before: Option<&Table>, pair: &Pair) {
        self.live = evolved(of, &self.live, before);
        self.archive = archive_name(&of.new.name);
        let mut held = BTreeMap::new();
        for ColumnPair { name, source } in &of.columns {
            let now = of.new.column(name).expect("its own").ty;
            if let Source::Column { name: old, .. } = source {
                let Some((value, ty)) = self.held.remove(old) else {
                    continue;
                };
                let became = convert(&value, ty, now);
                if ty != now && fit(ty, now) != Some(Fit::Wider) {
                    self.former.push((old.clone(), value, ty));
                }
                held.extend(became.map(|it| (name.clone(), (it, now))));
            } else {
                // It may be there again, and whatever is of that name with it.
                self.former.retain(|it| it.0 != *name);
            }
        }
        let gone = std::mem::replace(&mut self.held, held).into_iter();
        let gone = gone.map(|(name, (value, ty))| (name, value, ty));
        self.former.extend(gone);
        let words = pair.intent.table(&self.archive);
        let words = words.map(|it| [&it.dropped[..], &it.stashed[..]].concat());
        let is_named = |name: &String| {
            let said = words.iter().flatten();
            said.map(|it| it.split("__v").next())
                .any(|it| it == Some(name))
        };
        self.former.retain(|it| !is_named(&it.0));
        // What is kept in the table may go from the archive all the same.
        self.held.retain(|it, _| !is_named(it));
    }

    /// Its table went; should one of its name come, they are strangers.
    pub fn is_left(&mut self) {
        self.live.clear();
        let held = std::mem::take(&mut self.held).into_iter();
        let held = held.map(|(name, (value, ty))| (name, value, ty));
        self.former.extend(held);
    }

    /// Whether all of it is where it should be.
    pub fn is_there(&self, shown: &Shown, archive: &Table) -> Outcome {
        for (name, (value, ty)) in &self.held {
            let wanted = Expected::Exactly(value.clone());
            let column = archive.column(name).ok_or(format!("no `{name}`"))?;
            if column.ty != *ty || !is(shown, name, archive, &wanted) {
                return Err(format!(
                    "the row {} of `{}` holds {:?} as `{name}`, and should hold {value:?}",
                    self.tag, self.archive, shown[name]
                ));
            }
        }
        for (name, value, ty) in &self.former {
            // A table of the name that its own had may have come with a wider type.
            let keeps = |it: &&Column| it.ty == *ty || fit(*ty, it.ty) == Some(Fit::Wider);
            let versions = archive.columns.iter().filter(keeps);
            let mut versions = versions.filter(|it| it.name.split("__v").next() == Some(name));
            let has_it = versions.any(|it| {
                let wanted = convert(value, *ty, it.ty).map(Expected::Exactly);
                wanted.is_none_or(|wanted| is(shown, &it.name, archive, &wanted))
            });
            if *value != Value::Null && !has_it {
                return Err(format!(
                    "the row {} of `{}` has lost {value:?}, its former `{name}`: {shown:?}",
                    self.tag, self.archive
                ));
            }
        }
        Ok(())
    }

    /// The kinds of rules that it would break if it came back, where that is known.
    pub fn breaks(&self, live: &Table) -> Option<Vec<&'static str>> {
        let mut broken = Vec::new();
        for column in live.columns.iter().filter(|it| is_said(it)) {
            match self.live.get(&column.name)? {
                Expected::Exactly(Value::Null) if column.nullable => {}
                Expected::Exactly(Value::Null) => broken.push("not null constraint"),
                Expected::Exactly(value) => {
                    let rules = live.check_of(&column.name).map(|it| &it.rules[..]);
                    if !keeps(value, rules.unwrap_or_default(), column.ty) {
                        broken.push("check constraint");
                    }
                }
                Expected::Some | Expected::Any => return None,
            }
        }
        Some(broken)
    }
}

/// What a row becomes with its table. A new column finds what an archive has of its name already.
pub fn evolved(of: &delta::Pair, row: &Live, archive: Option<&Table>) -> Live {
    let columns = of.new.columns.iter().map(|column| {
        let is_known = Cell::new(true);
        let old = |name: &str| {
            let Some(Expected::Exactly(value)) = row.get(name) else {
                is_known.set(false);
                return Value::Null;
            };
            value.clone()
        };
        let expected = oracle::expected(of, column, &old);
        let source = of.columns.iter().find(|it| it.name == column.name);
        let source = source.map(|it| &it.source);
        let is_new = !matches!(source, Some(Source::Column { .. }));
        let is_again = is_new && archive.is_some_and(|it| it.column(&column.name).is_some());
        let expected = match expected {
            _ if !is_known.get() || is_again => Expected::Any,
            Expected::Exactly(Value::Text(text)) if is_former(row, source, &text) => {
                Expected::Exactly(Value::Text(former(&text)))
            }
            known => known,
        };
        (column.name.clone(), expected)
    });
    columns.collect()
}

/// Whether a value is one that goes while another takes its name: no live row could have it.
fn is_former(row: &Live, source: Option<&Source>, text: &str) -> bool {
    let Some(Source::Column { name, values, .. }) = source else {
        return false;
    };
    let is_it = |it: &str| row.get(name) == Some(&Expected::Exactly(Value::Text(it.to_owned())));
    is_it(text) && values.iter().any(|(was, now)| now == text && was != text)
}

/// Whether a column is the schema's own, and no row counts or dates itself by it.
pub fn is_said(column: &Column) -> bool {
    let by_itself = ["version", "created_at", "updated_at"];
    !column.past.retired && !by_itself.contains(&column.name.as_str())
}

/// Whether a row that was read has every value that is the schema's own.
pub fn holds(shown: &Shown, table: &Table, row: &Live) -> Outcome {
    for column in table.columns.iter().filter(|it| is_said(it)) {
        let wanted = row.get(&column.name).unwrap_or(&Expected::Any);
        if !is(shown, &column.name, table, wanted) {
            return Err(format!(
                "`{}` of `{}` is {:?}, and should be {wanted:?}",
                column.name, table.name, shown[&column.name]
            ));
        }
    }
    Ok(())
}

pub fn is(row: &Shown, name: &str, table: &Table, wanted: &Expected) -> bool {
    let ty = table.column(name).map_or(ColumnType::Text, |it| it.ty);
    is_as_expected(row.get(name).and_then(Option::as_ref), wanted, ty)
}
