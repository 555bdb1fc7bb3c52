//! A project on the disk: found, read, and written as one.
//!
//! The only module that reads and writes the project's files. What they mean is
//! decided elsewhere; here they are bytes at paths.

pub mod copies;
pub mod disk;
pub mod git;
mod journal;
pub mod note;
pub mod place;
pub mod recovery;
pub mod schema;
pub mod transaction;
pub mod undo;

use std::{
    cell::Cell,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Component, Path, PathBuf},
};

use self::{
    disk::RealDisk,
    place::Obstacle,
    recovery::Recovered,
    transaction::{Change, TransactionError},
};
use crate::reconcile::{OnDisk, text::Fingerprint};

pub use schema::SchemaFile;

/// The file that makes a directory a project.
pub const SCHEMA_FILE: &str = "svcgen.yaml";
/// The lock, relative to the project.
pub const LOCK_FILE: &str = "svcgen.lock";
/// The tables of the last generation, relative to the project.
pub const TABLES_FILE: &str = ".svcgen/tables.json";

/// Holds one run at a time inside a project.
const BUSY_FILE: &str = ".svcgen/busy";
/// What went wrong between svcgen and the disk.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no project where one was looked for.
    #[error("there is no `svcgen.yaml` in `{0}`{1}")]
    NotFound(PathBuf, &'static str),
    /// The service file is called otherwise.
    #[error("`{}` is not read: the service file is called `{SCHEMA_FILE}`", .0.display())]
    Misnamed(PathBuf),
    /// What is called like the service file is no file.
    #[error("`{}` is {}, and the service file is to be there", .0.display(), .1)]
    NoFile(PathBuf, &'static str),
    /// A file or directory could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file, relative to the project.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The project cannot be held for a run.
    #[error("cannot open `{BUSY_FILE}`, which keeps two runs apart")]
    Busy(#[source] io::Error),
    /// A stopped run could not be cleared up.
    #[error("cannot clear up after a run that was stopped")]
    Recovery(#[source] io::Error),
    /// Files cannot be written; none was.
    #[error("{}", list(.0))]
    Obstacles(Vec<Obstacle>),
    /// The changes were not made.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

fn list(obstacles: &[Obstacle]) -> String {
    let lines: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// A project's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// A project held for one run; others wait until it is dropped.
#[derive(Debug)]
pub struct Held {
    project: Project,
    // Held by being open.
    _busy: File,
    /// Whether nothing of svcgen's was there before and nothing was written since.
    is_new: Cell<bool>,
}

impl Project {
    /// The project whose directory this is.
    pub fn at(root: &Path) -> Result<Self, ProjectError> {
        if schema::is_service(root)? {
            Ok(Self {
                root: root.to_owned(),
            })
        } else {
            Err(ProjectError::NotFound(root.to_owned(), ""))
        }
    }

    /// The project that a directory belongs to: the nearest `svcgen.yaml` there or above.
    pub fn discover(from: &Path) -> Result<Self, ProjectError> {
        for root in from.ancestors() {
            if schema::is_service(root)? {
                return Ok(Self {
                    root: root.to_owned(),
                });
            }
        }
        Err(ProjectError::NotFound(from.to_owned(), " or above"))
    }

    /// A directory that is to become a project.
    pub fn new_at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The project's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The project's directory, or the nearest one above that is there already.
    pub fn nearest_directory(&self) -> &Path {
        let mut above = self.root.ancestors();
        above.find(|it| it.is_dir()).unwrap_or(&self.root)
    }

    /// `svcgen.yaml` and `entities/*.yaml`, sorted by path.
    pub fn schema(&self) -> Vec<SchemaFile> {
        schema::files(&self.root)
    }

    /// The lock's text, if there is one.
    pub fn lock_text(&self) -> Result<Option<String>, ProjectError> {
        self.text(LOCK_FILE)
    }

    /// The text of a file that svcgen wrote for itself, if it is there.
    pub fn text(&self, path: &str) -> Result<Option<String>, ProjectError> {
        let bytes =
            transaction::read(&self.root.join(path)).map_err(|error| read_error(path, error))?;
        // What is not UTF-8 was not written by svcgen; its reader will say what is wrong with it.
        Ok(bytes.map(|it| String::from_utf8_lossy(&it).into_owned()))
    }

    /// Reads what lies at each path that is not known yet; free paths stay out.
    pub fn look<'a>(
        &self,
        paths: impl Iterator<Item = &'a str>,
        found: &mut OnDisk,
    ) -> Result<(), ProjectError> {
        let mut unknown: Vec<&str> = paths.filter(|it| !found.contains_key(*it)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let looked = place::look_all(&self.root, &unknown);
        let looked = looked.map_err(|(path, error)| read_error(&path, error))?;
        found.extend(looked.into_iter().map(|(path, it)| (path.to_owned(), it)));
        Ok(())
    }

    /// The fingerprint of the rustfmt configuration that holds for the project: the
    /// nearest one there or above, as rustfmt itself looks for it.
    pub fn rustfmt_configuration(&self) -> Option<Fingerprint> {
        let root = fs::canonicalize(&self.root).or_else(|_| std::path::absolute(&self.root));
        let root = root.unwrap_or_else(|_| self.root.clone());
        root.ancestors()
            .flat_map(|directory| {
                [
                    directory.join(".rustfmt.toml"),
                    directory.join("rustfmt.toml"),
                ]
            })
            .find_map(|file| fs::read(file).ok())
            .map(|bytes| Fingerprint::of(&bytes))
    }

    /// The Rust files below `src` and `tests`, sorted; links are not followed.
    pub fn rust_files(&self) -> Result<Vec<String>, ProjectError> {
        let mut paths = Vec::new();
        for folder in ["src", "tests"] {
            let top = self.root.join(folder);
            if !top.is_dir() {
                continue;
            }
            for entry in walkdir::WalkDir::new(top).sort_by_file_name() {
                let entry = entry.map_err(|error| read_error(folder, error.into()))?;
                let path = entry
                    .path()
                    .strip_prefix(&self.root)
                    .unwrap_or(entry.path());
                let is_rust = path.extension().is_some_and(|it| it == "rs");
                if entry.file_type().is_file() && is_rust {
                    paths.push(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        Ok(paths)
    }

    /// The files that people write, sorted: what is hidden, built, vendored or the schema is left
    /// out, and links are not followed.
    pub fn files(&self) -> Result<Vec<String>, ProjectError> {
        const LEFT_OUT: [&str; 6] = [
            "target",
            "vendor",
            "node_modules",
            "migrations",
            "entities",
            "data",
        ];
        let is_looked_into = |entry: &walkdir::DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0
                || !(name.starts_with('.') || entry.depth() == 1 && LEFT_OUT.contains(&&*name))
        };
        let mut paths = Vec::new();
        let walk = walkdir::WalkDir::new(&self.root).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(is_looked_into) {
            let entry = entry.map_err(|error| read_error("the project", error.into()))?;
            if entry.file_type().is_file()
                && let Ok(path) = entry.path().strip_prefix(&self.root)
            {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(paths)
    }

    /// The names of the folders of migrations, sorted.
    pub fn migrations(&self) -> Result<Vec<String>, ProjectError> {
        let error = |source| read_error("migrations", source);
        let entries = match fs::read_dir(self.root.join("migrations")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(error)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(error)?;
            if entry.file_type().map_err(error)?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The path of a file as the lock has it, from what was typed: relative to the working
    /// directory where that is in the project, otherwise to the project. Links are not followed.
    pub fn path_of(&self, typed: &Path) -> Option<String> {
        let plain = |path: &Path| -> Option<PathBuf> {
            let mut plain = PathBuf::new();
            for part in path.components() {
                match part {
                    Component::ParentDir if !plain.pop() => return None,
                    Component::ParentDir | Component::CurDir => {}
                    part => plain.push(part),
                }
            }
            Some(plain)
        };
        let absolute = |path: &Path| plain(&std::path::absolute(path).ok()?);
        let root = absolute(&self.root)?;
        let from_here = absolute(typed)?
            .strip_prefix(&root)
            .ok()
            .map(Path::to_owned);
        let inside = match from_here {
            Some(path) => path,
            None if typed.is_relative() => plain(typed)?,
            None => return None,
        };
        Some(inside.to_string_lossy().replace('\\', "/"))
    }

    /// Whether a stopped run is waiting to be cleared up.
    pub fn is_interrupted(&self) -> bool {
        recovery::is_pending(&self.root)
    }

    /// Whether there is anything on record of an earlier run.
    pub fn was_generated(&self) -> bool {
        let is_there = |path: &str| self.root.join(path).exists();
        is_there(LOCK_FILE) || is_there(TABLES_FILE)
    }

    /// Whether a run was here before, so that holding the project leaves nothing new behind.
    pub fn was_held(&self) -> bool {
        self.root.join(BUSY_FILE).exists()
    }

    /// Holds the project for one run, waiting for another to end (after `waiting` was
    /// called with what is known of it), and clears up after one that was stopped.
    pub fn hold(self, waiting: impl FnOnce(&str)) -> Result<(Held, Vec<Recovered>), ProjectError> {
        if let Some(obstacle) = place::obstacle_above(&self.root, BUSY_FILE) {
            return Err(ProjectError::Obstacles(vec![obstacle]));
        }
        let (busy, is_new) = locked(&self.root, waiting).map_err(ProjectError::Busy)?;
        introduce(&busy);
        let recovered = recovery::recover(&RealDisk, &self.root).map_err(ProjectError::Recovery)?;
        let held = Held {
            project: self,
            _busy: busy,
            is_new: Cell::new(is_new),
        };
        Ok((held, recovered))
    }
}

/// The file that a run holds, locked, and whether nothing was there before.
fn locked(root: &Path, waiting: impl FnOnce(&str)) -> io::Result<(File, bool)> {
    let path = root.join(BUSY_FILE);
    let mut waiting = Some(waiting);
    loop {
        let is_new = !root.join(".svcgen").exists();
        fs::create_dir_all(root.join(".svcgen"))?;
        let busy = File::options().create(true).append(true).open(&path)?;
        match busy.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if let Some(waiting) = waiting.take() {
                    let holder = fs::read_to_string(&path).unwrap_or_default();
                    waiting(holder.lines().next().unwrap_or_default());
                }
                busy.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The first run in a directory may have ended without a word and taken the file along.
        if is_at(&busy, &path) {
            return Ok((busy, is_new));
        }
    }
}

/// Whether an open file is still the one at its path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => same(&open, &there),
        _ => false,
    }
}

/// Whether an open file is still the one at its path: elsewhere an open file stays where it is.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

impl Drop for Held {
    /// A run that refused leaves a directory as it was.
    fn drop(&mut self) {
        if self.is_new.get() {
            Self::release(&self.project.root);
        }
    }
}

impl Held {
    /// Removes what holding a project leaves in a directory that did not become one.
    /// Only what is empty goes.
    pub fn forget(root: &Path) {
        Self::release(root);
        let _ = fs::remove_dir(root);
    }

    /// Whatever is there after all stays, so a failure needs no word.
    fn release(root: &Path) {
        let _ = fs::remove_file(root.join(BUSY_FILE));
        let _ = fs::remove_dir(root.join(".svcgen"));
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Makes the changes, all or none, in their order.
    pub fn apply(&self, changes: &[Change]) -> Result<(), ProjectError> {
        let obstacles = place::obstacles(&self.project.root, changes);
        if !obstacles.is_empty() {
            return Err(ProjectError::Obstacles(obstacles));
        }
        // Even what fails may have left something that a later run clears up.
        self.is_new.set(false);
        Ok(transaction::commit(&RealDisk, &self.project.root, changes)?)
    }
}

/// Writes who holds the project, for whoever waits; nothing depends on it.
fn introduce(mut busy: &File) {
    let arguments: Vec<_> = std::env::args().skip(1).take(8).collect();
    let command: String = arguments
        .join(" ")
        .chars()
        .filter(|it| !it.is_control())
        .take(80)
        .collect();
    let _ = busy.set_len(0);
    let _ = writeln!(busy, "process {}: svcgen {command}", std::process::id());
}

pub(super) fn read_error(path: &str, source: io::Error) -> ProjectError {
    ProjectError::Read {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
