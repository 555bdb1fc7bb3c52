//! The schema as it is written: YAML files in, one [`Document`] out.
//!
//! Everything is spanned and optional here, and nothing is resolved: whether
//! `Customer` is an entity is the model's question.

pub mod edit;
pub mod entity;
pub mod field;
mod json_schema;
mod node;
mod normal;
mod read;
pub mod service;
pub mod type_expression;
pub mod values;
mod yaml;

pub use json_schema::json_schemas;
pub use node::{Entry, Node, Value};
pub use normal::{normalised, restored};
pub use read::{Named, list_of, one_of};

use entity::EntityDoc;
use read::{Read, Reader};
use service::ServiceDoc;

use crate::diagnostic::{self, Code, Diagnostic};
use crate::source::{Source, SourceId, Span, Spanned};

/// Everything the files of a project say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The service file.
    pub service: Option<Spanned<ServiceDoc>>,
    /// The entity files, in the order of the sources.
    pub entities: Vec<EntityFile>,
    /// What the entities in files that could not be read may be called.
    pub unread: Vec<String>,
    /// Whether anything could not be read, so that the document says less than the files.
    pub incomplete: bool,
}

/// One entity file.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityFile {
    /// The file.
    pub source: SourceId,
    /// What it says.
    pub doc: EntityDoc,
}

/// Reads all files and reports every problem of every file.
///
/// The service file and the entity files are told apart by their top-level key,
/// `svcgen:` and `entity:`. What could be read is in the document even when there are errors.
pub fn load(sources: &[Source]) -> (Document, Vec<Diagnostic>) {
    let mut reader = Reader::new(sources);
    let mut document = Document::default();
    let mut service_file: Option<Span> = None;
    for (index, source) in sources.iter().enumerate() {
        let id = SourceId(u32::try_from(index).unwrap_or(u32::MAX));
        let parsed = match source.problem(id) {
            Some(problem) => Err(problem),
            None => yaml::parse(source, id),
        };
        let node = match parsed {
            Ok(node) => node,
            Err(problem) => {
                document.unread.extend(names_in(source));
                reader.report(problem);
                continue;
            }
        };
        match kind(&node) {
            Kind::Service(key) => match service_file {
                None => {
                    service_file = Some(key);
                    let span = node.span;
                    document.service =
                        ServiceDoc::read(&node, &mut reader).map(|doc| Spanned::new(doc, span));
                }
                Some(first) => reader.report(
                    Diagnostic::new(Code::SeveralServices, "there are two service files")
                        .label(key, "the second one")
                        .label(first, "the first one")
                        .help(
                            "a project describes one service; put each into a directory of its own",
                        ),
                ),
            },
            Kind::Entity => {
                if let Some(doc) = EntityDoc::read(&node, &mut reader) {
                    file_name(source, &doc, &mut reader);
                    document.entities.push(EntityFile { source: id, doc });
                }
            }
            Kind::Unknown => {
                document.unread.extend(names_in(source));
                reader.report(unknown_file(source, &node));
            }
        }
    }
    let no_service = service_file.is_none() && document.unread.is_empty();
    missing(&document, no_service, sources.len(), &mut reader);
    let mut diagnostics = reader.finish();
    diagnostic::sort(&mut diagnostics);
    document.incomplete = diagnostics.iter().any(Diagnostic::is_error);
    (document, diagnostics)
}

enum Kind {
    Service(Span),
    Entity,
    Unknown,
}

fn kind(node: &Node) -> Kind {
    match (node::entry(node, "svcgen"), node::entry(node, "entity")) {
        (Some(service), None) => Kind::Service(service.key.span),
        (None, Some(_)) => Kind::Entity,
        _ => Kind::Unknown,
    }
}

fn unknown_file(source: &Source, node: &Node) -> Diagnostic {
    let span = node::first_line(node.span, &source.text);
    let message = format!("`{}` is neither a service nor an entity", source.path);
    let both = node::entry(node, "svcgen").is_some();
    let label = if both {
        "it has both `svcgen:` and `entity:`"
    } else {
        "neither `svcgen:` nor `entity:` stands here"
    };
    let problem = Diagnostic::new(Code::UnknownFile, message).label(span, label);
    let Value::Map(entries) = &node.value else {
        return problem.help("begin the file with `entity: NAME`, or remove it");
    };
    let near = entries
        .iter()
        .find_map(|entry| diagnostic::nearest(&entry.key.value, ["svcgen", "entity"]));
    match near {
        Some(near) if !both => problem.help(format!("did you mean `{near}`?")),
        _ => problem
            .help("a service file begins with `svcgen: 1`, an entity file with `entity: NAME`"),
    }
}

/// A file that cannot be read may have been what is missing, so this is told of what is surely missing.
fn missing(document: &Document, no_service: bool, files: usize, reader: &mut Reader<'_>) {
    if no_service {
        reader.report(
            Diagnostic::new(Code::MissingService, "there is no service file")
                .help("write `svcgen.yaml` with `svcgen: 1` and `name: NAME`"),
        );
    } else if let (Some(service), 1) = (&document.service, files) {
        let span = service
            .value
            .name
            .as_ref()
            .map_or(service.span, |name| name.span);
        reader.report(
            Diagnostic::new(Code::NoEntities, "the service has no entities")
                .label(reader.shown(span), "nothing to serve")
                .help("describe one in `entities/NAME.yaml`, or run `svcgen add-entity`"),
        );
    }
}

fn file_name(source: &Source, doc: &EntityDoc, reader: &mut Reader<'_>) {
    use heck::ToSnakeCase;
    let Some(entity) = &doc.entity else { return };
    let file = source.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let expected = entity.value.to_snake_case();
    if stem(source).to_snake_case() != expected && !expected.is_empty() {
        let message = format!("the entity `{}` is described in `{file}`", entity.value);
        reader.report(
            Diagnostic::warning(Code::FileName, message)
                .label(entity.span, format!("expected in `{expected}.yaml`"))
                .help("rename the file, or the entity"),
        );
    }
}

/// What the entity of a file that cannot be read may be called: as the file, or as any key
/// at its top says, for the one that is meant may be misspelt.
fn names_in(source: &Source) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let value = |line: &str| {
        let (key, value) = line.split_once(':')?;
        let name = value.trim_start_matches([' ', '"', '\'']);
        let name = name.split(|c| !is_part(c)).next().unwrap_or_default();
        (key.starts_with(is_part) && !name.is_empty()).then(|| name.to_owned())
    };
    let mut names = vec![stem(source).to_owned()];
    names.extend(source.text.lines().filter_map(value));
    names
}

/// The file's name without directories and extension.
fn stem(source: &Source) -> &str {
    let file = source.path.rsplit(['/', '\\']).next().unwrap_or_default();
    match file.rsplit_once('.') {
        Some((stem, end))
            if end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml") =>
        {
            stem
        }
        _ => file,
    }
}
