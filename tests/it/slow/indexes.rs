//! PostgreSQL agrees with the advice on indexes, as SQLite does in `advice.rs`.

use postgres::{Client, NoTls};
use svcgen::migrate::verify;
use svcgen::tables;

use super::postgres::Server;
use super::{are_asked_for, step};
use crate::advice::{Asked, EXAMPLES, lists};

#[test]
fn advice_is_what_postgresql_does() {
    if !are_asked_for("advice_is_what_postgresql_does") {
        return;
    }
    let server = Server::start();
    let mut client = Client::connect(&server.url("postgres"), NoTls).expect("connected");
    step("explain the lists of the examples", || {
        for name in EXAMPLES {
            assert_eq!(compare(&mut client, name, false), 0, "{name}");
            assert!(compare(&mut client, name, true) > 0, "{name}");
        }
    });
}

fn compare(client: &mut Client, name: &str, bare: bool) -> usize {
    let (service, lists) = lists(name, bare);
    verify::postgres::fresh(client, &tables::of(&service)).expect("made");
    // The tables are empty: only what cannot be avoided is read whole, or sorted.
    let avoid = "set enable_seqscan = off; set enable_sort = off";
    client.batch_execute(avoid).expect("set");
    for list in &lists {
        let plan = plan(client, list);
        assert_eq!(
            is_served(&plan, list),
            !list.warned,
            "{name}: {}\n{plan:#?}",
            list.sql
        );
    }
    lists.iter().filter(|it| it.warned).count()
}

fn plan(client: &mut Client, asked: &Asked) -> Vec<String> {
    // In an empty table the order alone decides what is read; a filter is looked at by itself.
    let whole = asked.sql.split_once(" order by").map_or("", |it| it.0);
    let sql = if asked.ordered { &asked.sql } else { whole };
    let rows = client.query(&format!("explain (costs off) {sql}"), &[]);
    rows.expect("a plan").iter().map(|row| row.get(0)).collect()
}

fn is_served(plan: &[String], asked: &Asked) -> bool {
    let steps = plan.iter().map(|it| it.trim_start_matches([' ', '-', '>']));
    if asked.ordered {
        // An incremental sort is one within equal values.
        !steps.clone().any(|it| it == "Sort")
    } else {
        let condition = format!("Index Cond: ({} = ", asked.column);
        steps.clone().any(|it| it.starts_with(&condition))
    }
}
