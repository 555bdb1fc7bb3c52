//! All or nothing: many files change as one.
//!
//! New contents are staged in `.svcgen/tx/<id>/new`, the old ones get a second
//! name in `old`, and a journal says what is to change. Once the journal is
//! stored the transaction happened: whoever comes next finishes it. Then each
//! staged file is renamed to its place, the lock last. A failure on the way puts
//! the old files back. What was made is kept for `undo`. Knows neither schemas nor ownership.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    disk::Disk,
    journal::{self, Step},
    recovery,
};
use crate::{
    parallel,
    reconcile::{path::UNDO, text::Fingerprint},
};

/// Where transactions are staged, relative to the project.
pub const DIRECTORY: &str = ".svcgen/tx";

/// How many files are read or stored at a time: more than there are processors, since most of
/// it is waiting.
pub(super) const THREADS: usize = 8;

/// A file to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the project, with forward slashes.
    pub path: String,
    /// The content it gets; `None` removes it.
    pub content: Option<Vec<u8>>,
    /// What lay there when the change was decided; `None` when nothing did.
    pub before: Option<Fingerprint>,
}

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// Nothing was changed, or everything was put back.
    #[error("cannot write `{path}`; nothing was changed")]
    Refused {
        /// The path of the trouble.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Neither could it be finished nor put back now; the next run will try again.
    #[error(
        "cannot write `{path}`, and cannot put back what was there; run svcgen again when the disk is well"
    )]
    Stuck {
        /// The path of the trouble.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A staged transaction.
pub(super) struct Staging<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) root: &'a Path,
    /// The transaction's own directory.
    pub(super) directory: PathBuf,
}

/// Makes all changes, in order, or none.
pub fn commit(disk: &dyn Disk, root: &Path, changes: &[Change]) -> Result<(), TransactionError> {
    if changes.is_empty() {
        return Ok(());
    }
    let directory = root.join(DIRECTORY).join(fresh_id());
    let staging = Staging {
        disk,
        root,
        directory,
    };
    let steps = match staging.stage(changes) {
        Ok(steps) => steps,
        Err((path, source)) => {
            // What was staged is no harm: the next run sweeps it up if this cannot.
            let _ = disk.remove_tree(&staging.directory);
            return Err(TransactionError::Refused { path, source });
        }
    };
    if let Err((path, source)) = staging.make_all(&steps) {
        return Err(match recovery::roll_back(&staging, &steps) {
            Ok(_) => TransactionError::Refused { path, source },
            Err(_) => TransactionError::Stuck { path, source },
        });
    }
    staging.finish();
    Ok(())
}

type Trouble = (String, io::Error);

impl Staging<'_> {
    pub(super) fn staged(&self, index: usize) -> PathBuf {
        self.directory.join("new").join(index.to_string())
    }

    pub(super) fn kept(&self, index: usize) -> PathBuf {
        self.directory.join("old").join(index.to_string())
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.directory.join("journal")
    }

    pub(super) fn target(&self, step: &Step) -> PathBuf {
        self.root.join(&step.path)
    }

    fn stage(&self, changes: &[Change]) -> Result<Vec<Step>, Trouble> {
        let here = |error| (DIRECTORY.to_owned(), error);
        let (new, old) = (self.directory.join("new"), self.directory.join("old"));
        self.disk.make_directory(&new).map_err(here)?;
        self.disk.make_directory(&old).map_err(here)?;
        let steps = self.stage_files(changes)?;
        for directory in [&new, &old] {
            self.disk.sync_directory(directory).map_err(here)?;
        }
        let draft = self.directory.join("draft");
        self.disk
            .write_new(&draft, journal::render(&steps).as_bytes(), None)
            .map_err(here)?;
        self.disk.rename(&draft, &self.journal()).map_err(here)?;
        // From here on the transaction counts as made, so an error must take it back.
        if let Err(error) = self.disk.sync_directory(&self.directory) {
            let _ = self.disk.remove_file(&self.journal());
            return Err(here(error));
        }
        Ok(steps)
    }

    fn stage_files(&self, changes: &[Change]) -> Result<Vec<Step>, Trouble> {
        parallel::map(changes, THREADS, |index, change| {
            self.stage_one(index, change)
        })
        .into_iter()
        .collect()
    }

    fn stage_one(&self, index: usize, change: &Change) -> Result<Step, Trouble> {
        let trouble = |error| (change.path.clone(), error);
        let target = self.root.join(&change.path);
        let old = read(&target).map_err(trouble)?;
        if old.as_deref().map(Fingerprint::of) != change.before {
            return Err(trouble(io::Error::other(
                "it was changed by somebody else while svcgen was running",
            )));
        }
        if old.is_some() {
            self.disk
                .keep_copy(&target, &self.kept(index))
                .map_err(trouble)?;
        }
        if let Some(content) = &change.content {
            self.disk
                .write_new(
                    &self.staged(index),
                    content,
                    old.as_ref().map(|_| target.as_path()),
                )
                .map_err(trouble)?;
        }
        let print = |bytes: &[u8]| Fingerprint::of_bytes(bytes);
        Ok(Step {
            path: change.path.clone(),
            old: old.as_deref().map(print),
            new: change.content.as_deref().map(print),
        })
    }

    fn make_all(&self, steps: &[Step]) -> Result<(), Trouble> {
        for (index, step) in steps.iter().enumerate() {
            self.make(index, step)
                .map_err(|error| (step.path.clone(), error))?;
        }
        self.sync_targets(steps)
            .map_err(|error| (DIRECTORY.to_owned(), error))
    }

    /// Makes one change that was not made yet.
    pub(super) fn make(&self, index: usize, step: &Step) -> io::Result<()> {
        let target = self.target(step);
        if step.new.is_none() {
            return self.disk.remove_file(&target);
        }
        if let Some(parent) = target.parent().filter(|it| !it.is_dir()) {
            self.disk.make_directory(parent)?;
        }
        self.disk.rename(&self.staged(index), &target)
    }

    pub(super) fn sync_targets(&self, steps: &[Step]) -> io::Result<()> {
        // A directory that was made has its name in the one above.
        let directories: BTreeSet<&Path> = steps
            .iter()
            .filter_map(|it| Path::new(&it.path).parent())
            .flat_map(Path::ancestors)
            .collect();
        let directories: Vec<_> = directories
            .into_iter()
            .map(|it| self.root.join(it))
            .filter(|it| it.is_dir())
            .collect();
        parallel::map(&directories, THREADS, |_, it| self.disk.sync_directory(it))
            .into_iter()
            .collect::<io::Result<()>>()?;
        for step in steps.iter().filter(|it| it.new.is_none()) {
            self.prune(step);
        }
        Ok(())
    }

    /// Removes the directories above a removed file that are empty now.
    pub(super) fn prune(&self, step: &Step) {
        let target = self.target(step);
        for directory in target.ancestors().skip(1).take_while(|it| *it != self.root) {
            if self.disk.remove_empty_directory(directory).is_err() {
                break;
            }
        }
    }

    /// Keeps a transaction that was made, in place of the one before, to be taken back.
    /// Until it is in its new place the next run finds it here, and finishes it again.
    pub(super) fn finish(&self) {
        let undo = self.root.join(UNDO);
        // One that cannot be removed makes the renaming fail, which is seen to below.
        let _ = self.disk.remove_tree(&undo);
        if self.disk.rename(&self.directory, &undo).is_err() {
            return self.sweep();
        }
        let _ = self.disk.remove_empty_directory(&self.root.join(DIRECTORY));
    }

    /// Forgets the transaction: the journal first, since without it the rest is litter.
    pub(super) fn sweep(&self) {
        // What cannot be removed now is removed by the next run.
        let _ = self.disk.remove_file(&self.journal());
        let _ = self.disk.remove_tree(&self.directory);
        let _ = self.disk.remove_empty_directory(&self.root.join(DIRECTORY));
    }
}

/// Storing a file means waiting for the disk; several threads wait together.
/// The content of a file, or `None` where there is nothing.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn fresh_id() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("{}-{}", now.as_millis(), std::process::id())
}
