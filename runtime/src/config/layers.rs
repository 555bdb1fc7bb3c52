//! What was set, by whom, and where: file, environment and flags laid over each other.
//!
//! Knows the names of sections and keys, not their types.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::input::nearest;

/// Where the configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The service's name; the environment's variables begin with it.
    pub name: String,
    /// `--config FILE`. Without it `config/service.toml` is read, if it is there.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// `--set key=value` and its shorthands, as key and value.
    pub flags: Vec<(String, String)>,
}

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "config/service.toml";

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    pub(super) fn one(problem: String) -> Self {
        Self {
            problems: vec![problem],
        }
    }

    /// Each problem, with its place.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl From<Vec<String>> for ConfigError {
    fn from(problems: Vec<String>) -> Self {
        Self { problems }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the configuration is not valid:")?;
        for problem in &self.problems {
            write!(out, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Where a value stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    File { path: PathBuf, line: usize },
    Environment(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(out, "{}:{line}", path.display()),
            Self::Environment(name) => write!(out, "environment variable {name}"),
            Self::Flag(key) => write!(out, "flag for {key}"),
        }
    }
}

/// A value as it was given: typed in a file, a text elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Typed(Value),
    Text(String),
}

/// A value and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub raw: Raw,
    pub origin: Origin,
}

/// The sections and the keys of each; top-level keys stand in the section "".
pub(super) type Known = BTreeMap<&'static str, Vec<&'static str>>;

/// The section that is the service's own: any key is good there.
pub(super) const FREE: &str = "app";

/// All settings by key (`server.port`), the later layer over the earlier, and all problems so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub settings: BTreeMap<String, Setting>,
    pub problems: Vec<String>,
}

impl Layers {
    pub(super) fn read(sources: &Sources, known: &Known) -> Self {
        let mut layers = Self::default();
        layers.file(sources, known);
        layers.environment(sources, known);
        for (key, text) in &sources.flags {
            let origin = Origin::Flag(format!("`{key}`"));
            layers.set(key, Raw::Text(text.clone()), origin, known);
        }
        layers
    }

    fn set(&mut self, key: &str, raw: Raw, origin: Origin, known: &Known) {
        match check(key, known) {
            Ok(()) => {
                self.settings
                    .insert(key.to_owned(), Setting { raw, origin });
            }
            Err(problem) => self.problems.push(format!("{origin}: {problem}")),
        }
    }

    fn file(&mut self, sources: &Sources, known: &Known) {
        let path = sources.file.clone().unwrap_or_else(|| DEFAULT_FILE.into());
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && sources.file.is_none() =>
            {
                return;
            }
            Err(error) => return self.problems.push(format!("{}: {error}", path.display())),
        };
        match DeTable::parse(&text) {
            Ok(table) => self.table(
                table.get_ref(),
                "",
                &File {
                    path: &path,
                    text: &text,
                },
                known,
            ),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(&text, span.start));
                self.problems
                    .push(format!("{}:{line}: {}", path.display(), error.message()));
            }
        }
    }

    fn table(&mut self, table: &DeTable<'_>, prefix: &str, file: &File<'_>, known: &Known) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let line = line_of(file.text, name.span().start);
            let origin = Origin::File {
                path: file.path.to_owned(),
                line,
            };
            match value.get_ref() {
                // A section, or anything deeper in the service's own.
                DeValue::Table(inner) if is_section(&key, known) => {
                    self.table(inner, &format!("{key}."), file, known);
                }
                other => match typed(other) {
                    Some(value) => self.set(&key, Raw::Typed(value), origin, known),
                    None => self
                        .problems
                        .push(format!("{origin}: `{key}` is a number out of range")),
                },
            }
        }
    }

    fn environment(&mut self, sources: &Sources, known: &Known) {
        let prefix = prefix(&sources.name);
        let mut variables = sources.environment.clone();
        variables.sort();
        for (name, text) in &variables {
            let Some(rest) = name.strip_prefix(&prefix) else {
                continue;
            };
            let key = rest.to_lowercase().replace("__", ".");
            let origin = Origin::Environment(name.clone());
            let file_key = key
                .strip_suffix("_file")
                .filter(|short| check(&key, known).is_err() && check(short, known).is_ok());
            let Some(short) = file_key else {
                self.set(&key, Raw::Text(text.clone()), origin, known);
                continue;
            };
            let direct = name.strip_suffix("_FILE").unwrap_or(name);
            if variables.iter().any(|(other, _)| other == direct) {
                self.problems.push(format!(
                    "{origin}: {direct} is set as well; set one of the two"
                ));
            }
            match std::fs::read_to_string(text) {
                Ok(secret) => {
                    let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
                    self.set(short, Raw::Text(secret), origin, known);
                }
                Err(error) => self.problems.push(format!("{origin}: {text}: {error}")),
            }
        }
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(at)
        .filter(|it| **it == b'\n')
        .count()
        + 1
}

/// The environment's prefix of a service: `web-shop` has `WEB_SHOP__`.
pub(crate) fn prefix(name: &str) -> String {
    let upper = name.to_uppercase();
    upper.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_") + "__"
}

fn is_section(key: &str, known: &Known) -> bool {
    key == FREE || key.starts_with("app.") || (!key.is_empty() && known.contains_key(key))
}

/// Whether there is such a key; if not, what is wrong with it.
fn check(key: &str, known: &Known) -> Result<(), String> {
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    if section == FREE && !name.is_empty() {
        return Ok(());
    }
    let Some(names) = known.get(section) else {
        let sections = known
            .keys()
            .copied()
            .chain([FREE])
            .filter(|it| !it.is_empty());
        return Err(unknown("section", section, nearest(section, sections)));
    };
    if names.contains(&name) {
        return Ok(());
    }
    if section.is_empty() && is_section(name, known) {
        return Err(format!("`{name}` is a section, not a value"));
    }
    let near = nearest(name, names.iter().copied());
    let sections = || known.keys().copied().filter(|it| !it.is_empty());
    let near = near.or_else(|| {
        if section.is_empty() {
            nearest(name, sections())
        } else {
            None
        }
    });
    let near = near.map(|near| {
        if section.is_empty() {
            near.to_owned()
        } else {
            format!("{section}.{near}")
        }
    });
    Err(unknown("key", key, near.as_deref()))
}

fn unknown(what: &str, name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

fn typed(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().ok()?),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(moment) => Value::Datetime(*moment),
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| typed(item.get_ref()))
                .collect::<Option<_>>()?,
        ),
        DeValue::Table(table) => {
            let members = table
                .iter()
                .map(|(name, member)| Some((name.get_ref().to_string(), typed(member.get_ref())?)));
            Value::Table(members.collect::<Option<_>>()?)
        }
    })
}
