//! What each command does.

use std::error::Error as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;

use super::arguments::{self, Command};
use super::{Resources, Service, StartError};
use crate::config::{self, Config};
use crate::db::{Db, migrate};
use crate::log;
use crate::page::PageTokens;
use crate::server::{self, Server};

/// The whole `main` of a service.
///
/// Exit status 0 after a stop that was asked for, 1 when it cannot start, 2 for
/// a command line or a configuration that is not valid, 130 after a second
/// signal.
pub fn run<S: Service>() -> ExitCode {
    match command::<S>() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}: {}", S::NAME, chain(&error));
            let usage = matches!(error, StartError::Usage(_) | StartError::Config(_));
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}

fn command<S: Service>() -> Result<ExitCode, StartError> {
    let (command, mut sources) = arguments::parse(S::NAME, std::env::args_os().skip(1))?;
    // A variable that is not UTF-8 cannot be one of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    sources.environment = variables.collect();
    match command {
        Command::Help => print!("{}", arguments::help(S::NAME)),
        Command::Version => println!("{} {}", S::NAME, S::VERSION),
        Command::PrintConfig => print!("{}", config::load(&sources)?.1),
        Command::Serve => return with_runtime(&sources, serve::<S>),
        Command::Migrate(command) => {
            return with_runtime(&sources, |config| super::migrate::run::<S>(config, command));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn with_runtime<F, R>(sources: &config::Sources, then: F) -> Result<ExitCode, StartError>
where
    F: FnOnce(Config) -> R,
    R: Future<Output = Result<ExitCode, StartError>>,
{
    let (config, _) = config::load(sources)?;
    log::start(&config.log);
    log::log_panics();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(then(config))
}

/// An error and everything behind it, in one line for each.
fn chain(error: &StartError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}\n  because: {next}");
        }
        source = error.source();
    }
    text
}

async fn serve<S: Service>(config: Config) -> Result<ExitCode, StartError> {
    let address = SocketAddr::new(config.server.host, config.server.port);
    let listening = TcpListener::bind(address).await;
    let listener = listening.map_err(|source| StartError::Listen {
        address: address.to_string(),
        source,
    })?;
    let address = listener.local_addr()?;
    // The signals are caught before the start is long, so that none is lost.
    let signals = server::Signals::catch()?;
    let server = Server::start::<S>(listener, &config);
    tracing::info!(address = %format_args!("http://{address}"), "listening");
    tokio::select! {
        assembled = assemble::<S>(&config) => {
            let (service, db) = assembled?;
            server.ready(service.router(), db);
        }
        () = signals.stop() => return Ok(ExitCode::SUCCESS),
    }
    let docs = config.docs.enabled && S::OPENAPI.is_some() && cfg!(feature = "docs-ui");
    let docs = if docs {
        format!("http://{address}/docs")
    } else {
        "none".into()
    };
    tracing::info!(version = S::VERSION, api = %format_args!("http://{address}"), docs, "{} is ready", S::NAME);
    let finished = server.run_until(signals).await;
    Ok(if finished {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(130)
    })
}

/// Everything between the configuration and a service that can be served.
pub(crate) async fn assemble<S: Service>(config: &Config) -> Result<(S, Db), StartError> {
    let db = Db::connect(&config.db).await?;
    if config.migration.migrate_on_start {
        let options = super::migrate::options(config);
        migrate::up(&db, S::MIGRATIONS, options, migrate::log()).await?;
    }
    #[cfg(feature = "sqlite")]
    db.guard_replaced().await;
    let previous: Vec<[u8; 32]> = config
        .previous_secret_keys
        .iter()
        .map(|key| *key.bytes())
        .collect();
    let pages = PageTokens::rotated(&key(config, &db).await?, &previous);
    let resources = Resources {
        db: db.clone(),
        pages,
        config: config.clone(),
    };
    let service = S::start(resources).await?;
    Ok((service, db))
}

/// The key of page tokens: the configured one, else one that the instances share through the database.
async fn key(config: &Config, db: &Db) -> Result<[u8; 32], StartError> {
    match &config.secret_key {
        Some(key) => Ok(*key.bytes()),
        None => Ok(db.secret("page_token").await?),
    }
}
