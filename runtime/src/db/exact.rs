//! Sums and averages of exact numbers, with as many digits as it takes.
//!
//! A number is whole units of `10^-scale` in 128 bits. Where an engine has no such type
//! it is kept as a text that sorts like the number.

/// The digits of the sortable form: all that 128 bits can have.
const WIDTH: usize = 39;

/// A decimal text as units; `None` where it has more digits than that.
pub(crate) fn units(text: &str, scale: u8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all = |digits: &str| digits.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() || !all(whole) || !all(fraction) || fraction.len() > scale.into() {
        return None;
    }
    let zeros = "0".repeat(usize::from(scale) - fraction.len());
    let units: i128 = format!("{whole}{fraction}{zeros}").parse().ok()?;
    Some(if negative { -units } else { units })
}

/// Units as a decimal text.
pub(crate) fn text(units: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Units as a text that sorts like the number.
pub(crate) fn sortable(units: i128) -> String {
    let digits = format!("{:0WIDTH$}", units.unsigned_abs());
    if units < 0 {
        let complement = digits
            .bytes()
            .map(|digit| char::from(b'0' + (b'9' - digit)));
        format!("0{}", complement.collect::<String>())
    } else {
        format!("1{digits}")
    }
}

/// The inverse of [`sortable`].
pub(crate) fn from_sortable(text: &str) -> Option<i128> {
    let digits = text.get(1..).filter(|it| it.len() == WIDTH)?;
    match text.as_bytes()[0] {
        b'1' => digits.parse().ok(),
        b'0' => {
            let complement = digits
                .bytes()
                .map(|digit| char::from(b'0' + b'9'.wrapping_sub(digit)));
            let units: i128 = complement.collect::<String>().parse().ok()?;
            Some(-units)
        }
        _ => None,
    }
}

/// How many digits an average has beyond those of what it averages.
pub(crate) const AVERAGE_DIGITS: u8 = 6;

/// A sum divided by a count, with [`AVERAGE_DIGITS`] more digits, rounded half away from zero.
#[cfg(any(feature = "sqlite", test))]
pub(crate) fn average(sum: i128, count: i64) -> i128 {
    let count = i128::from(count.max(1));
    let more = 10_i128.pow(AVERAGE_DIGITS.into());
    let (whole, rest) = (sum / count, (sum % count) * more);
    let half = if rest < 0 { -count } else { count };
    whole * more + (2 * rest + half) / (2 * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_texts_sort_like_numbers_and_come_back() {
        let numbers = [
            i128::MIN + 1,
            -(10_i128.pow(28)),
            -11,
            -10,
            -1,
            0,
            1,
            9,
            10,
            10_i128.pow(30),
            i128::MAX,
        ];
        let texts: Vec<String> = numbers.iter().map(|it| sortable(*it)).collect();
        assert!(texts.is_sorted(), "{texts:#?}");
        for (number, text) in numbers.iter().zip(&texts) {
            assert_eq!(from_sortable(text), Some(*number));
        }
        for wrong in ["", "1", "é", &"2".repeat(40), &"1x".repeat(20)] {
            assert_eq!(from_sortable(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_keep_every_digit() {
        for (number, scale, written) in [
            (0, 0, "0"),
            (-5, 2, "-0.05"),
            (1234, 2, "12.34"),
            (10_i128.pow(34), 6, "10000000000000000000000000000.000000"),
        ] {
            assert_eq!(text(number, scale), written);
            assert_eq!(units(written, scale), Some(number));
        }
        assert_eq!(units("1.50", 1), Some(15), "zeros at the end are no digits");
        for wrong in ["", "-", ".5", "1.55", "1e3", "+1", "1.5.5", &"9".repeat(60)] {
            assert_eq!(units(wrong, 1), None, "{wrong}");
        }
    }

    #[test]
    fn averages_round_half_away_from_zero() {
        assert_eq!(average(1, 3), 333_333);
        assert_eq!(average(2, 3), 666_667);
        assert_eq!(average(-2, 3), -666_667);
        assert_eq!(average(1, 2_000_000), 1, "exactly a half");
        assert_eq!(average(-1, 2_000_000), -1);
        assert_eq!(average(-1, 2_000_001), 0);
        assert_eq!(
            average(10_i128.pow(28) * 1_000_000, 1_000_000),
            10_i128.pow(34)
        );
    }
}
