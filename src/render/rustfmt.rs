//! One `rustfmt` for all files, in a scratch directory, under the project's own configuration.
//!
//! `rustfmt` follows `mod` lines into other files unless it is told not to, and
//! those may be the user's: hence the scratch directory and `skip_children`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::RenderError;
use crate::parallel;

/// What printed the Rust files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formatter {
    /// `rustfmt`, as `cargo fmt` would.
    Rustfmt,
    /// The built-in printer, which drops plain comments: `rustfmt` is not installed.
    BuiltIn,
}

/// As many files as one process takes: long argument lists stay within every system's limit.
const BATCH: usize = 250;

/// The most bytes that are formatted in memory; the formatter's own texts come on top.
const IN_MEMORY: usize = 24 * 1024 * 1024;

/// Formats files, given as path and text, and gives back their texts in the same order.
pub fn format_rust(
    files: &[(String, String)],
    project: Option<&Path>,
) -> Result<(Vec<String>, Formatter), RenderError> {
    let mut texts = Vec::with_capacity(files.len());
    for round in rounds(files) {
        match format_round(round, project)? {
            Some(formatted) => texts.extend(formatted),
            None => return Ok((built_in(files)?, Formatter::BuiltIn)),
        }
    }
    Ok((texts, Formatter::Rustfmt))
}

/// As many files at a time as have room in memory.
fn rounds(files: &[(String, String)]) -> Vec<&[(String, String)]> {
    let mut rounds = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (at, (_, text)) in files.iter().enumerate() {
        if at > first && bytes + text.len() > IN_MEMORY {
            rounds.push(&files[first..at]);
            (first, bytes) = (at, 0);
        }
        bytes += text.len();
    }
    if first < files.len() {
        rounds.push(&files[first..]);
    }
    rounds
}

/// The texts of these files, or none where there is no `rustfmt`.
fn format_round(
    files: &[(String, String)],
    project: Option<&Path>,
) -> Result<Option<Vec<String>>, RenderError> {
    let scratch = Scratch::new(files.iter().map(|(_, text)| text.len()).sum())?;
    let mut paths = Vec::new();
    for (index, (_, text)) in files.iter().enumerate() {
        let path = scratch.0.join(format!("{index}.rs"));
        fs::write(&path, text)?;
        paths.push(path);
    }
    let processors = parallel::processors();
    let batch = paths.len().div_ceil(processors).clamp(1, BATCH);
    let batches: Vec<&[PathBuf]> = paths.chunks(batch).collect();
    let outputs = parallel::map(&batches, processors, |_, batch| {
        command(batch, project).output()
    });
    let mut complaints = String::new();
    for output in outputs {
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => complaints.push_str(&String::from_utf8_lossy(&output.stderr)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    if !complaints.is_empty() {
        return Err(RenderError::Rustfmt(named(&complaints, files)));
    }
    let texts = paths.iter().map(fs::read_to_string);
    Ok(Some(texts.collect::<Result<_, _>>()?))
}

fn command(files: &[PathBuf], project: Option<&Path>) -> Command {
    let mut command = Command::new("rustfmt");
    command
        .args(["--edition", "2024", "--config", "skip_children=true"])
        // Without a terminal to describe it does not read the terminal's description for each file.
        .env_remove("TERM")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(configuration) = project.and_then(configuration) {
        command.arg("--config-path").arg(configuration);
    }
    command.args(files);
    command
}

/// Texts as `rustfmt` prints them under its default configuration, whatever the
/// project's is. `None` for a text that is no Rust, and for all without `rustfmt`.
pub fn normalise(texts: &[&str]) -> Vec<Option<String>> {
    one_by_one(texts, None).unwrap_or_else(|_| vec![None; texts.len()])
}

/// Texts as `cargo fmt` would print them in the project, under the same conditions.
pub fn print(texts: &[&str], project: &Path) -> Vec<Option<String>> {
    one_by_one(texts, Some(project)).unwrap_or_else(|_| vec![None; texts.len()])
}

/// One process each, a few at a time: a text that is no Rust must not stop the others.
fn one_by_one(texts: &[&str], project: Option<&Path>) -> std::io::Result<Vec<Option<String>>> {
    let scratch = Scratch::new(texts.iter().map(|text| text.len()).sum())?;
    fs::write(scratch.0.join("rustfmt.toml"), "")?;
    let mut paths = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        paths.push(scratch.0.join(format!("{index}.rs")));
        fs::write(&paths[index], text)?;
    }
    // A project without a configuration has the default one, which the scratch directory has.
    let project = project.filter(|it| configuration(it).is_some());
    let mut formatted = Vec::new();
    for batch in paths.chunks(4) {
        let start = |path| {
            command(
                std::slice::from_ref(path),
                Some(project.unwrap_or(&scratch.0)),
            )
            .spawn()
        };
        let running: Vec<_> = batch.iter().map(start).collect::<Result<_, _>>()?;
        for (child, path) in running.into_iter().zip(batch) {
            let succeeded = child.wait_with_output()?.status.success();
            let text = succeeded.then(|| fs::read_to_string(path));
            formatted.push(text.transpose()?);
        }
    }
    Ok(formatted)
}

/// The configuration that `cargo fmt` would find from the project upwards.
fn configuration(project: &Path) -> Option<PathBuf> {
    project
        .ancestors()
        .flat_map(|folder| [folder.join("rustfmt.toml"), folder.join(".rustfmt.toml")])
        .find(|path| path.is_file())
}

/// The complaints with the files' own names in place of the scratch ones.
fn named(complaints: &str, files: &[(String, String)]) -> String {
    let mut text = complaints.to_owned();
    for (index, (path, _)) in files.iter().enumerate().rev() {
        text = text.replace(&format!("/{index}.rs"), &format!("/{path}"));
    }
    text
}

fn built_in(files: &[(String, String)]) -> Result<Vec<String>, RenderError> {
    files
        .iter()
        .map(|(path, text)| match syn::parse_file(text) {
            Ok(file) => Ok(prettyplease::unparse(&file)),
            Err(error) => Err(RenderError::NotRust {
                path: path.clone(),
                line: error.span().start().line,
                reason: error.to_string(),
            }),
        })
        .collect()
}

/// A directory that is gone when it is no longer used.
struct Scratch(PathBuf);

impl Scratch {
    /// For files that have so many bytes together.
    fn new(bytes: usize) -> std::io::Result<Self> {
        let name = format!("svcgen-{}", uuid::Uuid::now_v7());
        // Where there is a file system in memory, thousands of short-lived files belong there, unless
        // somebody has said where they do; in containers it is small.
        let in_memory = Path::new("/dev/shm").join(&name);
        let is_free = std::env::var_os("TMPDIR").is_none() && bytes <= IN_MEMORY;
        if is_free && fs::create_dir(&in_memory).is_ok() {
            return Ok(Self(in_memory));
        }
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: a directory that stays is the system's to sweep.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_hold_every_file_once_and_not_too_much() {
        let file = |bytes: usize| (String::new(), " ".repeat(bytes));
        let files: Vec<_> = [9, IN_MEMORY, 1, IN_MEMORY - 1, 1, IN_MEMORY + 5, 2]
            .map(file)
            .into();
        let counts: Vec<usize> = rounds(&files).iter().map(|it| it.len()).collect();
        assert_eq!(counts, [1, 1, 2, 1, 1, 1]);
        assert!(rounds(&[]).is_empty());
    }
}
