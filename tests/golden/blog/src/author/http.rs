//! Authors over HTTP: each handler reads the request, calls one operation, and answers.

mod related;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, http};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::{
    Author, AuthorChanges, AuthorPage, AuthorRules, NewAuthor, commands, queries, relations,
    removal,
};
use crate::app::App;

/// The routes of authors, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/authors", get(list).post(create))
        .route("/v1/authors/{id}/removal", get(preview_removal))
        .route("/v1/authors/{id}", get(find).patch(change).delete(remove))
        .merge(related::routes())
        .merge(AuthorRules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<AuthorPage>, Error> {
    let page = queries::list(&app, &listing).await?;
    let included =
        relations::include(&app, &page.authors, &listing.included(&queries::TABLE)).await?;
    Ok(http::Masked::page(page, listing.mask(&queries::TABLE)).with(included))
}

async fn create(
    State(app): State<App>,
    caller: http::Caller,
    http::Body(new): http::Body<NewAuthor>,
) -> Result<http::Created<Author>, Error> {
    let author = commands::create(&app, &caller, new).await?;
    let location = http::location("/v1/authors", &author.id);
    Ok(http::Created::new(location, author))
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    viewing: http::Viewing,
) -> Result<http::Viewed<Author>, Error> {
    let view = viewing.of(&queries::TABLE)?;
    let author = queries::find(&app, id).await?;
    let included = relations::include(&app, std::slice::from_ref(&author), &view.include).await?;
    Ok(view.show(author, included))
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    if_match: http::IfMatch,
    http::Body(changes): http::Body<AuthorChanges>,
) -> Result<http::Tagged<Author>, Error> {
    let expected = if_match.version()?;
    let author = commands::change(&app, &caller, id, expected, changes).await?;
    Ok(http::Tagged(author))
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
