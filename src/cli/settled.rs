//! Whether there is anything to do at all: a note of the state in which the last
//! run found nothing left to do and nothing to say.
//!
//! Most runs change nothing. Making the whole service in memory to find that out
//! costs many times what it costs to see that neither the schema nor svcgen nor any
//! file on record is another than it was. The note is a cache: git ignores it,
//! and a run that finds it missing, old or unreadable takes the long way.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{shell::Shell, state_files};
use crate::{
    project::{Project, ProjectError, SchemaFile, note},
    reconcile::{Found, OnDisk, lock::Lock},
    tables::hex,
};

/// A project in which a run has nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The service's name.
    pub name: String,
    /// How many files are up to date.
    pub files: usize,
}

/// Compares the project with the note of the last run.
pub fn look(project: &Project, schema: &[SchemaFile]) -> Result<Option<Settled>, ProjectError> {
    let Some(note) = project.note() else {
        return Ok(None);
    };
    let mut lines = note.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (inputs, disk, name, files) = (next(), next(), next(), next());
    let Some(lock_text) = project.lock_text()? else {
        return Ok(None);
    };
    // The inputs are few and tell most changes, so the files come second.
    if Some(inputs) != digest_of_inputs(project, schema, &lock_text).as_deref() {
        return Ok(None);
    }
    let Some(found) = digest_of_disk(project, &lock_text)? else {
        return Ok(None);
    };
    let settled = Settled {
        name: name.to_owned(),
        files: files.parse().unwrap_or_default(),
    };
    Ok((disk == found && settled.files > 0).then_some(settled))
}

/// Notes that a run that starts now would have nothing to do: for the end of a run
/// that did everything and said nothing that has to be said again.
pub fn remember(project: &Project, settled: &Settled, shell: &Shell) -> Result<(), ProjectError> {
    let Some(lock_text) = project.lock_text()?.filter(|_| !shell.has_warned()) else {
        return Ok(());
    };
    let schema = project.schema();
    let inputs = digest_of_inputs(project, &schema, &lock_text);
    if let Some((disk, inputs)) = digest_of_disk(project, &lock_text)?.zip(inputs) {
        project.keep_note(&format!(
            "{inputs}\n{disk}\n{}\n{}\n",
            settled.name, settled.files
        ));
    }
    Ok(())
}

/// Of svcgen itself, the schema, the lock and the formatter's configuration; none where
/// the system does not tell this svcgen from another.
fn digest_of_inputs(project: &Project, schema: &[SchemaFile], lock_text: &str) -> Option<String> {
    let program = note::this_program().ok()?;
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    add(program.as_bytes());
    for file in schema {
        add(file.path.as_bytes());
        add(&file.bytes);
    }
    add(lock_text.as_bytes());
    let rustfmt = project.rustfmt_configuration();
    add(rustfmt
        .map_or_else(String::new, |it| it.to_string())
        .as_bytes());
    Some(hex(&digest.finalize()))
}

/// Of what lies at every path on record; none where the lock cannot be read.
fn digest_of_disk(project: &Project, lock_text: &str) -> Result<Option<String>, ProjectError> {
    let Ok(lock) = Lock::parse(lock_text) else {
        return Ok(None);
    };
    let mut disk = OnDisk::new();
    let on_record = lock.files.keys().map(String::as_str);
    project.look(on_record.chain(state_files::LOOKED_AT), &mut disk)?;
    let mut state = String::new();
    for (path, found) in &disk {
        // Writing to a string cannot fail.
        let _ = match found {
            Found::File { print, .. } => writeln!(state, "{path} {print}"),
            Found::Other(what) => writeln!(state, "{path} {what}"),
        };
    }
    Ok(Some(hex(&Sha256::digest(state.as_bytes()))))
}
