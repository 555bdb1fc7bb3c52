//! Free JSON: any value at all, as long as both databases can keep it.

use serde_json::Value;

use super::{Accepts, Pointer, Violations};

/// Accepts any JSON value but `null`.
pub const fn json() -> Document {
    Document(())
}

/// Any JSON value.
#[derive(Debug, Clone, Copy)]
pub struct Document(());

impl Accepts for Document {
    type Value = Value;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Value> {
        let before = found.len();
        self.check(&value, at, found);
        (found.len() == before).then_some(value)
    }

    fn check(&self, value: &Value, at: Pointer<'_>, found: &mut Violations) {
        match value {
            Value::String(text) => without_nul(text, at, found),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(item, at.item(index), found);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    without_nul(name, at, found);
                    self.check(member, at.member(name), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// PostgreSQL has no U+0000 in any text, and `jsonb` refuses it too.
fn without_nul(text: &str, at: Pointer<'_>, found: &mut Violations) {
    if text.contains('\0') {
        found.add(at, "NUL_CHARACTER", "Must not hold the character U+0000.");
    }
}
