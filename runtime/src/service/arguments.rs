//! The command line of a generated service.

use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use super::StartError;
use crate::config::Sources;
use crate::input::nearest;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Serve,
    Migrate(Migrate),
    PrintConfig,
    Help,
    Version,
}

/// What is to be done with the migrations, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Migrate {
    pub(super) task: Task,
    pub(super) format: Format,
    pub(super) dry_run: bool,
    pub(super) yes: bool,
    pub(super) accept_drift: bool,
    pub(super) sql: bool,
    /// The last migration that counts as applied, where a database is taken over.
    pub(super) to: Option<String>,
    /// The file with the steps that bring its tables into form.
    pub(super) script: Option<PathBuf>,
}

/// What is to be done with the migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Status,
    Plan,
    Up,
    /// Takes so many back.
    Down(usize),
    /// Takes over a database whose tables are there.
    Adopt,
}

/// How an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

impl Default for Migrate {
    fn default() -> Self {
        Self {
            task: Task::Up,
            format: Format::Text,
            dry_run: false,
            yes: false,
            accept_drift: false,
            sql: false,
            to: None,
            script: None,
        }
    }
}

/// Reads the arguments after the program's name.
pub(super) fn parse(
    name: &str,
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<(Command, Sources), StartError> {
    let mut sources = Sources {
        name: name.to_owned(),
        ..Sources::default()
    };
    let mut words: Vec<String> = Vec::new();
    let mut special = None;
    let mut migrate = Migrate::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("help") | Short('h') => special = Some(Command::Help),
            Long("version") | Short('V') => special = Some(Command::Version),
            Long("print-config") => special = special.or(Some(Command::PrintConfig)),
            Long("config") => sources.file = Some(parser.value().map_err(usage)?.into()),
            Long("set") => sources.flags.push(pair(&text(&mut parser)?)?),
            Long("host") => sources
                .flags
                .push(("server.host".into(), text(&mut parser)?)),
            Long("port") => sources
                .flags
                .push(("server.port".into(), text(&mut parser)?)),
            Long("database-url") => sources.flags.push(("db.url".into(), text(&mut parser)?)),
            Long("dry-run") => migrate.dry_run = true,
            Long("yes") | Short('y') => migrate.yes = true,
            Long("accept-drift") => migrate.accept_drift = true,
            Long("sql") => migrate.sql = true,
            Long("to") => migrate.to = Some(text(&mut parser)?),
            Long("script") => migrate.script = Some(parser.value().map_err(usage)?.into()),
            Long("format") => migrate.format = format(&text(&mut parser)?)?,
            Value(word) => words.push(word.string().map_err(usage)?),
            Long(flag) => return Err(unknown_flag(flag)),
            Short(letter) => return Err(unknown_flag(&letter.to_string())),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = match words.as_slice() {
        [] | ["serve"] => Command::Serve,
        ["migrate", rest @ ..] => {
            migrate.task = task(rest)?;
            if migrate.task != Task::Adopt && (migrate.to.is_some() || migrate.script.is_some()) {
                return Err(StartError::Usage(
                    "`--to` and `--script` belong to `migrate adopt`".to_owned(),
                ));
            }
            Command::Migrate(migrate.clone())
        }
        ["help"] => Command::Help,
        ["version"] => Command::Version,
        other => return Err(unknown_command(other)),
    };
    if migrate != Migrate::default() && !matches!(command, Command::Migrate(_)) {
        return Err(StartError::Usage(
            "`--format`, `--dry-run`, `--yes`, `--sql`, `--accept-drift`, `--to` and `--script` belong to `migrate`"
                .to_owned(),
        ));
    }
    Ok((special.unwrap_or(command), sources))
}

fn task(words: &[&str]) -> Result<Task, StartError> {
    match words {
        [] | ["up"] => Ok(Task::Up),
        ["status"] => Ok(Task::Status),
        ["plan"] => Ok(Task::Plan),
        ["adopt"] => Ok(Task::Adopt),
        ["down"] => Ok(Task::Down(1)),
        ["down", count] => match count.parse() {
            Ok(count) if count > 0 => Ok(Task::Down(count)),
            _ => Err(StartError::Usage(format!(
                "`migrate down` takes how many migrations to take back, not `{count}`"
            ))),
        },
        other => {
            let near = nearest(other[0], ["up", "down", "status", "plan", "adopt"]);
            let near = near.filter(|near| other[0] != *near);
            let near = near.map(|near| format!("; did you mean `migrate {near}`?"));
            Err(StartError::Usage(format!(
                "there is no command `migrate {}`{}",
                other.join(" "),
                near.unwrap_or_default()
            )))
        }
    }
}

fn format(word: &str) -> Result<Format, StartError> {
    match word {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        other => Err(StartError::Usage(format!(
            "--format takes text or json, not `{other}`"
        ))),
    }
}

fn text(parser: &mut lexopt::Parser) -> Result<String, StartError> {
    parser
        .value()
        .and_then(lexopt::ValueExt::string)
        .map_err(usage)
}

fn pair(text: &str) -> Result<(String, String), StartError> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| StartError::Usage(format!("--set takes KEY=VALUE, not `{text}`")))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn usage(error: lexopt::Error) -> StartError {
    StartError::Usage(error.to_string())
}

fn unknown_flag(flag: &str) -> StartError {
    let known = [
        "help",
        "version",
        "print-config",
        "config",
        "set",
        "host",
        "port",
        "database-url",
        "format",
        "dry-run",
        "yes",
        "sql",
        "accept-drift",
        "to",
        "script",
    ];
    let near = nearest(flag, known).map(|near| format!("; did you mean `--{near}`?"));
    let dashes = if flag.chars().count() == 1 { "-" } else { "--" };
    StartError::Usage(format!(
        "there is no option `{dashes}{flag}`{}",
        near.unwrap_or_default()
    ))
}

fn unknown_command(words: &[&str]) -> StartError {
    let known = ["serve", "migrate", "help", "version"];
    let near = words.first().and_then(|word| nearest(word, known));
    let near = near.filter(|near| words.first() != Some(near));
    let near = near.map(|near| format!("; did you mean `{near}`?"));
    let words = words.join(" ");
    StartError::Usage(format!(
        "there is no command `{words}`{}",
        near.unwrap_or_default()
    ))
}

/// What `help` prints.
pub(super) fn help(name: &str) -> String {
    let prefix = crate::config::environment_prefix(name);
    format!(
        "Usage: {name} [COMMAND] [OPTIONS]

Commands:
  serve            Run pending migrations and serve requests (the default)
  migrate [up]     Run pending migrations
  migrate status   List the migrations, what became of each, and how the database
                   differs from what the last one left
  migrate plan     List the steps that `migrate up` would run
  migrate down [N] Take the last migration back, or the last N
  migrate adopt    Take over a database that has the tables already: compare them with
                   what the migrations would have made, and record those as applied
  help             This text
  version          The version

Options:
      --config FILE         Read this TOML file instead of config/service.toml
      --set KEY=VALUE       Set any key, such as server.request_timeout=10s
      --host ADDRESS        Listen on this address (server.host)
      --port PORT           Listen on this port (server.port)
      --database-url URL    sqlite://PATH or postgres://… (db.url)
      --print-config        Print the configuration without its secrets, and stop
      --format FORMAT       migrate: text or json, on standard output
      --dry-run             migrate: SQLite does everything and takes it back;
                            PostgreSQL runs the checks that come before anything else;
                            for `adopt` both do everything and take it back
      --sql                 migrate plan: with the statements of each step
      --accept-drift        migrate: go on although the database lacks something that
                            the last migration left, and take it as it is from now on
      --to ID               migrate adopt: the last migration that the database has
                            already; `migrate up` runs the others
      --script FILE         migrate adopt: first run the steps that `svcgen migrate adopt`
                            has written, which bring the tables into form
  -y, --yes                 migrate down: do it
  -h, --help                This text
  -V, --version             The version

Environment:
  {prefix}SERVER__PORT=8080      Any key: sections and keys joined by two underscores
  {prefix}DB__URL_FILE=/run/…    Any key with _FILE: the value stands in that file
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<(Command, Sources), String> {
        parse("shop", arguments.iter().map(Into::into)).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_and_flags() {
        assert_eq!(parsed(&[]).unwrap().0, Command::Serve);
        let migrate = |task| {
            Command::Migrate(Migrate {
                task,
                ..Migrate::default()
            })
        };
        assert_eq!(parsed(&["migrate"]).unwrap().0, migrate(Task::Up));
        assert_eq!(
            parsed(&["migrate", "status"]).unwrap().0,
            migrate(Task::Status)
        );
        assert_eq!(
            parsed(&["migrate", "down", "3", "--yes", "--format", "json"])
                .unwrap()
                .0,
            Command::Migrate(Migrate {
                task: Task::Down(3),
                format: Format::Json,
                yes: true,
                ..Migrate::default()
            })
        );
        assert_eq!(parsed(&["serve", "--help"]).unwrap().0, Command::Help);
        let (command, sources) =
            parsed(&["--port=1", "--set", "db.url=a=b", "--config", "x.toml"]).unwrap();
        assert_eq!(command, Command::Serve);
        let flags = [("server.port", "1"), ("db.url", "a=b")];
        assert_eq!(
            sources.flags,
            flags.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
        assert_eq!(sources.file, Some("x.toml".into()));
    }

    #[test]
    fn mistakes_are_explained() {
        assert!(
            parsed(&["serv"])
                .unwrap_err()
                .contains("did you mean `serve`")
        );
        assert!(
            parsed(&["--prot", "1"])
                .unwrap_err()
                .contains("did you mean `--port`")
        );
        assert!(parsed(&["--set", "x"]).unwrap_err().contains("KEY=VALUE"));
        assert!(parsed(&["--port"]).unwrap_err().contains("--port"));
        assert!(
            parsed(&["migrate", "donw"])
                .unwrap_err()
                .contains("did you mean `migrate down`")
        );
        assert!(
            parsed(&["migrate", "down", "none"])
                .unwrap_err()
                .contains("not `none`")
        );
        assert!(
            parsed(&["serve", "--dry-run"])
                .unwrap_err()
                .contains("belong to `migrate`")
        );
    }
}
