//! The note that spares a run its work: a small text that may be lost at any time.
//!
//! Knows neither what the note says nor when it holds.

use std::{fs, io, path::Path, time::UNIX_EPOCH};

use super::{Project, place};

/// Where the note is, relative to the project; git ignores it.
const NOTE_FILE: &str = ".svcgen/settled";

impl Project {
    /// The note, if one can be read.
    pub fn note(&self) -> Option<String> {
        fs::read_to_string(self.root.join(NOTE_FILE)).ok()
    }

    /// Keeps a note in place of the last one. A note that cannot be kept costs the
    /// next run some time and nothing else, so nobody hears of it.
    pub fn keep_note(&self, text: &str) {
        if place::obstacle_above(&self.root, NOTE_FILE).is_some() {
            return;
        }
        let path = self.root.join(NOTE_FILE);
        let fresh = path.with_extension("new");
        if fs::write(&fresh, text).is_ok() {
            let _ = fs::rename(&fresh, &path);
        }
    }
}

/// What tells this program from another: one that was rebuilt or updated has another
/// time or size.
pub fn this_program() -> io::Result<String> {
    identity(&std::env::current_exe()?)
}

fn identity(program: &Path) -> io::Result<String> {
    let metadata = fs::metadata(program)?;
    let age = metadata.modified()?.duration_since(UNIX_EPOCH);
    Ok(format!(
        "{} {} {:?}",
        program.display(),
        metadata.len(),
        age.unwrap_or_default()
    ))
}
