//! Read masks after AIP-157: which members of a record a caller wants to see.

use serde_json::Value;

use super::Mistake;
use super::filter::check::no_such;
use crate::input::nearest;

/// The members that an answer keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask(Vec<&'static str>);

impl Mask {
    /// The mask that a text such as `id,title` names among the members of a record; `*`, as nothing, is all of them.
    pub(crate) fn read(
        text: &str,
        members: &'static [&'static str],
    ) -> Result<Option<Self>, Mistake> {
        if matches!(text.trim(), "" | "*") {
            return Ok(None);
        }
        let mut kept = Vec::new();
        let mut at = 1;
        for part in text.split(',') {
            let name = part.trim();
            let Some(member) = members.iter().find(|member| **member == name) else {
                let near = nearest(name, members.iter().copied());
                return Err(no_such(at, name, "member of the record", near));
            };
            if !kept.contains(member) {
                kept.push(*member);
            }
            at += part.chars().count() + 1;
        }
        Ok(Some(Self(kept)))
    }

    /// Whether it names a member.
    pub(crate) fn has(&self, member: &str) -> bool {
        self.0.contains(&member)
    }

    /// Takes away what is not asked for.
    pub(crate) fn apply(&self, record: &mut Value) {
        if let Value::Object(members) = record {
            members.retain(|name, _| self.0.iter().any(|kept| kept == name));
        }
    }
}
