//! What can be done to posts: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Saved, Unit, Violations, db, http, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{NewPost, Post, PostChanges};
use super::queries;
use super::relations::{LINK_TAG_IDS, TOUCH_TAG_IDS, UNLINK_TAG_IDS};
use super::rules::PostRules;
use crate::app::App;

/// A new post.
pub const INSERT: db::Sql = db::Sql::each(
    db::text!(
        "insert into posts (",
        queries::COLUMNS,
        ")
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "insert into posts (",
        queries::COLUMNS,
        ")
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     returning ",
        queries::POSTGRES_RECORD
    ),
);

/// A new post, unless its id is taken.
pub const INSERT_MISSING: db::Sql = db::Sql::each(
    db::text!(
        "insert into posts (",
        queries::COLUMNS,
        ")
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     on conflict (id) do nothing
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "insert into posts (",
        queries::COLUMNS,
        ")
     values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
     on conflict (id) do nothing
     returning ",
        queries::POSTGRES_RECORD
    ),
);

/// The changes of one post: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::each(
    db::text!(
        "update posts
     set
         author_id = coalesce($4, author_id),
         title = coalesce($5, title),
         slug = coalesce($6, slug),
         body = coalesce($7, body),
         published_at = case when $8 then $9 else published_at end,
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "update posts
     set
         author_id = coalesce($4, author_id),
         title = coalesce($5, title),
         slug = coalesce($6, slug),
         body = coalesce($7, body),
         published_at = case when $8 then $9 else published_at end,
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
        queries::POSTGRES_RECORD
    ),
);

/// One post by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        queries::SQLITE_RECORD,
        " from posts
     where id = $1 and version = coalesce($2, version)"
    ),
    db::text!(
        "select ",
        queries::POSTGRES_RECORD,
        " from posts
     where id = $1 and version = coalesce($2, version)
     for update"
    ),
);

/// The named constraints, each with the member of a request that it is about.
pub(super) const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("posts_pkey", "posts", &["id"], "/id"),
    Constraint::unique("posts_slug_key", "posts", &["slug"], "/slug"),
    Constraint::reference("posts_author_id_fkey", "/author_id"),
    Constraint::check("posts_title_check", "/title"),
    Constraint::check("posts_slug_check", "/slug"),
];

/// What the ids in `tag_ids` can refer to in vain.
pub(super) const TAG_IDS: &[Constraint] =
    &[Constraint::reference("post_tags_tag_id_fkey", "/tag_ids")];

/// Creates a post.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Post>>,
    new: NewPost,
) -> Result<Saved<Post>, Error> {
    let created = insert(app, caller, unit, new, &INSERT).await?;
    let saved = Saved::Created(created.ok_or(db::DbError::NoRow)?);
    finish(app, caller, unit, saved).await
}

/// Changes a post, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Post>>,
    id: Uuid,
    conditions: &http::Conditions,
    mut changes: PostChanges,
) -> Result<Saved<Post>, Error> {
    prepare(app, caller, id, &mut changes).await?;
    let changed = write(app, caller, unit, id, conditions, changes).await?;
    let saved = changed.ok_or_else(|| Error::not_found("post", id))?;
    finish(app, caller, unit, saved).await
}

/// Writes over a post, in part or as a whole; makes it where it is missing and `edit` says so.
///
/// # Errors
///
/// Those of [`change`] and of [`create`], and refuses another value of what cannot change.
pub async fn edit(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Post>>,
    id: Uuid,
    conditions: &http::Conditions,
    edit: http::Edit<PostChanges, NewPost>,
) -> Result<Saved<Post>, Error> {
    if let http::Edit::Part(changes) = edit {
        return change(app, caller, unit, id, conditions, changes).await;
    }
    let current: Option<Post> = app.db.fetch_optional(&queries::FIND, params![id]).await?;
    let mut is_there = current.is_some();
    for _ in 0..db::ATTEMPTS {
        let saved = if is_there {
            let mut changes = edit.changes()?;
            prepare(app, caller, id, &mut changes).await?;
            write(app, caller, unit, id, conditions, changes).await?
        } else {
            let new = edit.new_record()?;
            let new = new.ok_or_else(|| Error::not_found("post", id))?;
            conditions.admit_new()?;
            let created = insert(app, caller, unit, new, &INSERT_MISSING).await?;
            created.map(Saved::Created)
        };
        if let Some(saved) = saved {
            return finish(app, caller, unit, saved).await;
        }
        // Somebody has made it, or removed it, in the meantime.
        is_there = !is_there;
    }
    Err(db::DbError::Serialization.into())
}

/// A new record, once the rules agree; `None` where `statement` finds its id taken.
async fn insert(
    app: &App,
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    mut new: NewPost,
    statement: &db::Sql,
) -> Result<Option<Post>, Error> {
    let rules = PostRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let inside = rules.inside_create();
    work.hold().await?;
    let parameters = insert_parameters(&new);
    let created: Option<Post> = work
        .write_optional(statement, parameters)
        .await
        .map_err(constrained)?;
    let Some(post) = created else {
        return Ok(None);
    };
    if !new.tag_ids.is_empty() {
        work.execute(
            &TOUCH_TAG_IDS,
            params![&post.id, db::Json(&new.tag_ids), Timestamp::now()],
        )
        .await?;
    }
    work.execute(&LINK_TAG_IDS, params![&post.id, db::Json(&new.tag_ids)])
        .await
        .map_err(|error| Error::from(error).constrained(TAG_IDS))?;
    let post: Post = work.fetch_one(&queries::FIND, params![&post.id]).await?;
    let Some(inside) = inside else {
        return Ok(Some(post));
    };
    inside(work.hold().await?, caller, &post).await?;
    Ok(Some(
        work.fetch_one(&queries::FIND, params![&post.id]).await?,
    ))
}

/// What the statements that insert take.
pub(super) fn insert_parameters(new: &NewPost) -> Vec<db::Value> {
    params![
        new.id.unwrap_or_else(Uuid::now_v7),
        new.author_id,
        &new.title,
        &new.slug,
        &new.body,
        new.published_at,
        Timestamp::now(),
    ]
}

/// What comes before a change: the rules agree to it, and may still alter it.
pub(super) async fn prepare(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    changes: &mut PostChanges,
) -> Result<(), Error> {
    let rules = PostRules;
    let mut found = Violations::new();
    rules.check_changes(changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, changes).await
}

/// Changes that the rules have agreed to; `None` where there is no such record.
pub(super) async fn write(
    app: &App,
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    id: Uuid,
    conditions: &http::Conditions,
    changes: PostChanges,
) -> Result<Option<Saved<Post>>, Error> {
    let expected = conditions.expected()?;
    let inside = PostRules.inside_change();
    let mut before: Option<Post> = None;
    if inside.is_some() || conditions.exclude() {
        let tx = work.hold().await?;
        before = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if before.is_some() {
            // Whoever held the record until now may have changed its links.
            before = tx.fetch_optional(&queries::FIND, params![id]).await?;
        }
        if let Some(current) = &before {
            conditions.admit(Some(current.version))?;
        }
    }
    if changes == PostChanges::default() {
        return unchanged(app, work, id, expected).await;
    }
    if changes.tag_ids.is_some() {
        work.hold().await?;
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
    let changed: Option<Post> = work
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(mut post) = changed else {
        if expected.is_some() {
            outdated(app, id).await?;
        }
        return Ok(None);
    };
    if let Some(tag_ids) = &changes.tag_ids {
        work.execute(
            &TOUCH_TAG_IDS,
            params![&post.id, db::Json(tag_ids), Timestamp::now()],
        )
        .await?;
        work.execute(&UNLINK_TAG_IDS, params![&post.id]).await?;
        work.execute(&LINK_TAG_IDS, params![&post.id, db::Json(tag_ids)])
            .await
            .map_err(|error| Error::from(error).constrained(TAG_IDS))?;
        post = work.fetch_one(&queries::FIND, params![&post.id]).await?;
    }
    let (Some(inside), Some(before)) = (inside, before) else {
        return Ok(Some(Saved::Changed(post)));
    };
    inside(work.hold().await?, caller, &before, &post).await?;
    let post = work.fetch_one(&queries::FIND, params![&post.id]).await?;
    Ok(Some(Saved::Changed(post)))
}

/// The answer to a change that changes nothing.
async fn unchanged(
    app: &App,
    work: &mut db::Work<'_>,
    id: Uuid,
    expected: Option<i64>,
) -> Result<Option<Saved<Post>>, Error> {
    let current: Option<Post> = work.fetch_optional(&queries::FIND, params![id]).await?;
    if let (Some(current), Some(expected)) = (&current, expected)
        && current.version != expected
    {
        outdated(app, id).await?;
    }
    Ok(current.map(Saved::Unchanged))
}

/// Ends a command: what it wrote lasts from here on, and the rules hear of it.
async fn finish(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Post>>,
    saved: Saved<Post>,
) -> Result<Saved<Post>, Error> {
    if unit.commit(&saved).await? {
        tell(app, caller, &saved).await;
    }
    Ok(saved)
}

/// Tells the rules what has happened.
pub(super) async fn tell(app: &App, caller: &http::Caller, saved: &Saved<Post>) {
    match saved {
        Saved::Created(post) => PostRules.after_create(app, caller, post).await,
        Saved::Changed(post) => PostRules.after_change(app, caller, post).await,
        Saved::Unchanged(_) => {}
    }
}

/// Refuses what was to be done to a record of an older version, if the record is there at all.
pub(super) async fn outdated(app: &App, id: Uuid) -> Result<(), Error> {
    let found: Option<(i64,)> = app
        .db
        .fetch_optional(&queries::VERSION, params![id])
        .await?;
    match found {
        None => Ok(()),
        Some((version,)) => Err(Error::precondition_failed(format!(
            "The post `{id}` is at version {version} by now."
        ))),
    }
}

/// A database error, with what a broken constraint means to the caller.
fn constrained(error: db::DbError) -> Error {
    Error::from(error).constrained(CONSTRAINTS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("INSERT", &INSERT),
    ("INSERT_MISSING", &INSERT_MISSING),
    ("UPDATE", &UPDATE),
    ("LOCK", &LOCK),
];
