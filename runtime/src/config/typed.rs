//! From settings to typed sections, with every problem told.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::layers::{FREE, Known, Layers, Raw, Setting};
use super::{
    CallerConfig, Config, ConfigError, CorsConfig, DocsConfig, IdempotencyConfig, LogConfig,
    MigrationConfig, ServerConfig, Sources, fields, print,
};
use crate::db::DbConfig;

/// Reads the configuration; also the text that `--print-config` shows, without secrets.
pub fn load(sources: &Sources) -> Result<(Config, String), ConfigError> {
    let known = known();
    let mut layers = Layers::read(sources, &known);
    let config = Config {
        server: layers.section("server"),
        db: layers.section("db"),
        migration: layers.section("db"),
        log: layers.section("log"),
        caller: layers.section("caller"),
        cors: layers.section("cors"),
        idempotency: layers.section("idempotency"),
        docs: layers.section("docs"),
        secret_key: layers.value("secret_key"),
        previous_secret_keys: layers.value("previous_secret_keys").unwrap_or_default(),
        app: layers.free(),
    };
    let config = config.with_name(&sources.name, &layers);
    validate(&config, &mut layers);
    if layers.problems.is_empty() {
        let printed = print::print(&config, &layers, &known);
        Ok((config, printed))
    } else {
        Err(ConfigError::from(layers.problems))
    }
}

impl Config {
    /// The defaults that depend on the service's name.
    fn with_name(mut self, name: &str, layers: &Layers) -> Self {
        if !layers.settings.contains_key("db.url") {
            self.db.url = format!("sqlite://data/{name}.db");
        }
        if !layers.settings.contains_key("db.application_name") {
            name.clone_into(&mut self.db.application_name);
        }
        self
    }
}

fn known() -> Known {
    let mut db = fields::of::<DbConfig>().to_vec();
    db.extend(fields::of::<MigrationConfig>());
    Known::from([
        ("", vec!["secret_key", "previous_secret_keys"]),
        ("server", fields::of::<ServerConfig>().to_vec()),
        ("db", db),
        ("log", fields::of::<LogConfig>().to_vec()),
        ("caller", fields::of::<CallerConfig>().to_vec()),
        ("cors", fields::of::<CorsConfig>().to_vec()),
        ("idempotency", fields::of::<IdempotencyConfig>().to_vec()),
        ("docs", fields::of::<DocsConfig>().to_vec()),
    ])
}

/// What a type alone cannot say.
fn validate(config: &Config, layers: &mut Layers) {
    let mut positive = |key: &str, is_good: bool| {
        if !is_good {
            let place = layers
                .settings
                .get(key)
                .map_or(String::new(), |it| format!("{}: ", it.origin));
            layers
                .problems
                .push(format!("{place}`{key}` must be more than zero"));
        }
    };
    positive("server.max_connections", config.server.max_connections > 0);
    positive(
        "server.request_timeout",
        !config.server.request_timeout.is_zero(),
    );
    positive(
        "server.header_timeout",
        !config.server.header_timeout.is_zero(),
    );
    positive("idempotency.ttl", !config.idempotency.ttl.is_zero());
    if config.server.header_limit < 8192 {
        layers
            .problems
            .push("`server.header_limit` must be at least 8192".into());
    }
    if config.secret_key.is_none() && !config.previous_secret_keys.is_empty() {
        layers
            .problems
            .push("`previous_secret_keys` come before a `secret_key`, and none is set".into());
    }
    if let Some(header) = &config.caller.header
        && header.parse::<::http::HeaderName>().is_err()
    {
        layers
            .problems
            .push("`caller.header` is not the name of a header".into());
    }
    layers.problems.extend(cors(&config.cors));
    if let Err(error) = crate::log::filter(&config.log.level) {
        layers.problems.push(format!("`log.level`: {error}"));
    }
}

/// What is wrong with the rules for pages of other origins.
fn cors(config: &CorsConfig) -> Vec<String> {
    let mut problems = Vec::new();
    for origin in &config.origins {
        if !crate::server::is_origin(origin) {
            problems.push(format!(
                "`cors.origins`: `{origin}` is no origin; write `https://app.example`, without a path and in lower case, or `*`"
            ));
        }
    }
    let any = config.origins.iter().any(|it| it == "*");
    if any && config.origins.len() > 1 {
        problems.push(
            "`cors.origins`: `*` stands for all, and leaves nothing for the others to say".into(),
        );
    }
    if any && config.credentials {
        problems.push(
            "`cors.credentials` needs the origins by name: browsers send none where `*` is allowed"
                .into(),
        );
    }
    for (key, names) in [("headers", &config.headers), ("exposed", &config.exposed)] {
        for name in names {
            if name.parse::<::http::HeaderName>().is_err() {
                problems.push(format!(
                    "`cors.{key}`: `{name}` is not the name of a header"
                ));
            }
        }
    }
    problems
}

impl Layers {
    /// A section: each key is tried alone, so that each one's problem is told;
    /// those that are good are then read together.
    fn section<T: DeserializeOwned + Default>(&mut self, section: &str) -> T {
        let mut good = Table::new();
        for name in fields::of::<T>() {
            let key = format!("{section}.{name}");
            let Some(setting) = self.settings.get(&key) else {
                continue;
            };
            let fits = |value: &Value| {
                let alone = Table::from_iter([((*name).to_owned(), value.clone())]);
                T::deserialize(Value::Table(alone)).map(drop)
            };
            match first_that_fits(setting, fits) {
                Ok(value) => {
                    good.insert((*name).to_owned(), value);
                }
                Err(problem) => self
                    .problems
                    .push(format!("{}: `{key}`: {problem}", setting.origin)),
            }
        }
        match T::deserialize(Value::Table(good)) {
            Ok(section) => section,
            Err(error) => {
                self.problems
                    .push(format!("section `{section}`: {}", error.message()));
                T::default()
            }
        }
    }

    /// A value that stands in no section.
    fn value<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let setting = self.settings.get(key)?;
        match first_that_fits(setting, |value| T::deserialize(value.clone()).map(drop)) {
            Ok(value) => T::deserialize(value).ok(),
            Err(problem) => {
                self.problems
                    .push(format!("{}: `{key}`: {problem}", setting.origin));
                None
            }
        }
    }

    /// The service's own section, whose types are not known here.
    fn free(&mut self) -> Table {
        let mut table = Table::new();
        let prefix = format!("{FREE}.");
        for (key, setting) in &self.settings {
            let Some(path) = key.strip_prefix(&prefix) else {
                continue;
            };
            let value = candidates(&setting.raw).swap_remove(0);
            if insert(&mut table, path, value).is_none() {
                let problem = format!(
                    "{}: `{key}` is a value and a section at once",
                    setting.origin
                );
                self.problems.push(problem);
            }
        }
        table
    }
}

fn insert(table: &mut Table, path: &str, value: Value) -> Option<()> {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
            Some(())
        }
        Some((first, rest)) => {
            let inner = table
                .entry(first)
                .or_insert_with(|| Value::Table(Table::new()));
            insert(inner.as_table_mut()?, rest, value)
        }
    }
}

fn first_that_fits(
    setting: &Setting,
    fits: impl Fn(&Value) -> Result<(), toml::de::Error>,
) -> Result<Value, String> {
    let mut problem = String::new();
    for value in candidates(&setting.raw) {
        match fits(&value) {
            Ok(()) => return Ok(value),
            // The first candidate is the likeliest meaning; what is wrong with it is told.
            Err(error) if problem.is_empty() => error.message().clone_into(&mut problem),
            Err(_) => {}
        }
    }
    Err(problem)
}

/// What a value can mean, the likeliest first: the text `8080` may be a number or a password.
fn candidates(raw: &Raw) -> Vec<Value> {
    let text = match raw {
        Raw::Typed(value) => return vec![value.clone()],
        Raw::Text(text) => text,
    };
    let mut candidates = Vec::new();
    candidates.extend(text.parse().ok().map(Value::Integer));
    candidates.extend(text.parse().ok().map(Value::Boolean));
    candidates.extend(
        text.parse()
            .ok()
            .filter(|it: &f64| it.is_finite())
            .map(Value::Float),
    );
    candidates.push(Value::String(text.clone()));
    let items = text
        .split(',')
        .map(|item| Value::String(item.trim().to_owned()));
    candidates.push(Value::Array(items.collect()));
    candidates
}
