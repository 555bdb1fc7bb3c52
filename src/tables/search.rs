//! The index of words over a table's texts, as the schema asks for it.

use serde::{Deserialize, Serialize};

use crate::model::{Entity, Field};

use super::derived_name;

/// An index of the words in some columns of a table. Each database has its own way to keep one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Its name.
    pub name: String,
    /// The columns, the most telling first.
    pub columns: Vec<String>,
}

/// The index over an entity's searchable fields, in the order of their declaration.
pub fn of(entity: &Entity) -> Option<Search> {
    let fields = entity.fields.iter().filter(|field| field.searchable);
    let columns: Vec<String> = fields.map(Field::column).collect();
    (!columns.is_empty()).then(|| Search {
        name: derived_name(&[entity.name.plural_snake()], "search"),
        columns,
    })
}
