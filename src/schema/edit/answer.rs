//! Answers to what a comparison of tables cannot know, as edits of the files of a schema.

use super::refactor::{Edits, Files, RefactorError};
use super::{Edit, Step, Tree, steps};
use crate::schema::node::{Value, entry};

impl Files {
    /// The name that an entity had before.
    pub fn entity_was(&self, entity: &str, was: &str) -> Result<Edits, RefactorError> {
        let file = self.file(entity)?;
        Ok(self.with(file, Vec::new(), "was", Tree::text(was)))
    }

    /// One more key of a field, which may be written as nothing but its type by now.
    pub fn field_says(
        &self,
        entity: &str,
        field: &str,
        key: &str,
        value: Tree,
    ) -> Result<Edits, RefactorError> {
        let file = self.file(entity)?;
        self.known_field(entity, field)?;
        let place = vec![Step::Key("fields".to_owned()), Step::Key(field.to_owned())];
        Ok(self.with(file, place, key, value))
    }

    /// One more name in a list of an entity, or of the service.
    pub fn list_says(
        &self,
        entity: Option<&str>,
        key: &str,
        name: &str,
    ) -> Result<Edits, RefactorError> {
        let file = match entity {
            Some(entity) => self.file(entity)?,
            None => self.service_file()?,
        };
        let item = Tree::text(name);
        let edit = match entry(self.root(file), key).map(|it| &it.value.value) {
            Some(Value::List(_)) => Edit::Append {
                list: steps(key),
                item,
            },
            _ => Edit::Insert {
                into: Vec::new(),
                after: None,
                key: key.to_owned(),
                value: Tree::List(vec![item]),
            },
        };
        Ok(vec![(file, edit)])
    }

    /// A key of a value: another text where it is there, or one more entry.
    fn with(&self, file: usize, at: Vec<Step>, key: &str, value: Tree) -> Edits {
        let found = at
            .iter()
            .try_fold(self.root(file), |node, step| match step {
                Step::Key(key) => entry(node, key).map(|it| &it.value),
                Step::Item(_) => None,
            });
        let insert = Edit::Insert {
            into: at.clone(),
            after: None,
            key: key.to_owned(),
            value: value.clone(),
        };
        let edits = match (found.map(|it| &it.value), value) {
            (Some(Value::Map(_)), Tree::Text(text))
                if found.is_some_and(|it| entry(it, key).is_some()) =>
            {
                let mut at = at;
                at.push(Step::Key(key.to_owned()));
                vec![Edit::Replace { at, text }]
            }
            (Some(Value::Map(_)) | None, _) => vec![insert],
            _ => {
                let key = "type".to_owned();
                vec![Edit::Wrap { at, key }, insert]
            }
        };
        edits.into_iter().map(|it| (file, it)).collect()
    }
}
