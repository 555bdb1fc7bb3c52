//! The cases of `tests/migrate` on a PostgreSQL server: there and back, with hostile rows.

use postgres::{Client, NoTls};
use svcgen::migrate::verify;

use super::postgres::Server;
use crate::migrate::{VARIANTS, cases};

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

fn stopped(client: &mut Client, case: &crate::migrate::Case) -> verify::replay::Stopped {
    let ready = case.ready(VARIANTS[0]);
    verify::postgres::fresh(client, &ready.old).expect("made");
    verify::postgres::insert(client, &ready.old, &case.given()).expect("filled");
    let migration = ready.migration.expect("planned");
    let plan = migration.plans.iter().find(|it| it.dialect == "postgres");
    verify::postgres::run(client, &plan.expect("a plan").up_text()).expect_err(&case.about)
}
