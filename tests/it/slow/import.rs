//! `svcgen import` from PostgreSQL: databases in the manner of others, and svcgen's own.

use postgres::{Client, NoTls};
use svcgen::dialect;
use svcgen::import::{self, ImportError, Origin};
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
            .map(|file| Source::new(file.path.clone(), file.text.clone()))
            .collect();
        assert_same(&name, &creation(&physical(&sources), postgres), &before);
    }
}

#[test]
fn databases_are_read_over_tls_by_who_can_verify_them() {
    if !super::are_asked_for("import") {
        return;
    }
    let mut server = Server::start();
    let authority = server.encrypt();
    let sql = "create table notes (id bigint primary key, title text not null)";
    filled(&server, "guarded", sql);
    let read = |options: &str| {
        let url = format!("{}?{options}", server.url("guarded"));
        let origin = Origin::parse(&url, "public");
        import::read(&origin).map(|it| it.tables.len())
    };
    let authority = authority.display();
    for mode in ["require", "verify-ca", "verify-full"] {
        let options = format!("sslmode={mode}&sslrootcert={authority}");
        assert_eq!(read(&options).expect("read"), 1, "{mode}");
    }
    // Whom nobody vouches for is told nothing.
    let stranger = read("sslmode=require").expect_err("an unknown authority");
    let ImportError::Connect(error) = stranger else {
        panic!("{stranger:?}");
    };
    assert!(
        error.help().is_some_and(|it| it.contains("sslrootcert")),
        "{error}"
    );
    let elsewhere = format!("sslmode=require&sslrootcert={authority}");
    let url = server.url("guarded").replace("127.0.0.1", "localhost");
    let error = import::connect(&format!("{url}?{elsewhere}"), "a test").err();
    let error = error
        .expect("the certificate is not that name's")
        .to_string();
    assert!(error.contains("certificate"), "{error}");
    // The whole session is encrypted, not only its beginning.
    let url = format!("{}?{elsewhere}", server.url("guarded"));
    let mut client = import::connect(&url, "a test").expect("connected");
    let query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let encrypted: bool = client.query_one(query, &[]).expect("told").get(0);
    assert!(encrypted);
}
