//! One old table and the new one that its rows go to.

use std::collections::BTreeMap;

use crate::dialect::{self, Dialect, quoted};
use crate::migrate::script::{Mode, ScriptStep};
use crate::tables::{Column, ColumnType, Table, TableKind};

use super::convert::{Target, converted, misfit};
use super::{Note, in_quotes, keeping, step};
use crate::import::catalogue::{Column as OldColumn, Engine, Table as Old};

/// An old table, the new one, and which column becomes which.
#[derive(Debug)]
pub struct Source<'a> {
    /// Where both are.
    pub engine: Engine,
    /// The name under which the old table waits to be dropped.
    pub aside: String,
    /// The table that is there.
    pub old: &'a Old,
    /// The table that takes its place.
    pub new: &'a Table,
    /// By new name of a column, the old one.
    pub named: BTreeMap<String, String>,
    /// By old column, the name that its field had when it was imported.
    pub imported: BTreeMap<String, String>,
    /// The new columns that hold lists.
    pub lists: Vec<String>,
}

impl Source<'_> {
    /// The column that a new one was.
    pub fn old_of(&self, new: &str) -> Option<&OldColumn> {
        self.old.column(self.named.get(new)?)
    }

    fn target(&self, new: &Column) -> Target {
        Target {
            ty: new.ty,
            is_list: self.lists.contains(&new.name),
        }
    }

    /// Looks for rows that would not fit, before anything is touched; tells what has no place.
    pub fn checks(&self, dialect: &dyn Dialect, notes: &mut Vec<Note>) -> Vec<ScriptStep> {
        for column in &self.old.columns {
            let is_taken = |(new, old): (&String, &String)| {
                *old == column.name && self.new.column(new).is_some()
            };
            if !column.generated && !self.named.iter().any(is_taken) {
                notes.push(Note::left_out(
                    format!("{}.{}", self.old.name, column.name),
                    self.unfilled(&column.name),
                ));
            }
        }
        let mut checks = Vec::new();
        for column in &self.new.columns {
            match self.old_of(&column.name) {
                Some(old) => checks.extend(self.check(dialect, column, old)),
                None if is_filled(dialect, self.new, column).is_some() => {}
                None => notes.push(Note::changed(
                    format!("{}.{}", self.new.name, column.name),
                    "it is required, and nothing in the database fills it: say in the script where its values come from, \
                     in place of `null`",
                )),
            }
        }
        checks
    }

    /// What becomes of a column that has no field, and how it gets one that is called otherwise.
    fn unfilled(&self, column: &str) -> String {
        let stay = format!("its values stay in `{}`", self.aside);
        match self.imported.get(column) {
            None => format!("no field takes it; {stay}"),
            Some(field) => format!(
                "no field takes it; {stay}; where it has another name now, say `was: {field}` at it, and run this again"
            ),
        }
    }

    fn check(&self, dialect: &dyn Dialect, new: &Column, old: &OldColumn) -> Option<ScriptStep> {
        let name = quoted(&new.name);
        let rule = self.new.check_of(&new.name);
        let mut wrong = Vec::new();
        let values = ("svcgen_was", name.as_str());
        wrong.extend(misfit(self.engine, values, &old.ty, self.target(new)));
        // SQLite lets a part of a primary key be null.
        let may_be_null = old.nullable
            || (self.engine == Engine::Sqlite && self.old.primary_key.contains(&old.name));
        if !new.nullable && may_be_null && is_automatic(&new.name).is_none() {
            wrong.push("svcgen_was is null".to_owned());
        }
        wrong.extend(
            rule.map(|it| format!("not ({})", dialect::check_condition(dialect, it, new.ty))),
        );
        if wrong.is_empty() {
            return None;
        }
        let old_name = in_quotes(&old.name);
        let value = converted(self.engine, &old_name, &old.ty, self.target(new));
        // A key may be called like the new column; only the inner query knows both.
        let (shown, row) = match self.old.primary_key.as_slice() {
            [] => ("", String::new()),
            [first, ..] => (
                "svcgen_row, ",
                format!("{} as svcgen_row, ", in_quotes(first)),
            ),
        };
        let sql = format!(
            "select {shown}svcgen_was from (
    select {row}{old_name} as svcgen_was, {value} as {name} from {}
) as found
where {}
limit 5;\n",
            self.rows_of(&in_quotes(&self.old.name)),
            wrong.join(" or ")
        );
        let required = if new.nullable { "" } else { ", and never null" };
        let ruled = if rule.is_some() {
            ", within the limits of the field"
        } else {
            ""
        };
        let title = format!(
            "Every `{}.{}` fits `{}.{}`: {}{ruled}{required}.",
            self.old.name,
            old.name,
            self.new.name,
            new.name,
            self.target(new).described(self.engine)
        );
        Some(ScriptStep {
            mode: Mode::Check,
            ..step(&title, sql)
        })
    }

    /// A table of this source, without the rows of those that inherit from it, which are tables
    /// of their own here.
    fn rows_of(&self, table: &str) -> String {
        let only = if self.old.has_heirs { "only " } else { "" };
        format!("{only}{table}")
    }

    /// Copies the rows from where they were put aside, and sees that none is missing.
    pub fn copy(&self, dialect: &dyn Dialect) -> Vec<ScriptStep> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in &self.new.columns {
            let value = match self.old_of(&column.name) {
                Some(old) => self.value(dialect, column, old),
                None => match is_filled(dialect, self.new, column) {
                    Some(Filled::ByItself) => continue,
                    Some(Filled::By(value)) => value,
                    None => "null /* where does it come from? */".to_owned(),
                },
            };
            columns.push(quoted(&column.name));
            values.push(value);
        }
        let aside = &self.aside;
        // A link is there once, and a table without a key may have it twice.
        let is_loose = self.new.kind == TableKind::Link && self.old.primary_key.is_empty();
        let sql = format!(
            "insert into {} ({})\nselect {}{}\nfrom {};\n",
            quoted(&self.new.name),
            columns.join(", "),
            if is_loose { "distinct " } else { "" },
            values.join(",\n    "),
            self.rows_of(aside)
        );
        let title = format!(
            "Copies the rows of `{}` into `{}`.",
            self.old.name, self.new.name
        );
        let copies = step(&title, sql);
        if is_loose {
            return vec![copies];
        }
        if !self.old.has_heirs {
            return vec![keeping(copies, aside, &self.new.name)];
        }
        // The runner counts what a query of the table finds.
        let sql = format!(
            "select was, is_now from (
    select (select count(*) from only {aside}) as was, (select count(*) from {}) as is_now
) as counted
where was <> is_now;\n",
            quoted(&self.new.name)
        );
        let title = format!("`{}` has every row of `{}`.", self.new.name, self.old.name);
        let counts = ScriptStep {
            mode: Mode::Check,
            ..step(&title, sql)
        };
        vec![copies, counts]
    }

    fn value(&self, dialect: &dyn Dialect, new: &Column, old: &OldColumn) -> String {
        let value = converted(
            self.engine,
            &in_quotes(&old.name),
            &old.ty,
            self.target(new),
        );
        match is_automatic(&new.name) {
            Some(Automatic::Moment) if old.nullable => {
                format!("coalesce({value}, {})", dialect.now())
            }
            Some(Automatic::Version) if old.nullable => format!("coalesce({value}, 1)"),
            _ => value,
        }
    }
}

/// A column that comes by itself.
enum Automatic {
    Moment,
    Version,
}

fn is_automatic(column: &str) -> Option<Automatic> {
    match column {
        "created_at" | "updated_at" => Some(Automatic::Moment),
        "version" => Some(Automatic::Version),
        _ => None,
    }
}

/// What a column holds that no old one becomes.
enum Filled {
    /// What the table gives by itself.
    ByItself,
    /// A value of its own.
    By(String),
}

fn is_filled(dialect: &dyn Dialect, table: &Table, column: &Column) -> Option<Filled> {
    let is_key = table.primary_key == [column.name.clone()];
    if column.nullable || column.default.is_some() || (is_key && table.identity) {
        return Some(Filled::ByItself);
    }
    match (is_automatic(&column.name), column.ty) {
        (Some(Automatic::Moment), _) => Some(Filled::By(dialect.now().to_owned())),
        (Some(Automatic::Version), _) => Some(Filled::By("1".to_owned())),
        (None, ColumnType::Uuid) if is_key => Some(Filled::By(dialect.new_uuid().to_owned())),
        (None, _) => None,
    }
}
