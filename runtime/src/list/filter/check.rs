//! What a filter says, checked against what may be asked: every name declared, every value of its field's type.
//!
//! Knows columns and kinds; knows no SQL.

use super::lex::{Comparator, Quoted};
use super::parse::{Argument, ArgumentKind, Expression, Operand, OperandKind, Restriction, short};
use crate::db::Value;
use crate::input::nearest;
use crate::list::column::{Column, Kind, Table};
use crate::list::{Mistake, value};

/// The most wildcards of one text: each multiplies the places where a database looks.
const MOST_STARS: usize = 4;
/// The most characters of a text with wildcards. SQLite takes patterns of up to 50,000 bytes, and
/// one character becomes four at the most: a letter of four, or one of one in brackets.
const LONGEST_PATTERN: usize = 4_000;

/// A filter whose every name and value is known to be good.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Subject, Test),
}

/// What is tested.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub place: Place,
    pub part: Option<Part>,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// A column of the table itself.
    Own(&'static Column),
    /// A column of the record that a reference names.
    Through {
        reference: &'static Column,
        table: &'static Table,
        column: &'static Column,
    },
    /// Something that the statement has computed under this name.
    Computed(String),
}

/// A part of a date or of a point in time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Date,
    Year,
    Quarter,
    Month,
    Day,
    /// Monday is 1.
    Weekday,
    Hour,
}

impl Part {
    const ALL: [(&'static str, Self); 7] = [
        ("date", Self::Date),
        ("year", Self::Year),
        ("quarter", Self::Quarter),
        ("month", Self::Month),
        ("day", Self::Day),
        ("weekday", Self::Weekday),
        ("hour", Self::Hour),
    ];

    /// The part of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|it| it.1 == self);
        named.map_or("part", |it| it.0)
    }

    /// What the part of such a column is, if it has one.
    fn kind(self, of: Kind) -> Option<Kind> {
        match (of, self) {
            (Kind::Timestamp, Self::Date) => Some(Kind::Date),
            (Kind::Date, Self::Date | Self::Hour) => None,
            (Kind::Timestamp | Kind::Date, _) => Some(Kind::Int),
            _ => None,
        }
    }
}

/// What a subject must be. Nothing is true of null but that it is absent.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// Compared with a value; the comparator is not `:`.
    Compare(Comparator, Value),
    /// A text that fits a pattern.
    Like(Pattern),
    /// A text that does not.
    Unlike(Pattern),
    /// A text with this in it.
    Contains(String),
    Present,
    Absent,
}

/// A text with wildcards: the literal pieces around the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub pieces: Vec<String>,
}

/// What the names of a filter mean.
pub(crate) trait Names {
    fn subject(&self, operand: &Operand) -> Result<Subject, Mistake>;
}

/// The columns that callers may filter by.
impl Names for Table {
    fn subject(&self, operand: &Operand) -> Result<Subject, Mistake> {
        field(self, operand, &|column| column.filter)
    }
}

/// The field, or part of one, that an operand names among those that may be used.
pub(crate) fn field(
    table: &Table,
    operand: &Operand,
    may: &dyn Fn(&Column) -> bool,
) -> Result<Subject, Mistake> {
    let (path, part) = match &operand.kind {
        OperandKind::Path(path) => (path, None),
        OperandKind::Call { name, of } => {
            let Some(part) = Part::named(name) else {
                if value::MOMENTS.contains(&name.as_str()) {
                    let detail = format!("`{name}(…)` is a value: write it behind the comparison.");
                    return Err(Mistake::new(operand.at, detail));
                }
                let near = nearest(name, Part::ALL.iter().map(|it| it.0));
                return Err(no_such(operand.at, name, "function", near));
            };
            let [
                Operand {
                    kind: OperandKind::Path(path),
                    ..
                },
            ] = of.as_slice()
            else {
                let detail = format!("`{name}` takes one field.");
                return Err(Mistake::new(operand.at, detail));
            };
            (path, Some(part))
        }
    };
    let (place, column) = place(table, operand.at, path, may)?;
    let kind = match part {
        None => column.kind,
        Some(part) => part.kind(column.kind).ok_or_else(|| {
            let detail = format!("`{}` has no `{}`.", column.name, part.name());
            Mistake::new(operand.at, detail)
        })?,
    };
    Ok(Subject { place, part, kind })
}

fn place(
    table: &Table,
    at: usize,
    path: &[String],
    may: &dyn Fn(&Column) -> bool,
) -> Result<(Place, &'static Column), Mistake> {
    match path {
        [name] => {
            let column = known(table, at, name, may)?;
            Ok((Place::Own(column), column))
        }
        [name, inner] => {
            let reference = known(table, at, name, may)?;
            let Some((_, target)) = reference.refers.filter(|(alias, _)| alias == name) else {
                let detail = format!("`{}` refers to nothing.", short(name));
                return Err(Mistake::new(at, detail));
            };
            let column = known(target, at + name.chars().count() + 1, inner, may)?;
            let place = Place::Through {
                reference,
                table: target,
                column,
            };
            Ok((place, column))
        }
        _ => Err(Mistake::new(at, "A path reaches one reference far.")),
    }
}

fn known(
    table: &Table,
    at: usize,
    name: &str,
    may: &dyn Fn(&Column) -> bool,
) -> Result<&'static Column, Mistake> {
    let found = table.called(name).filter(|column| may(column));
    found.ok_or_else(|| {
        let usable = || table.columns.iter().filter(|column| may(column));
        let near = nearest(name, usable().flat_map(calls));
        let what = format!("field of {} that can be used here", table.name);
        let mut mistake = no_such(at, name, &what, near);
        if near.is_none() {
            mistake.detail += &those(usable().map(|column| column.name));
        }
        mistake
    })
}

/// The most names that an error lists.
const LISTED: usize = 12;

/// What could be named instead.
fn those<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => " There is none.".to_owned(),
        1..=LISTED => format!(" Those that can: {}.", names.join(", ")),
        more => {
            let some = names[..LISTED].join(", ");
            format!(" Those that can: {some} and {} more.", more - LISTED)
        }
    }
}

/// The names under which a caller knows a column.
fn calls(column: &Column) -> impl Iterator<Item = &'static str> {
    let alias = column.refers.map(|(alias, _)| alias);
    [column.name].into_iter().chain(alias)
}

/// Nothing of that kind has this name.
pub(crate) fn no_such(at: usize, name: &str, what: &str, near: Option<&str>) -> Mistake {
    let near = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
    Mistake::new(at, format!("`{}` is no {what}.{near}", short(name)))
}

/// An expression with every name and value checked.
pub(crate) fn condition(expression: &Expression, names: &dyn Names) -> Result<Condition, Mistake> {
    let each = |parts: &[Expression]| -> Result<Vec<Condition>, Mistake> {
        parts.iter().map(|part| condition(part, names)).collect()
    };
    Ok(match expression {
        Expression::All(parts) => Condition::All(each(parts)?),
        Expression::Any(parts) => Condition::Any(each(parts)?),
        Expression::Not(inner) => Condition::Not(Box::new(condition(inner, names)?)),
        Expression::Restriction(restriction) => {
            let subject = names.subject(&restriction.operand)?;
            let test = test(subject.kind, restriction)?;
            Condition::Test(subject, test)
        }
    })
}

fn test(kind: Kind, restriction: &Restriction) -> Result<Test, Mistake> {
    let Restriction {
        comparator,
        argument,
        operand,
    } = restriction;
    if let ArgumentKind::Word(word) = &argument.kind {
        match (word.as_str(), comparator) {
            ("*", Comparator::Has) | ("null", Comparator::NotEqual) => return Ok(Test::Present),
            ("null", Comparator::Equal) => return Ok(Test::Absent),
            _ => {}
        }
    }
    if matches!(kind, Kind::Text) {
        return text(*comparator, argument);
    }
    let value = value_of(kind, argument)?;
    let only_equal = matches!(kind, Kind::Enum(_) | Kind::Bool);
    match comparator {
        Comparator::Has => Ok(Test::Compare(Comparator::Equal, value)),
        Comparator::Equal | Comparator::NotEqual => Ok(Test::Compare(*comparator, value)),
        _ if only_equal => Err(Mistake::new(
            operand.at,
            format!("`{operand}` has no order: compare it with `=` or `!=`."),
        )),
        _ => Ok(Test::Compare(*comparator, value)),
    }
}

fn value_of(kind: Kind, argument: &Argument) -> Result<Value, Mistake> {
    let read = match &argument.kind {
        ArgumentKind::Word(word) => value::read(kind, word),
        ArgumentKind::Text(quoted) => value::read(kind, &quoted.text),
        ArgumentKind::Call { name, of } => value::moment(name, of.as_deref(), kind),
    };
    read.map_err(|detail| Mistake::new(argument.at, detail))
}

fn text(comparator: Comparator, argument: &Argument) -> Result<Test, Mistake> {
    let quoted = match &argument.kind {
        ArgumentKind::Text(quoted) => quoted.clone(),
        ArgumentKind::Word(word) => Quoted {
            stars: word.match_indices('*').map(|(at, _)| at).collect(),
            text: word.clone(),
        },
        ArgumentKind::Call { .. } => {
            return Err(Mistake::new(
                argument.at,
                "A text is compared with a text, not with a function.",
            ));
        }
    };
    let value = || Value::Text(quoted.text.clone().into());
    if quoted.stars.len() > MOST_STARS {
        let detail = format!("Has more than {MOST_STARS} wildcards.");
        return Err(Mistake::new(argument.at, detail));
    }
    if quoted.stars.is_empty() {
        return Ok(match comparator {
            Comparator::Has => Test::Contains(quoted.text),
            _ => Test::Compare(comparator, value()),
        });
    }
    if quoted.text.chars().nth(LONGEST_PATTERN).is_some() {
        let detail = format!("Has wildcards and more than {LONGEST_PATTERN} characters.");
        return Err(Mistake::new(argument.at, detail));
    }
    match comparator {
        Comparator::Equal | Comparator::Has => Ok(Test::Like(pattern(&quoted))),
        Comparator::NotEqual => Ok(Test::Unlike(pattern(&quoted))),
        _ => Err(Mistake::new(
            argument.at,
            "A `*` stands for any text only with `=`, `!=` and `:`; write `\\*` for the character.",
        )),
    }
}

fn pattern(quoted: &Quoted) -> Pattern {
    let mut pieces = Vec::new();
    let mut start = 0;
    for star in &quoted.stars {
        pieces.push(quoted.text[start..*star].to_owned());
        start = star + 1;
    }
    pieces.push(quoted.text[start..].to_owned());
    Pattern { pieces }
}
