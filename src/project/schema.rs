//! The files of a schema as they lie on the disk.
//!
//! Nothing that looks like a file of the schema is passed over in silence: what cannot be
//! read comes with its fault, so that the check tells of it together with everything else.

use std::{
    fs::{self, File, FileType},
    io::{self, Read as _},
    path::Path,
};

use super::{ProjectError, SCHEMA_FILE};
use crate::source::{Fault, Source};

/// The directory of the entity files.
const ENTITIES: &str = "entities";
/// More than any schema file may have; the rest of a larger one is not read, since
/// this much of it is refused as well.
const LARGEST_SOURCE: u64 = 16 * 1024 * 1024;
/// How far below [`ENTITIES`] misplaced files are looked for.
const DEEPEST: usize = 8;

/// A file of the schema as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// Relative to the project.
    pub path: String,
    /// Its bytes, which need not be UTF-8.
    pub bytes: Vec<u8>,
    /// Why it is not read, if it is not.
    pub fault: Option<Fault>,
}

impl SchemaFile {
    /// A file with this content.
    pub fn new(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            bytes,
            fault: None,
        }
    }

    fn faulty(path: String, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::new(path, Vec::new())
        }
    }

    /// The file as a source.
    pub fn source(self) -> Source {
        match self.fault {
            Some(fault) => Source::faulty(self.path, fault),
            None => Source::from_bytes(self.path, self.bytes),
        }
    }
}

/// Whether a directory has the file of a service.
pub fn is_service(root: &Path) -> Result<bool, ProjectError> {
    let file = root.join(SCHEMA_FILE);
    match fs::metadata(&file).map(|it| it.file_type()) {
        Ok(kind) if kind.is_file() => return Ok(true),
        Ok(kind) => return Err(ProjectError::NoFile(file, kind_in_words(kind))),
        Err(_) => {}
    }
    match misnamed(root).into_iter().next() {
        Some(name) => Err(ProjectError::Misnamed(root.join(name))),
        None => Ok(false),
    }
}

/// `svcgen.yaml` and `entities/*.yaml` of a directory, sorted by path.
pub fn files(root: &Path) -> Vec<SchemaFile> {
    let mut files = vec![file(root, SCHEMA_FILE.to_owned())];
    let beside = misnamed(root).into_iter();
    files.extend(beside.map(|it| SchemaFile::faulty(it, Fault::NotTheService)));
    files.extend(entities(root));
    files
}

/// `entities/*.yaml` of a directory, sorted by path.
pub fn entities(root: &Path) -> Vec<SchemaFile> {
    let directory = root.join(ENTITIES);
    if fs::symlink_metadata(&directory).is_err_and(|it| it.kind() == io::ErrorKind::NotFound) {
        return Vec::new();
    }
    let faulty = |fault| SchemaFile::faulty(ENTITIES.to_owned(), fault);
    let unreadable = |error: io::Error| faulty(Fault::Unreadable(error.to_string()));
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let kind = fs::metadata(&directory).map(|it| kind_in_words(it.file_type()));
            let kind = kind.unwrap_or("no directory");
            return vec![faulty(Fault::NoDirectory(kind))];
        }
        Err(error) => return vec![unreadable(error)],
    };
    let mut files = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => files.extend(entity_files(root, &entry)),
            Err(error) => files.push(unreadable(error)),
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// What an entry of the directory of the entities has to say to the schema.
fn entity_files(root: &Path, entry: &fs::DirEntry) -> Vec<SchemaFile> {
    // A name that is not UTF-8 keeps its place in messages, and fails to be read there.
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let path = format!("{ENTITIES}/{name}");
    if name.starts_with('.') {
        Vec::new()
    } else if is_yaml(&name) {
        vec![file(root, path)]
    } else if root.join(&path).is_dir() {
        misplaced(root, &path)
    } else {
        Vec::new()
    }
}

fn is_yaml(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// What is almost called like the service file, and is not read.
fn misnamed(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let names = entries.map(|it| it.file_name().to_string_lossy().into_owned());
    let is_near = |name: &String| {
        let stem = Path::new(name).file_stem();
        name != SCHEMA_FILE
            && is_yaml(name)
            && stem.is_some_and(|it| it.eq_ignore_ascii_case("svcgen"))
    };
    let mut names: Vec<String> = names.filter(is_near).collect();
    names.sort();
    names
}

/// Files of entities in a directory below the one where they belong.
fn misplaced(root: &Path, directory: &str) -> Vec<SchemaFile> {
    let name = |entry: &walkdir::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let walk = walkdir::WalkDir::new(root.join(directory)).max_depth(DEEPEST);
    let is_shown = |it: &walkdir::DirEntry| it.depth() == 0 || !name(it).starts_with('.');
    let entries = walk.into_iter().filter_entry(is_shown).flatten();
    let files = entries.filter(|it| !it.file_type().is_dir() && is_yaml(&name(it)));
    let path = |it: walkdir::DirEntry| {
        let path = it.path().strip_prefix(root).unwrap_or(it.path());
        path.to_string_lossy().replace('\\', "/")
    };
    files
        .map(|it| SchemaFile::faulty(path(it), Fault::TooDeep))
        .collect()
}

fn file(root: &Path, path: String) -> SchemaFile {
    match read(&root.join(&path)) {
        Ok(bytes) => SchemaFile::new(path, bytes),
        Err(fault) => SchemaFile::faulty(path, fault),
    }
}

/// Reads a file, but nothing that is none: a pipe would keep the run waiting for ever.
pub fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let failed = |error: io::Error| Fault::Unreadable(error.to_string());
    let kind = fs::metadata(path).map_err(failed)?.file_type();
    if !kind.is_file() {
        return Err(Fault::NoFile(kind_in_words(kind)));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LARGEST_SOURCE)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

fn kind_in_words(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_dir() {
        "a directory"
    } else if kind.is_file() {
        "a file"
    } else {
        "no ordinary file"
    }
}
