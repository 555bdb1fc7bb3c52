//! {{ naming.capital_plural }} over HTTP: each handler reads the request, calls one operation, and answers.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, http, list};
//% if id_imported
use uuid::Uuid;
//% endif

use super::hooks::Rules as _;
use super::{ {{ naming.entity }}, {% if changeable %}{{ naming.entity }}Changes, {% endif %}{{ naming.entity }}Page, {{ naming.entity }}Rules, New{{ naming.entity }}, commands, queries, removal };
use crate::app::App;

/// The routes of {{ naming.plural_sentence }}, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("{{ path }}", get(list).post(create))
        .route("{{ path }}:aggregate", get(aggregate))
        .route("{{ path }}/{id}/removal", get(preview_removal))
        .route("{{ path }}/{id}", get(find){% if changeable %}.patch(change){% endif %}.delete(remove))
        .merge({{ naming.entity }}Rules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<{{ naming.entity }}Page>, Error> {
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
    http::Body(new): http::Body<New{{ naming.entity }}>,
) -> Result<http::Created<{{ naming.entity }}>, Error> {
    let {{ naming.var }} = commands::create(&app, &caller, new).await?;
    let location = http::location("{{ path }}", &{{ naming.var }}.id);
    Ok(http::Created::new(location, {{ naming.var }}))
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<{{ id }}>,
    mask: http::ReadMask,
) -> Result<http::Partial<{{ naming.entity }}>, Error> {
    let mask = mask.of(&queries::TABLE)?;
    let {{ naming.var }} = queries::find(&app, {{ id_borrow }}id).await?;
    Ok(http::Partial::new({{ naming.var }}, mask))
}

//% if changeable
async fn change(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<{{ id }}>,
    if_match: http::IfMatch,
    http::Body(changes): http::Body<{{ naming.entity }}Changes>,
) -> Result<http::Tagged<{{ naming.entity }}>, Error> {
//% if versioned
    let expected = if_match.version()?;
    let {{ naming.var }} = commands::change(&app, &caller, {{ id_borrow }}id, expected, changes).await?;
//% else
    if_match.refuse()?;
    let {{ naming.var }} = commands::change(&app, &caller, {{ id_borrow }}id, changes).await?;
//% endif
    Ok(http::Tagged({{ naming.var }}))
}

//% endif
async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<{{ id }}>,
    if_match: http::IfMatch,
    removal: http::Removal,
) -> Result<http::NoContent, Error> {
//% if versioned
    let expected = if_match.version()?;
    removal::remove(&app, &caller, {{ id_borrow }}id, expected, &removal).await?;
//% else
    if_match.refuse()?;
    removal::remove(&app, &caller, {{ id_borrow }}id, &removal).await?;
//% endif
    Ok(http::NoContent)
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<{{ id }}>,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, {{ id_borrow }}id).await?))
}
