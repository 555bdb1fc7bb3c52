//! What can be done to tags: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Saved, Unit, Violations, db, http, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{NewTag, Tag, TagChanges};
use super::queries;
use super::relations::{HOLD_POST_IDS, LINK_POST_IDS, TOUCH_POST_IDS, UNLINK_POST_IDS};
use super::rules::TagRules;
use crate::app::App;

/// A new tag.
pub const INSERT: db::Sql = db::Sql::each(
    db::text!(
        "insert into tags (",
        queries::COLUMNS,
        ")
     values ($1, $2, 1, $3, $3)
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "insert into tags (",
        queries::COLUMNS,
        ")
     values ($1, $2, 1, $3, $3)
     returning ",
        queries::POSTGRES_RECORD
    ),
)
.grouped();

/// A new tag, unless its id is taken.
pub const INSERT_MISSING: db::Sql = db::Sql::each(
    db::text!(
        "insert into tags (",
        queries::COLUMNS,
        ")
     values ($1, $2, 1, $3, $3)
     on conflict (id) do nothing
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "insert into tags (",
        queries::COLUMNS,
        ")
     values ($1, $2, 1, $3, $3)
     on conflict (id) do nothing
     returning ",
        queries::POSTGRES_RECORD
    ),
);

/// The changes of one tag: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::each(
    db::text!(
        "update tags
     set
         name = coalesce($4, name),
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
        queries::SQLITE_RECORD
    ),
    db::text!(
        "update tags
     set
         name = coalesce($4, name),
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
        queries::POSTGRES_RECORD
    ),
);

/// One tag by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        queries::SQLITE_RECORD,
        " from tags
     where id = $1 and version = coalesce($2, version)"
    ),
    db::text!(
        "select ",
        queries::POSTGRES_RECORD,
        " from tags
     where id = $1 and version = coalesce($2, version)
     for update"
    ),
);

/// The named constraints, each with the member of a request that it is about.
pub(super) const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("tags_pkey", "tags", &["id"], "/id"),
    Constraint::unique("tags_name_key", "tags", &["name"], "/name"),
    Constraint::check("tags_name_check", "/name"),
];

/// What the ids in `post_ids` can refer to in vain.
pub(super) const POST_IDS: &[Constraint] =
    &[Constraint::reference("post_tags_post_id_fkey", "/post_ids")];

/// Creates a tag.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Tag>>,
    new: NewTag,
) -> Result<Saved<Tag>, Error> {
    let created = insert(app, caller, unit, new, &INSERT).await?;
    let saved = Saved::Created(created.ok_or(db::DbError::NoRow)?);
    finish(app, caller, unit, saved).await
}

/// Changes a tag, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Tag>>,
    id: Uuid,
    conditions: &http::Conditions,
    mut changes: TagChanges,
) -> Result<Saved<Tag>, Error> {
    prepare(app, caller, id, &mut changes).await?;
    let changed = write(app, caller, unit, id, conditions, changes).await?;
    let saved = changed.ok_or_else(|| Error::not_found("tag", id))?;
    finish(app, caller, unit, saved).await
}

/// Writes over a tag, in part or as a whole; makes it where it is missing and `edit` says so.
///
/// # Errors
///
/// Those of [`change`] and of [`create`], and refuses another value of what cannot change.
pub async fn edit(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Tag>>,
    id: Uuid,
    conditions: &http::Conditions,
    edit: http::Edit<TagChanges, NewTag>,
) -> Result<Saved<Tag>, Error> {
    if let http::Edit::Part(changes) = edit {
        return change(app, caller, unit, id, conditions, changes).await;
    }
    let current: Option<Tag> = app.db.fetch_optional(&queries::FIND, params![id]).await?;
    let mut is_there = current.is_some();
    for _ in 0..db::ATTEMPTS {
        let saved = if is_there {
            let mut changes = edit.changes()?;
            prepare(app, caller, id, &mut changes).await?;
            write(app, caller, unit, id, conditions, changes).await?
        } else {
            let new = edit.new_record()?;
            let new = new.ok_or_else(|| Error::not_found("tag", id))?;
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
    mut new: NewTag,
    statement: &db::Sql,
) -> Result<Option<Tag>, Error> {
    let rules = TagRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let inside = rules.inside_create();
    work.hold().await?;
    let parameters = insert_parameters(&new);
    let created: Option<Tag> = work
        .write_optional(statement, parameters)
        .await
        .map_err(constrained)?;
    let Some(tag) = created else {
        return Ok(None);
    };
    if !new.post_ids.is_empty() {
        work.execute(
            &TOUCH_POST_IDS,
            params![&tag.id, db::Json(&new.post_ids), Timestamp::now()],
        )
        .await?;
    }
    work.execute(&LINK_POST_IDS, params![&tag.id, db::Json(&new.post_ids)])
        .await
        .map_err(|error| Error::from(error).constrained(POST_IDS))?;
    let tag: Tag = work.fetch_one(&queries::FIND, params![&tag.id]).await?;
    let Some(inside) = inside else {
        return Ok(Some(tag));
    };
    inside(work.hold().await?, caller, &tag).await?;
    Ok(Some(
        work.fetch_one(&queries::FIND, params![&tag.id]).await?,
    ))
}

/// What the statements that insert take.
pub(super) fn insert_parameters(new: &NewTag) -> Vec<db::Value> {
    params![
        new.id.unwrap_or_else(Uuid::now_v7),
        &new.name,
        Timestamp::now(),
    ]
}

/// What comes before a change: the rules agree to it, and may still alter it.
pub(super) async fn prepare(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    changes: &mut TagChanges,
) -> Result<(), Error> {
    let rules = TagRules;
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
    changes: TagChanges,
) -> Result<Option<Saved<Tag>>, Error> {
    let expected = conditions.expected()?;
    let inside = TagRules.inside_change();
    if let Some(post_ids) = &changes.post_ids {
        let tx = work.hold().await?;
        let _held: Vec<(bool,)> = tx
            .fetch_all(&HOLD_POST_IDS, params![id, db::Json(post_ids)])
            .await?;
    }
    let mut before: Option<Tag> = None;
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
    if changes == TagChanges::default() {
        return unchanged(app, work, id, expected).await;
    }
    if changes.post_ids.is_some() {
        work.hold().await?;
    }
    let parameters = params![id, expected, Timestamp::now(), &changes.name,];
    let changed: Option<Tag> = work
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(mut tag) = changed else {
        if expected.is_some() {
            outdated(app, id).await?;
        }
        return Ok(None);
    };
    if let Some(post_ids) = &changes.post_ids {
        work.execute(
            &TOUCH_POST_IDS,
            params![&tag.id, db::Json(post_ids), Timestamp::now()],
        )
        .await?;
        work.execute(&UNLINK_POST_IDS, params![&tag.id]).await?;
        work.execute(&LINK_POST_IDS, params![&tag.id, db::Json(post_ids)])
            .await
            .map_err(|error| Error::from(error).constrained(POST_IDS))?;
        tag = work.fetch_one(&queries::FIND, params![&tag.id]).await?;
    }
    let (Some(inside), Some(before)) = (inside, before) else {
        return Ok(Some(Saved::Changed(tag)));
    };
    inside(work.hold().await?, caller, &before, &tag).await?;
    let tag = work.fetch_one(&queries::FIND, params![&tag.id]).await?;
    Ok(Some(Saved::Changed(tag)))
}

/// The answer to a change that changes nothing.
async fn unchanged(
    app: &App,
    work: &mut db::Work<'_>,
    id: Uuid,
    expected: Option<i64>,
) -> Result<Option<Saved<Tag>>, Error> {
    let current: Option<Tag> = work.fetch_optional(&queries::FIND, params![id]).await?;
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
    unit: &mut Unit<'_, Saved<Tag>>,
    saved: Saved<Tag>,
) -> Result<Saved<Tag>, Error> {
    if unit.commit(&saved).await? {
        tell(app, caller, &saved).await;
    }
    Ok(saved)
}

/// Tells the rules what has happened.
pub(super) async fn tell(app: &App, caller: &http::Caller, saved: &Saved<Tag>) {
    match saved {
        Saved::Created(tag) => TagRules.after_create(app, caller, tag).await,
        Saved::Changed(tag) => TagRules.after_change(app, caller, tag).await,
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
            "The tag `{id}` is at version {version} by now."
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
