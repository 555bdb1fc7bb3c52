//! What can be done to comments: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Saved, Unit, Violations, db, http, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{Comment, CommentChanges, NewComment};
use super::queries;
use super::rules::CommentRules;
use crate::app::App;

/// A new comment.
pub const INSERT: db::Sql = db::Sql::new(db::text!(
    "insert into comments (",
    queries::COLUMNS,
    ")
     values ($1, $2, $3, $4, 1, $5, $5)
     returning ",
    queries::COLUMNS
));

/// A new comment, unless its id is taken.
pub const INSERT_MISSING: db::Sql = db::Sql::new(db::text!(
    "insert into comments (",
    queries::COLUMNS,
    ")
     values ($1, $2, $3, $4, 1, $5, $5)
     on conflict (id) do nothing
     returning ",
    queries::COLUMNS
));

/// The changes of one comment: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::new(db::text!(
    "update comments
     set
         author = coalesce($4, author),
         text = coalesce($5, text),
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
    queries::COLUMNS
));

/// One comment by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::held!(
    "select ",
    queries::COLUMNS,
    " from comments
     where id = $1 and version = coalesce($2, version)"
);

/// The named constraints, each with the member of a request that it is about.
pub(super) const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("comments_pkey", "comments", &["id"], "/id"),
    Constraint::reference("comments_post_id_fkey", "/post_id"),
    Constraint::check("comments_author_check", "/author"),
    Constraint::check("comments_text_check", "/text"),
];

/// Creates a comment.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Comment>>,
    new: NewComment,
) -> Result<Saved<Comment>, Error> {
    let created = insert(app, caller, unit, new, &INSERT).await?;
    let saved = Saved::Created(created.ok_or(db::DbError::NoRow)?);
    finish(app, caller, unit, saved).await
}

/// Changes a comment, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Comment>>,
    id: Uuid,
    conditions: &http::Conditions,
    mut changes: CommentChanges,
) -> Result<Saved<Comment>, Error> {
    prepare(app, caller, id, &mut changes).await?;
    let changed = write(app, caller, unit, id, conditions, changes).await?;
    let saved = changed.ok_or_else(|| Error::not_found("comment", id))?;
    finish(app, caller, unit, saved).await
}

/// Writes over a comment, in part or as a whole; makes it where it is missing and `edit` says so.
///
/// # Errors
///
/// Those of [`change`] and of [`create`], and refuses another value of what cannot change.
pub async fn edit(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Comment>>,
    id: Uuid,
    conditions: &http::Conditions,
    edit: http::Edit<CommentChanges, NewComment>,
) -> Result<Saved<Comment>, Error> {
    if let http::Edit::Part(changes) = edit {
        return change(app, caller, unit, id, conditions, changes).await;
    }
    let current: Option<Comment> = app.db.fetch_optional(&queries::FIND, params![id]).await?;
    if let (http::Edit::Whole(new, _), Some(current)) = (&edit, &current) {
        new.agree_with(current).into_result()?;
    }
    let mut is_there = current.is_some();
    for _ in 0..db::ATTEMPTS {
        let saved = if is_there {
            let mut changes = edit.changes()?;
            prepare(app, caller, id, &mut changes).await?;
            write(app, caller, unit, id, conditions, changes).await?
        } else {
            let new = edit.new_record()?;
            let new = new.ok_or_else(|| Error::not_found("comment", id))?;
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
    mut new: NewComment,
    statement: &db::Sql,
) -> Result<Option<Comment>, Error> {
    let rules = CommentRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let inside = rules.inside_create();
    if inside.is_some() {
        work.hold().await?;
    }
    let parameters = insert_parameters(&new);
    let created: Option<Comment> = work
        .write_optional(statement, parameters)
        .await
        .map_err(constrained)?;
    let Some(comment) = created else {
        return Ok(None);
    };
    let Some(inside) = inside else {
        return Ok(Some(comment));
    };
    inside(work.hold().await?, caller, &comment).await?;
    Ok(Some(
        work.fetch_one(&queries::FIND, params![&comment.id]).await?,
    ))
}

/// What the statements that insert take.
pub(super) fn insert_parameters(new: &NewComment) -> Vec<db::Value> {
    params![
        new.id.unwrap_or_else(Uuid::now_v7),
        new.post_id,
        &new.author,
        &new.text,
        Timestamp::now(),
    ]
}

/// What comes before a change: the rules agree to it, and may still alter it.
pub(super) async fn prepare(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    changes: &mut CommentChanges,
) -> Result<(), Error> {
    let rules = CommentRules;
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
    changes: CommentChanges,
) -> Result<Option<Saved<Comment>>, Error> {
    let expected = conditions.expected()?;
    let inside = CommentRules.inside_change();
    let mut before: Option<Comment> = None;
    if inside.is_some() || conditions.exclude() {
        let tx = work.hold().await?;
        before = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(current) = &before {
            conditions.admit(Some(current.version))?;
        }
    }
    if changes == CommentChanges::default() {
        return unchanged(app, work, id, expected).await;
    }
    let parameters = params![
        id,
        expected,
        Timestamp::now(),
        &changes.author,
        &changes.text,
    ];
    let changed: Option<Comment> = work
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(comment) = changed else {
        if expected.is_some() {
            outdated(app, id).await?;
        }
        return Ok(None);
    };
    let (Some(inside), Some(before)) = (inside, before) else {
        return Ok(Some(Saved::Changed(comment)));
    };
    inside(work.hold().await?, caller, &before, &comment).await?;
    let comment = work.fetch_one(&queries::FIND, params![&comment.id]).await?;
    Ok(Some(Saved::Changed(comment)))
}

/// The answer to a change that changes nothing.
async fn unchanged(
    app: &App,
    work: &mut db::Work<'_>,
    id: Uuid,
    expected: Option<i64>,
) -> Result<Option<Saved<Comment>>, Error> {
    let current: Option<Comment> = work.fetch_optional(&queries::FIND, params![id]).await?;
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
    unit: &mut Unit<'_, Saved<Comment>>,
    saved: Saved<Comment>,
) -> Result<Saved<Comment>, Error> {
    if unit.commit(&saved).await? {
        tell(app, caller, &saved).await;
    }
    Ok(saved)
}

/// Tells the rules what has happened.
pub(super) async fn tell(app: &App, caller: &http::Caller, saved: &Saved<Comment>) {
    match saved {
        Saved::Created(comment) => CommentRules.after_create(app, caller, comment).await,
        Saved::Changed(comment) => CommentRules.after_change(app, caller, comment).await,
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
            "The comment `{id}` is at version {version} by now."
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
