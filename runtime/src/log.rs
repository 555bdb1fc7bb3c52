//! The log: one subscriber for the process, pretty or JSON, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// The directives of `log.level`, or what is wrong with them.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    let known = ["off", "error", "warn", "info", "debug", "trace"];
    // A bare word that is no level would be taken for the name of a target, and silence everything.
    if level.bytes().all(|it| it.is_ascii_alphanumeric())
        && !known.contains(&level.to_ascii_lowercase().as_str())
    {
        return Err(format!("`{level}` is none of {}", known.join(", ")));
    }
    EnvFilter::builder()
        .parse(level)
        .map_err(|error| error.to_string())
}

/// Starts the log. A second call in one process changes nothing: tests start many services.
pub(crate) fn start(config: &LogConfig) {
    let Ok(filter) = filter(&config.level) else {
        return;
    };
    let terminal = std::io::stderr().is_terminal();
    let pretty = match config.format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if pretty {
        subscriber.with_ansi(terminal).with_target(false).try_init()
    } else {
        subscriber.json().flatten_event(true).try_init()
    };
    drop(started);
}

/// Sends panics to the log, with their place, instead of to standard error in another form.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let message = crate::server::panic_message(panic.payload());
        tracing::error!(%place, message, "a panic");
    }));
}
