//! Values of PostgreSQL, whose columns hold what their types say.

use crate::import::catalogue::DeclaredType;
use crate::tables::ColumnType;

use super::{FIRST_MICROSECOND, LAST_MICROSECOND, Target};

/// The value of a column as svcgen stores it. An integer without room is null here, so that the
/// check can name its row; other casts fail by themselves.
pub fn of(c: &str, from: &DeclaredType, to: Target) -> String {
    match to.ty {
        ColumnType::Text if matches!(from.name.as_str(), "inet" | "cidr") => format!("host({c})"),
        ColumnType::Text => format!("{c}::text"),
        ColumnType::Int => in_range(
            c,
            from,
            ("integer", i64::from(i32::MIN), i64::from(i32::MAX)),
        ),
        ColumnType::Float => format!("{c}::double precision"),
        ColumnType::Decimal { precision, scale } => format!("{c}::numeric({precision}, {scale})"),
        ColumnType::Bool if is_bool(from) => c.to_owned(),
        ColumnType::Bool => format!("({c} <> 0)"),
        ColumnType::Uuid => format!("{c}::uuid"),
        ColumnType::Date => format!("{c}::date"),
        ColumnType::Time => format!("{c}::time"),
        ColumnType::Timestamp if is_zoneless(from) => {
            format!("{c}::timestamp at time zone 'UTC'")
        }
        ColumnType::Timestamp => format!("{c}::timestamptz"),
        ColumnType::Duration if from.name == "interval" => {
            format!("(extract(epoch from {c}) * 1000000)::bigint")
        }
        ColumnType::Bigint | ColumnType::Duration => {
            in_range(c, from, ("bigint", i64::MIN, i64::MAX))
        }
        ColumnType::Json if from.array => list(c, from),
        ColumnType::Json => format!("{c}::jsonb"),
        ColumnType::Bytes => format!("{c}::bytea"),
    }
}

fn in_range(c: &str, from: &DeclaredType, (ty, least, most): (&str, i64, i64)) -> String {
    let has_room = match from.name.as_str() {
        "bigint" | "int8" => ty == "bigint",
        "numeric" | "decimal" | "real" | "float4" | "double precision" | "float8" => false,
        // The smaller integers; what no number can be compared with fails.
        _ => true,
    };
    if has_room {
        return format!("{c}::{ty}");
    }
    // The nearest float of the greatest bigint is one too many.
    let below = i128::from(most) + 1;
    format!("case when {c} >= {least} and {c} < {below} then {c}::{ty} end")
}

/// An array as the JSON that a service writes for its list.
fn list(c: &str, from: &DeclaredType) -> String {
    let element = match from.name.as_str() {
        "numeric" | "decimal" => "it::text",
        "money" => "it::numeric(19, 2)::text",
        "bytea" => "translate(encode(it, 'base64'), E'\\n', '')",
        "timestamp" | "timestamp without time zone" => "it at time zone 'UTC'",
        _ => return format!("to_jsonb({c})"),
    };
    // An array of arrays is taken as it is, for the check to see.
    format!(
        "case when {c} is null or array_ndims({c}) > 1 then to_jsonb({c}) else \
         (select coalesce(jsonb_agg({element} order by place), '[]') from unnest({c}) with ordinality as list (it, place)) end"
    )
}

fn is_bool(from: &DeclaredType) -> bool {
    matches!(from.name.as_str(), "boolean" | "bool")
}

fn is_zoneless(from: &DeclaredType) -> bool {
    matches!(
        from.name.as_str(),
        "timestamp" | "timestamp without time zone" | "date"
    )
}

/// What holds of values that were changed, or that a service cannot read.
pub fn misfits(was: &str, is: &str, from: &DeclaredType, to: Target) -> Vec<String> {
    if to.ty == ColumnType::Json {
        return if from.array && to.is_list {
            of_list(is)
        } else {
            Vec::new()
        };
    }
    let mut wrong = Vec::new();
    let is_text = matches!(
        from.name.as_str(),
        "text" | "citext" | "character varying" | "varchar" | "character" | "char" | "bpchar"
    );
    if is_text && to.ty != ColumnType::Text {
        // It is never so: a text that is no such value fails here, where the column is told.
        wrong.push(format!("({was} is not null and {is} is null)"));
    }
    wrong.extend(rounded(was, is, from, to.ty));
    wrong.extend(match to.ty {
        // An infinite one does not pass the cast.
        ColumnType::Decimal { .. } => Some(format!("{is} = 'NaN'")),
        ColumnType::Float => Some(format!("{is} in ('NaN', 'Infinity', '-Infinity')")),
        ColumnType::Date => {
            let years = format!("{is} not between '0001-01-01' and '9999-12-31'");
            let hours = format!("{is}::timestamp <> {was}::timestamp");
            let is_date = from.name == "date";
            Some(if is_date { years } else { format!("{years} or {hours}") })
        }
        ColumnType::Timestamp => Some(format!(
            "case when isfinite({is}) then extract(epoch from {is}) * 1000000 not between {FIRST_MICROSECOND} and {LAST_MICROSECOND} \
             else {is} is not null end"
        )),
        ColumnType::Time if matches!(from.name.as_str(), "time with time zone" | "timetz") => Some(
            format!("{is} = '24:00' or extract(timezone from {was}) <> 0"),
        ),
        ColumnType::Time => Some(format!("{is} = '24:00'")),
        // The length of a month is made up.
        ColumnType::Duration if from.name == "interval" => Some(format!(
            "extract(year from {was}) <> 0 or extract(month from {was}) <> 0"
        )),
        ColumnType::Bool if !is_bool(from) => Some(format!("{was} not in (0, 1)")),
        ColumnType::Text if matches!(from.name.as_str(), "inet" | "cidr") => Some(format!(
            "masklen({was}) <> case family({was}) when 4 then 32 else 128 end"
        )),
        _ => None,
    });
    wrong
}

fn of_list(is: &str) -> Vec<String> {
    let unfit = r#"strict $[*] ? (@.type() == "null" || @.type() == "array" || @ == "NaN" || @ == "Infinity" || @ == "-Infinity")"#;
    vec![format!("jsonb_path_exists({is}, '{unfit}')")]
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
        (ColumnType::Int, None) if is_wide => Some(format!("{is} is distinct from {was}")),
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
