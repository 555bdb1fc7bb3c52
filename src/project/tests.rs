//! Every way a write can stop: each operation is made to fail, and after recovery
//! the project is as before or as it should be, whole.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use tempfile::TempDir;

use super::{
    copies::UNRESOLVED_FILE,
    disk::{Disk, RealDisk},
    recovery::{self, Recovered},
    transaction::{self, Change, TransactionError},
};
use crate::reconcile::{path::UNDO, text::Fingerprint};

mod undo;

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// From one operation on nothing works any more: the process is gone.
    Stop,
    /// One operation fails, such as on a full disk; the next ones work.
    Once,
}

/// A disk that works for a while.
struct FaultyDisk {
    left: AtomicUsize,
    fault: Fault,
}

impl FaultyDisk {
    fn after(operations: usize, fault: Fault) -> Self {
        Self {
            left: AtomicUsize::new(operations + 1),
            fault,
        }
    }

    fn step(&self) -> io::Result<()> {
        let step = |left: usize| Some(left.saturating_sub(1));
        // The closure always answers, so there is always a value.
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, step)
            .unwrap_or(0);
        let fails = match self.fault {
            Fault::Stop => left <= 1,
            Fault::Once => left == 1,
        };
        if fails {
            Err(io::Error::other("injected"))
        } else {
            Ok(())
        }
    }

    fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Disk for FaultyDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.make_directory(path)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()> {
        if let Err(error) = self.step() {
            // A write that fails has often written a part.
            let _ = fs::write(path, &bytes[..bytes.len() / 2]);
            return Err(error);
        }
        RealDisk.write_new(path, bytes, like)
    }

    fn keep_copy(&self, path: &Path, copy: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.keep_copy(path, copy)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove_file(path)
    }

    fn remove_empty_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove_empty_directory(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove_tree(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.sync_directory(path)
    }
}

type Tree = BTreeMap<String, Vec<u8>>;

fn tree(root: &Path) -> Tree {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|it| it.expect("readable"))
        .filter(|it| it.file_type().is_file())
        .map(|it| {
            let path = it
                .path()
                .strip_prefix(root)
                .expect("inside")
                .to_string_lossy()
                .into_owned();
            (path, fs::read(it.path()).expect("readable"))
        })
        // What is kept for `undo` is no part of either state.
        .filter(|(path, _)| !path.starts_with(UNDO))
        .collect()
}

fn put(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("created");
    fs::write(file, text).expect("written");
}

fn write(path: &str, before: Option<&str>, text: &str) -> Change {
    let content = Some(text.as_bytes().to_vec());
    Change {
        path: path.to_owned(),
        content,
        before: before.map(|it| Fingerprint::of(it.as_bytes())),
    }
}

fn remove(path: &str, before: &str) -> Change {
    let before = Some(Fingerprint::of(before.as_bytes()));
    Change {
        path: path.to_owned(),
        content: None,
        before,
    }
}

/// Replaces, creates (in a new directory too), removes (the last file of a directory
/// too), the lock last.
fn changes() -> Vec<Change> {
    vec![
        write("src/app.rs", Some("old app"), "new app"),
        write("src/order/model.rs", None, "new order"),
        write("src/order/http.rs", None, "new http"),
        remove("src/old/model.rs", "old model"),
        remove("src/gone.rs", "old gone"),
        write("openapi.json", Some("old openapi"), "new openapi"),
        write(".svcgen/base/src/app.rs", Some("old copy"), "new copy"),
        write(".svcgen/base/src/order/http.rs", None, "a copy"),
        remove(".svcgen/base/src/gone.rs", "copy of gone"),
        write(UNRESOLVED_FILE, None, "src/order/http.rs\n"),
        write("svcgen.lock", Some("old lock"), "new lock"),
    ]
}

fn old_project() -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        ("src/app.rs", "old app"),
        ("src/old/model.rs", "old model"),
        ("src/gone.rs", "old gone"),
        ("src/mine.rs", "mine"),
        ("openapi.json", "old openapi"),
        (".svcgen/base/src/app.rs", "old copy"),
        (".svcgen/base/src/gone.rs", "copy of gone"),
        ("svcgen.lock", "old lock"),
    ] {
        put(place.path(), path, text);
    }
    place
}

fn states() -> (Tree, Tree) {
    let place = old_project();
    let old = tree(place.path());
    transaction::commit(&RealDisk, place.path(), &changes()).expect("committed");
    let new = tree(place.path());
    assert_ne!(old, new);
    assert!(
        !place.path().join("src/old").exists(),
        "an empty directory stays behind"
    );
    assert!(
        !place.path().join(transaction::DIRECTORY).exists(),
        "the staging stays behind"
    );
    (old, new)
}

#[test]
fn a_run_stopped_at_any_step_leaves_the_old_state_or_the_new_one() {
    let (old, new) = states();
    let (mut olds, mut news) = (0, 0);
    for operations in 0.. {
        let place = old_project();
        let disk = FaultyDisk::after(operations, Fault::Stop);
        let result = transaction::commit(&disk, place.path(), &changes());
        if !disk.has_failed() {
            result.expect("nothing failed");
            break;
        }
        recovery::recover(&RealDisk, place.path()).expect("recovered");
        let now = tree(place.path());
        assert!(
            now == old || now == new,
            "stopped after {operations} operations: {now:#?}"
        );
        assert!(
            result.is_err() || now == new,
            "success was claimed after {operations} operations"
        );
        if now == old { olds += 1 } else { news += 1 }
    }
    // The old state before the journal is stored, the new one after: both must occur.
    assert!(olds > 10 && news > 10, "{olds} old, {news} new");
}

#[test]
fn a_recovery_that_is_stopped_itself_is_recovered_from() {
    let (old, new) = states();
    for operations in 0.. {
        let place = old_project();
        let disk = FaultyDisk::after(operations, Fault::Stop);
        let _ = transaction::commit(&disk, place.path(), &changes());
        if !disk.has_failed() {
            break;
        }
        for more in 0.. {
            let disk = FaultyDisk::after(more, Fault::Stop);
            let _ = recovery::recover(&disk, place.path());
            if !disk.has_failed() {
                break;
            }
        }
        recovery::recover(&RealDisk, place.path()).expect("recovered");
        let now = tree(place.path());
        assert!(
            now == old || now == new,
            "stopped after {operations} operations: {now:#?}"
        );
    }
}

#[test]
fn an_operation_that_fails_once_is_taken_back_at_once() {
    let (old, new) = states();
    let mut refused = 0;
    for operations in 0.. {
        let place = old_project();
        let disk = FaultyDisk::after(operations, Fault::Once);
        let result = transaction::commit(&disk, place.path(), &changes());
        if !disk.has_failed() {
            break;
        }
        let mut now = tree(place.path());
        now.retain(|path, _| !path.starts_with(transaction::DIRECTORY));
        match result {
            Ok(()) => assert_eq!(now, new, "operation {operations}"),
            Err(TransactionError::Refused { .. }) => {
                refused += 1;
                assert_eq!(now, old, "operation {operations}");
            }
            Err(error) => panic!("operation {operations}: {error}"),
        }
        recovery::recover(&RealDisk, place.path()).expect("recovered");
        let settled = tree(place.path());
        assert!(settled == old || settled == new, "operation {operations}");
    }
    assert!(refused > 20, "{refused}");
}

/// Stops once the journal is stored, with the first files in place.
fn stopped_half_way() -> TempDir {
    for operations in 0.. {
        let place = old_project();
        let disk = FaultyDisk::after(operations, Fault::Stop);
        let _ = transaction::commit(&disk, place.path(), &changes());
        if fs::read(place.path().join("src/app.rs")).expect("there") == b"new app" {
            assert!(recovery::is_pending(place.path()));
            return place;
        }
    }
    unreachable!("the transaction is made in the end")
}

#[test]
fn a_file_that_was_edited_meanwhile_is_not_overwritten_by_recovery() {
    let place = stopped_half_way();
    put(place.path(), "openapi.json", "edited meanwhile");
    let recovered = recovery::recover(&RealDisk, place.path()).expect("recovered");
    assert_eq!(
        recovered,
        [Recovered::Back(vec!["openapi.json".to_owned()])]
    );
    let (mut old, _) = states();
    old.insert("openapi.json".to_owned(), b"edited meanwhile".to_vec());
    assert_eq!(tree(place.path()), old);
}

#[test]
fn a_stopped_run_is_finished() {
    let place = stopped_half_way();
    assert_eq!(
        recovery::recover(&RealDisk, place.path()).expect("recovered"),
        [Recovered::Forward]
    );
    assert_eq!(tree(place.path()), states().1);
    assert_eq!(
        recovery::recover(&RealDisk, place.path()).expect("nothing to do"),
        []
    );
}

#[test]
fn a_damaged_journal_counts_as_none() {
    let place = stopped_half_way();
    let journal = journal_of(place.path());
    let text = fs::read_to_string(&journal).expect("a journal");
    fs::write(&journal, text.replace("openapi.json", "../openapi.json")).expect("written");
    assert_eq!(
        recovery::recover(&RealDisk, place.path()).expect("recovered"),
        []
    );
    assert!(
        !place
            .path()
            .parent()
            .expect("a parent")
            .join("openapi.json")
            .exists()
    );
}

fn journal_of(root: &Path) -> PathBuf {
    let staging = fs::read_dir(root.join(transaction::DIRECTORY))
        .expect("staging")
        .next();
    staging
        .expect("one")
        .expect("readable")
        .path()
        .join("journal")
}

#[cfg(unix)]
#[test]
fn recovery_follows_no_link_out_of_the_project() {
    let place = stopped_half_way();
    let outside = tempfile::tempdir().expect("a directory");
    fs::remove_dir_all(place.path().join("src")).expect("removed");
    std::os::unix::fs::symlink(outside.path(), place.path().join("src")).expect("linked");
    assert!(recovery::recover(&RealDisk, place.path()).is_err());
    assert!(tree(outside.path()).is_empty());
}

#[test]
fn files_that_do_not_change_are_not_touched() {
    let place = old_project();
    let file = place.path().join("src/mine.rs");
    let before = fs::metadata(&file)
        .expect("there")
        .modified()
        .expect("a time");
    transaction::commit(&RealDisk, place.path(), &changes()).expect("committed");
    assert_eq!(
        fs::metadata(&file)
            .expect("there")
            .modified()
            .expect("a time"),
        before
    );
}

#[test]
fn what_was_edited_after_the_decision_is_not_overwritten() {
    let place = old_project();
    put(place.path(), "openapi.json", "edited meanwhile");
    let before = tree(place.path());
    let error =
        transaction::commit(&RealDisk, place.path(), &changes()).expect_err("somebody was faster");
    assert!(matches!(error, TransactionError::Refused { path, .. } if path == "openapi.json"));
    assert_eq!(tree(place.path()), before);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = old_project();
    let file = place.path().join("src/app.rs");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).expect("set");
    transaction::commit(&RealDisk, place.path(), &changes()).expect("committed");
    assert_eq!(
        fs::metadata(&file).expect("there").permissions().mode() & 0o777,
        0o750
    );
}
