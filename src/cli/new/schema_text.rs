//! YAML as a person would write it: the files that `new` begins a project with.
//!
//! Text only. Files that come from an example keep their comments and their order;
//! the few things that change are changed line by line.

use std::fmt::Write as _;

use heck::ToSnakeCase as _;

use super::shorthand::{Entity, Kind};
use crate::cli::{
    arguments::{DatabaseName, FeatureName},
    state_files::SCHEMA_DIRECTORY,
};
use crate::features::url_variable;
pub use crate::schema::edit::print::quoted;
use crate::schema::edit::{
    Tree,
    print::{Around, print},
};

const MODELINE: &str = "# yaml-language-server: $schema=";

/// What a service file says when it is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// The databases it can run on; none means that the schema's own default holds.
    pub databases: Vec<DatabaseName>,
    /// What it offers.
    pub features: Vec<FeatureName>,
}

impl Service {
    /// The text of `svcgen.yaml`.
    pub fn to_yaml(&self) -> String {
        let mut yaml = format!("svcgen: 1\nname: {}\n", self.name);
        if let Some(doc) = &self.doc {
            push(&mut yaml, &format!("doc: {}\n", quoted(doc)));
        }
        let databases: Vec<_> = self.databases.iter().map(|it| database_word(*it)).collect();
        push(
            &mut yaml,
            &format!(
                "databases: [{}]  # {}\n",
                databases.join(", "),
                self.about_url()
            ),
        );
        yaml.push_str("features:\n");
        for feature in &self.features {
            push(&mut yaml, &format!("  {}: {{}}\n", feature_word(*feature)));
        }
        yaml
    }

    /// What a person has to know of the database's URL.
    fn about_url(&self) -> String {
        match self.databases.as_slice() {
            [DatabaseName::Postgres] => {
                let variable = url_variable(&self.name);
                format!("its URL is in {variable}, or --database-url")
            }
            _ => "the URL decides at run time; without one it is SQLite".to_owned(),
        }
    }
}

impl Entity {
    /// The path of the entity's file.
    pub fn path(&self) -> String {
        format!("entities/{}.yaml", self.name.to_snake_case())
    }

    /// The text of the entity's file.
    pub fn to_yaml(&self) -> String {
        let mut yaml = format!("entity: {}\n", self.name);
        yaml.push_str(if self.fields.is_empty() {
            "fields: {}\n"
        } else {
            "fields:\n"
        });
        let width = self
            .fields
            .iter()
            .map(|it| it.name.len())
            .max()
            .unwrap_or(0)
            + 1;
        for field in &self.fields {
            let kind = print(&field.kind.to_tree(), Around::Block);
            let name = format!("{}:", field.name);
            push(&mut yaml, &format!("  {name:width$} {kind}\n"));
        }
        yaml
    }
}

impl Kind {
    /// What the schema says of a field of this kind.
    pub fn to_tree(&self) -> Tree {
        match self {
            Self::Plain(kind) => Tree::text(kind),
            Self::Enum { values, nullable } => {
                let word = if *nullable { "enum?" } else { "enum" };
                let values = values.iter().map(Tree::text).collect();
                Tree::map([("type", Tree::text(word)), ("values", Tree::List(values))])
            }
            Self::Many(target) => Tree::map([("many", Tree::text(target))]),
        }
    }
}

/// The text with the line that tells editors where the JSON Schema is, first.
pub fn with_modeline(path: &str, schema: &str, text: &str) -> String {
    let up = "../".repeat(path.matches('/').count());
    let body = match text.split_once('\n') {
        Some((first, rest)) if first.trim_start().starts_with("# yaml-language-server:") => rest,
        _ => text,
    };
    // A path that begins with a dot and a slash is one in every editor.
    let from = if up.is_empty() { "./" } else { up.as_str() };
    format!("{MODELINE}{from}{SCHEMA_DIRECTORY}/{schema}\n{body}")
}

/// Sets a key of the top level to a value that fits on its line; what stood there goes.
pub fn set(text: &str, key: &str, value: &str) -> String {
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    let mut is_set = false;
    while let Some(line) = lines.next() {
        if !is_key(line, key) {
            push(&mut result, &format!("{line}\n"));
            continue;
        }
        if !is_set {
            push(&mut result, &format!("{key}: {value}\n"));
            is_set = true;
        }
        while lines
            .next_if(|next| next.starts_with([' ', '\t', '-']))
            .is_some()
        {}
    }
    if !is_set {
        push(&mut result, &format!("{key}: {value}\n"));
    }
    result
}

/// The value of a key of the top level, if it is plain text on its line.
pub fn get<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| is_key(line, key))?;
    let value = line.split_once(':')?.1;
    let value = value
        .split_once(" #")
        .map_or(value, |(value, _)| value)
        .trim();
    Some(value.trim_matches(['"', '\''])).filter(|it| !it.is_empty())
}

fn is_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key)
        .is_some_and(|rest| rest.trim_start().starts_with(':'))
}

fn push(text: &mut String, more: &str) {
    // Writing to a string cannot fail.
    let _ = text.write_str(more);
}

fn database_word(database: DatabaseName) -> &'static str {
    match database {
        DatabaseName::Sqlite => "sqlite",
        DatabaseName::Postgres => "postgres",
    }
}

fn feature_word(feature: FeatureName) -> &'static str {
    match feature {
        FeatureName::Http => "http",
        FeatureName::Openapi => "openapi",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_reads_well() {
        let entity =
            Entity::parse("Order number:string status:enum(draft,paid)? lines:many(OrderLine)")
                .expect("entity");
        assert_eq!(entity.path(), "entities/order.yaml");
        assert_eq!(
            entity.to_yaml(),
            "entity: Order\nfields:\n  number: string\n  status: { type: enum?, values: [draft, paid] }\n  lines:  { many: OrderLine }\n"
        );
    }

    #[test]
    fn the_modeline_leads_to_the_schema_and_is_there_once() {
        let once = with_modeline("entities/a.yaml", "entity.schema.json", "entity: A\n");
        assert_eq!(
            once,
            "# yaml-language-server: $schema=../.svcgen/schema/entity.schema.json\nentity: A\n"
        );
        assert_eq!(
            with_modeline("entities/a.yaml", "entity.schema.json", &once),
            once
        );
        assert!(
            with_modeline("svcgen.yaml", "s.json", "")
                .starts_with("# yaml-language-server: $schema=./.svcgen/")
        );
    }

    #[test]
    fn a_key_is_set_where_it_stands_with_all_that_belongs_to_it() {
        let text = "# shop\nsvcgen: 1\nname: shop # old\nruntime:\n  path: x\n\nnames: 1\n";
        let text = set(&set(text, "name", "web"), "runtime", "{ path: y }");
        assert_eq!(
            text,
            "# shop\nsvcgen: 1\nname: web\nruntime: { path: y }\n\nnames: 1\n"
        );
        assert_eq!(set("a: 1\n", "b", "2"), "a: 1\nb: 2\n");
        assert_eq!(get("svcgen: 1\nname: 'shop' # it\n", "name"), Some("shop"));
        assert_eq!(get("name:\n", "name"), None);
    }

    #[test]
    fn any_text_can_be_quoted() {
        assert_eq!(
            quoted("say \"a\\b\"\n\u{7}"),
            "\"say \\\"a\\\\b\\\"\\n\\u0007\""
        );
    }
}
