//! What becomes of values: each is there afterwards, the same, or stops the script by its row.

use super::{Old, Schema};

/// A value, and what becomes of it.
pub struct Value {
    /// The column's type.
    pub declared: &'static str,
    /// What the schema says instead of what is imported; nothing where it is kept.
    pub said: (&'static str, &'static str),
    /// As a literal of SQL.
    pub literal: &'static str,
    /// As it is stored then, as the engine quotes it; nothing where the script stops.
    pub becomes: Option<&'static str>,
}

const IMPORTED: (&str, &str) = ("", "");

const fn kept(declared: &'static str, literal: &'static str, becomes: &'static str) -> Value {
    Value {
        declared,
        said: IMPORTED,
        literal,
        becomes: Some(becomes),
    }
}

const fn stops(declared: &'static str, literal: &'static str) -> Value {
    Value {
        declared,
        said: IMPORTED,
        literal,
        becomes: None,
    }
}

impl Value {
    const fn said(mut self, from: &'static str, to: &'static str) -> Self {
        self.said = (from, to);
        self
    }
}

const SQLITE: &[Value] = &[
    // Dates: days that there are, and no time of day that would be lost.
    kept("date", "'2024-02-29'", "'2024-02-29'"),
    kept("date", "'2026-01-02 00:00:00.000'", "'2026-01-02'"),
    kept("date", "1767312000", "'2026-01-02'"),
    stops("date", "'2026-02-31'"),
    stops("date", "'2026-02-29'"),
    stops("date", "'2026-01-02 03:04:05'"),
    stops("date", "'now'"),
    stops("date", "'2460000'"),
    stops("date", "2460000.5"),
    stops("date", "2026"),
    stops("date", "20260102"),
    stops("date", "'0000-01-01'"),
    stops("date", "'-2026-01-02'"),
    stops("date", "'12026-01-02'"),
    stops("date", "'02.01.2026'"),
    stops("date", "''"),
    // Points in time.
    kept("datetime", "'2026-01-02 03:04:05'", "1767323045000000"),
    kept(
        "datetime",
        "'2026-01-02T03:04:05.123456Z'",
        "1767323045123456",
    ),
    kept(
        "datetime",
        "'2026-01-02 03:04:05.123456000'",
        "1767323045123456",
    ),
    kept("datetime", "'2026-01-02 03:04'", "1767323040000000"),
    kept(
        "datetime",
        "'2026-01-02 04:04:05+01:00'",
        "1767323045000000",
    ),
    kept("datetime", "'2026-01-02 03:04:05 UTC'", "1767323045000000"),
    kept("datetime", "'0001-01-01'", "-62135596800000000"),
    kept("datetime", "1767323045", "1767323045000000"),
    kept("datetime", "1767323045123", "1767323045123000"),
    kept("datetime", "1767323045123456", "1767323045123456"),
    kept("datetime", "1767323045.25", "1767323045250000"),
    kept("datetime", "0", "0"),
    stops("datetime", "'2026-01-02 03:04:05.1234567'"),
    stops("datetime", "'2026-02-31 03:04:05'"),
    stops("datetime", "'2026-01-02 24:00:00'"),
    stops("datetime", "'2026-01-02 23:59:60'"),
    stops("datetime", "'2026-01-02 03:04:05.'"),
    stops("datetime", "'2026-01-02 03:04:05 CET'"),
    stops("datetime", "'9999-12-31 23:59:59'"),
    stops("datetime", "'now'"),
    stops("datetime", "'03:04'"),
    stops("datetime", "2026"),
    stops("datetime", "2460000.5"),
    stops("datetime", "5000000000"),
    // Times of day.
    kept("time", "'12:30'", "'12:30:00.000000'"),
    kept("time", "'2000-01-01 12:30:59.5'", "'12:30:59.500000'"),
    stops("time", "'2026-01-02 12:30'"),
    stops("time", "'2000-01-01'"),
    stops("time", "'12:30:59.9+02:00'"),
    stops("time", "'12:30:59.1234567'"),
    stops("time", "'24:00'"),
    stops("time", "'now'"),
    stops("time", "0.5"),
    // Decimals.
    kept("decimal(10,2)", "0.1", "10"),
    kept("decimal(10,2)", "-12345678.99", "-1234567899"),
    kept("decimal(10,2)", "7", "700"),
    stops("decimal(10,2)", "0.1 + 0.2"),
    stops("decimal(10,2)", "0.125"),
    stops("decimal(10,2)", "0.1000001"),
    stops("decimal(10,2)", "100000000"),
    stops("decimal(10,2)", "9e999"),
    kept("text", "'12.5'", "1250").said("text?", "decimal(10,2)?"),
    kept("text", "'-0.50'", "-50").said("text?", "decimal(10,2)?"),
    kept("text", "'-12.5'", "'09999999999999999999999998749'").said("text?", "decimal(28,2)?"),
    stops("text", "' 12.5'").said("text?", "decimal(10,2)?"),
    stops("text", "'12,5'").said("text?", "decimal(10,2)?"),
    stops("text", "'1e3'").said("text?", "decimal(10,2)?"),
    stops("text", "'1.2.3'").said("text?", "decimal(10,2)?"),
    stops("text", "'NaN'").said("text?", "decimal(10,2)?"),
    stops("text", "'0.125'").said("text?", "decimal(10,2)?"),
    kept("decimal(28,2)", "12.5", "'10000000000000000000000001250'"),
    kept("decimal(28,2)", "-1", "'09999999999999999999999999899'"),
    kept("decimal(28,2)", "-0.0", "'10000000000000000000000000000'"),
    kept(
        "decimal(28,2)",
        "-9223372036854775807 - 1",
        "'09999999077662796314522419199'",
    ),
    stops("decimal(28,2)", "-0.001"),
    stops("decimal(28,2)", "0.1 + 0.2"),
    stops("decimal(28,2)", "1e26"),
    stops("decimal(28,2)", "-1e30"),
    stops("decimal(28,10)", "9223372036854775807"),
    // Numbers.
    kept("integer", "2.0", "2"),
    stops("integer", "2.5"),
    stops("integer", "'two'"),
    stops("integer", "x'3132'"),
    stops("integer", "9e18 + 1e18"),
    stops("smallint", "3000000000"),
    kept("text", "'12'", "12").said("text?", "int?"),
    stops("text", "' 12'").said("text?", "int?"),
    stops("text", "'012'").said("text?", "int?"),
    kept("real", "0.1", "0.1"),
    stops("real", "9e999"),
    stops("real", "'0,1'"),
    stops("integer", "9007199254740993").said("bigint?", "float?"),
    // Truth.
    kept("boolean", "'true'", "1"),
    kept("boolean", "0", "0"),
    stops("boolean", "2"),
    stops("boolean", "''"),
    stops("boolean", "x'01'"),
    // Texts.
    kept("text", "' padded '", "' padded '"),
    kept("text", "''", "''"),
    kept("varchar(5)", "'äöü€𝄞'", "'äöü€𝄞'"),
    kept("", "17", "'17'"),
    stops("varchar(5)", "'sixsix'"),
    stops("text", "x'c3a4'"),
    stops("text", "'a' || char(0) || 'b'"),
    stops("text", "'Open'").said("text?", "{ type: enum?, values: [open, done] }"),
    // Octets, identifiers, JSON.
    kept("blob", "x'00ff'", "X'00FF'"),
    kept("blob", "'ä'", "X'C3A4'"),
    stops("blob", "12"),
    kept(
        "uuid",
        "'{00000000-0000-4000-8000-0000000000FF}'",
        "X'000000000000400080000000000000FF'",
    ),
    kept(
        "uuid",
        "'000000000000400080000000000000ff'",
        "X'000000000000400080000000000000FF'",
    ),
    kept(
        "uuid",
        "x'000000000000400080000000000000ff'",
        "X'000000000000400080000000000000FF'",
    ),
    stops("uuid", "'0000'"),
    stops("uuid", "x'0000'"),
    kept("json", "'{\"a\": 1.0}'", "'{\"a\": 1.0}'"),
    kept("json", "12", "'12'"),
    stops("json", "'{a: 1}'"),
    stops("json", "''"),
];

const POSTGRES: &[Value] = &[
    kept("numeric", "'1.0123456789'", "1.0123456789"),
    stops("numeric", "'1.01234567891'"),
    kept("numeric", "'-1'", "-1.0000000000"),
    stops("numeric", "'NaN'"),
    stops("numeric", "'Infinity'"),
    stops("numeric(40,20)", "'0.00000000001'"),
    stops("numeric(10,2)", "'NaN'"),
    kept("numeric(10,2)", "'7'", "7").said("decimal(10,2)", "int"),
    stops("numeric(10,2)", "'0.99'").said("decimal(10,2)", "int"),
    stops("numeric(12,2)", "'9999999999'").said("decimal(12,2)", "int"),
    kept("numeric", "'0.1'", "0.1").said("decimal(28,10)", "float"),
    stops("numeric", "'0.12345678901234567891'").said("decimal(28,10)", "float"),
    kept("double precision", "'0.1'", "0.1"),
    stops("double precision", "'NaN'"),
    stops("real", "'-Infinity'"),
    stops("double precision", "'2.5'").said("float", "int"),
    stops("double precision", "'1e30'").said("float", "bigint"),
    stops("double precision", "'9223372036854775808'").said("float", "bigint"),
    stops("double precision", "'NaN'").said("float", "bigint"),
    kept("double precision", "'0.1'", "0.10").said("float", "decimal(10,2)"),
    stops("double precision", "'0.123'").said("float", "decimal(10,2)"),
    kept("real", "'0.1'", "0.10").said("float", "decimal(10,2)"),
    stops("real", "'0.123'").said("float", "decimal(10,2)"),
    kept("bigint", "'9007199254740992'", "9.007199254740992e+15").said("bigint", "float"),
    stops("bigint", "'9007199254740993'").said("bigint", "float"),
    stops("bigint", "'2147483648'").said("bigint", "int"),
    kept("smallint", "'1'", "true").said("int", "bool"),
    stops("smallint", "'2'").said("int", "bool"),
    kept("money", "'-1234.56'", "-1234.56"),
    // Dates and times.
    stops("date", "'infinity'"),
    stops("date", "'0044-03-15 BC'"),
    stops("date", "'12026-01-02'"),
    kept("date", "'0001-01-01'", "0001-01-01"),
    kept(
        "timestamp",
        "'2026-01-02 03:04:05.123456'",
        "2026-01-02 03:04:05.123456+00",
    ),
    stops("timestamp", "'-infinity'"),
    stops("timestamp", "'0044-03-15 00:00 BC'"),
    stops("timestamp", "'9999-12-31 23:59:59'"),
    stops("timestamptz", "'infinity'"),
    stops("timestamptz", "'12026-01-02Z'"),
    kept(
        "timestamptz",
        "'2026-01-02 04:04:05+01'",
        "2026-01-02 03:04:05+00",
    ),
    kept("timestamp", "'2026-01-02 00:00'", "2026-01-02").said("timestamp", "date"),
    stops("timestamp", "'2026-01-02 03:04:05'").said("timestamp", "date"),
    kept("time", "'23:59:59.999999'", "23:59:59.999999"),
    stops("time", "'24:00'"),
    kept("timetz", "'12:30+00'", "12:30:00"),
    stops("timetz", "'12:30+02'"),
    kept("interval", "'2 days 03:00'", "183600000000"),
    stops("interval", "'1 month'"),
    stops("interval", "'1 year'"),
    // Texts.
    kept("char(5)", "'ab'", "ab"),
    kept("varchar(5)", "'äöü€𝄞'", "äöü€𝄞"),
    kept("text", "''", ""),
    stops("text", "'sixsix'").said("text?", "{ type: string?, max: 5 }"),
    kept("inet", "'10.0.0.1'", "10.0.0.1"),
    stops("inet", "'10.0.0.0/8'"),
    stops("cidr", "'2001:db8::/32'"),
    kept(
        "text",
        "'00000000-0000-4000-8000-0000000000FF'",
        "00000000-0000-4000-8000-0000000000ff",
    )
    .said("text", "uuid"),
    stops("text", "'no uuid'").said("text", "uuid"),
    kept("json", "'{\"a\": 1.0}'", "{\"a\": 1.0}"),
    // Arrays.
    kept("text[]", "'{a,\"b c\"}'", "[\"a\", \"b c\"]"),
    kept("text[]", "'{}'", "[]"),
    stops("text[]", "'{{a},{b}}'"),
    stops("text[]", "'{a,null}'"),
    kept("text[]", "'{{a},{null}}'", "[[\"a\"], [null]]").said("list(text)?", "json?"),
    kept(
        "numeric(20,10)[]",
        "'{12345678.0123456789}'",
        "[\"12345678.0123456789\"]",
    ),
    stops("numeric[]", "'{NaN}'"),
    stops("double precision[]", "'{Infinity}'"),
    kept(
        "timestamp[]",
        "'{2026-01-02 03:04:05}'",
        "[\"2026-01-02T03:04:05+00:00\"]",
    ),
    kept("bytea[]", "array['\\x00ff'::bytea]", "[\"AP8=\"]"),
    kept("interval[]", "array['1 month'::interval]", "[\"1 mon\"]"),
];

/// Tries each value on a database of its own.
fn check_all(values: &[Value], fresh: &dyn Fn(&str) -> Old) {
    let wrong: Vec<String> = values
        .iter()
        .filter_map(|it| check(it, fresh).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(value: &Value, fresh: &dyn Fn(&str) -> Old) -> Result<(), String> {
    let Value {
        declared,
        said: (from, to),
        literal,
        becomes,
    } = value;
    let about = format!("{literal} in `{declared}` as `{to}`");
    let mut old = fresh(&format!(
        "create table notes (id integer primary key, thing {declared});
         insert into notes (id, thing) values (1, null), (2, {literal});"
    ));
    let mut schema = Schema::of(&old);
    if !from.is_empty() {
        schema = schema.edit("entities/note.yaml", from, to);
    }
    let script = schema.adoption().script;
    let outcome = old.run(&script);
    match (becomes, outcome) {
        (Some(wanted), Ok(())) => {
            let thing = old.value("select thing from notes where id = 2");
            if thing == *wanted {
                Ok(())
            } else {
                Err(format!("{about}: {thing} instead of {wanted}"))
            }
        }
        (None, Err(stopped)) if stopped.contains("`notes.thing`") => Ok(()),
        (None, Ok(())) => {
            let thing = old.value("select thing from notes where id = 2");
            Err(format!("{about}: {thing} instead of stopping"))
        }
        (_, Err(stopped)) => Err(format!("{about}: {stopped}")),
    }
}

#[test]
fn values_of_sqlite_are_kept_or_named() {
    check_all(SQLITE, &Old::sqlite);
}

/// For the slow tests, which have a server.
pub fn values_of_postgres_are_kept_or_named(url: &str) {
    check_all(POSTGRES, &|sql| Old::postgres(url, sql));
}
