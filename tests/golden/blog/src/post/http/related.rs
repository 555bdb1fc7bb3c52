//! What posts are related to, over HTTP.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::{get, put};
use svcgen_runtime::{Error, Saved, http};
use uuid::Uuid;

use crate::app::App;
use crate::comment::{Comment, CommentPage};
use crate::post::relations;
use crate::tag::TagPage;

/// The routes under one of the posts.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/posts/{id}/comments",
            get(list_comments).post(create_comment),
        )
        .route("/v1/posts/{id}/tags", get(list_tags))
        .route(
            "/v1/posts/{id}/tags/{tag_id}",
            put(link_tag).delete(unlink_tag),
        )
}

async fn list_comments(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    listing: http::Listing,
) -> Result<http::Masked<CommentPage>, Error> {
    let page = relations::list_comments(&app, id, &listing).await?;
    let included = crate::comment::relations::include(
        &app,
        &page.comments,
        &listing.included(&crate::comment::queries::TABLE),
    )
    .await?;
    Ok(http::Masked::page(page, listing.mask(&crate::comment::queries::TABLE)).with(included))
}

async fn create_comment(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    write: http::Write,
    child: http::Child,
) -> http::Answered {
    relations::exists(&app, id).await?;
    let new = child.of("post_id", &id)?;
    let mut unit = write
        .begin(&app.db, &caller, |saved: &Saved<Comment>| {
            let location = http::location("/v1/comments", &saved.id);
            http::Created::new(location, &**saved).into_response()
        })
        .await?;
    let outcome = crate::comment::commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}

async fn list_tags(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    listing: http::Listing,
) -> Result<http::Masked<TagPage>, Error> {
    let page = relations::list_tags(&app, id, &listing).await?;
    let included = crate::tag::relations::include(
        &app,
        &page.tags,
        &listing.included(&crate::tag::queries::TABLE),
    )
    .await?;
    Ok(http::Masked::page(page, listing.mask(&crate::tag::queries::TABLE)).with(included))
}

async fn link_tag(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<Uuid, Uuid>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::link_tag(&app, &caller, &mut unit, id, &conditions, other).await;
    unit.answer(outcome).await
}

async fn unlink_tag(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<Uuid, Uuid>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::unlink_tag(&app, &caller, &mut unit, id, &conditions, other).await;
    unit.answer(outcome).await
}
