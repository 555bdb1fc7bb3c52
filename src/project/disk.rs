//! The few things a transaction does to a disk, so that tests can make each fail.
//!
//! Paths here are whole paths of the system; what they mean is `transaction`'s
//! business.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

/// A disk that can be written to, from several threads at once.
pub trait Disk: Sync {
    /// Makes a directory and those above it; one that is there is fine.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// Writes a file that must not be there yet, and waits until it is stored. It may
    /// be read, written and executed by whom the file `like` may.
    fn write_new(&self, path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()>;
    /// Gives a file a second name, or a copy where the system has no such thing.
    fn keep_copy(&self, path: &Path, copy: &Path) -> io::Result<()>;
    /// Moves a file over another, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory if it is empty.
    fn remove_empty_directory(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with all it holds.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a directory are stored.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// The disk itself.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        if let Some(like) = like {
            file.set_permissions(fs::metadata(like)?.permissions())?;
        }
        file.sync_all()
    }

    fn keep_copy(&self, path: &Path, copy: &Path) -> io::Result<()> {
        fs::hard_link(path, copy).or_else(|_| {
            fs::copy(path, copy)?;
            File::open(copy)?.sync_all()
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_empty_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        // Only Unix can open a directory to sync it; elsewhere a rename is stored as it is made.
        if cfg!(unix) {
            File::open(path)?.sync_all()
        } else {
            Ok(())
        }
    }
}
