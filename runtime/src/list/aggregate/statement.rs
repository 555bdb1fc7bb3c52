//! The statement of an aggregate: rows become groups, groups are measured, and one page of them is read.

use super::measure::{Function, Measure, scale};
use super::{Group, Question};
use crate::db::{Engine, Sql, Value};
use crate::list::column::{Kind, Table, quoted};
use crate::list::filter::check::{Place, Subject};
use crate::list::filter::sql::{self, part_of};
use crate::list::order::Key;
use crate::list::statement::{Parameters, where_all};

/// The name of a group or a measure inside the statement.
pub(super) fn alias(kind: char, number: usize) -> String {
    format!("{kind}{number}")
}

/// The statement. `beyond` holds for the groups after the cursor.
pub(super) fn page(
    table: &Table,
    question: &Question,
    conditions: &[String],
    beyond: &[String],
    limit: i64,
    parameters: &mut Parameters,
) -> Sql {
    let engine = parameters.engine;
    let groups = question.groups.iter().enumerate();
    let measures = question.measures.iter().enumerate();
    let mut inner: Vec<String> = groups
        .clone()
        .map(|(at, group)| named(&of_row(table, &group.of, engine), 'g', at))
        .collect();
    let arguments = measures
        .clone()
        .filter_map(|(at, measure)| Some((at, measure.of.as_ref()?)));
    inner.extend(arguments.map(|(at, of)| named(&of_row(table, of, engine), 'a', at)));
    if inner.is_empty() {
        // A row has to have a column, also where rows are only counted.
        inner.push("1 as \"one\"".to_owned());
    }
    let keys: Vec<String> = groups
        .clone()
        .map(|(at, _)| quoted(&alias('g', at)))
        .collect();
    let mut middle = keys.clone();
    middle.extend(
        measures
            .clone()
            .map(|(at, measure)| named(&measured_as(measure, at, engine), 'm', at)),
    );
    let outer: Vec<String> = groups
        .map(|(at, _)| quoted(&alias('g', at)))
        .chain(measures.map(|(at, measure)| shown(measure, at, engine)))
        .collect();
    let mut wanted: Vec<String> = Vec::new();
    wanted.extend(
        question
            .having
            .as_ref()
            .map(|having| sql::condition(having, parameters)),
    );
    if !beyond.is_empty() {
        wanted.push(format!("({})", beyond.join(" or ")));
    }
    let limit = parameters.bind(Kind::Bigint, Value::Int(limit));
    let order: Vec<String> = question.keys.iter().map(Key::sql).collect();
    let text = format!(
        "select {} from (select {} from (select {} from {}{}) as records{}) as measured{}{} limit {limit}",
        outer.join(", "),
        middle.join(", "),
        inner.join(", "),
        quoted(table.name),
        where_all(conditions),
        clause(" group by ", &keys),
        where_all(&wanted),
        clause(" order by ", &order),
    );
    Sql::at_run_time(text)
}

fn clause(words: &str, items: &[String]) -> String {
    if items.is_empty() {
        String::new()
    } else {
        format!("{words}{}", items.join(", "))
    }
}

fn named(expression: &str, kind: char, number: usize) -> String {
    format!("{expression} as {}", quoted(&alias(kind, number)))
}

/// What a row has for a subject; through a reference it is the other record's.
fn of_row(table: &Table, subject: &Subject, engine: Engine) -> String {
    let Place::Through {
        reference,
        table: target,
        column,
    } = &subject.place
    else {
        return sql::expression(subject, engine);
    };
    let name = format!("target.{}", column.sql());
    let is_moment = matches!(column.kind, Kind::Timestamp);
    let value = match subject.part {
        None => name,
        Some(part) => part_of(part, &name, is_moment, engine),
    };
    format!(
        "(select {value} from {} as target where target.{} = {}.{})",
        quoted(target.name),
        quoted(target.key),
        quoted(table.name),
        reference.sql()
    )
}

fn measured_as(measure: &Measure, at: usize, engine: Engine) -> String {
    let of = quoted(&alias('a', at));
    let exact = matches!(measure.kind, Kind::Exact { .. });
    match (measure.function, engine) {
        (Function::Count, _) if measure.of.is_none() => "count(*)".to_owned(),
        (Function::Count, _) => format!("count({of})"),
        (Function::CountDistinct, _) => format!("count(distinct {of})"),
        (Function::Min, _) => format!("min({of})"),
        (Function::Max, _) => format!("max({of})"),
        (Function::Sum, _) if !exact => format!("sum({of})"),
        (Function::Avg, Engine::Sqlite) if !exact => format!("avg({of})"),
        (Function::Avg, Engine::Postgres) if !exact => average(&of),
        (Function::Sum, Engine::Sqlite) => format!("exact_sum({of})"),
        (Function::Avg, Engine::Sqlite) => format!("exact_avg({of})"),
        (Function::Sum, Engine::Postgres) => exact_sum(measure, &of),
        (Function::Avg, Engine::Postgres) => exact_average(measure, &of),
    }
}

/// The average of floats on PostgreSQL, whose own squares the numbers on its way and is lost with
/// large ones. What a division would make nothing of is an error there as well.
fn average(of: &str) -> String {
    let least = "cast('5e-324' as double precision)";
    format!(
        "case when abs(sum({of})) < count({of}) * {least} then 0 else sum({of}) / count({of}) end"
    )
}

fn exact_sum(measure: &Measure, of: &str) -> String {
    let sum = format!("sum(cast({of} as numeric))");
    if measure
        .of
        .as_ref()
        .is_some_and(|of| matches!(of.kind, Kind::Duration))
    {
        // Microseconds as seconds.
        format!("({sum} * 0.000001)")
    } else {
        sum
    }
}

/// Divided as whole numbers, so that the last digit is rounded once, half away from zero.
fn exact_average(measure: &Measure, of: &str) -> String {
    let sum = exact_sum(measure, of);
    let digits = match measure.kind {
        Kind::Exact { scale } => usize::from(scale),
        _ => 0,
    };
    let shift = format!("1{}", "0".repeat(digits));
    let unit = format!("0.{}1", "0".repeat(digits.saturating_sub(1)));
    format!("(sign({sum}) * div(2 * abs({sum}) * {shift} + count({of}), 2 * count({of})) * {unit})")
}

/// A measure as it leaves the statement: exact numbers as text, since no wire format has so many digits.
fn shown(measure: &Measure, at: usize, engine: Engine) -> String {
    let name = quoted(&alias('m', at));
    match (measure.kind, engine) {
        // Under another name: `order by` would else mean the text and not the number.
        (Kind::Exact { .. }, Engine::Postgres) => {
            format!("cast({name} as text) as {}", quoted(&alias('t', at)))
        }
        _ => name,
    }
}

/// Whether a group may be null: its column may, or the record that it is read through may be missing.
pub(super) fn may_be_null(group: &Group) -> bool {
    match &group.of.place {
        Place::Own(column) => column.nullable,
        Place::Through {
            reference, column, ..
        } => reference.nullable || column.nullable,
        Place::Computed(_) => true,
    }
}

/// The digits after the point that SQLite's own sums of a measure have.
pub(super) fn own_scale(measure: &Measure) -> Option<u8> {
    measure.of.as_ref().and_then(|of| scale(of.kind))
}
