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
    child: http::Child,
) -> Result<http::Created<{{ child.entity }}>, Error> {
    relations::exists(&app, {{ id_borrow }}id).await?;
    let new = child.of("{{ child.member }}", &id)?;
    let record = crate::{{ child.module }}::commands::create(&app, &caller, new).await?;
    let location = http::location("{{ child.path }}", &record.id);
    Ok(http::Created::new(location, record))
}

//% endif
//% endfor
//% for link in links
async fn link_{{ link.singular }}(
    State(app): State<App>,
    caller: http::Caller,
    http::Ids(id, other): http::Ids<{{ id_owned }}, {{ link.id_owned }}>,
    if_match: http::IfMatch,
) -> Result<http::NoContent, Error> {
//% if versioned
    let expected = if_match.version()?;
    relations::link_{{ link.singular }}(&app, &caller, {{ id_borrow }}id, expected, {{ link.borrow }}other).await?;
//% else
    if_match.refuse()?;
    relations::link_{{ link.singular }}(&app, &caller, {{ id_borrow }}id, {{ link.borrow }}other).await?;
//% endif
    Ok(http::NoContent)
}

async fn unlink_{{ link.singular }}(
    State(app): State<App>,
    caller: http::Caller,
    http::Ids(id, other): http::Ids<{{ id_owned }}, {{ link.id_owned }}>,
    if_match: http::IfMatch,
) -> Result<http::NoContent, Error> {
//% if versioned
    let expected = if_match.version()?;
    relations::unlink_{{ link.singular }}(&app, &caller, {{ id_borrow }}id, expected, {{ link.borrow }}other).await?;
//% else
    if_match.refuse()?;
    relations::unlink_{{ link.singular }}(&app, &caller, {{ id_borrow }}id, {{ link.borrow }}other).await?;
//% endif
    Ok(http::NoContent)
}

//% endfor
