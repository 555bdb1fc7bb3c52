//! Posts over HTTP: each handler reads the request, calls one operation, and answers.

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
    NewPost, Post, PostChanges, PostPage, PostRules, commands, queries, relations, removal,
};
use crate::app::App;

/// The routes of posts, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/posts", get(list).post(create))
        .route("/v1/posts:aggregate", get(aggregate))
        .route("/v1/posts/{id}/removal", get(preview_removal))
        .route(
            "/v1/posts/{id}",
            get(find).put(replace).patch(change).delete(remove),
        )
        .merge(batches::routes())
        .merge(related::routes())
        .merge(PostRules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<PostPage>, Error> {
    let page = queries::list(&app, &listing).await?;
    let included =
        relations::include(&app, &page.posts, &listing.included(&queries::TABLE)).await?;
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
    http::Body(new): http::Body<NewPost>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    viewing: http::Viewing,
) -> Result<http::Viewed<Post>, Error> {
    let view = viewing.of(&queries::TABLE)?;
    let post = queries::find(&app, id).await?;
    let included = relations::include(&app, std::slice::from_ref(&post), &view.include).await?;
    Ok(view.show(post, included))
}

async fn replace(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Replacement { id, write, new }: http::Replacement<Uuid, NewPost>,
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
    http::Patch { id, write, edit }: http::Patch<Uuid, PostChanges, NewPost>,
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

/// 201 and where it is for a post that was made, 200 for one that was there.
fn saved(saved: &Saved<Post>) -> Response {
    match saved {
        Saved::Created(post) => {
            let location = http::location("/v1/posts", &post.id);
            http::Created::new(location, post).into_response()
        }
        Saved::Changed(post) | Saved::Unchanged(post) => http::Tagged(post).into_response(),
    }
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<Uuid>,
    http::NoParameters: http::NoParameters,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, id).await?))
}
