//! Archived authors over HTTP.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use svcgen_runtime::{Error, archive as archives, http};
use uuid::Uuid;

use super::archive;
use crate::app::App;

/// The routes of the archive of authors.
pub fn archive_routes() -> Router<App> {
    Router::new()
        .route("/v1/archive/authors", get(list))
        .route("/v1/archive/authors/{archive_id}", get(find))
        .route("/v1/archive/authors/{archive_id}/restore", post(restore))
}

async fn list(
    State(app): State<App>,
    caller: http::Caller,
    listing: http::Listing,
) -> Result<http::Masked<archive::ArchivedAuthorPage>, Error> {
    let page = archive::list(&app, &caller, &listing).await?;
    Ok(http::Masked::page(page, listing.mask(&archive::TABLE)))
}

async fn find(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(archive_id): http::Id<Uuid>,
    reading: archives::Reading,
) -> Result<Json<archive::ArchivedAuthor>, Error> {
    Ok(Json(
        archive::find(&app, &caller, archive_id, reading).await?,
    ))
}

async fn restore(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(archive_id): http::Id<Uuid>,
    write: http::Write,
    archives::Overrides(overrides): archives::Overrides<archive::AuthorOverrides>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::told).await?;
    let outcome = archive::restore(&caller, &mut unit, archive_id, &overrides).await;
    unit.answer(outcome).await
}
