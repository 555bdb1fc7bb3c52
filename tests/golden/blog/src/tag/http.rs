//! Tags over HTTP: each handler reads the request, calls one operation, and answers.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, http, list};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::{NewTag, Tag, TagChanges, TagPage, TagRules, commands, queries, removal};
use crate::app::App;

/// The routes of tags, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tags", get(list).post(create))
        .route("/v1/tags:aggregate", get(aggregate))
        .route("/v1/tags/{id}/removal", get(preview_removal))
        .route("/v1/tags/{id}", get(find).patch(change).delete(remove))
        .merge(TagRules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<TagPage>, Error> {
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
    http::Body(new): http::Body<NewTag>,
) -> Result<http::Created<Tag>, Error> {
    let tag = commands::create(&app, &caller, new).await?;
    let location = http::location("/v1/tags", &tag.id);
    Ok(http::Created::new(location, tag))
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    mask: http::ReadMask,
) -> Result<http::Partial<Tag>, Error> {
    let mask = mask.of(&queries::TABLE)?;
    let tag = queries::find(&app, id).await?;
    Ok(http::Partial::new(tag, mask))
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    if_match: http::IfMatch,
    http::Body(changes): http::Body<TagChanges>,
) -> Result<http::Tagged<Tag>, Error> {
    let expected = if_match.version()?;
    let tag = commands::change(&app, &caller, id, expected, changes).await?;
    Ok(http::Tagged(tag))
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
