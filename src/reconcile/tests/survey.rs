//! How files stand, case by case.

use super::*;

/// How one file stands, and whether it is an orphan; nothing where there is nothing to tell.
fn stands(files: &[Rendered], lock: &Lock, disk: &OnDisk) -> String {
    let inputs = Inputs {
        rendered: files,
        lock,
        disk,
        rustfmt: Some(Fingerprint::of(b"config")),
        unresolved: &BTreeSet::new(),
        copies: &BTreeMap::new(),
        wishes: &Wishes::default(),
    };
    let told = |it: &standing::FileStatus| {
        let orphan = if it.is_orphaned { ", orphaned" } else { "" };
        format!("{:?}, {}{orphan}", it.ownership, it.standing)
    };
    let all = standing::survey(&inputs, &WithoutBlanks);
    all.iter().map(told).collect::<Vec<_>>().join("; ")
}

#[test]
fn how_every_file_stands_is_told() {
    use Ownership::{History, Managed, Sealed, Seeded};
    let owned = || match written("a b") {
        State::Written(written) => State::Owned(Some(written)),
        other => other,
    };
    // Whose, what is on record, what is there, whether it is still generated.
    let cases = [
        (
            Managed,
            Some(written("a b")),
            Some("a b"),
            true,
            "Managed, as generated",
        ),
        (
            Managed,
            Some(written("a b")),
            Some("a  b"),
            true,
            "Managed, reformatted",
        ),
        (
            Managed,
            Some(written("a b")),
            Some("x"),
            true,
            "Managed, edited",
        ),
        (
            Managed,
            Some(written("a b")),
            None,
            true,
            "Managed, missing",
        ),
        (
            Managed,
            Some(written("a b")),
            Some("a b"),
            false,
            "Managed, as generated, orphaned",
        ),
        (
            Managed,
            Some(written("a b")),
            Some("x"),
            false,
            "Managed, edited, orphaned",
        ),
        (Managed, Some(written("a b")), None, false, ""),
        (Managed, Some(owned()), Some("x"), true, "Managed, owned"),
        (Managed, Some(owned()), None, true, "Managed, owned"),
        (Managed, None, Some("x"), true, "Managed, unknown"),
        (Managed, None, None, true, ""),
        (
            Seeded,
            Some(written("a b")),
            Some("x"),
            true,
            "Seeded, edited",
        ),
        (Seeded, Some(written("a b")), None, true, "Seeded, deleted"),
        (Seeded, Some(State::Deleted), None, true, "Seeded, deleted"),
        (Seeded, Some(State::Deleted), None, false, ""),
        (
            Sealed,
            Some(written("a b")),
            Some("x"),
            true,
            "Sealed, edited",
        ),
        (
            History,
            Some(written("a b")),
            None,
            true,
            "History, missing",
        ),
    ];
    for (ownership, state, there, is_generated, expected) in cases {
        let known = state.clone();
        let lock = state.map_or_else(Lock::default, |it| lock(ownership, it));
        let files = [rendered(ownership, "a c")];
        let files = if is_generated { &files[..] } else { &[] };
        let told = stands(files, &lock, &on_disk(there));
        assert_eq!(told, expected, "{ownership:?}, {known:?}, {there:?}");
    }
}
