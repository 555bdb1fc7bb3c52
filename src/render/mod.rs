//! From planned files to complete, formatted texts, all in memory.
//!
//! A text whose rendering has not changed since the last run is neither parsed
//! nor formatted again: its digest says so. A seeded file that was given away is
//! not even rendered. Nothing but `rustfmt` starts a
//! process here, and only in a scratch directory.

pub mod rustfmt;
mod templates;

pub use rustfmt::{Formatter, format_rust};
pub use templates::Templates;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use sha2::{Digest, Sha256};

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

/// Renders a plan. `known` tells by path what the last run left.
pub fn render(
    plan: &FilePlan,
    known: &BTreeMap<String, OnRecord>,
    project: Option<&Path>,
) -> Result<Output, RenderError> {
    let templates = Templates::new()?;
    let planned: Vec<&PlannedFile> = plan.files().collect();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = planned.len().div_ceil(cores).max(1);
    let outcomes: Vec<Result<Vec<Rendered>, RenderError>> = thread::scope(|scope| {
        let templates = &templates;
        let start = |share| scope.spawn(move || render_share(templates, share, known));
        let running: Vec<_> = planned.chunks(share).map(start).collect();
        let end = |it: thread::ScopedJoinHandle<'_, _>| {
            it.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        running.into_iter().map(end).collect()
    });
    let mut files = Vec::with_capacity(planned.len());
    for outcome in outcomes {
        files.append(&mut outcome?);
    }
    let is_new = |(index, planned): (usize, &&PlannedFile)| {
        let is_whole = matches!(files[index].content, Content::Whole(_));
        (is_whole && is_formatted(planned)).then_some(index)
    };
    let new = planned.iter().enumerate().filter_map(is_new).collect();
    let formatter = format(&mut files, new, project)?;
    Ok(Output { files, formatter })
}

fn render_share(
    templates: &Templates,
    planned: &[&PlannedFile],
    known: &BTreeMap<String, OnRecord>,
) -> Result<Vec<Rendered>, RenderError> {
    let mut files = Vec::with_capacity(planned.len());
    for planned in planned {
        let on_record = known.get(&planned.path);
        if planned.ownership == Ownership::Seeded && on_record == Some(&OnRecord::GivenAway) {
            files.push(rendered(planned, Content::AsBefore, String::new()));
            continue;
        }
        let text = text(templates, planned)?;
        let digest = digest(&text);
        let as_before = matches!(on_record, Some(OnRecord::Rendering(known)) if *known == digest);
        if !as_before && is_formatted(planned) {
            parse(&planned.path, &String::from_utf8_lossy(&text))?;
        }
        let content = if as_before {
            Content::AsBefore
        } else {
            Content::Whole(text)
        };
        files.push(rendered(planned, content, digest));
    }
    Ok(files)
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

fn text(templates: &Templates, file: &PlannedFile) -> Result<Vec<u8>, RenderError> {
    Ok(match &file.body {
        Body::Template { name, view } => templates.render(name, view)?.into_bytes(),
        Body::Text(text) => text.clone().into_bytes(),
        Body::Bytes(bytes) => bytes.to_vec(),
    })
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
    let (texts, formatter) = format_rust(&sources, project)?;
    for (index, text) in places.into_iter().zip(texts) {
        files[index].content = Content::Whole(text.into_bytes());
    }
    Ok(formatter)
}
