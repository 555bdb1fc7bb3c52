//! One step back: the files as they were before the last run that wrote something.
//!
//! A finished transaction is not thrown away: its journal and the old contents are kept
//! until the next one. Going back is a transaction of its own, so it can be taken back
//! in turn.

use std::io;

use super::{
    Held, ProjectError,
    journal::{self, Step},
    transaction::{self, Change},
};
use crate::reconcile::{path::UNDO, text::Fingerprint};

/// Why nothing is taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// No run is on record.
    #[error("there is nothing to undo: no run of svcgen is on record here")]
    Nothing,
    /// Files say something else than the run left behind.
    #[error("files were changed since: {}", .0.join(", "))]
    Changed(Vec<String>),
    /// The project could not be read or written.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl Held {
    /// The paths that the last run wrote or removed, in its order.
    pub fn last_run(&self) -> Result<Vec<String>, ProjectError> {
        let steps = self.kept_steps()?.unwrap_or_default();
        Ok(steps.into_iter().map(|it| it.path).collect())
    }

    /// Takes the last run back, and answers with the paths that changed. Files that were
    /// changed since are in the way unless they are in `even`, or `force` is set.
    pub fn undo(&self, force: bool, even: &[String]) -> Result<Vec<String>, UndoError> {
        let changes = self.changes_back(force, even)?;
        let paths = changes.iter().map(|it| it.path.clone()).collect();
        self.apply(&changes)?;
        Ok(paths)
    }

    /// What takes the last run back.
    pub(super) fn changes_back(
        &self,
        force: bool,
        even: &[String],
    ) -> Result<Vec<Change>, UndoError> {
        let Some(steps) = self.kept_steps()? else {
            return Err(UndoError::Nothing);
        };
        let mut changes = Vec::new();
        let mut in_the_way = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let now = self.bytes(&step.path)?;
            let print = now.as_deref().map(Fingerprint::of_bytes);
            if print == step.old {
                continue;
            }
            if print != step.new && !force && !even.contains(&step.path) {
                in_the_way.push(step.path.clone());
            }
            changes.push(Change {
                path: step.path.clone(),
                content: self.kept_content(index, step)?,
                before: now.as_deref().map(Fingerprint::of),
            });
        }
        if !in_the_way.is_empty() {
            return Err(UndoError::Changed(in_the_way));
        }
        Ok(changes)
    }

    /// Keeps nothing of the last run, so that it cannot be taken back.
    pub fn forget_last_run(&self) {
        // What stays is refused by `undo`, since the files are others by then.
        let _ = std::fs::remove_dir_all(self.project.root.join(UNDO));
    }

    fn kept_steps(&self) -> Result<Option<Vec<Step>>, ProjectError> {
        let journal = self.project.text(&format!("{UNDO}/journal"))?;
        Ok(journal.as_deref().and_then(journal::parse))
    }

    fn kept_content(&self, index: usize, step: &Step) -> Result<Option<Vec<u8>>, ProjectError> {
        let Some(print) = step.old else {
            return Ok(None);
        };
        let path = format!("{UNDO}/old/{index}");
        let kept = self.bytes(&path)?;
        match kept.filter(|it| Fingerprint::of_bytes(it) == print) {
            Some(content) => Ok(Some(content)),
            None => Err(ProjectError::Read {
                path,
                source: io::Error::other("what was kept there is gone or was changed"),
            }),
        }
    }

    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, ProjectError> {
        transaction::read(&self.project.root.join(path)).map_err(|source| ProjectError::Read {
            path: path.to_owned(),
            source,
        })
    }
}
