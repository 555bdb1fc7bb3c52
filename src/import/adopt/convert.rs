//! A value as others stored it, as an expression for the value as svcgen stores it.
//!
//! On SQLite a column holds values of any type, so an expression looks at each, and is null
//! where a value cannot be read; a check looks for those before anything is moved. On
//! PostgreSQL types are what they are called, and a cast does, or fails.

use crate::import::catalogue::{DeclaredType, Engine};
use crate::tables::ColumnType;

/// The most digits that SQLite keeps as an integer.
const INTEGER_DIGITS: u32 = 18;
/// The digits of a wide decimal's text.
const WIDE_DIGITS: u32 = 28;

/// The expression for a value of `column`, which is quoted already.
pub fn converted(engine: Engine, column: &str, from: &DeclaredType, to: ColumnType) -> String {
    match engine {
        Engine::Sqlite => of_sqlite(column, to),
        Engine::Postgres => of_postgres(column, from, to),
    }
}

/// Whether some value may have no counterpart, so that somebody should look before.
pub fn may_fail(engine: Engine, to: ColumnType) -> bool {
    match engine {
        Engine::Sqlite => !matches!(to, ColumnType::Text | ColumnType::Bytes),
        Engine::Postgres => false,
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
        ColumnType::Decimal { scale, .. } => wide(c, scale),
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
        ColumnType::Time => format!("strftime('%H:%M:%f', {c}) || '000'"),
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

/// A decimal of many digits as a text that sorts right: a mark of its sign, and its digits
/// without the point; those of a negative one are what is missing to nine.
fn wide(c: &str, scale: u32) -> String {
    let zeros = "0".repeat(scale as usize);
    let all = "0".repeat(WIDE_DIGITS as usize);
    let digits = format!(
        "substr('{all}' || case typeof({c}) when 'integer' then abs({c}) || '{zeros}' \
         else replace(printf('%.{scale}f', abs({c})), '.', '') end, -{WIDE_DIGITS})"
    );
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
        "case when typeof({c}) not in ('integer', 'real') then null when {c} < 0 then '0' || {complement} else '1' || {digits} end"
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
        let money = ColumnType::Decimal {
            precision: 10,
            scale: 2,
        };
        let wide = ColumnType::Decimal {
            precision: 28,
            scale: 2,
        };
        for (value, to, wanted) in [
            ("'12'", ColumnType::Bigint, int(12)),
            ("'1e3'", ColumnType::Bigint, Value::Null),
            ("'abc'", ColumnType::Int, Value::Null),
            ("0.99", money, int(99)),
            ("7", money, int(700)),
            ("0.995", money, Value::Null),
            ("12.5", wide, text("10000000000000000000000001250")),
            ("-1", wide, text("09999999999999999999999999899")),
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
}
