//! The little that svcgen asks of git: whether a directory is in a repository,
//! and to make it one.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// What became of the wish for a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repository {
    /// It was made.
    Made,
    /// The directory is inside one already.
    Inside,
    /// There is no git, or it would not; this is what was heard.
    Failed(String),
}

/// Makes a directory a repository, unless it is inside one.
pub fn init(directory: &Path) -> Repository {
    match git(directory)
        .args(["rev-parse", "--is-inside-work-tree"])
        .output()
    {
        Ok(output) if output.status.success() => return Repository::Inside,
        Ok(_) => {}
        Err(error) => return Repository::Failed(format!("git could not be started: {error}")),
    }
    match git(directory).args(["init", "--quiet"]).output() {
        Ok(output) if output.status.success() => Repository::Made,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Repository::Failed(said.lines().next().unwrap_or("git init failed").to_owned())
        }
        Err(error) => Repository::Failed(error.to_string()),
    }
}

/// Git in that directory, whatever repository the caller's environment speaks of.
fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).stdin(Stdio::null());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command
}
