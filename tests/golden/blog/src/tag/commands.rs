//! What can be done to tags: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Violations, db, http, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{NewTag, Tag, TagChanges};
use super::queries;
use super::rules::TagRules;
use crate::app::App;

/// A new tag.
pub const INSERT: db::Sql = db::Sql::each(
    "insert into tags (id, name, version, created_at, updated_at)
     values ($1, $2, 1, $3, $3)
     returning id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at",
    "insert into tags (id, name, version, created_at, updated_at)
     values ($1, $2, 1, $3, $3)
     returning id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at",
);

/// The changes of one tag: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::each(
    "update tags
     set version = version + 1,
         updated_at = $3,
         name = coalesce($4, name)
     where id = $1 and version = coalesce($2, version)
     returning id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at",
    "update tags
     set version = version + 1,
         updated_at = $3,
         name = coalesce($4, name)
     where id = $1 and version = coalesce($2, version)
     returning id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at",
);

/// New rows of `post_tags` from a JSON array of ids.
pub const LINK_POST_IDS: db::Sql = db::Sql::each(
    "insert into post_tags (tag_id, post_id)
     select distinct $1, unhex(element.value, '-')
     from json_each($2) as element",
    "insert into post_tags (tag_id, post_id)
     select distinct $1::uuid, element.value::uuid
     from jsonb_array_elements_text($2) as element (value)",
);

/// The end of a record's rows of `post_tags`.
pub const UNLINK_POST_IDS: db::Sql = db::Sql::new("delete from post_tags where tag_id = $1");

/// One tag by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::Sql::each(
    "select id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at
     from tags
     where id = $1 and version = coalesce($2, version)",
    "select id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at
     from tags
     where id = $1 and version = coalesce($2, version)
     for update",
);

/// The named constraints, each with the member of a request that it is about.
const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("tags_pkey", "tags", &["id"], "/id"),
    Constraint::unique("tags_name_key", "tags", &["name"], "/name"),
    Constraint::check("tags_name_check", "/name"),
];

/// What the ids in `post_ids` can refer to in vain.
const POST_IDS: &[Constraint] = &[Constraint::reference("post_tags_post_id_fkey", "/post_ids")];

/// Creates a tag.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(app: &App, caller: &http::Caller, mut new: NewTag) -> Result<Tag, Error> {
    let rules = TagRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let now = Timestamp::now();
    let parameters = params![new.id.unwrap_or_else(Uuid::now_v7), &new.name, now,];
    let mut tx = app.db.begin().await?;
    let tag: Tag = tx
        .write_one(&INSERT, parameters)
        .await
        .map_err(constrained)?;
    tx.execute(&LINK_POST_IDS, params![&tag.id, db::Json(&new.post_ids)])
        .await
        .map_err(|error| Error::from(error).constrained(POST_IDS))?;
    let tag = tx.fetch_one(&queries::FIND, params![&tag.id]).await?;
    if let Some(inside) = rules.inside_create() {
        inside(&mut tx, caller, &tag).await?;
    }
    tx.commit().await?;

    rules.after_create(app, caller, &tag).await;
    Ok(tag)
}

/// Changes a tag, if it still has the `expected` version.
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
    mut changes: TagChanges,
) -> Result<Tag, Error> {
    let rules = TagRules;
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, &mut changes).await?;
    if changes == TagChanges::default() {
        return unchanged(app, id, expected).await;
    }

    let parameters = params![id, expected, Timestamp::now(), &changes.name,];
    let inside = rules.inside_change();
    let mut tx = app.db.begin().await?;
    let before: Option<Tag> = match inside {
        None => None,
        Some(_) => tx.fetch_optional(&LOCK, params![id, expected]).await?,
    };
    let changed: Option<Tag> = tx
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(changed) = changed else {
        return Err(missed(app, id).await);
    };
    if let Some(post_ids) = &changes.post_ids {
        tx.execute(&UNLINK_POST_IDS, params![&changed.id]).await?;
        tx.execute(&LINK_POST_IDS, params![&changed.id, db::Json(post_ids)])
            .await
            .map_err(|error| Error::from(error).constrained(POST_IDS))?;
    }
    let tag = tx.fetch_one(&queries::FIND, params![&changed.id]).await?;
    if let (Some(inside), Some(before)) = (inside, &before) {
        inside(&mut tx, caller, before, &tag).await?;
    }
    tx.commit().await?;

    rules.after_change(app, caller, &tag).await;
    Ok(tag)
}

/// The answer to a change that changes nothing.
async fn unchanged(app: &App, id: Uuid, expected: Option<i64>) -> Result<Tag, Error> {
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
            Error::precondition_failed(format!("The tag `{id}` is at version {version} by now."))
        }
        Ok(None) => Error::not_found("tag", id),
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
    ("LINK_POST_IDS", &LINK_POST_IDS),
    ("UNLINK_POST_IDS", &UNLINK_POST_IDS),
    ("LOCK", &LOCK),
];
