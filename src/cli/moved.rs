//! Files that svcgen wrote and somebody moved: found again, and from then on kept up to date at
//! their new place.
//!
//! No file carries a mark of what it is. A file that is gone from its place is known by its
//! text: the very text it had (as it was written, or as git last knew it) at one other path is
//! the file, moved, and is followed. A text that is 60 % alike may be it: that is asked in a
//! terminal. Without one a managed file is not written anew beside what may be it, since what
//! its owner made of it would be missed: the run refuses, with both answers to paste. A seeded
//! file is not written again in any case, so there the command is told and the run goes on.
//!
//! `svcgen mv` moves a file, or says that it was moved. The mapping is in the lock;
//! [`crate::reconcile::moves`] says what is done with it.

mod search;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    Failure,
    merging::Known,
    new::ask,
    pipeline::{Rustfmt, Wishes},
    shell::Shell,
};
use crate::{
    plan::{Content, OnRecord, Ownership, Rendered},
    project::Project,
    reconcile::{
        OnDisk, bases,
        lock::{Lock, State, Written},
        moves::{self, Moves},
        text::{BlobId, Fingerprint},
    },
};

/// The last thing that can be chosen.
const STOP: &str = "stop, and write nothing";

/// What is known of moves before a run looks for them.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// From where to where files were moved.
    pub moved: Vec<(String, String)>,
    /// Files that are gone and were moved nowhere.
    pub gone: BTreeSet<String>,
}

/// What became of the files that are gone.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// Those that were found, from where to where.
    pub followed: Vec<(String, String)>,
    /// What follows from that and only the owner can do.
    pub notes: Vec<String>,
    /// Those that may have been found.
    pub likely: Vec<Likely>,
}

impl Sought {
    /// Says what was found.
    pub fn tell(&self, shell: &Shell) {
        for (from, to) in &self.followed {
            shell.status("Followed", &format!("{from} to {to}"));
        }
        for note in &self.notes {
            shell.warn(note);
        }
        for it in &self.likely {
            let answers = it.answers();
            shell.warn(&format!(
                "{it}: if it was moved there, say so with `{answers}`"
            ));
        }
    }
}

/// A file that may have been moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely {
    /// Where it was.
    pub from: String,
    /// What is like it.
    pub to: String,
    /// How alike they are, in per cent.
    pub percent: u8,
    /// Whose it is.
    pub ownership: Ownership,
}

impl fmt::Display for Likely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from, to, percent, ..
        } = self;
        write!(f, "`{from}` is gone, and `{to}` is {percent} % like it")
    }
}

impl Likely {
    /// What to paste.
    pub fn answers(&self) -> String {
        let Self { from, to, .. } = self;
        match self.ownership {
            Ownership::Managed => format!(
                "svcgen mv {from} {to}   if it was moved there: it is kept up to date there\n  \
                 svcgen restore {from}   if it was not: it is written anew"
            ),
            _ => format!("svcgen mv {from} {to}"),
        }
    }
}

/// Whether a file can lie elsewhere than where it is planned.
pub fn is_movable(path: &str, ownership: Ownership) -> bool {
    let is_fixed = path.starts_with('.') || path == "Cargo.toml";
    matches!(ownership, Ownership::Managed | Ownership::Seeded) && !is_fixed
}

/// The renderings on record that spare the making of a text, by planned path. A file that was
/// moved, or may have been, is made anew with those that declare it: they have to say where it is.
pub fn known(
    mut on_record: BTreeMap<String, OnRecord>,
    lock: &Lock,
    disk: &OnDisk,
    wishes: &Wishes<'_>,
) -> BTreeMap<String, OnRecord> {
    let asked = wishes.moves.moved.iter().map(|(from, _)| from);
    let absent = lock.files.keys().filter(|it| !disk.contains_key(*it));
    let moved = lock.moved.iter().map(|(planned, _)| planned);
    let planned = asked.chain(absent).map(|it| lock.moved.planned(it));
    for path in planned.chain(moved) {
        let parents = moves::parents(path);
        for path in parents.iter().map(String::as_str).chain([path]) {
            if let Some(OnRecord::Rendering(_)) = on_record.get(lock.moved.place(path)) {
                on_record.remove(lock.moved.place(path));
            }
        }
    }
    let planned =
        |(path, record): (String, OnRecord)| (lock.moved.planned(&path).to_owned(), record);
    on_record.into_iter().map(planned).collect()
}

/// What a run finds, as far as a moved file changes it.
pub struct Here<'a> {
    /// The project.
    pub project: &'a Project,
    /// What will be there, by planned path.
    pub files: &'a mut Vec<Rendered>,
    /// What the last run wrote.
    pub lock: &'a mut Lock,
    /// What lies at the places that are known.
    pub disk: &'a mut OnDisk,
    /// Copies of what was generated, by the path of the file that was edited.
    pub copies: &'a mut BTreeMap<String, Vec<u8>>,
    /// Where texts are looked for that were generated.
    pub known: &'a Known,
}

impl Here<'_> {
    /// Follows what was moved, sends all files to their places, and answers with what was found.
    pub fn settle(&mut self, wishes: &Wishes<'_>) -> Result<Sought, Failure> {
        if let Some(carry) = wishes.carry {
            self.lock.moved = self.lock.moved.renamed(|it| carry.destination(it));
        }
        // What is on its way is at its place only when everything is written.
        let on_their_way = wishes
            .moves
            .moved
            .iter()
            .map(|(_, to)| to.clone())
            .collect();
        let known = [&on_their_way, &wishes.moves.gone, &wishes.conflicts.restore];
        for (from, to) in &wishes.moves.moved {
            self.follow(from, to);
        }
        let mut sought = self.search(&known)?;
        for (from, to) in &sought.followed {
            self.follow(from, to);
        }
        let asked = wishes.moves.moved.iter().cloned();
        sought.followed.splice(0..0, asked);
        for (_, to) in &sought.followed {
            let note = note(self.project, &self.lock.moved, to)?;
            sought.notes.extend(note);
        }
        let places: Vec<String> = self
            .lock
            .moved
            .iter()
            .map(|(_, it)| it.to_owned())
            .collect();
        self.project
            .look(places.iter().map(String::as_str), self.disk)?;
        moves::relocate(self.files, &self.lock.moved, self.disk).map_err(|taken| {
            Failure::InTheWay {
                hint: format!("move it elsewhere: `svcgen mv {} PATH`", taken.place),
                message: format!("{taken}; nothing was written"),
            }
        })?;
        Ok(sought)
    }

    fn follow(&mut self, from: &str, to: &str) {
        self.lock.follow(from, to);
        self.remember_deleted(to);
        if let Some(copy) = self.copies.remove(from) {
            self.copies.insert(to.to_owned(), copy);
        }
    }

    /// A file that was taken for deleted is on record again, as it is generated now.
    fn remember_deleted(&mut self, place: &str) {
        let planned = self.lock.moved.planned(place);
        let rendered = self.files.iter().find(|it| it.path == planned);
        if let Some(entry) = self.lock.files.get_mut(place)
            && entry.state == State::Deleted
            && let Some(Rendered {
                content: Content::Whole(content),
                digest,
                ..
            }) = rendered
        {
            entry.state = State::Written(Written {
                raw: Fingerprint::of(content),
                formatted: None,
                rendering: Some(digest.clone()),
                blob: Some(BlobId::of(content)),
            });
        }
    }

    /// What was generated at a path, where anybody still knows.
    fn generated(&self, path: &str, written: &Written) -> Option<Vec<u8>> {
        let formatter = Rustfmt::at(self.project.nearest_directory());
        let copy = self.copies.get(path).map(Vec::as_slice);
        let base = bases::find(path, written, copy, self.known, &formatter);
        base.map(String::into_bytes)
    }
}

/// What follows from a move and only the owner can do.
fn note(project: &Project, moved: &Moves, place: &str) -> Result<Option<String>, Failure> {
    let planned = moved.planned(place);
    if planned == place {
        return Ok(None);
    }
    if let "src/lib.rs" | "src/main.rs" | "tests/api/main.rs" = planned {
        return Ok(Some(format!(
            "cargo looks for `{planned}` at its place: say in `Cargo.toml` that it is `{place}`, by `path` in its target"
        )));
    }
    let mut silent = None;
    for parent in moves::parents(planned) {
        let parent = moved.place(&parent);
        match project.text(parent)? {
            Some(text) if moves::declares(&text, planned) => return Ok(None),
            Some(_) => silent = silent.or(Some(parent.to_owned())),
            None => {}
        }
    }
    Ok(silent.map(|parent| {
        format!(
            "`{parent}` no longer declares the module of `{planned}`: svcgen follows the file, and what it generates \
             goes on calling the module by its name, so let that name lead to it"
        )
    }))
}

/// What is told where nobody can be asked, and what to do about it.
pub fn told(likely: &[Likely]) -> (String, String) {
    let files: Vec<String> = likely.iter().map(|it| format!("  {it}")).collect();
    let answers: Vec<String> = likely
        .iter()
        .map(|it| format!("  {}", it.answers()))
        .collect();
    (
        format!(
            "files may have been moved; nothing was written:\n{}",
            files.join("\n")
        ),
        format!(
            "say what became of them, and run it again:\n{}",
            answers.join("\n")
        ),
    )
}

/// A file is not written anew beside what may be it.
pub fn refuse(likely: &[Likely]) -> Result<(), Failure> {
    let managed = likely
        .iter()
        .filter(|it| it.ownership == Ownership::Managed);
    let managed: Vec<Likely> = managed.cloned().collect();
    if managed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Moved(managed))
    }
}

/// Asks about files that may have been moved. Whether there was somebody to ask.
pub fn ask(likely: &[Likely], answers: &mut Answers) -> Result<bool, Failure> {
    if !ask::is_possible() {
        return Ok(false);
    }
    ask::prepare();
    for it in likely {
        let Likely { from, to, .. } = it;
        let yes = format!("yes: svcgen knows it as `{to}` from now on");
        let no = match it.ownership {
            Ownership::Managed => format!("no: write `{from}` anew, `{to}` is another file"),
            _ => "no: it was deleted".to_owned(),
        };
        let choices = [yes.as_str(), no.as_str(), STOP];
        match ask::one_of(&format!("{it}. Was it moved there?"), &choices)? {
            0 => answers.moved.push((from.clone(), to.clone())),
            1 => drop(answers.gone.insert(from.clone())),
            _ => return Err(Failure::Moved(likely.to_vec())),
        }
    }
    Ok(true)
}
