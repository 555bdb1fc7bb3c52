//! Normal forms: what a text says when its formatting is set aside.
//!
//! The normal form is what rustfmt prints under its default configuration,
//! whatever the project's own is: a project may change its configuration at any
//! time, and a file that was reformatted is still no edit. Comments are text and
//! count; how far the lines of a macro call are indented does not, since rustfmt cannot
//! bring that back. What a script of a migration says is the same whichever findings a
//! reviewer accepts in it. Only the files for which it matters are formatted, all in one go.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    Found, Inputs, contents::Contents, indentation, lock::Written, text::Fingerprint, text::plain,
};
use crate::{
    migrate::script,
    parallel,
    plan::{Content, Ownership, Rendered},
};

/// Prints Rust texts.
pub trait Formatter {
    /// The texts in normal form, in the order given; `None` for a text that is no
    /// Rust, and for all of them where no formatter is to be had.
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>>;

    /// The texts as the project's own formatter prints them, in the order given; `None`
    /// for a text that it refuses, and for all of them where there is none.
    fn print(&self, texts: &[&str]) -> Vec<Option<String>>;
}

/// The fingerprint of the normal form of a Rust text that the default configuration printed.
pub fn print_of_normal(text: &str) -> Fingerprint {
    Fingerprint::of(indentation::set_aside(text).as_bytes())
}

/// The fingerprints of the normal forms that decisions need.
#[derive(Debug, Default)]
pub struct NormalForms {
    of_disk: BTreeMap<String, Fingerprint>,
    of_rendered: BTreeMap<String, Fingerprint>,
}

/// Which of two texts at one path is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Disk,
    Rendered,
}

impl NormalForms {
    /// Works out what is needed, with one call of the formatter at most.
    pub fn gather(inputs: &Inputs<'_>, contents: &Contents<'_>, formatter: &dyn Formatter) -> Self {
        let mut wanted: BTreeSet<(&str, Side)> = BTreeSet::new();
        let mut planned = BTreeMap::new();
        for file in inputs.rendered {
            planned.insert(file.path.as_str(), file);
            if is_rust(&file.path) {
                want(&mut wanted, file, contents, inputs);
            }
        }
        for path in inputs
            .lock
            .files
            .keys()
            .filter(|it| is_rust(it) && !planned.contains_key(it.as_str()))
        {
            if differs(inputs, path) {
                wanted.insert((path, Side::Disk));
            }
        }
        let texts: Vec<_> = wanted
            .into_iter()
            .filter_map(|(path, side)| {
                let bytes = match side {
                    Side::Rendered => rendered_bytes(planned.get(path)?)?,
                    Side::Disk => disk_bytes(inputs.disk.get(path)?)?,
                };
                Some((
                    path,
                    side,
                    String::from_utf8(plain(bytes).into_owned()).ok()?,
                ))
            })
            .collect();
        let mut forms = Self {
            of_disk: of_scripts(inputs),
            ..Self::default()
        };
        if inputs.rustfmt.is_none() {
            forms.of_rendered = as_rendered(inputs.rendered);
        }
        if texts.is_empty() {
            return forms;
        }
        let borrowed: Vec<&str> = texts.iter().map(|(_, _, text)| text.as_str()).collect();
        for ((path, side, _), normal) in texts.iter().zip(formatter.normalise(&borrowed)) {
            let Some(normal) = normal else { continue };
            let forms = match side {
                Side::Disk => &mut forms.of_disk,
                Side::Rendered => &mut forms.of_rendered,
            };
            forms.insert((*path).to_owned(), print_of_normal(&normal));
        }
        forms
    }

    /// The normal form of what lies at a path, if it was needed and could be had.
    pub fn of_disk(&self, path: &str) -> Option<Fingerprint> {
        self.of_disk.get(path).copied()
    }

    /// The normal form of a rendered text. Text that is not Rust is its own, and Rust
    /// was formatted under the default configuration unless the project has another.
    pub fn of_rendered(
        &self,
        path: &str,
        print: Fingerprint,
        inputs: &Inputs<'_>,
    ) -> Option<Fingerprint> {
        if let Some(known) = self.of_rendered.get(path) {
            return Some(*known);
        }
        if !is_rust(path) {
            return Some(print);
        }
        inputs
            .lock
            .written(path)
            .filter(|it| it.raw == print)
            .and_then(|it| it.formatted)
    }
}

/// The normal forms of the scripts of migrations that were changed.
fn of_scripts(inputs: &Inputs<'_>) -> BTreeMap<String, Fingerprint> {
    let entries = inputs.lock.files.iter();
    let scripts = entries.filter(|(path, entry)| {
        let is_script = Path::new(path).extension().is_some_and(|it| it == "sql");
        is_script && entry.ownership == Ownership::History && differs(inputs, path)
    });
    let of = |(path, _): (&String, _)| {
        let bytes = disk_bytes(inputs.disk.get(path)?)?;
        let text = String::from_utf8(plain(bytes).into_owned()).ok()?;
        let lines = text.split_inclusive('\n');
        let kept: String = lines
            .filter(|it| script::acceptance(it).is_none())
            .collect();
        Some((path.clone(), Fingerprint::of(kept.as_bytes())))
    };
    scripts.filter_map(of).collect()
}

/// The normal forms of Rust that the default configuration has printed.
fn as_rendered(rendered: &[Rendered]) -> BTreeMap<String, Fingerprint> {
    let is_new = |it: &&Rendered| is_rust(&it.path) && rendered_bytes(it).is_some();
    let new: Vec<&Rendered> = rendered.iter().filter(is_new).collect();
    let prints = parallel::map(&new, parallel::processors(), |_, file| {
        let text = rendered_bytes(file).and_then(|it| std::str::from_utf8(it).ok());
        text.map(print_of_normal)
    });
    let of = |(file, print): (&Rendered, Option<_>)| Some((file.path.clone(), print?));
    new.into_iter().zip(prints).filter_map(of).collect()
}

fn want<'a>(
    wanted: &mut BTreeSet<(&'a str, Side)>,
    file: &'a Rendered,
    contents: &Contents<'_>,
    inputs: &Inputs<'_>,
) {
    let Some(print) = contents.get(&file.path).map(|it| it.print) else {
        return;
    };
    let on_record = inputs.lock.written(&file.path);
    let is_there = matches!(inputs.disk.get(&file.path), Some(Found::File { print: there, .. }) if *there == print);
    let suspect = !is_there && differs(inputs, &file.path);
    if suspect {
        wanted.insert((&file.path, Side::Disk));
    }
    let carried_over = on_record.is_some_and(|it| it.raw == print && it.formatted.is_some());
    if inputs.rustfmt.is_some() && (suspect || !carried_over) {
        wanted.insert((&file.path, Side::Rendered));
    }
}

/// Whether something else lies at a path than what the lock remembers.
fn differs(inputs: &Inputs<'_>, path: &str) -> bool {
    let Some(Found::File { print, .. }) = inputs.disk.get(path) else {
        return false;
    };
    let is = |written: &Written| written.raw == *print || written.formatted == Some(*print);
    !inputs.lock.written(path).is_some_and(is)
}

fn rendered_bytes(file: &Rendered) -> Option<&[u8]> {
    match &file.content {
        Content::Whole(bytes) => Some(bytes),
        Content::AsBefore => None,
    }
}

fn disk_bytes(found: &Found) -> Option<&[u8]> {
    match found {
        Found::File { bytes, .. } => Some(bytes),
        Found::Other(_) => None,
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "rs")
}
