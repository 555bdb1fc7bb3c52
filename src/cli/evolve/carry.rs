//! A person's code goes along when an entity or a field gets another name: files move with
//! the slice, and names in them are renamed by token.

use std::{cell::RefCell, collections::BTreeSet};

use super::identifiers::{Reach, Renaming, collect};
use crate::{
    cli::{
        Failure,
        carrying::{Carried, Carry, Here},
    },
    model::{Field, Name, Service},
    plan::{Content, Ownership, Rendered},
    reconcile::{
        Found,
        lock::{Lock, State, Written},
        print_of_normal,
        text::Fingerprint,
    },
};

/// What is carried where.
pub struct Along {
    /// The slice before and after; the same where a field is renamed.
    slice: (String, String),
    renaming: Renaming,
    /// The person's files that svcgen has no record of.
    unrecorded: Vec<String>,
    /// What a person has to look at: the file, the line, and what stands there.
    left: RefCell<Vec<(String, usize, String)>>,
}

impl Along {
    /// Where an entity is renamed.
    pub fn of_entity(service: &Service, old: &Name, new: &Name, unrecorded: Vec<String>) -> Self {
        let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
        Self {
            slice: pair(old.snake(), new.snake()),
            renaming: Renaming {
                words: vec![
                    pair(old.plural_snake(), new.plural_snake()),
                    pair(old.snake(), new.snake()),
                ],
                crate_name: service.name.snake().to_owned(),
                module: Some(pair(old.rust(), new.rust())),
                ..Renaming::default()
            },
            unrecorded,
            left: RefCell::default(),
        }
    }

    /// Where a field of an entity is renamed.
    pub fn of_field(entity: &Name, old: &Field, new: &Name, unrecorded: Vec<String>) -> Self {
        let slice = entity.snake().to_owned();
        let new_field = Field {
            name: new.clone(),
            ..old.clone()
        };
        let mut words = vec![(old.column(), new_field.column())];
        if old.column() != old.name.snake() {
            words.push((old.name.snake().to_owned(), new.snake().to_owned()));
        }
        Self {
            slice: (slice.clone(), slice),
            renaming: Renaming {
                member: words.first().cloned(),
                words,
                ..Renaming::default()
            },
            unrecorded,
            left: RefCell::default(),
        }
    }

    /// What a person has to look at, after everything was carried.
    pub fn left(&self) -> Vec<(String, usize, String)> {
        self.left.borrow().clone()
    }

    /// Whether a path belongs to the slice, and where it goes.
    fn reach(&self, path: &str) -> (Reach, String) {
        let (old, new) = &self.slice;
        if let Some(rest) = path.strip_prefix(&format!("src/{old}/")) {
            return (Reach::Own, format!("src/{new}/{rest}"));
        }
        if path == format!("tests/api/{old}.rs") {
            return (Reach::Own, format!("tests/api/{new}.rs"));
        }
        (Reach::Other, path.to_owned())
    }

    /// Whether the text at a path is a person's, so that nothing else brings it up to date.
    fn is_theirs(path: &str, moves: bool, lock: &Lock, print: Fingerprint) -> bool {
        let Some(entry) = lock.files.get(path) else {
            return true;
        };
        let is_as_written = lock.written(path).is_some_and(|it| it.raw == print);
        match entry.ownership {
            // What was never touched is written anew under the new name.
            Ownership::Seeded => !(moves && is_as_written),
            Ownership::Managed => !is_as_written,
            Ownership::Sealed | Ownership::History => false,
        }
    }

    fn one(
        &self,
        path: &str,
        here: &mut Here<'_>,
        renaming: &Renaming,
    ) -> Result<Option<Carried>, Failure> {
        let Some(Found::File { bytes, print }) = here.disk.get(path) else {
            return Ok(None);
        };
        let (bytes, print) = (bytes.clone(), *print);
        let (reach, to) = self.reach(path);
        let moves = to != path;
        if !Self::is_theirs(path, moves, here.lock, print) {
            return Ok(None);
        }
        let renamed = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| renaming.apply(text, reach));
        if renamed.is_none() && moves {
            self.leave(path, 1, "is no Rust, so no name in it was changed");
        }
        let mut names = Vec::new();
        let mut content = bytes;
        if let Some(renamed) = renamed {
            for (line, what) in renamed.left {
                self.leave(&to, line, &what);
            }
            names = renamed.names.into_keys().collect();
            content = renamed.text.into_bytes();
        }
        if !moves && names.is_empty() {
            return Ok(None);
        }
        if moves && here.disk.contains_key(&to) {
            return Err(Failure::InTheWay {
                message: format!(
                    "`{to}` is there already, and `{path}` would become it; nothing was written"
                ),
                hint: "move one of the two out of the way".to_owned(),
            });
        }
        self.rebase(path, &to, here, renaming);
        put(path, &to, &content, print, here);
        Ok(Some(Carried {
            from: path.to_owned(),
            to,
            content,
            names,
        }))
    }

    /// The base of a merge gets the new names as well, so that they are nobody's change.
    fn rebase(&self, from: &str, to: &str, here: &mut Here<'_>, renaming: &Renaming) {
        let is_managed =
            matches!(here.lock.files.get(from), Some(it) if it.ownership == Ownership::Managed);
        let Some(base) = (here.base)(from, here.lock, here.copies).filter(|_| is_managed) else {
            return;
        };
        let (reach, _) = self.reach(from);
        let base = renaming.apply(&base, reach).map_or(base, |it| it.text);
        here.copies.remove(from);
        if let Some(entry) = here.lock.files.get_mut(from)
            && let State::Written(written) = &mut entry.state
        {
            *written = Written {
                raw: Fingerprint::of(base.as_bytes()),
                formatted: None,
                rendering: None,
                blob: None,
            };
        }
        here.copies.insert(to.to_owned(), base.into_bytes());
    }

    fn leave(&self, path: &str, line: usize, what: &str) {
        let note = (path.to_owned(), line, what.to_owned());
        self.left.borrow_mut().push(note);
    }
}

/// Puts a carried file into what the plan will be made from.
fn put(from: &str, to: &str, content: &[u8], print: Fingerprint, here: &mut Here<'_>) {
    let found = Found::file(content.to_vec());
    if let Some(mut entry) = here.lock.files.remove(from) {
        if let State::Written(written) = &mut entry.state
            && written.raw == print
        {
            // As generated before, as generated after.
            written.raw = Fingerprint::of(content);
            written.formatted = std::str::from_utf8(content).ok().map(print_of_normal);
        }
        here.lock.files.insert(to.to_owned(), entry);
    }
    here.disk.remove(from);
    here.disk.insert(to.to_owned(), found);
}

impl Carry for Along {
    fn looked_at(&self) -> &[String] {
        &self.unrecorded
    }

    fn destination(&self, path: &str) -> String {
        self.reach(path).1
    }

    fn is_fresh(&self, path: &str) -> bool {
        self.reach(path).0 == Reach::Own
    }

    fn carry(&self, rendered: &[Rendered], here: &mut Here<'_>) -> Result<Vec<Carried>, Failure> {
        let mut renaming = self.renaming.clone();
        for file in rendered {
            if let (Content::Whole(text), Some(entity)) = (&file.content, &file.entity)
                && *entity == self.slice.1
            {
                collect(&String::from_utf8_lossy(text), &mut renaming.known);
            }
        }
        let recorded = here.lock.files.keys().filter(|it| is_rust(it));
        let paths: BTreeSet<String> = recorded.chain(&self.unrecorded).cloned().collect();
        let mut carried = Vec::new();
        for path in paths {
            carried.extend(self.one(&path, here, &renaming)?);
        }
        Ok(carried)
    }
}

fn is_rust(path: &str) -> bool {
    let is_source = path.starts_with("src/") || path.starts_with("tests/");
    is_source
        && std::path::Path::new(path)
            .extension()
            .is_some_and(|it| it == "rs")
}
