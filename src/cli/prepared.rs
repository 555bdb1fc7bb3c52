//! Everything that is decided before the first byte is written, and what is to be written then.

use std::{collections::BTreeMap, time::Duration};

use super::{carrying::Carried, merging::Kept, moved::Sought, upgrade::Step};
use crate::{
    model::Service,
    project::{self, transaction::Change},
    reconcile::{Action, Found, OnDisk, Write, WritePlan, text::Fingerprint},
};

/// Everything that is decided before the first byte is written.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the schema means.
    pub service: Service,
    /// What will happen to each path.
    pub plan: WritePlan,
    /// How long each stage took.
    pub stages: Vec<(&'static str, Duration)>,
    /// What lies at each path that will change.
    pub found: OnDisk,
    pub(super) lock_before: Option<String>,
    /// What git's index has of the files that will be marked.
    pub index: BTreeMap<String, String>,
    pub(super) kept: Kept,
    /// Files that were a person's and go along with what changed.
    pub(super) carried: Vec<Carried>,
    /// What became of files that are gone.
    pub moved: Sought,
    /// What was owed to another version of svcgen, before the schema's changes.
    pub first: Option<Step>,
}

impl Prepared {
    /// Whether the lock is to be written, whatever else is.
    pub fn changes_lock(&self) -> bool {
        self.lock_before.as_deref() != Some(&self.plan.lock.render())
    }

    /// What each path that changes is to say, whatever the cause; `None` for nothing.
    pub fn outcome(&self) -> BTreeMap<&str, Option<&[u8]>> {
        let first = self.first.iter().flat_map(|it| &it.plan.writes);
        let mut outcome = BTreeMap::new();
        for Write { path, action, .. } in first.chain(&self.plan.writes) {
            let content = match action {
                Action::Create(content) | Action::Replace(content) => Some(content.as_slice()),
                Action::Remove => None,
                Action::Keep => continue,
            };
            outcome.insert(path.as_str(), content);
        }
        outcome
    }

    /// Files of people that go along.
    pub fn carried(&self) -> &[Carried] {
        &self.carried
    }

    /// What is to be written, the lock last.
    pub fn changes(self) -> Vec<Change> {
        let mut changes = Vec::new();
        let kept = self.kept.changes(&self.plan, &self.index);
        let mut carried: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for file in &self.carried {
            if file.from != file.to {
                changes.push(Change {
                    before: self.found.get(&file.from).and_then(print_of),
                    path: file.from.clone(),
                    content: None,
                });
            }
            carried.insert(file.to.clone(), file.content.clone());
        }
        for (path, content) in self.outcome() {
            carried.remove(path);
            let before = self.found.get(path).and_then(print_of);
            // One step may take away what the other made.
            if content.is_some() || before.is_some() {
                changes.push(Change {
                    path: path.to_owned(),
                    content: content.map(<[u8]>::to_vec),
                    before,
                });
            }
        }
        changes.extend(kept);
        for (path, content) in carried {
            changes.push(Change {
                before: self.found.get(&path).and_then(print_of),
                path,
                content: Some(content),
            });
        }
        let lock = self.plan.lock.render();
        if self.lock_before.as_deref() != Some(&lock) {
            let before = self.lock_before.map(|it| Fingerprint::of(it.as_bytes()));
            changes.push(Change {
                path: project::LOCK_FILE.to_owned(),
                content: Some(lock.into_bytes()),
                before,
            });
        }
        changes
    }
}

/// What identifies what was found.
pub fn print_of(found: &Found) -> Option<Fingerprint> {
    match found {
        Found::File { print, .. } => Some(*print),
        Found::Other(_) => None,
    }
}
