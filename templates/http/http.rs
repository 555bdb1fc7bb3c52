//! {{ naming.capital_plural }} over HTTP: each handler reads the request, calls one operation, and answers.

mod batches;
//% if under
mod related;
//% endif

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use svcgen_runtime::{Error, Saved, http, list};
//% if id_imported
use uuid::Uuid;
//% endif

use super::hooks::Rules as _;
use super::{ {{ naming.entity }}, {% if changeable %}{{ naming.entity }}Changes, {% endif %}{{ naming.entity }}Page, {{ naming.entity }}Rules, New{{ naming.entity }}, commands, queries, {% if related %}relations, {% endif %}removal };
use crate::app::App;

/// The routes of {{ naming.plural_sentence }}, and those that the rules add.
pub fn routes() -> Router<App> {
    Router::new()
        .route("{{ path }}", get(list).post(create))
        .route("{{ path }}:aggregate", get(aggregate))
        .route("{{ path }}/{id}/removal", get(preview_removal))
        .route("{{ path }}/{id}", get(find){% if changeable %}.put(replace).patch(change){% endif %}.delete(remove))
        .merge(batches::routes())
//% if under
        .merge(related::routes())
//% endif
        .merge({{ naming.entity }}Rules.routes())
}

async fn list(
    State(app): State<App>,
    listing: http::Listing,
) -> Result<http::Masked<{{ naming.entity }}Page>, Error> {
    let page = queries::list(&app, &listing).await?;
//% if related
    let included = relations::include(&app, &page.{{ naming.plural }}, &listing.included(&queries::TABLE)).await?;
    Ok(http::Masked::page(page, listing.mask(&queries::TABLE)).with(included))
//% else
    Ok(http::Masked::page(page, listing.mask(&queries::TABLE)))
//% endif
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
    http::Body(new): http::Body<New{{ naming.entity }}>,
) -> http::Answered {
//% if needs_key
    write.require_key()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}

async fn find(
    State(app): State<App>,
    http::Id(id): http::Id<{{ id }}>,
    viewing: http::Viewing,
) -> Result<http::Viewed<{{ naming.entity }}>, Error> {
    let view = viewing.of(&queries::TABLE)?;
    let {{ naming.var }} = queries::find(&app, {{ id_borrow }}id).await?;
//% if related
    let included = relations::include(&app, std::slice::from_ref(&{{ naming.var }}), &view.include).await?;
    Ok(view.show({{ naming.var }}, included))
//% else
    Ok(view.show({{ naming.var }}, http::Included::default()))
//% endif
}

//% if changeable
async fn replace(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Replacement { id, write, new }: http::Replacement<{{ id }}, New{{ naming.entity }}>,
) -> http::Answered {
//% if needs_version
    conditions.{% if chosen_id %}require_unless_new{% else %}require{% endif %}()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let edit = http::Edit::Whole(new, http::Missing::{% if chosen_id %}Create{% else %}Refuse{% endif %});
    let outcome = commands::edit(&app, &caller, &mut unit, {{ id_borrow }}id, &conditions, edit).await;
    unit.answer(outcome).await
}

async fn change(
    State(app): State<App>,
    caller: http::Caller,
    conditions: http::Conditions,
    http::Patch { id, write, edit }: http::Patch<{{ id }}, {{ naming.entity }}Changes, New{{ naming.entity }}>,
) -> http::Answered {
//% if needs_version
    conditions.{% if chosen_id %}require_unless_new{% else %}require{% endif %}()?;
//% endif
//% if needs_key
    write.require_key()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, saved).await?;
    let outcome = commands::edit(&app, &caller, &mut unit, {{ id_borrow }}id, &conditions, edit).await;
    unit.answer(outcome).await
}

//% endif
async fn remove(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<{{ id }}>,
    conditions: http::Conditions,
    http::Removing { write, removal }: http::Removing,
) -> http::Answered {
//% if needs_version
    conditions.require()?;
//% endif
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = removal::remove(&app, &caller, &mut unit, {{ id_borrow }}id, &conditions, &removal).await;
    unit.answer(outcome).await
}

/// 201 and where it is for {{ naming.a_sentence }} that was made, 200 for one that was there.
fn saved(saved: &Saved<{{ naming.entity }}>) -> Response {
    match saved {
        Saved::Created({{ naming.var }}) => {
            let location = http::location("{{ path }}", &{{ naming.var }}.id);
            http::Created::new(location, {{ naming.var }}).into_response()
        }
        Saved::Changed({{ naming.var }}) | Saved::Unchanged({{ naming.var }}) => http::Tagged({{ naming.var }}).into_response(),
    }
}

async fn preview_removal(
    State(app): State<App>,
    http::Id(id): http::Id<{{ id }}>,
    http::NoParameters: http::NoParameters,
) -> Result<Json<svcgen_runtime::removal::Preview>, Error> {
    Ok(Json(removal::preview(&app, {{ id_borrow }}id).await?))
}
