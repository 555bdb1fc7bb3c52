//! Several {{ naming.plural_sentence }} at once over HTTP: one transaction each, in the order of the request.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use svcgen_runtime::{Error, Saved, http};
//% if id_imported
use uuid::Uuid;
//% endif

use crate::app::App;
use super::super::batches::{self, MOST};
use super::super::{ {{ naming.entity }}, {% if changeable %}{{ naming.entity }}Changes, {% endif %}New{{ naming.entity }}, queries{% if related %}, relations{% endif %} };

/// The routes of batches (AIP-231 and those after it).
pub fn routes() -> Router<App> {
    Router::new()
        .route("{{ path }}:batchGet", get(find))
        .route("{{ path }}:batchCreate", post(create))
//% if changeable
        .route("{{ path }}:batchUpdate", post(change))
//% endif
        .route("{{ path }}:batchDelete", post(remove))
//% if matching
        .route("{{ path }}:deleteMatching", post(remove_matching))
//% endif
}

async fn find(
    State(app): State<App>,
    asked: http::Ids<{{ id }}, MOST>,
) -> Result<http::Masked<http::Several<{{ naming.entity }}>>, Error> {
    let view = asked.view(&queries::TABLE)?;
    let found = batches::find(&app, &asked.ids).await?;
//% if related
    let included = relations::include(&app, &found, &view.include).await?;
//% else
    let included = http::Included::default();
//% endif
    Ok(view.show_all(http::Several::new("{{ member }}", found), included))
}

async fn create(
    State(app): State<App>,
    caller: http::Caller,
    write: http::Write,
    http::Batch(all): http::Batch<New{{ naming.entity }}, MOST>,
) -> http::Answered {
//% if needs_key
    write.require_key()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = batches::create(&app, &caller, &mut unit, all).await;
    unit.answer(outcome).await
}

//% if changeable
async fn change(
    State(app): State<App>,
    caller: http::Caller,
    write: http::Write,
    targets: http::Targets<http::Change<{{ id }}, {{ naming.entity }}Changes>, MOST>,
) -> http::Answered {
//% if needs_key
    write.require_key()?;
//% endif
//% if needs_version
    targets.require_etags()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = batches::change(&app, &caller, &mut unit, targets.0).await;
    unit.answer(outcome).await
}

//% endif
async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Removing { write, removal }: http::Removing,
    targets: http::Targets<http::Target<{{ id }}>, MOST>,
) -> http::Answered {
//% if needs_key
    write.require_key()?;
//% endif
//% if needs_version
    targets.require_etags()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = batches::remove(&app, &caller, &mut unit, &targets.0, &removal).await;
    unit.answer(outcome).await
}

//% if matching
async fn remove_matching(
    State(app): State<App>,
    caller: http::Caller,
    http::RemovingMatching { write, removal, filter }: http::RemovingMatching,
) -> http::Answered {
//% if needs_key
    write.require_key()?;
//% endif
    let matching = queries::TABLE.matching(&filter)?;
    let mut unit = write.begin(&app.db, &caller, http::told).await?;
    let outcome = batches::remove_matching(&app, &caller, &mut unit, &matching, &removal).await;
    unit.answer(outcome).await
}

//% endif
#[expect(clippy::ptr_arg, reason = "the answer is rendered from what the command gives")]
fn saved(all: &Vec<Saved<{{ naming.entity }}>>) -> axum::response::Response {
    http::several("{{ member }}", all)
}
