//! Posts over HTTP: each handler reads the request, calls one operation, and answers.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, http, list};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::{NewPost, Post, PostChanges, PostPage, PostRules, commands, queries, removal};
use crate::app::App;

/// The routes of posts, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/posts", get(list).post(create))
        .route("/v1/posts:aggregate", get(aggregate))
        .route("/v1/posts/{id}/removal", get(preview_removal))
        .route("/v1/posts/{id}", get(find).patch(change).delete(remove))
        .merge(PostRules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<PostPage>, Error> {
    let page = queries::list(&app, &listing).await?;
    Ok(http::Masked::page(page, listing.mask(&queries::TABLE)))
}

async fn aggregate(
    State(app): State<App>,
    aggregation: http::Aggregation,
) -> Result<Json<list::Groups>, Error> {
    Ok(Json(queries::aggregate(&app, &aggregation).await?))
}

async fn create(
    State(app): State<App>,
    caller: http::Caller,
    http::Body(new): http::Body<NewPost>,
) -> Result<http::Created<Post>, Error> {
    let post = commands::create(&app, &caller, new).await?;
    let location = http::location("/v1/posts", &post.id);
    Ok(http::Created::new(location, post))
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    mask: http::ReadMask,
) -> Result<http::Partial<Post>, Error> {
    let mask = mask.of(&queries::TABLE)?;
    let post = queries::find(&app, id).await?;
    Ok(http::Partial::new(post, mask))
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    if_match: http::IfMatch,
    http::Body(changes): http::Body<PostChanges>,
) -> Result<http::Tagged<Post>, Error> {
    let expected = if_match.version()?;
    let post = commands::change(&app, &caller, id, expected, changes).await?;
    Ok(http::Tagged(post))
}

async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    if_match: http::IfMatch,
    removal: http::Removal,
) -> Result<http::NoContent, Error> {
    let expected = if_match.version()?;
    removal::remove(&app, &caller, id, expected, &removal).await?;
    Ok(http::NoContent)
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, id).await?))
}
