//! What can be done to posts: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Violations, db, http, params};
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

/// Why a statement found nothing to write: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
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

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("INSERT", &INSERT),
    ("UPDATE", &UPDATE),
    ("LINK_TAG_IDS", &LINK_TAG_IDS),
    ("UNLINK_TAG_IDS", &UNLINK_TAG_IDS),
    ("LOCK", &LOCK),
];
