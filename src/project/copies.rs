//! What a project keeps for merges: copies of what was generated, the files whose
//! conflicts are not resolved, and the report of a run that was refused.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Project, ProjectError, place, read_error};
use crate::reconcile::path::{self, CONFLICTS, COPIES};

/// Which files have unresolved conflicts, a line each, relative to the project.
pub const UNRESOLVED_FILE: &str = ".svcgen/conflicts/unresolved";

impl Project {
    /// The copies of what was generated, by the path of the file that was edited.
    pub fn copies(&self) -> Result<BTreeMap<String, Vec<u8>>, ProjectError> {
        let mut found = BTreeMap::new();
        // A link is no directory of ours: what it leads to is not looked at.
        if place::obstacle_above(&self.root, &format!("{COPIES}/any")).is_some() {
            return Ok(found);
        }
        let mut directories = vec![self.root.join(COPIES)];
        while let Some(directory) = directories.pop() {
            let entries = match fs::read_dir(&directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(|error| read_error(COPIES, error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| read_error(COPIES, error))?;
                let kind = entry
                    .file_type()
                    .map_err(|error| read_error(COPIES, error))?;
                if kind.is_dir() {
                    directories.push(entry.path());
                } else if kind.is_file()
                    && let Some(path) = self.copied_path(&entry.path())
                {
                    let bytes =
                        fs::read(entry.path()).map_err(|error| read_error(COPIES, error))?;
                    found.insert(path, bytes);
                }
            }
        }
        Ok(found)
    }

    fn copied_path(&self, copy: &Path) -> Option<String> {
        let path = copy.strip_prefix(self.root.join(COPIES)).ok()?;
        let path = path.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        path::check(&path).is_ok().then_some(path)
    }

    /// The files with unresolved conflicts, and what git's index had of each.
    pub fn unresolved(&self) -> Result<BTreeMap<String, Option<String>>, ProjectError> {
        let text = self.text(UNRESOLVED_FILE)?.unwrap_or_default();
        let read = |line: &str| {
            let (entry, path) = line.split_once('\t')?;
            path::check(path).ok()?;
            Some((path.to_owned(), (entry != "-").then(|| entry.to_owned())))
        };
        Ok(text.lines().filter_map(read).collect())
    }

    /// Forgets that there were conflicts.
    pub fn forget_unresolved(&self) -> Result<(), ProjectError> {
        match fs::remove_file(self.root.join(UNRESOLVED_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(read_error(UNRESOLVED_FILE, error))
            }
            _ => Ok(()),
        }
    }

    /// Leaves a list and a patch for whoever reads the message, and says where. They are
    /// no part of the project's state: git ignores them, and the next run replaces them.
    pub fn leave_report(&self, list: &str, patch: &str) -> io::Result<(PathBuf, PathBuf)> {
        let directory = Path::new(CONFLICTS);
        if let Some(obstacle) = place::obstacle_above(&self.root, &format!("{CONFLICTS}/list")) {
            return Err(io::Error::other(obstacle));
        }
        fs::create_dir_all(self.root.join(directory))?;
        let (list_file, patch_file) = (directory.join("list"), directory.join("changes.patch"));
        fs::write(self.root.join(&list_file), list)?;
        fs::write(self.root.join(&patch_file), patch)?;
        Ok((list_file, patch_file))
    }
}

/// The files with unresolved conflicts as text; the other way of [`Project::unresolved`].
pub fn unresolved_text<'a>(files: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let mut text = String::new();
    for (path, entry) in files {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\t{path}", entry.unwrap_or("-"));
    }
    text
}
