//! What tags are related to, over HTTP.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use svcgen_runtime::{Error, http};
use uuid::Uuid;

use crate::app::App;
use crate::post::PostPage;
use crate::tag::relations;

/// The routes under one of the tags.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tags/{id}/posts", get(list_posts))
        .route(
            "/v1/tags/{id}/posts/{post_id}",
            put(link_post).delete(unlink_post),
        )
}

async fn list_posts(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    listing: http::Listing,
) -> Result<http::Masked<PostPage>, Error> {
    let page = relations::list_posts(&app, id, &listing).await?;
    let included = crate::post::relations::include(
        &app,
        &page.posts,
        &listing.included(&crate::post::queries::TABLE),
    )
    .await?;
    Ok(http::Masked::page(page, listing.mask(&crate::post::queries::TABLE)).with(included))
}

async fn link_post(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<Uuid, Uuid>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::link_post(&app, &caller, &mut unit, id, &conditions, other).await;
    unit.answer(outcome).await
}

async fn unlink_post(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<Uuid, Uuid>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::unlink_post(&app, &caller, &mut unit, id, &conditions, other).await;
    unit.answer(outcome).await
}
