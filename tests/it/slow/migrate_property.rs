//! The random chains of schemas on a PostgreSQL server, and broken plans there.

use postgres::{Client, NoTls};
use svcgen::migrate::{Migration, verify};

use super::postgres::Server;
use crate::migrate_property::controls::{faults_are_noticed, of};
use crate::migrate_property::{Pair, try_pairs};

fn proved(client: &mut Client, pair: &Pair, migration: &Migration) -> Result<(), String> {
    verify::postgres::with_rows(client, &pair.old, &pair.diff, migration, &pair.rows)
        .map_err(|error| error.to_string())
}

#[test]
fn random_pairs_keep_every_row_on_postgres() {
    if !super::are_asked_for("migrate_property") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    try_pairs(80, |pair, migration| {
        proved(&mut client, pair, migration)?;
        for (piece, migration) in pair.pieces(migration) {
            proved(&mut client, &piece, &migration)
                .map_err(|error| format!("of a piece, {error}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_plan_that_gets_something_wrong_is_noticed_on_postgres() {
    if !super::are_asked_for("migrate_property") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    faults_are_noticed(&of("postgres"), "postgres", 2, |pair, migration| {
        proved(&mut client, pair, migration)
    });
}
