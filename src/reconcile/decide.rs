//! One decision a path, by whose file it is. The table of ownership, as code.

use std::collections::BTreeMap;

use super::{
    Action, Because, Conflict, ConflictKind, Found, Inputs, Refusal, Write, WritePlan,
    lock::{Entry, Lock, State, Written},
    normal::NormalForms,
    standing::{self, Standing},
    text::{BlobId, Fingerprint, in_the_manner_of},
};
use crate::plan::{Content, Ownership, Rendered};

/// Collects decisions.
pub(super) struct Decider<'a> {
    inputs: &'a Inputs<'a>,
    normal: &'a NormalForms,
    writes: Vec<Write>,
    conflicts: Vec<Conflict>,
    lock: BTreeMap<String, Entry>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, normal: &'a NormalForms) -> Self {
        Self {
            inputs,
            normal,
            writes: Vec::new(),
            conflicts: Vec::new(),
            lock: BTreeMap::new(),
        }
    }

    /// Decides about a path that is generated.
    pub(super) fn rendered(&mut self, file: &Rendered) -> Result<(), Refusal> {
        let content = match &file.content {
            Content::Whole(content) => content,
            Content::AsBefore => return self.as_before(file),
        };
        let print = Fingerprint::of(content);
        let written = Written {
            raw: print,
            formatted: self.normal.of_rendered(&file.path, print, self.inputs),
            rendering: Some(file.digest.clone()),
            blob: Some(BlobId::of(content)),
        };
        match file.ownership {
            Ownership::Managed | Ownership::Sealed => self.regenerated(file, content, written),
            Ownership::Seeded => self.seeded(file, content, written),
            Ownership::History => self.history(file, content, written),
        }
        Ok(())
    }

    fn as_before(&mut self, file: &Rendered) -> Result<(), Refusal> {
        let entry = self.inputs.lock.files.get(&file.path);
        if let (Ownership::Seeded, Some(entry)) = (file.ownership, entry) {
            self.given_away(&file.path, entry);
            return Ok(());
        }
        let is_there = self.is_there(
            &file.path,
            self.inputs.lock.written(&file.path).map(|it| it.raw),
        );
        match entry {
            Some(entry) if is_there => {
                let entry = Entry {
                    ownership: file.ownership,
                    state: entry.state.clone(),
                };
                self.keep(&file.path, entry, Because::Same);
                Ok(())
            }
            _ => Err(Refusal::NoText(file.path.clone())),
        }
    }

    fn regenerated(&mut self, file: &Rendered, content: &[u8], written: Written) {
        let path = file.path.as_str();
        let known_before = self.inputs.lock.files.contains_key(path);
        let entry = |written| Entry {
            ownership: file.ownership,
            state: State::Written(written),
        };
        if self.is_there(path, Some(written.raw)) {
            return self.keep(path, entry(written), Because::Same);
        }
        let standing = self.standing(path);
        // Formatted in another way, it still says what it should: its owner's layout stays.
        let disk = self.print(path);
        if let (Some(normal), Some(raw)) = (self.normal.of_disk(path), disk)
            && Some(normal) == written.formatted
        {
            return self.keep(
                path,
                entry(Written { raw, ..written }),
                Because::Reformatted,
            );
        }
        match standing {
            Standing::Missing | Standing::Deleted => {
                let because = if known_before {
                    Because::Missing
                } else {
                    Because::New
                };
                self.write(
                    path,
                    entry(written),
                    Action::Create(content.to_vec()),
                    because,
                );
            }
            Standing::AsGenerated | Standing::Reformatted => {
                let content = self.in_the_manner_of_disk(path, content);
                self.write(
                    path,
                    entry(written),
                    Action::Replace(content),
                    Because::Changed,
                );
            }
            Standing::Edited | Standing::Conflicted => self.conflict(file, ConflictKind::Edited),
            Standing::Owned => self.owned(path),
            Standing::Unknown => self.conflict(file, ConflictKind::Unknown),
            Standing::Obstructed(what) => self.conflict(file, ConflictKind::NoFile(what)),
        }
    }

    /// A file that its owner took over stays as it is, and on record as what it was.
    fn owned(&mut self, path: &str) {
        if let Some(entry) = self.inputs.lock.files.get(path) {
            self.keep(path, entry.clone(), Because::Owned);
        }
    }

    fn seeded(&mut self, file: &Rendered, content: &[u8], written: Written) {
        let path = file.path.as_str();
        let new = Entry {
            ownership: file.ownership,
            state: State::Written(written),
        };
        match self.inputs.lock.files.get(path) {
            Some(before) => self.given_away(path, before),
            None => self.first_time(file, content, new, Because::Yours),
        }
    }

    /// A seeded file that has been written once: its owner keeps, edits or deletes it.
    fn given_away(&mut self, path: &str, before: &Entry) {
        let mut entry = Entry {
            ownership: Ownership::Seeded,
            state: before.state.clone(),
        };
        match (self.standing(path), &before.state) {
            (Standing::Deleted | Standing::Missing, _) | (_, State::Deleted) => {
                entry.state = State::Deleted;
                self.keep(path, entry, Because::DeletedByOwner);
            }
            _ => self.keep(path, entry, Because::Yours),
        }
    }

    fn history(&mut self, file: &Rendered, content: &[u8], written: Written) {
        let path = file.path.as_str();
        let new_print = written.raw;
        let new = Entry {
            ownership: file.ownership,
            state: State::Written(written),
        };
        match self.inputs.lock.files.get(path) {
            None => self.first_time(file, content, new, Because::RecordedAndEdited),
            // The very text on record can be put back.
            Some(before) if self.is_absent(path) && is_raw(before, new_print) => {
                self.write(
                    path,
                    before.clone(),
                    Action::Create(content.to_vec()),
                    Because::Missing,
                );
            }
            Some(before) => self.recorded(path, before),
        }
    }

    /// A file that is written once, and has not been yet.
    fn first_time(&mut self, file: &Rendered, content: &[u8], entry: Entry, taken_over: Because) {
        let State::Written(written) = &entry.state else {
            return;
        };
        let path = file.path.as_str();
        let same = self.is_there(path, Some(written.raw))
            || (self.normal.of_disk(path).is_some()
                && self.normal.of_disk(path) == written.formatted);
        match self.standing(path) {
            Standing::Missing | Standing::Deleted => {
                self.write(path, entry, Action::Create(content.to_vec()), Because::New);
            }
            _ if same => self.keep(path, entry, Because::Same),
            Standing::Obstructed(what) => self.conflict(file, ConflictKind::NoFile(what)),
            _ if self.inputs.lock.lost => self.keep(path, entry, taken_over),
            _ => self.conflict(file, ConflictKind::Unknown),
        }
    }

    fn recorded(&mut self, path: &str, before: &Entry) {
        let because = match self.standing(path) {
            Standing::AsGenerated | Standing::Reformatted => Because::Recorded,
            Standing::Missing | Standing::Deleted => Because::RecordedAndMissing,
            _ => Because::RecordedAndEdited,
        };
        self.keep(path, before.clone(), because);
    }

    /// Decides about a path that was generated before and is not any more.
    pub(super) fn orphan(&mut self, path: &str, entry: &Entry) {
        if entry.ownership == Ownership::History {
            return self.recorded(path, entry);
        }
        match self.standing(path) {
            Standing::Missing | Standing::Deleted => {}
            Standing::AsGenerated | Standing::Reformatted => {
                self.push(path, entry.ownership, Action::Remove, Because::Orphaned);
            }
            Standing::Owned => self.keep(path, entry.clone(), Because::Owned),
            Standing::Edited
            | Standing::Conflicted
            | Standing::Unknown
            | Standing::Obstructed(_) => {
                self.keep(path, entry.clone(), Because::OrphanedAndEdited);
            }
        }
    }

    /// The plan, or everything that stands in its way.
    pub(super) fn finish(mut self) -> Result<WritePlan, Refusal> {
        if !self.conflicts.is_empty() {
            self.conflicts
                .sort_by(|left, right| left.path.cmp(&right.path));
            return Err(Refusal::Conflicts(self.conflicts));
        }
        self.writes
            .sort_by(|left, right| left.path.cmp(&right.path));
        let lock = Lock {
            rustfmt: self.inputs.rustfmt,
            files: self.lock,
            lost: false,
        };
        Ok(WritePlan {
            writes: self.writes,
            lock,
        })
    }

    fn standing(&self, path: &str) -> Standing {
        standing::standing(self.inputs, self.normal, path)
    }

    fn print(&self, path: &str) -> Option<Fingerprint> {
        match self.inputs.disk.get(path) {
            Some(Found::File { print, .. }) => Some(*print),
            _ => None,
        }
    }

    fn is_there(&self, path: &str, print: Option<Fingerprint>) -> bool {
        print.is_some() && self.print(path) == print
    }

    fn is_absent(&self, path: &str) -> bool {
        !self.inputs.disk.contains_key(path)
    }

    fn in_the_manner_of_disk(&self, path: &str, content: &[u8]) -> Vec<u8> {
        match self.inputs.disk.get(path) {
            Some(Found::File { bytes, .. }) => in_the_manner_of(bytes, content).into_owned(),
            _ => content.to_vec(),
        }
    }

    fn keep(&mut self, path: &str, entry: Entry, because: Because) {
        self.write(path, entry, Action::Keep, because);
    }

    fn write(&mut self, path: &str, entry: Entry, action: Action, because: Because) {
        self.push(path, entry.ownership, action, because);
        self.lock.insert(path.to_owned(), entry);
    }

    fn push(&mut self, path: &str, ownership: Ownership, action: Action, because: Because) {
        self.writes.push(Write {
            path: path.to_owned(),
            ownership,
            action,
            because,
        });
    }

    fn conflict(&mut self, file: &Rendered, kind: ConflictKind) {
        self.conflicts.push(Conflict {
            path: file.path.clone(),
            ownership: file.ownership,
            kind,
        });
    }
}

fn is_raw(entry: &Entry, print: Fingerprint) -> bool {
    matches!(&entry.state, State::Written(written) if written.raw == print)
}
