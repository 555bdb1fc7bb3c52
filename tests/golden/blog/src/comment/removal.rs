//! How comments are removed, and what goes with them.

use svcgen_runtime::{Constraint, Error, db, http, params};
use uuid::Uuid;

use super::commands::{LOCK, missed};
use super::hooks::Rules as _;
use super::model::Comment;
use super::rules::CommentRules;
use crate::app::App;

/// The end of one comment.
const DELETE: db::Sql = db::Sql::new(
    "delete from comments
     where id = $1 and version = coalesce($2, version)
     returning id",
);

/// The references that keep a comment from being removed.
const REFERRERS: &[Constraint] = &[];

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

    let removed: Option<(Uuid,)> = match rules.inside_remove() {
        None => app
            .db
            .write_optional(&DELETE, params![id, expected])
            .await
            .map_err(referred)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let current: Option<Comment> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
            if let Some(comment) = &current {
                inside(&mut tx, caller, comment).await?;
            }
            let removed = tx
                .write_optional(&DELETE, params![id, expected])
                .await
                .map_err(referred)?;
            tx.commit().await?;
            removed
        }
    };
    if removed.is_none() {
        return Err(missed(app, id).await);
    }

    rules.after_remove(app, caller, id).await;
    Ok(())
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[("DELETE", &DELETE)];
