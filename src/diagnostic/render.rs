//! Diagnostics for people (in the manner of rustc) and for programs.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
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
/// A message, a label or a help longer than this is cut.
const LONGEST_TEXT: usize = 600;
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
/// `line` and `column` count from 1 and are null when the problem has no place, or is a whole file's;
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
    if !source.has_lines() {
        return Some(
            json!({ "path": source.path, "line": null, "column": null, "end": null, "label": null }),
        );
    }
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
            .primary_title(printable(&diagnostic.message))
            .id(diagnostic.code.as_str()),
    );
    for excerpt in excerpts(diagnostic, sources) {
        group = group.element(excerpt);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    group
}

/// Names and values come from files that anyone may have written: nothing in them
/// reaches the terminal as a control sequence, and nothing fills the screen.
fn printable(text: &str) -> Cow<'_, str> {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.len() <= LONGEST_TEXT && !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() > LONGEST_TEXT {
            shown.push('…');
            break;
        }
        if odd(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// One excerpt for each file, the file of the first label first.
fn excerpts<'a>(diagnostic: &'a Diagnostic, sources: &'a [Source]) -> Vec<Element<'a>> {
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

fn excerpt<'a>(diagnostic: &'a Diagnostic, file: u32, source: &'a Source) -> Option<Element<'a>> {
    if !source.has_lines() {
        return Some(Origin::path(source.path.as_str()).into());
    }
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
        let (line, column) = source.position(start);
        return Some(
            Origin::path(source.path.as_str())
                .line(line)
                .char_column(column)
                .into(),
        );
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
            annotation.label(printable(label))
        }
    });
    let snippet = Snippet::source(text)
        .line_start(line)
        .path(source.path.as_str())
        .annotations(annotations);
    Some(snippet.into())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    fn source(text: &str) -> Vec<Source> {
        vec![Source::new("a.yaml", text.to_owned())]
    }

    fn span(start: usize, end: usize) -> Span {
        Span {
            source: SourceId(0),
            start,
            end,
        }
    }

    #[test]
    fn json_tells_line_and_columns_from_one() {
        let sources = source("a: b\nüc: doc\n");
        let problem = Diagnostic::new(Code::UnknownKey, "unknown")
            .label(span(5, 8), "here")
            .help("remove it");
        let parsed: Value = serde_json::from_str(&to_json(&[problem], &sources)).unwrap();
        let expected = json!([{
            "path": "a.yaml", "line": 2, "column": 1, "end": 3, "code": "S0101", "severity": "error",
            "message": "unknown", "label": "here", "related": [], "help": ["remove it"],
        }]);
        assert_eq!(parsed, expected);
        assert_eq!(to_json(&[], &sources), "[]\n");
    }

    #[test]
    fn a_report_reads_without_colour_and_with_it() {
        let sources = source("a: b\n");
        let problems = [Diagnostic::warning(Code::FileName, "odd").label(span(0, 1), "here")];
        let plain = render(&problems, &sources, Style { color: false });
        assert!(
            plain.starts_with("warning[S0009]: odd\n --> a.yaml:1:1\n"),
            "{plain}"
        );
        assert!(plain.ends_with("warning: 1 warning\n"), "{plain}");
        assert!(
            !plain.contains('\u{1b}')
                && render(&problems, &sources, Style { color: true }).contains('\u{1b}')
        );
    }

    #[test]
    fn no_control_sequence_reaches_the_terminal() {
        let text = "a: \u{1b}[31mred\u{202e}\n";
        let name = "\u{1b}]0;title\u{7}\u{202e}";
        let problem = Diagnostic::new(Code::UnknownKey, name)
            .label(span(3, 11), name)
            .help(name);
        let shown = render(&[problem], &source(text), Style { color: false });
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\u{7}'),
            "{shown:?}"
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "x".repeat(500_000);
        let problem =
            Diagnostic::new(Code::UnknownKey, long.clone()).label(span(0, 500_000), long.clone());
        let shown = render(&[problem], &source(&long), Style { color: false });
        assert!(
            shown.len() < 3_000 && shown.contains("a.yaml:1:1"),
            "{shown}"
        );
        let many = vec![Diagnostic::new(Code::UnknownKey, "one"); 1_000];
        let shown = render(&many, &[], Style { color: false });
        assert!(
            shown.contains("900 more") && shown.contains("1000 errors"),
            "{}",
            shown.len()
        );
    }
}
