//! A PostgreSQL server of svcgen's own, in a directory of its own, for as long as it is asked for.
//!
//! It speaks through a socket in its directory alone, so that nothing else on the machine meets
//! it. A shell starts it, waits for svcgen to end, however that ends, and clears up after it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use postgres::{Client, Config, NoTls};

/// What the shell does: finds the newest programs, starts a server with them, and says where.
///
/// Most of the time goes into making a cluster, which `initdb` does anew from texts. So one is
/// kept as it was made, for each user, with one database of its three, and copied; whatever is
/// wrong with it, a new one is made.
/// Nothing that is in it has to outlive a power cut, and a proof is over before there is
/// anything to vacuum; it locks every table it drops, which may be thousands.
const SCRIPT: &str = r#"
trap '' INT HUP
cd /
found=$(command -v initdb) && bin=$(dirname "$found") || bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/latest/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "none"; exit; }
at=$(mktemp -d /tmp/svcgen-proof-XXXXXX) || exit
cache="${XDG_CACHE_HOME:-$HOME/.cache}/svcgen"
kept="$cache/$("$bin/postgres" -V | tr -cd '[:alnum:].')"

clear() { { [ -n "$server" ] && kill -QUIT "$server" && wait "$server"; rm -rf "$at"; } 2>/dev/null; }
fail() { echo "failed $(tail -n 1 "$at/log")"; clear; exit; }
make() {
    rm -rf "$at/data"
    "$bin/initdb" -D "$at/data" -U svcgen -A trust -E UTF8 --locale=C -N --wal-segsize=1 >"$at/log" 2>&1 || fail
}
keep() {
    mkdir -p "$cache" && new=$(mktemp -d "$cache/new-XXXXXX") || return
    cp -R "$at/data" "$new/cluster" &&
        "$bin/postgres" --single -F -D "$new/cluster" template1 <<SQL >"$at/log" 2>&1 &&
update pg_database set datistemplate = false
drop database template0
drop database postgres
SQL
        rm -rf "$cache"/postgres* && mv "$new/cluster" "$kept"
    rm -rf "$new"
}
start() {
    "$bin/postgres" -D "$at/data" -k "$at" -c listen_addresses= -c fsync=off -c full_page_writes=off \
        -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off -c jit=off \
        -c max_connections=10 -c max_locks_per_transaction=8192 >"$at/log" 2>&1 </dev/null &
    server=$!
    tries=3000
    until grep -q '^ready' "$at/data/postmaster.pid"; do
        kill -0 "$server" && [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.01
    done 2>/dev/null
}

if cp -R "$kept" "$at/data" 2>/dev/null && start; then :; else
    make
    keep 2>/dev/null
    start || fail
fi
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
            .dbname("template1")
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
        let script = format!("HOME=~postgres\nunset XDG_CACHE_HOME\n{SCRIPT}");
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", &script]);
        return command;
    }
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]);
    command
}
