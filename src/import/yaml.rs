//! Drafts as the YAML that a person would write: one line for each thing said.

use super::catalogue::Catalogue;
use super::draft::{Draft, Field, Id, Link};
use crate::schema::edit::print::{Around, quoted, scalar};

/// A text as a value inside braces.
pub fn inline(value: &str) -> String {
    scalar(value, Around::Flow)
}

/// What a line of an entity's file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Its name and what holds for all of it.
    Head,
    /// A field, by its place.
    Field(usize),
    /// A link, by its place.
    Link(usize),
    /// A unique set, by its place.
    Unique(usize),
    /// An index, by its place.
    Index(usize),
    /// The default order.
    Order,
}

/// What `svcgen.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    name: String,
    /// The type of identifier that most entities have.
    pub id: Id,
    /// Whether removed records of most entities are gone.
    pub hard: bool,
}

impl Service {
    /// The service for a database.
    pub fn of(name: &str, catalogue: &Catalogue, drafts: &[Draft]) -> Self {
        let most = |id: Id| drafts.iter().filter(|it| it.id == id).count();
        let id = [Id::Uuid, Id::Bigint, Id::String]
            .into_iter()
            .rev()
            .max_by_key(|id| most(*id))
            .unwrap_or(Id::Uuid);
        let hard = drafts.iter().filter(|it| it.hard).count();
        Self {
            name: name.to_owned(),
            id,
            hard: catalogue.is_ours && hard * 2 > drafts.len(),
        }
    }

    /// The text of `svcgen.yaml`.
    pub fn text(&self) -> String {
        let delete = if self.hard { "hard" } else { "archive" };
        format!(
            "svcgen: 1\nname: {}\ndatabases: [sqlite, postgres]  # the URL decides at run time; without one it is SQLite\nfeatures:\n  http: {{}}\n  openapi: {{}}\ndefaults: {{ id: {}, delete: {delete} }}\n",
            self.name,
            self.id.word()
        )
    }
}

/// A file's text with what each of its lines says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The text.
    pub text: String,
    /// What each line says, from the first.
    pub lines: Vec<Element>,
}

impl Written {
    fn line(&mut self, element: Element, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push(element);
    }
}

/// An entity's file.
pub fn entity(draft: &Draft, service: &Service) -> Written {
    let mut written = Written::default();
    head(&mut written, draft, service);
    let names = draft.fields.iter().map(|it| &it.name);
    let names = names.chain(draft.links.iter().map(|it| &it.name));
    let width = names.map(String::len).max().unwrap_or(0) + 1;
    if draft.fields.is_empty() && draft.links.is_empty() {
        written.line(Element::Head, "fields: {}");
    } else {
        written.line(Element::Head, "fields:");
    }
    for (place, field) in draft.fields.iter().enumerate() {
        let name = format!("{}:", field.name);
        written.line(
            Element::Field(place),
            &format!("  {name:width$} {}", field_text(field)),
        );
    }
    for (place, link) in draft.links.iter().enumerate() {
        let name = format!("{}:", link.name);
        written.line(
            Element::Link(place),
            &format!("  {name:width$} {}", link_text(link)),
        );
    }
    sets(&mut written, "unique", &draft.uniques, Element::Unique);
    sets(&mut written, "indexes", &draft.indexes, Element::Index);
    if let Some(order) = &draft.default_order {
        written.line(Element::Order, "list:");
        written.line(
            Element::Order,
            &format!("  default_order: [{}]", order.join(", ")),
        );
    }
    written
}

fn head(written: &mut Written, draft: &Draft, service: &Service) {
    let mut say = |line: String| written.line(Element::Head, &line);
    say(format!("entity: {}", draft.entity));
    if let Some(plural) = &draft.plural {
        say(format!("plural: {plural}"));
    }
    if let Some(doc) = &draft.doc {
        say(format!("doc: {}", scalar(doc, Around::Block)));
    }
    if draft.id != service.id {
        say(format!("id: {}", draft.id.word()));
    }
    if draft.hard != service.hard {
        say(format!(
            "delete: {}",
            if draft.hard { "hard" } else { "archive" }
        ));
    }
    let automatic = draft.automatic;
    for (name, is_there) in [
        ("created_at", automatic.created_at),
        ("updated_at", automatic.updated_at),
        ("version", automatic.version),
    ] {
        if !is_there {
            say(format!("{name}: false"));
        }
    }
}

fn sets(written: &mut Written, key: &str, sets: &[Vec<String>], element: fn(usize) -> Element) {
    if sets.is_empty() {
        return;
    }
    written.line(Element::Head, &format!("{key}:"));
    for (place, set) in sets.iter().enumerate() {
        written.line(element(place), &format!("  - [{}]", set.join(", ")));
    }
}

fn field_text(field: &Field) -> String {
    let mark = if field.nullable { "?" } else { "" };
    let ty = format!("{}{mark}", field.ty);
    let mut options: Vec<(&str, String)> = Vec::new();
    let mut option = |key, value: &Option<String>| {
        if let Some(value) = value {
            options.push((key, value.clone()));
        }
    };
    let values: Vec<String> = field.values.iter().map(|it| inline(it)).collect();
    let values = format!("[{}]", values.join(", "));
    option("values", &Some(values).filter(|_| !field.values.is_empty()));
    option("min", &field.min);
    option("max", &field.max);
    option("pattern", &field.pattern.as_deref().map(inline));
    option("format", &field.format.map(str::to_owned));
    option("unique", &field.unique.then(|| "true".to_owned()));
    option("default", &field.default);
    option("on_archive", &field.on_archive.map(str::to_owned));
    option("doc", &field.doc.as_deref().map(inline));
    if options.is_empty() {
        return ty;
    }
    // Inside braces a comma ends a value.
    let ty = if ty.contains(',') { quoted(&ty) } else { ty };
    let options: Vec<String> = options
        .into_iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{ type: {ty}, {} }}", options.join(", "))
}

fn link_text(link: &Link) -> String {
    match &link.through {
        Some(through) => format!("{{ many: {}, through: {through} }}", link.target),
        None => format!("{{ many: {} }}", link.target),
    }
}
