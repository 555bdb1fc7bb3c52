//! A JSON object that is being read, member by member.

use serde_json::{Map, Value};

use super::{Accepts, Mask, Pointer, Violations, mistyped, nearest};

/// What can be read from the JSON object of a request.
pub trait Read: Sized {
    /// Asks for every member, then puts them together; `None` when one of them was not valid.
    fn read(body: &mut Object) -> Option<Self>;
}

/// Reads a value, or tells everything that is wrong with it.
pub fn read<T: Read>(value: Value) -> Result<T, Violations> {
    read_masked(value, None)
}

/// Reads a change of those members that a mask names: one that is named and not sent goes back
/// to its default, and one that is sent and not named stays as it is.
pub fn read_masked<T: Read>(value: Value, mask: Option<Mask>) -> Result<T, Violations> {
    let Value::Object(members) = value else {
        let mut found = Violations::new();
        mistyped(&mut found, Pointer::ROOT, "an object", &value);
        return Err(found);
    };
    let mut object = Object {
        members,
        asked: Vec::with_capacity(16),
        found: Violations::new(),
        mask,
    };
    let read = T::read(&mut object);
    object.refuse_unknown();
    match read {
        Some(read) if object.found.is_empty() => Ok(read),
        // A reader that gives nothing and says nothing is a mistake in it; the client still gets an answer.
        _ if object.found.is_empty() => {
            object
                .found
                .add("", "INVALID", "The object cannot be read.");
            Err(object.found)
        }
        _ => Err(object.found),
    }
}

/// The members that have not been asked for yet, and what was wrong with the others.
#[derive(Debug)]
pub struct Object {
    members: Map<String, Value>,
    asked: Vec<&'static str>,
    found: Violations,
    mask: Option<Mask>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a field is made in place, and made for one call"
)]
impl Object {
    /// A member that must be there and must not be `null`.
    pub fn required<A: Accepts>(&mut self, name: &'static str, accepts: A) -> Option<A::Value> {
        match self.take(name) {
            Some(Value::Null) => self.null(name),
            Some(value) => self.accept(name, value, &accepts),
            None => {
                self.violate(name, "REQUIRED", "Is required.");
                None
            }
        }
    }

    /// A member that may be missing or `null`; both give `Some(None)`.
    pub fn optional<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
    ) -> Option<Option<A::Value>> {
        match self.take(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.accept(name, value, &accepts).map(Some),
        }
    }

    /// A member with a default for when it is missing; `null` is refused.
    pub fn or<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
        default: A::Value,
    ) -> Option<A::Value> {
        match self.take(name) {
            None => Some(default),
            Some(Value::Null) => self.null(name),
            Some(value) => self.accept(name, value, &accepts),
        }
    }

    /// A member with a default for when it is missing; `null` says that there is no value.
    pub fn optional_or<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
        default: A::Value,
    ) -> Option<Option<A::Value>> {
        match self.take(name) {
            None => Some(Some(default)),
            Some(Value::Null) => Some(None),
            Some(value) => self.accept(name, value, &accepts).map(Some),
        }
    }

    /// A member of a merge patch (RFC 7396): missing leaves the field as it is, `null` is refused.
    pub fn change<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
    ) -> Option<Option<A::Value>> {
        match self.take(name) {
            None if self.is_masked(name) => {
                let detail = "Is in the update mask and has no default, so it has to be sent.";
                self.violate(name, "REQUIRED", detail);
                None
            }
            None => Some(None),
            Some(Value::Null) => self.null(name),
            Some(value) => self.accept(name, value, &accepts).map(Some),
        }
    }

    /// The same for a field that has a default, to which an update mask can bring it back.
    pub fn change_or<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
        default: A::Value,
    ) -> Option<Option<A::Value>> {
        match self.take(name) {
            None => Some(self.is_masked(name).then_some(default)),
            Some(Value::Null) => self.null(name),
            Some(value) => self.accept(name, value, &accepts).map(Some),
        }
    }

    /// A member of a merge patch: missing leaves the field as it is, `null` empties it.
    pub fn change_nullable<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
    ) -> Option<Option<Option<A::Value>>> {
        match self.take(name) {
            None => Some(self.is_masked(name).then_some(None)),
            Some(Value::Null) => Some(Some(None)),
            Some(value) => self
                .accept(name, value, &accepts)
                .map(|value| Some(Some(value))),
        }
    }

    /// The same for a field that has a default, to which an update mask can bring it back.
    pub fn change_nullable_or<A: Accepts>(
        &mut self,
        name: &'static str,
        accepts: A,
        default: A::Value,
    ) -> Option<Option<Option<A::Value>>> {
        match self.take(name) {
            None => Some(self.is_masked(name).then_some(Some(default))),
            Some(Value::Null) => Some(Some(None)),
            Some(value) => self
                .accept(name, value, &accepts)
                .map(|value| Some(Some(value))),
        }
    }

    /// A member that must be there and is read by its own reader, which tells of places in it.
    pub(crate) fn required_within<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Violations>,
    ) -> Option<T> {
        let Some(value) = self.take(name) else {
            self.violate(name, "REQUIRED", "Is required.");
            return None;
        };
        match read(value) {
            Ok(read) => Some(read),
            Err(violations) => {
                let within = String::from(Pointer::ROOT.member(name));
                self.found.add_part(&within, violations);
                None
            }
        }
    }

    /// Members that the service writes itself: a client may send them back, and they are not read.
    pub fn ignore(&mut self, names: &[&'static str]) {
        for name in names {
            self.members.remove(*name);
        }
        if self.mask.is_some() {
            // A mask may name them as well, to no effect (AIP-203).
            self.asked.extend(names);
        }
    }

    /// The same in a merge patch, where `null` would take the member away.
    pub fn keep(&mut self, names: &[&'static str]) {
        for name in names {
            let is_meant = self.mask.is_none() || self.is_masked(name);
            if is_meant && self.members.get(*name).is_some_and(Value::is_null) {
                self.null::<()>(name);
            }
        }
        self.ignore(names);
    }

    /// Members that can be given only when the entity is created.
    pub fn immutable(&mut self, names: &[&'static str]) {
        for name in names {
            if self.take(name).is_some() || self.is_masked(name) {
                self.violate(name, "IMMUTABLE", "Cannot be changed once it is created.");
            }
        }
    }

    /// Adds a violation of a rule between members.
    pub fn violate(&mut self, name: &str, code: &'static str, detail: &'static str) {
        self.found.add(Pointer::ROOT.member(name), code, detail);
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        let value = self.members.remove(name);
        if self.mask.is_none() || self.is_masked(name) {
            value
        } else {
            None
        }
    }

    /// Whether an update mask names the member.
    fn is_masked(&self, name: &str) -> bool {
        self.mask.as_ref().is_some_and(|mask| mask.has(name))
    }

    fn accept<A: Accepts>(&mut self, name: &str, value: Value, accepts: &A) -> Option<A::Value> {
        accepts.accept(value, Pointer::ROOT.member(name), &mut self.found)
    }

    fn null<T>(&mut self, name: &str) -> Option<T> {
        self.violate(name, "NOT_NULLABLE", "Must not be null.");
        None
    }

    fn refuse_unknown(&mut self) {
        let paths = self.mask.iter().flat_map(Mask::paths);
        for path in paths.filter(|path| !self.asked.contains(path)) {
            let mut detail = format!("There is no such field: `{path}`.");
            if let Some(near) = nearest(path, self.asked.iter().copied()) {
                detail = format!("{detail} Did you mean `{near}`?");
            }
            self.found
                .add_parameter("update_mask", "UNKNOWN_FIELD", detail);
        }
        for name in self.members.keys() {
            let mut detail = "There is no such field.".to_owned();
            if let Some(near) = nearest(name, self.asked.iter().copied()) {
                detail = format!("There is no such field. Did you mean `{near}`?");
            }
            self.found
                .add(Pointer::ROOT.member(name), "UNKNOWN_FIELD", detail);
        }
    }
}

#[cfg(test)]
mod tests;
