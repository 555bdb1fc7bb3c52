//! What posts are related to, over HTTP.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use svcgen_runtime::{Error, http};
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
    child: http::Child,
) -> Result<http::Created<Comment>, Error> {
    relations::exists(&app, id).await?;
    let new = child.of("post_id", &id)?;
    let record = crate::comment::commands::create(&app, &caller, new).await?;
    let location = http::location("/v1/comments", &record.id);
    Ok(http::Created::new(location, record))
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
    http::Ids(id, other): http::Ids<Uuid, Uuid>,
    if_match: http::IfMatch,
) -> Result<http::NoContent, Error> {
    let expected = if_match.version()?;
    relations::link_tag(&app, &caller, id, expected, other).await?;
    Ok(http::NoContent)
}

async fn unlink_tag(
    State(app): State<App>,
    caller: http::Caller,
    http::Ids(id, other): http::Ids<Uuid, Uuid>,
    if_match: http::IfMatch,
) -> Result<http::NoContent, Error> {
    let expected = if_match.version()?;
    relations::unlink_tag(&app, &caller, id, expected, other).await?;
    Ok(http::NoContent)
}
