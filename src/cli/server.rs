//! A PostgreSQL server of svcgen's own, in a directory of its own, for as long as it is asked for.
//!
//! It speaks through a socket in its directory alone, so that nothing else on the machine meets
//! it. A shell starts it, waits for svcgen to end, however that ends, and clears up after it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use postgres::{Client, Config, NoTls};

/// What the shell does: finds the newest programs, starts a server with them, and says where.
const SCRIPT: &str = r#"
trap '' INT HUP
cd /
found=$(command -v initdb) && bin=$(dirname "$found") || bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/latest/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "none"; exit; }
at=$(mktemp -d /tmp/svcgen-proof-XXXXXX) || exit
clear() { "$bin/pg_ctl" -D "$at/data" -m immediate stop >/dev/null 2>&1; rm -rf "$at"; }
fail() { echo "failed $(tail -n 1 "$at/log")"; clear; exit; }
"$bin/initdb" -D "$at/data" -U svcgen -A trust -E UTF8 --locale=C -N >"$at/log" 2>&1 || fail
"$bin/pg_ctl" -D "$at/data" -w -t 30 -l "$at/server" -o "-k $at -c listen_addresses= -c fsync=off" start >"$at/log" 2>&1 </dev/null || fail
echo "ready $at"
cat >/dev/null
clear
"#;

/// A running server; it ends when this is dropped, or with svcgen.
#[derive(Debug)]
pub struct Server {
    shell: Child,
    directory: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoServer {
    /// Its programs are not installed.
    #[error("PostgreSQL's server is not installed here")]
    NotInstalled,
    /// It did not start.
    #[error("PostgreSQL's server does not start here: {0}")]
    Failed(String),
}

impl Server {
    /// Starts one.
    pub fn start() -> Result<Self, NoServer> {
        let mut shell = command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| NoServer::NotInstalled)?;
        let mut said = String::new();
        if let Some(stdout) = shell.stdout.as_mut() {
            let read = BufReader::new(stdout.take(4_096)).read_line(&mut said);
            read.map_err(|error| NoServer::Failed(error.to_string()))?;
        }
        match said.trim().split_once(' ') {
            Some(("ready", directory)) => Ok(Self {
                directory: directory.to_owned(),
                shell,
            }),
            Some((_, why)) => {
                let _ = shell.wait();
                Err(NoServer::Failed(why.to_owned()))
            }
            None => {
                let _ = shell.wait();
                Err(NoServer::NotInstalled)
            }
        }
    }

    /// A connection to it.
    pub fn connect(&self) -> Result<Client, postgres::Error> {
        Config::new()
            .host(&self.directory)
            .user("svcgen")
            .dbname("postgres")
            .connect(NoTls)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is what the shell waits for.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// PostgreSQL refuses to run as root; its packages bring a user for it.
fn command() -> Command {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|it| it.stdout.trim_ascii() == b"0");
    if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", SCRIPT]);
        return command;
    }
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]);
    command
}
