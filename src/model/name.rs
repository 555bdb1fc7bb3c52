//! Every spelling of one name, worked out once and here only.

use std::fmt;

/// A name of the schema in all the spellings the output needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    written: String,
    snake: String,
    pascal: String,
    kebab: String,
    plural_snake: String,
}

impl Name {
    /// Resolves a name as written in the schema; the plural is worked out.
    pub fn new(written: &str) -> Self {
        use heck::{ToKebabCase, ToPascalCase, ToSnakeCase};
        let snake = written.to_snake_case();
        Self {
            written: written.to_owned(),
            pascal: written.to_pascal_case(),
            kebab: snake.to_kebab_case(),
            plural_snake: format!("{snake}s"),
            snake,
        }
    }

    /// As the schema writes it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// `order_line`
    pub fn snake(&self) -> &str {
        &self.snake
    }

    /// `OrderLine`
    pub fn pascal(&self) -> &str {
        &self.pascal
    }

    /// `order-line`
    pub fn kebab(&self) -> &str {
        &self.kebab
    }

    /// `order_lines`
    pub fn plural_snake(&self) -> &str {
        &self.plural_snake
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
