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
    along: &[
//% for along in removal.along
        removal::Along {
            table: "{{ along.table }}",
            ids: &{{ along.ids }},
            rules: &crate::{{ along.module }}::removal::RULES,
        },
//% endfor
    ],
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
        statement: &REMOVE,
        takes: {{ removal.takes }},
    }),
//% else
    postgres: None,
//% endif
};

//% if removal.goes_along
/// What the rules add where {{ naming.a_sentence }} goes along with another record.
pub const RULES: removal::Rules = removal::Rules {
    are_written: || {{ naming.entity }}Rules.inside_remove_along().is_some(),
    inside: |tx, caller, id| {
        let inside = {{ naming.entity }}Rules.inside_remove_along();
        Box::pin(hooks::inside(tx, caller, inside, FIND, id))
    },
};

//% endif
/// Removes {{ naming.a_sentence }}, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none and that is not allowed{% if versioned %}, when another change came first{% endif %}, or when other
/// records refer to it.
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
    let inside = rules.inside_remove();
    let removed = if inside.is_none() && !conditions.exclude() && unit.may_stand_alone() {
        REMOVAL.remove(&app.db, id, {% if versioned %}expected{% else %}None{% endif %}, caller, removal).await?
    } else {
        let tx = unit.hold().await?;
        let current: Option<{{ naming.entity }}> = tx.fetch_optional(&LOCK, params![id{% if versioned %}, expected{% endif %}]).await?;
        if let Some({{ naming.var }}) = &current {
            conditions.admit({% if versioned %}Some({{ naming.var }}.version){% else %}None{% endif %})?;
            let batch = removal::Batch::new(caller, removal);
            remove_held(app, tx, caller, &batch, {{ naming.var }}).await?;
        }
        current.is_some()
    };
    if !removed {
        removal.pass_over(conditions, {% if versioned %}missed(app, id).await{% else %}missed(id){% endif %})?;
    }

    if unit.commit(&()).await? && removed {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Removes a record that a transaction holds, as part of a batch.
pub(super) async fn remove_held(
    app: &App,
    tx: &mut db::Transaction<'static>,
    caller: &http::Caller,
    batch: &removal::Batch,
    {{ naming.var }}: &{{ naming.entity }},
) -> Result<(), Error> {
    if let Some(inside) = {{ naming.entity }}Rules.inside_remove() {
        inside(tx, caller, {{ naming.var }}).await?;
    }
    match REMOVAL.run(tx, batch, {{ id_borrow }}{{ naming.var }}.id, None).await {
        Ok(_) => Ok(()),
        Err(error) => Err(REMOVAL.explain(&app.db, {{ id_borrow }}{{ naming.var }}.id, error).await),
    }
}

/// Why there was nothing to remove: no such record{% if versioned %}, or another version of it{% endif %}.
pub(super) {% if versioned %}async {% endif %}fn missed({% if versioned %}app: &App, {% endif %}id: {{ id }}) -> Error {
//% if versioned
    match outdated(app, id).await {
        Ok(()) => Error::not_found("{{ naming.sentence }}", id),
        Err(error) => error,
    }
//% else
    Error::not_found("{{ naming.sentence }}", id)
//% endif
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
