//! The cases of `tests/migrate` on a PostgreSQL server: there and back, with hostile rows.

use postgres::{Client, NoTls};
use svcgen::dialect::quoted;
use svcgen::migrate::verify;

use super::postgres::Server;
use crate::migrate::{VARIANTS, cases};
use crate::support::{Ended, Place};

#[test]
fn every_case_goes_there_and_back_on_postgres() {
    if !super::are_asked_for("migrate") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    let mut wrong = Vec::new();
    for (index, case) in cases().into_iter().flat_map(|(_, cases)| cases).enumerate() {
        // Each case with one kind of identifiers; the statements are the same for all of them.
        let variant = VARIANTS[index % VARIANTS.len()];
        let ready = case.ready(variant);
        let Some(migration) = &ready.migration else {
            continue;
        };
        let proof = verify::postgres::migration(&mut client, &ready.old, &ready.diff, migration);
        if let Err(error) = proof {
            wrong.push(format!("{} ({}): {error}", case.about, variant.name));
        }
        wrong.extend(became(&mut client, &case));
        if let Some(stops) = &case.stops {
            let stopped = stopped(&mut client, &case).to_string();
            // Each server shows values in its own way.
            let said = stops.replace('\'', "");
            if !stopped.contains(&said) {
                wrong.push(format!("{}: {stopped}", case.about));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_migration_is_proved_on_a_server_that_leaves_nothing_behind() {
    if !super::are_asked_for("proof") {
        return;
    }
    let place = Place::notes();
    let generate = |column: &str, server: Option<&str>| {
        let entity =
            format!("entity: Note\nfields: {{ title: string, body: text?, {column}: int? }}\n");
        place.put("entities/note.yaml", entity);
        let mut command = place.command(&["generate", "--allow-drops"]);
        command.env_remove("SVCGEN_NO_POSTGRES_PROOF");
        if let Some(url) = server {
            command.env("SVCGEN_POSTGRES_URL", url);
        }
        Ended::of(command.output().expect("svcgen starts"))
    };
    let own = generate("pages", None);
    own.is(
        0,
        &[
            "Proved 0002_add_pages_to_notes there and back, on SQLite ",
            " and PostgreSQL ",
        ],
    );
    let left = std::fs::read_dir("/tmp").expect("readable").flatten();
    let left = left.filter(|it| {
        it.file_name()
            .to_string_lossy()
            .starts_with("svcgen-proof-")
    });
    assert_eq!(left.count(), 0, "a directory of the server is left");

    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    client
        .batch_execute("create role plain login; grant create on database postgres to plain; create role stranger login")
        .expect("made");
    let url = |role: &str| {
        server
            .url("postgres")
            .replace("//postgres@", &format!("//{role}@"))
    };
    // Nobody has to be an administrator.
    let named = generate("sheets", Some(&url("plain")));
    named.is(0, &[" and PostgreSQL "]);
    let query = "select count(*) from pg_namespace where nspname like 'svcgen%'";
    let left: i64 = client.query_one(query, &[]).expect("counted").get(0);
    assert_eq!(left, 0, "a schema of the proof is left");

    let before = place.tree();
    let refused = generate("leaves", Some(&url("stranger")));
    refused.is(3, &["the migration was not written", "permission denied"]);
    place.put("entities/note.yaml", before["entities/note.yaml"].clone());
    assert!(before == place.tree(), "something was written");
}

/// What differs between what became of the rows of a case and what is written down.
fn became(client: &mut Client, case: &crate::migrate::Case) -> Option<String> {
    let becoming = case.becoming();
    if becoming.is_empty() {
        return None;
    }
    let ready = case.ready(VARIANTS[0]);
    verify::postgres::fresh(client, &ready.old).expect("made");
    verify::postgres::insert(client, &ready.old, &case.given()).expect("filled");
    let migration = ready.migration.expect("planned");
    let plan = migration.plans.iter().find(|it| it.dialect == "postgres");
    verify::postgres::run(client, &plan.expect("a plan").up_text()).expect(&case.about);
    becoming.into_iter().find_map(|(table, columns, expected)| {
        let texts = columns.iter().map(|it| format!("{}::text", quoted(it)));
        let texts = texts.collect::<Vec<_>>().join(", ");
        let query = format!("select {texts} from {table} order by 1");
        let rows = client.query(&query, &[]).expect("read");
        let rows: Vec<Vec<Option<String>>> = (rows.iter())
            .map(|row| (0..columns.len()).map(|at| row.get(at)).collect())
            .collect();
        (rows != expected).then(|| format!("{}: {columns:?} of {table}: {rows:?}", case.about))
    })
}

fn stopped(client: &mut Client, case: &crate::migrate::Case) -> verify::replay::Stopped {
    let ready = case.ready(VARIANTS[0]);
    verify::postgres::fresh(client, &ready.old).expect("made");
    verify::postgres::insert(client, &ready.old, &case.given()).expect("filled");
    let migration = ready.migration.expect("planned");
    let plan = migration.plans.iter().find(|it| it.dialect == "postgres");
    verify::postgres::run(client, &plan.expect("a plan").up_text()).expect_err(&case.about)
}
