//! What {{ naming.plural_sentence }} are related to: {{ summary }}.

//% for line in imports
{{ line }}
//% endfor

//% for statement in statements
/// {{ statement.doc }}
pub const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
/// The relations that `include` may name.
pub const RELATIONS: &[&str] = &[{% for include in includes %}"{{ include.name }}", {% endfor %}];

/// What `include` names of these {{ naming.plural_sentence }}: one statement for each name, however many records there are.
///
/// # Errors
///
/// Says so when the database does not answer.
pub async fn include(
    app: &App,
    records: &[{{ naming.entity }}],
    include: &list::Include,
) -> Result<http::Included, Error> {
    if include.is_empty() {
        return Ok(http::Included::default());
    }
    let mut included = http::Included::of(records.len());
//% for include in includes
    if include.has("{{ include.name }}") {
        let owners = records.iter().{{ include.owners }};
        let through = {{ include.through }};
        let found = {{ include.table }}.belonging::<{{ include.entity }}, {{ include.key }}>(&app.db, through, owners).await?;
        let each = records.iter().map(|record| {{ include.find }});
        included.{{ include.add }}("{{ include.name }}", each)?;
    }
//% endfor
    Ok(included)
}

//% for child in children
/// The {{ child.sentence }} of {{ naming.a_sentence }}, as a caller asks for them.
///
/// # Errors
///
/// Says so when there is no such {{ naming.sentence }}, and names every parameter that cannot be understood.
pub async fn list_{{ child.name }}(
    app: &App,
    id: {{ id }},
    listing: &http::Listing,
) -> Result<{{ child.entity }}Page, Error> {
    exists(app, id).await?;
    let within = list::Within {
        condition: {{ child.condition }},
        values: params![id],
    };
    let page = {{ child.table }}.page(&app.db, &app.pages, Some(within), listing).await?;
    Ok(page.into())
}

//% endfor
//% for link in links
/// Links {{ naming.a_sentence }} with {{ link.a_sentence }}; where they are linked already, nothing changes.
///
/// The rules see it as the change of `{{ link.member }}` that it is.
///
/// # Errors
///
/// Says so when one of them is not there{% if versioned %}, when another change came first{% endif %}, or when there would be too many.
pub async fn link_{{ link.singular }}(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: {{ id }},
    conditions: &http::Conditions,
    other: {{ link.id }},
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
//% if versioned
    let expected = conditions.expected()?;
//% else
    conditions.expect_no_version()?;
//% endif
    let tx = unit.hold().await?;
//% if link.held_first
    let there: Option<(bool,)> = tx.fetch_optional(&{{ link.hold }}, params![other]).await?;
//% endif
    let held: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
    if held.is_none() {
        return Err({% if versioned %}missed(app, id).await{% else %}missed(id){% endif %});
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: {{ naming.entity }} = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit({% if versioned %}Some(before.version){% else %}None{% endif %})?;
//% if not link.held_first
    let there: Option<(bool,)> = tx.fetch_optional(&{{ link.hold }}, params![other]).await?;
//% endif
    if there.is_none() {
        return Err(Error::not_found("{{ link.sentence }}", other));
    }
    if before.{{ link.field }}.{{ link.has }} {
        unit.commit(&()).await?;
        return Ok(());
    }
    let mut ids = before.{{ link.field }}.clone();
    ids.push({{ link.other_owned }});
    if ids.len() > {{ link.most }} {
        let detail = "{{ naming.capital_a_sentence }} is linked with at most {{ link.most }} {{ link.plural_sentence }}.";
        return Err(Error::failed_precondition("TOO_MANY_LINKS", detail));
    }
    let changes = {{ naming.entity }}Changes {
        {{ link.field }}: Some(ids),
//% if link.has_more_changes
        ..{{ naming.entity }}Changes::default()
//% endif
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&{{ link.tie }}, params![id, other]).await?;
    let after = touched(tx, id).await?;
//% if link.touched
    tx.execute(&{{ link.touch }}, params![other{{ link.touch_time }}]).await?;
//% endif
    if let Some(inside) = rules.inside_change() {
        inside(tx, caller, &before, &after).await?;
    }
    if unit.commit(&()).await? {
        rules.after_change(app, caller, &after).await;
    }
    Ok(())
}

/// Ends the link of {{ naming.a_sentence }} with {{ link.a_sentence }}; where there is none, nothing changes.
///
/// The rules see it as the change of `{{ link.member }}` that it is.
///
/// # Errors
///
/// Says so when there is no such {{ naming.sentence }}{% if versioned %}, or when another change came first{% endif %}.
pub async fn unlink_{{ link.singular }}(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: {{ id }},
    conditions: &http::Conditions,
    other: {{ link.id }},
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
//% if versioned
    let expected = conditions.expected()?;
//% else
    conditions.expect_no_version()?;
//% endif
    let tx = unit.hold().await?;
//% if link.held_first
    let _held: Option<(bool,)> = tx.fetch_optional(&{{ link.hold }}, params![other]).await?;
//% endif
    let held: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
    if held.is_none() {
        return Err({% if versioned %}missed(app, id).await{% else %}missed(id){% endif %});
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: {{ naming.entity }} = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit({% if versioned %}Some(before.version){% else %}None{% endif %})?;
    let mut ids = before.{{ link.field }}.clone();
    ids.retain(|it| {{ link.differs }});
    if ids.len() == before.{{ link.field }}.len() {
        unit.commit(&()).await?;
        return Ok(());
    }
    let changes = {{ naming.entity }}Changes {
        {{ link.field }}: Some(ids),
//% if link.has_more_changes
        ..{{ naming.entity }}Changes::default()
//% endif
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&{{ link.untie }}, params![id, other]).await?;
    let after = touched(tx, id).await?;
//% if link.touched
    tx.execute(&{{ link.touch }}, params![other{{ link.touch_time }}]).await?;
//% endif
    if let Some(inside) = rules.inside_change() {
        inside(tx, caller, &before, &after).await?;
    }
    if unit.commit(&()).await? {
        rules.after_change(app, caller, &after).await;
    }
    Ok(())
}

//% endfor
//% if linked
/// The record after a change of its links, which counts as a change of the record: it shows their ids.
async fn touched(tx: &mut db::Transaction<'static>, id: {{ id }}) -> Result<{{ naming.entity }}, Error> {
//% if touchable
    tx.execute(&TOUCH, params![id{{ touch_time }}]).await?;
//% endif
    Ok(tx.fetch_one(&queries::FIND, params![id]).await?)
}

//% endif
//% if children
/// Refuses the id of {{ naming.a_sentence }} that is not there.
pub async fn exists(app: &App, id: {{ id }}) -> Result<(), Error> {
    let there: Option<(bool,)> = app.db.fetch_optional(&EXISTS, params![id]).await?;
    there.map_or_else(|| Err(Error::not_found("{{ naming.sentence }}", id)), |_| Ok(()))
}

//% endif
/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
//% for statement in statements
    ("{{ statement.name }}", &{{ statement.name }}),
//% endfor
];
