//! Columns that get another type on PostgreSQL while people work.
//!
//! To change a type in place rewrites every row, and everybody waits. So a second column follows
//! the first by a trigger, is filled a batch at a time, gets the rules and the indexes, and then
//! takes its place, which takes a moment however many rows there are. All columns of a table that
//! change go together, because an index may be of several of them.
//!
//! What the old release writes meanwhile is converted by the trigger, and refused where it has
//! no counterpart, as it would be afterwards.

use crate::dialect::{self, Dialect, quoted, text_literal};
use crate::tables::change::{Change, Class, Reversible};
use crate::tables::convert::{self, Fit};
use crate::tables::delta::Pair;
use crate::tables::{Check, Column, ColumnType, Index, Table, derived_name};

use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::filling::Filling;
use super::strangers;

/// How many rows a sample has.
const SAMPLE: usize = 5;

/// A column, and the one that is to take its place.
struct Twin<'a> {
    new: &'a Column,
    old_name: &'a str,
    old_type: ColumnType,
    /// Required before and after; where only after, that is a change of its own.
    required: bool,
    check: Option<&'a Check>,
    name: String,
}

/// The columns of one table that change their type with every row, which have their new names.
pub struct Retype<'a> {
    dialect: &'a dyn Dialect,
    pair: &'a Pair,
    twins: Vec<Twin<'a>>,
    /// The indexes that outlive the change.
    indexes: Vec<&'a Index>,
    grave: (Class, Reversible),
}

/// Whether a type changes without a look at the rows, or is that of a key, which changes in place.
pub fn in_place(dialect: &dyn Dialect, pair: &Pair, change: &Change) -> bool {
    let Change::ChangeType {
        column,
        from,
        to,
        fit,
        ..
    } = change
    else {
        return false;
    };
    let refers =
        |table: &Table, name: &str| table.foreign_keys.iter().any(|key| key.column == name);
    // One that only begins to refer gets its key when the second column has taken its place.
    let referred = pair
        .old_of(column)
        .is_some_and(|it| refers(&pair.old, &it.name));
    let is_key = pair.new.primary_key.contains(column) || refers(&pair.new, column) && referred;
    is_key || keeps_form(dialect, *from, *to, *fit)
}

/// Whether values of both types are the same on the disk.
pub fn keeps_form(dialect: &dyn Dialect, from: ColumnType, to: ColumnType, fit: Fit) -> bool {
    // So is a wider decimal with as many digits after the point.
    dialect.column_type(from) == dialect.column_type(to)
        || matches!(
            (from, to),
            (ColumnType::Decimal { scale: a, .. }, ColumnType::Decimal { scale: b, .. }) if a == b && fit == Fit::Wider
        )
}

impl<'a> Retype<'a> {
    /// What of the changes rewrites rows; `None` where nothing does.
    pub fn of(dialect: &'a dyn Dialect, pair: &'a Pair, changes: &'a [Change]) -> Option<Self> {
        let rewriting: Vec<&Change> = changes
            .iter()
            .filter(|it| matches!(it, Change::ChangeType { .. }) && !in_place(dialect, pair, it))
            .collect();
        let twins: Vec<Twin<'_>> = rewriting.iter().filter_map(|it| twin(pair, it)).collect();
        let grave = (
            rewriting.iter().map(|it| it.class()).max()?,
            rewriting.iter().map(|it| it.reversible()).max()?,
        );
        let is_new = |index: &Index| {
            let mut added = changes.iter();
            added.any(|it| matches!(it, Change::AddIndex { index: it, .. } if it == index))
        };
        let is_of_twin = |index: &Index| {
            let mut terms = index.terms.iter();
            terms.any(|term| twins.iter().any(|twin| twin.new.name == term.column))
        };
        let indexes = pair.new.indexes.iter();
        let indexes = indexes.filter(|it| is_of_twin(it) && !is_new(it)).collect();
        Some(Self {
            dialect,
            pair,
            twins,
            indexes,
            grave,
        })
    }

    /// Whether this column is among them.
    pub fn has(&self, column: &str) -> bool {
        self.twins.iter().any(|it| it.new.name == column)
    }

    /// The steps, in their order.
    pub fn steps(&self, filling: &Filling<'_>) -> Vec<Step> {
        let mut steps = vec![self.unknown(Place::Precheck), self.follow()];
        steps.extend(self.twins.iter().filter_map(|it| self.fits(it)));
        steps.push(self.fill(filling));
        for twin in &self.twins {
            steps.extend(self.rules(twin));
        }
        steps.extend(self.indexes.iter().map(|it| self.index(it)));
        steps.push(self.unknown(Place::Expand).under_lock(Place::Expand));
        steps.push(self.swap());
        let known = format!("analyze {};\n", self.table());
        let title = format!("Lets the planner know `{}` as it is now.", self.name());
        let known = Step::new(Place::Expand, self.name(), title, known);
        steps.push(known.run(Mode::Autocommit, Lock::ShareUpdateExclusive));
        steps
    }

    fn name(&self) -> &str {
        &self.pair.new.name
    }

    fn table(&self) -> String {
        quoted(self.name())
    }

    fn step(&self, title: String, sql: String) -> Step {
        let step = Step::new(Place::Expand, self.name(), title, sql);
        step.grave(self.grave.0, self.grave.1)
    }

    fn alter(&self, what: &str) -> String {
        format!("alter table {} {what};\n", self.table())
    }

    /// The columns by name, for people.
    fn said(&self) -> String {
        let names = self.twins.iter().map(|it| format!("`{}`", it.new.name));
        names.collect::<Vec<_>>().join(", ")
    }

    fn function(&self) -> String {
        derived_name(&["svcgen", self.name()], "follow")
    }

    /// The second columns, and the trigger that lets them follow the first.
    fn follow(&self) -> Step {
        let (table, function) = (self.table(), self.function());
        let mut sql = String::new();
        let mut body = String::new();
        for twin in &self.twins {
            let ty = self.dialect.column_type(twin.new.ty);
            sql.push_str(&self.alter(&format!("add column {} {ty}", quoted(&twin.name))));
            let value = format!("new.{}", quoted(&twin.new.name));
            if let Some(unfit) = self.dialect.unfit(&value, twin.old_type, twin.new.ty) {
                let message = format!(
                    "this value of \"{}\" cannot become {}",
                    twin.new.name,
                    convert::name(twin.new.ty)
                );
                body.extend([format!(
                    "    if ({unfit}) then\n        raise exception using errcode = 'check_violation', message = {};\n    end if;\n",
                    text_literal(&message)
                )]);
            }
            body.extend([format!(
                "    new.{} := {};\n",
                quoted(&twin.name),
                self.dialect.convert(&value, twin.old_type, twin.new.ty)
            )]);
        }
        sql.extend([format!(
            "create function {function}() returns trigger language plpgsql as $$
begin
{body}    return new;
end
$$;
create trigger {function} before insert or update on {table}
    for each row execute function {function}();
"
        )]);
        let title = format!(
            "Lets a second column follow {} of `{}`.",
            self.said(),
            self.name()
        );
        self.step(title, sql)
            .run(Mode::Transaction, Lock::AccessExclusive)
    }

    /// That nobody has made anything of the first columns that would go along with them.
    fn unknown(&self, place: Place) -> Step {
        let columns = self.twins.iter();
        let columns: Vec<(&str, &str)> = columns
            .map(|it| (it.old_name, it.new.name.as_str()))
            .collect();
        strangers::none(place, self.pair, &columns)
    }

    /// That no row came meanwhile whose value has no counterpart.
    fn fits(&self, twin: &Twin<'_>) -> Option<Step> {
        let column = quoted(&twin.new.name);
        let unfit = self.dialect.unfit(&column, twin.old_type, twin.new.ty)?;
        let title = format!(
            "Every `{}` of `{}` can still become {}.",
            twin.new.name,
            self.name(),
            convert::name(twin.new.ty)
        );
        let sql = format!(
            "select {column}, count(*) from {} where {unfit} group by 1 order by 2 desc, 1 limit {SAMPLE};\n",
            self.table()
        );
        Some(Step::check(Place::Expand, self.name(), title, sql))
    }

    fn fill(&self, filling: &Filling<'_>) -> Step {
        let lacks = self.twins.iter().map(|twin| {
            let (new, old) = (quoted(&twin.name), quoted(&twin.new.name));
            format!("{new} is null and {old} is not null")
        });
        let lacks = lacks.collect::<Vec<_>>().join(" or ");
        let sets = self.twins.iter().map(|twin| {
            let old = quoted(&twin.new.name);
            let value = self.dialect.convert(&old, twin.old_type, twin.new.ty);
            format!("{} = {value}", quoted(&twin.name))
        });
        let sets = sets.collect::<Vec<_>>().join(", ");
        let title = format!("Converts {} of `{}`.", self.said(), self.name());
        let step = filling.update(&format!("({lacks})"), &sets, title);
        let step = step.grave(self.grave.0, self.grave.1);
        Step {
            place: Place::Expand,
            ..step
        }
    }

    /// What must hold of the first holds of the second before it takes its place.
    fn rules(&self, twin: &Twin<'_>) -> Vec<Step> {
        let name = quoted(&twin.name);
        let mut steps = Vec::new();
        let mut rule = |what: &str, constraint: &str, clause: String| {
            let new = format!("add {clause} not valid");
            let title = format!("{what}, for new rows.");
            steps.push(self.step(title, self.alter(&new)));
            let title = format!("{what}, for every row.");
            let validate = self.alter(&format!("validate constraint {}", quoted(constraint)));
            let step = self.step(title, validate);
            steps.push(step.run(Mode::Transaction, Lock::ShareUpdateExclusive));
        };
        if twin.required {
            let constraint = self.required(twin);
            let clause = format!(
                "constraint {} check ({name} is not null)",
                quoted(&constraint)
            );
            let what = format!(
                "The second `{}` of `{}` has a value",
                twin.new.name,
                self.name()
            );
            rule(&what, &constraint, clause);
        }
        if let Some(check) = twin.check {
            let of_twin = Check {
                name: second(&check.name),
                column: twin.name.clone(),
                rules: check.rules.clone(),
            };
            let clause = dialect::check_clause(self.dialect, &of_twin, twin.new.ty);
            let what = format!(
                "The second `{}` of `{}` obeys its rule",
                twin.new.name,
                self.name()
            );
            rule(&what, &of_twin.name, clause);
        }
        steps
    }

    fn required(&self, twin: &Twin<'_>) -> String {
        derived_name(&["svcgen", self.name(), &twin.new.name], "not_null")
    }

    fn index(&self, index: &Index) -> Step {
        let rename = |column: &str| {
            let twin = self.twins.iter().find(|it| it.new.name == column);
            twin.map_or_else(|| column.to_owned(), |it| it.name.clone())
        };
        let mut table: Table = self.pair.new.clone();
        for column in &mut table.columns {
            column.name = rename(&column.name);
        }
        let mut of_twins = index.clone();
        of_twins.name = second(&index.name);
        for term in &mut of_twins.terms {
            term.column = rename(&term.column);
        }
        let sql = super::concurrently(self.dialect, &table, &of_twins);
        let title = format!("Makes `{}` of the second column.", index.name);
        let step = self.step(title, sql);
        step.run(Mode::Autocommit, Lock::ShareUpdateExclusive)
    }

    /// The second columns take the place of the first, and with it whatever is of them.
    fn swap(&self) -> Step {
        let function = self.function();
        let mut sql = format!(
            "drop trigger {function} on {};\ndrop function {function}();\n",
            self.table()
        );
        for twin in &self.twins {
            let (name, column) = (quoted(&twin.name), quoted(&twin.new.name));
            if twin.required {
                let constraint = quoted(&self.required(twin));
                sql.push_str(&self.alter(&format!("alter column {name} set not null")));
                sql.push_str(&self.alter(&format!("drop constraint {constraint}")));
            }
            if let Some(default) = &twin.new.default {
                let default = self.dialect.literal(default, twin.new.ty);
                sql.push_str(&self.alter(&format!("alter column {name} set default {default}")));
            }
            sql.push_str(&self.alter(&format!("drop column {column}")));
            sql.push_str(&self.alter(&format!("rename column {name} to {column}")));
            if let Some(check) = twin.check {
                let (from, to) = (quoted(&second(&check.name)), quoted(&check.name));
                sql.push_str(&self.alter(&format!("rename constraint {from} to {to}")));
            }
        }
        for index in &self.indexes {
            let (from, to) = (quoted(&second(&index.name)), quoted(&index.name));
            sql.extend([format!("alter index {from} rename to {to};\n")]);
        }
        let title = format!(
            "The second column takes the place of {} of `{}`.",
            self.said(),
            self.name()
        );
        self.step(title, sql)
    }
}

fn twin<'a>(pair: &'a Pair, change: &Change) -> Option<Twin<'a>> {
    let Change::ChangeType { column, from, .. } = change else {
        return None;
    };
    let (new, old) = (pair.new.column(column)?, pair.old_of(column)?);
    Some(Twin {
        new,
        old_name: &old.name,
        old_type: *from,
        required: !new.nullable && !old.nullable,
        check: pair.new.check_of(column),
        name: second(column),
    })
}

/// The name of what is to take the place of something.
fn second(name: &str) -> String {
    derived_name(&["svcgen", name], "new")
}
