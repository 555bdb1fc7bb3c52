//! How {{ naming.plural_sentence }} are removed, and what goes with them.

//% for line in removal_imports
{{ line }}
//% endfor
use super::rules::{{ naming.entity }}Rules;
use crate::app::App;
use crate::migrations;

//% for statement in removal.shared
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
//% for statement in removal.sqlite
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
//% for statement in removal.postgres
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
/// How {{ naming.a_sentence }} is removed, and what goes with it.
pub const REMOVAL: removal::Removal = removal::Removal {
    table: "{{ table }}",
    versioned: {% if versioned %}true{% else %}false{% endif %},
    archives: {% if removal.archives %}true{% else %}false{% endif %},
    is_tree: {% if removal.is_tree %}true{% else %}false{% endif %},
    reaches: {% if removal.reaches %}true{% else %}false{% endif %},
    schema: removal::schema_number(migrations::ALL),
    root: &ROOT,
    preview: &PREVIEW,
//% if removal.on_sqlite
    sqlite: Some(removal::Steps {
//% if removal.restricted
        restricted: Some(&RESTRICTED),
//% else
        restricted: None,
//% endif
        copies: &[{% for name in removal.copies %}&{{ name }}, {% endfor %}],
        remembered: &[{% for name in removal.remembered %}&{{ name }}, {% endfor %}],
        cuts: &[{% for name in removal.cuts %}&{{ name }}, {% endfor %}],
        ends: &[
//% for end in removal.ends
            removal::End {
                delete: &{{ end.delete }},
                copy: {{ end.copy }},
            },
//% endfor
        ],
    }),
//% else
    sqlite: None,
//% endif
//% if removal.on_postgres
    postgres: Some(removal::Whole {
        locks: &[{% for name in removal.locks %}&{{ name }}, {% endfor %}],
        statement: &REMOVE,
        takes: {{ removal.takes }},
    }),
//% else
    postgres: None,
//% endif
};

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

    let removed = match rules.inside_remove() {
        None => REMOVAL.remove(&app.db, id, {% if versioned %}expected{% else %}None{% endif %}, caller, removal).await?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
            if let Some({{ naming.var }}) = &current {
                inside(&mut tx, caller, {{ naming.var }}).await?;
                let batch = removal::Batch::new(caller, removal);
                if let Err(error) = REMOVAL.run(&mut tx, &batch, id, None).await {
                    drop(tx);
                    return Err(REMOVAL.explain(&app.db, id, error).await);
                }
            }
            tx.commit().await?;
            current.is_some()
        }
    };
    if !removed {
        return Err(missed(app, id).await);
    }

    rules.after_remove(app, caller, id).await;
    Ok(())
}

/// What removing {{ naming.a_sentence }} would do.
///
/// # Errors
///
/// Says so when there is none.
pub async fn preview(app: &App, id: {{ id }}) -> Result<removal::Preview, Error> {
    REMOVAL
        .preview(&app.db, id)
        .await?
        .ok_or_else(|| Error::not_found("{{ naming.sentence }}", id))
}
