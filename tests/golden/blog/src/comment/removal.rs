//! How comments are removed, and what goes with them.

use svcgen_runtime::{Constraint, Error, Unit, db, http, params};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
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

/// Removes a comment, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none, when another change came first, or when other records refer to it.
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
    if inside.is_some() || conditions.exclude() {
        let tx = unit.hold().await?;
        let current: Option<Comment> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(current) = &current {
            conditions.admit(Some(current.version))?;
        }
        if let (Some(inside), Some(current)) = (inside, &current) {
            inside(tx, caller, current).await?;
        }
    }
    let removed: Option<(Uuid,)> = unit
        .write_optional(&DELETE, params![id, expected])
        .await
        .map_err(referred)?;
    if removed.is_none() {
        return Err(missed(app, id).await);
    }

    if unit.commit(&()).await? {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Why there was nothing to remove: no such record, or another version of it.
async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("comment", id),
        Err(error) => error,
    }
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[("DELETE", &DELETE)];
