//! How {{ naming.plural_sentence }} are removed, and what goes with them.

//% for line in removal_imports
{{ line }}
//% endfor
use super::rules::{{ naming.entity }}Rules;
use crate::app::App;

//% for statement in removals
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
//% if removal
/// What the removal of {{ naming.a_sentence }} takes along.
pub const REMOVAL: removal::Removal = removal::Removal {
    locks: &[{% for name in removal.locks %}&{{ name }}, {% endfor %}],
    remembered: &[{% for name in removal.remembered %}&{{ name }}, {% endfor %}],
    cut: &[{% for name in removal.cut %}&{{ name }}, {% endfor %}],
    moves: &[
//% for move in removal.moves
        removal::Move {
            table: "{{ move.table }}",
//% if move.archive
            archive: Some(&{{ move.archive }}),
//% else
            archive: None,
//% endif
            delete: &{{ move.delete }},
        },
//% endfor
    ],
};

//% endif
/// The references that keep {{ naming.a_sentence }} from being removed.
const REFERRERS: &[Constraint] = &[
//% for referrer in referrers
    {{ referrer }},
//% endfor
];

/// Removes {{ naming.a_sentence }}, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none{% if versioned %}, when another change came first{% endif %}, or when other records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: {{ id }},
    conditions: &http::Conditions,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
//% if reason_required
    removal.require_reason()?;
//% endif
    rules.before_remove(app, caller, id, removal).await?;

//% if versioned
    let expected = conditions.expected()?;
//% else
    conditions.expect_no_version()?;
//% endif
//% if removal
    let tx = unit.hold().await?;
    let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
    let Some(current) = current else {
        return Err(missed(app, id).await);
    };
    conditions.admit({% if versioned %}Some(current.version){% else %}None{% endif %})?;
    if let Some(inside) = rules.inside_remove() {
        inside(tx, caller, &current).await?;
    }
    REMOVAL
        .run(tx, &current.id, caller, removal)
        .await
        .map_err(referred)?;
//% else
    let inside = rules.inside_remove();
    if inside.is_some() || conditions.exclude() {
        let tx = unit.hold().await?;
        let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
//% if versioned
        if let Some(current) = &current {
            conditions.admit(Some(current.version))?;
        }
//% else
        if current.is_some() {
            conditions.admit(None)?;
        }
//% endif
        if let (Some(inside), Some(current)) = (inside, &current) {
            inside(tx, caller, current).await?;
        }
    }
    let removed: Option<({{ id_owned }},)> = unit.write_optional(&DELETE, params![id{% if versioned %}, expected{% endif %}]).await.map_err(referred)?;
    if removed.is_none() {
        return Err(missed(app, id).await);
    }
//% endif

    if unit.commit(&()).await? {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Why there was nothing to remove: no such record{% if versioned %}, or another version of it{% endif %}.
async fn missed(app: &App, id: {{ id }}) -> Error {
//% if versioned
    match outdated(app, id).await {
        Ok(()) => Error::not_found("{{ naming.sentence }}", id),
        Err(error) => error,
    }
//% else
    let _ = app;
    Error::not_found("{{ naming.sentence }}", id)
//% endif
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
//% for statement in removals
    ("{{ statement.name }}", &{{ statement.name }}),
//% endfor
];
