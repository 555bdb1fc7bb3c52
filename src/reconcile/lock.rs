//! `svcgen.lock`: what svcgen wrote, whose it is, and what it said.
//!
//! One line a file, sorted, with a count and a checksum at the end, so that a
//! truncated or hand-merged lock is noticed instead of believed. Pure text: the
//! file itself is read and written by `project`.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use super::{
    moves::Moves,
    path::{self, PathProblem},
    text::{BlobId, Fingerprint},
};
use crate::plan::Ownership;

/// The version of svcgen that this program is.
pub const SVCGEN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version that this program says it is.
///
/// A build for tests takes it from `SVCGEN_TEST_VERSION`, so that one program can be two
/// versions of svcgen.
pub fn version() -> Cow<'static, str> {
    #[cfg(debug_assertions)]
    if let Ok(version) = std::env::var("SVCGEN_TEST_VERSION") {
        return Cow::Owned(version);
    }
    Cow::Borrowed(SVCGEN_VERSION)
}

/// The version that wrote a lock, whether or not the rest of it can be read.
pub fn written_by(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_prefix("svcgen "))
        .map(str::trim)
}

/// Counts the forms that a lock has had: with another number it is read another way, or not at all.
const FORMAT: u32 = 2;
/// Stands between the planned path of a moved file and its place.
const ARROW: &str = " -> ";
const TITLE: &str =
    "# Which files svcgen wrote, and what they said. Commit it; svcgen rewrites it.";

/// What the last run left on record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// The fingerprint of the rustfmt configuration the texts were formatted with.
    pub rustfmt: Option<Fingerprint>,
    /// The files, by path.
    pub files: BTreeMap<String, Entry>,
    /// Where files lie that their owners moved; above they stand under their places.
    pub moved: Moves,
    /// Set when the lock is gone although the project was generated before: what
    /// is there is then taken over instead of refused.
    pub lost: bool,
}

/// A file on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is.
    pub ownership: Ownership,
    /// What is known of its text.
    pub state: State,
}

/// What is known of a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It was written.
    Written(Written),
    /// It was written once, and then deleted by its owner: it stays deleted.
    Deleted,
    /// Its owner took it over: svcgen leaves it alone, and remembers what it wrote last
    /// in case it is given back.
    Owned(Option<Written>),
}

/// The text of a file as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As written.
    pub raw: Fingerprint,
    /// In normal form; `None` where no normal form could be had.
    pub formatted: Option<Fingerprint>,
    /// The generator's digest of the text before formatting.
    pub rendering: Option<String>,
    /// What git calls it, should it have been committed.
    pub blob: Option<BlobId>,
}

impl Written {
    /// The same text with the end that its owner's file has: so it lies there, and so it is
    /// known again.
    #[must_use]
    pub fn laid_out(self, content: &[u8]) -> Self {
        Self {
            raw: Fingerprint::of(content),
            ..self
        }
    }
}

/// Why a lock cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// A newer svcgen wrote it.
    #[error(
        "`svcgen.lock` was written by svcgen {written_by}, and this is svcgen {}",
        version()
    )]
    Newer {
        /// The version to install.
        written_by: String,
    },
    /// It has a form that is no longer read.
    #[error(
        "`svcgen.lock` has format {format}, as svcgen {written_by} wrote it; this is svcgen {}, which reads format {FORMAT}",
        version()
    )]
    Older {
        /// Its format.
        format: u32,
        /// The version that wrote it.
        written_by: String,
    },
    /// It was cut short, edited, or merged by hand.
    #[error("`svcgen.lock` is damaged: {0}")]
    Damaged(String),
    /// It names a path that svcgen must not touch.
    #[error("`svcgen.lock` names `{path}`, which svcgen will not touch: {problem}")]
    Path {
        /// The path as the lock has it.
        path: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
}

impl LockError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Newer { written_by } => format!("run `cargo install svcgen --version {written_by}`"),
            Self::Older { .. } => "delete it and run `svcgen generate`: files that say what svcgen would write are taken \
                 over, edited ones are merged, and the others are asked about"
                .to_owned(),
            Self::Damaged(_) | Self::Path { .. } => {
                "restore it with `git checkout -- svcgen.lock`, or delete it: svcgen then takes over the files that say \
                 what it would write, and asks about the others"
                    .to_owned()
            }
        }
    }
}

impl Lock {
    /// Reads a lock as it was written.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let damaged = |what: &str| LockError::Damaged(what.to_owned());
        let text = text.replace("\r\n", "\n");
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut header = |key: &str| {
            lines
                .next()
                .and_then(|line| line.strip_prefix(key)?.strip_prefix(' '))
        };
        let format: u32 = header("format")
            .and_then(|it| it.parse().ok())
            .ok_or_else(|| damaged("no format line"))?;
        let written_by = header("svcgen").ok_or_else(|| damaged("no version line"))?;
        if format > FORMAT || is_newer(written_by, &version()) {
            return Err(LockError::Newer {
                written_by: printable(written_by),
            });
        }
        if format < FORMAT {
            return Err(LockError::Older {
                format,
                written_by: printable(written_by),
            });
        }
        check_end(&text)?;
        let rustfmt = header("rustfmt").ok_or_else(|| damaged("no rustfmt line"))?;
        let mut lock = Self {
            rustfmt: optional_print(rustfmt)?,
            ..Self::default()
        };
        for line in lines.take_while(|line| !line.starts_with("end ")) {
            if let Some(moved) = line.strip_prefix("moved ") {
                let (planned, place) = parse_moved(moved)?;
                lock.moved.insert(planned, place);
                continue;
            }
            let (path, entry) = parse_entry(line)?;
            if lock.files.insert(path.clone(), entry).is_some() {
                return Err(LockError::Damaged(format!("`{path}` is there twice")));
            }
        }
        Ok(lock)
    }

    /// The lock as text.
    pub fn render(&self) -> String {
        let rustfmt = print_or_dash(self.rustfmt);
        let mut text = format!(
            "{TITLE}\nformat {FORMAT}\nsvcgen {}\nrustfmt {rustfmt}\n",
            version()
        );
        for (planned, place) in self.moved.iter() {
            push_line(&mut text, format_args!("moved {planned}{ARROW}{place}"));
        }
        for (path, entry) in &self.files {
            let word = ownership_word(entry.ownership);
            let (mark, written) = match &entry.state {
                State::Deleted => ("deleted", None),
                State::Owned(written) => ("owned", written.as_ref()),
                State::Written(written) => ("written", Some(written)),
            };
            let written = written.map_or_else(|| "- - - -".to_owned(), written_words);
            push_line(&mut text, format_args!("{word} {mark} {written} {path}"));
        }
        let checksum = Fingerprint::of(text.as_bytes());
        push_line(
            &mut text,
            format_args!("end {} {checksum}", self.files.len() + self.moved.len()),
        );
        text
    }

    /// What was written at a path, if it was and was not deleted since.
    pub fn written(&self, path: &str) -> Option<&Written> {
        match self.files.get(path).map(|entry| &entry.state) {
            Some(State::Written(written)) => Some(written),
            _ => None,
        }
    }

    /// Takes down that a file on record lies at another place now.
    pub fn follow(&mut self, from: &str, to: &str) {
        let planned = self.moved.planned(from).to_owned();
        self.moved.insert(&planned, to);
        if let Some(entry) = self.files.remove(from) {
            self.files.insert(to.to_owned(), entry);
        }
    }
}

fn parse_moved(line: &str) -> Result<(&str, &str), LockError> {
    let damaged =
        || LockError::Damaged(format!("cannot read the line `moved {}`", printable(line)));
    let (planned, place) = line.split_once(ARROW).ok_or_else(damaged)?;
    for path in [planned, place] {
        path::check(path).map_err(|problem| LockError::Path {
            path: printable(path),
            problem,
        })?;
    }
    Ok((planned, place))
}

fn written_words(written: &Written) -> String {
    let formatted = if written.formatted == Some(written.raw) {
        "=".to_owned()
    } else {
        print_or_dash(written.formatted)
    };
    let rendering = written.rendering.as_deref().unwrap_or("-");
    let blob = written
        .blob
        .map_or_else(|| "-".to_owned(), |it| it.to_string());
    format!("{} {formatted} {rendering} {blob}", written.raw)
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn check_end(text: &str) -> Result<(), LockError> {
    let cut = || LockError::Damaged("it ends too early".to_owned());
    let start = text.rfind("\nend ").ok_or_else(cut)? + 1;
    let mut end = text[start..].split_whitespace().skip(1);
    let count: usize = end.next().and_then(|it| it.parse().ok()).ok_or_else(cut)?;
    let checksum = end.next().and_then(Fingerprint::parse).ok_or_else(cut)?;
    let said = text[..start]
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    if end.next().is_some() || count.checked_add(3) != Some(said) {
        return Err(LockError::Damaged(
            "it does not have as many files as it says".to_owned(),
        ));
    }
    if Fingerprint::of(&text.as_bytes()[..start]) != checksum {
        return Err(LockError::Damaged(
            "it was changed by something other than svcgen".to_owned(),
        ));
    }
    Ok(())
}

fn parse_entry(line: &str) -> Result<(String, Entry), LockError> {
    let damaged = || LockError::Damaged(format!("cannot read the line `{}`", printable(line)));
    let mut words = line.splitn(7, ' ');
    let mut word = || words.next().ok_or_else(damaged);
    let ownership = match word()? {
        "managed" => Ownership::Managed,
        "seeded" => Ownership::Seeded,
        "sealed" => Ownership::Sealed,
        "history" => Ownership::History,
        _ => return Err(damaged()),
    };
    let (mark, raw, formatted) = (word()?, word()?, word()?);
    let (rendering, blob, path) = (word()?, word()?, word()?);
    path::check(path).map_err(|problem| LockError::Path {
        path: printable(path),
        problem,
    })?;
    let written = optional_print(raw)?.map(|raw| {
        Ok(Written {
            raw,
            formatted: match formatted {
                "=" => Some(raw),
                text => optional_print(text)?,
            },
            rendering: (rendering != "-").then(|| rendering.to_owned()),
            blob: match blob {
                "-" => None,
                text => Some(BlobId::parse(text).ok_or_else(damaged)?),
            },
        })
    });
    let written = written.transpose()?;
    let state = match (mark, written) {
        ("deleted", None) => State::Deleted,
        ("owned", written) => State::Owned(written),
        ("written", Some(written)) => State::Written(written),
        _ => return Err(damaged()),
    };
    Ok((path.to_owned(), Entry { ownership, state }))
}

fn optional_print(text: &str) -> Result<Option<Fingerprint>, LockError> {
    if text == "-" {
        return Ok(None);
    }
    let print = Fingerprint::parse(text);
    print
        .map(Some)
        .ok_or_else(|| LockError::Damaged(format!("`{}` is no SHA-256", printable(text))))
}

fn print_or_dash(print: Option<Fingerprint>) -> String {
    print.map_or_else(|| "-".to_owned(), |it| it.to_string())
}

/// Text from a damaged file goes to a terminal: no control characters, no novels.
fn printable(text: &str) -> String {
    text.chars()
        .take(80)
        .map(|it| if it.is_control() { '?' } else { it })
        .collect()
}

fn ownership_word(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Managed => "managed",
        Ownership::Seeded => "seeded",
        Ownership::Sealed => "sealed",
        Ownership::History => "history",
    }
}

/// Whether version `left` comes after `right`, by the rules of Semantic Versioning 2
/// for releases; a pre-release comes before its release. What is no version is not newer.
pub fn is_newer(left: &str, right: &str) -> bool {
    fn read(version: &str) -> Option<([u64; 3], bool)> {
        let (core, pre) = version
            .split_once('-')
            .map_or((version, false), |(core, _)| (core, true));
        let mut numbers = core.split('.').map(|it| it.parse().ok());
        let triple = [numbers.next()??, numbers.next()??, numbers.next()??];
        numbers.next().is_none().then_some((triple, !pre))
    }
    matches!((read(left), read(right)), (Some(left), Some(right)) if left > right)
}

#[cfg(test)]
mod tests;
