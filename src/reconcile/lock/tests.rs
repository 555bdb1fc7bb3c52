//! What a lock says, and what is not believed of one.

use super::*;

fn sample() -> Lock {
    let written = |text: &str, formatted: Option<&str>| {
        State::Written(Written {
            raw: Fingerprint::of(text.as_bytes()),
            formatted: formatted.map(|it| Fingerprint::of(it.as_bytes())),
            rendering: Some("d1".to_owned()),
            blob: Some(BlobId::of(text.as_bytes())),
        })
    };
    let files = [
        ("src/app.rs", Ownership::Managed, written("a", Some("a"))),
        ("src/order/rules.rs", Ownership::Seeded, State::Deleted),
        ("openapi.json", Ownership::Sealed, written("b", None)),
        (
            "migrations/0001 a/x.sql",
            Ownership::History,
            written("c", Some("d")),
        ),
    ];
    let files = files.map(|(path, ownership, state)| (path.to_owned(), Entry { ownership, state }));
    let mut moved = Moves::default();
    moved.insert("src/main.rs", "src/bin/one -> two/main.rs");
    Lock {
        rustfmt: Some(Fingerprint::of(b"max_width = 80")),
        files: files.into(),
        moved,
        lost: false,
    }
}

#[test]
fn a_lock_reads_what_it_wrote() {
    let lock = sample();
    assert_eq!(Lock::parse(&lock.render()).as_ref(), Ok(&lock));
    assert_eq!(Lock::parse(&lock.render().replace('\n', "\r\n")), Ok(lock));
    assert_eq!(Lock::parse(&Lock::default().render()), Ok(Lock::default()));
}

#[test]
fn every_cut_is_noticed() {
    let text = sample().render();
    for end in 0..text.len() - 1 {
        let Err(error) = Lock::parse(&text[..end]) else {
            panic!("a lock cut at {end} was believed")
        };
        assert!(
            matches!(error, LockError::Damaged(_)),
            "cut at {end}: {error}"
        );
    }
}

#[test]
fn every_changed_byte_is_noticed_or_means_the_same() {
    let lock = sample();
    let text = lock.render();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).expect("the lock is ASCII");
        if let Ok(read) = Lock::parse(&changed) {
            assert_eq!(read, lock, "byte {at}");
        }
    }
}

#[test]
fn a_newer_lock_names_the_version_to_install() {
    let text = sample()
        .render()
        .replace(&format!("svcgen {SVCGEN_VERSION}"), "svcgen 99.1.0");
    let error = Lock::parse(&text).expect_err("newer");
    assert_eq!(error.hint(), "run `cargo install svcgen --version 99.1.0`");
    let text = text.replace("svcgen 99.1.0", "svcgen 0.0.9").replace(
        &format!("format {FORMAT}"),
        &format!("format {}", FORMAT + 1),
    );
    assert!(matches!(Lock::parse(&text), Err(LockError::Newer { .. })));
}

#[test]
fn an_older_form_is_told_from_a_newer_one_and_from_damage() {
    let text = sample().render();
    let of = |format: u32| text.replace(&format!("format {FORMAT}"), &format!("format {format}"));
    let error = Lock::parse(&of(FORMAT - 1)).expect_err("older");
    assert!(matches!(error, LockError::Older { .. }));
    assert!(error.to_string().contains("has format 1"), "{error}");
    assert!(error.hint().starts_with("delete it"), "{}", error.hint());
    let error = Lock::parse(&of(FORMAT + 1)).expect_err("newer");
    assert!(
        error.hint().starts_with("run `cargo install svcgen"),
        "{}",
        error.hint()
    );
    let error = Lock::parse(&text.replace("format ", "form ")).expect_err("damaged");
    assert!(matches!(error, LockError::Damaged(_)));
}

#[test]
fn paths_out_of_the_project_are_refused_even_with_a_good_checksum() {
    for path in ["../outside", "/etc/passwd", ".git/config", "svcgen.yaml"] {
        let mut lock = sample();
        lock.files.insert(
            path.to_owned(),
            Entry {
                ownership: Ownership::Sealed,
                state: State::Deleted,
            },
        );
        assert!(
            matches!(Lock::parse(&lock.render()), Err(LockError::Path { .. })),
            "{path}"
        );
    }
}

#[test]
fn versions_are_ordered_as_numbers() {
    assert!(is_newer("0.10.0", "0.9.1"));
    assert!(is_newer("1.0.0", "1.0.0-rc.1"));
    assert!(!is_newer("0.1.0", "0.1.0"));
    assert!(!is_newer("nonsense", "0.1.0"));
}
