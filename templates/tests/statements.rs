//! Every statement of the service is prepared, so that none waits for a user to fail.

use svcgen_runtime::db;
use svcgen_runtime::testing::TestServer;
use {{ crate_name }}::app::App;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let server = TestServer::<App>::start().await;
    let statements = [
//% for entity in entities
        {{ crate_name }}::{{ entity.module }}::queries::STATEMENTS,
        {{ crate_name }}::{{ entity.module }}::commands::STATEMENTS,
//% if entity.related
        {{ crate_name }}::{{ entity.module }}::relations::STATEMENTS,
//% endif
//% endfor
    ];
    for (name, statement) in statements.concat() {
        let prepared = server.app().db.prepare(statement).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
    let removals = [
//% for entity in entities
        &{{ crate_name }}::{{ entity.module }}::removal::REMOVAL,
//% endfor
    ];
    let engine = server.app().db.engine();
    let removals = removals.iter().flat_map(|removal| removal.statements(engine));
    let mut statements: Vec<&db::Sql> = removals.collect();
//% if archived
    statements.extend({{ crate_name }}::archive::ARCHIVES.statements(engine));
//% endif
    for statement in statements {
        let prepared = server.app().db.prepare(statement).await;
        assert!(prepared.is_ok(), "{statement:?}: {prepared:?}");
    }
}
