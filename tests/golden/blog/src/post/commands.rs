//! What can be done to posts: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Violations, db, http, params, removal};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{NewPost, Post, PostChanges};
use super::queries;
use super::rules::PostRules;
use crate::app::App;

/// A new post.
pub const INSERT: db::Sql = db::Sql::each(
    "insert into posts (id, author_id, title, slug, body, published_at, version,
         created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     returning id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at",
    "insert into posts (id, author_id, title, slug, body, published_at, version,
         created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     returning id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at",
);

/// The changes of one post: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::each(
    "update posts
     set version = version + 1,
         updated_at = $3,
         author_id = coalesce($4, author_id),
         title = coalesce($5, title),
         slug = coalesce($6, slug),
         body = coalesce($7, body),
         published_at = case when $8 then $9 else published_at end
     where id = $1 and version = coalesce($2, version)
     returning id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at",
    "update posts
     set version = version + 1,
         updated_at = $3,
         author_id = coalesce($4, author_id),
         title = coalesce($5, title),
         slug = coalesce($6, slug),
         body = coalesce($7, body),
         published_at = case when $8 then $9 else published_at end
     where id = $1 and version = coalesce($2, version)
     returning id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at",
);

/// New rows of `post_tags` from a JSON array of ids.
pub const LINK_TAG_IDS: db::Sql = db::Sql::each(
    "insert into post_tags (post_id, tag_id)
     select distinct $1, unhex(element.value, '-')
     from json_each($2) as element",
    "insert into post_tags (post_id, tag_id)
     select distinct $1::uuid, element.value::uuid
     from jsonb_array_elements_text($2) as element (value)",
);

/// The end of a record's rows of `post_tags`.
pub const UNLINK_TAG_IDS: db::Sql = db::Sql::new("delete from post_tags where post_id = $1");

/// One post by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::Sql::each(
    "select id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at
     from posts
     where id = $1 and version = coalesce($2, version)",
    "select id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at
     from posts
     where id = $1 and version = coalesce($2, version)
     for update",
);

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

/// The named constraints, each with the member of a request that it is about.
const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("posts_pkey", "posts", &["id"], "/id"),
    Constraint::unique("posts_slug_key", "posts", &["slug"], "/slug"),
    Constraint::reference("posts_author_id_fkey", "/author_id"),
    Constraint::check("posts_title_check", "/title"),
    Constraint::check("posts_slug_check", "/slug"),
];

/// What the ids in `tag_ids` can refer to in vain.
const TAG_IDS: &[Constraint] = &[Constraint::reference("post_tags_tag_id_fkey", "/tag_ids")];

/// The references that keep a post from being removed.
const REFERRERS: &[Constraint] = &[
    Constraint::restrict("comments_post_id_fkey", "comments"),
    Constraint::restrict("post_tags_post_id_fkey", "post tags"),
];

/// Creates a post.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(app: &App, caller: &http::Caller, mut new: NewPost) -> Result<Post, Error> {
    let rules = PostRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let now = Timestamp::now();
    let parameters = params![
        new.id.unwrap_or_else(Uuid::now_v7),
        new.author_id,
        &new.title,
        &new.slug,
        &new.body,
        new.published_at,
        now,
    ];
    let mut tx = app.db.begin().await?;
    let post: Post = tx
        .write_one(&INSERT, parameters)
        .await
        .map_err(constrained)?;
    tx.execute(&LINK_TAG_IDS, params![&post.id, db::Json(&new.tag_ids)])
        .await
        .map_err(|error| Error::from(error).constrained(TAG_IDS))?;
    let post = tx.fetch_one(&queries::FIND, params![&post.id]).await?;
    if let Some(inside) = rules.inside_create() {
        inside(&mut tx, caller, &post).await?;
    }
    tx.commit().await?;

    rules.after_create(app, caller, &post).await;
    Ok(post)
}

/// Changes a post, if it still has the `expected` version.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    expected: Option<i64>,
    mut changes: PostChanges,
) -> Result<Post, Error> {
    let rules = PostRules;
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, &mut changes).await?;
    if changes == PostChanges::default() {
        return unchanged(app, id, expected).await;
    }

    let parameters = params![
        id,
        expected,
        Timestamp::now(),
        changes.author_id,
        &changes.title,
        &changes.slug,
        &changes.body,
        changes.published_at.is_some(),
        changes.published_at.flatten(),
    ];
    let inside = rules.inside_change();
    let mut tx = app.db.begin().await?;
    let before: Option<Post> = match inside {
        None => None,
        Some(_) => tx.fetch_optional(&LOCK, params![id, expected]).await?,
    };
    let changed: Option<Post> = tx
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(changed) = changed else {
        return Err(missed(app, id).await);
    };
    if let Some(tag_ids) = &changes.tag_ids {
        tx.execute(&UNLINK_TAG_IDS, params![&changed.id]).await?;
        tx.execute(&LINK_TAG_IDS, params![&changed.id, db::Json(tag_ids)])
            .await
            .map_err(|error| Error::from(error).constrained(TAG_IDS))?;
    }
    let post = tx.fetch_one(&queries::FIND, params![&changed.id]).await?;
    if let (Some(inside), Some(before)) = (inside, &before) {
        inside(&mut tx, caller, before, &post).await?;
    }
    tx.commit().await?;

    rules.after_change(app, caller, &post).await;
    Ok(post)
}

/// The answer to a change that changes nothing.
async fn unchanged(app: &App, id: Uuid, expected: Option<i64>) -> Result<Post, Error> {
    let current = queries::find(app, id).await?;
    if expected.is_some_and(|version| version != current.version) {
        return Err(missed(app, id).await);
    }
    Ok(current)
}

/// Removes a post, if it still has the `expected` version.
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
    let rules = PostRules;
    rules.before_remove(app, caller, id, removal).await?;

    let mut tx = app.db.begin().await?;
    let current: Option<Post> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
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

    rules.after_remove(app, caller, id).await;
    Ok(())
}

/// Why a statement found nothing to write: no such record, or another version of it.
async fn missed(app: &App, id: Uuid) -> Error {
    match app
        .db
        .fetch_optional::<(i64,)>(&queries::VERSION, params![id])
        .await
    {
        Ok(Some((version,))) => {
            Error::precondition_failed(format!("The post `{id}` is at version {version} by now."))
        }
        Ok(None) => Error::not_found("post", id),
        Err(error) => error.into(),
    }
}

/// A database error, with what a broken constraint means to the caller.
fn constrained(error: db::DbError) -> Error {
    Error::from(error).constrained(CONSTRAINTS)
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("INSERT", &INSERT),
    ("UPDATE", &UPDATE),
    ("LINK_TAG_IDS", &LINK_TAG_IDS),
    ("UNLINK_TAG_IDS", &UNLINK_TAG_IDS),
    ("LOCK", &LOCK),
];
