//! What a stopped run left behind is finished or taken back, whole.
//!
//! A journal that is not whole means that nothing was changed. A whole one is
//! rolled forward, unless somebody has changed a file in the meantime that it
//! was still to change: then it is rolled back, and that file is left alone.

use std::{fs, io, path::Path};

use super::{
    disk::Disk,
    journal::{self, Step},
    place,
    transaction::{self, Staging},
};
use crate::reconcile::text::Fingerprint;

/// How a stopped run was cleared up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It was finished.
    Forward,
    /// It was taken back; these files had been changed since and were left alone.
    Back(Vec<String>),
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Pending,
    Made,
    TakenBack,
    /// Not made yet, and something else lies there than what was.
    Disturbed,
}

/// Whether a stopped run is waiting to be cleared up.
pub fn is_pending(root: &Path) -> bool {
    transactions(root).is_ok_and(|found| found.iter().any(|it| it.join("journal").exists()))
}

/// Clears up after stopped runs; none is the rule, one the exception.
pub fn recover(disk: &dyn Disk, root: &Path) -> io::Result<Vec<Recovered>> {
    let mut recovered = Vec::new();
    for directory in transactions(root)? {
        let staging = Staging {
            disk,
            root,
            directory,
        };
        let journal =
            transaction::read(&staging.journal())?.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(steps) = journal.as_deref().and_then(journal::parse) {
            // A link that was put in the way since must not lead the changes elsewhere.
            if let Some(obstacle) = steps
                .iter()
                .find_map(|it| place::obstacle_above(root, &it.path))
            {
                return Err(io::Error::other(obstacle));
            }
            recovered.push(resume(&staging, &steps)?);
        } else {
            staging.sweep();
        }
    }
    Ok(recovered)
}

/// The staging directories, oldest first. A link is no staging directory: what it
/// leads to is not ours to remove.
fn transactions(root: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut place = root.to_owned();
    for part in transaction::DIRECTORY.split('/') {
        place.push(part);
        if !fs::symlink_metadata(&place).is_ok_and(|it| it.is_dir()) {
            return Ok(Vec::new());
        }
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn resume(staging: &Staging<'_>, steps: &[Step]) -> io::Result<Recovered> {
    let mut progress = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        progress.push(progress_of(staging, index, step)?);
    }
    // The last step made means that all were; later edits are nobody's business here.
    let complete = progress.last() == Some(&Progress::Made);
    let goes_back = progress
        .iter()
        .any(|it| matches!(it, Progress::TakenBack | Progress::Disturbed));
    if goes_back && !complete {
        return roll_back(staging, steps).map(Recovered::Back);
    }
    if !complete {
        for (index, step) in steps.iter().enumerate() {
            if progress[index] == Progress::Pending {
                staging.make(index, step)?;
            }
        }
        staging.sync_targets(steps)?;
    }
    staging.finish();
    Ok(Recovered::Forward)
}

fn progress_of(staging: &Staging<'_>, index: usize, step: &Step) -> io::Result<Progress> {
    let now = fingerprint(&staging.target(step))?;
    let still_staged = step.new.is_some() && staging.staged(index).exists();
    Ok(if now == step.new {
        Progress::Made
    } else if now == step.old {
        if still_staged || step.new.is_none() {
            Progress::Pending
        } else {
            Progress::TakenBack
        }
    } else if still_staged || step.new.is_none() {
        Progress::Disturbed
    } else {
        // Made, and edited since.
        Progress::Made
    })
}

/// Puts every old file back, last first; names those that were changed by somebody
/// else and are left alone. May be repeated after it was stopped itself.
pub(super) fn roll_back(staging: &Staging<'_>, steps: &[Step]) -> io::Result<Vec<String>> {
    let mut left_alone = Vec::new();
    for (index, step) in steps.iter().enumerate().rev() {
        let target = staging.target(step);
        let now = fingerprint(&target)?;
        if now == step.old {
            continue;
        }
        if now != step.new {
            left_alone.push(step.path.clone());
        } else if step.old.is_some() {
            staging.disk.rename(&staging.kept(index), &target)?;
        } else {
            staging.disk.remove_file(&target)?;
            staging.prune(step);
        }
    }
    staging.sweep();
    Ok(left_alone)
}

fn fingerprint(path: &Path) -> io::Result<Option<Fingerprint>> {
    Ok(transaction::read(path)?.map(|bytes| Fingerprint::of_bytes(&bytes)))
}
