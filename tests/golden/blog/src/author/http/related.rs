//! What authors are related to, over HTTP.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::get;
use svcgen_runtime::{Error, Saved, http};
use uuid::Uuid;

use crate::app::App;
use crate::author::relations;
use crate::post::{Post, PostPage};

/// The routes under one of the authors.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/authors/{id}/posts", get(list_posts).post(create_post))
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

async fn create_post(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    write: http::Write,
    child: http::Child,
) -> http::Answered {
    relations::exists(&app, id).await?;
    let new = child.of("author_id", &id)?;
    let mut unit = write
        .begin(&app.db, &caller, |saved: &Saved<Post>| {
            let location = http::location("/v1/posts", &saved.id);
            http::Created::new(location, &**saved).into_response()
        })
        .await?;
    let outcome = crate::post::commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}
