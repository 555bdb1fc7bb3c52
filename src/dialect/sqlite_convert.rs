//! How `SQLite` turns values of one type into values of another, in its storage forms: numbers of
//! microseconds, scaled integers, octets.

use crate::tables::ColumnType;

const INT: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);
/// Every integer within is a float, and no two of them the same.
const EXACT: (i64, i64) = (-9_007_199_254_740_992, 9_007_199_254_740_992);

/// A value of `from` as a value of `to`.
pub fn convert(e: &str, from: ColumnType, to: ColumnType) -> String {
    use ColumnType::{Bigint, Bool, Date, Decimal, Float, Int, Text, Timestamp, Uuid};
    match (from, to) {
        (Int | Bigint, Float) => format!("cast({e} as real)"),
        (Float | Text, Int | Bigint) => format!("cast({e} as integer)"),
        (Int | Bigint, Decimal { scale, .. }) => times(e, scale),
        (Decimal { scale, .. }, Int | Bigint) => over(e, scale),
        (Float, Decimal { scale, .. }) => {
            format!("cast(round({e} * {}) as integer)", power(scale))
        }
        (Decimal { scale, .. }, Float) => format!("{e} / {}.0", power(scale)),
        (
            Decimal {
                precision,
                scale: old,
            },
            Decimal { scale: new, .. },
        ) if is_short(precision) => {
            if new >= old {
                times(e, new - old)
            } else {
                over(e, old - new)
            }
        }
        (Decimal { scale, .. }, Text) => decimal_text(e, scale),
        (Int | Bigint, Text) => format!("cast({e} as text)"),
        (Int | Bigint, Bool) => format!("{e} <> 0"),
        (Bool, Text) => format!("case {e} when 1 then 'true' when 0 then 'false' end"),
        (Text, Bool) => format!("case {e} when 'true' then 1 when 'false' then 0 end"),
        (Uuid, Text) => {
            let part = |from: u32, length: u32| format!("substr(hex({e}), {from}, {length})");
            let parts = [
                part(1, 8),
                part(9, 4),
                part(13, 4),
                part(17, 4),
                part(21, 12),
            ];
            let text = parts.join(" || '-' || ");
            format!("case when {e} is null then null else lower({text}) end")
        }
        (Text, Uuid) => format!("unhex({e}, '-')"),
        (Date, Timestamp) => format!("unixepoch({e}) * 1000000"),
        (Timestamp, Date) => format!("date({}, 'unixepoch')", seconds(e)),
        (Timestamp, Text) => format!(
            "strftime('%Y-%m-%dT%H:%M:%S', {}, 'unixepoch') || printf('.%06dZ', (({e} % 1000000) + 1000000) % 1000000)",
            seconds(e)
        ),
        _ => e.to_owned(),
    }
}

/// What holds for a value of `from` that is no value of `to`.
pub fn unfit(e: &str, from: ColumnType, to: ColumnType) -> Option<String> {
    use ColumnType::{Bigint, Bool, Date, Decimal, Float, Int, Text, Uuid};
    let outside = |(least, most): (i64, i64)| format!("{e} not between {least} and {most}");
    Some(match (from, to) {
        (Bigint, Int) => outside(INT),
        (Bigint, Float) => outside(EXACT),
        (Float, Int) => format!("{} or {e} <> cast({e} as integer)", outside(INT)),
        (Float, Bigint) => format!("{} or {e} <> cast({e} as integer)", outside(EXACT)),
        (Int | Bigint, Bool) => format!("{e} not in (0, 1)"),
        (Text, Bool) => format!("{e} not in ('true', 'false')"),
        (Text, Bigint) => format!("cast(cast({e} as integer) as text) <> {e}"),
        (Text, Int) => format!(
            "cast(cast({e} as integer) as text) <> {e} or cast({e} as integer) not between {} and {}",
            INT.0, INT.1
        ),
        (Text, Uuid) => format!(
            "{e} is not null and ({e} not glob '????????-????-????-????-????????????' or ifnull(length(unhex(replace({e}, '-', ''))), 0) <> 16)"
        ),
        (Text, Date) => format!("date({e}) is not {e}"),
        (Int | Bigint, Decimal { precision, scale }) => {
            let most = power(precision - scale) - 1;
            format!("{e} not between -{most} and {most}")
        }
        (Float, Decimal { precision, scale }) => {
            // As it is stored: 99.999 becomes 100.00.
            let most = power(precision);
            format!("abs(round({e} * {})) >= {most}.0", power(scale))
        }
        (Decimal { scale, .. }, Int | Bigint) => {
            let whole = format!("{e} % {} <> 0", power(scale));
            if to == Int {
                format!(
                    "{whole} or {} not between {} and {}",
                    over(e, scale),
                    INT.0,
                    INT.1
                )
            } else {
                whole
            }
        }
        (
            Decimal {
                precision: old,
                scale: from,
            },
            Decimal {
                precision: new,
                scale: to,
            },
        ) if is_short(old) => {
            let mut unfit = Vec::new();
            if to < from {
                unfit.push(format!("{e} % {} <> 0", power(from - to)));
            }
            if new - to < old - from {
                let most = power(new - to + from) - 1;
                unfit.push(format!("{e} not between -{most} and {most}"));
            }
            if unfit.is_empty() {
                return None;
            }
            unfit.join(" or ")
        }
        (Decimal { .. }, Decimal { precision: new, .. }) => {
            // The digits of a long decimal, without the mark of its sign.
            let least = 28_u32.saturating_sub(new);
            let zeros = "0".repeat(least as usize);
            let nines = "9".repeat(least as usize);
            format!(
                "({e} >= '1' and substr({e}, 2, {least}) <> '{zeros}') or ({e} < '1' and substr({e}, 2, {least}) <> '{nines}')"
            )
        }
        _ => return None,
    })
}

fn is_short(precision: u32) -> bool {
    precision <= super::sqlite::INTEGER_DIGITS
}

fn power(exponent: u32) -> i64 {
    10_i64.pow(exponent.min(18))
}

fn times(e: &str, exponent: u32) -> String {
    match exponent {
        0 => e.to_owned(),
        _ => format!("{e} * {}", power(exponent)),
    }
}

fn over(e: &str, exponent: u32) -> String {
    match exponent {
        0 => e.to_owned(),
        _ => format!("{e} / {}", power(exponent)),
    }
}

/// Whole seconds of microseconds, rounded down before 1970 too.
fn seconds(e: &str) -> String {
    format!("({e} - (({e} % 1000000) + 1000000) % 1000000) / 1000000")
}

fn decimal_text(e: &str, scale: u32) -> String {
    if scale == 0 {
        return format!("cast({e} as text)");
    }
    let unit = power(scale);
    format!(
        "case when {e} < 0 then '-' else '' end || cast(abs({e}) / {unit} as text) || printf('.%0{scale}d', abs({e}) % {unit})"
    )
}
