//! Entities on one line: `Order number:string total:decimal(12,2) note:text?`.
//!
//! Knows the shape of the line, not what the types mean: the schema's own check
//! says that, pointing at the YAML that comes of it.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// An entity as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// `OrderLine`
    pub name: String,
    /// In the order they were typed.
    pub fields: Vec<Field>,
}

/// A field as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `placed_at`
    pub name: String,
    /// What follows the colon.
    pub kind: Kind,
}

/// What follows the colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A type as the schema writes it, such as `decimal(12,2)?`.
    Plain(String),
    /// `enum(draft,paid)`
    Enum {
        /// The values.
        values: Vec<String>,
        /// Whether a `?` follows.
        nullable: bool,
    },
    /// `many(OrderLine)`
    Many(String),
}

/// What is wrong with a line, and what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShorthandError {
    /// There is no name, or it is none.
    #[error("{}", no_entity(.written, .better))]
    Entity {
        /// As typed.
        written: String,
        /// What would do.
        better: String,
    },
    /// A word has no colon.
    #[error("`{0}` is no field: write NAME:TYPE, such as `{0}:string`")]
    NoType(String),
    /// The name before the colon is none.
    #[error("`{written}` is no name for a field{}", suggestion(.better))]
    Field {
        /// As typed.
        written: String,
        /// What would do.
        better: String,
    },
    /// What follows the colon has no such shape.
    #[error(
        "`{1}` is no type for `{0}`: write a word such as `text`, `decimal(12,2)`, `enum(a,b)` or an entity's name"
    )]
    Type(String, String),
    /// A bracket is not closed.
    #[error("a bracket is not closed in `{0}`")]
    Bracket(String),
    /// A field is there twice.
    #[error("the field `{0}` is there twice")]
    Twice(String),
}

fn no_entity(written: &str, better: &str) -> String {
    if written.is_empty() {
        return "an entity begins with its name, such as `Order`".to_owned();
    }
    format!("`{written}` is no name for an entity{}", suggestion(better))
}

fn suggestion(better: &str) -> String {
    if better.is_empty() {
        String::new()
    } else {
        format!(": write `{better}`")
    }
}

impl Entity {
    /// Reads `NAME FIELD:TYPE …`.
    pub fn parse(line: &str) -> Result<Self, ShorthandError> {
        let line = line.trim();
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Ok(Self {
            name: entity_name(name)?,
            fields: parse_fields(rest)?,
        })
    }
}

/// Checks the name of an entity.
pub fn entity_name(written: &str) -> Result<String, ShorthandError> {
    let starts_well = written.starts_with(|first: char| first.is_ascii_uppercase());
    if starts_well && written.chars().all(|it| it.is_ascii_alphanumeric()) {
        return Ok(written.to_owned());
    }
    let better = written.to_upper_camel_case();
    let better = if better.starts_with(|it: char| it.is_ascii_uppercase()) {
        better
    } else {
        String::new()
    };
    Err(ShorthandError::Entity {
        written: written.to_owned(),
        better,
    })
}

/// Reads `FIELD:TYPE …`.
pub fn parse_fields(text: &str) -> Result<Vec<Field>, ShorthandError> {
    let mut fields: Vec<Field> = Vec::new();
    for word in words(text)? {
        let field = parse_field(word)?;
        if fields.iter().any(|it| it.name == field.name) {
            return Err(ShorthandError::Twice(field.name));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Splits at white space outside of brackets.
fn words(text: &str) -> Result<Vec<&str>, ShorthandError> {
    let mut words = Vec::new();
    let (mut start, mut depth) = (None, 0_u32);
    for (at, it) in text.char_indices() {
        match it {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if it.is_whitespace() && depth == 0 {
            words.extend(start.take().map(|start| &text[start..at]));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|start| &text[start..]));
    if depth > 0 {
        Err(ShorthandError::Bracket(text.to_owned()))
    } else {
        Ok(words)
    }
}

fn parse_field(word: &str) -> Result<Field, ShorthandError> {
    let (name, kind) = word
        .split_once(':')
        .ok_or_else(|| ShorthandError::NoType(word.to_owned()))?;
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if !is_name {
        let (written, better) = (name.to_owned(), name.to_snake_case());
        let better = if better == written {
            String::new()
        } else {
            better
        };
        return Err(ShorthandError::Field { written, better });
    }
    let kind =
        parse_kind(kind).ok_or_else(|| ShorthandError::Type(name.to_owned(), kind.to_owned()))?;
    Ok(Field {
        name: name.to_owned(),
        kind,
    })
}

fn parse_kind(text: &str) -> Option<Kind> {
    let (bare, nullable) = text
        .strip_suffix('?')
        .map_or((text, false), |bare| (bare, true));
    let within = |word: &str| {
        bare.strip_prefix(word)?
            .strip_prefix('(')?
            .strip_suffix(')')
    };
    let is_word =
        |it: &str| !it.is_empty() && it.chars().all(|it| it.is_alphanumeric() || it == '_');
    if let Some(values) = within("enum") {
        let values: Vec<_> = values.split(',').map(|it| it.trim().to_owned()).collect();
        return values
            .iter()
            .all(|it| is_word(it))
            .then_some(Kind::Enum { values, nullable });
    }
    if let Some(target) = within("many") {
        return (is_word(target.trim()) && !nullable).then(|| Kind::Many(target.trim().to_owned()));
    }
    let (word, arguments) = match bare.split_once('(') {
        Some((word, arguments)) => (word, arguments.strip_suffix(')')?),
        None => (bare, ""),
    };
    // Nothing passes that would mean something else in YAML.
    let is_argument = |it: char| it.is_alphanumeric() || matches!(it, '_' | ',' | ' ');
    (is_word(word) && arguments.chars().all(is_argument)).then(|| Kind::Plain(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str, kind: &str) -> Field {
        Field {
            name: name.to_owned(),
            kind: Kind::Plain(kind.to_owned()),
        }
    }

    #[test]
    fn a_line_is_an_entity_with_fields() {
        let entity = Entity::parse(
            "Order number:string total:decimal(12, 2)  customer:Customer? tags:list(string)",
        );
        let fields = vec![
            plain("number", "string"),
            plain("total", "decimal(12, 2)"),
            plain("customer", "Customer?"),
            plain("tags", "list(string)"),
        ];
        assert_eq!(
            entity,
            Ok(Entity {
                name: "Order".to_owned(),
                fields
            })
        );
        assert_eq!(Entity::parse(" Tag ").map(|it| it.fields), Ok(Vec::new()));
    }

    #[test]
    fn enums_and_collections_have_a_shape_of_their_own() {
        let fields =
            parse_fields("status:enum(draft, paid)? lines:many(OrderLine)").expect("fields");
        let values = vec!["draft".to_owned(), "paid".to_owned()];
        assert_eq!(
            fields[0].kind,
            Kind::Enum {
                values,
                nullable: true
            }
        );
        assert_eq!(fields[1].kind, Kind::Many("OrderLine".to_owned()));
    }

    #[test]
    fn mistakes_are_told_with_what_to_write_instead() {
        for (line, message) in [
            (
                "order a:string",
                "`order` is no name for an entity: write `Order`",
            ),
            ("", "an entity begins with its name, such as `Order`"),
            (
                "Order number",
                "`number` is no field: write NAME:TYPE, such as `number:string`",
            ),
            (
                "Order Number:string",
                "`Number` is no name for a field: write `number`",
            ),
            ("Order a:string a:int", "the field `a` is there twice"),
            (
                "Order a:decimal(12",
                "a bracket is not closed in `a:decimal(12`",
            ),
            ("Order a:enum()", "`enum()` is no type for `a`"),
            ("Order a:", "`` is no type for `a`"),
            ("Order a:{x}", "`{x}` is no type for `a`"),
            ("Order a:text#", "`text#` is no type for `a`"),
        ] {
            let error = Entity::parse(line).expect_err(line).to_string();
            assert!(error.starts_with(message), "{line:?}: {error}");
        }
    }
}
