//! The proof of a new migration on PostgreSQL, before it is written: on the server that the user
//! names, or else on one that is started for it, where its programs are installed.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use postgres::Client;

use super::server::{NoServer, Server};
use super::{Failure, shell::Shell};
use crate::{generate::Planned, import::connect, migrate::verify};

/// Names a server to prove migrations on.
const URL: &str = "SVCGEN_POSTGRES_URL";
/// Set to anything, migrations are proved on SQLite alone.
const NEVER: &str = "SVCGEN_NO_POSTGRES_PROOF";

/// Where migrations are proved on PostgreSQL.
#[derive(Debug)]
pub struct Proving {
    place: Place,
    server: OnceCell<Result<Server, NoServer>>,
    /// Migrations that were proved already, by their link in the chain.
    proved: RefCell<BTreeSet<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Nowhere,
    At(String),
    Here,
}

impl Proving {
    /// As the command line says, or else the environment.
    pub fn wished(url: Option<&str>, never: bool) -> Self {
        let said = |name| {
            std::env::var(name)
                .ok()
                .filter(|it: &String| !it.is_empty())
        };
        let place = match url.map(str::to_owned) {
            _ if never => Place::Nowhere,
            Some(url) => Place::At(url),
            None if said(NEVER).is_some() => Place::Nowhere,
            None => said(URL).map_or(Place::Here, Place::At),
        };
        Self {
            place,
            server: OnceCell::new(),
            proved: RefCell::default(),
        }
    }

    /// As the environment says.
    pub fn usual() -> Self {
        Self::wished(None, false)
    }

    /// Proves a migration, and says what was proved on which version.
    pub fn prove(&self, planned: &Planned, shell: &Shell) -> Result<(), Failure> {
        let migration = &planned.migration;
        let has = |name| migration.plans.iter().any(|it| it.dialect == name);
        if !self
            .proved
            .borrow_mut()
            .insert(migration.link.digest.clone())
        {
            return Ok(());
        }
        let mut proved = Vec::new();
        if has("sqlite") {
            proved.push(format!("SQLite {}", rusqlite::version()));
        }
        let mut missing = None;
        if has("postgres") {
            match self.client()? {
                Ok(mut client) => {
                    let outcome = verify::postgres::migration(
                        &mut client,
                        &planned.old,
                        &planned.diff,
                        migration,
                    );
                    proved.push(format!(
                        "PostgreSQL {}",
                        outcome.map_err(|it| unproved(&it))?
                    ));
                }
                Err(why) => missing = why,
            }
        }
        let missing = missing.map_or_else(String::new, |why| format!("; not on PostgreSQL: {why}"));
        if proved.is_empty() {
            let what = format!("{} on no server{missing}", migration.id);
            shell.status("Unproved", &what);
        } else {
            let on = proved.join(" and ");
            let what = format!("{} there and back, on {on}{missing}", migration.id);
            shell.status("Proved", &what);
        }
        Ok(())
    }

    /// A connection, or why there is none, if that is worth a word.
    fn client(&self) -> Result<Result<Client, Option<String>>, Failure> {
        match &self.place {
            Place::Nowhere => Ok(Err(None)),
            Place::At(url) => match connect(url, "svcgen") {
                Ok(client) => Ok(Ok(client)),
                Err(error) => Err(Failure::InTheWay {
                    message: format!(
                        "the migration was not written, because the server that was named for its proof does not answer: {error}"
                    ),
                    hint: error
                        .help()
                        .unwrap_or("name another with `--postgres-url`, or leave that proof out with `--no-postgres-proof`")
                        .to_owned(),
                }),
            },
            Place::Here => match self.server.get_or_init(Server::start) {
                Ok(server) => Ok(server.connect().map_err(|error| Some(error.to_string()))),
                Err(NoServer::NotInstalled) => Ok(Err(Some(format!(
                    "{}; {URL} names one",
                    NoServer::NotInstalled
                )))),
                Err(error) => Ok(Err(Some(error.to_string()))),
            },
        }
    }
}

/// What a migration is told that failed its trial.
pub fn unproved(unproved: &verify::Unproved) -> Failure {
    Failure::InTheWay {
        message: format!(
            "the migration was not written, because it failed when it was tried: {unproved}"
        ),
        hint: "make the change in smaller steps, or another way".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_on_the_command_line_goes_first() {
        let at = |url, never| Proving::wished(url, never).place;
        assert_eq!(at(Some("postgres://a"), true), Place::Nowhere);
        assert_eq!(
            at(Some("postgres://a"), false),
            Place::At("postgres://a".to_owned())
        );
    }
}
