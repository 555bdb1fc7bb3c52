//! Reading what a client sent: strictly, and all violations at once.
//!
//! A type that can be read from a body implements [`Read`]; it asks the
//! [`Object`] for its members and says of each what it [`Accepts`]:
//!
//! ```
//! use svcgen_runtime::input::{Object, Read, int, text};
//!
//! struct NewTag { name: String, weight: i32 }
//!
//! impl Read for NewTag {
//!     fn read(body: &mut Object) -> Option<Self> {
//!         let name = body.required("name", text().min(1).max(40));
//!         let weight = body.or("weight", int().min(0), 0);
//!         Some(Self { name: name?, weight: weight? })
//!     }
//! }
//! ```
//!
//! Every member is asked for before the first `?`, so nothing hides behind
//! anything. Knows nothing of HTTP or of the database.

mod document;
mod format;
mod json;
mod mask;
mod merge;
mod moment;
mod number;
mod object;
mod pattern;
mod plain;
mod suggest;
mod text;
mod violations;

use serde_json::Value;

pub use document::{Document, json};
pub use json::{MAX_DEPTH, Malformed, parse};
pub use mask::Mask;
pub use merge::merge;
pub use moment::{
    DateField, DurationField, TimeField, TimestampField, date, duration, time, timestamp,
};
pub use number::{
    DecimalField, FloatField, IntegerField, bigint, decimal, decimal_literal, float, int,
};
pub use object::{Object, Read, read, read_masked};
pub use pattern::Pattern;
pub use plain::{
    BooleanField, BytesField, ChoiceField, ListField, UuidField, boolean, bytes, list, one_of, uuid,
};
pub(crate) use suggest::nearest;
pub use text::{TextField, text};
pub use violations::{Place, Pointer, Violation, Violations};

/// What a field takes: its type in JSON, and its limits.
pub trait Accepts {
    /// What comes out.
    type Value;

    /// The JSON value as the type, or `None` and at least one violation.
    /// Limits are checked as well.
    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Self::Value>;

    /// Checks the limits of a value that has its type already, as it has when
    /// it comes over gRPC or from a hook.
    fn check(&self, value: &Self::Value, at: Pointer<'_>, found: &mut Violations);
}

/// The violation of a value that is of another JSON type.
pub(crate) fn mistyped(found: &mut Violations, at: Pointer<'_>, expected: &str, value: &Value) {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    found.add(
        at,
        "WRONG_TYPE",
        format!("Must be {expected}, but it is {actual}."),
    );
}
