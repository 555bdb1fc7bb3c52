//! How tags are removed, and what goes with them.

use svcgen_runtime::{Constraint, Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Tag;
use super::rules::TagRules;
use crate::app::App;

/// The copy of the post tags that go, in their archive.
const ARCHIVE_POST_TAGS: db::Sql = db::Sql::each(
    "insert into post_tags_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          post_id, tag_id)
     select randomblob(16), $2, cast(unixepoch('subsec') * 1000000 as integer), $3, $4,
         $5, 'tags',
         null,
         post_id, tag_id
     from post_tags
     where tag_id = $1",
    "insert into post_tags_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          post_id, tag_id)
     select gen_random_uuid(), $2::uuid, now(), $3::text, $4::text, $5::text, 'tags',
         null,
         post_id, tag_id
     from post_tags
     where tag_id = $1",
);

/// The end of the post tags that go.
const DELETE_POST_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags
     where tag_id = $1",
);

/// The end of the tags that go.
const DELETE_TAGS: db::Sql = db::Sql::new(
    "delete from tags
     where id = $1",
);

/// What the removal of a tag takes along.
pub const REMOVAL: removal::Removal = removal::Removal {
    locks: &[],
    remembered: &[],
    cut: &[],
    moves: &[
        removal::Move {
            table: "post_tags",
            archive: Some(&ARCHIVE_POST_TAGS),
            delete: &DELETE_POST_TAGS,
        },
        removal::Move {
            table: "tags",
            archive: None,
            delete: &DELETE_TAGS,
        },
    ],
};

/// The references that keep a tag from being removed.
const REFERRERS: &[Constraint] = &[Constraint::restrict("post_tags_tag_id_fkey", "post tags")];

/// Removes a tag, if the `conditions` hold of it.
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
    let rules = TagRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let current: Option<Tag> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
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
        Ok(()) => Error::not_found("tag", id),
        Err(error) => error,
    }
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("ARCHIVE_POST_TAGS", &ARCHIVE_POST_TAGS),
    ("DELETE_POST_TAGS", &DELETE_POST_TAGS),
    ("DELETE_TAGS", &DELETE_TAGS),
];
