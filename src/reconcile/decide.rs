//! One decision a path, by whose file it is. The table of ownership, as code.

use std::collections::BTreeMap;

use super::{
    Action, Because, Conflict, ConflictKind, Found, Inputs, Marked, OnConflict, Refusal, Write,
    WritePlan,
    contents::Contents,
    lock::{Entry, Lock, State, Written},
    merge::markers,
    needs,
    normal::NormalForms,
    standing::{self, Standing},
    text::{Fingerprint, in_the_manner_of},
};
use crate::plan::{Content, Ownership, Rendered};

/// Collects decisions.
pub(super) struct Decider<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// Managed files that `settle` has to merge.
    pub(super) edited: Vec<Edited<'a>>,
    pub(super) copies: BTreeMap<String, Vec<u8>>,
    pub(super) marked: Vec<Marked>,
    contents: &'a Contents<'a>,
    normal: &'a NormalForms,
    writes: Vec<Write>,
    conflicts: Vec<Conflict>,
    lock: BTreeMap<String, Entry>,
}

/// A file that svcgen keeps up to date and its owner edited.
pub(super) struct Edited<'a> {
    pub(super) file: &'a Rendered,
    /// What it should say.
    pub(super) content: &'a [u8],
    /// The same, as it will be on record.
    pub(super) written: Written,
    /// What was written last, if that is on record.
    pub(super) before: Option<Written>,
    /// What it says.
    pub(super) disk: &'a [u8],
}

impl Edited<'_> {
    pub(super) fn entry(&self) -> Entry {
        Entry {
            ownership: self.file.ownership,
            state: State::Written(self.written.clone()),
        }
    }
}

impl<'a> Decider<'a> {
    pub(super) fn new(
        inputs: &'a Inputs<'a>,
        contents: &'a Contents<'a>,
        normal: &'a NormalForms,
    ) -> Self {
        Self {
            inputs,
            edited: Vec::new(),
            copies: BTreeMap::new(),
            marked: Vec::new(),
            contents,
            normal,
            writes: Vec::new(),
            conflicts: Vec::new(),
            lock: BTreeMap::new(),
        }
    }

    /// Decides about a path that is generated.
    pub(super) fn rendered(&mut self, file: &'a Rendered) -> Result<(), Refusal> {
        let (Content::Whole(content), Some(marks)) = (&file.content, self.contents.get(&file.path))
        else {
            return self.as_before(file);
        };
        let formatted = self
            .normal
            .of_rendered(&file.path, marks.print, self.inputs);
        let written = Written {
            raw: marks.print,
            formatted,
            rendering: Some(file.digest.clone()),
            blob: Some(marks.blob),
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

    fn regenerated(&mut self, file: &'a Rendered, content: &'a [u8], written: Written) {
        let path = file.path.as_str();
        let known_before = self.inputs.lock.files.contains_key(path);
        let entry = |written| Entry {
            ownership: file.ownership,
            state: State::Written(written),
        };
        let standing = self.standing(path);
        if standing == Standing::Owned {
            return self.owned(path);
        }
        if self.is_there(path, Some(written.raw)) {
            return self.keep(path, entry(written), Because::Same);
        }
        // Formatted in another way, it still says what it should: its owner's layout stays. What
        // lies there as it was written, or in normal form, has the one that is on record.
        let disk = self.print(path);
        let on_record = self.inputs.lock.written(path);
        let recorded = on_record.filter(|it| disk == Some(it.raw) || disk == it.formatted);
        let normal = self.normal.of_disk(path);
        let normal = normal.or_else(|| recorded.and_then(|it| it.formatted));
        if let (Some(normal), Some(raw)) = (normal, disk)
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
                    entry(written.laid_out(&content)),
                    Action::Replace(content),
                    Because::Changed,
                );
            }
            Standing::Edited | Standing::Conflicted => self.edited(file, content, written),
            Standing::Owned if self.inputs.wishes.restore.contains(path) => {
                self.restored(file, content, entry(written));
            }
            Standing::Owned => self.owned(path),
            // With the lock gone, what was written is not known, and the rest is a merge's.
            Standing::Unknown if self.inputs.lock.lost => self.edited(file, content, written),
            Standing::Unknown => self.conflict(file, ConflictKind::Unknown, None),
            Standing::Obstructed(what) => self.conflict(file, ConflictKind::NoFile(what), None),
        }
    }

    /// A file that is kept up to date was edited: to be merged, if it may be edited at all.
    fn edited(&mut self, file: &'a Rendered, content: &'a [u8], written: Written) {
        let Some(Found::File { bytes: disk, .. }) = self.inputs.disk.get(&file.path) else {
            return;
        };
        let edited = Edited {
            file,
            content,
            written,
            before: self.inputs.lock.written(&file.path).cloned(),
            disk,
        };
        if self.inputs.wishes.restore.contains(&file.path) {
            return self.overwrite(&edited);
        }
        if file.ownership == Ownership::Managed {
            return self.edited.push(edited);
        }
        match self.inputs.wishes.of(&file.path, true) {
            // Two branches that were mixed line by line: both were generated, and so is this.
            _ if markers::are_in(disk) => {
                let action = Action::Replace(content.to_vec());
                self.write(&file.path, edited.entry(), action, Because::Changed);
            }
            OnConflict::Generated => self.overwrite(&edited),
            OnConflict::Yours => {
                self.keep(&file.path, edited.entry(), Because::SealedAndEdited);
            }
            OnConflict::Stop | OnConflict::Markers | OnConflict::Beside => {
                self.conflict(file, ConflictKind::Edited, None);
            }
        }
    }

    /// The file is written as it is generated, whatever was made of it.
    pub(super) fn overwrite(&mut self, edited: &Edited<'_>) {
        let content = in_the_manner_of(edited.disk, edited.content).into_owned();
        let entry = Entry {
            ownership: edited.file.ownership,
            state: State::Written(edited.written.clone().laid_out(&content)),
        };
        let path = edited.file.path.as_str();
        // No run restores a sealed file but one that joins two branches.
        let is_joined =
            edited.file.ownership == Ownership::Sealed && self.inputs.wishes.restore.contains(path);
        let because = if is_joined {
            Because::Joined
        } else {
            Because::Overwritten
        };
        self.write(path, entry, Action::Replace(content), because);
    }

    /// The file stays as its owner made it, and what is generated now is kept beside the
    /// lock for the next merge.
    pub(super) fn edit_stays(&mut self, edited: &Edited<'_>) {
        let path = edited.file.path.as_str();
        self.copies.insert(path.to_owned(), edited.content.to_vec());
        self.keep(path, edited.entry(), Because::Edited);
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
            Some(_) if self.inputs.wishes.restore.contains(path) => {
                self.restored(file, content, new);
            }
            Some(before) => self.given_away(path, before),
            None => self.first_time(file, content, new, Because::Yours),
        }
    }

    /// A file that its owner wants as it is generated now.
    fn restored(&mut self, file: &Rendered, content: &[u8], entry: Entry) {
        let path = file.path.as_str();
        match self.standing(path) {
            Standing::Missing | Standing::Deleted => {
                let action = Action::Create(content.to_vec());
                self.write(path, entry, action, Because::Missing);
            }
            Standing::Obstructed(what) => self.conflict(file, ConflictKind::NoFile(what), None),
            _ => {
                let content = self.in_the_manner_of_disk(path, content);
                self.write(path, entry, Action::Replace(content), Because::Overwritten);
            }
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
                let because = if self.is_absent(path) && needs::it(path, self.inputs.disk) {
                    Because::DeletedAndNeeded
                } else {
                    Because::DeletedByOwner
                };
                self.keep(path, entry, because);
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
            Standing::Obstructed(what) => self.conflict(file, ConflictKind::NoFile(what), None),
            _ if self.inputs.lock.lost => self.keep(path, entry, taken_over),
            _ if self.stays(file) => self.keep(path, entry, Because::Foreign),
            _ => self.conflict(file, ConflictKind::Unknown, None),
        }
    }

    /// Whether a file that was there before svcgen can stay as it is. The service is built of
    /// what lies in `src`, and another text would not do.
    fn stays(&self, file: &Rendered) -> bool {
        self.inputs.wishes.keep_foreign
            && file.ownership == Ownership::Seeded
            && !file.path.starts_with("src/")
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
        let places = self.inputs.rendered.iter().map(|it| it.path.as_str());
        let lock = Lock {
            rustfmt: self.inputs.rustfmt,
            files: self.lock,
            moved: self.inputs.lock.moved.of_places(&places.collect()),
            lost: false,
        };
        Ok(WritePlan {
            writes: self.writes,
            lock,
            copies: self.copies,
            marked: self.marked,
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

    pub(super) fn write(&mut self, path: &str, entry: Entry, action: Action, because: Because) {
        self.push(path, entry.ownership, action, because);
        self.lock.insert(path.to_owned(), entry);
    }

    pub(super) fn push(
        &mut self,
        path: &str,
        ownership: Ownership,
        action: Action,
        because: Because,
    ) {
        self.writes.push(Write {
            path: path.to_owned(),
            ownership,
            action,
            because,
        });
    }

    pub(super) fn conflict(
        &mut self,
        file: &Rendered,
        kind: ConflictKind,
        texts: Option<[String; 2]>,
    ) {
        self.conflicts.push(Conflict {
            path: file.path.clone(),
            ownership: file.ownership,
            kind,
            texts,
        });
    }
}

fn is_raw(entry: &Entry, print: Fingerprint) -> bool {
    matches!(&entry.state, State::Written(written) if written.raw == print)
}
