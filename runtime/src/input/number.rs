//! Numbers: integers, floats and exact decimals.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::{Accepts, Pointer, Violations, mistyped};

/// Accepts an integer of 32 bits.
pub const fn int() -> IntegerField<i32> {
    IntegerField {
        min: i32::MIN,
        max: i32::MAX,
    }
}

/// Accepts an integer of 64 bits.
pub const fn bigint() -> IntegerField<i64> {
    IntegerField {
        min: i64::MIN,
        max: i64::MAX,
    }
}

/// Accepts a finite IEEE double.
pub const fn float() -> FloatField {
    FloatField {
        min: f64::MIN,
        max: f64::MAX,
    }
}

/// Accepts an exact decimal with `precision` digits, `scale` of them after the point, as a JSON string.
pub const fn decimal(precision: u32, scale: u32) -> DecimalField {
    DecimalField {
        precision,
        scale,
        min: None,
        max: None,
    }
}

/// An integer with limits, both inclusive.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct IntegerField<T> {
    min: T,
    max: T,
}

impl<T> IntegerField<T> {
    /// Not less than this.
    pub fn min(mut self, min: T) -> Self {
        self.min = min;
        self
    }

    /// Not more than this.
    pub fn max(mut self, max: T) -> Self {
        self.max = max;
        self
    }
}

impl<T> Accepts for IntegerField<T>
where
    T: Copy + Into<i64> + TryFrom<i64>,
{
    type Value = T;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<T> {
        let Value::Number(number) = &value else {
            mistyped(found, at, "an integer", &value);
            return None;
        };
        let whole = whole(number);
        if whole.is_none() && number.as_f64().is_some_and(|it| it.fract() != 0.0) {
            mistyped_fraction(found, at);
            return None;
        }
        let value = whole.and_then(|whole| T::try_from(whole).ok());
        let Some(value) = value else {
            self.out_of_range(at, found);
            return None;
        };
        let before = found.len();
        self.check(&value, at, found);
        (found.len() == before).then_some(value)
    }

    fn check(&self, value: &T, at: Pointer<'_>, found: &mut Violations) {
        let value: i64 = (*value).into();
        if value < self.min.into() || value > self.max.into() {
            self.out_of_range(at, found);
        }
    }
}

impl<T: Copy + Into<i64>> IntegerField<T> {
    fn out_of_range(&self, at: Pointer<'_>, found: &mut Violations) {
        let (min, max): (i64, i64) = (self.min.into(), self.max.into());
        found.add(
            at,
            "OUT_OF_RANGE",
            format!("Must be between {min} and {max}."),
        );
    }
}

fn mistyped_fraction(found: &mut Violations, at: Pointer<'_>) {
    found.add(
        at,
        "WRONG_TYPE",
        "Must be an integer, but it has a fraction.",
    );
}

/// The number as an integer. JSON Schema counts `1.0` as one; beyond 2^53 a
/// float no longer says which integer it means.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|it| number.is_f64() && it.fract() == 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within ±2^53 every whole float is an i64"
        )]
        (float.abs() <= EXACT).then_some(float as i64)
    })
}

/// A float with limits, both inclusive. JSON has no NaN and no infinity.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct FloatField {
    min: f64,
    max: f64,
}

impl FloatField {
    /// Not less than this.
    pub const fn min(mut self, min: f64) -> Self {
        self.min = min;
        self
    }

    /// Not more than this.
    pub const fn max(mut self, max: f64) -> Self {
        self.max = max;
        self
    }
}

impl Accepts for FloatField {
    type Value = f64;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<f64> {
        let Some(number) = value.as_f64() else {
            mistyped(found, at, "a number", &value);
            return None;
        };
        let before = found.len();
        self.check(&number, at, found);
        // PostgreSQL and JSON disagree about the sign of zero; nobody means one.
        (found.len() == before).then_some(number + 0.0)
    }

    fn check(&self, value: &f64, at: Pointer<'_>, found: &mut Violations) {
        if !value.is_finite() {
            found.add(at, "NOT_FINITE", "Must be a finite number.");
        } else if *value < self.min || *value > self.max {
            let detail = match (self.min > f64::MIN, self.max < f64::MAX) {
                (false, _) => format!("Must be at most {}.", self.max),
                (_, false) => format!("Must be at least {}.", self.min),
                _ => format!("Must be between {} and {}.", self.min, self.max),
            };
            found.add(at, "OUT_OF_RANGE", detail);
        }
    }
}

/// An exact decimal with limits, both inclusive.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct DecimalField {
    precision: u32,
    scale: u32,
    min: Option<Decimal>,
    max: Option<Decimal>,
}

impl DecimalField {
    /// Not less than this; `dec!(0.01)` makes one.
    pub const fn min(mut self, min: Decimal) -> Self {
        self.min = Some(min);
        self
    }

    /// Not more than this.
    pub const fn max(mut self, max: Decimal) -> Self {
        self.max = Some(max);
        self
    }
}

impl Accepts for DecimalField {
    type Value = Decimal;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Decimal> {
        let text = match &value {
            Value::String(text) => text,
            Value::Number(_) => {
                let detail =
                    "Must be a decimal in a string: send it as a string so that no digit is lost.";
                found.add(at, "WRONG_TYPE", detail);
                return None;
            }
            _ => {
                mistyped(found, at, "a decimal in a string", &value);
                return None;
            }
        };
        if !is_plain(text) {
            found.add(at, "FORMAT_MISMATCH", "Must be a decimal such as `-12.50`.");
            return None;
        }
        // Zeros at the ends say nothing, and must not cost the value its place in 96 bits.
        let Ok(mut decimal) = Decimal::from_str_exact(trimmed(text)) else {
            self.too_many_digits(at, found);
            return None;
        };
        let before = found.len();
        self.check(&decimal, at, found);
        if found.len() > before {
            return None;
        }
        if decimal.is_zero() {
            decimal.set_sign_positive(true);
        }
        decimal.rescale(self.scale);
        Some(decimal)
    }

    fn check(&self, value: &Decimal, at: Pointer<'_>, found: &mut Violations) {
        let plain = value.normalize();
        let mut scaled = plain;
        scaled.rescale(self.scale);
        let fits = plain.scale() <= self.scale
            && scaled == plain
            && scaled.scale() == self.scale
            && digits(scaled.mantissa()) <= self.precision;
        if !fits {
            self.too_many_digits(at, found);
        }
        if self.min.is_some_and(|min| *value < min) {
            let detail = format!("Must be at least {}.", self.min.unwrap_or_default());
            found.add(at, "OUT_OF_RANGE", detail);
        }
        if self.max.is_some_and(|max| *value > max) {
            let detail = format!("Must be at most {}.", self.max.unwrap_or_default());
            found.add(at, "OUT_OF_RANGE", detail);
        }
    }
}

impl DecimalField {
    fn too_many_digits(&self, at: Pointer<'_>, found: &mut Violations) {
        let before = self.precision.saturating_sub(self.scale);
        let detail = format!(
            "Must have at most {before} digits before the point and {} after it; nothing is rounded.",
            self.scale
        );
        found.add(at, "TOO_MANY_DIGITS", detail);
    }
}

fn digits(mantissa: i128) -> u32 {
    mantissa
        .unsigned_abs()
        .checked_ilog10()
        .map_or(0, |log| log + 1)
}

/// Digits, one point between digits, a leading minus; no exponent, no plus, no underscores.
fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

/// Without the zeros that end the fraction; leading zeros `rust_decimal` drops by itself.
fn trimmed(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// A decimal literal read while compiling; `dec!` calls it.
///
/// # Panics
/// While compiling, if the text is no decimal of at most 28 digits.
#[must_use]
pub const fn decimal_literal(text: &str) -> Decimal {
    let bytes = text.as_bytes();
    let (mut at, mut mantissa, mut scale) = (0, 0_u128, 0);
    let (mut negative, mut after_point, mut digits) = (false, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'-' if digits == 0 && !negative => negative = true,
            b' ' | b'_' => {}
            b'.' if !after_point => after_point = true,
            digit @ b'0'..=b'9' => {
                digits += 1;
                mantissa = mantissa * 10 + (digit - b'0') as u128;
                if after_point {
                    scale += 1;
                }
            }
            // Met while the service is compiled, where a panic is an error.
            _ => panic!("this is no decimal"),
        }
        at += 1;
    }
    assert!(
        digits > 0 && digits <= 28,
        "a decimal has between 1 and 28 digits"
    );
    #[expect(
        clippy::cast_possible_truncation,
        reason = "three limbs of 32 bits each are cut out"
    )]
    Decimal::from_parts(
        mantissa as u32,
        (mantissa >> 32) as u32,
        (mantissa >> 64) as u32,
        negative,
        scale,
    )
}

/// An exact decimal literal: `dec!(12.50)`, `dec!(-1)`; read while compiling.
#[macro_export]
macro_rules! dec {
    ($($token:tt)+) => {
        const { $crate::input::decimal_literal(stringify!($($token)+)) }
    };
}

#[cfg(test)]
mod tests;
