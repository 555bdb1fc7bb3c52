//! Columns on PostgreSQL: what comes, changes and goes, and the rules on their values.

use crate::dialect::{self, Dialect, quoted};
use crate::tables::change::{Change, Class, Reversible};
use crate::tables::convert::Fit;
use crate::tables::delta::{Pair, Source};
use crate::tables::{Check, Column, ColumnType, Fill, derived_name};

use super::super::Way;
use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::filling::Filling;
use super::retype::{self, Retype};

/// The columns of one table, which has all its new names by now.
pub struct Columns<'a> {
    /// PostgreSQL.
    pub dialect: &'a dyn Dialect,
    /// The table.
    pub pair: &'a Pair,
    /// Its changes.
    pub changes: &'a [Change],
    /// Where values go, or come from, that a drop takes.
    pub stash: &'a str,
    /// Which way it goes.
    pub way: Way,
}

impl Columns<'_> {
    /// The steps, in no order yet.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.put_away().into_iter().collect();
        if let Some(retype) = &self.retype() {
            steps.extend(retype.steps(&self.filling()));
        }
        for change in self.changes {
            match change {
                Change::AddColumn { column, fill, .. } => {
                    steps.extend(self.add(change, column, fill.as_ref()));
                }
                Change::ChangeType {
                    column,
                    from,
                    to,
                    fit,
                    ..
                } if retype::in_place(self.dialect, self.pair, change) => {
                    steps.push(self.retype_in_place(change, column, *from, *to, *fit));
                }
                Change::Relax { column, .. } => {
                    // A part of the key has a value until another key has taken its place.
                    let was = self.pair.old_of(column).map(|it| &it.name);
                    let is_of_key = was.is_some_and(|it| self.pair.old.primary_key.contains(it));
                    let place = if is_of_key {
                        Place::Contract
                    } else {
                        Place::Loosen
                    };
                    let sql = self.alter(&format!("alter column {} drop not null", quoted(column)));
                    steps.push(self.step(
                        change,
                        place,
                        format!("`{column}` of `{}` may be null.", self.pair.new.name),
                        sql,
                    ));
                }
                Change::Require { column, fill, .. } => {
                    steps.extend(self.require(change, column, fill.as_ref()));
                }
                Change::ChangeDefault { column, to, .. } if !self.is_retyped(column) => {
                    let sql = self.alter(&self.default(column, to.is_some()));
                    let title = format!(
                        "Sets the default of `{column}` of `{}`.",
                        self.pair.new.name
                    );
                    steps.push(self.step(change, Place::Expand, title, sql));
                }
                Change::RenameValues { column, values, .. } => match self.is_free(column, values) {
                    Some(free) => {
                        steps.extend(self.rename_at_once(free, change, column, values));
                    }
                    None => steps.extend(self.rename_values(change, column, values)),
                },
                Change::ChangeCheck {
                    column, from, to, ..
                } => {
                    steps.extend(self.check(change, column, from.as_ref(), to.as_ref()));
                }
                Change::DropColumn {
                    column,
                    stash: false,
                    ..
                } => steps.extend(self.drop(change, column)),
                Change::Convert { column, .. } => steps.extend(self.convert(change, column)),
                _ => {}
            }
        }
        steps
    }

    pub(super) fn step(&self, change: &Change, place: Place, title: String, sql: String) -> Step {
        Step::new(place, &self.pair.new.name, title, sql).grave(change.class(), change.reversible())
    }

    pub(super) fn alter(&self, what: &str) -> String {
        format!("alter table {} {what};\n", quoted(&self.pair.new.name))
    }

    pub(super) fn filling(&self) -> Filling<'_> {
        Filling {
            dialect: self.dialect,
            pair: self.pair,
            stash: self.stash,
        }
    }

    /// The columns that change their type by a second one.
    fn retype(&self) -> Option<Retype<'_>> {
        Retype::of(self.dialect, self.pair, self.changes)
    }

    fn is_retyped(&self, column: &str) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change, Change::ChangeType { column: it, .. } if it == column))
    }

    fn default(&self, column: &str, is_set: bool) -> String {
        let name = quoted(column);
        let new = self.pair.new.column(column);
        let default = new
            .filter(|_| is_set)
            .and_then(|it| Some((it, it.default.as_ref()?)));
        match default {
            Some((it, default)) => format!(
                "alter column {name} set default {}",
                self.dialect.literal(default, it.ty)
            ),
            None => format!("alter column {name} drop default"),
        }
    }

    /// A constant is there at once, for every row; anything else comes a batch at a time.
    fn add(&self, change: &Change, column: &Column, fill: Option<&Fill>) -> Vec<Step> {
        let (name, table) = (quoted(&column.name), &self.pair.new.name);
        let ty = self.dialect.column_type(column.ty);
        let constant = match fill {
            Some(Fill::Value(value)) => Some(value.clone()),
            _ => None,
        };
        let comes_back = matches!(self.source(&column.name), Some(Source::Stash { .. }));
        let is_filled = fill.is_some() && constant.is_none() || comes_back;
        let mut words = format!("add column {name} {ty}");
        if let Some(value) = constant
            .as_ref()
            .or(column.default.as_ref().filter(|_| !is_filled))
        {
            words.extend([format!(
                " default {}",
                self.dialect.literal(value, column.ty)
            )]);
        }
        if !column.nullable && !is_filled {
            words.push_str(" not null");
        }
        let mut sql = self.alter(&words);
        if constant.is_some() && constant != column.default || is_filled && column.default.is_some()
        {
            sql.push_str(&self.alter(&self.default(&column.name, true)));
        }
        let mut steps = vec![self.step(
            change,
            Place::Expand,
            format!("Adds `{}` to `{table}`.", column.name),
            sql,
        )];
        if is_filled {
            steps.extend(
                self.filling()
                    .fill(column, &format!("{name} is null"), change),
            );
            if !column.nullable {
                steps.extend(self.prove(change, column, true));
            }
        }
        if let Some(check) = self.pair.new.check_of(&column.name) {
            steps.extend(self.add_check(change, check, column.ty, None));
        }
        steps
    }

    fn source(&self, column: &str) -> Option<&Source> {
        let mut columns = self.pair.columns.iter();
        columns.find(|it| it.name == column).map(|it| &it.source)
    }

    fn retype_in_place(
        &self,
        change: &Change,
        column: &str,
        from: ColumnType,
        to: ColumnType,
        fit: Fit,
    ) -> Step {
        let (name, ty) = (quoted(column), self.dialect.column_type(to));
        let using = self.dialect.convert(&name, from, to);
        let mut parts = vec![format!("alter column {name} drop default")];
        parts.push(format!("alter column {name} type {ty} using {using}"));
        if self
            .pair
            .new
            .column(column)
            .is_some_and(|it| it.default.is_some())
        {
            parts.push(self.default(column, true));
        }
        let lock = if retype::keeps_form(self.dialect, from, to, fit) {
            Lock::AccessExclusive
        } else {
            Lock::AccessExclusiveRewrite
        };
        let title = format!("Makes `{column}` of `{}` {ty}.", self.pair.new.name);
        self.step(
            change,
            Place::Expand,
            title,
            self.alter(&parts.join(",\n    ")),
        )
        .run(Mode::Transaction, lock)
    }

    fn require(&self, change: &Change, column: &str, fill: Option<&Fill>) -> Vec<Step> {
        let Some(new) = self.pair.new.column(column) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        if fill.is_some() {
            let lacks = format!("{} is null", quoted(column));
            steps.extend(self.filling().fill(new, &lacks, change));
        }
        steps.extend(self.prove(change, new, fill.is_some()));
        steps
    }

    /// That a column has a value in every row: by a check that is validated while people
    /// work, from which `set not null` then takes it without a look at the rows.
    fn prove(&self, change: &Change, column: &Column, fill_rest: bool) -> Vec<Step> {
        let (name, table) = (quoted(&column.name), &self.pair.new.name);
        let check = quoted(&derived_name(&[table, &column.name], "not_null"));
        let mut steps = vec![self.step(
            change,
            Place::Validate,
            format!("`{}` of `{table}` has a value in new rows.", column.name),
            self.alter(&format!(
                "add constraint {check} check ({name} is not null) not valid"
            )),
        )];
        if fill_rest {
            // Rows that came without a value before the check did.
            let lacks = format!("{name} is null");
            let rest = self.filling().fill(column, &lacks, change).into_iter();
            steps.extend(rest.map(|step| Step {
                place: Place::Validate,
                title: format!(
                    "Fills `{}` of `{table}` in rows that came meanwhile.",
                    column.name
                ),
                ..step
            }));
            steps.push(self.filling().is_complete(column));
        }
        steps.push(
            self.step(
                change,
                Place::Validate,
                format!(
                    "Proves that `{}` of `{table}` has a value in every row.",
                    column.name
                ),
                self.alter(&format!("validate constraint {check}")),
            )
            .run(Mode::Transaction, Lock::ShareUpdateExclusive),
        );
        // Not in one statement: that would drop the check first, and look at every row again.
        let mut set = self.alter(&format!("alter column {name} set not null"));
        set.push_str(&self.alter(&format!("drop constraint {check}")));
        let title = format!("`{}` of `{table}` is not null.", column.name);
        steps.push(self.step(change, Place::Validate, title, set));
        steps
    }

    /// Old rules go and new ones come in one statement, unless rows are rewritten between.
    fn check(
        &self,
        change: &Change,
        column: &str,
        from: Option<&Check>,
        to: Option<&Check>,
    ) -> Vec<Step> {
        // The second column brings its own rule, and the first takes its own along.
        if self.retype().is_some_and(|it| it.has(column)) {
            return Vec::new();
        }
        let renames = self.changes.iter().find_map(|it| match it {
            Change::RenameValues {
                column: of, values, ..
            } if of == column => Some(values),
            _ => None,
        });
        if renames.is_some_and(|it| self.is_free(column, it).is_some()) {
            return Vec::new();
        }
        let mut steps = Vec::new();
        let apart = renames.is_some() || self.is_retyped(column) || to.is_none();
        if let (Some(from), true) = (from, apart) {
            steps.push(self.step(
                change,
                Place::Loosen,
                format!("Drops the rule `{}`.", from.name),
                self.alter(&format!("drop constraint if exists {}", quoted(&from.name))),
            ));
        }
        let ty = self.pair.new.column(column).map(|it| it.ty);
        if let (Some(to), Some(ty)) = (to, ty) {
            let mut rule = self.add_check(change, to, ty, from.filter(|_| !apart));
            if let Some(again) = renames.and_then(|it| self.rename_values(change, column, it)) {
                // Rows that the old release wrote before the rule was there.
                let again = Step {
                    place: Place::Validate,
                    ..again
                };
                rule.insert(1, again);
            }
            steps.extend(rule);
        }
        steps
    }

    pub(super) fn add_check(
        &self,
        change: &Change,
        check: &Check,
        ty: ColumnType,
        instead: Option<&Check>,
    ) -> Vec<Step> {
        let clause = dialect::check_clause(self.dialect, check, ty);
        let drop = instead.map_or(String::new(), |it| {
            format!("drop constraint if exists {},\n    ", quoted(&it.name))
        });
        vec![
            self.step(
                change,
                Place::Validate,
                format!("Adds the rule `{}`, for new rows.", check.name),
                self.alter(&format!("{drop}add {clause} not valid")),
            ),
            self.step(
                change,
                Place::Validate,
                format!("Proves the rule `{}` for every row.", check.name),
                self.alter(&format!("validate constraint {}", quoted(&check.name))),
            )
            .run(Mode::Transaction, Lock::ShareUpdateExclusive),
        ]
    }

    /// What can be converted of an old version, which has its new name by now.
    fn convert(&self, change: &Change, column: &str) -> Vec<Step> {
        let (Some(new), Some(Source::Converted { name: from })) =
            (self.pair.new.column(column), self.source(column))
        else {
            return Vec::new();
        };
        let (Some(kept), Some(old)) = (self.pair.new_of(from), self.pair.old.column(from)) else {
            return Vec::new();
        };
        let kept = quoted(kept);
        let value = self.dialect.convert(&kept, old.ty, new.ty);
        let mut lacks = format!("{} is null and {kept} is not null", quoted(column));
        if let Some(unfit) = self.dialect.unfit(&kept, old.ty, new.ty) {
            lacks.extend([format!(" and not ({unfit})")]);
        }
        let title = format!(
            "Converts what can be of `{column}` of `{}`.",
            self.pair.new.name
        );
        let value = match self.dialect.unfit(&kept, old.ty, new.ty) {
            Some(unfit) => format!("case when {unfit} then null else {value} end"),
            None => value,
        };
        vec![
            self.filling()
                .batches(new, &lacks, &value, title, change)
                .grave(Class::Data, Reversible::Lossy),
        ]
    }
}
