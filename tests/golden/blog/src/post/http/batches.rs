//! Several posts at once over HTTP: one transaction each, in the order of the request.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use svcgen_runtime::{Error, Saved, http};
use uuid::Uuid;

use super::super::batches::{self, MOST};
use super::super::{NewPost, Post, PostChanges, queries, relations};
use crate::app::App;

/// The routes of batches (AIP-231 and those after it).
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/posts:batchGet", get(find))
        .route("/v1/posts:batchCreate", post(create))
        .route("/v1/posts:batchUpdate", post(change))
        .route("/v1/posts:batchDelete", post(remove))
        .route("/v1/posts:deleteMatching", post(remove_matching))
}

async fn find(
    State(app): State<App>,
    asked: http::Ids<Uuid, MOST>,
) -> Result<http::Masked<http::Several<Post>>, Error> {
    let view = asked.view(&queries::TABLE)?;
    let found = batches::find(&app, &asked.ids).await?;
    let included = relations::include(&app, &found, &view.include).await?;
    Ok(view.show_all(http::Several::new("posts", found), included))
}

async fn create(
    State(app): State<App>,
    caller: http::Caller,
    write: http::Write,
    http::Batch(all): http::Batch<NewPost, MOST>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = batches::create(&app, &caller, &mut unit, all).await;
    unit.answer(outcome).await
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    write: http::Write,
    targets: http::Targets<http::Change<Uuid, PostChanges>, MOST>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = batches::change(&app, &caller, &mut unit, targets.0).await;
    unit.answer(outcome).await
}

async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Removing { write, removal }: http::Removing,
    targets: http::Targets<http::Target<Uuid>, MOST>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = batches::remove(&app, &caller, &mut unit, &targets.0, &removal).await;
    unit.answer(outcome).await
}

async fn remove_matching(
    State(app): State<App>,
    caller: http::Caller,
    http::RemovingMatching {
        write,
        removal,
        filter,
    }: http::RemovingMatching,
) -> http::Answered {
    let matching = queries::TABLE.matching(&filter)?;
    let mut unit = write.begin(&app.db, &caller, http::told).await?;
    let outcome = batches::remove_matching(&app, &caller, &mut unit, &matching, &removal).await;
    unit.answer(outcome).await
}

#[expect(
    clippy::ptr_arg,
    reason = "the answer is rendered from what the command gives"
)]
fn saved(all: &Vec<Saved<Post>>) -> axum::response::Response {
    http::several("posts", all)
}
