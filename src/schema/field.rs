//! A field as it is written: short, long, or a collection.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::node::{Node, Value, entry};
use super::read::{Read, Reader, document, words};
use super::type_expression::TypeExpression;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

words! {
    /// What happens to a referring record when the one referred to is removed.
    pub enum OnArchiveWord {
        /// The removal is refused.
        Restrict = "restrict",
        /// The referring record is removed with it.
        Cascade = "cascade",
        /// The reference becomes null.
        SetNull = "set_null",
        /// The reference becomes null and is remembered, so that a restore can relink it.
        Detach = "detach",
    }

    /// A well-known form of text.
    pub enum FormatWord {
        /// An e-mail address.
        Email = "email",
        /// An absolute URL.
        Url = "url",
        /// A host name.
        Hostname = "hostname",
        /// An IPv4 or IPv6 address.
        Ip = "ip",
        /// Lower-case letters, digits and single hyphens.
        Slug = "slug",
        /// A telephone number in E.164 form, such as `+4930123456`.
        Phone = "phone",
    }
}

document! {
    /// A field with options.
    #[place = "a field"]
    pub struct FieldOptions {
        /// What the field holds.
        required r#type: TypeExpression,
        /// Whether it may be null; the same as a `?` after the type.
        optional nullable: bool,
        /// What a new record gets when the caller sends nothing. Timestamps know `now`, dates `today`, uuids `new`.
        optional default: DefaultValue,
        /// Whether no two records may share a value.
        optional unique: bool,
        /// Whether it is set at creation and never again.
        optional immutable: bool,
        /// The least number, or the fewest characters or octets.
        optional min: Limit,
        /// The greatest number, or the most characters or octets.
        optional max: Limit,
        /// A regular expression that some part of the text must match; `^` and `$` anchor it.
        optional pattern: String,
        /// A well-known form of text.
        optional format: FormatWord,
        /// Whether lists can be searched for the words in it. PostgreSQL knows those of its first
        /// 60,000 characters; where more than four fields are searchable, of 240,000 in all.
        optional searchable: bool,
        /// Whether it is accepted and never shown, such as a password.
        optional write_only: bool,
        /// Whether it says something about a person; kept out of logs and masked in archives.
        optional pii: bool,
        /// What the field says. It becomes the documentation of the member in code and API.
        optional doc: String,
        /// The name the field had before, so that its column is renamed and not dropped.
        optional was: String,
        /// What records get that were there before the field was, or before it was required: a value,
        /// `{ copy: FIELD }`, `{ sql: EXPRESSION }`, or `{ sqlite: EXPRESSION, postgres: EXPRESSION }`.
        optional backfill: DefaultValue,
        /// Whether the type or the limits may become stricter than what is stored; records that do not fit stop the migration.
        optional narrow: bool,
        /// The values of an enum.
        optional values: Vec<Spanned<ValueDoc>>,
        /// What each element of a list is.
        optional of: TypeExpression,
        /// The most elements a list may have. 100, unless said otherwise.
        optional max_items: u32,
        /// What happens to this record when the one it refers to is removed. `restrict`, unless said otherwise.
        optional on_archive: OnArchiveWord,
    }

    /// The many-side of a reference, or a link between many and many.
    #[place = "a collection"]
    pub struct CollectionDoc {
        /// The entity it holds.
        required many: String,
        /// The reference of the other entity that points back here, where there are several.
        optional by: String,
        /// The name of the link table between many and many.
        optional through: String,
        /// What happens to the links when a record is removed. `detach`, unless said otherwise.
        optional on_archive: OnArchiveWord,
        /// The most links a record may have. 100, unless said otherwise.
        optional max_items: u32,
        /// What the collection holds.
        optional doc: String,
    }

    /// One value of an enum with options.
    #[place = "an enum value"]
    pub struct ValueOptions {
        /// The value as stored and sent.
        required name: String,
        /// What it means.
        optional doc: String,
        /// The name the value had before.
        optional was: String,
    }
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldDoc {
    /// A type alone, or a type with options.
    Column(Box<FieldOptions>),
    /// A many-side.
    Collection(Box<CollectionDoc>),
}

impl Read for FieldDoc {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::Text(_) = node.value {
            let r#type = TypeExpression::read(node, reader)?;
            let r#type = Some(Spanned::new(r#type, node.span));
            return Some(Self::Column(Box::new(FieldOptions {
                r#type,
                ..FieldOptions::default()
            })));
        }
        let Value::Map(_) = node.value else {
            reader.wrong_shape(node, "a type (text) or a mapping with `type` or `many`");
            return None;
        };
        let (r#type, many) = (entry(node, "type"), entry(node, "many"));
        if let (Some(r#type), Some(many)) = (r#type, many) {
            reader.report(
                Diagnostic::new(
                    Code::Contradiction,
                    "a field is either a column or a collection",
                )
                .label(many.key.span, "a collection of many")
                .label(r#type.key.span, "a column of a type")
                .help("remove one of the two"),
            );
            return None;
        }
        match many {
            Some(_) => CollectionDoc::read(node, reader).map(|it| Self::Collection(Box::new(it))),
            None => {
                FieldOptions::read(&without_tail(node), reader).map(|it| Self::Column(Box::new(it)))
            }
        }
    }
}

/// `{ type: decimal(12,2) }` is cut at the comma by YAML; the rest, `2)`, would be
/// reported as an unknown key on top of the type, which explains it better.
fn without_tail(node: &Node) -> Cow<'_, Node> {
    let Value::Map(entries) = &node.value else {
        return Cow::Borrowed(node);
    };
    let cut = |text: &str| text.contains('(') && !text.contains(')');
    let cut_type = matches!(entry(node, "type").map(|it| &it.value.value), Some(Value::Text(text)) if cut(text));
    if !cut_type {
        return Cow::Borrowed(node);
    }
    let kept = entries.iter().filter(|it| {
        it.value.value != Value::Null || FieldOptions::KEYS.contains(&it.key.value.as_str())
    });
    Cow::Owned(Spanned::new(Value::Map(kept.cloned().collect()), node.span))
}

impl JsonSchema for FieldDoc {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let short = generator.subschema_for::<TypeExpression>();
        let long = generator.subschema_for::<FieldOptions>();
        let collection = generator.subschema_for::<CollectionDoc>();
        json_schema!({
            "description": "A field: a type, a type with options, or a collection (`{ many: Entity }`).",
            "anyOf": [short, long, collection],
        })
    }
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueDoc {
    /// A name alone.
    Name(String),
    /// A name with options.
    Options(Box<ValueOptions>),
    /// What could not be read: it keeps its place, so that nothing is told of the lack of it.
    Unread,
}

impl Read for ValueDoc {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let read = match node.value {
            Value::Map(_) => ValueOptions::read(node, reader).map(|it| Self::Options(Box::new(it))),
            _ => String::read(node, reader).map(Self::Name),
        };
        Some(read.unwrap_or(Self::Unread))
    }
}

impl JsonSchema for ValueDoc {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let options = generator.subschema_for::<ValueOptions>();
        json_schema!({ "anyOf": [{ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$" }, options] })
    }
}

/// A limit as it is written; the field's type decides how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit(pub String);

impl Read for Limit {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Number(digits) => Some(Self(digits.clone())),
            // A decimal may be quoted, so that no tool on the way rounds it.
            Value::Text(text) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                Some(Self(text.clone()))
            }
            _ => {
                reader.wrong_shape(node, "a number");
                None
            }
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^-?[0-9.]+$" }] })
    }
}

/// A default as it is written; the field's type decides how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultValue(pub Value);

impl Read for DefaultValue {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self(node.value.clone()))
    }
}

impl JsonSchema for DefaultValue {
    fn schema_name() -> Cow<'static, str> {
        "Default".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
