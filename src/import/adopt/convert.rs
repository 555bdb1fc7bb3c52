//! A value as others stored it, as an expression for the value as svcgen stores it.
//!
//! On SQLite a column holds values of any type, so an expression looks at each, and is null
//! where a value cannot be read; a check looks for those before anything is moved. On
//! PostgreSQL types are what they are called, and a cast does, or fails, or rounds; the check
//! looks for what was rounded, and for values that the types of a service do not have.

use crate::import::catalogue::{DeclaredType, Engine};
use crate::tables::ColumnType;

/// The most digits that SQLite keeps as an integer.
const INTEGER_DIGITS: u32 = 18;
/// The digits of a wide decimal's text.
const WIDE_DIGITS: u32 = 28;
/// What the last bit of a real weighs, at most, as a part of it.
const LAST_BIT: f64 = f64::EPSILON;

/// The expression for a value of `column`, which is quoted already.
pub fn converted(engine: Engine, column: &str, from: &DeclaredType, to: ColumnType) -> String {
    match engine {
        Engine::Sqlite => of_sqlite(column, to),
        Engine::Postgres => of_postgres(column, from, to),
    }
}

/// What holds of a value that has no counterpart, where there may be one, so that somebody
/// looks before. `was` is the value, `is` what [`converted`] makes of it.
pub fn misfit(
    engine: Engine,
    (was, is): (&str, &str),
    from: &DeclaredType,
    to: ColumnType,
) -> Option<String> {
    match engine {
        Engine::Sqlite if matches!(to, ColumnType::Text | ColumnType::Bytes) => None,
        Engine::Sqlite => Some(format!("({was} is not null and {is} is null)")),
        Engine::Postgres => {
            let wrong = misfits_of_postgres(was, is, from, to);
            (!wrong.is_empty()).then(|| format!("({})", wrong.join(" or ")))
        }
    }
}

fn misfits_of_postgres(was: &str, is: &str, from: &DeclaredType, to: ColumnType) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong.extend(rounded(was, is, from, to));
    wrong.extend(match to {
        // An infinite one does not pass the cast.
        ColumnType::Decimal { .. } => Some(format!("{is} = 'NaN'")),
        ColumnType::Float => Some(format!("{is} in ('NaN', 'Infinity', '-Infinity')")),
        ColumnType::Date | ColumnType::Timestamp => Some(format!("not isfinite({is})")),
        ColumnType::Time => Some(format!("{is} = '24:00'")),
        // The length of a month is made up.
        ColumnType::Duration if from.name == "interval" => Some(format!(
            "extract(year from {was}) <> 0 or extract(month from {was}) <> 0"
        )),
        ColumnType::Bool if !matches!(from.name.as_str(), "boolean" | "bool") => {
            Some(format!("{was} not in (0, 1)"))
        }
        _ => None,
    });
    wrong
}

/// What holds of a number that another type has no room for, and that a cast changes.
fn rounded(was: &str, is: &str, from: &DeclaredType, to: ColumnType) -> Option<String> {
    let is_integer = matches!(
        from.name.as_str(),
        "smallint" | "int2" | "integer" | "int" | "int4" | "bigint" | "int8"
    );
    let is_wide = matches!(from.name.as_str(), "bigint" | "int8");
    let float = match from.name.as_str() {
        "real" | "float4" => Some("real"),
        "double precision" | "float8" => Some("double precision"),
        _ => None,
    };
    match (to, float) {
        // The text of a float is its shortest one; a cast would round it to 15 digits.
        (ColumnType::Float, None) => (!is_integer || is_wide)
            .then(|| format!("{is}::text::numeric is distinct from {was}::numeric")),
        (ColumnType::Duration, _) if from.name == "interval" => None,
        (
            ColumnType::Int
            | ColumnType::Bigint
            | ColumnType::Duration
            | ColumnType::Decimal { .. },
            Some(float),
        ) => Some(format!("{is}::{float} is distinct from {was}")),
        (ColumnType::Int | ColumnType::Bigint | ColumnType::Duration, None) => {
            (!is_integer).then(|| format!("{is} is distinct from {was}::numeric"))
        }
        (ColumnType::Decimal { precision, scale }, None) => {
            let has_room = match from.arguments.as_slice() {
                _ if is_integer => true,
                [digits] => digits + scale <= precision,
                [digits, places, ..] => *places <= scale && digits + scale <= precision + places,
                [] => false,
            };
            (!has_room).then(|| format!("{is} is distinct from {was}::numeric"))
        }
        _ => None,
    }
}

fn of_postgres(c: &str, from: &DeclaredType, to: ColumnType) -> String {
    let is_zoneless = matches!(
        from.name.as_str(),
        "timestamp" | "timestamp without time zone" | "date"
    );
    match to {
        ColumnType::Text if matches!(from.name.as_str(), "inet" | "cidr") => format!("host({c})"),
        ColumnType::Text => format!("{c}::text"),
        ColumnType::Int => format!("{c}::integer"),
        ColumnType::Float => format!("{c}::double precision"),
        ColumnType::Decimal { precision, scale } => format!("{c}::numeric({precision}, {scale})"),
        ColumnType::Bool if matches!(from.name.as_str(), "boolean" | "bool") => c.to_owned(),
        ColumnType::Bool => format!("({c} <> 0)"),
        ColumnType::Uuid => format!("{c}::uuid"),
        ColumnType::Date => format!("{c}::date"),
        ColumnType::Time => format!("{c}::time"),
        ColumnType::Timestamp if is_zoneless => format!("{c}::timestamp at time zone 'UTC'"),
        ColumnType::Timestamp => format!("{c}::timestamptz"),
        ColumnType::Duration if from.name == "interval" => {
            format!("(extract(epoch from {c}) * 1000000)::bigint")
        }
        ColumnType::Bigint | ColumnType::Duration => format!("{c}::bigint"),
        ColumnType::Json if from.array => format!("to_jsonb({c})"),
        ColumnType::Json => format!("{c}::jsonb"),
        ColumnType::Bytes => format!("{c}::bytea"),
    }
}

fn of_sqlite(c: &str, to: ColumnType) -> String {
    match to {
        ColumnType::Text => format!("cast({c} as text)"),
        ColumnType::Bytes => format!("cast({c} as blob)"),
        ColumnType::Int | ColumnType::Bigint | ColumnType::Duration => format!(
            "case when typeof({c}) = 'integer' then {c} when typeof({c}) = 'real' and {c} = cast({c} as integer) \
             then cast({c} as integer) when cast(cast({c} as integer) as text) = {c} then cast({c} as integer) end"
        ),
        ColumnType::Float => {
            format!("case when typeof({c}) in ('integer', 'real') then cast({c} as real) end")
        }
        ColumnType::Decimal { precision, scale } if precision <= INTEGER_DIGITS => {
            let power = 10_i64.pow(scale);
            // What has more digits than there are places is not rounded without a word.
            format!(
                "case typeof({c}) when 'integer' then {c} * {power} when 'real' then \
                 case when abs({c} * {power} - round({c} * {power})) < 0.001 then cast(round({c} * {power}) as integer) end end"
            )
        }
        ColumnType::Decimal { precision, scale } => wide(c, precision, scale),
        ColumnType::Bool => format!(
            "case lower(cast({c} as text)) when '1' then 1 when 'true' then 1 when 't' then 1 when 'yes' then 1 when 'y' then 1 \
             when '0' then 0 when 'false' then 0 when 'f' then 0 when 'no' then 0 when 'n' then 0 end"
        ),
        ColumnType::Uuid => {
            let bare = format!("replace(replace(replace({c}, '-', ''), '{{', ''), '}}', '')");
            format!(
                "case when typeof({c}) = 'blob' and length({c}) = 16 then {c} \
                 when typeof({c}) = 'text' and length(unhex({bare})) = 16 then unhex({bare}) end"
            )
        }
        ColumnType::Date => {
            let seconds = seconds(c);
            format!(
                "case typeof({c}) when 'integer' then date({seconds}, 'unixepoch') else date({c}) end"
            )
        }
        ColumnType::Time => time(c),
        ColumnType::Timestamp => moment(c),
        ColumnType::Json => format!("case when json_valid({c}) then cast({c} as text) end"),
    }
}

/// Seconds of an integer that may count seconds, milliseconds or microseconds since 1970: which
/// one it is, its size tells for the next thousands of years.
fn seconds(c: &str) -> String {
    format!(
        "case when abs({c}) < 100000000000 then {c} when abs({c}) < 100000000000000 then {c} / 1000 else {c} / 1000000 end"
    )
}

/// Microseconds since 1970. A text may have a fraction of a second, of which SQLite itself
/// reads three digits, and an offset; what has none is taken for UTC.
fn moment(c: &str) -> String {
    let whole = format!("unixepoch(substr({c}, 1, 19) || ltrim(substr({c}, 20), '.0123456789'))");
    let fraction = format!(
        "case when substr({c}, 20, 1) = '.' then cast(round(cast(substr({c}, 20, 7) as real) * 1000000) as integer) else 0 end"
    );
    format!(
        "case typeof({c}) when 'text' then {whole} * 1000000 + {fraction} \
         when 'integer' then case when abs({c}) < 100000000000 then {c} * 1000000 \
         when abs({c}) < 100000000000000 then {c} * 1000 else {c} end \
         when 'real' then case when {c} < 5373484.5 then unixepoch({c}) * 1000000 else cast({c} * 1000000 as integer) end end"
    )
}

/// A time of day with six digits of a second, of a text that is one, with or without a date
/// before it. A number is none: SQLite would take it for days.
fn time(c: &str) -> String {
    let text =
        format!("case when substr({c}, 11, 1) in (' ', 'T') then substr({c}, 12) else {c} end");
    let whole = format!(
        "strftime('%H:%M:%S', substr({text}, 1, 8) || ltrim(substr({text}, 9), '.0123456789'))"
    );
    let fraction = format!(
        "case when substr({text}, 9, 1) = '.' then cast(round(cast(substr({text}, 9, 7) as real) * 1000000) as integer) else 0 end"
    );
    // `now` is a time to SQLite too, and 24 o'clock is midnight.
    format!(
        "case when typeof({c}) = 'text' and {text} glob '[0-2][0-9]:[0-5][0-9]*' and {text} not glob '24*' \
         then {whole} || printf('.%06d', {fraction}) end"
    )
}

/// A decimal of many digits as a text that sorts right: a mark of its sign, and its digits
/// without the point; those of a negative one are what is missing to nine. It is null where
/// there are more digits than places, but for the last bit of a real, which sums leave behind.
fn wide(c: &str, precision: u32, scale: u32) -> String {
    let zeros = "0".repeat(scale as usize);
    let all = "0".repeat(WIDE_DIGITS as usize);
    let printed = format!("printf('%.{scale}f', abs({c}))");
    let exact = format!(
        "case typeof({c}) when 'integer' then ltrim({c}, '-') || '{zeros}' else replace({printed}, '.', '') end"
    );
    let digits = format!("substr('{all}' || {exact}, -{WIDE_DIGITS})");
    // By way of letters, so that no digit is replaced twice.
    let letters = ('a'..='j').enumerate();
    let lettered = letters.fold(digits.clone(), |text, (digit, letter)| {
        format!("replace({text}, '{digit}', '{letter}')")
    });
    let complement = ('a'..='j')
        .enumerate()
        .fold(lettered, |text, (digit, letter)| {
            format!("replace({text}, '{letter}', '{}')", 9 - digit)
        });
    format!(
        "case when typeof({c}) not in ('integer', 'real') or length(ltrim({exact}, '0')) > {precision} then null \
         when typeof({c}) = 'real' and (abs({c}) >= 1e{WIDE_DIGITS} or abs(cast({printed} as real) - abs({c})) > abs({c}) * {LAST_BIT:e}) then null \
         when {c} < 0 then '0' || {complement} else '1' || {digits} end"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use rusqlite::types::Value;

    fn sqlite(value: &str, to: ColumnType) -> Value {
        let connection = Connection::open_in_memory().expect("a database");
        let expression = converted(Engine::Sqlite, "c", &DeclaredType::parse("text"), to);
        let sql = format!("select {expression} from (select {value} as c)");
        connection
            .query_row(&sql, [], |row| row.get(0))
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    #[test]
    fn values_of_others_are_read_or_are_null() {
        let int = |value: i64| Value::Integer(value);
        let text = |value: &str| Value::Text(value.to_owned());
        for (value, to, wanted) in [
            ("'12'", ColumnType::Bigint, int(12)),
            ("'1e3'", ColumnType::Bigint, Value::Null),
            ("'abc'", ColumnType::Int, Value::Null),
            ("'true'", ColumnType::Bool, int(1)),
            ("'perhaps'", ColumnType::Bool, Value::Null),
            ("'2026-01-02'", ColumnType::Date, text("2026-01-02")),
            (
                "'2026-01-02 03:04:05'",
                ColumnType::Date,
                text("2026-01-02"),
            ),
            ("'02.01.2026'", ColumnType::Date, Value::Null),
            ("'12:30'", ColumnType::Time, text("12:30:00.000000")),
            (
                "'12:30:59.123456'",
                ColumnType::Time,
                text("12:30:59.123456"),
            ),
            (
                "'12:30:59.9+02:00'",
                ColumnType::Time,
                text("10:30:59.900000"),
            ),
            (
                "'2000-01-01 12:30:59.5'",
                ColumnType::Time,
                text("12:30:59.500000"),
            ),
            ("'24:00'", ColumnType::Time, Value::Null),
            ("'now'", ColumnType::Time, Value::Null),
            ("45000", ColumnType::Time, Value::Null),
            ("0.5", ColumnType::Time, Value::Null),
            ("'1970-01-01'", ColumnType::Timestamp, int(0)),
            (
                "'1970-01-01 00:00:01'",
                ColumnType::Timestamp,
                int(1_000_000),
            ),
            (
                "'1970-01-01T00:00:01.999999Z'",
                ColumnType::Timestamp,
                int(1_999_999),
            ),
            (
                "'1970-01-01 02:00:00.5+02:00'",
                ColumnType::Timestamp,
                int(500_000),
            ),
            (
                "1700000000",
                ColumnType::Timestamp,
                int(1_700_000_000_000_000),
            ),
            (
                "1700000000123",
                ColumnType::Timestamp,
                int(1_700_000_000_123_000),
            ),
            ("'yesterday'", ColumnType::Timestamp, Value::Null),
            (
                "'{00000000-0000-0000-0000-0000000000FF}'",
                ColumnType::Uuid,
                Value::Blob([[0; 15].as_slice(), &[255]].concat()),
            ),
            ("'no uuid'", ColumnType::Uuid, Value::Null),
            ("'[1,'", ColumnType::Json, Value::Null),
            ("null", ColumnType::Timestamp, Value::Null),
        ] {
            assert_eq!(sqlite(value, to), wanted, "{value} as {to:?}");
        }
    }

    #[test]
    fn decimals_keep_their_digits_or_are_null() {
        let int = |value: i64| Value::Integer(value);
        let text = |value: &str| Value::Text(value.to_owned());
        let money = ColumnType::Decimal {
            precision: 10,
            scale: 2,
        };
        let wide = ColumnType::Decimal {
            precision: 28,
            scale: 2,
        };
        let full = ColumnType::Decimal {
            precision: 28,
            scale: 10,
        };
        for (value, to, wanted) in [
            ("0.99", money, int(99)),
            ("7", money, int(700)),
            ("0.995", money, Value::Null),
            ("12.5", wide, text("10000000000000000000000001250")),
            ("-1", wide, text("09999999999999999999999999899")),
            ("-0.0", wide, text("10000000000000000000000000000")),
            ("-0.001", wide, Value::Null),
            ("0.125", wide, Value::Null),
            ("0.1 + 0.2", wide, text("10000000000000000000000000030")),
            ("1e26", wide, Value::Null),
            ("-1e30", wide, Value::Null),
            ("9e999", wide, Value::Null),
            ("9223372036854775807", full, Value::Null),
            (
                "-9223372036854775808",
                wide,
                text("09999999077662796314522419199"),
            ),
            ("'12.5'", wide, Value::Null),
        ] {
            assert_eq!(sqlite(value, to), wanted, "{value} as {to:?}");
        }
    }
}
