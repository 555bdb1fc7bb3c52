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
const CONSTRAINTS: &[Constraint] = &[
//% for constraint in constraints
    {{ constraint }},
//% endfor
];

//% for link in links
/// What the ids in `{{ link.member }}` can refer to in vain.
const {{ link.constraints }}: &[Constraint] = &[{{ link.constraint }}];

//% endfor
/// Creates {{ naming.a_sentence }}.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(app: &App, caller: &http::Caller, mut new: New{{ naming.entity }}) -> Result<{{ naming.entity }}, Error> {
    let rules = {{ naming.entity }}Rules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

//% if timed_insert
    let now = Timestamp::now();
//% endif
    let parameters = params![
//% if new_id
        {{ new_id }},
//% endif
//% for parameter in insert
        {{ parameter }},
//% endfor
//% if timed_insert
        now,
//% endif
    ];
//% if links
    let mut tx = app.db.begin().await?;
    let {{ naming.var }}: {{ naming.entity }} = tx.write_one(&INSERT, parameters).await.map_err(constrained)?;
//% for link in links
    tx.execute(&{{ link.link }}, params![&{{ naming.var }}.id, db::Json(&new.{{ link.member }})])
        .await
        .map_err(|error| Error::from(error).constrained({{ link.constraints }}))?;
//% endfor
    let {{ naming.var }} = tx.fetch_one(&queries::FIND, params![&{{ naming.var }}.id]).await?;
    if let Some(inside) = rules.inside_create() {
        inside(&mut tx, caller, &{{ naming.var }}).await?;
    }
    tx.commit().await?;
//% else
    let {{ naming.var }} = match rules.inside_create() {
        None => app.db.write_one(&INSERT, parameters).await.map_err(constrained)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let {{ naming.var }} = tx.write_one(&INSERT, parameters).await.map_err(constrained)?;
            inside(&mut tx, caller, &{{ naming.var }}).await?;
            tx.commit().await?;
            {{ naming.var }}
        }
    };
//% endif

    rules.after_create(app, caller, &{{ naming.var }}).await;
    Ok({{ naming.var }})
}

//% if changeable
/// Changes {{ naming.a_sentence }}{% if versioned %}, if it still has the `expected` version{% endif %}.
///
/// # Errors
///
/// Says so when there is none{% if versioned %} or another change came first{% endif %}, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    id: {{ id }},
//% if versioned
    expected: Option<i64>,
//% endif
    mut changes: {{ naming.entity }}Changes,
) -> Result<{{ naming.entity }}, Error> {
    let rules = {{ naming.entity }}Rules;
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, &mut changes).await?;
    if changes == {{ naming.entity }}Changes::default() {
        return unchanged(app, id{% if versioned %}, expected{% endif %}).await;
    }

//% if merged
{% if versioned %}    let mut expected = expected;
{% endif %}    if changes.is_partial() {
        let current = queries::find(app, id).await?;
        changes.merge_into(&current);
//% if versioned
        // The merge is with the version that was read: nobody's change in between is lost.
        expected = expected.or(Some(current.version));
//% endif
    }
//% endif
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
//% if links
    let inside = rules.inside_change();
    let mut tx = app.db.begin().await?;
    let before: Option<{{ naming.entity }}> = match inside {
        None => None,
        Some(_) => tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?,
    };
    let changed: Option<{{ naming.entity }}> = tx.write_optional(&UPDATE, parameters).await.map_err(constrained)?;
    let Some(changed) = changed else {
        return Err(missed(app, id).await);
    };
//% for link in links
    if let Some({{ link.member }}) = &changes.{{ link.member }} {
        tx.execute(&{{ link.unlink }}, params![&changed.id]).await?;
        tx.execute(&{{ link.link }}, params![&changed.id, db::Json({{ link.member }})])
            .await
            .map_err(|error| Error::from(error).constrained({{ link.constraints }}))?;
    }
//% endfor
    let {{ naming.var }} = tx.fetch_one(&queries::FIND, params![&changed.id]).await?;
    if let (Some(inside), Some(before)) = (inside, &before) {
        inside(&mut tx, caller, before, &{{ naming.var }}).await?;
    }
    tx.commit().await?;
//% else
    let changed = match rules.inside_change() {
        None => app.db.write_optional(&UPDATE, parameters).await.map_err(constrained)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let before: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
            let changed = tx.write_optional(&UPDATE, parameters).await.map_err(constrained)?;
            if let (Some(before), Some(after)) = (&before, &changed) {
                inside(&mut tx, caller, before, after).await?;
            }
            tx.commit().await?;
            changed
        }
    };
    let Some({{ naming.var }}) = changed else {
        return Err(missed(app, id).await);
    };
//% endif

    rules.after_change(app, caller, &{{ naming.var }}).await;
    Ok({{ naming.var }})
}

/// The answer to a change that changes nothing.
async fn unchanged(app: &App, id: {{ id }}{% if versioned %}, expected: Option<i64>{% endif %}) -> Result<{{ naming.entity }}, Error> {
    let current = queries::find(app, id).await?;
//% if versioned
    if expected.is_some_and(|version| version != current.version) {
        return Err(missed(app, id).await);
    }
//% endif
    Ok(current)
}

//% endif
/// Why a statement found nothing to write: no such record{% if versioned %}, or another version of it{% endif %}.
pub(super) async fn missed(app: &App, id: {{ id }}) -> Error {
//% if versioned
    match app.db.fetch_optional::<(i64,)>(&queries::VERSION, params![id]).await {
        Ok(Some((version,))) => Error::precondition_failed(format!(
            "The {{ naming.sentence }} `{id}` is at version {version} by now."
        )),
        Ok(None) => Error::not_found("{{ naming.sentence }}", id),
        Err(error) => error.into(),
    }
//% else
    let _ = app;
    Error::not_found("{{ naming.sentence }}", id)
//% endif
}

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
