//! The table of ownership, case by case. Normal form here: the text without blanks.

use super::{
    bases::NoBases,
    lock::{Entry, Written},
    *,
};
use crate::plan::Content;

mod survey;

const PATH: &str = "src/order/file.rs";

/// Stands in for rustfmt: what differs only in blanks says the same.
struct WithoutBlanks;

impl Formatter for WithoutBlanks {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|it| Some(without_blanks(it))).collect()
    }

    fn print(&self, texts: &[&str]) -> Vec<Option<String>> {
        vec![None; texts.len()]
    }
}

/// Stands in for a system without rustfmt.
struct NoFormatter;

impl Formatter for NoFormatter {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        vec![None; texts.len()]
    }

    fn print(&self, texts: &[&str]) -> Vec<Option<String>> {
        vec![None; texts.len()]
    }
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace()).collect()
}

fn written(text: &str) -> State {
    State::Written(Written {
        raw: Fingerprint::of(text.as_bytes()),
        formatted: Some(Fingerprint::of(without_blanks(text).as_bytes())),
        rendering: Some("digest".to_owned()),
        blob: None,
    })
}

fn lock(ownership: Ownership, state: State) -> Lock {
    Lock {
        files: [(PATH.to_owned(), Entry { ownership, state })].into(),
        ..Lock::default()
    }
}

fn rendered(ownership: Ownership, text: &str) -> Rendered {
    let content = Content::Whole(text.as_bytes().to_vec());
    Rendered {
        path: PATH.to_owned(),
        content,
        ownership,
        entity: None,
        digest: "digest".to_owned(),
    }
}

fn on_disk(text: Option<&str>) -> OnDisk {
    text.map(|it| (PATH.to_owned(), Found::file(it.as_bytes().to_vec())))
        .into_iter()
        .collect()
}

/// What happens, in a word or two.
fn told(result: Result<WritePlan, Refusal>) -> String {
    match result {
        Err(refusal) => match refusal {
            Refusal::Conflicts(conflicts) => format!("conflict: {}", conflicts[0]),
            other => other.to_string(),
        },
        Ok(plan) => match plan.writes.first() {
            None => "nothing".to_owned(),
            Some(Write {
                action: Action::Create(text),
                ..
            }) => format!("create {}", String::from_utf8_lossy(text)),
            Some(Write {
                action: Action::Replace(text),
                ..
            }) => format!("replace {}", String::from_utf8_lossy(text)),
            Some(Write {
                action: Action::Keep,
                because,
                ..
            }) => format!("keep: {because:?}"),
            Some(Write {
                action: Action::Remove,
                ..
            }) => "remove".to_owned(),
        },
    }
}

fn decide(files: &[Rendered], lock: &Lock, disk: &OnDisk) -> Result<WritePlan, Refusal> {
    // A configuration, so that normal forms are worked out.
    let rustfmt = Some(Fingerprint::of(b"config"));
    reconcile(
        &Inputs {
            rendered: files,
            lock,
            disk,
            rustfmt,
            unresolved: &BTreeSet::new(),
            copies: &BTreeMap::new(),
            wishes: &Wishes::default(),
        },
        &WithoutBlanks,
        &NoBases,
    )
}

#[test]
fn what_happens_to_a_generated_file() {
    use Ownership::{History, Managed, Sealed, Seeded};
    let edited = "conflict: edited since svcgen wrote it";
    let unreadable = "conflict: edited, and cannot be read: line 1: expected `!`";
    let unknown = "conflict: exists, and svcgen did not write it";
    // Whose, what was written, what is there, what it should be, what happens.
    let cases = [
        (Managed, None, None, "a b", "create a b"),
        (Managed, None, Some("a b"), "a b", "keep: Same"),
        (Managed, None, Some("a  b"), "a b", "keep: Reformatted"),
        (Managed, None, Some("x"), "a b", unknown),
        (Managed, Some("a b"), Some("a b"), "a b", "keep: Same"),
        (Managed, Some("a b"), Some("a b"), "a c", "replace a c"),
        (Managed, Some("a b"), Some("a  b"), "a c", "replace a c"),
        (
            Managed,
            Some("a b"),
            Some("a  b"),
            "a b",
            "keep: Reformatted",
        ),
        (Managed, Some("a b"), Some("a b // mine"), "a c", unreadable),
        (
            Managed,
            Some("a b"),
            Some("a b // mine"),
            "a b",
            "keep: Edited",
        ),
        (Managed, Some("a b"), Some("a c"), "a c", "keep: Same"),
        (Managed, Some("a b"), None, "a b", "create a b"),
        (Managed, Some("a b"), Some("a b\r\n"), "a b\n", "keep: Same"),
        (
            Managed,
            Some("a\nb\n"),
            Some("a\r\nb\r\n"),
            "a\nc\n",
            "replace a\r\nc\r\n",
        ),
        (Sealed, Some("a"), Some("x"), "a", edited),
        (Sealed, Some("a"), Some("a"), "b", "replace b"),
        (Sealed, Some("a"), None, "b", "create b"),
        (Seeded, None, None, "a", "create a"),
        (Seeded, None, Some("x"), "a", unknown),
        (Seeded, None, Some("a"), "a", "keep: Same"),
        (Seeded, Some("a"), Some("x"), "b", "keep: Yours"),
        (Seeded, Some("a"), Some("a"), "b", "keep: Yours"),
        (Seeded, Some("a"), None, "b", "keep: DeletedByOwner"),
        (History, None, None, "a", "create a"),
        (History, Some("a"), Some("a"), "b", "keep: Recorded"),
        (
            History,
            Some("a"),
            Some("x"),
            "a",
            "keep: RecordedAndEdited",
        ),
        (History, Some("a"), None, "a", "create a"),
        (History, Some("a"), None, "b", "keep: RecordedAndMissing"),
    ];
    for (ownership, before, there, new, expected) in cases {
        let lock = before.map_or_else(Lock::default, |text| lock(ownership, written(text)));
        let result = decide(&[rendered(ownership, new)], &lock, &on_disk(there));
        assert_eq!(
            told(result),
            expected,
            "{ownership:?}: {before:?} was written, {there:?} is there, {new:?} is new"
        );
    }
}

#[test]
fn what_happens_to_a_file_that_is_no_longer_generated() {
    use Ownership::{History, Managed, Sealed, Seeded};
    let cases = [
        (Managed, Some("a b"), "remove"),
        (Managed, Some("a  b"), "remove"),
        (Managed, Some("x"), "keep: OrphanedAndEdited"),
        (Managed, None, "nothing"),
        (Seeded, Some("a b"), "remove"),
        (Seeded, Some("x"), "keep: OrphanedAndEdited"),
        (Sealed, Some("x"), "keep: OrphanedAndEdited"),
        (History, Some("a b"), "keep: Recorded"),
        (History, Some("x"), "keep: RecordedAndEdited"),
        (History, None, "keep: RecordedAndMissing"),
    ];
    for (ownership, there, expected) in cases {
        let result = decide(&[], &lock(ownership, written("a b")), &on_disk(there));
        assert_eq!(told(result), expected, "{ownership:?} with {there:?} there");
    }
}

#[test]
fn a_deleted_seeded_file_stays_deleted_run_after_run() {
    let files = [rendered(Ownership::Seeded, "a")];
    let first = decide(
        &files,
        &lock(Ownership::Seeded, written("a")),
        &on_disk(None),
    )
    .expect("a plan");
    assert_eq!(first.lock.files[PATH].state, State::Deleted);
    let second = decide(&files, &first.lock, &on_disk(None)).expect("a plan");
    assert_eq!(told(Ok(second.clone())), "keep: DeletedByOwner");
    assert_eq!(second.lock, first.lock);
    // Put back by hand, it is its owner's.
    let third = decide(&files, &first.lock, &on_disk(Some("mine")));
    assert_eq!(told(third), "keep: DeletedByOwner");
}

#[test]
fn a_second_run_over_a_plan_does_nothing() {
    for ownership in [
        Ownership::Managed,
        Ownership::Seeded,
        Ownership::Sealed,
        Ownership::History,
    ] {
        let files = [rendered(ownership, "a b")];
        let plan = decide(&files, &Lock::default(), &on_disk(None)).expect("a plan");
        let again = decide(&files, &plan.lock, &on_disk(Some("a b"))).expect("a plan");
        assert!(again.is_noop(), "{ownership:?}");
        assert_eq!(again.lock, plan.lock, "{ownership:?}");
    }
}

#[test]
fn a_reformatted_file_is_on_record_as_its_owner_formatted_it() {
    let files = [rendered(Ownership::Managed, "a b")];
    let plan = decide(
        &files,
        &lock(Ownership::Managed, written("a b")),
        &on_disk(Some("a\nb")),
    )
    .expect("a plan");
    let entry = plan.lock.written(PATH).expect("on record");
    assert_eq!(entry.raw, Fingerprint::of(b"a\nb"));
    assert_eq!(entry.formatted, Some(Fingerprint::of(b"ab")));
}

#[test]
fn a_file_in_normal_form_keeps_it_though_the_project_has_another_layout() {
    let on_record = State::Written(Written {
        raw: Fingerprint::of(b"a\nb"),
        formatted: Some(Fingerprint::of(b"ab")),
        rendering: None,
        blob: None,
    });
    let files = [rendered(Ownership::Managed, "a b")];
    let lock = lock(Ownership::Managed, on_record);
    let plan = decide(&files, &lock, &on_disk(Some("ab"))).expect("a plan");
    assert!(plan.is_noop(), "{:?}", plan.writes);
}

#[test]
fn without_a_formatter_a_reformatted_file_counts_as_edited() {
    let lock = lock(Ownership::Managed, written("a b"));
    let files = [rendered(Ownership::Managed, "a c")];
    let disk = on_disk(Some("a  b"));
    let result = reconcile(
        &Inputs {
            rendered: &files,
            lock: &lock,
            disk: &disk,
            rustfmt: None,
            unresolved: &BTreeSet::new(),
            copies: &BTreeMap::new(),
            wishes: &Wishes::default(),
        },
        &NoFormatter,
        &NoBases,
    );
    // It is to be merged, and this text is no Rust.
    assert!(told(result).starts_with("conflict: edited, and cannot be read"));
}

#[test]
fn a_lost_lock_takes_over_what_its_owner_has_made_his() {
    let lost = Lock {
        lost: true,
        ..Lock::default()
    };
    let seeded = decide(
        &[rendered(Ownership::Seeded, "a")],
        &lost,
        &on_disk(Some("mine")),
    )
    .expect("a plan");
    assert_eq!(told(Ok(seeded.clone())), "keep: Yours");
    // It is not as written, so it is never removed as untouched.
    assert_eq!(
        told(decide(&[], &seeded.lock, &on_disk(Some("mine")))),
        "keep: OrphanedAndEdited"
    );
    let managed = decide(
        &[rendered(Ownership::Managed, "fn a() {}")],
        &lost,
        &on_disk(Some("fn mine() {}")),
    );
    assert!(told(managed).contains("what svcgen wrote is nowhere to be found"));
}

#[test]
fn what_is_no_ordinary_file_is_never_written_over() {
    let disk: OnDisk = [(PATH.to_owned(), Found::Other("a symbolic link"))].into();
    for before in [None, Some("a")] {
        let lock = before.map_or_else(Lock::default, |text| {
            lock(Ownership::Managed, written(text))
        });
        let result = decide(&[rendered(Ownership::Managed, "b")], &lock, &disk);
        assert_eq!(told(result), "conflict: is a symbolic link");
    }
    let orphan = decide(&[], &lock(Ownership::Managed, written("a")), &disk);
    assert_eq!(told(orphan), "keep: OrphanedAndEdited");
}

#[test]
fn all_conflicts_are_told_at_once_and_sorted() {
    let at = |path: &str| Rendered {
        path: path.to_owned(),
        ..rendered(Ownership::Managed, "new")
    };
    let files = [at("b.rs"), at("a.rs"), at("c.rs")];
    let there = |path: &str| (path.to_owned(), Found::file(b"old".to_vec()));
    let Err(Refusal::Conflicts(conflicts)) = decide(
        &files,
        &Lock::default(),
        &[there("b.rs"), there("a.rs")].into(),
    ) else {
        panic!("two files are in the way");
    };
    let paths: Vec<_> = conflicts.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["a.rs", "b.rs"]);
}

#[test]
fn the_generator_is_held_to_the_rules_too() {
    let at = |path: &str| Rendered {
        path: path.to_owned(),
        ..rendered(Ownership::Managed, "a")
    };
    let outside = decide(&[at("../a")], &Lock::default(), &OnDisk::new());
    assert!(matches!(outside, Err(Refusal::Path { .. })));
    let twice = decide(
        &[at("src/a.rs"), at("src/A.rs")],
        &Lock::default(),
        &OnDisk::new(),
    );
    assert!(matches!(twice, Err(Refusal::Twice(_))));
    let mut as_before = at(PATH);
    as_before.content = Content::AsBefore;
    let result = decide(&[as_before.clone()], &Lock::default(), &OnDisk::new());
    assert!(matches!(result, Err(Refusal::NoText(_))));
    let lock = lock(Ownership::Managed, written("a"));
    assert_eq!(
        told(decide(&[as_before], &lock, &on_disk(Some("a")))),
        "keep: Same"
    );
}

#[test]
fn a_seeded_file_that_was_given_away_needs_no_text() {
    let mut seeded = rendered(Ownership::Seeded, "");
    seeded.content = Content::AsBefore;
    let lock = lock(Ownership::Seeded, written("first"));
    let because = |disk: Option<&str>| {
        let inputs = Inputs {
            rendered: std::slice::from_ref(&seeded),
            lock: &lock,
            disk: &on_disk(disk),
            rustfmt: None,
            unresolved: &BTreeSet::new(),
            copies: &BTreeMap::new(),
            wishes: &Wishes::default(),
        };
        let plan = reconcile(&inputs, &NoFormatter, &NoBases).unwrap();
        assert!(plan.is_noop());
        plan.writes[0].because
    };
    assert_eq!(because(Some("first")), Because::Yours);
    assert_eq!(because(Some("edited")), Because::Yours);
    assert_eq!(because(None), Because::DeletedByOwner);
}
