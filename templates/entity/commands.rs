//! What can be done to {{ naming.plural_sentence }}: rules first, then one statement or one transaction.

//% for line in command_imports
{{ line }}
//% endfor
use super::hooks::Rules as _;
use super::rules::{{ naming.entity }}Rules;
use crate::app::App;

//% for statement in commands
/// {{ statement.doc }}
pub const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
/// The named constraints, each with the member of a request that it is about.
pub(super) const CONSTRAINTS: &[Constraint] = &[
//% for constraint in constraints
    {{ constraint }},
//% endfor
];

//% for link in links
/// What the ids in `{{ link.member }}` can refer to in vain.
pub(super) const {{ link.constraints }}: &[Constraint] = &[{{ link.constraint }}];

//% endfor
/// Creates {{ naming.a_sentence }}.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<{{ naming.entity }}>>,
    new: New{{ naming.entity }},
) -> Result<Saved<{{ naming.entity }}>, Error> {
    let created = insert(app, caller, unit, new, &INSERT).await?;
    let saved = Saved::Created(created.ok_or(db::DbError::NoRow)?);
    finish(app, caller, unit, saved).await
}

//% if changeable
/// Changes {{ naming.a_sentence }}, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none{% if versioned %} or another change came first{% endif %}, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<{{ naming.entity }}>>,
    id: {{ id }},
    conditions: &http::Conditions,
    mut changes: {{ naming.entity }}Changes,
) -> Result<Saved<{{ naming.entity }}>, Error> {
    prepare(app, caller, id, &mut changes).await?;
    let changed = write({% if versioned %}app, {% endif %}caller, unit, id, conditions, changes{% if merged %}, true{% endif %}).await?;
    let saved = changed.ok_or_else(|| Error::not_found("{{ naming.sentence }}", id))?;
    finish(app, caller, unit, saved).await
}

/// Writes over {{ naming.a_sentence }}, in part or as a whole{% if chosen_id %}; makes it where it is missing and `edit` says so{% endif %}.
///
/// # Errors
///
/// Those of [`change`]{% if chosen_id %} and of [`create`]{% endif %}, and refuses another value of what cannot change.
pub async fn edit(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<{{ naming.entity }}>>,
    id: {{ id }},
    conditions: &http::Conditions,
    edit: http::Edit<{{ naming.entity }}Changes, New{{ naming.entity }}>,
) -> Result<Saved<{{ naming.entity }}>, Error> {
    if let http::Edit::Part(changes) = edit {
        return change(app, caller, unit, id, conditions, changes).await;
    }
//% if chosen_id
    let current: Option<{{ naming.entity }}> = app.db.fetch_optional(&queries::FIND, params![id]).await?;
//% if immutable
    if let (http::Edit::Whole(new, _), Some(current)) = (&edit, &current) {
        new.agree_with(current).into_result()?;
    }
//% endif
    let mut is_there = current.is_some();
    for _ in 0..db::ATTEMPTS {
        let saved = if is_there {
            let mut changes = edit.changes()?;
            prepare(app, caller, id, &mut changes).await?;
            write({% if versioned %}app, {% endif %}caller, unit, id, conditions, changes{% if merged %}, edit.is_part(){% endif %}).await?
        } else {
            let new = edit.new_record()?;
            let new = new.ok_or_else(|| Error::not_found("{{ naming.sentence }}", id))?;
            conditions.admit_new()?;
            let created = insert(app, caller, unit, new, &INSERT_MISSING).await?;
            created.map(Saved::Created)
        };
        if let Some(saved) = saved {
            return finish(app, caller, unit, saved).await;
        }
        // Somebody has made it, or removed it, in the meantime.
        is_there = !is_there;
    }
    Err(db::DbError::Serialization.into())
//% else
//% if immutable
    if let http::Edit::Whole(new, _) = &edit {
        let current = queries::find(app, id).await?;
        new.agree_with(&current).into_result()?;
    }
//% endif
    let mut changes = edit.changes()?;
    prepare(app, caller, id, &mut changes).await?;
    let changed = write({% if versioned %}app, {% endif %}caller, unit, id, conditions, changes{% if merged %}, edit.is_part(){% endif %}).await?;
    let saved = changed.ok_or_else(|| Error::not_found("{{ naming.sentence }}", id))?;
    finish(app, caller, unit, saved).await
//% endif
}

//% endif
/// A new record, once the rules agree; `None` where `statement` finds its id taken.
async fn insert(
    app: &App,
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    mut new: New{{ naming.entity }},
    statement: &db::Sql,
) -> Result<Option<{{ naming.entity }}>, Error> {
    let rules = {{ naming.entity }}Rules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let inside = rules.inside_create();
//% if links
    work.hold().await?;
//% else
    if inside.is_some() {
        work.hold().await?;
    }
//% endif
    let parameters = insert_parameters(&new);
    let created: Option<{{ naming.entity }}> = work.write_optional(statement, parameters).await.map_err(constrained)?;
    let Some({{ naming.var }}) = created else {
        return Ok(None);
    };
//% if links
//% for link in links
//% if link.touched
    if !new.{{ link.member }}.is_empty() {
        work.execute(&{{ link.touch }}, params![&{{ naming.var }}.id, db::Json(&new.{{ link.member }}){{ link.touch_time }}]).await?;
    }
//% endif
    work.execute(&{{ link.link }}, params![&{{ naming.var }}.id, db::Json(&new.{{ link.member }})])
        .await
        .map_err(|error| Error::from(error).constrained({{ link.constraints }}))?;
//% endfor
    let {{ naming.var }}: {{ naming.entity }} = work.fetch_one(&queries::FIND, params![&{{ naming.var }}.id]).await?;
//% endif
    let Some(inside) = inside else {
        return Ok(Some({{ naming.var }}));
    };
    inside(work.hold().await?, caller, &{{ naming.var }}).await?;
    Ok(Some(work.fetch_one(&queries::FIND, params![&{{ naming.var }}.id]).await?))
}

/// What the statements that insert take.
pub(super) fn insert_parameters({% if takes_new %}new{% else %}_new{% endif %}: &New{{ naming.entity }}) -> Vec<db::Value> {
    params![
//% if new_id
        {{ new_id }},
//% endif
//% for parameter in insert
        {{ parameter }},
//% endfor
//% if timed_insert
        Timestamp::now(),
//% endif
    ]
}

//% if changeable
/// What comes before a change: the rules agree to it, and may still alter it.
pub(super) async fn prepare(
    app: &App,
    caller: &http::Caller,
    id: {{ id }},
    changes: &mut {{ naming.entity }}Changes,
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
    let mut found = Violations::new();
    rules.check_changes(changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, changes).await
}

/// Changes that the rules have agreed to; `None` where there is no such record.
pub(super) async fn write(
//% if versioned
    app: &App,
//% endif
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    id: {{ id }},
    conditions: &http::Conditions,
    {% if merged %}mut {% endif %}changes: {{ naming.entity }}Changes,
//% if merged
    merge: bool,
//% endif
) -> Result<Option<Saved<{{ naming.entity }}>>, Error> {
//% if versioned
    let expected = conditions.expected()?;
//% else
    conditions.expect_no_version()?;
//% endif
    let inside = {{ naming.entity }}Rules.inside_change();
//% for link in links
//% if link.held_first
    if let Some({{ link.member }}) = &changes.{{ link.member }} {
        let tx = work.hold().await?;
        let _held: Vec<(bool,)> = tx.fetch_all(&{{ link.hold }}, params![id, db::Json({{ link.member }})]).await?;
    }
//% endif
//% endfor
    let mut before: Option<{{ naming.entity }}> = None;
    if inside.is_some() || conditions.exclude(){% if merged %} || (merge && changes.is_partial()){% endif %} {
        let tx = work.hold().await?;
        before = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
//% if links
        if before.is_some() {
            // Whoever held the record until now may have changed its links.
            before = tx.fetch_optional(&queries::FIND, params![id]).await?;
        }
//% endif
//% if versioned
        if let Some(current) = &before {
            conditions.admit(Some(current.version))?;
        }
//% else
        if before.is_some() {
            conditions.admit(None)?;
        }
//% endif
//% if merged
        if let (true, Some(current)) = (merge, &before) {
            changes.merge_into(current);
        }
//% endif
    }
    if changes == {{ naming.entity }}Changes::default() {
        return unchanged({% if versioned %}app, {% endif %}work, id{% if versioned %}, expected{% endif %}).await;
    }
//% for link in links
    if changes.{{ link.member }}.is_some() {
        work.hold().await?;
    }
//% endfor
    let parameters = params![
        id,
//% if versioned
        expected,
//% endif
//% if timed_update
        Timestamp::now(),
//% endif
//% for parameter in update
        {{ parameter }},
//% endfor
    ];
    let changed: Option<{{ naming.entity }}> = work.write_optional(&UPDATE, parameters).await.map_err(constrained)?;
    let Some({% if links %}mut {% endif %}{{ naming.var }}) = changed else {
//% if versioned
        if expected.is_some() {
            outdated(app, id).await?;
        }
//% endif
        return Ok(None);
    };
//% for link in links
    if let Some({{ link.member }}) = &changes.{{ link.member }} {
//% if link.touched
        work.execute(&{{ link.touch }}, params![&{{ naming.var }}.id, db::Json({{ link.member }}){{ link.touch_time }}]).await?;
//% endif
        work.execute(&{{ link.unlink }}, params![&{{ naming.var }}.id]).await?;
        work.execute(&{{ link.link }}, params![&{{ naming.var }}.id, db::Json({{ link.member }})])
            .await
            .map_err(|error| Error::from(error).constrained({{ link.constraints }}))?;
        {{ naming.var }} = work.fetch_one(&queries::FIND, params![&{{ naming.var }}.id]).await?;
    }
//% endfor
    let (Some(inside), Some(before)) = (inside, before) else {
        return Ok(Some(Saved::Changed({{ naming.var }})));
    };
    inside(work.hold().await?, caller, &before, &{{ naming.var }}).await?;
    let {{ naming.var }} = work.fetch_one(&queries::FIND, params![&{{ naming.var }}.id]).await?;
    Ok(Some(Saved::Changed({{ naming.var }})))
}

/// The answer to a change that changes nothing.
async fn unchanged({% if versioned %}app: &App, {% endif %}work: &mut db::Work<'_>, id: {{ id }}{% if versioned %}, expected: Option<i64>{% endif %}) -> Result<Option<Saved<{{ naming.entity }}>>, Error> {
    let current: Option<{{ naming.entity }}> = work.fetch_optional(&queries::FIND, params![id]).await?;
//% if versioned
    if let (Some(current), Some(expected)) = (&current, expected)
        && current.version != expected
    {
        outdated(app, id).await?;
    }
//% endif
    Ok(current.map(Saved::Unchanged))
}

//% endif
/// Ends a command: what it wrote lasts from here on, and the rules hear of it.
async fn finish(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<{{ naming.entity }}>>,
    saved: Saved<{{ naming.entity }}>,
) -> Result<Saved<{{ naming.entity }}>, Error> {
    if unit.commit(&saved).await? {
        tell(app, caller, &saved).await;
    }
    Ok(saved)
}

/// Tells the rules what has happened.
pub(super) async fn tell(app: &App, caller: &http::Caller, saved: &Saved<{{ naming.entity }}>) {
    match saved {
        Saved::Created({{ naming.var }}) => {{ naming.entity }}Rules.after_create(app, caller, {{ naming.var }}).await,
//% if changeable
        Saved::Changed({{ naming.var }}) => {{ naming.entity }}Rules.after_change(app, caller, {{ naming.var }}).await,
        Saved::Unchanged(_) => {}
//% else
        Saved::Changed(_) | Saved::Unchanged(_) => {}
//% endif
    }
}

//% if versioned
/// Refuses what was to be done to a record of an older version, if the record is there at all.
pub(super) async fn outdated(app: &App, id: {{ id }}) -> Result<(), Error> {
    let found: Option<(i64,)> = app.db.fetch_optional(&queries::VERSION, params![id]).await?;
    match found {
        None => Ok(()),
        Some((version,)) => Err(Error::precondition_failed(format!(
            "The {{ naming.sentence }} `{id}` is at version {version} by now."
        ))),
    }
}

//% endif
/// A database error, with what a broken constraint means to the caller.
fn constrained(error: db::DbError) -> Error {
    Error::from(error).constrained(CONSTRAINTS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
//% for statement in commands
    ("{{ statement.name }}", &{{ statement.name }}),
//% endfor
];
