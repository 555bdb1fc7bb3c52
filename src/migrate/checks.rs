//! What has to hold in the old rows before a plan touches them, as queries that return the
//! rows for which it does not: a few, with how many there are of each.

use crate::dialect::{self, Dialect, quoted};
use crate::tables::change::{Change, Class};
use crate::tables::delta::{Delta, Pair, Source};
use crate::tables::{Column, ColumnType, Fill, Index, Table, TableKind, convert, rules};

use super::step::{Place, Step};
use super::values::Values;

/// How many rows a sample has.
const SAMPLE: usize = 5;

/// The checks of one table's changes, over its old name and its old columns.
pub fn before(
    dialect: &dyn Dialect,
    delta: &Delta,
    pair: &Pair,
    changes: &[Change],
    stash: &str,
) -> Vec<Step> {
    let checks = Checks {
        dialect,
        delta,
        pair,
        values: Values::of(dialect, pair, stash),
    };
    changes.iter().flat_map(|it| checks.of(it)).collect()
}

struct Checks<'a> {
    dialect: &'a dyn Dialect,
    delta: &'a Delta,
    pair: &'a Pair,
    values: Values<'a>,
}

impl Checks<'_> {
    fn of(&self, change: &Change) -> Vec<Step> {
        match change {
            Change::AddColumn { column, fill, .. }
                if !column.nullable && fill.is_none() && column.default.is_none() =>
            {
                let comes_back = self.source_of(&column.name);
                if matches!(comes_back, Some(Source::Stash { .. })) {
                    return Vec::new();
                }
                vec![self.is_empty(column)]
            }
            Change::ChangeType { column, .. } => self.fits(column).into_iter().collect(),
            Change::Require {
                column, fill: None, ..
            } => vec![self.is_filled(column)],
            Change::ChangeCheck {
                column,
                to: Some(check),
                narrows: true,
                ..
            } => {
                let Some(new) = self.pair.new.column(column) else {
                    return Vec::new();
                };
                let condition = dialect::check_condition(self.dialect, check, new.ty);
                let mut step = self.sample(
                    format!(
                        "Every `{column}` of `{}` is {}.",
                        self.pair.old.name,
                        rules::describe(&check.rules)
                    ),
                    &quoted(column),
                    &self.values.source(),
                    &format!("not ({condition})"),
                );
                step.class = Class::Narrowing;
                vec![step]
            }
            Change::RenameValues { column, values, .. } => {
                are_free(Place::Precheck, self.pair, column, values)
                    .into_iter()
                    .collect()
            }
            Change::AddIndex { index, .. } if index.unique => {
                self.is_unique(index).into_iter().collect()
            }
            Change::AddForeignKey {
                key, fresh: false, ..
            } => {
                let target = self.delta.old_name(&key.table);
                if self.delta.created.iter().any(|it| it.name == key.table) {
                    return vec![self.refers_to_nothing(&key.column)];
                }
                let column = quoted(&key.column);
                // The other table may have a column of the same name.
                let own = format!("{}.{column}", quoted(&self.pair.new.name));
                vec![self.sample(
                    format!(
                        "Every `{}` of `{}` is the id of one of `{target}`.",
                        key.column, self.pair.old.name
                    ),
                    &column,
                    &self.values.source(),
                    &format!(
                        "{own} is not null and not exists (select 1 from {} as svcgen_target where svcgen_target.id = {own})",
                        quoted(target)
                    ),
                )]
            }
            _ => Vec::new(),
        }
    }

    fn source_of(&self, column: &str) -> Option<&Source> {
        let mut columns = self.pair.columns.iter();
        columns.find(|it| it.name == column).map(|it| &it.source)
    }

    fn is_empty(&self, column: &Column) -> Step {
        let table = &self.pair.old.name;
        Step::check(
            Place::Precheck,
            table,
            format!(
                "`{table}` has no rows yet; for rows that are there, `{}` needs a `backfill:` or a default.",
                column.name
            ),
            format!(
                "select {} from {} limit 1;\n",
                dialect::columns(&self.pair.old.primary_key),
                quoted(table)
            ),
        )
    }

    fn is_filled(&self, column: &str) -> Step {
        let table = &self.pair.old.name;
        let old = self
            .pair
            .old_of(column)
            .map_or(column, |it| it.name.as_str());
        Step::check(
            Place::Precheck,
            table,
            format!("Every row of `{table}` has a value of `{old}`; a `backfill:` gives it one."),
            format!(
                "select {} from {} where {} is null limit {SAMPLE};\n",
                dialect::columns(&self.pair.old.primary_key),
                quoted(table),
                quoted(old)
            ),
        )
    }

    fn fits(&self, column: &str) -> Option<Step> {
        let new = self.pair.new.column(column)?;
        let old = self.pair.old_of(column)?;
        let unfit = self.dialect.unfit(&quoted(&old.name), old.ty, new.ty)?;
        let mut step = self.sample(
            format!(
                "Every `{}` of `{}` can become {}.",
                old.name,
                self.pair.old.name,
                convert::name(new.ty)
            ),
            &quoted(&old.name),
            &quoted(&self.pair.old.name),
            &unfit,
        );
        step.class = Class::Narrowing;
        Some(step)
    }

    fn refers_to_nothing(&self, column: &str) -> Step {
        let column_name = quoted(column);
        self.sample(
            format!(
                "No `{column}` of `{}` has a value yet: what it refers to is new.",
                self.pair.old.name
            ),
            &column_name,
            &self.values.source(),
            &format!("{column_name} is not null"),
        )
    }

    /// Duplicates, of the values that the columns will have; a column without any has none.
    fn is_unique(&self, index: &Index) -> Option<Step> {
        let columns: Vec<String> = index.terms.iter().map(|it| quoted(&it.column)).collect();
        let new: Option<Vec<&Column>> = (index.terms.iter())
            .map(|term| self.pair.new.column(&term.column))
            .collect();
        let new = new?;
        let known = new.iter().all(|column| match self.source_of(&column.name) {
            Some(Source::Column { .. }) => true,
            // No two rows get the same new id.
            Some(Source::New { fill: Some(fill) }) => *fill != Fill::NewUuid,
            Some(Source::New { fill: None }) => column.default.is_some(),
            Some(Source::Converted { .. } | Source::Stash { .. }) | None => false,
        });
        known.then(|| {
            let from = self.values.filled(&new);
            duplicates(Place::Precheck, self.pair, &columns, &from)
        })
    }

    fn sample(&self, title: String, column: &str, from: &str, unfit: &str) -> Step {
        Step::check(
            Place::Precheck,
            &self.pair.old.name,
            title,
            format!(
                "select {column}, count(*) from {from} where {unfit} group by 1 order by 2 desc, 1 limit {SAMPLE};\n"
            ),
        )
    }
}

/// Where a value takes the name of one that goes, no row may have that one; asked by the old names
/// where `place` is the precheck, and by the new ones otherwise.
pub fn are_free(
    place: Place,
    pair: &Pair,
    column: &str,
    values: &[(String, String)],
) -> Option<Step> {
    let mut columns = pair.columns.iter();
    let taken = pair.values_of(columns.find(|it| it.name == column)?);
    let goes = |now: &&String| {
        let mut renamed = values.iter();
        taken.contains(now) && renamed.all(|(was, _)| was != *now)
    };
    let names = values.iter().map(|(_, now)| now).filter(goes);
    let (said, names): (Vec<String>, Vec<String>) = names
        .map(|it| (format!("`{it}`"), dialect::text_literal(it)))
        .unzip();
    if names.is_empty() {
        return None;
    }
    let (table, column) = match place {
        Place::Precheck => (&pair.old.name, pair.old_of(column)?.name.as_str()),
        _ => (&pair.new.name, column),
    };
    let title = format!(
        "No `{column}` of `{table}` is {}, for the value goes while another takes its name.",
        said.join(" or "),
    );
    let name = quoted(column);
    let mut step = Step::check(
        place,
        table,
        title,
        format!(
            "select {name}, count(*) from {} where {name} in ({}) group by 1 order by 2 desc, 1 limit {SAMPLE};\n",
            quoted(table),
            names.join(", ")
        ),
    );
    step.class = Class::Narrowing;
    Some(step)
}

/// That removed records which go, or lose something, may: asked on the way there alone, for the
/// way back undoes what it was made for. On PostgreSQL, where people are at work meanwhile, the
/// transaction in which they go asks it once more.
pub fn letting_go(dialect: &dyn Dialect, delta: &Delta) -> Vec<Step> {
    let archives = |it: &&Table| it.kind == TableKind::Archive;
    let whole = delta.dropped.iter().filter(archives);
    let parts = delta.pairs.iter().filter(|it| archives(&&it.old));
    whole
        .map(|table| may_go(dialect, table))
        .chain(parts.flat_map(lost))
        .collect()
}

/// That no record of an archive has to stay.
pub fn may_go(dialect: &dyn Dialect, table: &Table) -> Step {
    let name = quoted(&table.name);
    let last = dialect.convert("last", ColumnType::Timestamp, ColumnType::Text);
    let now = dialect.now();
    let title = format!(
        "No record of `{}` is on hold, or has to be kept any longer; `stashed:` keeps them beside the schema.",
        table.name
    );
    let sql = format!(
        "select why, records from (
    select 'on hold' as why, count(*) as records from {name} where archive_hold
    union all
    select 'to be kept, some until ' || {last}, records from (
        select max(archive_purge_after) as last, count(*) as records from {name} where archive_purge_after > {now}
    ) as due
) as kept where records > 0;
"
    );
    let mut step = Step::check(Place::Precheck, &table.name, title, sql);
    step.class = Class::Destructive;
    step
}

fn lost(pair: &Pair) -> impl Iterator<Item = Step> {
    let lost = pair.old.columns.iter().filter(|it| {
        let is_stashed = pair.stashed.contains(&it.name);
        pair.new_of(&it.name).is_none() && !is_stashed
    });
    lost.map(|column| may_lose(&pair.old.name, &column.name))
}

/// That no record of an archive that has to stay has a value of a column.
pub fn may_lose(table: &str, column: &str) -> Step {
    let title = format!("No record of `{table}` that is on hold has a `{column}` to lose.");
    let sql = format!(
        "select records from (
    select count(*) as records from {} where archive_hold and {} is not null
) as kept where records > 0;
",
        quoted(table),
        quoted(column)
    );
    let mut step = Step::check(Place::Precheck, table, title, sql);
    step.class = Class::Destructive;
    step
}

/// That no two rows agree in some columns.
pub fn duplicates(place: Place, pair: &Pair, columns: &[String], from: &str) -> Step {
    let all = columns.join(", ");
    let filled: Vec<String> = columns
        .iter()
        .map(|it| format!("{it} is not null"))
        .collect();
    let places: Vec<String> = (1..=columns.len()).map(|it| it.to_string()).collect();
    Step::check(
        place,
        &pair.new.name,
        format!(
            "No two rows of `{}` agree in {}.",
            pair.new.name,
            columns
                .iter()
                .map(|it| format!("`{}`", it.trim_matches('"')))
                .collect::<Vec<_>>()
                .join(" and ")
        ),
        format!(
            "select {all}, count(*) from {from} where {} group by {all} having count(*) > 1 order by {}, {} limit {SAMPLE};\n",
            filled.join(" and "),
            // By place, because a column may be called `count`.
            format_args!("{} desc", columns.len() + 1),
            places.join(", ")
        ),
    )
}
