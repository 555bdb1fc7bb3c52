//! Booleans, UUIDs, bytes, choices and lists.

use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::{Accepts, Pointer, Violations, mistyped, nearest};
use crate::db::{Bytes, TextEnum};

/// Accepts `true` or `false`.
pub const fn boolean() -> BooleanField {
    BooleanField(())
}

/// Accepts a UUID in its canonical form of 36 characters.
pub const fn uuid() -> UuidField {
    UuidField(())
}

/// Accepts bytes as base64 (standard alphabet, padded).
pub const fn bytes() -> BytesField {
    BytesField {
        min: 0,
        max: usize::MAX,
    }
}

/// Accepts one of the texts of a `text_enum!`.
pub const fn one_of<E: TextEnum>() -> ChoiceField<E> {
    ChoiceField(PhantomData)
}

/// Accepts an array whose items are each accepted by `of`.
pub const fn list<A: Accepts>(of: A) -> ListField<A> {
    ListField {
        of,
        min: 0,
        max: usize::MAX,
        unique: false,
    }
}

/// A boolean.
#[derive(Debug, Clone, Copy)]
pub struct BooleanField(());

impl Accepts for BooleanField {
    type Value = bool;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<bool> {
        if let Value::Bool(value) = value {
            return Some(value);
        }
        mistyped(found, at, "`true` or `false`", &value);
        None
    }

    fn check(&self, _value: &bool, _at: Pointer<'_>, _found: &mut Violations) {}
}

/// A UUID.
#[derive(Debug, Clone, Copy)]
pub struct UuidField(());

impl Accepts for UuidField {
    type Value = Uuid;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Uuid> {
        let Value::String(text) = &value else {
            mistyped(found, at, "a UUID in a string", &value);
            return None;
        };
        // The crate reads braces and URNs too; one way to write a value is enough for an API.
        let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        if uuid.is_none() {
            let detail = "Must be a UUID such as `0190d6f0-7c3e-7a60-b5ab-0c8b7a8f3c11`.";
            found.add(at, "FORMAT_MISMATCH", detail);
        }
        uuid
    }

    fn check(&self, _value: &Uuid, _at: Pointer<'_>, _found: &mut Violations) {}
}

/// Bytes, with limits in bytes.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct BytesField {
    min: usize,
    max: usize,
}

impl BytesField {
    /// At least so many bytes.
    pub const fn min(mut self, bytes: usize) -> Self {
        self.min = bytes;
        self
    }

    /// At most so many bytes.
    pub const fn max(mut self, bytes: usize) -> Self {
        self.max = bytes;
        self
    }
}

impl Accepts for BytesField {
    type Value = Bytes;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Bytes> {
        let Value::String(text) = &value else {
            mistyped(found, at, "bytes as base64 in a string", &value);
            return None;
        };
        let Ok(bytes) = STANDARD.decode(text).map(Bytes) else {
            found.add(
                at,
                "FORMAT_MISMATCH",
                "Must be base64 (standard alphabet, padded with `=`).",
            );
            return None;
        };
        let before = found.len();
        self.check(&bytes, at, found);
        (found.len() == before).then_some(bytes)
    }

    fn check(&self, bytes: &Bytes, at: Pointer<'_>, found: &mut Violations) {
        if bytes.0.len() < self.min {
            found.add(
                at,
                "TOO_SHORT",
                format!("Must have at least {} bytes.", self.min),
            );
        }
        if bytes.0.len() > self.max {
            found.add(
                at,
                "TOO_LONG",
                format!("Must have at most {} bytes.", self.max),
            );
        }
    }
}

/// One of the texts of a `text_enum!`.
#[derive(Debug, Clone, Copy)]
pub struct ChoiceField<E>(PhantomData<E>);

impl<E: TextEnum> Accepts for ChoiceField<E> {
    type Value = E;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<E> {
        let Value::String(text) = &value else {
            mistyped(found, at, "a string", &value);
            return None;
        };
        let choice = E::ALL
            .iter()
            .copied()
            .find(|choice| choice.as_str() == text);
        if choice.is_none() {
            let texts = || E::ALL.iter().map(|choice| choice.as_str());
            let known: Vec<String> = texts().map(|text| format!("`{text}`")).collect();
            let mut detail = format!("Must be one of {}.", known.join(", "));
            if let Some(near) = nearest(text, texts()) {
                detail = format!("{detail} Did you mean `{near}`?");
            }
            found.add(at, "UNKNOWN_VALUE", detail);
        }
        choice
    }

    fn check(&self, _value: &E, _at: Pointer<'_>, _found: &mut Violations) {}
}

/// A list, with limits on how many items it has.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct ListField<A> {
    of: A,
    min: usize,
    max: usize,
    unique: bool,
}

impl<A> ListField<A> {
    /// At least so many items.
    pub fn min_items(mut self, items: usize) -> Self {
        self.min = items;
        self
    }

    /// At most so many items.
    pub fn max_items(mut self, items: usize) -> Self {
        self.max = items;
        self
    }

    /// No item twice.
    pub fn unique_items(mut self) -> Self {
        self.unique = true;
        self
    }
}

impl<A> Accepts for ListField<A>
where
    A: Accepts,
    A::Value: PartialEq,
{
    type Value = Vec<A::Value>;

    fn accept(&self, value: Value, at: Pointer<'_>, found: &mut Violations) -> Option<Self::Value> {
        let Value::Array(items) = value else {
            mistyped(found, at, "an array", &value);
            return None;
        };
        let before = found.len();
        self.check_length(items.len(), at, found);
        if found.len() > before {
            return None;
        }
        let mut accepted = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            accepted.extend(self.of.accept(item, at.item(index), found));
        }
        if found.len() == before {
            self.check_unique(&accepted, at, found);
        }
        (found.len() == before).then_some(accepted)
    }

    fn check(&self, items: &Self::Value, at: Pointer<'_>, found: &mut Violations) {
        self.check_length(items.len(), at, found);
        for (index, item) in items.iter().enumerate() {
            self.of.check(item, at.item(index), found);
        }
        self.check_unique(items, at, found);
    }
}

impl<A> ListField<A> {
    fn check_length(&self, items: usize, at: Pointer<'_>, found: &mut Violations) {
        if items < self.min {
            found.add(
                at,
                "TOO_FEW_ITEMS",
                format!("Must have at least {} items.", self.min),
            );
        }
        if items > self.max {
            found.add(
                at,
                "TOO_MANY_ITEMS",
                format!("Must have at most {} items.", self.max),
            );
        }
    }

    /// Quadratic, and so only within the limit that a list with unique items is given.
    fn check_unique<T: PartialEq>(&self, items: &[T], at: Pointer<'_>, found: &mut Violations) {
        if !self.unique {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            if items[..index].contains(item) {
                found.add(at.item(index), "DUPLICATE_ITEM", "Is in the list already.");
            }
        }
    }
}
