//! From nodes to the types of the format, collecting every problem on the way.
//!
//! [`document!`] declares a mapping of the format once: its keys, their types and
//! their documentation. Reading, the list of known keys and the JSON Schema all
//! come from that one declaration.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::node::{Entry, Node, Value, first_line};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Source, Span, Spanned};

/// Something that can be read from a YAML value.
///
/// `None` means that a diagnostic was reported.
pub trait Read: Sized {
    /// Reads it.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

/// What reading collects.
pub struct Reader<'a> {
    sources: &'a [Source],
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Begins to read these sources.
    pub fn new(sources: &'a [Source]) -> Self {
        Self {
            sources,
            diagnostics: Vec::new(),
        }
    }

    /// Reports a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Everything that was reported.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The part of a node that is worth underlining.
    pub fn shown(&self, span: Span) -> Span {
        match self.sources.get(span.source.0 as usize) {
            Some(source) => first_line(span, &source.text),
            None => span,
        }
    }

    /// Reports that a value has the wrong shape.
    pub fn wrong_shape(&mut self, node: &Node, expected: &str) {
        let found = node.value.describe();
        let span = self.shown(node.span);
        let mut problem = Diagnostic::new(
            Code::WrongShape,
            format!("expected {expected}, found {found}"),
        );
        problem = problem.label(span, format!("expected {expected}"));
        if matches!(node.value, Value::Number(_) | Value::Bool(_)) && expected == "text" {
            problem = problem.help("put quotes around it");
        }
        if node.value == Value::Null && expected == "a mapping" {
            problem = problem.help("write `{}` to take every default");
        }
        if let Value::Text(text) = &node.value
            && expected == "a boolean"
            && ["yes", "no", "on", "off"].contains(&text.to_lowercase().as_str())
        {
            problem = problem.help("write `true` or `false`");
        }
        if let Value::Text(text) = &node.value
            && (expected == "a boolean" && matches!(text.as_str(), "true" | "false")
                || expected.contains("number") && text.parse::<f64>().is_ok())
        {
            problem = problem.help("remove the quotes");
        }
        self.report(problem);
    }

    /// The entries of a mapping with every repeated key reported and left out.
    pub fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<Vec<&'n Entry>> {
        let Value::Map(entries) = &node.value else {
            self.wrong_shape(node, expected);
            return None;
        };
        let mut seen: std::collections::HashMap<&str, Span> = std::collections::HashMap::new();
        let mut unique = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = &entry.key;
            if let Some(first) = seen.get(key.value.as_str()) {
                let message = format!("the key `{}` is written twice", key.value);
                self.report(
                    Diagnostic::new(Code::DuplicateKey, message)
                        .label(key.span, "written again here")
                        .label(*first, "first written here")
                        .help("remove one of the two"),
                );
            } else {
                seen.insert(&key.value, key.span);
                unique.push(entry);
            }
        }
        Some(unique)
    }

    /// Reports a key that has no meaning in a mapping.
    pub fn unknown_key(&mut self, key: &Spanned<String>, place: &str, known: &[&str]) {
        let problem = Diagnostic::new(
            Code::UnknownKey,
            format!("unknown key `{}` in {place}", key.value),
        )
        .label(key.span, "not known here");
        let problem = match key.value.as_str() {
            "<<" => problem.help("merge keys are not part of YAML 1.2; write the keys out"),
            written => match crate::diagnostic::nearest(written, known.iter().copied()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help(format!("known keys: {}", list_of(known))),
            },
        };
        self.report(problem);
    }
}

/// Names in backticks, separated by commas.
pub fn list_of<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

impl Read for String {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            return Some(text.clone());
        }
        reader.wrong_shape(node, "text");
        None
    }
}

impl Read for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        reader.wrong_shape(node, "a boolean");
        None
    }
}

impl Read for u32 {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Number(digits) = &node.value else {
            reader.wrong_shape(node, "a whole number");
            return None;
        };
        let number = digits.parse().ok();
        if number.is_none() {
            reader.report(
                Diagnostic::new(
                    Code::BadQuantity,
                    format!("`{digits}` is not a whole number from 0 to {}", u32::MAX),
                )
                .label(node.span, "out of range"),
            );
        }
        number
    }
}

impl Read for Node {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(node.clone())
    }
}

impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            reader.wrong_shape(node, "a list");
            return None;
        };
        let mut read = Self::with_capacity(items.len());
        for item in items {
            if let Some(value) = T::read(item, reader) {
                read.push(Spanned::new(value, reader.shown(item.span)));
            }
        }
        // A list of nothing but mistakes is not an empty one.
        (!read.is_empty() || items.is_empty()).then_some(read)
    }
}

/// A mapping whose keys are names that the schema's author chooses.
///
/// A value that could not be read is `None`: its name is still known, so that
/// nothing else is reported for the lack of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(pub Vec<(Spanned<String>, Option<Spanned<T>>)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Read> Read for Named<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.entries(node, "a mapping of names")?;
        let read = entries.into_iter().map(|entry| {
            let value = T::read(&entry.value, reader);
            (
                entry.key.clone(),
                value.map(|value| Spanned::new(value, reader.shown(entry.value.span))),
            )
        });
        Some(Self(read.collect()))
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" },
            "additionalProperties": value,
        })
    }
}

/// Joins the lines of a doc comment into one description.
pub fn description(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

/// A property of a JSON Schema object: the schema of its value with a description of its own.
pub fn property(value: Schema, lines: &[&str]) -> Schema {
    let mut value = value;
    value.insert("description".to_owned(), description(lines).into());
    value
}

/// Declares mappings of the format.
///
/// `required key: Type` and `optional key: Type` become fields of type
/// `Option<Spanned<Type>>`; a required key that is missing is reported.
macro_rules! document {
    ($(
        $(#[doc = $doc:literal])*
        #[place = $place:literal]
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])* $presence:ident $field:ident: $type:ty, )*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: Option<$crate::source::Spanned<$type>>, )*
            /// Keys that are there, with values that could not be read.
            pub unread: Vec<&'static str>,
        }

        impl $name {
            /// Every key that the mapping may have.
            pub const KEYS: &'static [&'static str] = &[$($crate::schema::read::key(stringify!($field))),*];

            /// Whether one of the keys is there with a value that could not be read, so that
            /// nothing is to be told of its absence.
            pub fn is_unread(&self, keys: &[&str]) -> bool {
                self.unread.iter().any(|it| keys.contains(it))
            }
        }

        impl $crate::schema::read::Read for $name {
            fn read(
                node: &$crate::schema::node::Node,
                reader: &mut $crate::schema::read::Reader<'_>,
            ) -> Option<Self> {
                let entries = reader.entries(node, "a mapping")?;
                let mut read = Self::default();
                let mut missing: Vec<&str> = vec![$($crate::schema::read::required!($presence, $field)),*];
                missing.retain(|key| !key.is_empty());
                for entry in entries {
                    missing.retain(|key| *key != entry.key.value);
                    match entry.key.value.as_str() {
                        $(key if key == $crate::schema::read::key(stringify!($field)) => {
                            let key = $crate::schema::read::key(stringify!($field));
                            read.$field = <$type as $crate::schema::read::Read>::read(&entry.value, reader)
                                .map(|value| $crate::source::Spanned::new(value, reader.shown(entry.value.span)));
                            if read.$field.is_none() {
                                read.unread.push(key);
                            }
                        })*
                        _ => reader.unknown_key(&entry.key, $place, Self::KEYS),
                    }
                }
                for key in missing {
                    let span = reader.shown(node.span);
                    reader.report(
                        $crate::diagnostic::Diagnostic::new(
                            $crate::diagnostic::Code::MissingKey,
                            format!("{} needs the key `{key}`", $place),
                        )
                        .label(span, format!("`{key}` is missing")),
                    );
                }
                Some(read)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Doc").into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut properties = serde_json::Map::new();
                $(
                    let value = generator.subschema_for::<$type>();
                    let value = $crate::schema::read::property(value, &[$($field_doc),*]);
                    properties.insert($crate::schema::read::key(stringify!($field)).to_owned(), value.into());
                )*
                let mut required: Vec<&str> = vec![$($crate::schema::read::required!($presence, $field)),*];
                required.retain(|key| !key.is_empty());
                schemars::json_schema!({
                    "description": $crate::schema::read::description(&[$($doc),*]),
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    )*};
}

macro_rules! required {
    (required, $field:ident) => {
        $crate::schema::read::key(stringify!($field))
    };
    (optional, $field:ident) => {
        ""
    };
}

/// Declares words of the format: a closed set of texts.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        pub enum $name:ident { $( $(#[doc = $word_doc:literal])* $variant:ident = $word:literal, )* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $word_doc])* $variant, )* }

        impl $name {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The choice that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl $crate::schema::read::Read for $name {
            fn read(
                node: &$crate::schema::node::Node,
                reader: &mut $crate::schema::read::Reader<'_>,
            ) -> Option<Self> {
                let text = String::read(node, reader)?;
                let word = Self::from_word(&text);
                if word.is_none() {
                    reader.unknown_word(&text, node.span, Self::WORDS);
                }
                word
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $crate::schema::read::description(&[$($doc),*]),
                    "oneOf": [$({
                        "const": $word,
                        "description": $crate::schema::read::description(&[$($word_doc),*]),
                    }),*],
                })
            }
        }
    )*};
}

pub(crate) use {document, required, words};

/// The key of a declared field: its identifier without the raw prefix.
pub const fn key(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}

impl Reader<'_> {
    /// Reports a text that is none of the choices.
    pub fn unknown_word(&mut self, written: &str, span: Span, words: &[&str]) {
        let problem = Diagnostic::new(Code::UnknownWord, format!("`{written}` is not known here"))
            .label(span, format!("expected {}", one_of(words)))
            .did_you_mean(written, words.iter().copied());
        self.report(problem);
    }
}

/// Names in backticks as a choice: `a`, `b` or `c`.
pub fn one_of<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => format!("`{}`", only.as_ref()),
        [first @ .., last] => format!("{} or `{}`", list_of(first), last.as_ref()),
    }
}
