//! From planned files to complete, formatted texts, all in memory.
//!
//! A text whose rendering has not changed since the last run is neither parsed
//! nor formatted again: its digest says so. A seeded file that was given away is
//! not even rendered. Nothing but `rustfmt` starts a
//! process here, and only in a scratch directory.
//!
//! Every rendered Rust file is parsed, and what is not Rust is never written. `rustfmt` does that with the
//! compiler's own parser; `syn` does it where there is no `rustfmt`, to name the line of what
//! `rustfmt` refuses, and for every file in every test: in builds with debug assertions. Both on
//! each file would take a fifth of the time of a whole run.

pub mod rustfmt;
mod templates;

pub use rustfmt::{Formatter, format_rust};
pub use templates::Templates;

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::Service;
use crate::parallel;
use crate::plan::{Body, Content, FilePlan, OnRecord, Ownership, PlannedFile, Rendered};
use crate::tables::hex;

/// What stops a rendering: a mistake in svcgen, or a scratch directory that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not fit its view.
    #[error("the template `{template}` failed: {reason}")]
    Template {
        /// The template.
        template: String,
        /// The engine's words, with line and variables.
        reason: String,
    },
    /// A rendered file is no Rust.
    #[error("svcgen made a file that is not valid Rust, `{path}`, line {line}: {reason}")]
    NotRust {
        /// The file.
        path: String,
        /// The line.
        line: usize,
        /// The parser's words.
        reason: String,
    },
    /// `rustfmt` refused a file.
    #[error("`rustfmt` refused what svcgen made:\n{0}")]
    Rustfmt(String),
    /// The scratch directory failed.
    #[error("cannot use a scratch directory for formatting: {0}")]
    Scratch(#[from] std::io::Error),
}

/// The rendered files, and a word where something was done less well than it should be.
#[derive(Debug)]
pub struct Output {
    /// The files, in the order of their paths.
    pub files: Vec<Rendered>,
    /// Which formatter printed the Rust files.
    pub formatter: Formatter,
}

/// Renders the plan of a service. `known` tells by path what the last run left.
pub fn render(
    plan: &FilePlan,
    service: &Service,
    known: &BTreeMap<String, OnRecord>,
    project: Option<&Path>,
) -> Result<Output, RenderError> {
    let templates = Templates::new()?;
    let planned: Vec<&PlannedFile> = plan.files().collect();
    let work = Work {
        templates: &templates,
        service,
        known,
    };
    let order = heaviest_first(&planned);
    let outcomes = parallel::map(&order, parallel::processors(), |_, place| {
        work.one(planned[*place])
    });
    let mut files = Vec::with_capacity(planned.len());
    for (place, outcome) in order.into_iter().zip(outcomes) {
        files.push((place, outcome?));
    }
    files.sort_by_key(|(place, _)| *place);
    let mut files: Vec<Rendered> = files.into_iter().map(|(_, file)| file).collect();
    let is_new = |(index, planned): (usize, &&PlannedFile)| {
        let is_whole = matches!(files[index].content, Content::Whole(_));
        (is_whole && is_formatted(planned)).then_some(index)
    };
    let new = planned.iter().enumerate().filter_map(is_new).collect();
    let formatter = format(&mut files, new, project)?;
    Ok(Output { files, formatter })
}

/// What it takes to render a file.
struct Work<'a> {
    templates: &'a Templates,
    service: &'a Service,
    known: &'a BTreeMap<String, OnRecord>,
}

/// Documents take longest, so that nothing else should wait for them at the end.
fn heaviest_first(planned: &[&PlannedFile]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|place| !matches!(planned[*place].body, Body::Document(_)));
    order
}

impl Work<'_> {
    fn one(&self, planned: &PlannedFile) -> Result<Rendered, RenderError> {
        let on_record = self.known.get(&planned.path);
        if planned.ownership == Ownership::Seeded && on_record == Some(&OnRecord::GivenAway) {
            return Ok(rendered(planned, Content::AsBefore, String::new()));
        }
        let text = self.text(planned)?;
        let digest = digest(&text);
        if matches!(on_record, Some(OnRecord::Rendering(known)) if *known == digest) {
            return Ok(rendered(planned, Content::AsBefore, digest));
        }
        if cfg!(debug_assertions) && is_formatted(planned) {
            parse(&planned.path, &String::from_utf8_lossy(&text))?;
        }
        Ok(rendered(planned, Content::Whole(text), digest))
    }

    fn text(&self, file: &PlannedFile) -> Result<Vec<u8>, RenderError> {
        Ok(match &file.body {
            Body::Template { name, view } => self.templates.render(name, view)?.into_bytes(),
            Body::Text(text) => text.clone().into_bytes(),
            Body::Document(make) => make(self.service).into_bytes(),
            Body::Bytes(bytes) => bytes.to_vec(),
        })
    }
}

fn rendered(planned: &PlannedFile, content: Content, digest: String) -> Rendered {
    Rendered {
        path: planned.path.clone(),
        content,
        ownership: planned.ownership,
        entity: planned.entity.clone(),
        digest,
    }
}

/// Rust that svcgen made; the vendored runtime comes formatted.
fn is_formatted(file: &PlannedFile) -> bool {
    let is_rust = Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == "rs");
    is_rust && !matches!(file.body, Body::Bytes(_))
}

/// A digest of a text: 128 bits are plenty to tell a file from its predecessor.
pub fn digest(text: &[u8]) -> String {
    hex(&Sha256::digest(text)[..16])
}

fn parse(path: &str, source: &str) -> Result<(), RenderError> {
    match syn::parse_file(source) {
        Ok(_) => Ok(()),
        Err(error) => {
            let line = error.span().start().line;
            let shown = source.lines().nth(line.saturating_sub(1)).unwrap_or("");
            Err(RenderError::NotRust {
                path: path.to_owned(),
                line,
                reason: format!("{error}: `{}`", shown.trim()),
            })
        }
    }
}

/// The place of the first mistake, where `rustfmt` has refused what is not Rust.
fn located(error: RenderError, sources: &[(String, String)]) -> RenderError {
    let mut parsed = sources.iter().map(|(path, text)| parse(path, text));
    match error {
        RenderError::Rustfmt(_) => parsed.find_map(Result::err).unwrap_or(error),
        other => other,
    }
}

/// Formats the files at these places.
fn format(
    files: &mut [Rendered],
    places: Vec<usize>,
    project: Option<&Path>,
) -> Result<Formatter, RenderError> {
    let source = |index: &usize| {
        let text = match &files[*index].content {
            Content::Whole(text) => String::from_utf8_lossy(text).into_owned(),
            Content::AsBefore => String::new(),
        };
        (files[*index].path.clone(), text)
    };
    let sources: Vec<(String, String)> = places.iter().map(source).collect();
    let (texts, formatter) =
        format_rust(&sources, project).map_err(|error| located(error, &sources))?;
    for (index, text) in places.into_iter().zip(texts) {
        files[index].content = Content::Whole(text.into_bytes());
    }
    Ok(formatter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rust_is_refused_by_name_and_line() {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let sources = [
            file("src/a.rs", "fn a() {}\n"),
            file("src/b.rs", "//! B.\n\nfn (b {}\n"),
        ];
        let refused = format_rust(&sources, None).expect_err("no Rust");
        let RenderError::NotRust { path, line, .. } = located(refused, &sources) else {
            panic!("the place is not told");
        };
        assert_eq!((path.as_str(), line), ("src/b.rs", 3));
    }
}
