//! The rules that hold the sources together: who may know whom, who may touch the disk,
//! what a template may say, and how every file begins and ends.
//!
//! Each rule is a function from a text to its complaints, and each has a negative
//! control: a text that breaks it must be complained of.

mod scan;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenTree;
use walkdir::WalkDir;

use scan::{calls, paths, tokens, walk};

/// The modules of `src/` in layers: each knows those before it and its own, none after it.
const LAYERS: &[&[&str]] = &[
    &["parallel", "source", "diagnostic"],
    &["schema"],
    &["model"],
    &["tables"],
    &["dialect"],
    &["migrate"],
    &["plan"],
    &["features"],
    &["render"],
    &["generate"],
    &["import"],
    &["reconcile"],
    &["project"],
    &["cli"],
];

/// Who may touch files and processes, and for what.
const OUTSIDE: &[(&str, &str)] = &[
    ("src/project/", "the one road to the project's files"),
    ("src/render/rustfmt.rs", "formats in a scratch directory"),
    ("src/cli/new/launch.rs", "starts the service that was made"),
    (
        "src/cli/new/origin.rs",
        "reads the schema that `--from` names",
    ),
    ("src/cli/new/mod.rs", "looks whether the directory is empty"),
    ("src/cli/meta.rs", "writes manual pages where `--dir` says"),
    (
        "src/cli/server.rs",
        "starts a server to prove migrations on",
    ),
];

/// The longest that a file may be, in lines.
const LONGEST: usize = 500;

#[test]
fn every_module_knows_only_those_before_it() {
    let complaints = of_sources("src", |path, text| {
        module_of(path).map_or(Vec::new(), |module| direction(module, text))
    });
    assert_none(&complaints);
}

#[test]
fn an_import_against_the_direction_is_seen() {
    for bad in [
        "use crate::render::Formatter;",
        "use crate::{source::Source, cli};",
        "use crate::{\n    diagnostic,\n    features::{self, Context},\n};",
        "fn it() { crate::project::write(); }",
    ] {
        assert_eq!(direction("model", bad).len(), 1, "{bad}");
    }
    let good = "use crate::source::Source; #[cfg(test)] mod tests { use crate::cli; }";
    assert_none(&direction("model", good));
    assert_eq!(direction("no_such_layer", "").len(), 1);
}

#[test]
fn every_layer_is_a_module_and_every_module_has_a_layer() {
    let mut layered: Vec<&str> = LAYERS.concat();
    layered.sort_unstable();
    let map = read("src/lib.rs");
    let declared: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared, layered);
}

#[test]
fn only_a_few_files_touch_the_disk_or_start_a_process() {
    let complaints = of_sources("src", |path, text| {
        let may = OUTSIDE.iter().any(|(place, _)| path.starts_with(place));
        if may { Vec::new() } else { outside(text) }
    });
    assert_none(&complaints);
    for (place, _) in OUTSIDE {
        let complaints = of_sources("src", |path, text| {
            if path.starts_with(place) {
                outside(text)
            } else {
                Vec::new()
            }
        });
        assert!(!complaints.is_empty(), "`{place}` need not be in OUTSIDE");
    }
}

#[test]
fn a_file_that_touches_the_disk_is_seen() {
    for bad in [
        "use std::fs;",
        "use std::{collections::BTreeMap, fs::{self, File}};",
        "fn it() { std::fs::remove_file(path); }",
        "use std::process::{Command, ExitCode};",
        "use std::net::TcpStream;",
        "fn it(path: &Path) -> bool { path.exists() }",
    ] {
        assert_eq!(outside(bad).len(), 1, "{bad}");
    }
    assert_none(&outside("use std::process::ExitCode; use std::path::Path;"));
}

#[test]
fn templates_only_interpolate_loop_and_ask() {
    let features: Vec<&str> = svcgen::features::ALL.iter().map(|it| it.name()).collect();
    let mut complaints = Vec::new();
    for path in files("templates") {
        let text = read(&path);
        let found = logic(&text, &features);
        complaints.extend(found.into_iter().map(|it| format!("{path}: {it}")));
    }
    assert_none(&complaints);
}

#[test]
fn logic_in_a_template_is_seen() {
    let features = ["http"];
    for bad in [
        "//% if count > 1",
        "//% if a and b",
        "//% if kind == \"uuid\"",
        "{% if not loop.last %}, {% endif %}",
        "{{ name | upper }}",
        "{{ list[0] }}",
        "{{ a + 1 }}",
        "//% set x = 1",
        "//% include \"other.rs\"",
        "//% for key, value in map",
        "//% if has_http",
        "//% if features.http",
        "#% if http",
        "{{ never_closed",
    ] {
        assert_eq!(logic(bad, &features).len(), 1, "{bad}");
    }
    let good = "//% for line in naming.doc\n/// {{ line }}\n//% endfor\n\
                {% if not versioned %}{{ a.b }}{% else %}x{% endif %}\n//# a comment";
    assert_none(&logic(good, &features));
}

#[test]
fn every_file_says_what_it_is_and_is_short_and_finished() {
    let mut complaints = Vec::new();
    for path in ["src", "runtime", "templates", "tests", "benches", "schemas"]
        .into_iter()
        .flat_map(files)
    {
        if Path::new(&path).extension().is_some_and(|it| it == "rs") {
            let found = manners(&read(&path));
            complaints.extend(found.into_iter().map(|it| format!("{path}: {it}")));
        }
    }
    assert_none(&complaints);
}

#[test]
fn a_file_without_manners_is_seen() {
    let long = format!("//! Much.\n{}", "\n".repeat(LONGEST));
    for bad in [
        "fn it() {}".to_owned(),
        "// Not what a file is.\n".to_owned(),
        long,
    ] {
        assert_eq!(manners(&bad).len(), 1, "{}", bad.trim_end());
    }
    for word in unfinished() {
        assert_eq!(manners(&format!("//! Purpose.\n// {word}")).len(), 1);
    }
    assert_none(&manners("//! Purpose.\nfn it() {}"));
    // What a template's first line is comes from its view.
    assert_none(&manners("//% for line in doc\n//! {{ line }}\n//% endfor"));
}

#[test]
fn nothing_panics_without_a_reason() {
    let mut complaints = of_sources("src", |_, text| panics(text));
    complaints.extend(of_sources("runtime/src", |path, text| {
        // What only tests link may fail as tests do.
        if path.starts_with("runtime/src/testing/") {
            Vec::new()
        } else {
            panics(text)
        }
    }));
    assert_none(&complaints);
}

#[test]
fn a_panic_without_a_reason_is_seen() {
    for bad in [
        "fn it() { value.unwrap(); }",
        "fn it() { value.expect(\"there\"); }",
        "fn it() { panic!(\"no\"); }",
        "fn it() { unreachable!() }",
        "// A reason.\n\nfn it() { value.unwrap(); }",
        "fn it() {\n    nested(|| { value.unwrap() });\n}",
    ] {
        assert_eq!(panics(bad).len(), 1, "{bad}");
    }
    for good in [
        "fn it() { value.unwrap(); } // It is there.",
        "// It was put there above.\nfn it() { value.unwrap(); }",
        "#[cfg(test)]\nmod tests { fn it() { value.unwrap(); panic!(); } }",
        "#[expect(clippy::x, reason = \"y\")]\nfn it() { value.unwrap_or(0); }",
    ] {
        assert_none(&panics(good));
    }
}

#[test]
fn the_runtime_has_the_lints_of_the_workspace() {
    let manifest = |path| -> toml_edit::DocumentMut { read(path).parse().expect("a manifest") };
    let root = manifest("Cargo.toml");
    let runtime = manifest("runtime/Cargo.toml");
    for tool in ["rust", "clippy"] {
        let (ours, theirs) = (
            lints(&root["workspace"]["lints"][tool]),
            lints(&runtime["lints"][tool]),
        );
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs, "{tool}");
    }
}

fn lints(table: &toml_edit::Item) -> Vec<String> {
    let entries = table.as_table_like().into_iter().flat_map(|it| it.iter());
    let mut lines: Vec<String> = entries
        .map(|(name, level)| format!("{name} = {}", level.to_string().trim()))
        .collect();
    lines.sort();
    lines
}

/// The module of `src/` that a file is part of; the roots know everything.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let module = inside.split(['/', '.']).next()?;
    (!["lib", "main"].contains(&module)).then_some(module)
}

/// What a text of a module says of modules that it must not know.
fn direction(module: &str, text: &str) -> Vec<String> {
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let Some(own) = layer(module) else {
        return vec![format!("`{module}` has no layer")];
    };
    let known = paths("crate", text);
    let mut against: Vec<String> = known
        .into_iter()
        .filter_map(|(line, path)| {
            let other = path.get(1)?;
            (layer(other)? > own).then(|| format!("line {line}: `{module}` knows `{other}`"))
        })
        .collect();
    against.dedup();
    against
}

/// What a text says to the world outside the process.
fn outside(text: &str) -> Vec<String> {
    let mut lines: Vec<usize> = paths("std", text)
        .into_iter()
        .filter(|(_, path)| {
            let second = path.get(1).map_or("", String::as_str);
            let third = path.get(2).map_or("", String::as_str);
            matches!(second, "fs" | "net") || (second, third) == ("process", "Command")
        })
        .map(|(line, _)| line)
        .collect();
    let looks = ["exists", "is_dir", "is_file", "canonicalize", "metadata"];
    lines.extend(calls(text, &looks).into_iter().map(|(line, _)| line));
    lines.sort_unstable();
    lines.dedup();
    let complaint = |line| format!("line {line}: reaches outside");
    lines.into_iter().map(complaint).collect()
}

/// What a template does that its view should have done.
fn logic(text: &str, features: &[&str]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let statement = ["//%", "#%", "--%"]
            .iter()
            .find_map(|mark| line.trim_start().strip_prefix(mark));
        let inner = match statement {
            Some(statement) => vec![(true, statement)],
            None => marked(line),
        };
        let bad = inner.into_iter().find(|(is_statement, text)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            !match (is_statement, words.as_slice()) {
                (true, ["endfor" | "endif" | "else"]) => true,
                (true, ["for", name, "in", list]) => is_name(name) && is_name(list),
                (true, ["if", name] | ["if", "not", name]) => {
                    is_name(name) && !names_feature(name, features)
                }
                (false, [name]) => is_name(name),
                _ => false,
            }
        });
        if let Some((_, bad)) = bad {
            complaints.push(format!("line {}: `{}`", index + 1, bad.trim()));
        }
    }
    complaints
}

/// The statements and expressions inside a line.
fn marked(line: &str) -> Vec<(bool, &str)> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        let next = [("{%", "%}", true), ("{{", "}}", false)]
            .into_iter()
            .filter_map(|mark| Some((rest.find(mark.0)?, mark)))
            .min_by_key(|(at, _)| *at);
        let Some((at, (_, end, is_statement))) = next else {
            return found;
        };
        let inner = &rest[at + 2..];
        let Some(close) = inner.find(end) else {
            found.push((true, inner));
            return found;
        };
        found.push((is_statement, &inner[..close]));
        rest = &inner[close + 2..];
    }
}

fn is_name(text: &str) -> bool {
    let is_word =
        |it: &str| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    text.split('.').all(is_word) && !text.starts_with("loop.")
}

fn names_feature(name: &str, features: &[&str]) -> bool {
    // `entity.removal` asks an entity, `has_http` and `features.http` ask a feature.
    let (before, last) = name.rsplit_once('.').unwrap_or(("", name));
    before == "features" || last.split('_').any(|word| features.contains(&word))
}

/// What a file of Rust lacks, or has too much of.
fn manners(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let first = text.lines().find(|line| !line.starts_with("//%"));
    if !first.is_some_and(|line| line.starts_with("//!")) {
        complaints.push("does not begin with `//!`".to_owned());
    }
    if text.lines().count() > LONGEST {
        complaints.push(format!("is longer than {LONGEST} lines"));
    }
    for word in unfinished() {
        if text.contains(&word) {
            complaints.push(format!("has `{word}`"));
        }
    }
    complaints
}

/// Marks of what is not finished; in pieces, so that this file has none of them.
fn unfinished() -> [String; 3] {
    [["to", "do!("], ["unimple", "mented!("], ["FIX", "ME"]].map(|it| it.concat())
}

/// Where a text panics without a comment on that line or the one before it.
fn panics(text: &str) -> Vec<String> {
    let mut found = calls(text, &["unwrap", "expect"]);
    walk(tokens(text), &mut |window| {
        if let [TokenTree::Ident(name), TokenTree::Punct(mark), ..] = window
            && mark.as_char() == '!'
            && ["panic", "unreachable"].contains(&name.to_string().as_str())
        {
            found.push((name.span().start().line, name.to_string()));
        }
    });
    let lines: Vec<&str> = text.lines().collect();
    let is_explained = |line: usize| {
        let explains = |index: Option<usize>| {
            index
                .and_then(|index| lines.get(index))
                .is_some_and(|line| line.contains("// "))
        };
        explains(line.checked_sub(1)) || explains(line.checked_sub(2))
    };
    found
        .into_iter()
        .filter(|(line, _)| !is_explained(*line))
        .map(|(line, name)| format!("line {line}: `{name}` without a reason"))
        .collect()
}

/// What a rule says of each file of a folder that is no test, with the path before it.
fn of_sources(folder: &str, rule: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in files(folder) {
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        if Path::new(&path).extension().is_some_and(|it| it == "rs") && !is_test {
            let found = rule(&path, &read(&path));
            complaints.extend(found.into_iter().map(|it| format!("{path}: {it}")));
        }
    }
    complaints
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, sorted, relative to the repository; none if it is not there.
fn files(folder: &str) -> Vec<String> {
    let walk = WalkDir::new(root().join(folder)).sort_by_file_name();
    walk.into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.file_type().is_file())
        .filter_map(|it| Some(it.path().strip_prefix(root()).ok()?.to_str()?.to_owned()))
        .filter(|path| !path.contains("/target/") && !path.contains("/assets/"))
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a text")
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
