//! How `PostgreSQL` turns values of one type into values of another.

use crate::tables::ColumnType;

use super::Dialect as _;

const INT: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);
/// Every integer within is a float, and no two of them the same.
const EXACT: (i64, i64) = (-9_007_199_254_740_992, 9_007_199_254_740_992);

/// A value of `from` as a value of `to`.
pub fn convert(e: &str, from: ColumnType, to: ColumnType) -> String {
    use ColumnType::{Bigint, Bool, Date, Decimal, Duration, Int, Text, Time, Timestamp};
    let cast = || format!("{e}::{}", super::postgres::Postgres.column_type(to));
    match (from, to) {
        (Bigint, Duration) | (Duration, Bigint) => e.to_owned(),
        (Bool, Bigint) => format!("{e}::integer::bigint"),
        (Int | Bigint, Bool) => format!("{e} <> 0"),
        (Date, Timestamp) => format!("{e}::timestamp at time zone 'UTC'"),
        (Timestamp, Date) => format!("({e} at time zone 'UTC')::date"),
        (Timestamp, Text) => {
            format!("to_char({e} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
        (Date, Text) => format!("to_char({e}, 'YYYY-MM-DD')"),
        (Time, Text) => format!("to_char({e}, 'HH24:MI:SS.US')"),
        (Decimal { .. }, Decimal { .. }) => cast(),
        (Text, Bool) => format!("{e} = 'true'"),
        _ if from == to => e.to_owned(),
        _ => cast(),
    }
}

/// What holds for a value of `from` that is no value of `to`.
pub fn unfit(e: &str, from: ColumnType, to: ColumnType) -> Option<String> {
    use ColumnType::{Bigint, Bool, Date, Decimal, Float, Int, Text, Uuid};
    let outside = |(least, most): (i64, i64)| format!("{e} not between {least} and {most}");
    Some(match (from, to) {
        (Bigint, Int) => outside(INT),
        (Bigint, Float) => outside(EXACT),
        (Float, Int) => format!("{} or {e} <> trunc({e})", outside(INT)),
        (Float, Bigint) => format!("{} or {e} <> trunc({e})", outside(EXACT)),
        (Int | Bigint, Bool) => format!("{e} not in (0, 1)"),
        (Text, Bool) => format!("{e} not in ('true', 'false')"),
        (Text, Int | Bigint) => {
            let (least, most) = if to == Int { INT } else { (i64::MIN, i64::MAX) };
            // The order of a `case` is kept; that of an `or` is not.
            format!(
                "{e} is not null and case when {e} ~ '^(0|-?[1-9][0-9]{{0,18}})$' then {e}::numeric not between {least} and {most} else true end"
            )
        }
        (Text, Uuid) => {
            format!(
                "{e} !~* '^[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}$'"
            )
        }
        (Text, Date) => format!(
            "{e} is not null and case when {e} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' and {e} >= '0001' \
             then substr({e}, 9, 2)::integer > extract(day from (substr({e}, 1, 8) || '01')::date + interval '1 month - 1 day') else true end"
        ),
        (Int | Bigint | Float, Decimal { precision, scale }) => {
            let most = format!("1{}", "0".repeat((precision - scale) as usize));
            if from == Float {
                // As it is stored: 99.999 becomes 100.00.
                format!("abs(round({e}::numeric, {scale})) >= {most}")
            } else {
                format!("abs({e}::numeric) >= {most}")
            }
        }
        (Decimal { .. }, Int | Bigint) => {
            let (least, most) = if to == Int { INT } else { (i64::MIN, i64::MAX) };
            format!("{e} <> trunc({e}) or {e} not between {least} and {most}")
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
        ) => {
            let mut unfit = Vec::new();
            if to < from {
                unfit.push(format!("{e} <> trunc({e}, {to})"));
            }
            if new - to < old - from {
                let most = format!("1{}", "0".repeat((new - to) as usize));
                unfit.push(format!("abs({e}) >= {most}"));
            }
            if unfit.is_empty() {
                return None;
            }
            unfit.join(" or ")
        }
        _ => return None,
    })
}
