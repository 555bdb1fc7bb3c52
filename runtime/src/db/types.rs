//! The types that a column can have beyond those of the standard library and
//! the date, decimal and id crates. They do not know any engine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes; in JSON they are base64 with the standard alphabet and padding (RFC 4648 §4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD
            .decode(text.as_bytes())
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// Anything that serde can write, stored as JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// An exact decimal of a column with at most `P` digits, `S` of them after the
/// point. A value that does not fit is refused, never rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scaled<const P: u8, const S: u8>(pub Decimal);

/// An enum that is stored as text. `text_enum!` implements it.
pub trait TextEnum: Copy + 'static {
    /// Every value, in the order of declaration.
    const ALL: &'static [Self];

    /// The text that is stored and sent.
    fn as_str(self) -> &'static str;
}

/// The moment so many microseconds after 1970.
///
/// jiff's own reading of microseconds ends within the last second that a [`Timestamp`] can hold,
/// and what was stored must be readable.
#[inline]
pub(crate) fn moment(microseconds: i64) -> Result<Timestamp, jiff::Error> {
    let nanoseconds = microseconds.rem_euclid(1_000_000) * 1_000;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is less than a thousand million"
    )]
    Timestamp::new(microseconds.div_euclid(1_000_000), nanoseconds as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timestamp_can_be_read_back() {
        for timestamp in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            let microseconds = timestamp.as_microsecond();
            let read = moment(microseconds).unwrap();
            assert_eq!(read.as_microsecond(), microseconds);
        }
        assert!(moment(i64::MAX).is_err() && moment(i64::MIN).is_err());
        assert_eq!(
            moment(-1).unwrap().to_string(),
            "1969-12-31T23:59:59.999999Z"
        );
    }

    #[test]
    fn bytes_are_base64_in_json() {
        let bytes = Bytes(vec![0, 255, 16, 62]);
        let json = serde_json::to_string(&bytes).unwrap();
        assert_eq!(json, r#""AP8QPg==""#);
        assert_eq!(serde_json::from_str::<Bytes>(&json).unwrap(), bytes);
        assert!(
            serde_json::from_str::<Bytes>(r#""AP8QPg""#).is_err(),
            "padding is required"
        );
    }
}
