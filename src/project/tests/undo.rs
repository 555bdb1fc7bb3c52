//! Undo, stopped at every step: it leaves the state before it or the one after it.

use super::*;
use crate::project::{Held, Project};

/// A project in which a run was just made.
fn after_a_run() -> TempDir {
    let place = old_project();
    put(place.path(), "svcgen.yaml", "svcgen: 1\n");
    transaction::commit(&RealDisk, place.path(), &changes()).expect("committed");
    place
}

fn held(place: &TempDir) -> Held {
    let project = Project::at(place.path()).expect("a project");
    project.hold(|_| {}).expect("held").0
}

fn files(place: &TempDir) -> Tree {
    let mut files = tree(place.path());
    files.retain(|path, _| !path.starts_with(".svcgen/"));
    files
}

#[test]
fn an_undo_that_is_stopped_at_any_step_leaves_one_of_both_states() {
    let place = after_a_run();
    let done = files(&place);
    held(&place).undo(false, &[]).expect("undone");
    let undone = files(&place);
    assert_ne!(done, undone);
    let (mut before, mut after) = (0, 0);
    for operations in 0.. {
        let place = after_a_run();
        let disk = FaultyDisk::after(operations, Fault::Stop);
        let back = held(&place).changes_back(false, &[]).expect("changes");
        let _ = transaction::commit(&disk, place.path(), &back);
        if !disk.has_failed() {
            break;
        }
        recovery::recover(&RealDisk, place.path()).expect("recovered");
        let now = files(&place);
        assert!(
            now == done || now == undone,
            "stopped after {operations} operations: {now:#?}"
        );
        if now == done { before += 1 } else { after += 1 }
    }
    assert!(before > 10 && after > 10, "{before} before, {after} after");
}
