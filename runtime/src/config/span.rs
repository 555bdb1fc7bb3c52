//! Spans of time in the configuration: `5s`, `250ms`, `1m 30s`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let text = match SignedDuration::try_from(*span) {
        Ok(span) => format!("{span:#}"),
        Err(_) => format!("{}s", span.as_secs()),
    };
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let wrong = || D::Error::custom("must be a span of time such as `5s`, `250ms` or `1m 30s`");
    // Any other type gets the same message: `30` alone does not say of what.
    let text = String::deserialize(deserializer).map_err(|_| wrong())?;
    let span: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}
