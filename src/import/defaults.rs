//! Defaults of columns as the schema writes them.

use base64::Engine as _;

use super::draft::Field;
use super::expression::{Expression, parse};
use super::yaml::inline;

/// Calls and words that mean this moment.
const NOW: &[&str] = &[
    "clock_timestamp",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "getdate",
    "localtime",
    "localtimestamp",
    "now",
    "statement_timestamp",
    "strftime",
    "timezone",
    "transaction_timestamp",
    "unixepoch",
];

/// Calls that make a new UUID.
const NEW: &[&str] = &[
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// A default as YAML, nothing where there is none to write, or why it cannot be written.
pub fn of(default: &str, field: &Field) -> Result<Option<String>, String> {
    let Some(expression) = parse(default) else {
        return Err("a schema has constants, `now`, `today` and `new`".to_owned());
    };
    let expression = unwrapped(expression);
    let misfit = || format!("it does not fit the type `{}`", field.ty);
    Ok(Some(match (&expression, field.ty.as_str()) {
        (Expression::Null, _) => return Ok(None),
        (Expression::Call(name, _), _) if name == "nextval" => {
            return Err("a schema has no sequences but that of the `id`".to_owned());
        }
        (Expression::Call(name, _) | Expression::Name(name), "timestamp") if is(name, NOW) => {
            "now".to_owned()
        }
        (Expression::Call(name, _) | Expression::Name(name), "date") if is(name, NOW) => {
            "today".to_owned()
        }
        (Expression::Call(name, _), "uuid") if is(name, NEW) => "new".to_owned(),
        (Expression::Text(text), "date") if text == "now" => "today".to_owned(),
        (Expression::Text(text), "timestamp") => moment(text).ok_or_else(misfit)?,
        (Expression::Text(text), "time") => time(text).ok_or_else(misfit)?,
        (Expression::Text(text), "string" | "text" | "enum" | "date" | "uuid") => inline(text),
        (Expression::Number(digits), "string" | "text") => inline(digits),
        (Expression::Text(text), "json") => json(text).ok_or_else(misfit)?,
        (Expression::Text(text), ty) if ty.starts_with("list") => {
            json(&as_json(text)).ok_or_else(misfit)?
        }
        (Expression::List(items), ty) if ty.starts_with("list") && items.is_empty() => {
            "[]".to_owned()
        }
        (Expression::Bool(value), "bool") => value.to_string(),
        (Expression::Number(digits) | Expression::Text(digits), "bool") => {
            switch(digits).ok_or_else(misfit)?
        }
        (Expression::Number(digits) | Expression::Text(digits), "int" | "bigint") => {
            digits.parse::<i64>().map_err(|_| misfit())?.to_string()
        }
        (Expression::Number(digits) | Expression::Text(digits), "float") => {
            float(digits).ok_or_else(misfit)?
        }
        (Expression::Number(digits) | Expression::Text(digits), ty)
            if ty.starts_with("decimal") =>
        {
            digits
                .parse::<rust_decimal::Decimal>()
                .map_err(|_| misfit())?
                .to_string()
        }
        (Expression::Blob(digits), "uuid") => inline(
            &uuid::Uuid::parse_str(digits)
                .map_err(|_| misfit())?
                .to_string(),
        ),
        (Expression::Blob(digits), "bytes") => bytes(digits).ok_or_else(misfit)?,
        (Expression::Text(text), "bytes") => {
            bytes(text.strip_prefix("\\x").ok_or_else(misfit)?).ok_or_else(misfit)?
        }
        _ => return Err(misfit()),
    }))
}

/// `('now'::text)` and the like, without what only changes the type.
fn unwrapped(expression: Expression) -> Expression {
    match expression {
        Expression::Call(name, mut arguments) if name == "timezone" && arguments.len() == 2 => {
            arguments.remove(1)
        }
        other => other,
    }
}

fn is(name: &str, known: &[&str]) -> bool {
    known.contains(&name.to_ascii_lowercase().as_str())
}

fn moment(text: &str) -> Option<String> {
    if text == "now" {
        return Some("now".to_owned());
    }
    let text = text.trim().replacen(' ', "T", 1);
    let zoned = text.parse::<jiff::Timestamp>();
    let moment = zoned
        .or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>())
        .ok()?;
    Some(inline(&moment.to_string()))
}

fn time(text: &str) -> Option<String> {
    let time: jiff::civil::Time = text.parse().ok()?;
    Some(inline(&time.to_string()))
}

/// JSON is YAML as well, on one line.
fn json(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(match value {
        serde_json::Value::String(text) => inline(&text),
        other => other.to_string(),
    })
}

/// PostgreSQL writes the empty array as `{}`.
fn as_json(text: &str) -> String {
    if text == "{}" {
        "[]".to_owned()
    } else {
        text.to_owned()
    }
}

fn switch(text: &str) -> Option<String> {
    let is_on = match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "yes" | "on" => true,
        "0" | "f" | "false" | "no" | "off" => false,
        _ => return None,
    };
    Some(is_on.to_string())
}

fn float(digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok()?;
    number.is_finite().then(|| format!("{number:?}"))
}

fn bytes(digits: &str) -> Option<String> {
    let octets: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect();
    Some(inline(
        &base64::engine::general_purpose::STANDARD.encode(octets?),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default(ty: &str, text: &str) -> Result<Option<String>, String> {
        let field = Field {
            ty: ty.to_owned(),
            ..Field::default()
        };
        of(text, &field)
    }

    #[test]
    fn defaults_are_written_as_the_schema_does() {
        for (ty, text, expected) in [
            ("timestamp", "CURRENT_TIMESTAMP", "now"),
            ("timestamp", "timezone('utc'::text, now())", "now"),
            ("timestamp", "datetime('now')", "now"),
            (
                "timestamp",
                "'2020-01-01 00:00:00+00'::timestamp with time zone",
                "2020-01-01T00:00:00Z",
            ),
            (
                "timestamp",
                "'2020-01-01 00:00:00'::timestamp without time zone",
                "2020-01-01T00:00:00Z",
            ),
            ("date", "('now'::text)::date", "today"),
            ("uuid", "gen_random_uuid()", "new"),
            ("string", "'it''s'::character varying", "it's"),
            ("bool", "0", "false"),
            ("bool", "'t'", "true"),
            ("int", "'-1'::integer", "-1"),
            ("decimal(5,2)", "(4.99)::numeric", "4.99"),
            ("float", "1", "1.0"),
            ("json", "'{\"a\": [1]}'::jsonb", "{\"a\":[1]}"),
            ("list(text)", "'{}'::text[]", "[]"),
            ("list(text)", "ARRAY[]::text[]", "[]"),
            ("bytes", "'\\x00ff'::bytea", "AP8="),
        ] {
            assert_eq!(
                default(ty, text),
                Ok(Some(expected.to_owned())),
                "{ty} {text}"
            );
        }
        assert_eq!(default("string", "NULL::character varying"), Ok(None));
    }

    #[test]
    fn others_are_told_of() {
        for (ty, text) in [
            ("int", "nextval('a_seq'::regclass)"),
            ("string", "upper('x') || 'y'"),
            ("int", "'x'"),
            ("uuid", "uuid_of('x')"),
            ("bytes", "'x'"),
        ] {
            assert!(default(ty, text).is_err(), "{ty} {text}");
        }
    }
}
