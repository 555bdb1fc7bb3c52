//! PostgreSQL over TLS: verified, or not at all.

#![cfg(feature = "tls")]

mod support;

use support::Server;
use svcgen_runtime::db::{Db, DbConfig, DbError, Span, Sql, params};

const ENCRYPTED: Sql = Sql::new("select ssl from pg_stat_ssl where pid = pg_backend_pid()");

#[tokio::test]
async fn the_server_is_verified() {
    let mut server = Server::start();
    let authority = server.encrypt();
    let mut config = DbConfig::new(format!("{}?sslmode=require", server.url("postgres")));
    config.connect_timeout = Span::seconds(1);
    config.root_certificates = Some(authority);
    let db = Db::connect(&config).await.unwrap();
    let (encrypted,): (bool,) = db.fetch_one(&ENCRYPTED, params![]).await.unwrap();
    assert!(encrypted);
    let in_transaction: Result<(bool,), DbError> = db
        .transaction(|tx| Box::pin(async move { tx.fetch_one(&ENCRYPTED, params![]).await }))
        .await;
    assert!(in_transaction.unwrap().0, "the pool encrypts too");

    let mut other_name = config.clone();
    other_name.url = config.url.replace("127.0.0.1", "localhost");
    let refused = Db::connect(&other_name).await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");

    let mut stranger = config.clone();
    stranger.root_certificates = None;
    assert!(
        Db::connect(&stranger).await.is_err(),
        "an unknown authority is not trusted"
    );
    let mut missing = config;
    missing.root_certificates = Some("/nowhere/ca.pem".into());
    assert!(
        Db::connect(&missing)
            .await
            .unwrap_err()
            .to_string()
            .contains("/nowhere/ca.pem")
    );
}
