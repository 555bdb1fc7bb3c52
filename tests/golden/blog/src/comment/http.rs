//! Comments over HTTP: each handler reads the request, calls one operation, and answers.

mod batches;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, Saved, http, list};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::{
    Comment, CommentChanges, CommentPage, CommentRules, NewComment, commands, queries, relations,
    removal,
};
use crate::app::App;

/// The routes of comments, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/comments", get(list).post(create))
        .route("/v1/comments:aggregate", get(aggregate))
        .route("/v1/comments/{id}/removal", get(preview_removal))
        .route(
            "/v1/comments/{id}",
            get(find).put(replace).patch(change).delete(remove),
        )
        .merge(batches::routes())
        .merge(CommentRules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<CommentPage>, Error> {
    let page = queries::list(&app, &listing).await?;
    let included =
        relations::include(&app, &page.comments, &listing.included(&queries::TABLE)).await?;
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
    http::Body(new): http::Body<NewComment>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    viewing: http::Viewing,
) -> Result<http::Viewed<Comment>, Error> {
    let view = viewing.of(&queries::TABLE)?;
    let comment = queries::find(&app, id).await?;
    let included = relations::include(&app, std::slice::from_ref(&comment), &view.include).await?;
    Ok(view.show(comment, included))
}

async fn replace(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Replacement { id, write, new }: http::Replacement<Uuid, NewComment>,
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
    http::Patch { id, write, edit }: http::Patch<Uuid, CommentChanges, NewComment>,
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

/// 201 and where it is for a comment that was made, 200 for one that was there.
fn saved(saved: &Saved<Comment>) -> Response {
    match saved {
        Saved::Created(comment) => {
            let location = http::location("/v1/comments", &comment.id);
            http::Created::new(location, comment).into_response()
        }
        Saved::Changed(comment) | Saved::Unchanged(comment) => {
            http::Tagged(comment).into_response()
        }
    }
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    http::NoParameters: http::NoParameters,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, id).await?))
}
