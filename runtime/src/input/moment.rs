//! Dates, times, timestamps and durations.
//!
//! Everything is kept to the microsecond, which is what both databases store.
//! Digits beyond that are cut off the text, so that a value read back equals
//! the one that was answered when it was written.

use std::borrow::Cow;
use std::fmt::Display;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Accepts, Pointer, Violations, mistyped};

/// Why a text is no value.
enum Unread {
    /// It does not look like one.
    Form,
    /// It looks like one that there is no room for.
    Beyond,
}

/// Makes one kind of field: its constructor, its limits, and how its text is read.
macro_rules! moment {
    ($make:ident, $field:ident, $value:ty, $read:ident, $check:ident, $example:literal, $what:literal) => {
        #[doc = concat!("Accepts ", $what, " such as `", $example, "`.")]
        pub const fn $make() -> $field {
            $field {
                min: None,
                max: None,
            }
        }

        #[doc = concat!($what, ", with limits, both inclusive.")]
        #[derive(Debug, Clone, Copy)]
        #[must_use]
        pub struct $field {
            min: Option<$value>,
            max: Option<$value>,
        }

        impl $field {
            /// Not before (or less than) this.
            pub const fn min(mut self, min: $value) -> Self {
                self.min = Some(min);
                self
            }

            /// Not after (or more than) this.
            pub const fn max(mut self, max: $value) -> Self {
                self.max = Some(max);
                self
            }
        }

        impl Accepts for $field {
            type Value = $value;

            fn accept(
                &self,
                value: Value,
                at: Pointer<'_>,
                found: &mut Violations,
            ) -> Option<$value> {
                let Value::String(text) = &value else {
                    mistyped(found, at, concat!("a string with ", $what), &value);
                    return None;
                };
                let value = match $read(text) {
                    Ok(value) => value,
                    Err(Unread::Form) => {
                        let detail = concat!("Must be ", $what, " such as `", $example, "`.");
                        found.add(at, "FORMAT_MISMATCH", detail);
                        return None;
                    }
                    Err(Unread::Beyond) => {
                        found.add(at, "OUT_OF_RANGE", "Is beyond what can be stored.");
                        return None;
                    }
                };
                let before = found.len();
                self.check(&value, at, found);
                (found.len() == before).then_some(value)
            }

            fn check(&self, value: &$value, at: Pointer<'_>, found: &mut Violations) {
                if $check(*value) {
                    within(value, self.min.as_ref(), self.max.as_ref(), at, found);
                } else {
                    found.add(at, "OUT_OF_RANGE", "Is beyond what can be stored.");
                }
            }
        }
    };
}

moment!(
    date,
    DateField,
    Date,
    read_date,
    date_fits,
    "2025-12-31",
    "a date (RFC 3339)"
);
moment!(
    time,
    TimeField,
    Time,
    read_time,
    time_fits,
    "23:59:59.5",
    "a time of day (RFC 3339)"
);
moment!(
    timestamp,
    TimestampField,
    Timestamp,
    read_timestamp,
    timestamp_fits,
    "2025-12-31T23:59:59.5Z",
    "a timestamp with its offset (RFC 3339)"
);
moment!(
    duration,
    DurationField,
    SignedDuration,
    read_duration,
    duration_fits,
    "PT1H30M",
    "a duration in hours, minutes and seconds (ISO 8601)"
);

fn within<T: PartialOrd + Display>(
    value: &T,
    min: Option<&T>,
    max: Option<&T>,
    at: Pointer<'_>,
    found: &mut Violations,
) {
    if let Some(min) = min.filter(|min| value < min) {
        found.add(at, "OUT_OF_RANGE", format!("Must not be less than {min}."));
    }
    if let Some(max) = max.filter(|max| value > max) {
        found.add(at, "OUT_OF_RANGE", format!("Must not be more than {max}."));
    }
}

/// Whether the text looks like the shape, where `0` stands for any digit.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, model)| match model {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

fn read_date(text: &str) -> Result<Date, Unread> {
    if shaped(text, "0000-00-00") {
        text.parse().map_err(|_| Unread::Form)
    } else {
        Err(Unread::Form)
    }
}

fn date_fits(date: Date) -> bool {
    (1..=9999).contains(&date.year())
}

/// Cuts `HH:MM:SS[.fff…]` down to microseconds; the rest of the text comes back too.
fn cut(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let clock = text.get(..8).filter(|clock| shaped(clock, "00:00:00"))?;
    // A minute has sixty seconds here: jiff would take a leap second and store it as :59.
    if &clock[6..] == "60" {
        return None;
    }
    let Some(fraction) = text[8..].strip_prefix('.') else {
        return Some((clock.into(), &text[8..]));
    };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let kept = &fraction[..digits.min(6)];
    Some((format!("{clock}.{kept}").into(), &fraction[digits..]))
}

fn read_time(text: &str) -> Result<Time, Unread> {
    match cut(text) {
        Some((clock, "")) => clock.parse().map_err(|_| Unread::Form),
        _ => Err(Unread::Form),
    }
}

fn time_fits(time: Time) -> bool {
    time.subsec_nanosecond() % 1000 == 0
}

fn read_timestamp(text: &str) -> Result<Timestamp, Unread> {
    let (date, clock, offset) = timestamp_parts(text).ok_or(Unread::Form)?;
    let moment = |date: &str| format!("{date}T{clock}{offset}").parse();
    moment(date).map_err(|_| {
        // The last days of the calendar are too late, whatever is read well in the midst of it.
        let is_last = date.starts_with("9999-12-3");
        let is_day = date.parse::<Date>().is_ok();
        if is_last && is_day && moment("2000-01-01").is_ok() {
            Unread::Beyond
        } else {
            Unread::Form
        }
    })
}

/// Date, time and offset, as far as their shapes tell.
fn timestamp_parts(text: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let date = text.get(..10).filter(|date| shaped(date, "0000-00-00"))?;
    let rest = text[10..].strip_prefix(['T', 't'])?;
    let (clock, offset) = cut(rest)?;
    let zulu = matches!(offset, "Z" | "z");
    let numeric = shaped(offset, "+00:00") || shaped(offset, "-00:00");
    (zulu || numeric).then_some((date, clock, offset))
}

/// From the year 0001 on, which RFC 3339 can write. The latest is jiff's own:
/// 9999-12-30T22:00:00Z, so that every offset still gives a year of four digits.
fn timestamp_fits(timestamp: Timestamp) -> bool {
    const FIRST: i64 = -62_135_596_800;
    timestamp.as_second() >= FIRST && timestamp.subsec_nanosecond() % 1000 == 0
}

fn read_duration(text: &str) -> Result<SignedDuration, Unread> {
    // jiff also reads "1h 30m"; one way to write a value is enough for an API.
    if !text.trim_start_matches(['-', '+']).starts_with('P') {
        return Err(Unread::Form);
    }
    let exact: SignedDuration = text.parse().map_err(|_| Unread::Form)?;
    let beyond = SignedDuration::from_nanos(i64::from(exact.subsec_nanos() % 1000));
    exact.checked_sub(beyond).ok_or(Unread::Beyond)
}

fn duration_fits(duration: SignedDuration) -> bool {
    i64::try_from(duration.as_micros()).is_ok() && duration.subsec_nanos() % 1000 == 0
}

#[cfg(test)]
mod tests;
