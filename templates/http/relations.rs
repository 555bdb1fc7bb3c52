//! What {{ naming.plural_sentence }} are related to, over HTTP.

//% for line in route_imports
{{ line }}
//% endfor

/// The routes under one of the {{ naming.plural_sentence }}.
pub fn routes() -> Router<App> {
    Router::new()
//% for child in children
        .route("{{ path }}/{id}/{{ child.segment }}", get(list_{{ child.name }}){% if child.creates %}.post(create_{{ child.singular }}){% endif %})
//% endfor
//% for link in links
        .route("{{ path }}/{id}/{{ link.segment }}/{{ link.parameter }}", put(link_{{ link.singular }}).delete(unlink_{{ link.singular }}))
//% endfor
}

//% for child in children
async fn list_{{ child.name }}(
    State(app): State<App>,
    http::Id(id): http::Id<{{ id_owned }}>,
    listing: http::Listing,
) -> Result<http::Masked<{{ child.entity }}Page>, Error> {
    let page = relations::list_{{ child.name }}(&app, {{ id_borrow }}id, &listing).await?;
//% if child.includes
    let included = crate::{{ child.module }}::relations::include(&app, &page.{{ child.records }}, &listing.included(&{{ child.table }})).await?;
    Ok(http::Masked::page(page, listing.mask(&{{ child.table }})).with(included))
//% else
    Ok(http::Masked::page(page, listing.mask(&{{ child.table }})))
//% endif
}

//% if child.creates
async fn create_{{ child.singular }}(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(id): http::Id<{{ id_owned }}>,
    write: http::Write,
    child: http::Child,
) -> http::Answered {
//% if child.needs_key
    write.require_key()?;
//% endif
    relations::exists(&app, {{ id_borrow }}id).await?;
    let new = child.of("{{ child.member }}", &id)?;
    let mut unit = write
        .begin(&app.db, &caller, |saved: &Saved<{{ child.entity }}>| {
            let location = http::location("{{ child.path }}", &saved.id);
            http::Created::new(location, &**saved).into_response()
        })
        .await?;
    let outcome = crate::{{ child.module }}::commands::create(&app, &caller, &mut unit, new).await;
    unit.answer(outcome).await
}

//% endif
//% endfor
//% for link in links
async fn link_{{ link.singular }}(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<{{ id_owned }}, {{ link.id_owned }}>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::link_{{ link.singular }}(&app, &caller, &mut unit, {{ id_borrow }}id, &conditions, {{ link.borrow }}other).await;
    unit.answer(outcome).await
}

async fn unlink_{{ link.singular }}(
    State(app): State<App>,
    caller: http::Caller,
    http::Pair(id, other): http::Pair<{{ id_owned }}, {{ link.id_owned }}>,
    conditions: http::Conditions,
    write: http::Write,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::no_content).await?;
    let outcome = relations::unlink_{{ link.singular }}(&app, &caller, &mut unit, {{ id_borrow }}id, &conditions, {{ link.borrow }}other).await;
    unit.answer(outcome).await
}

//% endfor
