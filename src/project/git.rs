//! The little that svcgen asks of git: contents by name, the index, and a repository
//! for a new project. Git may be missing; then it knows nothing.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::reconcile::text::BlobId;

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

/// The repository that a project is in, if it is in one and git is there.
#[derive(Debug, Clone)]
pub struct Git {
    directory: PathBuf,
    /// From the repository's top to the project, with a slash at the end, or empty.
    prefix: String,
}

/// One side of a merge that git has not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What both sides began with.
    Base = 1,
    /// The branch that is checked out.
    Ours = 2,
    /// The branch that is merged into it.
    Theirs = 3,
}

impl Git {
    /// The repository that a directory is in.
    pub fn of(directory: &Path) -> Option<Self> {
        let bare = Self {
            directory: directory.to_owned(),
            prefix: String::new(),
        };
        let prefix = bare.ask(&["rev-parse", "--show-prefix"])?;
        Some(Self {
            prefix: String::from_utf8(prefix).ok()?.trim_end().to_owned(),
            ..bare
        })
    }

    /// The content of this name.
    pub fn blob(&self, id: BlobId) -> Option<Vec<u8>> {
        self.ask(&["cat-file", "blob", &id.to_string()])
    }

    /// What the last commit has at a path.
    pub fn committed(&self, path: &str) -> Option<Vec<u8>> {
        let name = format!("HEAD:{}{path}", self.prefix);
        self.ask(&["cat-file", "blob", &name])
    }

    /// What one side of a merge has at a path that git could not merge, or, where the merge is
    /// committed by now, that both sides had changed.
    pub fn stage(&self, path: &str, stage: Stage) -> Option<Vec<u8>> {
        let name = format!(":{}:{}{path}", stage as u8, self.prefix);
        let blob = |name: &str| self.ask(&["cat-file", "blob", name]);
        blob(&name).or_else(|| {
            let parent = match stage {
                Stage::Base => return None,
                Stage::Ours => "HEAD^1",
                Stage::Theirs => "HEAD^2",
            };
            let is_contested =
                self.content_name("HEAD^2", path)? != self.content_name("HEAD^1", path)?;
            is_contested.then(|| blob(&format!("{parent}:{}{path}", self.prefix)))?
        })
    }

    /// Whether a merge has left one side's version of a file: because it is not finished, or
    /// because it was committed so, and nobody has written the file since.
    pub fn is_unmerged(&self, path: &str) -> bool {
        let listed = self.ask(&["ls-files", "--unmerged", "--", path]);
        if listed.is_some_and(|it| !it.is_empty()) {
            return true;
        }
        let Some(theirs) = self.content_name("HEAD^2", path) else {
            return false;
        };
        let (ours, head) = (
            self.content_name("HEAD^1", path),
            self.content_name("HEAD", path),
        );
        ours.as_ref() != Some(&theirs)
            && head == ours
            && self.ask(&["diff", "--quiet", "HEAD", "--", path]).is_some()
    }

    /// The name of a file's content in a commit.
    fn content_name(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let name = format!("{commit}:{}{path}", self.prefix);
        self.ask(&["rev-parse", "--verify", "--quiet", &name])
    }

    /// What the index has of a path, `MODE ID`, unless it is in conflict or not there.
    pub fn entry(&self, path: &str) -> Option<String> {
        let listed = self.ask(&["ls-files", "--stage", "-z", "--", path])?;
        let listed = String::from_utf8(listed).ok()?;
        let (entry, _) = listed.strip_suffix('\0')?.split_once('\t')?;
        entry.strip_suffix(" 0").map(str::to_owned)
    }

    /// The files of the project that git has no commit of as they are, relative to the project.
    pub fn uncommitted(&self) -> Option<Vec<String>> {
        let listed = self.ask(&[
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--",
            ".",
        ])?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let mut entries = listed.split('\0').filter(|it| it.len() > 3);
        let mut paths = Vec::new();
        while let Some(entry) = entries.next() {
            let path = &entry[3..];
            paths.push(path.strip_prefix(&self.prefix).unwrap_or(path).to_owned());
            if entry.starts_with(['R', 'C']) {
                // Where it came from stands by itself.
                entries.next();
            }
        }
        Some(paths)
    }

    /// Tells the index that a file is in conflict, as a merge does: what was last
    /// generated, its owner's text, and what is generated now.
    pub fn mark(&self, path: &str, mode: &str, versions: &[Vec<u8>; 3]) -> Option<()> {
        let mut lines = self.removal(path);
        for (stage, content) in (1..).zip(versions) {
            let id = self.tell(&["hash-object", "-w", "--stdin"], content)?;
            let id = String::from_utf8(id).ok()?;
            let (id, prefix) = (id.trim_end(), &self.prefix);
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{mode} {id} {stage}\t{prefix}{path}");
        }
        self.index(&lines)
    }

    /// Tells the index what it said of a file before it was marked.
    pub fn restore(&self, path: &str, entry: &str) -> Option<()> {
        let line = format!("{entry} 0\t{}{path}\n", self.prefix);
        self.index(&(self.removal(path) + &line))
    }

    /// Tells the index that a conflict is resolved: the file is as it lies there.
    pub fn add(&self, path: &str) -> Option<()> {
        self.ask(&["add", "--", path]).map(|_| ())
    }

    fn removal(&self, path: &str) -> String {
        format!("0 {} 0\t{}{path}\n", "0".repeat(40), self.prefix)
    }

    fn index(&self, lines: &str) -> Option<()> {
        self.tell(&["update-index", "--index-info"], lines.as_bytes())
            .map(|_| ())
    }

    fn ask(&self, arguments: &[&str]) -> Option<Vec<u8>> {
        let output = git(&self.directory).args(arguments).output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    fn tell(&self, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
        let mut child = git(&self.directory)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        // Both commands read all of their input before they answer.
        child.stdin.take()?.write_all(input).ok()?;
        let output = child.wait_with_output().ok()?;
        output.status.success().then_some(output.stdout)
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
