//! The random chains of schemas on a PostgreSQL server, and broken plans there.

use postgres::{Client, NoTls};
use svcgen::dialect;
use svcgen::migrate::verify::replay::Stopped;
use svcgen::migrate::{Migration, verify};
use svcgen::tables::diff::diff;

use super::postgres::Server;
use crate::migrate_property::ages::engines::Postgres;
use crate::migrate_property::ages::live;
use crate::migrate_property::controls::{faults_are_noticed, of};
use crate::migrate_property::strangers::survive_on_postgres;
use crate::migrate_property::{Pair, try_pairs};
use crate::migrate_runner::tables_of;

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
        survive_on_postgres(&mut client, pair, migration)
    });
}

#[test]
fn rows_of_every_age_are_kept_and_come_back_on_postgres() {
    if !super::are_asked_for("migrate_property") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    live(&mut Postgres(&mut client), 40).is_enough();
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

/// A column that another takes the place of, and what people can have made of it.
#[test]
fn what_people_made_of_a_column_stops_what_would_drop_it() {
    if !super::are_asked_for("migrate_property") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    let book = |fields: &str| tables_of(&[&format!("{{ entity: Book, fields: {{ {fields} }} }}")]);
    let (old, _) =
        book("title: { type: string, searchable: true }, n: { type: int, unique: true, min: 1 }");
    let (new, intent) = book(
        "title: { type: string, searchable: true }, num: { type: bigint, unique: true, min: 1, was: n }",
    );
    let diff = diff(&old, &new, &intent);
    let migration = Migration::of(dialect::ALL, &[], &old, &diff);
    let migration = migration.expect("written").expect("changes");
    let plan = migration.plans.iter().find(|it| it.dialect == "postgres");
    let text = plan.expect("a plan").up_text();
    for (made, named) in [
        ("", None),
        (
            "create index by_hand on books (title) where n > 5",
            Some(".by_hand"),
        ),
        (
            "alter table books add constraint by_hand check (n < 50)",
            Some(".books.by_hand"),
        ),
        (
            "create statistics by_hand on n, title from books",
            Some("statistics object "),
        ),
        (
            "create view by_hand as select n from books",
            Some(".by_hand._RETURN"),
        ),
        (
            "comment on column books.n is 'How many'",
            Some("the comment on or the rights to n"),
        ),
        (
            "grant select (n) on books to public",
            Some("the comment on or the rights to n"),
        ),
        (
            "alter table books add column twice int generated always as (n * 2) stored",
            Some(".books.twice"),
        ),
        ("create index by_hand on books (title)", None),
    ] {
        verify::postgres::fresh(&mut client, &old).expect("made");
        client.batch_execute(made).expect("made");
        match (verify::postgres::run(&mut client, &text), named) {
            (Ok(()), None) => {}
            (Err(Stopped::Check { title, sample }), Some(named)) => {
                assert!(
                    title.starts_with("Nothing has been made of `n` of `books`"),
                    "{title}"
                );
                assert!(sample.contains(named), "{made}: {sample}");
            }
            (ended, _) => panic!("{made}: {ended:?}"),
        }
    }
}
