//! Edited files, each as what was written, what is there and what it should say, with
//! every wish and every place that may know the base.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    plan::{Content, Ownership, Rendered},
    reconcile::{
        Action, Formatter, Found, Inputs, OnConflict, Refusal, Wishes, WritePlan,
        bases::{Bases, Branches},
        lock::{Entry, Lock, State, Written},
        reconcile,
        text::{BlobId, Fingerprint},
    },
};

const BASE: &str = "one\ntwo\nthree\nfour\n";
const NEW: &str = "one\ntwo\nthree\nFOUR\n";
const MERGES: &str = "mine\none\ntwo\nthree\nfour\n";
const CLASHES: &str = "one\ntwo\nthree\nvier\n";

struct NoFormatter;

impl Formatter for NoFormatter {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        vec![None; texts.len()]
    }

    fn print(&self, texts: &[&str]) -> Vec<Option<String>> {
        vec![None; texts.len()]
    }
}

/// Who knows the base.
#[derive(Clone, Copy, PartialEq)]
enum Knows {
    Copy,
    Rendering,
    Git,
    Nobody,
    /// All know something, and all of it is wrong.
    Wrong,
}

impl Bases for Knows {
    fn rendering(&self, _: &str) -> Option<Vec<u8>> {
        match self {
            Self::Rendering => Some(BASE.into()),
            Self::Wrong => Some(b"something else\n".to_vec()),
            Self::Copy | Self::Git | Self::Nobody => None,
        }
    }

    fn blob(&self, id: BlobId) -> Option<Vec<u8>> {
        assert_eq!(id, BlobId::of(BASE.as_bytes()));
        match self {
            Self::Git => Some(BASE.into()),
            Self::Wrong => Some(b"something else\n".to_vec()),
            Self::Copy | Self::Rendering | Self::Nobody => None,
        }
    }

    fn branches(&self, _: &str) -> Option<Branches> {
        None
    }
}

fn run(knows: Knows, wishes: &Wishes, there: &[u8], new: &str) -> Result<WritePlan, Refusal> {
    let path = "notes.txt";
    let files = [Rendered {
        path: path.to_owned(),
        content: Content::Whole(new.as_bytes().to_vec()),
        ownership: Ownership::Managed,
        entity: None,
        digest: "digest".to_owned(),
    }];
    let print = Fingerprint::of(BASE.as_bytes());
    let written = Written {
        raw: print,
        formatted: Some(print),
        rendering: None,
        blob: Some(BlobId::of(BASE.as_bytes())),
    };
    let entry = Entry {
        ownership: Ownership::Managed,
        state: State::Written(written),
    };
    let lock = Lock {
        files: [(path.to_owned(), entry)].into(),
        ..Lock::default()
    };
    let copy = match knows {
        Knows::Copy => Some(BASE),
        Knows::Wrong => Some("tampered\n"),
        _ => None,
    };
    let copies = copy.map(|it| (path.to_owned(), it.into()));
    let inputs = Inputs {
        rendered: &files,
        lock: &lock,
        disk: &[(path.to_owned(), Found::file(there.to_vec()))].into(),
        rustfmt: None,
        unresolved: &BTreeSet::new(),
        copies: &copies.into_iter().collect::<BTreeMap<_, _>>(),
        wishes,
    };
    reconcile(&inputs, &NoFormatter, &knows)
}

/// What the file says afterwards, or what is in the way.
fn told(result: Result<WritePlan, Refusal>) -> String {
    match result {
        Err(Refusal::Conflicts(conflicts)) => conflicts[0].to_string(),
        Err(other) => other.to_string(),
        Ok(plan) => match &plan.writes[0].action {
            Action::Replace(text) => String::from_utf8_lossy(text).into_owned(),
            Action::Keep => format!("kept: {:?}", plan.writes[0].because),
            other => format!("{other:?}"),
        },
    }
}

#[test]
fn the_base_is_found_wherever_it_is_and_never_guessed() {
    for knows in [Knows::Copy, Knows::Rendering, Knows::Git] {
        let merged = told(run(knows, &Wishes::default(), MERGES.as_bytes(), NEW));
        assert_eq!(merged, "mine\none\ntwo\nthree\nFOUR\n");
    }
    for knows in [Knows::Nobody, Knows::Wrong] {
        let refused = told(run(knows, &Wishes::default(), MERGES.as_bytes(), NEW));
        assert!(refused.contains("nowhere to be found"), "{refused}");
    }
}

#[test]
fn a_merged_file_is_on_record_as_it_was_generated_and_a_copy_is_kept() {
    let plan = run(Knows::Copy, &Wishes::default(), MERGES.as_bytes(), NEW).expect("a plan");
    assert_eq!(plan.copies["notes.txt"], NEW.as_bytes());
    let written = plan.lock.written("notes.txt").expect("on record");
    assert_eq!(written.raw, Fingerprint::of(NEW.as_bytes()));
    // What is generated has not changed: the edit stays, and the copy is there for next time.
    let plan = run(Knows::Nobody, &Wishes::default(), MERGES.as_bytes(), BASE).expect("a plan");
    assert_eq!(plan.copies["notes.txt"], BASE.as_bytes());
    assert!(plan.is_noop());
}

#[test]
fn every_wish_is_granted_where_both_changed_a_place() {
    let run = |wish, there: &str| run(Knows::Copy, &Wishes::all(wish), there.as_bytes(), NEW);
    let told = |wish| told(run(wish, CLASHES));
    assert_eq!(
        told(OnConflict::Stop),
        "you and svcgen changed the same place"
    );
    assert!(
        told(OnConflict::Markers).contains("<<<<<<< yours\nvier\n||||||| last generated\nfour\n")
    );
    assert_eq!(told(OnConflict::Generated), NEW);
    assert_eq!(told(OnConflict::Yours), "kept: MergedForYou");
    let plan = run(OnConflict::Markers, CLASHES).expect("a plan");
    assert_eq!((plan.marked.len(), plan.marked[0].conflicts), (1, 1));
    let plan = run(OnConflict::Beside, CLASHES).expect("a plan");
    assert_eq!(plan.writes[0].action, Action::Keep);
    assert_eq!(plan.writes[1].path, "notes.txt.new");
    // Nothing of the run is on record for the file, so that the next one merges again.
    assert_eq!(
        plan.lock.written("notes.txt").expect("there").raw,
        Fingerprint::of(BASE.as_bytes())
    );
    assert_eq!(plan.copies["notes.txt"], BASE.as_bytes());
}

#[test]
fn every_wish_is_granted_where_there_is_no_base() {
    let told = |wish| {
        told(run(
            Knows::Nobody,
            &Wishes::all(wish),
            MERGES.as_bytes(),
            NEW,
        ))
    };
    assert_eq!(told(OnConflict::Generated), NEW);
    assert_eq!(told(OnConflict::Yours), "kept: MergedForYou");
    let both = told(OnConflict::Markers);
    for line in ["mine", "four", "FOUR", "<<<<<<< yours"] {
        assert!(both.contains(line), "{both}");
    }
}

#[test]
fn what_is_no_text_or_has_markers_is_never_merged() {
    let stop = Wishes::default();
    let refused = told(run(Knows::Copy, &stop, b"one\0\nmine\n", NEW));
    assert_eq!(refused, "edited, and is no text any more");
    let refused = told(run(Knows::Copy, &stop, b"\xff\xfe\n", NEW));
    assert_eq!(refused, "edited, and is no text any more");
    let marked = b"<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n";
    let refused = told(run(Knows::Copy, &stop, marked, NEW));
    assert_eq!(refused, "has conflict markers");
    let over = told(run(
        Knows::Copy,
        &Wishes::all(OnConflict::Generated),
        marked,
        NEW,
    ));
    assert_eq!(over, NEW);
}

#[test]
fn line_endings_mark_and_final_newline_are_the_owners() {
    let there = format!("\u{feff}{}", MERGES.trim_end().replace('\n', "\r\n"));
    let merged = told(run(Knows::Copy, &Wishes::default(), there.as_bytes(), NEW));
    assert_eq!(merged, "\u{feff}mine\r\none\r\ntwo\r\nthree\r\nFOUR");
}
