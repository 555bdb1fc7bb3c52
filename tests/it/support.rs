//! A project in a temporary directory, and svcgen run in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::SystemTime,
};

use tempfile::TempDir;

/// The binary under test.
pub const SVCGEN: &str = env!("CARGO_BIN_EXE_svcgen");

/// A directory in which svcgen runs.
pub struct Place {
    directory: TempDir,
    at: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// An empty directory.
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path().to_owned();
        Self { directory, at }
    }

    /// An empty directory, some way below the temporary one.
    pub fn below(folder: &str) -> Self {
        let place = Self::empty();
        let at = place.at.join(folder);
        fs::create_dir_all(&at).expect("created");
        Self { at, ..place }
    }

    /// A generated project, `notes`, with the entity `Note`.
    pub fn notes() -> Self {
        let mut place = Self::empty();
        let ended = place.svcgen(&[
            "new",
            "notes",
            "--entity",
            "Note title:string body:text?",
            "--no-git",
        ]);
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        place.at = place.directory.path().join("notes");
        place
    }

    /// The directory in which svcgen runs.
    pub fn root(&self) -> &Path {
        &self.at
    }

    /// A command that runs svcgen there, deaf to the environment of the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SVCGEN);
        command
            .args(arguments)
            .current_dir(&self.at)
            // A server for each migration would take a second each.
            .env("SVCGEN_NO_POSTGRES_PROOF", "1")
            .env_remove("SVCGEN_POSTGRES_URL")
            .stdin(Stdio::null());
        for variable in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs svcgen there.
    pub fn svcgen(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("svcgen starts"))
    }

    /// Runs svcgen there, and it must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Ended {
        let ended = self.svcgen(arguments);
        assert_eq!(ended.status, 0, "{arguments:?}: {}", ended.stderr);
        ended
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file and the directories above it.
    pub fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.at.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("created");
        fs::write(file, text).expect("written");
    }

    /// Adds a line to a file.
    pub fn append(&self, path: &str, line: &str) {
        self.put(path, format!("{}{line}\n", self.read(path)));
    }

    /// Whether something lies there.
    pub fn has(&self, path: &str) -> bool {
        self.at.join(path).exists()
    }

    /// Every file with its content, what a run needs while it lasts left out.
    pub fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let mut tree = BTreeMap::new();
        for entry in walkdir::WalkDir::new(&self.at)
            .into_iter()
            .filter_entry(|it| it.file_name() != ".git")
        {
            let entry = entry.expect("readable");
            let path = entry
                .path()
                .strip_prefix(&self.at)
                .expect("inside")
                .to_string_lossy()
                .into_owned();
            let is_passing = ["busy", "settled", "undo/", "conflicts/"]
                .iter()
                .any(|it| path.starts_with(&format!(".svcgen/{it}")));
            if entry.file_type().is_file() && !is_passing {
                tree.insert(path, fs::read(entry.path()).expect("readable"));
            }
        }
        tree
    }

    /// When each file was last written.
    pub fn times(&self) -> BTreeMap<String, SystemTime> {
        let time = |path: &String| {
            fs::metadata(self.at.join(path))
                .and_then(|it| it.modified())
                .expect("a time")
        };
        self.tree()
            .into_keys()
            .map(|path| (path.clone(), time(&path)))
            .collect()
    }
}

impl Ended {
    /// What a finished process says of itself.
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// It ended so, and said this.
    pub fn is(&self, status: i32, words: &[&str]) {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.status, status, "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is missing in: {said}");
        }
        assert!(
            !said.contains("panicked") && !said.contains("bug in svcgen"),
            "{said}"
        );
    }
}
