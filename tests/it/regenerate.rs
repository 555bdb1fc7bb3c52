//! `tests/regenerate/<case>/`: what people do to a generated project, and what comes of it when
//! svcgen runs again.
//!
//! `case.yaml` has the schema before, the edits, the schema after and what is run; `expected.txt`
//! has what was said, the exit status, and how the project then differs from one that was
//! generated afresh from the schema: that is what is left of the edits, and nothing else.
//! `SVCGEN_CASE=lock` plays only those with that in their name, `SVCGEN_BLESS=1` writes
//! `expected.txt`; read the difference before committing it.

mod differences;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use serde::Deserialize;

use crate::support::{Ended, Place};
use differences::differences;

/// The files of a schema, by path.
type Schema = BTreeMap<String, String>;
/// Files, by path.
type Tree = BTreeMap<String, Vec<u8>>;

const SERVICE: &str = "svcgen: 1\nname: notes\n";

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows, in a sentence.
    #[serde(rename = "case")]
    title: String,
    /// The schema, by path; `svcgen.yaml` is that of `notes` unless it is here.
    before: BTreeMap<String, String>,
    /// What happens to the project, one after the other.
    #[serde(default)]
    edits: Vec<Edit>,
    /// The files of the schema that change; an empty text removes one.
    #[serde(default)]
    after: BTreeMap<String, String>,
    /// The folder below the top of the repository in which the project is; the top, unless said.
    #[serde(default)]
    below: String,
    /// Programs that cannot be found while the commands run.
    #[serde(default)]
    without: Vec<String>,
    /// What is run, each a command line of svcgen; `generate` unless it says otherwise.
    #[serde(default = "generate")]
    run: Vec<String>,
}

fn generate() -> Vec<String> {
    vec!["generate".to_owned()]
}

/// One thing that happens to a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Edit {
    /// A text follows the end of a file, or makes one.
    Append { path: String, text: String },
    /// A text takes the place of another that is there once.
    Replace {
        path: String,
        old: String,
        new: String,
    },
    /// A file has this content.
    Write { path: String, text: String },
    /// A file goes.
    Delete(String),
    /// A file gets another path.
    Move { from: String, to: String },
    /// A file gets CRLF and a byte order mark.
    Windows(String),
    /// Octets that are no text.
    Binary(String),
    /// A directory stands where a file was.
    Directory(String),
    /// A link stands where a file was, and leads out of the project.
    Link(String),
    /// A file may not be written.
    ReadOnly(String),
    /// `cargo fmt` with this configuration.
    Format(String),
    /// A command line of svcgen.
    Svcgen(String),
    /// A command line of git.
    Git(String),
    /// A command line of git that has to fail, such as a merge with conflicts.
    GitFails(String),
    /// The second half of a file's lines goes.
    Truncate(String),
}

#[test]
fn every_case_ends_as_it_was_reviewed() {
    let mut wrong = Vec::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(folder())
        .expect("cases")
        .map(|it| it.expect("a case").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "the cases are gone");
    let wanted = std::env::var("SVCGEN_CASE").unwrap_or_default();
    for path in cases {
        if !path.to_string_lossy().contains(&wanted) {
            continue;
        }
        let outcome = outcome(&path);
        let expected = path.join("expected.txt");
        if std::env::var_os("SVCGEN_BLESS").is_some() {
            fs::write(&expected, &outcome).expect("written");
        }
        if fs::read_to_string(&expected).unwrap_or_default() != outcome {
            wrong.push(format!("{}:\n{outcome}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "SVCGEN_BLESS=1 renews\n{}",
        wrong.join("\n")
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regenerate")
}

/// Plays a case and tells how it ended.
fn outcome(path: &Path) -> String {
    let text = fs::read_to_string(path.join("case.yaml")).expect("a case");
    let case: Case =
        serde_saphyr::from_str(&text).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    let place = project_below(&case.below, &case.before);
    let begun = place.tree();
    for edit in &case.edits {
        make(&place, edit);
    }
    let mut schema = case.before.clone();
    for (file, text) in &case.after {
        if text.is_empty() {
            schema.remove(file);
            fs::remove_file(place.root().join(file)).expect("removed");
        } else {
            schema.insert(file.clone(), text.clone());
            place.put(file, text);
        }
    }
    let mut told = format!("{}\n", case.title);
    for line in &case.run {
        let words = split(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = place.command(&words);
        let programs = tempfile::tempdir().expect("a directory");
        if !case.without.is_empty() {
            command.env("PATH", path_without(&case.without, programs.path()));
        }
        let ended = Ended::of(command.output().expect("svcgen starts"));
        let said = said(&ended, line, place.root());
        told.push_str(&["\n$ svcgen ", line, "\n", &said].concat());
    }
    // What the commands made of the schema is what a fresh project is made from; where they
    // refused to, the old one is what still holds.
    let schema = |tree: BTreeMap<String, Vec<u8>>| {
        let is_schema = |path: &String| path == "svcgen.yaml" || path.starts_with("entities/");
        let files = tree.into_iter().filter(|(path, _)| is_schema(path));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        files.map(|(path, bytes)| (path, text(bytes))).collect()
    };
    let new = differences(&project_of(&schema(place.tree())), &place, &begun);
    let old = differences(&project_of(&schema(begun.clone())), &place, &begun);
    let (which, difference) = if old.lines().count() < new.lines().count() {
        ("old", old)
    } else {
        ("new", new)
    };
    told.push_str("\nBeside a fresh project of the ");
    told.push_str(&[which, " schema:\n", &difference].concat());
    told
}

/// A `PATH` on which these programs are not.
fn path_without(missing: &[String], directory: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for name in ["git", "rustfmt"] {
        let found = std::env::split_paths(&path)
            .map(|it| it.join(name))
            .find(|it| it.exists());
        if let Some(found) = found.filter(|_| !missing.iter().any(|it| it == name)) {
            std::os::unix::fs::symlink(found, directory.join(name)).expect("linked");
        }
    }
    directory.to_owned()
}

/// A project that was generated from this schema.
fn project(schema: &BTreeMap<String, String>) -> Place {
    let mut schema = schema.clone();
    schema
        .entry("svcgen.yaml".to_owned())
        .or_insert_with(|| SERVICE.to_owned());
    project_of(&schema)
}

/// The same, in a folder below the temporary one.
fn project_below(folder: &str, schema: &BTreeMap<String, String>) -> Place {
    if folder.is_empty() {
        return project(schema);
    }
    let place = Place::below(folder);
    for (path, text) in schema {
        place.put(path, text);
    }
    place.put("svcgen.yaml", SERVICE);
    place.ok(&["generate", "-q"]);
    place
}

/// Many cases begin with the same schema, which is generated once.
fn project_of(schema: &BTreeMap<String, String>) -> Place {
    static MADE: Mutex<BTreeMap<Schema, Tree>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("no test failed in here");
    let tree = made.entry(schema.clone()).or_insert_with(|| {
        let place = Place::empty();
        for (path, text) in schema {
            place.put(path, text);
        }
        let ended = place.svcgen(&["generate", "-q"]);
        // A case whose schema is wrong has nothing to be compared with.
        if ended.status == 0 {
            place.tree()
        } else {
            Tree::new()
        }
    });
    let place = Place::empty();
    for (path, content) in tree {
        place.put(path, content);
    }
    place
}

fn make(place: &Place, edit: &Edit) {
    let file = |path: &str| place.root().join(path);
    let gone = |path: &str| fs::remove_file(file(path)).expect("removed");
    match edit {
        Edit::Append { path, text } => {
            let before = if place.has(path) {
                place.read(path)
            } else {
                String::new()
            };
            place.put(path, format!("{before}{text}"));
        }
        Edit::Replace { path, old, new } => {
            let before = place.read(path);
            assert_eq!(before.matches(old).count(), 1, "`{old}` in {path}");
            place.put(path, before.replace(old, new));
        }
        Edit::Write { path, text } => place.put(path, text),
        Edit::Delete(path) => gone(path),
        Edit::Move { from, to } => {
            place.put(to, place.read(from));
            gone(from);
        }
        Edit::Windows(path) => {
            let text = place.read(path).replace('\n', "\r\n");
            place.put(path, format!("\u{feff}{text}"));
        }
        Edit::Binary(path) => place.put(path, [0, 159, 146, 150]),
        Edit::Directory(path) => {
            gone(path);
            fs::create_dir(file(path)).expect("created");
        }
        Edit::Link(path) => {
            gone(path);
            let outside = place.root().parent().expect("a parent").join("outside");
            std::os::unix::fs::symlink(outside, file(path)).expect("linked");
        }
        Edit::ReadOnly(path) => {
            let mut permissions = fs::metadata(file(path)).expect("there").permissions();
            permissions.set_readonly(true);
            fs::set_permissions(file(path), permissions).expect("set");
        }
        Edit::Format(configuration) => {
            place.put("rustfmt.toml", configuration);
            let files = place.tree().into_keys();
            let files = files.filter(|it| {
                Path::new(it).extension().is_some_and(|it| it == "rs") && !it.starts_with("vendor/")
            });
            let mut rustfmt = Command::new("rustfmt");
            rustfmt.args(["--edition", "2024", "--config", "skip_children=true"]);
            let done = rustfmt.args(files).current_dir(place.root()).output();
            assert!(done.expect("rustfmt starts").status.code().is_some());
        }
        Edit::Svcgen(line) => {
            let words = split(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            place.ok(&words);
        }
        Edit::Truncate(path) => {
            let text = place.read(path);
            let half = text.lines().count() / 2;
            let lines: Vec<&str> = text.lines().take(half).collect();
            place.put(path, lines.join("\n") + "\n");
        }
        Edit::Git(line) | Edit::GitFails(line) => {
            let fails = matches!(edit, Edit::GitFails(_));
            let mut git = Command::new("git");
            git.current_dir(place.root());
            for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
                git.env_remove(variable);
            }
            let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
            let done = git
                .args(identity)
                .args(split(line))
                .output()
                .expect("git starts");
            assert_eq!(
                done.status.success(),
                !fails,
                "git {line}: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
    }
}

/// Splits a command line at blanks outside of single quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().expect("a word").push(letter),
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

/// What was said, without what changes from run to run or with any template: times, places,
/// numbers of files, and the files that every run of this kind writes.
fn said(ended: &Ended, command: &str, root: &Path) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = String::new();
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        let line = line
            .replace(&root.display().to_string(), "PROJECT")
            .replace(version, "VERSION");
        let line = without_time(&line);
        let line = without_counts(&line);
        let verb = line.split_whitespace().next().unwrap_or_default();
        let is_common = match verb {
            "Created" | "Updated" | "Finished" | "Unchanged" => {
                !line.contains('(') || line.ends_with(" files)")
            }
            "@@" | "Proved" => true,
            "Removed" => line.ends_with("(no longer generated)"),
            "Restored" | "Undone" => command == "undo",
            count => {
                count.parse::<usize>().is_ok()
                    && (line.contains(" sealed:") || line.contains(" managed:"))
            }
        };
        if !is_common {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    format!("{text}exit {}\n", ended.status)
}

/// A line without `: 3 created, 4 unchanged` or the like at its end.
fn without_counts(line: &str) -> String {
    let counts = ["created", "updated", "merged", "removed", "unchanged"];
    match line.rsplit_once(": ") {
        Some((before, after)) if counts.iter().any(|it| after.ends_with(it)) => before.to_owned(),
        _ if line.contains("`svcgen generate` would write") => {
            "`svcgen generate` would write".to_owned()
        }
        _ => line.to_owned(),
    }
}

/// A line without `(0.12 s)` at its end.
fn without_time(line: &str) -> String {
    match line.rsplit_once(" (") {
        Some((before, after)) if after.ends_with(" s)") => before.to_owned(),
        _ => line.to_owned(),
    }
}

/// A case that goes wrong must not pass: the driver itself is held to that.
#[test]
fn an_edit_that_is_lost_is_seen() {
    let schema = BTreeMap::from([(
        "entities/note.yaml".to_owned(),
        "entity: Note\nfields:\n  title: string\n".to_owned(),
    )]);
    let (fresh, place) = (project(&schema), project(&schema));
    let begun = place.tree();
    let differences = |place: &Place| differences(&fresh, place, &begun);
    assert_eq!(differences(&place), "");
    make(
        &place,
        &Edit::Append {
            path: "src/app.rs".to_owned(),
            text: "// mine\n".to_owned(),
        },
    );
    assert_eq!(differences(&place), "  src/app.rs\n    +// mine\n");
    make(&place, &Edit::Delete("src/lib.rs".to_owned()));
    assert!(differences(&place).contains("src/lib.rs is not there"));
}
