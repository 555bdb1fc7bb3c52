//! `svcgen import` from PostgreSQL: databases in the manner of others, and svcgen's own.

use postgres::{Client, NoTls};
use svcgen::dialect;
use svcgen::import::{self, Origin};
use svcgen::source::Source;

use super::postgres::Server;
use crate::import::{assert_same, cases, compare, creation, our_schemas, physical};

fn filled(server: &Server, database: &str, sql: &str) -> Origin {
    let connect = |name: &str| Client::connect(&server.url(name), NoTls).expect("connected");
    connect("postgres")
        .batch_execute(&format!("create database \"{database}\""))
        .expect("created");
    if let Err(error) = connect(database).batch_execute(sql) {
        panic!("{error:?}:\n{sql}");
    }
    Origin::Postgres {
        url: server.url(database),
        schema: "public".to_owned(),
    }
}

#[test]
fn databases_on_postgres_become_schemas() {
    if !super::are_asked_for("import") {
        return;
    }
    let server = Server::start();
    for (name, path) in cases("postgres") {
        let sql = std::fs::read_to_string(&path).expect("the case");
        let origin = filled(&server, &name, &sql);
        let catalogue = import::read(&origin).expect("read");
        compare(
            &path,
            &import::import(&catalogue, Some(&name)).expect("imported"),
        );
    }
    let postgres = dialect::ALL[1];
    for (name, sources) in our_schemas() {
        let before = creation(&physical(&sources), postgres);
        let origin = filled(&server, &format!("our_{name}"), &before);
        let catalogue = import::read(&origin).expect("read");
        let imported = import::import(&catalogue, Some(&name)).expect("imported");
        let sources: Vec<Source> = imported
            .files
            .iter()
            .map(|file| Source {
                path: file.path.clone(),
                text: file.text.clone(),
            })
            .collect();
        assert_same(&name, &creation(&physical(&sources), postgres), &before);
    }
}
