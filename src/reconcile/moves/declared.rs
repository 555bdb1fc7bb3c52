//! Where the compiler looks for a module's file, and the attribute that tells it another place.
//!
//! Knows the rules of `mod NAME;` and of `#[path]`, and reads no more of a Rust file than its
//! lines that declare modules.

use std::collections::BTreeMap;

use super::Moves;
use crate::{
    plan::{Content, Ownership, Rendered},
    reconcile::{Found, OnDisk, text::Fingerprint},
};

/// The files that may declare the module whose file is planned at a path, most likely first.
pub fn parents(path: &str) -> Vec<String> {
    let Some((folder, _)) = module(path) else {
        return Vec::new();
    };
    let beside = format!("{folder}.rs");
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|it| format!("{folder}/{it}"));
    inside.into_iter().chain([beside]).collect()
}

/// The folder in which a module's file is looked for, and the module's name; none for the root of
/// a crate and for what is no Rust.
fn module(path: &str) -> Option<(&str, &str)> {
    let stem = path.strip_suffix(".rs")?;
    let (folder, name) = stem.rsplit_once('/')?;
    match name {
        "lib" | "main" => None,
        "mod" => folder.rsplit_once('/'),
        _ => Some((folder, name)),
    }
}

/// Adds the attributes to the texts, where the compiler would look elsewhere for a module.
pub(super) fn declare(files: &mut [Rendered], moves: &Moves, disk: &OnDisk) {
    let at: BTreeMap<String, usize> = (0..)
        .zip(&*files)
        .map(|(at, it)| (it.path.clone(), at))
        .collect();
    let mut modules: Vec<(String, usize)> = Vec::new();
    for path in at.keys() {
        let parent = parents(path)
            .into_iter()
            .find_map(|it| at.get(&it).copied());
        modules.extend(parent.map(|parent| (path.clone(), parent)));
    }
    // A module comes after the one that declares it, so that it is known how that one is found.
    modules.sort_by_key(|(path, _)| {
        (
            path.matches('/').count() - usize::from(path.ends_with("/mod.rs")),
            path.clone(),
        )
    });
    let mut is_told: BTreeMap<String, bool> = BTreeMap::new();
    for (path, parent) in modules {
        let Some((_, name)) = module(&path) else {
            continue;
        };
        let from = moves.place(&files[parent].path).to_owned();
        let to = moves.place(&path);
        let folder = folder_of_children(&from, is_told.contains_key(&files[parent].path));
        let is_found =
            to == format!("{folder}/{name}.rs") || to == format!("{folder}/{name}/mod.rs");
        if is_found {
            continue;
        }
        is_told.insert(path.clone(), true);
        attribute(
            &mut files[parent],
            name,
            &relative(&from, to),
            disk.get(&from),
        );
    }
}

/// Where the compiler looks for the modules that a file declares.
fn folder_of_children(file: &str, has_path: bool) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    match name.trim_end_matches(".rs") {
        _ if has_path => folder.to_owned(),
        "mod" | "lib" | "main" => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    }
}

/// The way from the folder of one file to another file.
fn relative(from: &str, to: &str) -> String {
    let mut above: Vec<&str> = from.split('/').collect();
    above.pop();
    let target: Vec<&str> = to.split('/').collect();
    let shared = above
        .iter()
        .zip(&target)
        .take_while(|(left, right)| left == right)
        .count();
    let up = std::iter::repeat_n("..", above.len() - shared);
    up.chain(target[shared..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

/// Puts the attribute before a declaration, unless the owner of the file says it in another way.
fn attribute(parent: &mut Rendered, name: &str, path: &str, found: Option<&Found>) {
    let Content::Whole(bytes) = &parent.content else {
        return;
    };
    let line = format!("#[path = \"{path}\"]");
    if parent.ownership != Ownership::Managed
        || found.is_some_and(|it| says_otherwise(it, name, &line))
    {
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    let mut told = String::with_capacity(text.len() + line.len() + 1);
    for written in text.split_inclusive('\n') {
        if is_declaration(written, name) {
            told.push_str(&line);
            told.push('\n');
        }
        told.push_str(written);
    }
    // What is on record with this digest is no longer what the templates alone make.
    parent.digest = Fingerprint::of(format!("{}\n{line}", parent.digest).as_bytes()).to_string();
    parent.content = Content::Whole(told.into_bytes());
}

/// Whether a file on the disk declares no such module any more, or says itself where it lies.
fn says_otherwise(found: &Found, name: &str, line: &str) -> bool {
    let Found::File { bytes, .. } = found else {
        return false;
    };
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|it| is_declaration(it, name)) else {
        return true;
    };
    let before = lines[..at]
        .iter()
        .rev()
        .take_while(|it| it.starts_with("#["));
    before
        .into_iter()
        .any(|it| it.starts_with("#[path") && *it != line)
}

/// Whether a line is `mod NAME;`, whoever may see it.
fn is_declaration(line: &str, name: &str) -> bool {
    let Some(rest) = line.trim().strip_suffix(';') else {
        return false;
    };
    let mut words = rest.split_whitespace().rev();
    let is_named = words
        .next()
        .is_some_and(|it| it.trim_start_matches("r#") == name);
    is_named && words.next() == Some("mod") && words.all(|it| it.starts_with("pub"))
}

/// Whether a file declares the module whose file is planned at a path.
pub fn declares(text: &str, path: &str) -> bool {
    module(path).is_some_and(|(_, name)| text.lines().any(|it| is_declaration(it, name)))
}
