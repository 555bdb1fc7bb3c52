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

/// Removes {{ naming.a_sentence }}{% if versioned %}, if it still has the `expected` version{% endif %}.
///
/// # Errors
///
/// Says so when there is none{% if versioned %}, when another change came first{% endif %}, or when other records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    id: {{ id }},
//% if versioned
    expected: Option<i64>,
//% endif
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
//% if reason_required
    removal.require_reason()?;
//% endif
    rules.before_remove(app, caller, id, removal).await?;

//% if removal
    let mut tx = app.db.begin().await?;
    let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
    let Some(current) = current else {
        return Err(missed(app, id).await);
    };
    if let Some(inside) = rules.inside_remove() {
        inside(&mut tx, caller, &current).await?;
    }
    REMOVAL
        .run(&mut tx, &current.id, caller, removal)
        .await
        .map_err(referred)?;
    tx.commit().await?;
//% else
    let removed: Option<({{ id_owned }},)> = match rules.inside_remove() {
        None => app.db.write_optional(&DELETE, params![id{% if versioned %}, expected{% endif %}]).await.map_err(referred)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
            if let Some({{ naming.var }}) = &current {
                inside(&mut tx, caller, {{ naming.var }}).await?;
            }
            let removed = tx.write_optional(&DELETE, params![id{% if versioned %}, expected{% endif %}]).await.map_err(referred)?;
            tx.commit().await?;
            removed
        }
    };
    if removed.is_none() {
        return Err(missed(app, id).await);
    }
//% endif

    rules.after_remove(app, caller, id).await;
    Ok(())
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
