//! Every spelling of one name, worked out once and here only.

use std::fmt;
use std::sync::Arc;

use heck::{ToPascalCase, ToSnakeCase};

use super::plural;
use super::words;

/// A name of the schema in all the spellings the output needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<Forms>);

/// The spellings, shared by all copies of a name: a name is copied often and never changes.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Forms {
    written: String,
    snake: String,
    pascal: String,
    kebab: String,
    screaming: String,
    sentence: String,
    rust: String,
    plural_snake: String,
    plural_pascal: String,
    plural_kebab: String,
    plural_sentence: String,
    singular_snake: String,
}

impl Name {
    /// Resolves a name as written in the schema; the plural is worked out.
    pub fn new(written: &str) -> Self {
        let plural = plural::plural(&written.to_snake_case());
        Self::with_plural(written, &plural)
    }

    /// Resolves a name with a plural that the schema gives, in any case.
    pub fn with_plural(written: &str, plural: &str) -> Self {
        let snake = written.to_snake_case();
        Self::of_forms(written, &plural.to_snake_case(), &snake)
    }

    /// Resolves a name that is a plural itself, such as a collection's.
    pub fn of_many(written: &str) -> Self {
        let snake = written.to_snake_case();
        Self::of_forms(written, &snake, &plural::singular(&snake))
    }

    fn of_forms(written: &str, plural: &str, singular: &str) -> Self {
        let snake = written.to_snake_case();
        Self(Arc::new(Forms {
            written: written.to_owned(),
            pascal: written.to_pascal_case(),
            kebab: snake.replace('_', "-"),
            screaming: snake.to_ascii_uppercase(),
            sentence: snake.replace('_', " "),
            rust: words::rust_identifier(&snake),
            plural_snake: plural.to_owned(),
            plural_pascal: plural.to_pascal_case(),
            plural_kebab: plural.replace('_', "-"),
            plural_sentence: plural.replace('_', " "),
            singular_snake: singular.to_owned(),
            snake,
        }))
    }

    /// As the schema writes it.
    pub fn written(&self) -> &str {
        &self.0.written
    }

    /// `order_line`
    pub fn snake(&self) -> &str {
        &self.0.snake
    }

    /// `OrderLine`
    pub fn pascal(&self) -> &str {
        &self.0.pascal
    }

    /// `order-line`
    pub fn kebab(&self) -> &str {
        &self.0.kebab
    }

    /// `ORDER_LINE`
    pub fn screaming(&self) -> &str {
        &self.0.screaming
    }

    /// `order line`
    pub fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// The snake form as a Rust identifier: `order_line`, `r#type`.
    pub fn rust(&self) -> &str {
        &self.0.rust
    }

    /// The snake form as it can stand in SQL text: `order_line`, `"order"`.
    pub fn sql(&self) -> String {
        sql(&self.0.snake)
    }

    /// `order_lines`
    pub fn plural_snake(&self) -> &str {
        &self.0.plural_snake
    }

    /// `OrderLines`
    pub fn plural_pascal(&self) -> &str {
        &self.0.plural_pascal
    }

    /// `order-lines`
    pub fn plural_kebab(&self) -> &str {
        &self.0.plural_kebab
    }

    /// `order lines`
    pub fn plural_sentence(&self) -> &str {
        &self.0.plural_sentence
    }

    /// The plural as it can stand in SQL text.
    pub fn plural_sql(&self) -> String {
        sql(&self.0.plural_snake)
    }

    /// One of them: `line` for a collection named `lines`; otherwise the snake form.
    pub fn singular_snake(&self) -> &str {
        &self.0.singular_snake
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.written)
    }
}

/// An identifier as it can stand in SQL text: quoted when `SQLite` or `PostgreSQL`
/// gives the word a meaning, or when it is no plain lower-case identifier.
pub fn sql(identifier: &str) -> String {
    let plain = identifier.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && identifier
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !words::is_sql_word(identifier) {
        identifier.to_owned()
    } else {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_knows_every_spelling() {
        let name = Name::new("OrderLine");
        assert_eq!(name.snake(), "order_line");
        assert_eq!(name.pascal(), "OrderLine");
        assert_eq!(name.kebab(), "order-line");
        assert_eq!(name.screaming(), "ORDER_LINE");
        assert_eq!(name.sentence(), "order line");
        assert_eq!(name.plural_snake(), "order_lines");
        assert_eq!(name.plural_pascal(), "OrderLines");
        assert_eq!(name.plural_kebab(), "order-lines");
        assert_eq!(name.plural_sentence(), "order lines");
        assert_eq!(name.singular_snake(), "order_line");
    }

    #[test]
    fn keywords_are_escaped_in_rust_and_quoted_in_sql() {
        let name = Name::new("type");
        assert_eq!((name.rust(), name.sql().as_str()), ("r#type", "type"));
        let order = Name::new("Order");
        assert_eq!((order.rust(), order.sql().as_str()), ("order", "\"order\""));
        assert_eq!(order.plural_sql(), "orders");
        assert_eq!(sql("Odd\"name"), "\"Odd\"\"name\"");
    }

    #[test]
    fn a_plural_can_be_given() {
        let name = Name::with_plural("Staff", "staff_members");
        assert_eq!(name.plural_kebab(), "staff-members");
        assert_eq!(name.plural_pascal(), "StaffMembers");
    }

    #[test]
    fn a_collection_knows_its_singular() {
        let name = Name::of_many("blog_categories");
        assert_eq!(
            (name.snake(), name.singular_snake()),
            ("blog_categories", "blog_category")
        );
    }
}
