//! How authors are removed, and what goes with them.

use svcgen_runtime::{Constraint, Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Author;
use super::rules::AuthorRules;
use crate::app::App;

/// The copy of the authors that go, in their archive.
const ARCHIVE_AUTHORS: db::Sql = db::Sql::each(
    "insert into authors_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, name, email, bio, version, created_at, updated_at)
     select randomblob(16), $2, cast(unixepoch('subsec') * 1000000 as integer), $3, $4,
         $5, 'authors',
         null,
         id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1",
    "insert into authors_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, name, email, bio, version, created_at, updated_at)
     select gen_random_uuid(), $2::uuid, now(), $3::text, $4::text, $5::text, 'authors',
         null,
         id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1",
);

/// The end of the authors that go.
const DELETE_AUTHORS: db::Sql = db::Sql::new(
    "delete from authors
     where id = $1",
);

/// What the removal of an author takes along.
pub const REMOVAL: removal::Removal = removal::Removal {
    locks: &[],
    remembered: &[],
    cut: &[],
    moves: &[removal::Move {
        table: "authors",
        archive: Some(&ARCHIVE_AUTHORS),
        delete: &DELETE_AUTHORS,
    }],
};

/// The references that keep an author from being removed.
const REFERRERS: &[Constraint] = &[Constraint::restrict("posts_author_id_fkey", "posts")];

/// Removes an author, if the `conditions` hold of it.
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
    let rules = AuthorRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let current: Option<Author> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    let Some(current) = current else {
        return Err(missed(app, id).await);
    };
    conditions.admit(Some(current.version))?;
    if let Some(inside) = rules.inside_remove() {
        inside(tx, caller, &current).await?;
    }
    REMOVAL
        .run(tx, &current.id, caller, removal)
        .await
        .map_err(referred)?;

    if unit.commit(&()).await? {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Why there was nothing to remove: no such record, or another version of it.
async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("author", id),
        Err(error) => error,
    }
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("ARCHIVE_AUTHORS", &ARCHIVE_AUTHORS),
    ("DELETE_AUTHORS", &DELETE_AUTHORS),
];
