//! How comments are removed, and what goes with them.

use svcgen_runtime::{Error, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, missed};
use super::hooks::Rules as _;
use super::model::Comment;
use super::rules::CommentRules;
use crate::app::App;
use crate::migrations;

/// Whether the comment is there, held until the transaction ends.
const ROOT: db::Sql = db::Sql::each(
    "select true
     from comments
     where id = $1 and version = coalesce($2, version)",
    "select true
     from comments
     where id = $1 and version = coalesce($2, version)
     for update",
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
        locks: &[],
        statement: &REMOVE,
        takes: 0,
    }),
};

/// Removes a comment, if it still has the `expected` version.
///
/// # Errors
///
/// Says so when there is none, when another change came first, or when other records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    expected: Option<i64>,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = CommentRules;
    rules.before_remove(app, caller, id, removal).await?;

    let removed = match rules.inside_remove() {
        None => {
            REMOVAL
                .remove(&app.db, id, expected, caller, removal)
                .await?
        }
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let current: Option<Comment> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
            if let Some(comment) = &current {
                inside(&mut tx, caller, comment).await?;
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
