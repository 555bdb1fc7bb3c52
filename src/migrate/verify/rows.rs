//! Rows that try a migration: empty texts, quotes, ends of ranges, nulls, references in circles.
//!
//! They keep every rule of the old tables, and of the new ones too where these are stricter,
//! so that the migration has to take them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rusqlite::types::Value;

use crate::tables::convert::{Fit, fit};
use crate::tables::delta::{Delta, Pair, Source};
use crate::tables::{CheckRule, Column, ColumnType, Fill, Schema, Table, TableKind};

use super::oracle::{convert, keeps, stored};

/// How many rows a table has.
pub const ROWS: usize = 4;

/// The rows of the tables, by table: for each row, by column, its value.
pub type Rows = BTreeMap<String, Vec<BTreeMap<String, Value>>>;

/// Rows for the old tables.
pub fn hostile(old: &Schema, delta: &Delta) -> Rows {
    varied(old, delta, 0)
}

/// Rows for the old tables; another start gives others.
pub fn varied(old: &Schema, delta: &Delta, start: usize) -> Rows {
    let mut rows = Rows::new();
    for table in &old.tables {
        let maker = Maker {
            old,
            delta,
            table,
            pair: delta.pairs.iter().find(|it| it.old.name == table.name),
            start,
        };
        rows.insert(table.name.clone(), maker.rows());
    }
    while let Some((table, column, must)) = dangling(old, delta, &rows) {
        let Some(rows) = rows.get_mut(&table.name) else {
            break;
        };
        let (place, name) = column;
        if must {
            rows.remove(place);
        } else {
            rows[place].insert(name, Value::Null);
        }
    }
    rows
}

/// A row that refers to one that is not there, and whether it has to refer to something. Not
/// every table has as many rows as were wanted, for some of them agreed in what is unique.
fn dangling<'a>(
    old: &'a Schema,
    delta: &Delta,
    rows: &Rows,
) -> Option<(&'a Table, (usize, String), bool)> {
    old.tables.iter().find_map(|table| {
        references(table, delta)
            .into_iter()
            .find_map(|(name, target)| {
                let key = old.table(&target)?.primary_key.first()?;
                let theirs = rows.get(&target)?;
                let place = rows.get(&table.name)?.iter().position(|row| {
                    let refers_to = row.get(&name).filter(|it| **it != Value::Null);
                    refers_to
                        .is_some_and(|it| theirs.iter().all(|other| other.get(key) != Some(it)))
                })?;
                let pair = delta.pairs.iter().find(|it| it.old.name == table.name);
                let must = table.column(&name).is_some_and(|it| !may_be_null(pair, it));
                Some((table, (place, name), must))
            })
    })
}

/// By old column name, the old table that it refers to, now or from now on.
fn references(table: &Table, delta: &Delta) -> Vec<(String, String)> {
    let own = table.foreign_keys.iter();
    let mut references: Vec<(String, String)> = own
        .map(|key| (key.column.clone(), key.table.clone()))
        .collect();
    if let Some(pair) = delta.pairs.iter().find(|it| it.old.name == table.name) {
        for key in &pair.new.foreign_keys {
            if let Some(column) = pair.old_of(&key.column) {
                references.push((column.name.clone(), delta.old_name(&key.table).to_owned()));
            }
        }
    }
    references
}

/// Makes the rows of one table.
struct Maker<'a> {
    old: &'a Schema,
    delta: &'a Delta,
    table: &'a Table,
    pair: Option<&'a Pair>,
    start: usize,
}

impl Maker<'_> {
    fn rows(&self) -> Vec<BTreeMap<String, Value>> {
        let wanted = if self.pair.is_some_and(needs_to_be_empty) {
            0
        } else if self.pair.is_some_and(is_unique_by_constant) {
            1
        } else {
            ROWS
        };
        let uniques = uniques(self.table, self.pair);
        let mut seen: Vec<BTreeSet<String>> = vec![BTreeSet::new(); uniques.len()];
        let mut rows = Vec::new();
        for number in 0..wanted {
            let columns = self.table.columns.iter();
            let row: Option<BTreeMap<String, Value>> = columns
                .map(|column| Some((column.name.clone(), self.value(column, number)?)))
                .collect();
            let Some(row) = row else {
                continue;
            };
            let keys: Vec<Option<String>> = uniques.iter().map(|it| it.key(&row)).collect();
            let taken = keys
                .iter()
                .zip(&seen)
                .any(|(key, seen)| key.as_ref().is_some_and(|key| seen.contains(key)));
            if taken {
                continue;
            }
            for (key, seen) in keys.into_iter().zip(&mut seen) {
                seen.extend(key);
            }
            rows.push(row);
        }
        rows
    }

    /// Whether something goes that no row on hold may lose; no row has to be kept any longer.
    fn lets_go(&self) -> bool {
        let goes = |pair: &Pair| {
            let mut columns = self.table.columns.iter();
            columns.any(|it| pair.new_of(&it.name).is_none())
        };
        self.table.kind == TableKind::Archive && self.pair.is_none_or(goes)
    }

    /// A good value; nothing where there is none, and so can be no row.
    fn value(&self, column: &Column, number: usize) -> Option<Value> {
        let (table, pair) = (self.table, self.pair);
        let is_key = table.primary_key.contains(&column.name);
        let turn = number + self.start;
        let target = references(table, self.delta)
            .into_iter()
            .find(|(name, _)| *name == column.name)
            .map(|(_, target)| target);
        if let Some(target) = target {
            if may_be_null(pair, column) && turn % 3 == 1 {
                return Some(Value::Null);
            }
            // The next one, so that references run in circles, to itself too.
            let number = if is_key { number } else { (turn + 1) % ROWS };
            let key = self.old.table(&target).map(|target| {
                let first = target.columns.first();
                id(first.map_or(column.ty, |it| it.ty), number)
            });
            // A column that refers to something only from now on may be of another type yet.
            return match key {
                Some(key) if is_alike(&key, &id(column.ty, number)) => Some(key),
                _ => may_be_null(pair, column).then_some(Value::Null),
            };
        }
        if is_key || column.name == "id" && table.kind == TableKind::Archive {
            return Some(id(column.ty, number));
        }
        if column.name == "archive_hold" && self.lets_go() {
            return Some(Value::Integer(0));
        }
        if may_be_null(pair, column) && turn % 3 == 2 {
            return Some(Value::Null);
        }
        let good: Vec<Value> = candidates(table, pair, column)
            .into_iter()
            .filter(|it| is_good(it, table, pair, column))
            .collect();
        match good.len() {
            0 => may_be_null(pair, column).then_some(Value::Null),
            length => Some(good[turn % length].clone()),
        }
    }
}

/// Whether a null is good in a column, today and tomorrow.
fn may_be_null(pair: Option<&Pair>, column: &Column) -> bool {
    let required_later = pair.is_some_and(|pair| {
        let now = pair.new_of(&column.name).and_then(|it| pair.new.column(it));
        now.is_some_and(|it| !it.nullable)
    });
    let filled_later = pair.is_some_and(|pair| {
        pair.columns.iter().any(|it| match &it.source {
            Source::Column {
                name,
                fill: Some(fill),
                ..
            } => {
                *name == column.name
                    && stays_unique(pair, column)
                    && can_go_back(pair, column, &it.name, fill)
            }
            _ => false,
        })
    });
    column.nullable && (!required_later || filled_later)
}

/// Whether nulls that are filled stay apart on the way back: there, no two filled rows may agree.
fn stays_unique(pair: &Pair, column: &Column) -> bool {
    let mut uniques = pair.old.indexes.iter().filter(|index| index.unique);
    !uniques.any(|index| index.terms.iter().any(|term| term.column == column.name))
}

/// Whether what a null is filled with keeps the rules that the old column had; the way back
/// stops where it does not.
fn can_go_back(pair: &Pair, column: &Column, now: &str, fill: &Fill) -> bool {
    let Some(now) = pair.new.column(now) else {
        return true;
    };
    let rules = pair.old.check_of(&column.name).map(|it| &it.rules[..]);
    let rules = rules.unwrap_or_default();
    let way_back = fit(now.ty, column.ty);
    let Fill::Value(value) = fill else {
        // Nobody knows what comes of an expression, or of another column.
        return way_back.is_none_or(|it| it == Fit::Wider) && rules.is_empty();
    };
    let was = convert(&stored(value, now.ty), now.ty, column.ty);
    way_back.is_none() || was.is_some_and(|it| keeps(&it, rules, column.ty))
}

/// Whether the migration only works while the table has no rows.
fn needs_to_be_empty(pair: &Pair) -> bool {
    pair.new.columns.iter().any(|column| {
        let source = pair.columns.iter().find(|it| it.name == column.name);
        !column.nullable
            && column.default.is_none()
            && matches!(
                source.map(|it| &it.source),
                Some(Source::New { fill: None })
            )
    })
}

/// Whether a unique column gets the same value in every row.
fn is_unique_by_constant(pair: &Pair) -> bool {
    let is_constant = |name: &str| {
        let source = pair.columns.iter().find(|it| it.name == name);
        match source.map(|it| &it.source) {
            Some(Source::New { fill }) => !matches!(fill, Some(Fill::NewUuid)),
            Some(Source::Column { fill, .. }) => fill.is_some(),
            _ => false,
        }
    };
    let mut uniques = pair.new.indexes.iter().filter(|index| index.unique);
    uniques.any(|index| index.terms.iter().any(|term| is_constant(&term.column)))
}

/// Old columns that no two rows may agree in: in their values, or in what these become.
struct Unique<'a> {
    pair: Option<&'a Pair>,
    columns: Vec<String>,
}

impl Unique<'_> {
    /// What no second row may have; nothing where a part is null.
    fn key(&self, row: &BTreeMap<String, Value>) -> Option<String> {
        let mut key = String::new();
        for name in &self.columns {
            let value = row.get(name).filter(|it| **it != Value::Null)?;
            let value = self.pair.and_then(|it| later(it, name, value));
            let value = match value.or_else(|| row.get(name).cloned()) {
                // A zero with a sign is the same zero.
                Some(Value::Real(it)) => Some(Value::Real(it + 0.0)),
                other => other,
            };
            // Writing to a string cannot fail.
            let _ = write!(key, "{value:?},");
        }
        Some(key)
    }
}

/// What an old column's value becomes.
fn later(pair: &Pair, old: &str, value: &Value) -> Option<Value> {
    let before = pair.old.column(old)?;
    let now = pair.new.column(pair.new_of(old)?)?;
    convert(value, before.ty, now.ty)
}

/// The sets of old columns that no two rows may agree in, before or after.
fn uniques<'a>(table: &Table, pair: Option<&'a Pair>) -> Vec<Unique<'a>> {
    let now = |columns| Unique {
        pair: None,
        columns,
    };
    let mut uniques = vec![now(table.primary_key.clone())];
    let own = table.indexes.iter().filter(|index| index.unique);
    uniques.extend(own.map(|index| now(index.terms.iter().map(|it| it.column.clone()).collect())));
    for index in pair.iter().flat_map(|it| &it.new.indexes) {
        if !index.unique {
            continue;
        }
        let columns = index.terms.iter().filter_map(|term| {
            let column = pair?.old_of(&term.column)?;
            Some(column.name.clone())
        });
        uniques.push(Unique {
            pair,
            columns: columns.collect(),
        });
    }
    uniques
}

/// The identifier of a table's row of this number.
fn id(ty: ColumnType, number: usize) -> Value {
    let number = u8::try_from(number).unwrap_or_default();
    match ty {
        ColumnType::Bigint | ColumnType::Int => Value::Integer(i64::from(number) * 7 + 1),
        ColumnType::Text => {
            let ids = ["a", "it's", "日本", "\"q\""];
            Value::Text(ids[usize::from(number) % ids.len()].to_owned())
        }
        _ => {
            let mut octets = [0xA0; 16];
            octets[15] = number;
            Value::Blob(octets.to_vec())
        }
    }
}

/// Whether two values are stored alike.
fn is_alike(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Whether a value keeps the rules of today and tomorrow.
fn is_good(value: &Value, table: &Table, pair: Option<&Pair>, column: &Column) -> bool {
    let rules = |table: &Table, column: &str| -> Vec<CheckRule> {
        table
            .check_of(column)
            .map(|it| it.rules.clone())
            .unwrap_or_default()
    };
    if !keeps(value, &rules(table, &column.name), column.ty) {
        return false;
    }
    let Some(pair) = pair else { return true };
    let now = pair.new_of(&column.name).and_then(|it| pair.new.column(it));
    let Some(now) = now.filter(|_| pair.new.kind != TableKind::Archive) else {
        return true;
    };
    let source = pair.columns.iter().find(|it| it.name == now.name);
    let value = match (source.map(|it| &it.source), value) {
        (Some(Source::Column { values, .. }), Value::Text(text)) => {
            let renamed = values.iter().find(|(was, _)| was == text);
            if renamed.is_none() && values.iter().any(|(_, now)| now == text) {
                return false;
            }
            Value::Text(renamed.map_or_else(|| text.clone(), |(_, to)| to.clone()))
        }
        _ => value.clone(),
    };
    match convert(&value, column.ty, now.ty) {
        Some(value) => keeps(&value, &rules(&pair.new, &now.name), now.ty),
        None => false,
    }
}

/// Values worth trying, of a column's type.
fn candidates(table: &Table, pair: Option<&Pair>, column: &Column) -> Vec<Value> {
    let text = |it: &str| Value::Text(it.to_owned());
    let mut values = match column.ty {
        ColumnType::Text => {
            let texts = [
                "it's",
                "",
                "日本語 \"x\"",
                "1e3",
                "0",
                "-12",
                "true",
                "2024-02-29",
                " ",
                "%_\\",
                "9223372036854775807",
                "01890a5d-ac96-774b-bcce-b302099a8057",
                "null",
                "a",
                "bb",
            ];
            texts.iter().map(|it| text(it)).collect()
        }
        ColumnType::Int => [2_147_483_647, 0, -2_147_483_648, 1, 42]
            .map(Value::Integer)
            .to_vec(),
        ColumnType::Bigint => {
            let numbers = [i64::MAX, 0, i64::MIN, 1, 42, 2_147_483_647];
            numbers.map(Value::Integer).to_vec()
        }
        ColumnType::Duration => [0, 1, 86_400_000_000, 42].map(Value::Integer).to_vec(),
        ColumnType::Float => [0.5, -0.0, 1e300, 3.0, -7.25].map(Value::Real).to_vec(),
        ColumnType::Bool => [1, 0].map(Value::Integer).to_vec(),
        ColumnType::Uuid => (0..4)
            .map(|it| Value::Blob(vec![it * 63 + 2; 16]))
            .collect(),
        ColumnType::Bytes => vec![
            Value::Blob(Vec::new()),
            Value::Blob(vec![0, 255, 39]),
            Value::Blob(vec![7; 5]),
        ],
        ColumnType::Date => ["2024-02-29", "0001-01-01", "9999-12-31"]
            .map(text)
            .to_vec(),
        ColumnType::Time => ["00:00:00.000000", "23:59:59.999999"].map(text).to_vec(),
        ColumnType::Timestamp => {
            let moments = [0, -1, 1_700_000_000_123_456, -62_135_596_800_000_000];
            moments.map(Value::Integer).to_vec()
        }
        ColumnType::Json => ["{\"a\":[1,null]}", "[]", "null", "\"'\""]
            .map(text)
            .to_vec(),
        ColumnType::Decimal { precision, .. } => {
            let nines = "9".repeat(precision as usize);
            ["0", "1", "-1", "4200", &nines, &format!("-{nines}")]
                .into_iter()
                .filter_map(|it| it.parse::<i128>().ok())
                .map(|digits| digits_of(digits, column.ty))
                .collect()
        }
    };
    let tables = [
        Some((table, column.name.as_str())),
        pair.and_then(|it| now(it, column)),
    ];
    for (table, name) in tables.into_iter().flatten() {
        for rule in table.check_of(name).into_iter().flat_map(|it| &it.rules) {
            values.extend(at_the_edge(rule, column.ty));
        }
    }
    values
}

fn now<'a>(pair: &'a Pair, column: &Column) -> Option<(&'a Table, &'a str)> {
    let name = pair.new_of(&column.name)?;
    let same_type = pair.new.column(name).is_some_and(|it| it.ty == column.ty);
    same_type.then_some((&pair.new, name))
}

fn digits_of(digits: i128, ty: ColumnType) -> Value {
    let ColumnType::Decimal { scale, .. } = ty else {
        return Value::Null;
    };
    let number = rust_decimal::Decimal::from_i128_with_scale(digits, scale);
    stored(&crate::tables::Literal::Decimal(number.to_string()), ty)
}

/// Values at the edge of what a rule allows.
fn at_the_edge(rule: &CheckRule, ty: ColumnType) -> Vec<Value> {
    match rule {
        CheckRule::OneOf(values) => values.iter().cloned().map(Value::Text).collect(),
        CheckRule::MinLength(length) | CheckRule::MaxLength(length) => {
            let length = (*length).min(10_000) as usize;
            match ty {
                ColumnType::Bytes => vec![Value::Blob(vec![1; length])],
                _ => ["x", "é", "z"]
                    .iter()
                    .map(|it| Value::Text(it.repeat(length)))
                    .collect(),
            }
        }
        CheckRule::AtLeast(edge) | CheckRule::AtMost(edge) => vec![stored(edge, ty)],
    }
}
