//! The values that both engines can store and give back unchanged. What only one
//! of them could keep is refused for both, before anything is sent.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// The first microsecond of the year 1.
const FIRST_MICROSECOND: i64 = -62_135_596_800_000_000;

/// A finite float. SQLite turns NaN into null and JSON has neither NaN nor infinities;
/// negative zero becomes zero, because SQLite does not keep its sign.
#[inline]
pub(crate) fn float(value: f64) -> Result<f64, String> {
    if value.is_finite() {
        Ok(value + 0.0)
    } else {
        Err(format!("{value} is not a finite number"))
    }
}

/// A text without NUL, which PostgreSQL cannot store.
#[inline]
pub(crate) fn text(value: &str) -> Result<&str, String> {
    if value.as_bytes().contains(&0) {
        Err("it contains the character NUL".to_owned())
    } else {
        Ok(value)
    }
}

/// A JSON text without an escaped NUL, which `jsonb` cannot store.
pub(crate) fn json(value: &str) -> Result<&str, String> {
    for (at, _) in value.match_indices("\\u0000") {
        let backslashes = value.as_bytes()[..at]
            .iter()
            .rev()
            .take_while(|it| **it == b'\\')
            .count();
        if backslashes.is_multiple_of(2) {
            return Err("it contains the character NUL".to_owned());
        }
    }
    Ok(value)
}

/// A day of the years 1 to 9999, so that the text form sorts.
#[inline]
pub(crate) fn date(value: Date) -> Result<Date, String> {
    if value.year() >= 1 {
        Ok(value)
    } else {
        Err(format!("{value} lies before the year 1"))
    }
}

/// Microseconds since 1970, rounded down.
#[inline]
pub(crate) fn micros_of_timestamp(value: Timestamp) -> Result<i64, String> {
    // jiff rounds towards zero; down is needed so that equal inputs order equally on both sides of 1970.
    let whole = value.as_microsecond();
    let micros = if value.subsec_nanosecond() % 1000 < 0 {
        whole - 1
    } else {
        whole
    };
    if micros >= FIRST_MICROSECOND {
        Ok(micros)
    } else {
        Err(format!("{value} lies before the year 1"))
    }
}

/// Whole microseconds, rounded towards zero.
#[inline]
pub(crate) fn micros_of_duration(value: SignedDuration) -> Result<i64, String> {
    i64::try_from(value.as_micros()).map_err(|_| format!("{value:?} is too long"))
}

/// A text that is shown in a message, cut to a sensible length.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(200) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_escapes_of_nul_are_refused() {
        assert!(json(r#"{"a":"\u0000"}"#).is_err());
        assert!(json(r#""\\\u0000""#).is_err());
        assert!(
            json(r#""\\u0000""#).is_ok(),
            "an escaped backslash, then letters"
        );
        assert!(json("{}").is_ok());
    }

    #[test]
    fn moments_are_rounded_down_to_microseconds() {
        let late = Timestamp::from_nanosecond(1_999).unwrap();
        let early = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(micros_of_timestamp(late), Ok(1));
        assert_eq!(micros_of_timestamp(early), Ok(-1));
        assert_eq!(
            micros_of_timestamp("0001-01-01T00:00:00Z".parse().unwrap()),
            Ok(FIRST_MICROSECOND)
        );
        assert!(micros_of_timestamp("0000-12-31T23:59:59Z".parse().unwrap()).is_err());
    }

    #[test]
    fn floats_must_be_finite() {
        assert!(float(f64::NAN).is_err());
        assert!(float(f64::NEG_INFINITY).is_err());
        assert_eq!(float(-0.0).unwrap().to_bits(), 0.0_f64.to_bits());
    }
}
