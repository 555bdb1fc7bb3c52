//! Runs migrations as a service does, one for each line on the standard input, for svcgen's tests.
//!
//! A line is the database's URL, the folder with the migration's scripts, and `up` or `down`, with
//! tabs between them. Each is answered by a line: `ok`, or what the runner says.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use svcgen_runtime::db::migrate::{self, MigrateError, Migration, Options, Watcher};
use svcgen_runtime::db::{Db, DbConfig};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut parts = line.split('\t');
        let (Some(url), Some(folder), Some(way)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(std::io::Error::other("a line has three parts"));
        };
        let migrations = read(Path::new(folder))?;
        let answer = match run(url, migrations, way).await {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.replace('\n', " / "),
        };
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// The one migration of a folder. A service has its migrations in its binary, for as long as it runs.
fn read(folder: &Path) -> std::io::Result<&'static [Migration]> {
    let text = |name: &str| match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(&*text.leak()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(""),
        Err(error) => Err(error),
    };
    let migration = Migration::new("0001_tried", text("sqlite.sql")?, text("postgres.sql")?);
    let migration = migration.back(text("sqlite.down.sql")?, text("postgres.down.sql")?);
    Ok(vec![migration].leak())
}

async fn run(url: &str, migrations: &'static [Migration], way: &str) -> Result<(), String> {
    let db = Db::connect(&DbConfig::new(url.to_owned()))
        .await
        .map_err(|error| error.to_string())?;
    let watcher: Watcher = migrate::log();
    let outcome: Result<_, MigrateError> = match way {
        "up" => migrate::up(&db, migrations, Options::default(), watcher).await,
        _ => migrate::down(&db, migrations, 1, Options::default(), watcher).await,
    };
    outcome.map(drop).map_err(|error| error.to_string())
}
