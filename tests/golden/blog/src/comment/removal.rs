//! How comments are removed, and what goes with them.

use svcgen_runtime::{Error, Unit, db, hooks, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Comment;
use super::queries::FIND;
use super::rules::CommentRules;
use crate::app::App;
use crate::migrations;

/// Whether the comment is there, held until the transaction ends.
const ROOT: db::Sql = db::held!(
    "select true
     from comments
     where id = $1 and version = coalesce($2, version)"
);

/// What goes with the comment, what is cut from it, and what keeps it.
const PREVIEW: db::Sql = db::Sql::new(
    "select 'comments' as name, 'deleted' as effect, count(*) as records
     from comments
     where id = $1",
);

/// The end of the comments that go.
const DELETE_COMMENTS: db::Sql = db::Sql::new(
    "delete from comments
     where id = $1",
);

/// The whole removal of a comment: what goes, its copies, and what is cut.
const REMOVE: db::Sql = db::Sql::new(
    "with gone_comments as (
         delete from comments
         where id = $1 and version = coalesce($2, version)
         returning id
     )
     select count(*)
     from gone_comments",
);

/// How a comment is removed, and what goes with it.
pub const REMOVAL: removal::Removal = removal::Removal {
    table: "comments",
    versioned: true,
    archives: false,
    is_tree: false,
    reaches: false,
    schema: removal::schema_number(migrations::ALL),
    root: &ROOT,
    preview: &PREVIEW,
    along: &[],
    sqlite: Some(removal::Steps {
        restricted: None,
        copies: &[],
        remembered: &[],
        cuts: &[],
        ends: &[removal::End {
            delete: &DELETE_COMMENTS,
            copy: None,
        }],
    }),
    postgres: Some(removal::Whole {
        statement: &REMOVE,
        takes: 0,
    }),
};

/// What the rules add where a comment goes along with another record.
pub const RULES: removal::Rules = removal::Rules {
    are_written: || CommentRules.inside_remove_along().is_some(),
    inside: |tx, caller, id| {
        let inside = CommentRules.inside_remove_along();
        Box::pin(hooks::inside(tx, caller, inside, FIND, id))
    },
};

/// Removes a comment, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none and that is not allowed, when another change came first, or when other
/// records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = CommentRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let inside = rules.inside_remove();
    let removed = if inside.is_none() && !conditions.exclude() && unit.may_stand_alone() {
        REMOVAL
            .remove(&app.db, id, expected, caller, removal)
            .await?
    } else {
        let tx = unit.hold().await?;
        let current: Option<Comment> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(comment) = &current {
            conditions.admit(Some(comment.version))?;
            let batch = removal::Batch::new(caller, removal);
            remove_held(app, tx, caller, &batch, comment).await?;
        }
        current.is_some()
    };
    if !removed {
        removal.pass_over(conditions, missed(app, id).await)?;
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
    comment: &Comment,
) -> Result<(), Error> {
    if let Some(inside) = CommentRules.inside_remove() {
        inside(tx, caller, comment).await?;
    }
    match REMOVAL.run(tx, batch, comment.id, None).await {
        Ok(_) => Ok(()),
        Err(error) => Err(REMOVAL.explain(&app.db, comment.id, error).await),
    }
}

/// Why there was nothing to remove: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("comment", id),
        Err(error) => error,
    }
}

/// What removing a comment would do.
///
/// # Errors
///
/// Says so when there is none.
pub async fn preview(app: &App, id: Uuid) -> Result<removal::Preview, Error> {
    REMOVAL
        .preview(&app.db, id)
        .await?
        .ok_or_else(|| Error::not_found("comment", id))
}
