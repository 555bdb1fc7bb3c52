//! Decimals as integers and as texts that sort like numbers, for engines without
//! an exact decimal type. It does not know where they are stored.

use rust_decimal::Decimal;

/// The most digits that a decimal column can have.
pub(crate) const MAX_DIGITS: u32 = 28;

/// The value as a whole number of units of `10^-scale`, or why it does not fit `(precision, scale)`.
pub(crate) fn units(value: Decimal, precision: u8, scale: u8) -> Result<i128, String> {
    if u32::from(precision) > MAX_DIGITS || scale > precision {
        return Err(format!(
            "no column has {precision} digits with {scale} after the point"
        ));
    }
    let from = value.scale();
    let to = u32::from(scale);
    let mantissa = value.mantissa();
    let units = if from <= to {
        mantissa.checked_mul(10_i128.pow(to - from))
    } else {
        let divisor = 10_i128.pow(from - to);
        if mantissa % divisor != 0 {
            return Err(format!("it has more than {scale} digits after the point"));
        }
        Some(mantissa / divisor)
    };
    units
        .filter(|it| it.unsigned_abs() < 10_u128.pow(u32::from(precision)))
        .ok_or_else(|| {
            format!(
                "it has more than {} digits before the point",
                precision.saturating_sub(scale)
            )
        })
}

/// The decimal that is `units` times `10^-scale`.
pub(crate) fn from_units(units: i128, scale: u8) -> Result<Decimal, String> {
    Decimal::try_from_i128_with_scale(units, u32::from(scale)).map_err(|error| error.to_string())
}

/// Whole units as text that sorts like the number: `1` and 28 digits, or, when negative,
/// `0` and the nines' complement of 28 digits.
#[cfg(feature = "sqlite")]
pub(crate) fn sortable(units: i128) -> String {
    let magnitude = units.unsigned_abs();
    let width = MAX_DIGITS as usize;
    if units < 0 {
        format!("0{:0width$}", 10_u128.pow(MAX_DIGITS) - 1 - magnitude)
    } else {
        format!("1{magnitude:0width$}")
    }
}

/// The inverse of [`sortable`].
pub(crate) fn from_sortable(text: &str) -> Result<i128, String> {
    let wrong = || format!("`{text}` is not a decimal in sortable form");
    if text.len() != MAX_DIGITS as usize + 1 || !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(wrong());
    }
    let digits: i128 = text[1..].parse().map_err(|_| wrong())?;
    match text.as_bytes()[0] {
        b'1' => Ok(digits),
        b'0' => Ok(digits - (10_i128.pow(MAX_DIGITS) - 1)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(units(decimal("12.3400"), 12, 2), Ok(1234));
        assert_eq!(units(decimal("-0.00"), 12, 2), Ok(0));
        assert!(units(decimal("0.001"), 12, 2).is_err());
        assert!(units(decimal("1"), 255, 255).is_err(), "no panic");
        assert!(units(decimal("100"), 4, 2).is_err());
        assert_eq!(units(decimal("-99.99"), 4, 2), Ok(-9999));
        assert!(
            units(decimal("79228162514264337593543950335"), 28, 28).is_err(),
            "no overflow"
        );
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn sortable_texts_sort_like_numbers() {
        let largest = 10_i128.pow(28) - 1;
        let numbers = [
            -largest,
            -largest + 1,
            -100,
            -99,
            -10,
            -1,
            0,
            1,
            9,
            10,
            99,
            100,
            largest - 1,
            largest,
        ];
        let texts: Vec<String> = numbers.iter().map(|it| sortable(*it)).collect();
        assert!(texts.is_sorted(), "{texts:#?}");
        assert!(texts.iter().all(|it| it.len() == 29));
        assert_eq!(
            texts
                .iter()
                .map(|it| from_sortable(it).unwrap())
                .collect::<Vec<_>>(),
            numbers
        );
        for wrong in [
            "",
            "1",
            "2000000000000000000000000000",
            "20000000000000000000000000000",
            "1000000000000000000000000000x",
        ] {
            assert!(from_sortable(wrong).is_err(), "{wrong}");
        }
    }
}
