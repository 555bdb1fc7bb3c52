//! Authors over HTTP: each handler reads the request, calls one operation, and answers.

mod batches;
mod related;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, Saved, http, list};
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
        .route("/v1/authors:aggregate", get(aggregate))
        .route("/v1/authors/{id}/removal", get(preview_removal))
        .route(
            "/v1/authors/{id}",
            get(find).put(replace).patch(change).delete(remove),
        )
        .merge(batches::routes())
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

async fn aggregate(
    State(app): State<App>,
    aggregation: http::Aggregation,
) -> Result<Json<list::Groups>, Error> {
    Ok(Json(queries::aggregate(&app, &aggregation).await?))
}

async fn create(
    State(app): State<App>,
    caller: http::Caller,
    write: http::Write,
    http::Body(new): http::Body<NewAuthor>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
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

async fn replace(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Replacement { id, write, new }: http::Replacement<Uuid, NewAuthor>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let edit = http::Edit::Whole(new, http::Missing::Create);
    let outcome = commands::edit(&app, &caller, &mut unit, id, &conditions, edit).await;
    unit.answer(outcome).await
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Patch { id, write, edit }: http::Patch<Uuid, AuthorChanges, NewAuthor>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::edit(&app, &caller, &mut unit, id, &conditions, edit).await;
    unit.answer(outcome).await
}

async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<Uuid>,
    conditions: http::Conditions,
    http::Removing { write, removal }: http::Removing,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = removal::remove(&app, &caller, &mut unit, id, &conditions, &removal).await;
    unit.answer(outcome).await
}

/// 201 and where it is for an author that was made, 200 for one that was there.
fn saved(saved: &Saved<Author>) -> Response {
    match saved {
        Saved::Created(author) => {
            let location = http::location("/v1/authors", &author.id);
            http::Created::new(location, author).into_response()
        }
        Saved::Changed(author) | Saved::Unchanged(author) => http::Tagged(author).into_response(),
    }
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    http::NoParameters: http::NoParameters,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, id).await?))
}
