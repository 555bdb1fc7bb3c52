//! The one place that knows the YAML crate: text in, [`Node`] out.
//!
//! Numbers keep the digits they were written with, duplicate keys come through
//! (whoever reads the mapping reports both places), and every limit that keeps a
//! hostile file from costing time or stack is set here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Spanned as Located};

use super::node::{Entry, Node, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Source, SourceId, Span, Spanned};

/// How deep mappings and lists may nest. The format itself needs six levels.
const MAX_DEPTH: usize = 48;
/// How many values all aliases of a file together may stand for.
const MAX_REPLAYED: usize = 20_000;

/// Parses one file that holds one YAML document.
pub fn parse(source: &Source, id: SourceId) -> Result<Node, Diagnostic> {
    let place = Place {
        text: &source.text,
        id,
    };
    match serde_saphyr::from_str_with_options::<Located<Raw>>(&source.text, options()) {
        Ok(root) => Ok(place.node(root)),
        Err(error) => Err(place.diagnostic(&error)),
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            flow_nesting_limit: MAX_DEPTH,
            max_depth: MAX_DEPTH,
            max_nodes: 500_000,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPLAYED,
            max_replay_stack_depth: 8,
        },
        emit_comments: false,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// A value as the YAML crate hands it over.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Located<Raw>>),
    Map(Vec<(Located<Raw>, Located<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Raw, E> {
        Ok(Raw::Text(String::from_utf8_lossy(value).into_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

/// Turns the crate's locations into spans of one source.
struct Place<'a> {
    text: &'a str,
    id: SourceId,
}

impl Place<'_> {
    fn node(&self, raw: Located<Raw>) -> Node {
        // Inside an alias the definition has the text; the place of use is what people look for.
        let written = self.span(raw.defined);
        let mut span = self.span(raw.referenced);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => Value::Bool(value),
            Raw::Number(value) => Value::Number(self.digits(written).unwrap_or(value)),
            Raw::Text(value) => Value::Text(value),
            Raw::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                span.end = self.closing(
                    span,
                    items.last().map_or(span.end, |item| item.span.end),
                    ']',
                );
                Value::List(items)
            }
            Raw::Map(entries) => {
                let entries: Vec<Entry> = entries
                    .into_iter()
                    .map(|(key, value)| self.entry(key, value))
                    .collect();
                span.end = self.closing(
                    span,
                    entries
                        .last()
                        .map_or(span.end, |entry| entry.value.span.end),
                    '}',
                );
                Value::Map(entries)
            }
        };
        Spanned::new(value, span)
    }

    fn entry(&self, key: Located<Raw>, value: Located<Raw>) -> Entry {
        let key = self.node(key);
        let mut value = self.node(value);
        if value.value == Value::Null && value.span.start >= value.span.end {
            // Nothing is written: the crate points at the next token, people look at the key.
            value.span = key.span;
        }
        let text = match key.value {
            Value::Text(text) | Value::Number(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Null => "null".to_owned(),
            Value::List(_) | Value::Map(_) => self
                .text
                .get(key.span.start..key.span.end)
                .unwrap_or("")
                .to_owned(),
        };
        Entry {
            key: Spanned::new(text, key.span),
            value,
        }
    }

    fn span(&self, location: Location) -> Span {
        let span = location.span();
        let number = |it: Option<u64>| it.and_then(|it| usize::try_from(it).ok());
        let start = number(span.byte_offset()).unwrap_or_else(|| self.offset(location));
        let length = number(span.byte_len()).unwrap_or(0);
        let start = self.boundary(start);
        let end = self.boundary(start.saturating_add(length));
        let written = &self.text[start..end];
        Span {
            source: self.id,
            start,
            end: start + written.trim_end().len(),
        }
    }

    /// Errors of the scanner tell a line and a column in characters, and no offset.
    fn offset(&self, location: Location) -> usize {
        let number = |it: u64| usize::try_from(it).unwrap_or(usize::MAX).saturating_sub(1);
        let mut lines = self.text.split_inclusive('\n');
        let before: usize = lines
            .by_ref()
            .take(number(location.line()))
            .map(str::len)
            .sum();
        let line = lines.next().unwrap_or("");
        let column = line
            .char_indices()
            .nth(number(location.column()))
            .map_or(line.trim_end().len(), |(at, _)| at);
        before + column
    }

    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// A collection ends with its last item, or with the bracket after it.
    fn closing(&self, span: Span, last: usize, bracket: char) -> usize {
        let last = last.max(span.end).max(span.start);
        let flow = self
            .text
            .get(span.start..)
            .is_some_and(|text| text.starts_with(['[', '{']));
        let rest = self.text.get(last..).unwrap_or("");
        let skipped = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if flow && skipped.starts_with(bracket) {
            last + (rest.len() - skipped.len()) + 1
        } else {
            last
        }
    }

    fn digits(&self, span: Span) -> Option<String> {
        let written = self.text.get(span.start..span.end)?;
        let number = !written.is_empty()
            && written
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        number.then(|| written.to_owned())
    }

    fn diagnostic(&self, error: &Error) -> Diagnostic {
        let start = Span {
            source: self.id,
            start: 0,
            end: 0,
        };
        let mut span = error.location().map_or(start, |place| self.span(place));
        let error = innermost(error);
        if span.start >= span.end {
            let rest = self.text.get(span.start..).unwrap_or("");
            span.end = span.start
                + rest
                    .chars()
                    .next()
                    .filter(|c| *c != '\n')
                    .map_or(0, char::len_utf8);
        }
        match error {
            Error::Budget { .. } => nesting(span),
            Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. } => Diagnostic::new(
                Code::TooComplex,
                "the aliases of this file stand for too much",
            )
            .label(span, "the limit is reached here")
            .help(format!(
                "all aliases of a file together may stand for {MAX_REPLAYED} values; write them out"
            )),
            Error::RecursiveReferencesRequireWeakTypes { .. } => Diagnostic::new(
                Code::TooComplex,
                "an alias stands for something that contains it",
            )
            .label(span, "this would never end")
            .help("write the value out"),
            Error::MultipleDocuments { .. } => Diagnostic::new(
                Code::BrokenYaml,
                "this file holds more than one YAML document",
            )
            .label(span, "a second document begins here")
            .help("put each entity into a file of its own"),
            other => self.broken(other, span),
        }
    }

    fn broken(&self, error: &Error, span: Span) -> Diagnostic {
        let mut options = serde_saphyr::RenderOptions::default();
        options.snippets = serde_saphyr::SnippetMode::Off;
        let text = error.render_with_options(options);
        let reason = text.split(" at line ").next().unwrap_or(&text).trim();
        if reason.contains("recursion limit") {
            return nesting(span);
        }
        let broken = Diagnostic::new(Code::BrokenYaml, "this is not YAML").label(span, reason);
        if self.tab_before(span.start) {
            broken.help("YAML is indented by spaces; here a tab was used")
        } else if reason.contains("mapping values are not allowed") {
            broken.help("a text with `: ` in it has to stand in quotes; a key has to stand as deep as its neighbours")
        } else if reason.contains("flow mapping")
            || reason.contains("flow sequence")
            || reason.contains("bracket")
        {
            broken.help("a bracket before this place is opened and not closed")
        } else if reason.contains("quoted scalar") {
            broken.help("a quote before this place is opened and not closed")
        } else if reason.starts_with("unexpected character") {
            broken.help("a text that begins with this character has to stand in quotes")
        } else {
            broken
        }
    }

    fn tab_before(&self, offset: usize) -> bool {
        let start = self.text[..offset]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line = self.text[start..].lines().next().unwrap_or("");
        line.chars()
            .take_while(|c| c.is_whitespace())
            .any(|c| c == '\t')
    }
}

/// The error itself, without what is around it for the sake of printing.
fn innermost(error: &Error) -> &Error {
    let mut error = error.without_snippet();
    while let Error::AliasError { error: inner, .. } = error {
        error = inner.without_snippet();
    }
    error
}

fn nesting(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TooComplex,
        "this file nests deeper or holds more than svcgen follows",
    )
    .label(span, "the limit is reached here")
    .help(format!("mappings and lists nest at most {MAX_DEPTH} deep"))
}
