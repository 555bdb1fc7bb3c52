//! Values of SQLite, each of which has a type of its own whatever its column is called.

use crate::tables::ColumnType;

use super::{decimal, moment};

/// The greatest integer that a float has, with all that are smaller.
const EXACT_IN_FLOATS: i64 = 1 << 53;

/// The value of a column as svcgen stores it; null where it has none that is the same.
pub fn of(c: &str, to: ColumnType) -> String {
    match to {
        ColumnType::Text => text(c),
        // Octets of a number would be those of its digits.
        ColumnType::Bytes => {
            format!("case when typeof({c}) in ('text', 'blob') then cast({c} as blob) end")
        }
        ColumnType::Int => format!(
            "case when {whole} between {} and {} then {whole} end",
            i32::MIN,
            i32::MAX,
            whole = integer(c)
        ),
        ColumnType::Bigint | ColumnType::Duration => integer(c),
        // An infinite one is no JSON.
        ColumnType::Float => format!(
            "case when typeof({c}) = 'integer' and {c} between -{EXACT_IN_FLOATS} and {EXACT_IN_FLOATS} then cast({c} as real) \
             when typeof({c}) = 'real' and abs({c}) <= {:e} then {c} end",
            f64::MAX
        ),
        ColumnType::Decimal { precision, scale } => decimal::of(c, precision, scale),
        ColumnType::Bool => format!(
            "case lower(case when typeof({c}) <> 'blob' then cast({c} as text) end) \
             when '1' then 1 when 'true' then 1 when 't' then 1 when 'yes' then 1 when 'y' then 1 \
             when '0' then 0 when 'false' then 0 when 'f' then 0 when 'no' then 0 when 'n' then 0 end"
        ),
        ColumnType::Uuid => {
            let bare = format!("replace(replace(replace({c}, '-', ''), '{{', ''), '}}', '')");
            format!(
                "case when typeof({c}) = 'blob' and length({c}) = 16 then {c} \
                 when typeof({c}) = 'text' and length(unhex({bare})) = 16 then unhex({bare}) end"
            )
        }
        ColumnType::Date => moment::date(c),
        ColumnType::Time => moment::time(c),
        ColumnType::Timestamp => moment::timestamp(c),
        ColumnType::Json => {
            let text = text(c);
            format!("case when typeof({c}) <> 'blob' and json_valid({c}) then {text} end")
        }
    }
}

/// A text without NUL, which ends it for half of the functions of SQL, and which services
/// refuse; octets in a column of texts may be in any encoding. A float is written with fewer
/// digits than it may have.
fn text(c: &str) -> String {
    format!(
        "case typeof({c}) when 'text' then case when instr({c}, char(0)) = 0 then {c} end \
         when 'integer' then cast({c} as text) \
         when 'real' then case when cast(cast({c} as text) as real) = {c} then cast({c} as text) end end"
    )
}

fn integer(c: &str) -> String {
    format!(
        "case when typeof({c}) = 'integer' then {c} when typeof({c}) = 'real' and {c} = cast({c} as integer) \
         then cast({c} as integer) when cast(cast({c} as integer) as text) = {c} then cast({c} as integer) end"
    )
}
