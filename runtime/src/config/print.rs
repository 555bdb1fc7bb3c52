//! `--print-config`: the outcome, each value with its origin, no secret among them.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::Config;
use super::layers::{FREE, Known, Layers, Raw};

/// The configuration as TOML, with origins as comments.
pub(super) fn print(config: &Config, layers: &Layers, known: &Known) -> String {
    let mut out = String::new();
    let sections = [
        ("", Table::new()),
        ("server", table(&config.server)),
        (
            "db",
            table(&config.db)
                .into_iter()
                .chain(table(&config.migration))
                .collect(),
        ),
        ("log", table(&config.log)),
        ("caller", table(&config.caller)),
        ("cors", table(&config.cors)),
        ("idempotency", table(&config.idempotency)),
        ("docs", table(&config.docs)),
    ];
    for (section, effective) in &sections {
        if !section.is_empty() {
            let _ = write!(out, "\n[{section}]\n");
        }
        for name in &known[section] {
            let key = if section.is_empty() {
                (*name).to_owned()
            } else {
                format!("{section}.{name}")
            };
            line(&mut out, name, &key, effective.get(*name), layers);
        }
    }
    let free: Vec<_> = layers
        .settings
        .keys()
        .filter(|key| key.starts_with("app."))
        .collect();
    if !free.is_empty() {
        let _ = write!(out, "\n[{FREE}]\n");
        for key in free {
            line(&mut out, &key[FREE.len() + 1..], key, None, layers);
        }
    }
    out
}

fn table(section: &impl serde::Serialize) -> Table {
    Table::try_from(section).unwrap_or_default()
}

fn line(out: &mut String, name: &str, key: &str, effective: Option<&Value>, layers: &Layers) {
    let setting = layers.settings.get(key);
    let given = setting.map(|it| match &it.raw {
        Raw::Typed(value) => value.clone(),
        Raw::Text(text) => Value::String(text.clone()),
    });
    // Writing to a String cannot fail.
    let _ = match (effective.or(given.as_ref()), setting) {
        (Some(value), Some(setting)) => {
            writeln!(out, "{name} = {}  # {}", shown(key, value), setting.origin)
        }
        (Some(value), None) => writeln!(out, "{name} = {}", shown(key, value)),
        (None, _) => writeln!(out, "# {name} has its default"),
    };
}

/// The value, or what is left of it when it holds a secret.
fn shown(key: &str, value: &Value) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let secret = ["secret", "password", "passwd", "token", "key", "credential"];
    if secret.iter().any(|word| name.contains(word)) {
        return "\"…\"".into();
    }
    match value {
        Value::String(text) => Value::String(without_password(text)).to_string(),
        other => other.to_string(),
    }
}

/// A URL without its password, wherever it holds one.
pub(crate) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // The last `@`, over the whole text: a password that holds `/` or `@` unescaped must not show either.
    let at = rest
        .rfind('@')
        .filter(|at| *at < end || rest[..*at].contains(':'));
    let (user, after) = match at {
        Some(at) => (
            rest[..at]
                .split(':')
                .next()
                .map(|user| format!("{user}:…@")),
            &rest[at + 1..],
        ),
        None => (None, rest),
    };
    let after = match after.split_once('?') {
        Some((path, query)) => {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some((name, _)) if name.to_lowercase().contains("pass") => format!("{name}=…"),
                _ => pair.to_owned(),
            });
            format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
        }
        None => after.to_owned(),
    };
    format!("{scheme}://{}{after}", user.unwrap_or_default())
}
