//! Damaged locks, links, permissions, two processes, a killed one: nothing is lost,
//! and what is wrong is said.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::support::{Ended, Place};

const ADD_FIELD: &str = "entity: Note\nfields:\n  title: string\n  body: text?\n  pinned: { type: bool, backfill: false }\n";

/// A lock with this line, which its checksum fits.
fn with_line(place: &Place, line: &str) {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let lock = place.read("svcgen.lock");
    let body = &lock[..lock.rfind("end ").expect("an end")];
    let body = format!("{body}{line}\n");
    let count = body.lines().count() - 4;
    let mut checksum = String::new();
    for byte in sha2::Sha256::digest(&body) {
        write!(checksum, "{byte:02x}").expect("a string takes it");
    }
    place.put("svcgen.lock", format!("{body}end {count} {checksum}\n"));
}

#[test]
fn a_damaged_lock_is_refused() {
    let place = Place::notes();
    let lock = place.read("svcgen.lock");
    let cases = [
        (lock[..lock.len() / 2].to_owned(), "ends too early"),
        (String::new(), "no format line"),
        ("\u{0}\u{1}".to_owned(), "no format line"),
        (
            lock.replace("managed", "seeded"),
            "changed by something other than svcgen",
        ),
        (
            lock.replacen("end ", "<<<<<<< ours\nend ", 1),
            "as many files",
        ),
    ];
    for (text, words) in cases {
        place.put("svcgen.lock", &text);
        let before = place.times();
        place
            .svcgen(&["generate"])
            .is(2, &["`svcgen.lock` is damaged", words, "git checkout"]);
        assert_eq!(place.times(), before);
    }
}

#[test]
fn a_newer_lock_names_the_version_to_install() {
    let place = Place::notes();
    let lock = place.read("svcgen.lock").replace(
        concat!("svcgen ", env!("CARGO_PKG_VERSION")),
        "svcgen 99.0.0",
    );
    place.put("svcgen.lock", lock);
    place.svcgen(&["generate"]).is(
        2,
        &[
            "written by svcgen 99.0.0",
            "cargo install svcgen --version 99.0.0",
        ],
    );
}

#[test]
fn a_lock_cannot_lead_out_of_the_project() {
    let place = Place::notes();
    let victim = place.root().parent().expect("a parent").join("victim.txt");
    fs::write(&victim, "precious\n").expect("written");
    let print = "b5a28eafb97b5ecab3d40e0d1d0fc11e2a5a1d0f64cfd3dd6c9ddb4f3b8a6b9e";
    for path in [
        "../victim.txt",
        "/etc/passwd",
        ".git/config",
        "svcgen.yaml",
        "src/../../victim.txt",
    ] {
        let place = Place::notes();
        with_line(&place, &format!("managed written {print} = - - {path}"));
        place.svcgen(&["generate"]).is(2, &["will not touch"]);
    }
    assert_eq!(fs::read_to_string(victim).expect("there"), "precious\n");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_removed_through_a_link() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a directory");
    let victim = outside.path().join("model.rs");

    // A managed file replaced by a link.
    let place = Place::notes();
    fs::rename(place.root().join("src/note/model.rs"), &victim).expect("moved");
    symlink(&victim, place.root().join("src/note/model.rs")).expect("linked");
    let before = fs::read(&victim).expect("there");
    place.put("entities/note.yaml", ADD_FIELD);
    place
        .svcgen(&["generate"])
        .is(3, &["src/note/model.rs", "symbolic link"]);
    assert_eq!(fs::read(&victim).expect("there"), before);

    // A directory replaced by a link.
    let place = Place::notes();
    fs::remove_dir_all(place.root().join("src/note")).expect("removed");
    symlink(outside.path(), place.root().join("src/note")).expect("linked");
    place.svcgen(&["generate"]).is(3, &["symbolic link"]);
    assert_eq!(fs::read(&victim).expect("there"), before);
    assert_eq!(fs::read_dir(outside.path()).expect("there").count(), 1);

    // An orphan behind a link is not removed.
    fs::remove_file(place.root().join("entities/note.yaml")).expect("removed");
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.svcgen(&["generate"]);
    assert_eq!(fs::read(&victim).expect("there"), before);

    // The state directory itself.
    let place = Place::notes();
    let elsewhere = tempfile::tempdir().expect("a directory");
    fs::remove_dir_all(place.root().join(".svcgen")).expect("removed");
    symlink(elsewhere.path(), place.root().join(".svcgen")).expect("linked");
    place
        .svcgen(&["generate"])
        .is(3, &["`.svcgen` is a symbolic link"]);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("there").count(), 0);
}

#[test]
fn read_only_files_and_directories_in_the_way_are_named_and_stay_so() {
    let read_only = |place: &Place, path: &str, is: bool| {
        let path = place.root().join(path);
        let mut permissions = fs::metadata(&path).expect("there").permissions();
        permissions.set_readonly(is);
        fs::set_permissions(path, permissions).expect("set");
    };
    let place = Place::notes();
    place.put("entities/note.yaml", ADD_FIELD);
    read_only(&place, "src/note/model.rs", true);
    let before = place.times();
    place.svcgen(&["generate"]).is(
        3,
        &["`src/note/model.rs` is read-only", "nothing was written"],
    );
    assert_eq!(place.times(), before);
    read_only(&place, "src/note/model.rs", false);
    place.ok(&["generate"]);

    let place = Place::notes();
    fs::remove_file(place.root().join("openapi.json")).expect("removed");
    fs::create_dir(place.root().join("openapi.json")).expect("created");
    place
        .svcgen(&["generate"])
        .is(3, &["openapi.json: is a directory"]);

    let place = Place::notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.put("src/tag", "a file\n");
    place.svcgen(&["generate"]).is(3, &["src/tag"]);
    assert_eq!(place.read("src/tag"), "a file\n");

    let place = Place::notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.put("src/Tag/mine.rs", "// mine\n");
    place
        .svcgen(&["generate"])
        .is(3, &["`src/Tag` differ only in letter case"]);
}

/// A disk that takes no more than so much of a file stands for a full one.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let place = Place::notes();
    place.put("entities/note.yaml", ADD_FIELD);
    let before = place.tree();
    // Sources fit, and the description of the service does not; then not even the sources do.
    for limit in ["32", "4"] {
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" generate");
        let ended = std::process::Command::new("bash")
            .args(["-c", &script, crate::support::SVCGEN])
            .current_dir(place.root())
            .output()
            .expect("bash starts");
        Ended::of(ended).is(2, &["File too large"]);
        assert_eq!(place.tree(), before);
    }
    place.ok(&["generate"]);
    assert_ne!(place.tree(), before);
}

#[test]
fn a_second_run_waits_for_the_first() {
    let place = Place::notes();
    let busy = fs::File::options()
        .append(true)
        .open(place.root().join(".svcgen/busy"))
        .expect("there");
    busy.lock().expect("locked");
    let child = place
        .command(&["generate"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("svcgen starts");
    thread::sleep(Duration::from_millis(400));
    busy.unlock().expect("unlocked");
    let ended = Ended::of(child.wait_with_output().expect("ended"));
    ended.is(0, &["Blocking waiting for another svcgen", "Unchanged"]);
}

/// Killed again and again at another moment, and in the end all is as it should be.
#[test]
fn a_killed_run_is_cleared_up_by_the_next() {
    let place = Place::notes();
    let old = place.tree();
    for index in 0..40 {
        place.put(
            &format!("entities/e{index}.yaml"),
            format!("entity: Entity{index}\nfields:\n  name: string\n"),
        );
    }
    let begun = Instant::now();
    let wanted = Place::notes();
    for index in 0..40 {
        wanted.put(
            &format!("entities/e{index}.yaml"),
            format!("entity: Entity{index}\nfields:\n  name: string\n"),
        );
    }
    let started = Instant::now();
    wanted.ok(&["generate"]);
    let whole = started.elapsed();
    let new = wanted.tree();
    for trial in 0..12_u32 {
        let mut child = place
            .command(&["generate", "-q"])
            .spawn()
            .expect("svcgen starts");
        thread::sleep(whole * trial / 12);
        // It may have ended already.
        let _ = child.kill();
        child.wait().expect("ended");
        if begun.elapsed() > Duration::from_secs(60) {
            break;
        }
        let lock = place.read("svcgen.lock").into_bytes();
        assert!(
            lock == old["svcgen.lock"] || lock == new["svcgen.lock"],
            "trial {trial}: a lock of neither state"
        );
    }
    place.ok(&["generate"]);
    assert_eq!(place.tree(), new);
    assert!(!place.has(".svcgen/tx"));
}
