//! How posts are removed, and what goes with them.

use svcgen_runtime::{Constraint, Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Post;
use super::rules::PostRules;
use crate::app::App;

/// Holds the comments that go until the transaction ends.
const LOCK_COMMENTS: db::Sql = db::Sql::each(
    "select true
     from comments
     where post_id = $1",
    "select true
     from comments
     where post_id = $1
     for update",
);

/// The copy of the post tags that go, in their archive.
const ARCHIVE_POST_TAGS: db::Sql = db::Sql::each(
    "insert into post_tags_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          post_id, tag_id)
     select randomblob(16), $2, cast(unixepoch('subsec') * 1000000 as integer), $3, $4,
         $5, 'posts',
         null,
         post_id, tag_id
     from post_tags
     where post_id = $1",
    "insert into post_tags_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          post_id, tag_id)
     select gen_random_uuid(), $2::uuid, now(), $3::text, $4::text, $5::text, 'posts',
         null,
         post_id, tag_id
     from post_tags
     where post_id = $1",
);

/// The end of the post tags that go.
const DELETE_POST_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags
     where post_id = $1",
);

/// The end of the comments that go.
const DELETE_COMMENTS: db::Sql = db::Sql::new(
    "delete from comments
     where post_id = $1",
);

/// The copy of the posts that go, in their archive.
const ARCHIVE_POSTS: db::Sql = db::Sql::each(
    "insert into posts_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, author_id, title, slug, body, published_at, version, created_at,
          updated_at)
     select randomblob(16), $2, cast(unixepoch('subsec') * 1000000 as integer), $3, $4,
         $5, 'posts',
         null,
         id, author_id, title, slug, body, published_at, version, created_at, updated_at
     from posts
     where id = $1",
    "insert into posts_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, author_id, title, slug, body, published_at, version, created_at,
          updated_at)
     select gen_random_uuid(), $2::uuid, now(), $3::text, $4::text, $5::text, 'posts',
         null,
         id, author_id, title, slug, body, published_at, version, created_at, updated_at
     from posts
     where id = $1",
);

/// The end of the posts that go.
const DELETE_POSTS: db::Sql = db::Sql::new(
    "delete from posts
     where id = $1",
);

/// What the removal of a post takes along.
pub const REMOVAL: removal::Removal = removal::Removal {
    locks: &[&LOCK_COMMENTS],
    remembered: &[],
    cut: &[],
    moves: &[
        removal::Move {
            table: "post_tags",
            archive: Some(&ARCHIVE_POST_TAGS),
            delete: &DELETE_POST_TAGS,
        },
        removal::Move {
            table: "comments",
            archive: None,
            delete: &DELETE_COMMENTS,
        },
        removal::Move {
            table: "posts",
            archive: Some(&ARCHIVE_POSTS),
            delete: &DELETE_POSTS,
        },
    ],
};

/// The references that keep a post from being removed.
const REFERRERS: &[Constraint] = &[
    Constraint::restrict("comments_post_id_fkey", "comments"),
    Constraint::restrict("post_tags_post_id_fkey", "post tags"),
];

/// Removes a post, if the `conditions` hold of it.
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
    let rules = PostRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let current: Option<Post> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
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
        Ok(()) => Error::not_found("post", id),
        Err(error) => error,
    }
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("LOCK_COMMENTS", &LOCK_COMMENTS),
    ("ARCHIVE_POST_TAGS", &ARCHIVE_POST_TAGS),
    ("DELETE_POST_TAGS", &DELETE_POST_TAGS),
    ("DELETE_COMMENTS", &DELETE_COMMENTS),
    ("ARCHIVE_POSTS", &ARCHIVE_POSTS),
    ("DELETE_POSTS", &DELETE_POSTS),
];
