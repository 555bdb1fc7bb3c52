//! Archived values as the schema of today has them.
//!
//! An archived row stays as it was. What migrations did to live rows since then is done when
//! the row is restored, by the number of the schema that it was archived under: values of
//! enums get their new names, and columns that are younger than the row, or required by now,
//! get what live rows got.

use crate::dialect::{Dialect, quoted, text_literal};
use crate::tables::convert::{Fit, fit};
use crate::tables::{Column, ColumnType, Fill, LateFill, RenamedValue, Table};

/// How deep one column may be filled from another.
const DEPTH: usize = 4;

/// The archive of a table, with what its columns remember.
pub struct Past<'a> {
    dialect: &'a dyn Dialect,
    archive: &'a Table,
}

impl<'a> Past<'a> {
    /// Of an archive.
    pub fn of(dialect: &'a dyn Dialect, archive: &'a Table) -> Self {
        Self { dialect, archive }
    }

    /// The value of a live column, as an expression over a row of the archive.
    pub fn value(&self, live: &Column) -> String {
        let Some(column) = self.archive.column(&live.name) else {
            return "null".to_owned();
        };
        let mut values = self.values(column, DEPTH);
        if let Some(default) = live.default.as_ref().filter(|_| !live.nullable) {
            values.push(self.dialect.literal(default, live.ty));
        }
        first_of(&values)
    }

    /// What a column holds, and what it holds instead where it is null.
    fn values(&self, column: &Column, depth: usize) -> Vec<String> {
        let name = quoted(&column.name);
        let mut values = vec![renamed(&name, &column.past.renamed_values)];
        for late in column.past.fills.iter().filter(|_| depth > 0) {
            let fill = self.fill(late, column.ty, depth);
            values.push(format!(
                "case when archive_schema < {} then {fill} else {name} end",
                late.migration
            ));
        }
        values
    }

    fn fill(&self, late: &LateFill, ty: ColumnType, depth: usize) -> String {
        let (value, of) = match &late.fill {
            Fill::Value(value) => (self.dialect.literal(value, late.ty), late.ty),
            Fill::Copy(name) => match self.archive.column(name) {
                Some(other) => (first_of(&self.values(other, depth - 1)), other.ty),
                None => return "null".to_owned(),
            },
            Fill::Sql { sqlite, postgres } => {
                let text = match self.dialect.name() {
                    "sqlite" => sqlite,
                    _ => postgres,
                };
                (expression(text, late), late.ty)
            }
            Fill::Now => (self.dialect.now().to_owned(), late.ty),
            Fill::Today => (self.dialect.today().to_owned(), late.ty),
            Fill::NewUuid => (self.dialect.new_uuid().to_owned(), late.ty),
        };
        self.converted(&value, of, ty)
    }

    fn converted(&self, value: &str, from: ColumnType, to: ColumnType) -> String {
        if from == to {
            return value.to_owned();
        }
        if fit(from, to).is_none() {
            return "null".to_owned();
        }
        let converted = self.dialect.convert(value, from, to);
        match self.dialect.unfit(value, from, to) {
            Some(unfit) => format!("case when {unfit} then null else {converted} end"),
            None => converted,
        }
    }

    /// What a column held before its type changed, as text, where it was made of another.
    pub fn unconverted(&self, live: &Column) -> Option<String> {
        let text = |column: &Column| {
            let name = quoted(&column.name);
            match fit(column.ty, ColumnType::Text) {
                Some(Fit::Wider) => self.dialect.convert(&name, column.ty, ColumnType::Text),
                _ => self.dialect.as_text(&name, column.ty),
            }
        };
        let texts: Vec<String> = self.before(live).into_iter().map(text).collect();
        (!texts.is_empty()).then(|| first_of(&texts))
    }

    /// The columns that held a live one's values before its type changed, the last first.
    pub fn before(&self, live: &Column) -> Vec<&'a Column> {
        let mut columns = Vec::new();
        let mut last = self.archive.column(&live.name);
        while let Some(before) = last.and_then(|it| it.past.converted_from.as_ref()) {
            last = self.archive.column(before);
            columns.extend(last);
        }
        columns
    }
}

/// An expression of the schema, over the names that were good when it was written.
fn expression(text: &str, late: &LateFill) -> String {
    let names = late.names.iter().map(|(then, now)| {
        let (then, now) = (quoted(then), quoted(now));
        if then == now {
            now
        } else {
            format!("{now} as {then}")
        }
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return format!("({text})");
    }
    format!(
        "(select ({text}) from (select {}) as {})",
        names.join(", "),
        quoted(&late.table)
    )
}

fn first_of(values: &[String]) -> String {
    match values {
        [only] => only.clone(),
        several => format!("coalesce({})", several.join(", ")),
    }
}

/// An enum's value by the name it has today. What it was called depends on the row's age, for a
/// name that went may have come again for something else.
fn renamed(name: &str, renames: &[RenamedValue]) -> String {
    let mut arms = Vec::new();
    let mut ages: Vec<u64> = renames.iter().map(|it| it.migration).collect();
    ages.dedup();
    for (place, age) in ages.iter().enumerate() {
        let mut values: Vec<&str> = Vec::new();
        for rename in renames.iter().filter(|it| it.migration >= *age) {
            if !values.contains(&rename.was.as_str()) {
                values.push(&rename.was);
            }
        }
        for value in values {
            let now = name_now(value, *age, renames);
            // What later rows call something else must be said of the older ones as well.
            let differs = |age: &u64| name_now(value, *age, renames) != value;
            if now != value || ages[place + 1..].iter().any(differs) {
                arms.push(format!(
                    "when archive_schema < {age} and {name} = {} then {}",
                    text_literal(value),
                    text_literal(now)
                ));
            }
        }
    }
    if arms.is_empty() {
        return name.to_owned();
    }
    format!("case {} else {name} end", arms.join(" "))
}

/// What a value is called today that had this name before the migration.
fn name_now<'v>(value: &'v str, migration: u64, renames: &'v [RenamedValue]) -> &'v str {
    let later = renames.iter().filter(|it| it.migration >= migration);
    let mut by_age: Vec<&RenamedValue> = later.collect();
    by_age.sort_by_key(|it| it.migration);
    let mut now = value;
    let mut done = 0;
    for rename in by_age {
        // Those of one migration are made at once.
        if rename.was == now && rename.migration > done {
            now = &rename.now;
            done = rename.migration;
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(migration: u64, was: &str, now: &str) -> RenamedValue {
        RenamedValue {
            migration,
            was: was.to_owned(),
            now: now.to_owned(),
        }
    }

    #[test]
    fn a_name_that_went_and_came_again_is_told_apart_by_age() {
        // `a` became `b`; then there was another `a`, which became `c`.
        let renames = [rename(2, "a", "b"), rename(4, "a", "c")];
        assert_eq!(name_now("a", 2, &renames), "b");
        assert_eq!(name_now("a", 4, &renames), "c");
        assert_eq!(
            renamed("kind", &renames),
            "case when archive_schema < 2 and kind = 'a' then 'b' when archive_schema < 4 and kind = 'a' then 'c' else kind end"
        );
    }

    #[test]
    fn a_value_follows_all_its_names() {
        let renames = [
            rename(2, "a", "x"),
            rename(3, "b", "a"),
            rename(4, "x", "b"),
        ];
        assert_eq!(name_now("a", 2, &renames), "b");
        assert_eq!(name_now("b", 2, &renames), "a");
        assert_eq!(name_now("x", 4, &renames), "b");
    }

    #[test]
    fn an_older_row_is_not_taken_for_a_younger_one() {
        // Before 3 nothing was called `x` that is `y` now, but `a` was, and went by way of `x` to `a`.
        let renames = [
            rename(2, "a", "x"),
            rename(3, "x", "a"),
            rename(5, "a", "y"),
        ];
        let said = renamed("kind", &renames);
        assert!(
            said.contains("when archive_schema < 2 and kind = 'a' then 'y'"),
            "{said}"
        );
        assert!(
            said.contains("when archive_schema < 3 and kind = 'x' then 'y'"),
            "{said}"
        );
        assert!(
            said.contains("when archive_schema < 5 and kind = 'a' then 'y'"),
            "{said}"
        );
    }
}
