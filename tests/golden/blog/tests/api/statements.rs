//! Every statement of the service is prepared, so that none waits for a user to fail.

use blog::app::App;
use svcgen_runtime::db;
use svcgen_runtime::testing::TestServer;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let server = TestServer::<App>::start().await;
    let statements = [
        blog::author::queries::STATEMENTS,
        blog::author::commands::STATEMENTS,
        blog::author::relations::STATEMENTS,
        blog::comment::queries::STATEMENTS,
        blog::comment::commands::STATEMENTS,
        blog::comment::relations::STATEMENTS,
        blog::post::queries::STATEMENTS,
        blog::post::commands::STATEMENTS,
        blog::post::relations::STATEMENTS,
        blog::tag::queries::STATEMENTS,
        blog::tag::commands::STATEMENTS,
        blog::tag::relations::STATEMENTS,
    ];
    for (name, statement) in statements.concat() {
        let prepared = server.app().db.prepare(statement).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
    let removals = [
        &blog::author::removal::REMOVAL,
        &blog::comment::removal::REMOVAL,
        &blog::post::removal::REMOVAL,
        &blog::tag::removal::REMOVAL,
    ];
    let engine = server.app().db.engine();
    let removals = removals
        .iter()
        .flat_map(|removal| removal.statements(engine));
    let mut statements: Vec<&db::Sql> = removals.collect();
    statements.extend(blog::archive::ARCHIVES.statements(engine));
    for statement in statements {
        let prepared = server.app().db.prepare(statement).await;
        assert!(prepared.is_ok(), "{statement:?}: {prepared:?}");
    }
}
