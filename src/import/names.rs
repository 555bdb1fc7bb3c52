//! Names of a database as names of a schema: which can stay, and what becomes of the others.

use std::collections::BTreeSet;

use heck::{ToKebabCase as _, ToPascalCase as _, ToSnakeCase as _};

use crate::model::Name;
use crate::model::check::reserved;

/// The longest table name that leaves room for the names derived from it.
const LONGEST_TABLE: usize = 40;
/// The longest identifier of PostgreSQL.
const LONGEST: usize = 63;

/// A service's name, made of the database's.
pub fn service(database: &str) -> String {
    let kebab: String = plain(database).to_kebab_case().chars().take(50).collect();
    let kebab = kebab.trim_matches('-');
    if !kebab.starts_with(|c: char| c.is_ascii_lowercase()) {
        return format!("db-{kebab}").trim_end_matches('-').to_owned();
    }
    if reserved::is_crate(kebab) || crate::model::words::is_rust_keyword(kebab) {
        return format!("{kebab}-service");
    }
    kebab.to_owned()
}

/// ASCII letters, digits and underscores. Letters of western languages are written as those who
/// have no others write them; what is none of these becomes an underscore.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => plain.push(c),
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'ø' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'Ä' | 'Æ' => plain.push_str("Ae"),
            'Ö' | 'Ø' | 'Œ' => plain.push_str("Oe"),
            'Ü' => plain.push_str("Ue"),
            'ß' => plain.push_str("ss"),
            'à'..='å' => plain.push('a'),
            'À'..='Å' => plain.push('A'),
            'ç' => plain.push('c'),
            'Ç' => plain.push('C'),
            'è'..='ë' => plain.push('e'),
            'È'..='Ë' => plain.push('E'),
            'ì'..='ï' => plain.push('i'),
            'Ì'..='Ï' => plain.push('I'),
            'ñ' => plain.push('n'),
            'Ñ' => plain.push('N'),
            'ò'..='õ' => plain.push('o'),
            'Ò'..='Õ' => plain.push('O'),
            'ù'..='û' => plain.push('u'),
            'Ù'..='Û' => plain.push('U'),
            'ý' | 'ÿ' => plain.push('y'),
            'Ý' => plain.push('Y'),
            _ => plain.push('_'),
        }
    }
    plain
}

/// A name for a member: snake case, beginning with a letter.
pub fn snake(name: &str) -> String {
    let snake = plain(name).to_snake_case();
    if snake.starts_with(|c: char| c.is_ascii_lowercase()) {
        snake
    } else {
        format!("x{snake}")
    }
}

/// An entity's name, and its plural where that has to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityName {
    /// `OrderLine`
    pub entity: String,
    /// `order_line`
    pub snake: String,
    /// The table.
    pub table: String,
    /// Whether the table has to be said.
    pub is_odd: bool,
}

/// Names for the entities of all tables, so that tables keep their names wherever they can: those
/// that do choose first.
pub fn entities<'a>(tables: impl Iterator<Item = &'a str>) -> Vec<EntityName> {
    let mut in_turn: Vec<(usize, &str)> = tables.enumerate().collect();
    in_turn.sort_by_key(|(_, table)| !keeps(table));
    let mut taken = BTreeSet::new();
    let mut taken_tables = BTreeSet::new();
    let mut names: Vec<(usize, EntityName)> = in_turn
        .into_iter()
        .map(|(place, table)| {
            let entity = free(&mut taken, &entity(table));
            let name = Name::new(&entity);
            let wanted = if keeps(table) {
                table.to_owned()
            } else if reserved::table(name.plural_snake()).is_some() {
                format!("its_{}", name.plural_snake())
            } else {
                name.plural_snake().to_owned()
            };
            let wanted = free_table(&mut taken_tables, &wanted);
            let name = EntityName {
                snake: name.snake().to_owned(),
                is_odd: wanted != name.plural_snake(),
                table: wanted,
                entity,
            };
            (place, name)
        })
        .collect();
    names.sort_by_key(|(place, _)| *place);
    names.into_iter().map(|(_, name)| name).collect()
}

/// The entity that a table holds: its singular in PascalCase.
fn entity(table: &str) -> String {
    let snake: String = snake(table).chars().take(LONGEST_TABLE).collect();
    let singular = Name::of_many(&snake).singular_snake().to_pascal_case();
    let name = Name::new(&singular);
    if reserved::entity(name.pascal(), name.snake()).is_some() {
        format!("{singular}Record").to_pascal_case()
    } else {
        singular
    }
}

/// Whether a table can be called the same in a schema.
fn keeps(table: &str) -> bool {
    !table.is_empty()
        && table.to_snake_case() == table
        && plain(table) == table
        && table.starts_with(|c: char| c.is_ascii_lowercase())
        && table.len() <= LONGEST_TABLE
        && reserved::table(table).is_none()
}

fn free(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.to_snake_case()) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}

fn free_table(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{wanted}_{number}").to_snake_case();
        number += 1;
    }
    taken.insert(name.clone());
    name
}

/// The names of one entity's members as they are given out.
#[derive(Debug)]
pub struct Members<'a> {
    entity: &'a EntityName,
    taken: BTreeSet<String>,
}

impl<'a> Members<'a> {
    /// None is given out yet.
    pub fn new(entity: &'a EntityName) -> Self {
        Self {
            entity,
            taken: BTreeSet::new(),
        }
    }

    /// A name for a field that holds a column.
    pub fn field(&mut self, column: &str) -> String {
        let name = snake(column);
        self.give(&name, "")
    }

    /// A name for a reference, whose column adds `_id`.
    pub fn reference(&mut self, column: &str) -> String {
        let name = snake(column);
        let name = name
            .strip_suffix("_id")
            .filter(|it| !it.is_empty())
            .unwrap_or(&name);
        self.give(name, "_id")
    }

    /// A name for a collection.
    pub fn collection(&mut self, wanted: &str) -> String {
        self.give(&snake(wanted), "")
    }

    fn give(&mut self, wanted: &str, suffix: &str) -> String {
        let room = LONGEST
            .saturating_sub(self.entity.table.len() + suffix.len() + "__check".len())
            .max(8);
        let mut base: String = wanted.chars().take(room).collect();
        base = base.trim_end_matches('_').to_owned();
        if reserved::is_automatic(&base) || reserved::member(&base).is_some() {
            base = format!("{}_{base}", self.entity.snake);
        }
        let mut name = base.clone();
        let mut number = 2;
        while self.taken.contains(&name) || !self.taken.insert(format!("{name}{suffix}")) {
            name = format!("{base}_{number}").to_snake_case();
            number += 1;
        }
        self.taken.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(tables: &[&str]) -> Vec<(String, String)> {
        entities(tables.iter().copied())
            .into_iter()
            .map(|it| (it.entity, it.table))
            .collect()
    }

    #[test]
    fn tables_keep_their_names_where_they_can() {
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect()
        };
        assert_eq!(
            named(&[
                "order_lines",
                "actor",
                "Invoice",
                "wp_posts",
                "user",
                "users"
            ]),
            pairs(&[
                ("OrderLine", "order_lines"),
                ("Actor", "actor"),
                ("Invoice", "invoices"),
                ("WpPost", "wp_posts"),
                ("User", "user"),
                ("User2", "users"),
            ])
        );
        assert_eq!(
            named(&["Person", "people"]),
            pairs(&[("Person2", "person2s"), ("Person", "people")])
        );
        assert_eq!(
            named(&["Order Details", "svcgen_x", "2fa", "options", "größe"])
                .iter()
                .map(|it| it.0.as_str())
                .collect::<Vec<_>>(),
            ["OrderDetail", "SvcgenX", "X2fa", "OptionRecord", "Groesse"]
        );
    }

    #[test]
    fn members_are_unique_and_never_reserved() {
        let entity = &entities(["orders"].into_iter())[0];
        let mut members = Members::new(entity);
        assert_eq!(members.reference("customer_id"), "customer");
        assert_eq!(members.field("customer_id"), "customer_id_2");
        assert_eq!(members.field("filter"), "order_filter");
        assert_eq!(members.field("Filter"), "order_filter_2");
        assert_eq!(members.field("created_at"), "order_created_at");
        assert_eq!(members.reference("id"), "order_id");
        assert!(members.field(&"x".repeat(90)).len() < 63);
    }

    #[test]
    fn a_service_has_a_name_whatever_the_database_is_called() {
        assert_eq!(service("Chinook_Sqlite"), "chinook-sqlite");
        assert_eq!(service("2024"), "db-2024");
        assert_eq!(service("test"), "test-service");
        assert_eq!(service("données"), "donnees");
        assert_eq!(service("日本"), "db");
    }
}
