//! Which values of one type are values of another.
//!
//! How each database converts them is the dialects' knowledge; whether it can be done, and
//! what is at risk, is the same for all of them.

use super::ColumnType;

/// How well the values of one type fit another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Every value has a counterpart, and comes back from it unchanged.
    Wider,
    /// Some values may have no counterpart; those that have come back unchanged.
    Checked,
    /// Every value has a counterpart that says less.
    Lossy,
}

/// The most digits that a decimal may have where a database keeps it as an integer.
const INTEGER_DIGITS: u32 = 18;

/// How well the values of `from` fit `to`; `None` where nothing sensible can be done.
pub fn fit(from: ColumnType, to: ColumnType) -> Option<Fit> {
    use ColumnType::{
        Bigint, Bool, Date, Decimal, Duration, Float, Int, Json, Text, Time, Timestamp, Uuid,
    };
    if from == to {
        return Some(Fit::Wider);
    }
    Some(match (from, to) {
        (Int, Bigint | Float | Text)
        | (Bigint, Text | Duration)
        | (Duration, Bigint)
        | (Bool, Int | Bigint | Text)
        | (Uuid | Date | Time | Timestamp | Json, Text)
        | (Date, Timestamp) => Fit::Wider,
        (Bigint, Int | Float | Bool)
        | (Int, Bool)
        | (Float, Int | Bigint)
        | (Text, Int | Bigint | Bool | Uuid | Date) => Fit::Checked,
        (Timestamp, Date) => Fit::Lossy,
        (Int, Decimal { precision, scale }) if is_short(precision) => whole(10, precision, scale),
        (Bigint, Decimal { precision, scale }) if is_short(precision) => {
            whole(19, precision, scale)
        }
        (Decimal { precision, .. }, Int | Bigint) if is_short(precision) => Fit::Checked,
        (Decimal { precision, .. }, Text) if is_short(precision) => Fit::Wider,
        (Decimal { precision, .. }, Float) if is_short(precision) => Fit::Lossy,
        (Float, Decimal { precision, .. }) if is_short(precision) => Fit::Lossy,
        (
            Decimal {
                precision: old,
                scale: old_scale,
            },
            Decimal {
                precision: new,
                scale: new_scale,
            },
        ) => {
            let same_form = is_short(old) == is_short(new);
            // A long decimal is text whose digits stand at the places of its scale.
            if !same_form || (!is_short(old) && old_scale != new_scale) {
                return None;
            }
            if new_scale >= old_scale && new - new_scale >= old - old_scale {
                Fit::Wider
            } else {
                Fit::Checked
            }
        }
        _ => return None,
    })
}

fn is_short(precision: u32) -> bool {
    precision <= INTEGER_DIGITS
}

fn whole(digits: u32, precision: u32, scale: u32) -> Fit {
    if precision - scale >= digits {
        Fit::Wider
    } else {
        Fit::Checked
    }
}

/// A type as a person calls it.
pub fn name(ty: ColumnType) -> String {
    match ty {
        ColumnType::Text => "text",
        ColumnType::Int => "int",
        ColumnType::Bigint => "bigint",
        ColumnType::Float => "float",
        ColumnType::Decimal { precision, scale } => return format!("decimal({precision},{scale})"),
        ColumnType::Bool => "bool",
        ColumnType::Uuid => "uuid",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Duration => "duration",
        ColumnType::Json => "json",
        ColumnType::Bytes => "bytes",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_gets_wider_only_where_no_digit_is_lost() {
        let decimal = |precision, scale| ColumnType::Decimal { precision, scale };
        assert_eq!(fit(decimal(10, 2), decimal(12, 2)), Some(Fit::Wider));
        assert_eq!(fit(decimal(10, 2), decimal(12, 4)), Some(Fit::Wider));
        assert_eq!(fit(decimal(10, 2), decimal(11, 4)), Some(Fit::Checked));
        assert_eq!(fit(decimal(10, 4), decimal(10, 2)), Some(Fit::Checked));
        assert_eq!(fit(decimal(18, 2), decimal(20, 2)), None);
        assert_eq!(fit(decimal(20, 2), decimal(22, 2)), Some(Fit::Wider));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(fit(ColumnType::Bytes, ColumnType::Int), None);
        assert_eq!(fit(ColumnType::Json, ColumnType::Date), None);
    }
}
