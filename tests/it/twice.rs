//! Generating twice is a no-op, whatever the schema is and whatever people have made of the files:
//! the second run finds nothing to write, nothing to put on record and nothing to keep.
//!
//! Most trials run in memory, on renderings of random schemas without the vendored runtime; some
//! run on a disk, where no file may get another time either. `SVCGEN_TRIALS=10000` makes a
//! long run of it, `SVCGEN_SEED` another one. Controls break the mechanism, and the same
//! harness must see it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
};

use svcgen::{
    generate::{self, TABLES},
    plan::{Content, Ownership, Rendered},
    reconcile::{
        Action, Formatter, Found, Inputs, OnConflict, OnDisk, Refusal, Wishes, WritePlan,
        bases::{Bases, Branches},
        lock::{Lock, State, Written},
        reconcile,
        text::BlobId,
    },
    render::rustfmt,
    source::Source,
    tables::intent::Allow,
};

use crate::{
    merging::edits::{self, Random},
    random_schema::{Dice, Schema},
    support::Place,
};

/// How many trials begin with the same schema, which takes long to render.
const TRIALS_OF_A_SCHEMA: u64 = 20;
/// How many files of a schema the small ones have at most.
const SMALL: usize = 4;

fn number(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(usual, |it| it.parse().expect("a number"))
}

/// rustfmt, as the tool calls it; what was formatted once is remembered, and what was not is
/// formatted in one call.
#[derive(Default)]
struct Rustfmt(RefCell<HashMap<String, Option<String>>>);

impl Formatter for Rustfmt {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        let mut known = self.0.borrow_mut();
        let new: Vec<&str> = texts
            .iter()
            .copied()
            .filter(|it| !known.contains_key(*it))
            .collect();
        if !new.is_empty() {
            for (text, formatted) in new.iter().zip(rustfmt::normalise(&new)) {
                known.insert((*text).to_owned(), formatted);
            }
        }
        texts.iter().map(|it| known[*it].clone()).collect()
    }

    fn print(&self, texts: &[&str]) -> Vec<Option<String>> {
        self.normalise(texts)
    }
}

/// What the last schema was rendered to.
struct Renderings(BTreeMap<String, Vec<u8>>);

impl Bases for Renderings {
    fn rendering(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }

    fn blob(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }

    fn branches(&self, _: &str) -> Option<Branches> {
        None
    }
}

fn text(file: &Rendered) -> Vec<u8> {
    match &file.content {
        Content::Whole(text) => text.clone(),
        Content::AsBefore => unreachable!("nothing was known before"),
    }
}

/// A project in memory.
#[derive(Clone, Default)]
struct Project {
    disk: OnDisk,
    lock: Lock,
    copies: BTreeMap<String, Vec<u8>>,
}

impl Project {
    fn decide(
        &self,
        files: &[Rendered],
        last: &Renderings,
        formatter: &Rustfmt,
    ) -> Result<WritePlan, Refusal> {
        let files: Vec<Rendered> = files.iter().map(|it| self.as_before(it)).collect();
        let inputs = Inputs {
            rendered: &files,
            lock: &self.lock,
            disk: &self.disk,
            rustfmt: None,
            unresolved: &BTreeSet::new(),
            copies: &self.copies,
            wishes: &Wishes::all(OnConflict::Yours),
        };
        reconcile(&inputs, formatter, last)
    }

    /// A file as the tool hands it on: what is on record and lies there is not made again.
    fn as_before(&self, file: &Rendered) -> Rendered {
        let Some(entry) = self.lock.files.get(&file.path) else {
            return file.clone();
        };
        let is_there = |written: &Written| {
            written.rendering.as_ref() == Some(&file.digest)
                && matches!(self.disk.get(&file.path), Some(Found::File { print, .. }) if *print == written.raw)
        };
        let is_known = match &entry.state {
            _ if file.ownership == Ownership::Seeded => true,
            State::Written(written) => file.ownership != Ownership::History && is_there(written),
            State::Deleted | State::Owned(_) => false,
        };
        let content = if is_known {
            Content::AsBefore
        } else {
            file.content.clone()
        };
        Rendered {
            content,
            ..file.clone()
        }
    }

    fn apply(&mut self, plan: WritePlan) {
        for write in plan.writes {
            match write.action {
                Action::Create(text) | Action::Replace(text) => {
                    self.disk.insert(write.path, Found::file(text));
                }
                Action::Remove => drop(self.disk.remove(&write.path)),
                Action::Keep => {}
            }
        }
        (self.lock, self.copies) = (plan.lock, plan.copies);
    }

    /// What people do to the files that are theirs to work on.
    fn edit(&mut self, files: &[Rendered], random: &mut Random) {
        let theirs: Vec<&Rendered> = files
            .iter()
            .filter(|it| matches!(it.ownership, Ownership::Managed | Ownership::Seeded))
            .collect();
        for _ in 0..=random.below(3) {
            let path = &theirs[random.below(theirs.len())].path;
            let Some(Found::File { bytes, .. }) = self.disk.get(path) else {
                continue;
            };
            let before = String::from_utf8(bytes.clone()).expect("text");
            let is_edited = is_rust(path) || path == "Cargo.toml";
            let after = match random.below(10) {
                0 => None,
                1 => Some(before.replace('\n', "\r\n")),
                2 => Some(format!("\u{feff}{before}")),
                3 => Some(before.trim_end().to_owned()),
                _ if is_edited => Some(edits::edit(&before, random).map_or(before, |it| it.text)),
                _ => Some(format!("{before}# mine\n")),
            };
            match after {
                Some(text) => drop(
                    self.disk
                        .insert(path.clone(), Found::file(text.into_bytes())),
                ),
                None => drop(self.disk.remove(path)),
            }
        }
    }
}

/// How the mechanism is broken, for the controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Not,
    /// The lock is not written.
    Lock,
    /// What was generated is not kept beside what was made of it.
    Copies,
}

/// A random schema, rendered, and the same schema after edits of it, where that can be generated.
struct Pair {
    old: Vec<Rendered>,
    new: Option<Vec<Rendered>>,
}

fn rendered(sources: &[Source], tables: Option<&str>) -> Option<Vec<Rendered>> {
    let inputs = generate::Inputs {
        sources,
        known: &BTreeMap::new(),
        previous_tables: tables,
        project: None,
        allow: Allow {
            drops: true,
            narrowing: true,
            stash: false,
        },
    };
    let mut files = generate::generate(&inputs).ok()?.files;
    // The same in every service, and by far the most of it.
    files.retain(|it| !it.path.starts_with("vendor/"));
    Some(files)
}

fn pair(dice: &mut Dice) -> Option<Pair> {
    let before = Schema::random(dice);
    if before.sources().len() > SMALL {
        return None;
    }
    let after = before.edited(dice);
    let old = rendered(&before.sources(), None)?;
    let tables = old.iter().find(|it| it.path == TABLES).map(text)?;
    let tables = String::from_utf8(tables).expect("text");
    let new = rendered(&after.sources(), Some(&tables));
    Some(Pair { old, new })
}

/// Runs trials; each complaint says what a second run would still have done.
fn trials(count: u64, broken: Broken) -> Vec<String> {
    let seed = number("SVCGEN_SEED", 1);
    let (mut dice, mut random) = (Dice::new(seed), Random::new(seed));
    let (mut complaints, mut done, mut schemas, mut refused) = (Vec::new(), 0, 0, 0);
    while done < count {
        let Some(Pair { old, new }) = pair(&mut dice) else {
            continue;
        };
        schemas += 1;
        let formatter = Rustfmt::default();
        let last = Renderings(old.iter().map(|it| (it.path.clone(), text(it))).collect());
        let mut begun = Project::default();
        begun.apply(
            begun
                .decide(&old, &last, &formatter)
                .expect("an empty directory"),
        );
        for _ in 0..TRIALS_OF_A_SCHEMA.min(count - done) {
            done += 1;
            let mut project = begun.clone();
            project.edit(&old, &mut random);
            let files = new
                .as_ref()
                .filter(|_| random.below(2) == 0)
                .unwrap_or(&old);
            let Ok(plan) = project.decide(files, &last, &formatter) else {
                refused += 1;
                continue;
            };
            project.apply(plan);
            match broken {
                Broken::Not => {}
                Broken::Lock => project.lock = begun.lock.clone(),
                Broken::Copies => project.copies.clear(),
            }
            let now = Renderings(files.iter().map(|it| (it.path.clone(), text(it))).collect());
            let again = project.decide(files, &now, &formatter);
            complaints.extend(complaint(&project, again).map(|it| format!("{done}: {it}")));
        }
    }
    if broken == Broken::Not {
        println!("{done} trials of {schemas} schemas, {refused} refused");
    }
    assert!(refused * 10 <= count, "{refused} of {count} were refused");
    complaints
}

fn complaint(project: &Project, again: Result<WritePlan, Refusal>) -> Option<String> {
    let plan = match again {
        Ok(plan) => plan,
        Err(refusal) => return Some(format!("refused: {refusal:?}")),
    };
    let writes = plan.writes.iter().filter(|it| it.action != Action::Keep);
    let written: Vec<String> = writes
        .map(|it| format!("{} {:?}", it.path, it.because))
        .collect();
    if !written.is_empty() {
        return Some(format!("writes {written:?}"));
    }
    let (before, after) = (&project.lock.files, &plan.lock.files);
    let paths = before.keys().chain(after.keys());
    let other: BTreeSet<&String> = paths
        .filter(|it| before.get(*it) != after.get(*it))
        .collect();
    if !other.is_empty() {
        return Some(format!(
            "puts on record {:?}",
            other
                .iter()
                .map(|it| (it, before.get(*it), after.get(*it)))
                .collect::<Vec<_>>()
        ));
    }
    (plan.copies != project.copies).then(|| "keeps other copies".to_owned())
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let complaints = trials(number("SVCGEN_TRIALS", 40), Broken::Not);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_mechanism_that_is_broken_is_seen() {
    for broken in [Broken::Lock, Broken::Copies] {
        let complaints = trials(20, broken);
        assert!(!complaints.is_empty(), "{broken:?}");
    }
}

fn is_rust(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension();
    extension.is_some_and(|it| it == "rs")
}

/// A random schema on a disk.
fn place(dice: &mut Dice) -> Place {
    loop {
        let place = Place::empty();
        let sources = Schema::random(dice).sources();
        if sources.len() > SMALL {
            continue;
        }
        for source in sources {
            place.put(&source.path, &source.text);
        }
        if place.svcgen(&["generate", "-q"]).status == 0 {
            return place;
        }
    }
}

fn edit(place: &Place, random: &mut Random) {
    let paths: Vec<String> = place
        .tree()
        .into_keys()
        .filter(|it| it.starts_with("src/") && is_rust(it) && it != "src/migrations.rs")
        .collect();
    for _ in 0..3 {
        let path = &paths[random.below(paths.len())];
        if let Some(edited) = edits::edit(&place.read(path), random) {
            place.put(path, edited.text);
        }
    }
}

/// Somebody moves a file.
fn relocate(place: &Place, random: &mut Random) {
    let files = place.tree().into_keys();
    let is_movable =
        |it: &String| it.starts_with("src/") && is_rust(it) && it.matches('/').count() == 2;
    let files: Vec<String> = files.filter(is_movable).collect();
    let from = &files[random.below(files.len())];
    place.ok(&[
        "mv",
        from,
        &format!("src/moved_{}.rs", random.below(1_000_000)),
        "-q",
    ]);
}

/// What a run under this template does to a project that has just been generated.
fn touched(place: &Place, template: Option<&str>) -> Vec<String> {
    // With the note that nothing is left to do, the run would not even look.
    let _ = fs::remove_file(place.root().join(".svcgen/settled"));
    let before = place.times();
    let mut again = place.command(&["generate", "-q"]);
    if let Some(template) = template {
        again.env("SVCGEN_TEST_TEMPLATE", template);
    }
    assert!(again.status().expect("svcgen starts").success());
    let after = place.times();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let paths = paths
        .into_iter()
        .filter(|it| before.get(*it) != after.get(*it));
    paths.cloned().collect()
}

#[test]
fn a_second_run_touches_no_file() {
    let seed = number("SVCGEN_SEED", 1);
    let (mut dice, mut random) = (Dice::new(seed), Random::new(seed));
    let mut trials = 0;
    for _ in 0..(number("SVCGEN_TRIALS", 40) / 200).max(1) {
        let place = place(&mut dice);
        trials += 1;
        for _ in 0..2 {
            edit(&place, &mut random);
            place.ok(&["generate", "-q"]);
            relocate(&place, &mut random);
            place.ok(&["generate", "-q"]);
            assert_eq!(touched(&place, None), Vec::<String>::new());
            place.ok(&["generate", "--check"]).is(0, &["up to date"]);
        }
    }
    println!("{trials} trials on a disk");
    let template = "service/app.rs|//! The application|//! This application";
    let place = place(&mut dice);
    assert_ne!(touched(&place, Some(template)), Vec::<String>::new());
}
