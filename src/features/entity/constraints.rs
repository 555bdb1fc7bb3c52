//! The named constraints of a table, and the member of a request that each is about.

use crate::model::{Collection, Link};
use crate::tables::{Table, derived_name};

/// The constraints of the entity's own table.
pub fn constraints(table: &Table) -> Vec<String> {
    let mut expressions = Vec::new();
    let name = &table.name;
    expressions.push(format!(
        "Constraint::unique(\"{name}_pkey\", \"{name}\", &[\"id\"], \"/id\")"
    ));
    for index in table.indexes.iter().filter(|index| index.unique) {
        let columns: Vec<String> = index
            .terms
            .iter()
            .map(|it| format!("\"{}\"", it.column))
            .collect();
        expressions.push(format!(
            "Constraint::unique(\"{}\", \"{name}\", &[{}], \"/{}\")",
            index.name,
            columns.join(", "),
            index.terms[0].column
        ));
    }
    for key in &table.foreign_keys {
        expressions.push(format!(
            "Constraint::reference(\"{}\", \"/{}\")",
            key.name, key.column
        ));
    }
    for check in &table.checks {
        expressions.push(format!(
            "Constraint::check(\"{}\", \"/{}\")",
            check.name, check.column
        ));
    }
    expressions
}

/// The reference of a link table that a list of ids can break.
pub fn link_constraint(collection: &Collection, link: &Link) -> String {
    let name = derived_name(&[&link.table, &link.target_column], "fkey");
    format!(
        "Constraint::reference(\"{name}\", \"/{}\")",
        collection.ids_member()
    )
}
