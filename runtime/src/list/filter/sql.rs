//! A checked condition as SQL, for either engine. Values are always bound.

use super::check::{Condition, Part, Pattern, Place, Subject, Test};
use super::lex::Comparator;
use crate::db::{Engine, Value};
use crate::list::column::{Kind, quoted};
use crate::list::statement::Parameters;

/// The condition as SQL that is true or not, and never unknown where that matters.
pub(crate) fn condition(condition: &Condition, parameters: &mut Parameters) -> String {
    match condition {
        Condition::All(parts) => joined(parts, " and ", parameters),
        Condition::Any(parts) => joined(parts, " or ", parameters),
        // What is unknown because something is null is not true, and its negation is.
        Condition::Not(inner) => format!("({} is not true)", self::condition(inner, parameters)),
        Condition::Test(subject, test) => tested(subject, test, parameters),
    }
}

fn joined(parts: &[Condition], word: &str, parameters: &mut Parameters) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| condition(part, parameters))
        .collect();
    format!("({})", parts.join(word))
}

fn tested(subject: &Subject, test: &Test, parameters: &mut Parameters) -> String {
    let Place::Through {
        reference,
        table,
        column,
    } = &subject.place
    else {
        return format!("({})", passes(subject, test, parameters));
    };
    // A record that refers to nothing passes no test, not even `!=`.
    let own = Subject {
        place: Place::Own(column),
        ..subject.clone()
    };
    format!(
        "({} in (select {} from {} where {}))",
        reference.sql(),
        quoted(table.key),
        quoted(table.name),
        passes(&own, test, parameters)
    )
}

fn passes(subject: &Subject, test: &Test, parameters: &mut Parameters) -> String {
    let expression = expression(subject, parameters.engine);
    match test {
        Test::Compare(comparator, value) => {
            let value = parameters.bind(subject.kind, value.clone());
            format!("{expression} {} {value}", operator(*comparator))
        }
        Test::Like(pattern) => like(&expression, pattern, parameters),
        Test::Unlike(pattern) => match parameters.engine {
            Engine::Sqlite => {
                let value = parameters.bind(Kind::Text, glob(pattern));
                format!("{expression} not glob {value}")
            }
            Engine::Postgres => {
                let value = parameters.bind(Kind::Text, like_pattern(pattern));
                format!("{expression} not like {value}")
            }
        },
        Test::Contains(part) => {
            let value = parameters.bind(Kind::Text, Value::Text(part.clone().into()));
            match parameters.engine {
                Engine::Sqlite => format!("instr({expression}, {value}) > 0"),
                Engine::Postgres => format!("strpos({expression}, {value}) > 0"),
            }
        }
        Test::Present => format!("{expression} is not null"),
        Test::Absent => format!("{expression} is null"),
    }
}

/// What is tested, as SQL.
pub(crate) fn expression(subject: &Subject, engine: Engine) -> String {
    let (column, is_moment) = match &subject.place {
        Place::Computed(name) => return quoted(name),
        Place::Own(column) | Place::Through { column, .. } => {
            (column.sql(), matches!(column.kind, Kind::Timestamp))
        }
    };
    match subject.part {
        None => column,
        Some(part) => part_of(part, &column, is_moment, engine),
    }
}

/// A part of a date or a moment, as SQL.
pub(crate) fn part_of(part: Part, column: &str, is_moment: bool, engine: Engine) -> String {
    match engine {
        Engine::Postgres => {
            let moment = if is_moment {
                format!("({column} at time zone 'UTC')")
            } else {
                column.to_owned()
            };
            let field = match part {
                Part::Date => return format!("cast({moment} as date)"),
                Part::Year => "year",
                Part::Quarter => "quarter",
                Part::Month => "month",
                Part::Day => "day",
                Part::Weekday => "isodow",
                Part::Hour => "hour",
            };
            format!("cast(extract({field} from {moment}) as integer)")
        }
        Engine::Sqlite => {
            let moment = if is_moment {
                // Whole seconds, rounded down also before 1970.
                format!(
                    "({column} - (({column} % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch'"
                )
            } else {
                column.to_owned()
            };
            let format = match part {
                Part::Date => return format!("strftime('%Y-%m-%d', {moment})"),
                Part::Quarter => {
                    return format!("(cast(strftime('%m', {moment}) as integer) + 2) / 3");
                }
                Part::Year => "%Y",
                Part::Month => "%m",
                Part::Day => "%d",
                Part::Weekday => "%u",
                Part::Hour => "%H",
            };
            format!("cast(strftime('{format}', {moment}) as integer)")
        }
    }
}

fn operator(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal | Comparator::Has => "=",
        Comparator::NotEqual => "<>",
        Comparator::Less => "<",
        Comparator::AtMost => "<=",
        Comparator::Greater => ">",
        Comparator::AtLeast => ">=",
    }
}

fn like(expression: &str, pattern: &Pattern, parameters: &mut Parameters) -> String {
    match parameters.engine {
        Engine::Postgres => {
            let value = parameters.bind(Kind::Text, like_pattern(pattern));
            format!("{expression} like {value}")
        }
        Engine::Sqlite => {
            let value = parameters.bind(Kind::Text, glob(pattern));
            // `glob` with a parameter knows no index; what begins the text is a range that one serves.
            let range = range(expression, pattern, parameters);
            format!("{range}{expression} glob {value}")
        }
    }
}

fn range(expression: &str, pattern: &Pattern, parameters: &mut Parameters) -> String {
    let Some(prefix) = pattern.pieces.first().filter(|prefix| !prefix.is_empty()) else {
        return String::new();
    };
    let from = parameters.bind(Kind::Text, Value::Text(prefix.clone().into()));
    match successor(prefix) {
        Some(end) => {
            let end = parameters.bind(Kind::Text, Value::Text(end.into()));
            format!("{expression} >= {from} and {expression} < {end} and ")
        }
        None => format!("{expression} >= {from} and "),
    }
}

/// The smallest text that is larger than every text that begins so.
fn successor(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        // The range of characters knows the gap in the middle of Unicode.
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

fn glob(pattern: &Pattern) -> Value {
    let pieces: Vec<String> = pattern
        .pieces
        .iter()
        .map(|piece| escaped(piece, "*?[", |letter| format!("[{letter}]")))
        .collect();
    Value::Text(pieces.join("*").into())
}

fn like_pattern(pattern: &Pattern) -> Value {
    let pieces: Vec<String> = pattern
        .pieces
        .iter()
        .map(|piece| escaped(piece, "%_\\", |letter| format!("\\{letter}")))
        .collect();
    Value::Text(pieces.join("%").into())
}

fn escaped(text: &str, special: &str, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if special.contains(letter) {
            escaped.push_str(&escape(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}
