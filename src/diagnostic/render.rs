//! Diagnostics for people (in the manner of rustc) and for programs.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// How the text for people is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
}

/// The most diagnostics that are printed; nobody reads on after these.
const MOST: usize = 100;
/// A line longer than this is not shown: it is data, or an attack.
const LONGEST_LINE: usize = 2_000;

/// All diagnostics with the excerpts they are about, and a last line that counts them.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source], style: Style) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MOST) {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    if diagnostics.len() > MOST {
        let _ = writeln!(text, "… and {} more\n", diagnostics.len() - MOST);
    }
    if let Some(line) = summary(diagnostics, &renderer) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// All diagnostics as a JSON array, one object a line.
///
/// `line` and `column` count from 1 and are null when the problem has no place;
/// `end` is the column after the last character in the same line.
pub fn to_json(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let objects: Vec<String> = diagnostics
        .iter()
        .map(|it| object(it, sources).to_string())
        .collect();
    if objects.is_empty() {
        "[]\n".to_owned()
    } else {
        format!("[\n{}\n]\n", objects.join(",\n"))
    }
}

fn object(diagnostic: &Diagnostic, sources: &[Source]) -> Value {
    let mut places = diagnostic
        .labels
        .iter()
        .filter_map(|(span, label)| place(*span, label, sources));
    let first = places.next().unwrap_or_else(
        || json!({ "path": null, "line": null, "column": null, "end": null, "label": null }),
    );
    json!({
        "path": first["path"],
        "line": first["line"],
        "column": first["column"],
        "end": first["end"],
        "code": diagnostic.code.as_str(),
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "label": first["label"],
        "related": places.collect::<Vec<_>>(),
        "help": diagnostic.help,
    })
}

fn place(span: Span, label: &str, sources: &[Source]) -> Option<Value> {
    let source = sources.get(span.source.0 as usize)?;
    let (line, column) = source.position(span.start);
    let written = source
        .text
        .get(source.floor(span.start)..source.floor(span.end))
        .unwrap_or("");
    let end = column + written.lines().next().unwrap_or("").chars().count();
    Some(json!({ "path": source.path, "line": line, "column": column, "end": end, "label": label }))
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a [Source]) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(
        level
            .primary_title(&diagnostic.message)
            .id(diagnostic.code.as_str()),
    );
    for excerpt in excerpts(diagnostic, sources) {
        group = group.element(excerpt);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// One excerpt for each file, the file of the first label first.
fn excerpts<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a [Source],
) -> Vec<Snippet<'a, Annotation<'a>>> {
    let mut files: Vec<u32> = Vec::new();
    for (span, _) in &diagnostic.labels {
        if !files.contains(&span.source.0) {
            files.push(span.source.0);
        }
    }
    files
        .into_iter()
        .filter_map(|file| excerpt(diagnostic, file, sources.get(file as usize)?))
        .collect()
}

fn excerpt<'a>(
    diagnostic: &'a Diagnostic,
    file: u32,
    source: &'a Source,
) -> Option<Snippet<'a, Annotation<'a>>> {
    let here = || {
        diagnostic
            .labels
            .iter()
            .enumerate()
            .filter(|(_, (span, _))| span.source.0 == file)
    };
    let start = here().map(|(_, (span, _))| span.start).min()?;
    let end = here()
        .map(|(_, (span, _))| span.end.max(span.start))
        .max()?;
    let window = window(&source.text, source.floor(start)..source.floor(end));
    let text = &source.text[window.clone()];
    if text.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    let line = source.text[..window.start].matches('\n').count() + 1;
    let annotations = here().map(|(index, (span, label))| {
        let kind = if index == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let start = source.floor(span.start) - window.start;
        let end = source.floor(span.end.max(span.start)) - window.start;
        let annotation = kind.span(start..end);
        if label.is_empty() {
            annotation
        } else {
            annotation.label(label.as_str())
        }
    });
    Some(
        Snippet::source(text)
            .line_start(line)
            .path(source.path.as_str())
            .annotations(annotations),
    )
}

/// The whole lines of a range.
fn window(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |newline| range.end + newline + 1);
    start..end
}

fn summary(diagnostics: &[Diagnostic], renderer: &Renderer) -> Option<String> {
    let errors = diagnostics.iter().filter(|it| it.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    let (level, text) = match (errors, warnings) {
        (0, 0) => return None,
        (0, _) => (Level::WARNING, count(warnings, "warning")),
        (_, 0) => (Level::ERROR, count(errors, "error")),
        _ => (
            Level::ERROR,
            format!(
                "{} and {}",
                count(errors, "error"),
                count(warnings, "warning")
            ),
        ),
    };
    let text = if errors == 0 {
        text
    } else {
        format!("{text}; nothing was generated")
    };
    Some(renderer.render(&[Group::with_title(level.primary_title(text))]))
}
