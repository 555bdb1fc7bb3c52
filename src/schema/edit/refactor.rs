//! What adding, renaming and removing mean for the files of a schema: the one part of editing
//! that knows the keys of the format. Answers with edits; makes none.

use super::{Edit, EditError, Step, Tree, parse, steps};
use crate::diagnostic::nearest;
use crate::schema::node::{Entry, Node, Value, entry};
use crate::schema::type_expression::TypeExpression;

/// The keys of an entity file under which nothing names a field.
const WITHOUT_COLUMNS: [&str; 7] = ["entity", "plural", "doc", "id", "fields", "delete", "was"];

/// The files of a schema, parsed.
#[derive(Debug)]
pub struct Files {
    roots: Vec<Node>,
}

/// Edits by the number of the file that they are for.
pub type Edits = Vec<(usize, Edit)>;

/// Why the schema cannot be changed so.
#[derive(Debug, thiserror::Error)]
pub enum RefactorError {
    /// There is no such entity, or no such field.
    #[error("there is no {what} `{name}`{}", place(.of))]
    Missing {
        /// "entity" or "field"
        what: &'static str,
        /// As it was called.
        name: String,
        /// Where it was looked for; empty where the place is clear.
        of: String,
        /// What was perhaps meant.
        near: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// The name is taken.
    #[error("the {what} `{name}` is there already{}", place(.of))]
    Taken {
        /// "entity" or "field"
        what: &'static str,
        /// The name.
        name: String,
        /// The entity that has it; empty for an entity.
        of: String,
    },
    /// Other entities refer to the one that is to go.
    #[error("`{entity}` is referred to by {}", .by.join(", "))]
    Referred {
        /// The entity.
        entity: String,
        /// The fields, such as `Order.customer`, in backticks.
        by: Vec<String>,
    },
    /// A file cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
}

fn place(of: &str) -> String {
    if of.is_empty() {
        String::new()
    } else {
        format!(" in `{of}`")
    }
}

impl Files {
    /// Parses the texts of a schema's files.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self, EditError> {
        let roots = texts.map(parse).collect::<Result<_, _>>()?;
        Ok(Self { roots })
    }

    /// The entities, each with the number of its file.
    pub fn entities(&self) -> impl Iterator<Item = (usize, &str)> {
        let roots = self.roots.iter().enumerate();
        roots.filter_map(|(index, root)| Some((index, text_of(root, "entity")?)))
    }

    /// The number of an entity's file.
    pub fn file(&self, entity: &str) -> Result<usize, RefactorError> {
        let found = self.entities().find(|(_, name)| *name == entity);
        found.map(|(index, _)| index).ok_or_else(|| {
            let known: Vec<String> = self.entities().map(|(_, name)| name.to_owned()).collect();
            missing("entity", entity, "", known)
        })
    }

    /// A file as it is parsed.
    pub(super) fn root(&self, file: usize) -> &Node {
        &self.roots[file]
    }

    /// The number of the file of the service.
    pub(super) fn service_file(&self) -> Result<usize, RefactorError> {
        let found = self
            .roots
            .iter()
            .position(|it| entry(it, "svcgen").is_some());
        found.ok_or_else(|| missing("file", "svcgen.yaml", "", Vec::new()))
    }

    /// Refuses a field that is not there.
    pub(super) fn known_field(&self, entity: &str, field: &str) -> Result<(), RefactorError> {
        let known = self.fields(entity)?;
        if known.contains(&field) {
            return Ok(());
        }
        let known = known.into_iter().map(str::to_owned).collect();
        Err(missing("field", field, entity, known))
    }

    /// The fields of an entity, collections included.
    pub fn fields(&self, entity: &str) -> Result<Vec<&str>, RefactorError> {
        let file = self.file(entity)?;
        Ok(self.entries(file).map(|it| it.key.value.as_str()).collect())
    }

    /// Whether a field is a many-side, and so no column.
    pub fn is_collection(&self, file: usize, field: &str) -> bool {
        self.field(file, field)
            .is_some_and(|it| entry(&it.value, "many").is_some())
    }

    /// Whether a file has a collection of an entity.
    pub fn holds(&self, file: usize, entity: &str) -> bool {
        collections(&self.roots[file])
            .iter()
            .any(|(_, target)| target == entity)
    }

    fn entries(&self, file: usize) -> impl DoubleEndedIterator<Item = &Entry> {
        let fields = entry(&self.roots[file], "fields");
        let entries = match fields.map(|it| &it.value.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        entries.iter()
    }

    fn field(&self, file: usize, name: &str) -> Option<&Entry> {
        self.entries(file).find(|it| it.key.value == name)
    }

    /// New fields of an entity: columns after its columns, collections at the end.
    pub fn add_fields(
        &self,
        entity: &str,
        fields: &[(String, Tree)],
    ) -> Result<Edits, RefactorError> {
        let file = self.file(entity)?;
        let mut edits = Vec::new();
        if entry(&self.roots[file], "fields").is_none() {
            edits.push((
                file,
                Edit::Insert {
                    into: Vec::new(),
                    after: self.head(file),
                    key: "fields".to_owned(),
                    value: Tree::Map(Vec::new()),
                },
            ));
        }
        let is_column = |it: &&Entry| entry(&it.value, "many").is_none();
        let mut last = self.entries(file).rev().find(is_column);
        let mut after = last.take().map(|it| it.key.value.clone());
        for (name, value) in fields {
            if self.field(file, name).is_some() {
                return Err(RefactorError::Taken {
                    what: "field",
                    name: name.clone(),
                    of: entity.to_owned(),
                });
            }
            let is_many =
                matches!(value, Tree::Map(entries) if entries.iter().any(|(key, _)| key == "many"));
            edits.push((
                file,
                Edit::Insert {
                    into: steps("fields"),
                    after: after.clone().filter(|_| !is_many),
                    key: name.clone(),
                    value: value.clone(),
                },
            ));
            if !is_many {
                after = Some(name.clone());
            }
        }
        Ok(edits)
    }

    /// The key that `fields` stands after by custom.
    fn head(&self, file: usize) -> Option<String> {
        let known = ["id", "doc", "plural", "entity"];
        let found = known
            .into_iter()
            .find(|it| entry(&self.roots[file], it).is_some());
        found.map(str::to_owned)
    }

    /// Another name for a field, and for all that names it. `was` is the name that the tables
    /// have by now; without one, what stands under `was` stays.
    pub fn rename_field(
        &self,
        entity: &str,
        old: &str,
        new: &str,
        was: Option<&str>,
    ) -> Result<Edits, RefactorError> {
        let file = self.file(entity)?;
        let known: Vec<String> = self
            .fields(entity)?
            .into_iter()
            .map(str::to_owned)
            .collect();
        let field = self
            .field(file, old)
            .ok_or_else(|| missing("field", old, entity, known))?;
        if self.field(file, new).is_some() {
            return Err(RefactorError::Taken {
                what: "field",
                name: new.to_owned(),
                of: entity.to_owned(),
            });
        }
        let path = vec![Step::Key("fields".to_owned()), Step::Key(new.to_owned())];
        let renaming = Edit::Rename {
            entry: vec![Step::Key("fields".to_owned()), Step::Key(old.to_owned())],
            to: new.to_owned(),
        };
        let mut edits = vec![(file, renaming)];
        if let Some(was) = was.filter(|_| !self.is_collection(file, old)) {
            edits.extend(remember(&field.value, &path, was).map(|it| (file, it)));
        }
        self.rename_column(file, old, new, &mut edits);
        for (other, root) in self.roots.iter().enumerate() {
            for (at, holder) in collections(root) {
                if holder == entity && text_at(root, &at, "by") == Some(old) {
                    edits.push((other, replace(in_entry(&at, "by"), new)));
                }
            }
        }
        Ok(edits)
    }

    /// Orders, indexes and the like name columns, perhaps with a `-` before them.
    fn rename_column(&self, file: usize, old: &str, new: &str, edits: &mut Edits) {
        let Value::Map(entries) = &self.roots[file].value else {
            return;
        };
        for entry in entries {
            let key = entry.key.value.as_str();
            if WITHOUT_COLUMNS.contains(&key) {
                continue;
            }
            leaves(&entry.value, &mut steps(key), &mut |at, text| {
                let sign = if text.starts_with('-') { "-" } else { "" };
                if text.trim_start_matches('-') == old {
                    edits.push((file, replace(at.to_vec(), &format!("{sign}{new}"))));
                }
            });
        }
    }

    /// Another name for an entity, and for all that names it.
    pub fn rename_entity(
        &self,
        old: &str,
        new: &str,
        was: Option<&str>,
    ) -> Result<Edits, RefactorError> {
        let file = self.file(old)?;
        if self.entities().any(|(_, name)| name == new) {
            return Err(RefactorError::Taken {
                what: "entity",
                name: new.to_owned(),
                of: String::new(),
            });
        }
        let mut edits = vec![(file, replace(steps("entity"), new))];
        if let Some(was) = was {
            edits.extend(remember(&self.roots[file], &[], was).map(|it| (file, it)));
        }
        for (other, root) in self.roots.iter().enumerate() {
            for (at, written) in types(root) {
                if names(&written, old) {
                    let rest = written.trim_start().strip_prefix(old).unwrap_or_default();
                    edits.push((other, replace(at, &format!("{new}{rest}"))));
                }
            }
            for (at, target) in collections(root) {
                if target == old {
                    edits.push((other, replace(in_entry(&at, "many"), new)));
                }
            }
        }
        Ok(edits)
    }

    /// The collections of other entities that go with one that is removed; a reference to it
    /// would lose what it holds, so that is refused.
    pub fn remove_entity(&self, entity: &str) -> Result<(Edits, Vec<String>), RefactorError> {
        let file = self.file(entity)?;
        let (mut edits, mut gone, mut by) = (Edits::new(), Vec::new(), Vec::new());
        for (other, root) in self.roots.iter().enumerate().filter(|(it, _)| *it != file) {
            let holder = text_of(root, "entity").unwrap_or_default();
            for (at, written) in types(root) {
                if let (true, Some(Step::Key(field))) = (names(&written, entity), at.get(1)) {
                    by.push(format!("`{holder}.{field}`"));
                }
            }
            for (at, target) in collections(root) {
                if let (true, Some(Step::Key(field))) = (target == entity, at.get(1)) {
                    gone.push(format!("{holder}.{field}"));
                    edits.push((other, Edit::Remove { entry: at }));
                }
            }
        }
        if by.is_empty() {
            Ok((edits, gone))
        } else {
            Err(RefactorError::Referred {
                entity: entity.to_owned(),
                by,
            })
        }
    }
}

fn missing(what: &'static str, name: &str, of: &str, known: Vec<String>) -> RefactorError {
    let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    let alike = known
        .iter()
        .find(|it| it.eq_ignore_ascii_case(name))
        .cloned();
    RefactorError::Missing {
        what,
        name: name.to_owned(),
        of: of.to_owned(),
        near: alike.or(near),
        known,
    }
}

fn replace(at: Vec<Step>, text: &str) -> Edit {
    Edit::Replace {
        at,
        text: text.to_owned(),
    }
}

fn in_entry(at: &[Step], key: &str) -> Vec<Step> {
    let mut at = at.to_vec();
    at.push(Step::Key(key.to_owned()));
    at
}

/// Writes `was` beside what a value says already.
fn remember(value: &Node, at: &[Step], was: &str) -> impl Iterator<Item = Edit> {
    let insert = Edit::Insert {
        into: at.to_vec(),
        after: None,
        key: "was".to_owned(),
        value: Tree::text(was),
    };
    let edits = match (&value.value, entry(value, "was")) {
        (_, Some(_)) => vec![replace(in_entry(at, "was"), was)],
        (Value::Map(_), None) => vec![insert],
        _ => {
            let wrap = Edit::Wrap {
                at: at.to_vec(),
                key: "type".to_owned(),
            };
            vec![wrap, insert]
        }
    };
    edits.into_iter()
}

fn text_of<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match &entry(node, key)?.value.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn text_at<'n>(root: &'n Node, at: &[Step], key: &str) -> Option<&'n str> {
    let mut node = root;
    for step in at {
        let Step::Key(step) = step else { return None };
        node = &entry(node, step)?.value;
    }
    text_of(node, key)
}

/// Whether a type, as written, is a reference to an entity.
fn names(written: &str, entity: &str) -> bool {
    TypeExpression::parse(written).is_some_and(|it| it.name == entity)
}

/// Every type of an entity file that is written as text, and its place.
fn types(root: &Node) -> Vec<(Vec<Step>, String)> {
    let mut found = Vec::new();
    each_field(root, |at, value| {
        if let Value::Text(text) = &value.value {
            found.push((at.to_vec(), text.clone()));
        }
        if let Some(text) = text_of(value, "type") {
            found.push((in_entry(at, "type"), text.to_owned()));
        }
    });
    found
}

/// Every collection of an entity file, and the entity that it holds.
fn collections(root: &Node) -> Vec<(Vec<Step>, String)> {
    let mut found = Vec::new();
    each_field(root, |at, value| {
        if let Some(target) = text_of(value, "many") {
            found.push((at.to_vec(), target.to_owned()));
        }
    });
    found
}

fn each_field(root: &Node, mut tell: impl FnMut(&[Step], &Node)) {
    let Some(Value::Map(fields)) = entry(root, "fields").map(|it| &it.value.value) else {
        return;
    };
    for field in fields {
        let at = [
            Step::Key("fields".to_owned()),
            Step::Key(field.key.value.clone()),
        ];
        tell(&at, &field.value);
    }
}

/// Every text below a node, and its place.
fn leaves(node: &Node, at: &mut Vec<Step>, tell: &mut impl FnMut(&[Step], &str)) {
    match &node.value {
        Value::Text(text) => tell(at, text),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Step::Item(index));
                leaves(item, at, tell);
                at.pop();
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                at.push(Step::Key(entry.key.value.clone()));
                leaves(&entry.value, at, tell);
                at.pop();
            }
        }
        _ => {}
    }
}
