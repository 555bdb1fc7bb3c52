//! Whether the file takes what is written, for whoever asks whether the service is ready.
//!
//! A sign of life from a reader proves nothing: a full disk, a file that may only be read and one
//! that somebody else has locked are all read as before. What proves it is a write, and the writer
//! notes how its own went. While the service writes, to ask is to look at that note, and neither
//! the writer nor the disk hears of it.
//!
//! Only where the note is old, or bad, the writer is asked to try: at most once at a time, and as one
//! task among others, so that a trial never comes between the jobs of a group. A trial begins a
//! transaction, writes some pages, has them put into the log, and rolls back. To roll back alone
//! would prove nothing, because pages that are not committed stay in memory. To commit would wait
//! for the disk, wake up whoever follows the file, and make it longer each time. Pages in the log
//! without a commit are nobody's: the next transaction is written over them.
//!
//! Often they are also written over what the log has had before, for which a full disk has room. So
//! a trial writes as much to a new file beside the database first, which has no name as soon as it is there.
//!
//! A file that is deleted or replaced while it is open is written on to, and what is written is gone
//! with the process. So whoever asks is also told whether the path still leads to the file that was
//! opened, which costs one look at the directory.
//!
//! A lock is no failure as long as a write would wait for its end, which is `busy_timeout`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::LOCKED;
use crate::db::DbError;

/// How long a write that went well speaks for the file. A trial costs little, and a fault that
/// nobody meets can wait for so long until it is told.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// How long a trial waits for a lock. Others that want to write wait behind it.
const TRIAL: Duration = Duration::from_millis(100);

/// How much room there has to be on the disk, in bytes.
const ROOM: u64 = 64 * 1024;

/// Makes no change of the tables where there is a ledger, as there is in every service; else
/// all statements would have to be prepared anew. The text does not fit into the page of its row.
const WRITE: &str = "begin immediate;
    create table if not exists svcgen_migrations (id text primary key, checksum text not null,
        applied_at integer not null, duration_ms integer not null) strict;
    insert into svcgen_migrations (id, checksum, applied_at, duration_ms)
        values ('', hex(zeroblob(16384)), 0, 0)";

/// What is known of writing to the file.
pub(super) struct Vitals {
    busy_timeout: Duration,
    path: PathBuf,
    scratch: PathBuf,
    /// What the file was when it was opened.
    file: OnceLock<Identity>,
    /// Whether it has been told that the file is gone.
    is_gone: AtomicBool,
    known: Mutex<Known>,
}

/// What tells a file from another one of the same name.
type Identity = (u64, u64);

#[derive(Default)]
struct Known {
    /// When something was written last, if nothing has failed since.
    written: Option<Instant>,
    /// Why nothing could be written, if nothing has been written since.
    failed: Option<DbError>,
    /// Since when the writer has not got the lock of the file, if it has asked for it.
    waiting: Option<Instant>,
    is_tried: bool,
}

impl Vitals {
    /// Nothing is known yet of the database at this path.
    pub(super) fn new(busy_timeout: Duration, path: &Path) -> Self {
        // The log is beside the file itself, wherever a link to it is.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut scratch = path.clone().into_os_string();
        scratch.push(format!("-trial-{}", std::process::id()));
        Self {
            busy_timeout,
            path,
            scratch: scratch.into(),
            file: OnceLock::new(),
            is_gone: AtomicBool::new(false),
            known: Mutex::default(),
        }
    }

    /// The file is open now.
    pub(super) fn opened(&self) {
        if let Ok(identity) = identity(&self.path) {
            let _ = self.file.set(identity);
        }
    }

    /// Whether the path leads to the file that was opened.
    fn find_file(&self) -> Result<(), DbError> {
        let Some(opened) = self.file.get() else {
            return Ok(());
        };
        let what = match identity(&self.path) {
            Ok(found) if found == *opened => {
                self.is_gone.store(false, Ordering::Relaxed);
                return Ok(());
            }
            Ok(_) => "was replaced by another",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "was deleted",
            // The directory may only be unreadable for a moment; a write will tell.
            Err(_) => return Ok(()),
        };
        if !self.is_gone.swap(true, Ordering::Relaxed) {
            tracing::error!(
                path = %self.path.display(),
                "the database file {what} while it is open: what is written from now on is gone when the \
                 service stops; on Linux it can still be copied from /proc/{}/fd",
                std::process::id()
            );
        }
        Err(DbError::Unavailable(format!(
            "the database file {what} while it is open"
        )))
    }

    /// The writer asks for the lock.
    pub(super) fn asks(&self) {
        self.lock().waiting.get_or_insert_with(Instant::now);
    }

    /// The writer has got the lock, or has not.
    pub(super) fn begun(&self, outcome: &Result<(), DbError>) {
        let mut known = self.lock();
        match outcome {
            Ok(()) => known.waiting = None,
            // Still waiting, if only in the eyes of whoever asks.
            Err(error) if is_locked(error) => {}
            Err(error) => {
                known.waiting = None;
                known.fail(error);
            }
        }
    }

    /// Something was written, and is there for good.
    pub(super) fn written(&self) {
        let mut known = self.lock();
        known.failed = None;
        known.written = Some(Instant::now());
    }

    /// A statement or a commit has failed, perhaps for a reason that concerns them all.
    pub(super) fn failed(&self, error: &DbError) {
        if matches!(
            error,
            DbError::DiskFull | DbError::ReadOnly | DbError::Unavailable(_)
        ) {
            self.lock().fail(error);
        }
    }

    /// Whether the caller has to ask the writer for a trial, which nobody else does at the moment.
    pub(super) fn wants_trial(&self) -> bool {
        let mut known = self.lock();
        if known.is_tried || known.is_good() {
            return false;
        }
        known.is_tried = true;
        true
    }

    /// There is no trial under way any more.
    pub(super) fn end_trial(&self) {
        self.lock().is_tried = false;
    }

    /// What is known by now.
    pub(super) fn verdict(&self) -> Result<(), DbError> {
        self.find_file()?;
        let known = self.lock();
        if let Some(error) = &known.failed {
            return Err(error.clone());
        }
        match known.waiting {
            Some(since) if since.elapsed() >= self.busy_timeout => Err(DbError::Unavailable(
                "the database file is locked by somebody else".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Tries to write, over the writer's connection, and leaves nothing behind.
    pub(super) fn try_to_write(&self, connection: &Connection) {
        // The writer may have come to know better on its way here.
        if !self.lock().is_good() {
            self.asks();
            let written = self
                .find_room()
                .map_err(|error| of_system(&error))
                .and_then(|()| self.write(connection));
            let locked = matches!(&written, Err(error) if is_locked(error));
            if !locked {
                self.begun(&Ok(()));
                match &written {
                    Ok(()) => self.written(),
                    Err(error) => self.lock().fail(error),
                }
            }
        }
        self.end_trial();
    }

    fn find_room(&self) -> io::Result<()> {
        let mut file = File::create(&self.scratch)?;
        fs::remove_file(&self.scratch)?;
        io::copy(&mut io::repeat(0).take(ROOM), &mut file).map(drop)
    }

    fn write(&self, connection: &Connection) -> Result<(), DbError> {
        connection.busy_timeout(TRIAL.min(self.busy_timeout))?;
        let written = connection
            .execute_batch(WRITE)
            .and_then(|()| connection.cache_flush());
        let undone = if connection.is_autocommit() {
            Ok(())
        } else {
            connection.execute_batch("rollback")
        };
        connection.busy_timeout(self.busy_timeout)?;
        Ok(written.and(undone)?)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing that can panic runs under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_good(&self) -> bool {
        let recent = self.written.is_some_and(|it| it.elapsed() < GOOD_FOR);
        // Every transaction asks for the lock, and nearly every one gets it at once.
        let waits = self.waiting.is_some_and(|it| it.elapsed() >= TRIAL);
        recent && !waits && self.failed.is_none()
    }

    fn fail(&mut self, error: &DbError) {
        self.written = None;
        self.failed = Some(error.clone());
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Here a file that is open can be neither deleted nor replaced.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}

fn of_system(error: &io::Error) -> DbError {
    use io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => DbError::DiskFull,
        ReadOnlyFilesystem | PermissionDenied => DbError::ReadOnly,
        _ => DbError::Unavailable(format!("nothing can be written beside the file: {error}")),
    }
}

/// Within a transaction of its own the writer meets no lock, so that this is always the one of the file.
fn is_locked(error: &DbError) -> bool {
    matches!(error, DbError::Unavailable(reason) if reason == LOCKED)
}
