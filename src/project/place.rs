//! What lies at a path of the project, and whether a file may be put there.
//!
//! Never looks through a symbolic link: one in the way is an obstacle, wherever
//! it leads.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::transaction::{Change, THREADS};
use crate::{parallel, reconcile::Found};

/// Why a path cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The file may not be written.
    #[error("`{0}` is read-only")]
    ReadOnly(String),
    /// A symbolic link stands there, or in a directory above.
    #[error("`{0}` is a symbolic link, and svcgen does not write through links")]
    Link(String),
    /// A directory stands where a file is to be.
    #[error("`{0}` is a directory, and a file is to be there")]
    Directory(String),
    /// A file stands where a directory is to be.
    #[error("`{0}` is a file, and a directory is to be there")]
    File(String),
    /// A name differs only in letter case, and would be the same on some systems.
    #[error("`{planned}` and `{there}` differ only in letter case")]
    Case {
        /// What is to be written.
        planned: String,
        /// What is there.
        there: String,
    },
    /// The system would not tell.
    #[error("cannot look at `{path}`: {reason}")]
    Unknown {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// Reads what lies at a path; `None` where there is nothing.
pub fn look(root: &Path, path: &str) -> io::Result<Option<Found>> {
    look_at(&mut Above::new(root), path)
}

/// How many paths one thread reads before it asks for more: neighbours share the directories
/// above them.
const SHARE: usize = 64;

/// Reads what lies at each path; free ones stay out. An error comes with its path.
pub fn look_all<'a>(
    root: &Path,
    paths: &[&'a str],
) -> Result<Vec<(&'a str, Found)>, (String, io::Error)> {
    let shares: Vec<&[&str]> = paths.chunks(SHARE).collect();
    let looked = parallel::map(&shares, THREADS, |_, share| {
        let mut above = Above::new(root);
        let one = |path: &&'a str| match look_at(&mut above, path) {
            Ok(found) => found.map(|it| Ok((*path, it))),
            Err(error) => Some(Err(((*path).to_owned(), error))),
        };
        share.iter().filter_map(one).collect::<Result<Vec<_>, _>>()
    });
    let mut found = Vec::with_capacity(paths.len());
    for share in looked {
        found.extend(share?);
    }
    Ok(found)
}

fn look_at(above: &mut Above<'_>, path: &str) -> io::Result<Option<Found>> {
    if let Some(obstacle) = above.obstacle(path) {
        return Ok(match obstacle {
            Obstacle::Link(_) => Some(Found::Other("behind a symbolic link")),
            Obstacle::File(_) => Some(Found::Other("below a file where a directory is to be")),
            _ => None,
        });
    }
    let target = above.root.join(path);
    let kind = match fs::symlink_metadata(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?.file_type(),
    };
    Ok(Some(if kind.is_file() {
        Found::file(fs::read(&target)?)
    } else if kind.is_dir() {
        Found::Other("a directory")
    } else if kind.is_symlink() {
        Found::Other("a symbolic link")
    } else {
        Found::Other("no ordinary file")
    }))
}

/// A link or a file among the directories above a path.
pub fn obstacle_above(root: &Path, path: &str) -> Option<Obstacle> {
    Above::new(root).obstacle(path)
}

/// The directories above several paths, each looked at once.
struct Above<'a> {
    root: &'a Path,
    sound: BTreeSet<String>,
}

impl<'a> Above<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            sound: BTreeSet::new(),
        }
    }

    fn obstacle(&mut self, path: &str) -> Option<Obstacle> {
        for (at, _) in path.match_indices('/') {
            let above = &path[..at];
            if self.sound.contains(above) {
                continue;
            }
            match fs::symlink_metadata(self.root.join(above)) {
                Ok(it) if it.is_symlink() => return Some(Obstacle::Link(above.to_owned())),
                Ok(it) if !it.is_dir() => return Some(Obstacle::File(above.to_owned())),
                Ok(_) => self.sound.insert(above.to_owned()),
                Err(_) => return None,
            };
        }
        None
    }
}

/// Everything that would make the changes fail, found before the first of them.
pub fn obstacles(root: &Path, changes: &[Change]) -> Vec<Obstacle> {
    let mut names = Names::default();
    let mut above = Above::new(root);
    let mut found = Vec::new();
    for change in changes {
        let path = change.path.as_str();
        if let Some(obstacle) = above.obstacle(path).or_else(|| obstacle_at(root, path)) {
            found.push(obstacle);
        } else if let Some(obstacle) = change
            .content
            .as_ref()
            .and_then(|_| names.clash(root, path))
        {
            found.push(obstacle);
        }
    }
    found.dedup();
    found
}

fn obstacle_at(root: &Path, path: &str) -> Option<Obstacle> {
    let target = root.join(path);
    match fs::symlink_metadata(&target) {
        Ok(it) if it.is_symlink() => Some(Obstacle::Link(path.to_owned())),
        Ok(it) if it.is_dir() => Some(Obstacle::Directory(path.to_owned())),
        Ok(it) if it.permissions().readonly() => Some(Obstacle::ReadOnly(path.to_owned())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Some(Obstacle::Unknown {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
        _ => {
            let above = target.ancestors().skip(1).find(|it| it.exists())?;
            let is_locked = fs::metadata(above).is_ok_and(|it| it.permissions().readonly());
            let name = above
                .strip_prefix(root)
                .unwrap_or(above)
                .display()
                .to_string();
            is_locked.then(|| {
                Obstacle::ReadOnly(if name.is_empty() {
                    ".".to_owned()
                } else {
                    name
                })
            })
        }
    }
}

/// The names in the directories that were looked into, by their lower case.
#[derive(Default)]
struct Names {
    directories: BTreeMap<PathBuf, BTreeMap<String, BTreeSet<String>>>,
}

impl Names {
    fn clash(&mut self, root: &Path, path: &str) -> Option<Obstacle> {
        let mut directory = root.to_owned();
        for part in path.split('/') {
            let names = self
                .directories
                .entry(directory.clone())
                .or_insert_with(|| list(&directory));
            let alike = names.get(&part.to_lowercase())?;
            if let Some(there) = alike.iter().find(|it| *it != part) {
                let above = directory.strip_prefix(root).unwrap_or(&directory);
                return Some(Obstacle::Case {
                    planned: path.to_owned(),
                    there: above.join(there).to_string_lossy().replace('\\', "/"),
                });
            }
            directory.push(part);
        }
        None
    }
}

fn list(directory: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        names.entry(name.to_lowercase()).or_default().insert(name);
    }
    names
}
